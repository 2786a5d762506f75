package snapshot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"

	"stowage/blob"
)

// records walks over the records of a kind and group that are part of the backup.
func (b *Backup) records(ctx context.Context, kind Kind, group string, fn func(*segment, record) error) error {
	f, in := kind.traits()
	if f == formUnknown {
		return fmt.Errorf("unknown kind %q", kind)
	}
	for i := range b.doc.Segments {
		s := &b.doc.Segments[i]
		if s.Kind != in || !s.holds(kind, group) {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := b.each(ctx, s, readSegment, func(r record) error {
			if r.kind != kind || group != "" && r.group != group {
				return nil
			}
			return fn(s, r)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// holds says whether a segment has a run of the kind and group.
func (s *segment) holds(kind Kind, group string) bool {
	return slices.ContainsFunc(s.Runs, func(r run) bool {
		return s.runKind(&r) == kind && (group == "" || r.Group == group)
	})
}

type readFunc func(context.Context, blob.Store, *Keys, *segment) ([]byte, error)

// each walks over the records of a segment that are part of the backup.
func (b *Backup) each(ctx context.Context, s *segment, read readFunc, fn func(record) error) error {
	text, err := read(ctx, b.store, b.keys, s)
	if err != nil {
		return err
	}
	omit := s.Omit
	return eachRecord(s, text, func(i int, r record) error {
		if len(omit) > 0 && omit[0] == i {
			omit = omit[1:]
			return nil
		}
		return fn(r)
	})
}

// lookup walks over the records of a kind that have the id. A damaged segment does not keep it from the others; the error comes at the end.
func (b *Backup) lookup(ctx context.Context, kind Kind, id string, fn func(*segment, record) error) error {
	segments, err := b.segmentsWith(ctx, kind, id)
	if err != nil {
		return err
	}
	var damage error
	for _, s := range segments {
		err := b.each(ctx, s, b.readRecent, func(r record) error {
			if r.kind != kind || r.id != id {
				return nil
			}
			return fn(s, r)
		})
		switch {
		case err == nil:
		case !verdict(err):
			return err
		case damage == nil:
			damage = err
		}
	}
	return damage
}

// segmentsWith returns the segments that may hold records of a kind with the id: those the index names, or all of the kind where
// there is no index or it is damaged.
func (b *Backup) segmentsWith(ctx context.Context, kind Kind, id string) ([]*segment, error) {
	f, in := kind.traits()
	if f == formUnknown {
		return nil, fmt.Errorf("unknown kind %q", kind)
	}
	var all, index []*segment
	for i := range b.doc.Segments {
		s := &b.doc.Segments[i]
		switch {
		case s.Kind == in:
			all = append(all, s)
		case s.Kind == kindIndex && len(s.Runs) == 1 && s.Runs[0].Group == string(in):
			index = append(index, s)
		}
	}
	if len(index) == 0 || b.doc.Indexed[in] != len(all) {
		return all, nil
	}
	n := sort.Search(len(index), func(i int) bool { return compareIDs(index[i].Runs[0].Last, id) >= 0 })
	if n == len(index) || compareIDs(index[n].Runs[0].First, id) > 0 {
		return nil, nil
	}
	names, err := b.indexed(ctx, index[n], id)
	switch {
	case err != nil && verdict(err):
		return all, nil
	case err != nil:
		return nil, err
	}
	return slices.DeleteFunc(all, func(s *segment) bool { return !slices.Contains(names, s.Name[:indexPrefix]) }), nil
}

// indexed returns what a segment of the index says of an id.
func (b *Backup) indexed(ctx context.Context, s *segment, id string) ([]string, error) {
	var names []string
	err := b.each(ctx, s, b.readRecent, func(r record) error {
		if r.id != id {
			return nil
		}
		var line indexLine
		if err := json.Unmarshal(r.line, &line); err != nil {
			return fmt.Errorf("segment %s: %w: %w", s.Name, ErrTampered, err)
		}
		names = line.In
		return errStop
	})
	if errors.Is(err, errStop) {
		err = nil
	}
	return names, err
}

// readRecent reads a segment, or remembers it.
func (b *Backup) readRecent(ctx context.Context, store blob.Store, keys *Keys, s *segment) ([]byte, error) {
	b.mu.Lock()
	i := slices.IndexFunc(b.recent, func(c cached) bool { return c.name == s.Name })
	if i >= 0 {
		c := b.recent[i]
		copy(b.recent[1:i+1], b.recent[:i])
		b.recent[0] = c
		b.mu.Unlock()
		return c.text, nil
	}
	b.mu.Unlock()
	text, err := readSegment(ctx, store, keys, s)
	if err != nil || len(text) > 2*maxSegment {
		return text, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.recent = slices.Insert(b.recent, 0, cached{s.Name, text})
	if len(b.recent) > maxRecent {
		b.recent = slices.Delete(b.recent, maxRecent, len(b.recent))
	}
	return text, nil
}

// payloadReader reads the parts of a payload one after the other.
type payloadReader struct {
	// ctx bounds the reading, as that of a request bounds its body.
	ctx       context.Context //nolint:containedctx // an io.Reader has no other place for it
	b         *Backup
	id        string
	group     string
	any       bool
	mediaType string
	segments  []*segment
	part      int
	more      bool
	data      []byte
	ended     bool
}

// Read reads on, across parts.
func (p *payloadReader) Read(to []byte) (int, error) {
	for len(p.data) == 0 {
		if p.ended {
			return 0, io.EOF
		}
		if !p.more {
			p.ended = true
			continue
		}
		if err := p.advance(); err != nil {
			return 0, p.incomplete(err)
		}
	}
	n := copy(to, p.data)
	p.data = p.data[n:]
	return n, nil
}

// Close lets go of what was read.
func (p *payloadReader) Close() error {
	p.data, p.segments, p.ended = nil, nil, true
	return nil
}

// advance finds the next part, or returns io.EOF.
func (p *payloadReader) advance() error {
	for ; len(p.segments) > 0; p.segments = p.segments[1:] {
		s := p.segments[0]
		found := false
		err := p.b.each(p.ctx, s, readSegment, func(r record) error {
			if r.id != p.id || !p.any && r.part.Group != p.group || r.part.Part != p.part {
				return nil
			}
			found = true
			p.data, p.more, p.group = r.data, r.part.More, r.part.Group
			if p.part == 0 {
				p.mediaType = r.part.MediaType
			}
			return errStop
		})
		if err != nil && !errors.Is(err, errStop) {
			return err
		}
		if found {
			p.segments = p.segments[1:]
			p.part++
			p.any = false
			return nil
		}
	}
	return io.EOF
}

// WriteTo writes the whole payload, part by part.
func (p *payloadReader) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for {
		n, err := w.Write(p.data)
		total += int64(n)
		if err != nil {
			return total, err
		}
		p.data = nil
		if !p.more || p.ended {
			p.ended = true
			return total, nil
		}
		if err := p.advance(); err != nil {
			return total, p.incomplete(err)
		}
	}
}

// incomplete says what it means when a part is not found.
func (p *payloadReader) incomplete(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("payload %s: %w: its end is missing", p.id, ErrTampered)
	}
	return err
}
