package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"stowage/assets"
)

// payloadPart is the size of the parts a large payload is cut into.
const payloadPart = 4 << 20

// AddBytes adds a payload, read to its end from r: an image, the content of an attachment. A payload of up to 4 MiB shares segments
// with others; of a larger one no more than a part is in memory. The media type may be empty. When r fails, nothing has been added.
func (w *Writer) AddBytes(ctx context.Context, kind Kind, group, id, mediaType string, r io.Reader) (int64, error) {
	f, in := kind.traits()
	if f != formBytes {
		return 0, fmt.Errorf("kind %q does not hold bytes", kind)
	}
	part := make([]byte, payloadPart)
	n, err := io.ReadFull(r, part)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		w.appendPart(group, id, mediaType, 0, part[:n], false)
		return int64(n), w.add(ctx, w.open[in], kind, group, id)
	}
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", kind, id, err)
	}
	return w.addParts(ctx, w.open[in], group, id, mediaType, part, r)
}

// addParts adds a payload of which the first part has been read, each part in a segment of its own.
func (w *Writer) addParts(ctx context.Context, s *openSegment, group, id, mediaType string, part []byte, r io.Reader) (total int64, err error) {
	if err := w.cut(ctx, s); err != nil {
		return 0, err
	}
	before := len(w.doc.Segments)
	defer func() {
		if err != nil {
			// What was stored of the payload harms nobody; no manifest will name it.
			s.reset()
			w.doc.Segments = w.doc.Segments[:before]
			w.ids[s.kind].truncate(before)
		}
	}()
	next := make([]byte, payloadPart)
	for i := 0; ; i++ {
		n, err := io.ReadFull(r, next)
		ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !ended {
			return 0, fmt.Errorf("%s %s: %w", s.kind, id, err)
		}
		// A part that is read in full may be the last one: only the end of the next read tells.
		more := n > 0
		w.appendPart(group, id, mediaType, i, part, more)
		s.append(s.kind, group, id, w.line)
		s.runs[0].More = more
		total += int64(len(part))
		if err := w.cut(ctx, s); err != nil {
			return 0, err
		}
		if !more {
			w.line = nil
			return total, nil
		}
		part, next = next[:n], part[:payloadPart]
	}
}

func (w *Writer) appendPart(group, id, mediaType string, part int, data []byte, more bool) {
	w.line = append(w.line[:0], `{"id":`...)
	w.line = assets.AppendString(w.line, id)
	if group != "" {
		w.line = append(w.line, `,"group":`...)
		w.line = assets.AppendString(w.line, group)
	}
	if mediaType != "" {
		w.line = append(w.line, `,"type":`...)
		w.line = assets.AppendString(w.line, mediaType)
	}
	w.line = append(w.line, `,"part":`...)
	w.line = strconv.AppendInt(w.line, int64(part), 10)
	w.line = append(w.line, `,"size":`...)
	w.line = strconv.AppendInt(w.line, int64(len(data)), 10)
	if more {
		w.line = append(w.line, `,"more":true`...)
	}
	w.line = append(w.line, '}', '\n')
	w.line = append(w.line, data...)
	w.line = append(w.line, '\n')
}
