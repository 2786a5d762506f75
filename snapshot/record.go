package snapshot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"stowage/blob"
)

// record is one record of a segment: its line without the line feed, and for bytes what follows the line.
type record struct {
	id   string
	kind Kind
	line []byte
	// group and the rest are set for bytes; the group of other records is that of their run.
	group string
	part  partHeader
	data  []byte
}

// partHeader is the line before the bytes of a payload or of a part of one.
type partHeader struct {
	ID        string `json:"id"`
	Group     string `json:"group"`
	MediaType string `json:"type"`
	Part      int    `json:"part"`
	Size      int    `json:"size"`
	More      bool   `json:"more"`
}

// indexLine is a record of the index.
type indexLine struct {
	ID string   `json:"id"`
	In []string `json:"in"`
}

// envelope is the line of a document.
type envelope struct {
	ID  string          `json:"id"`
	Doc json.RawMessage `json:"doc"`
}

// readSegment returns the plaintext of a segment, which is what the manifest says or an error.
func readSegment(ctx context.Context, store blob.Store, keys *Keys, s *segment) ([]byte, error) {
	data, err := fetch(ctx, store, segmentPath(keys.tenant, s.Name), maxStoredSegment)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, fmt.Errorf("segment %s: %w", s.Name, ErrSegmentMissing)
	}
	if err != nil {
		return nil, fmt.Errorf("segment %s: %w", s.Name, err)
	}
	text, err := openSegmentFile(keys, s, data)
	if err != nil {
		return nil, fmt.Errorf("segment %s: %w", s.Name, err)
	}
	return text, nil
}

func openSegmentFile(keys *Keys, s *segment, data []byte) ([]byte, error) {
	text, err := keys.open(frameSegment, data, maxPlaintext, keys.tenant, s.Name, string(s.Kind))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) != s.Size || keys.segmentName(s.Kind, text) != s.Name {
		return nil, fmt.Errorf("%w: it has another content than the manifest says", ErrTampered)
	}
	return text, nil
}

// eachRecord calls fn for every record of a segment with its number, omitted ones too, until fn returns an error. The record is valid
// during the call.
func eachRecord(s *segment, text []byte, fn func(i int, r record) error) error {
	n, runs, left := 0, s.Runs, 0
	var r record
	for len(text) > 0 {
		for left == 0 {
			if len(runs) == 0 {
				return fmt.Errorf("segment %s: %w: more records than the manifest says", s.Name, ErrTampered)
			}
			r.kind, r.group, left = s.runKind(&runs[0]), runs[0].Group, runs[0].Records
			runs = runs[1:]
		}
		f, _ := s.Kind.traits()
		if s.Kind == kindStructure {
			f = formDocument
		}
		var err error
		if text, err = r.next(f, text); err != nil {
			return fmt.Errorf("segment %s: record %d: %w", s.Name, n, err)
		}
		if err := fn(n, r); err != nil {
			return err
		}
		n++
		left--
	}
	if n != s.Records {
		return fmt.Errorf("segment %s: %w: fewer records than the manifest says", s.Name, ErrTampered)
	}
	return nil
}

// next reads the record at the beginning of text and returns the rest.
func (r *record) next(f form, text []byte) ([]byte, error) {
	end := bytes.IndexByte(text, '\n')
	if end < 0 {
		return nil, fmt.Errorf("%w: no end of line", ErrTampered)
	}
	r.line, text = text[:end], text[end+1:]
	var err error
	if r.id, err = lineID(r.line); err != nil {
		return nil, err
	}
	if f != formBytes {
		return text, nil
	}
	r.part = partHeader{}
	if err := json.Unmarshal(r.line, &r.part); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	size := r.part.Size
	if size < 0 || size >= len(text) || text[size] != '\n' {
		return nil, fmt.Errorf("%w: bytes of a payload are missing", ErrTampered)
	}
	r.data = text[:size]
	return text[size+1:], nil
}

// lineID reads the id with which every line begins.
func lineID(line []byte) (string, error) {
	const prefix = `{"id":"`
	rest, ok := bytes.CutPrefix(line, []byte(prefix))
	if !ok {
		return "", fmt.Errorf("%w: a record without an id", ErrTampered)
	}
	end := bytes.IndexByte(rest, '"')
	if end >= 0 && bytes.IndexByte(rest[:end], '\\') < 0 {
		return string(rest[:end]), nil
	}
	// An escape: find the quote that ends the string, and let the decoder read it.
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			var id string
			if err := json.Unmarshal(line[len(prefix)-1:len(prefix)+i+1], &id); err != nil {
				return "", fmt.Errorf("%w: %w", ErrTampered, err)
			}
			return id, nil
		}
	}
	return "", fmt.Errorf("%w: a record without an id", ErrTampered)
}

// segmentIDs returns the ids of a segment's records as the index wants them.
func segmentIDs(s *segment, text []byte) ([]string, error) {
	ids := make([]string, 0, s.Records)
	err := eachRecord(s, text, func(_ int, r record) error {
		if s.Kind == KindObjects || len(ids) == 0 || ids[len(ids)-1] != r.id {
			ids = append(ids, r.id)
		}
		return nil
	})
	return ids, err
}
