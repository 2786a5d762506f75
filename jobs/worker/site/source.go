package site

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"stowage/assets"
	"stowage/atlassian"
	"stowage/backup"
)

// Source is a site to back up from.
type Source struct {
	client *atlassian.Client
}

var (
	_ backup.Source = (*Source)(nil)
	_ backup.Clock  = (*Source)(nil)
)

// NewSource makes a Source of a client.
func NewSource(client *atlassian.Client) *Source { return &Source{client: client} }

// Schemas implements backup.Source.
func (s *Source) Schemas(ctx context.Context) ([]assets.Schema, error) {
	return answered(s.client.Schemas(ctx))
}

// Properties implements backup.Source.
func (s *Source) Properties(ctx context.Context, schemaID string) (assets.Properties, error) {
	return answered(s.client.Properties(ctx, schemaID))
}

// StatusTypes implements backup.Source.
func (s *Source) StatusTypes(ctx context.Context, schemaID string) ([]assets.StatusType, error) {
	return answered(s.client.StatusTypes(ctx, schemaID))
}

// ReferenceTypes implements backup.Source.
func (s *Source) ReferenceTypes(ctx context.Context, schemaID string) ([]assets.ReferenceType, error) {
	return answered(s.client.ReferenceTypes(ctx, schemaID))
}

// Icon implements backup.Source.
func (s *Source) Icon(ctx context.Context, iconID string) (assets.Icon, error) {
	return answered(s.client.Icon(ctx, iconID))
}

// IconImage implements backup.Source.
func (s *Source) IconImage(ctx context.Context, iconID string) ([]byte, error) {
	return answered(s.client.IconImage(ctx, iconID))
}

// ObjectTypes implements backup.Source.
func (s *Source) ObjectTypes(ctx context.Context, schemaID string) ([]assets.ObjectType, error) {
	return answered(s.client.ObjectTypes(ctx, schemaID))
}

// Attributes implements backup.Source.
func (s *Source) Attributes(ctx context.Context, schemaID string) ([]assets.Attribute, error) {
	return answered(s.client.SchemaAttributes(ctx, schemaID))
}

// Objects implements backup.Source.
func (s *Source) Objects(ctx context.Context, q backup.ObjectQuery) iter.Seq2[backup.ObjectPage, error] {
	pages := s.client.Objects(ctx, atlassian.ObjectQuery(q))
	return func(yield func(backup.ObjectPage, error) bool) {
		for page, err := range pages {
			if err != nil {
				yield(backup.ObjectPage{}, unreadable(err))
				return
			}
			out := backup.ObjectPage{Objects: page.Objects, Calls: page.Calls}
			for _, u := range page.Unreadable {
				out.Unreadable = append(out.Unreadable, backup.UnreadableObject(u))
			}
			if !yield(out, nil) {
				return
			}
		}
	}
}

// CountObjects implements backup.Source.
func (s *Source) CountObjects(ctx context.Context, q backup.ObjectQuery) (int, error) {
	return answered(s.client.CountObjects(ctx, atlassian.ObjectQuery(q)))
}

// Object implements backup.Source.
func (s *Source) Object(ctx context.Context, objectID string) (assets.Object, error) {
	return answered(s.client.Object(ctx, objectID))
}

// History implements backup.Source.
func (s *Source) History(ctx context.Context, objectID string) ([]assets.HistoryEntry, error) {
	return answered(s.client.History(ctx, objectID))
}

// Comments implements backup.Source.
func (s *Source) Comments(ctx context.Context, objectID string) ([]assets.Comment, error) {
	return answered(s.client.Comments(ctx, objectID))
}

// Attachments implements backup.Source.
func (s *Source) Attachments(ctx context.Context, objectID string) ([]assets.Attachment, error) {
	return answered(s.client.Attachments(ctx, objectID))
}

// AttachmentData implements backup.Source.
func (s *Source) AttachmentData(ctx context.Context, a assets.Attachment) (io.ReadCloser, error) {
	return answered(s.client.AttachmentData(ctx, a))
}

// Avatar implements backup.Source.
func (s *Source) Avatar(ctx context.Context, objectID string) (data []byte, mediaType string, err error) {
	data, mediaType, err = s.client.Avatar(ctx, objectID)
	return data, mediaType, unreadable(err)
}

// IssueObjects implements backup.Source.
func (s *Source) IssueObjects(ctx context.Context, schemaID string) iter.Seq2[assets.IssueObjects, error] {
	return func(yield func(assets.IssueObjects, error) bool) {
		for issue, err := range s.client.IssueObjects(ctx, schemaID) {
			if !yield(issue, unreadable(err)) {
				return
			}
		}
	}
}

// Now implements backup.Clock.
func (s *Source) Now(ctx context.Context) (time.Time, error) { return s.client.Now(ctx) }

// answered translates the error of a call.
func answered[T any](v T, err error) (T, error) { return v, unreadable(err) }

// unreadable says in the words of package backup that an answer cannot be understood.
func unreadable(err error) error {
	if errors.Is(err, atlassian.ErrUnreadable) {
		return fmt.Errorf("%w: %w", backup.ErrUnreadable, err)
	}
	return err
}
