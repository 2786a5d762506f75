package restore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"stowage/assets"
	"stowage/snapshot"
)

// FromSnapshot reads a stored backup.
func FromSnapshot(b *snapshot.Backup) Backup {
	s := &stored{b: b}
	for _, info := range b.ObjectSegments() {
		segment := Segment{Objects: info.Objects}
		for _, run := range info.Types {
			segment.Types = append(segment.Types, run.TypeID)
		}
		s.segments = append(s.segments, segment)
		s.numbers = append(s.numbers, info.Segment)
	}
	return s
}

// stored is a Backup in the format of package snapshot.
type stored struct {
	b        *snapshot.Backup
	segments []Segment
	numbers  []int // of the segments in the snapshot
}

func (s *stored) ID() string { return s.b.Manifest().Backup }

func (s *stored) Schema(ctx context.Context) (assets.Schema, error) {
	return first(snapshot.Records[assets.Schema](ctx, s.b, snapshot.KindSchema, ""), "schema")
}

func (s *stored) Properties(ctx context.Context) (assets.Properties, error) {
	return first(snapshot.Records[assets.Properties](ctx, s.b, snapshot.KindProperties, ""), "schema properties")
}

func (s *stored) StatusTypes(ctx context.Context) ([]assets.StatusType, error) {
	return collect(snapshot.Records[assets.StatusType](ctx, s.b, snapshot.KindStatusTypes, ""))
}

func (s *stored) ReferenceTypes(ctx context.Context) ([]assets.ReferenceType, error) {
	return collect(snapshot.Records[assets.ReferenceType](ctx, s.b, snapshot.KindReferenceTypes, ""))
}

func (s *stored) Icons(ctx context.Context) ([]assets.Icon, error) {
	return collect(snapshot.Records[assets.Icon](ctx, s.b, snapshot.KindIcons, ""))
}

// maxIcon bounds the picture of an icon. Icons are 48 pixels wide.
const maxIcon = 4 << 20

func (s *stored) IconImage(ctx context.Context, iconID string) ([]byte, error) {
	payload, err := s.b.OpenBytes(ctx, snapshot.KindIconImages, "", iconID)
	if errors.Is(err, snapshot.ErrNoRecord) {
		return nil, fmt.Errorf("icon %s: %w", iconID, assets.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	image, err := io.ReadAll(io.LimitReader(payload, maxIcon))
	return image, errors.Join(err, payload.Close())
}

func (s *stored) ObjectTypes(ctx context.Context) ([]assets.ObjectType, error) {
	return collect(snapshot.Records[assets.ObjectType](ctx, s.b, snapshot.KindObjectTypes, ""))
}

func (s *stored) Attributes(ctx context.Context) ([]assets.Attribute, error) {
	return collect(snapshot.Records[assets.Attribute](ctx, s.b, snapshot.KindAttributes, ""))
}

func (s *stored) Segments() []Segment { return s.segments }

func (s *stored) ReadSegment(ctx context.Context, segment int) ([]assets.Object, error) {
	return s.b.ReadObjects(ctx, s.numbers[segment])
}

func (s *stored) History(ctx context.Context, objectID string) ([]assets.HistoryEntry, error) {
	return snapshot.Find[assets.HistoryEntry](ctx, s.b, snapshot.KindHistory, objectID)
}

func (s *stored) Kept() map[string]int {
	counts := s.b.Manifest().Counts
	return map[string]int{
		"comments": int(counts[snapshot.KindComments]), "attachments": int(counts[snapshot.KindAttachments]),
		"issues with objects in their fields": int(counts[snapshot.KindIssueObjects]),
	}
}

// first returns the first record, or assets.ErrNotFound.
func first[T any](records iter.Seq2[T, error], what string) (T, error) {
	for record, err := range records {
		return record, err
	}
	var zero T
	return zero, fmt.Errorf("%s: %w", what, assets.ErrNotFound)
}

func collect[T any](records iter.Seq2[T, error]) ([]T, error) {
	var list []T
	for record, err := range records {
		if err != nil {
			return nil, err
		}
		list = append(list, record)
	}
	return list, nil
}
