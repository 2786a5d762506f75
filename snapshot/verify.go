package snapshot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"stowage/assets"
	"stowage/blob"
)

// Progress is told how a verification gets on. It is part of report.Progress.
type Progress interface {
	Stage(name string, total int64)
	Advance(done int64)
}

// Result is what Verify found.
type Result struct {
	Backup string
	// OK says that there are no problems.
	OK bool
	// Segments and Records count what was read and found good, Bytes its size before compression.
	Segments int
	Records  int64
	Bytes    int64
	Problems []Problem
}

// Problem is one file that is not as it was written.
type Problem struct {
	// Name is the file's name in the store.
	Name string `json:"name"`
	// Segment is the name of the segment, where it is one; Kind and Groups tell what is in it.
	Segment string   `json:"segment,omitempty"`
	Kind    Kind     `json:"kind,omitempty"`
	Groups  []string `json:"groups,omitempty"`
	// Records is the number of records that cannot be read because of it.
	Records int    `json:"records,omitempty"`
	Error   string `json:"error"`
	// Err is the same for errors.Is.
	Err error `json:"-"`
}

// Verify reads a whole backup and reports every file that is damaged, missing, exchanged or foreign; it goes on after each. Progress may
// be nil. The error is for what prevented it from looking: a store that does not answer, or ErrNoBackup.
func Verify(ctx context.Context, store blob.Store, keys *Keys, backupID string, progress Progress) (Result, error) {
	v := &verifier{store: store, keys: keys, res: Result{Backup: backupID}}
	if err := v.keysets(ctx); err != nil {
		return v.res, err
	}
	d, err := loadManifest(ctx, store, keys, backupID)
	switch {
	case verdict(err):
		v.problem(Problem{Name: manifestName(keys.tenant, backupID), Err: err})
		return v.res, nil
	case err != nil:
		return v.res, err
	}
	if progress != nil {
		progress.Stage("Verifying", int64(len(d.Segments)))
	}
	for i := range d.Segments {
		if ctx.Err() != nil {
			return v.res, context.Cause(ctx)
		}
		if err := v.segment(ctx, &d.Segments[i]); err != nil {
			return v.res, err
		}
		if progress != nil {
			progress.Advance(1)
		}
	}
	v.counts(d)
	v.res.OK = len(v.res.Problems) == 0
	return v.res, nil
}

type verifier struct {
	store blob.Store
	keys  *Keys
	res   Result
}

// verdict says that an error is about what is in the store, not about getting at it.
func verdict(err error) bool {
	return errors.Is(err, ErrTampered) || errors.Is(err, ErrFutureVersion) || errors.Is(err, ErrSegmentMissing)
}

func (v *verifier) problem(p Problem) {
	p.Error = p.Err.Error()
	v.res.Problems = append(v.res.Problems, p)
}

// keysets compares both files of the keyset with the one that was opened.
func (v *verifier) keysets(ctx context.Context) error {
	for _, name := range []string{keysetName(v.keys.tenant), keysetCopyName(v.keys.tenant)} {
		data, err := fetch(ctx, v.store, name, maxStoredKeyset)
		switch {
		case errors.Is(err, blob.ErrNotFound):
			v.problem(Problem{Name: name, Err: fmt.Errorf("the keyset is missing; its copy is in use: %w", ErrTampered)})
		case verdict(err):
			v.problem(Problem{Name: name, Err: err})
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		case !bytes.Equal(data, v.keys.wrapped):
			v.problem(Problem{Name: name, Err: fmt.Errorf("differs from the keyset in use: %w", ErrTampered)})
		}
	}
	return nil
}

func (v *verifier) segment(ctx context.Context, s *segment) error {
	text, err := readSegment(ctx, v.store, v.keys, s)
	if err == nil {
		err = v.content(s, text)
	}
	switch {
	case err == nil:
		v.res.Segments++
		v.res.Records += int64(s.Records)
		v.res.Bytes += s.Size
	case verdict(err):
		p := Problem{Name: segmentPath(v.keys.tenant, s.Name), Segment: s.Name, Kind: s.Kind, Records: s.Records, Err: err}
		for _, r := range s.Runs {
			p.Groups = append(p.Groups, r.Group)
		}
		v.problem(p)
	default:
		return err
	}
	return nil
}

// content decodes every record and compares what is there with the runs of the manifest.
func (v *verifier) content(s *segment, text []byte) error {
	var decoder assets.ObjectDecoder
	var o assets.Object
	var i, left int
	current := -1
	return eachRecord(s, text, func(_ int, r record) error {
		for left == 0 {
			current++
			left = s.Runs[current].Records
			i = 0
		}
		run := &s.Runs[current]
		i, left = i+1, left-1
		if i == 1 && r.id != run.First || left == 0 && r.id != run.Last {
			return fmt.Errorf("segment %s: %w: other records than the manifest says", s.Name, ErrTampered)
		}
		switch {
		case s.Kind == KindObjects:
			if err := decodeObject(&decoder, s, r, &o); err != nil {
				return err
			}
			if o.TypeID != run.Group {
				return fmt.Errorf("segment %s: %w: object %s is of another type than the manifest says", s.Name, ErrTampered, o.ID)
			}
		case s.Kind == kindIndex:
			return v.indexLine(s, r)
		case r.data == nil && !json.Valid(r.line):
			return fmt.Errorf("segment %s: %w: %s %s is not valid JSON", s.Name, ErrTampered, r.kind, r.id)
		}
		return nil
	})
}

func (v *verifier) indexLine(s *segment, r record) error {
	var line indexLine
	if err := json.Unmarshal(r.line, &line); err != nil || len(line.In) == 0 {
		return fmt.Errorf("segment %s: %w: the index of %s", s.Name, ErrTampered, r.id)
	}
	return nil
}

// counts compares the counts of the manifest with its segments. They are sealed together, so a difference is a mistake of the writer.
func (v *verifier) counts(d *document) {
	again := document{Segments: d.Segments}
	again.count()
	for kind, n := range again.Counts {
		if d.Counts[kind] != n {
			v.problem(Problem{
				Name: manifestName(v.keys.tenant, d.Backup), Kind: kind,
				Err: fmt.Errorf("%d records of %s, the manifest says %d: %w", n, kind, d.Counts[kind], ErrTampered),
			})
		}
	}
}
