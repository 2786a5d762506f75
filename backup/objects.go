package backup

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"stowage/assets"
	"stowage/report"
	"stowage/snapshot"
)

// readType reads the objects of one type, or what is left of them after an earlier attempt.
func (r *run) readType(ctx context.Context, t assets.ObjectType) error {
	last, n, complete := r.w.Last(snapshot.KindObjects, t.ID)
	r.live[t.ID] = n
	ts := r.state.Types[t.ID]
	if ts == nil {
		mark, err := r.mark(ctx)
		if err != nil {
			return err
		}
		ts = &typeState{Mark: mark, Shape: r.defs.shapes[t.ID]}
		r.state.Types[t.ID] = ts
	}
	ts.Name = t.Name
	r.progress.Advance(int64(n))
	if complete {
		return nil
	}
	if r.empty[t.ID] && n == 0 {
		// There is no page to fetch. Should an object have come since, settling finds it.
		return r.w.End(ctx, snapshot.KindObjects, t.ID)
	}
	for again := false; ; again = true {
		got, err := r.readPages(ctx, t.ID, ts, last)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrUnreadable) || endsRun(ctx, err) {
			return fmt.Errorf("objects of type %s: %w", t.ID, err)
		}
		if again && got == last {
			// The page cannot be understood, and what comes after it cannot be asked for.
			ts.Broken = true
			r.lines.Add(report.Entry{
				Outcome: report.Failed, Stage: stageObjects, Kind: "object type", ID: t.ID, Key: t.Name,
				Message: "objects after " + last + " could not be read: " + err.Error(),
			})
			break
		}
		last = got
	}
	return r.w.End(ctx, snapshot.KindObjects, t.ID)
}

// readPages stores the objects of a type behind an id, and returns the id of the last one.
func (r *run) readPages(ctx context.Context, typeID string, ts *typeState, last string) (string, error) {
	pages := prefetch(ctx, func(ctx context.Context) iter.Seq2[ObjectPage, error] {
		return r.src.Objects(ctx, ObjectQuery{TypeID: typeID, After: last})
	})
	for page, err := range pages {
		if err != nil {
			return last, err
		}
		r.state.Pages++
		ts.Pages++
		ts.PageSize = max(ts.PageSize, len(page.Objects)+len(page.Unreadable))
		objects, err := r.inOrder(ctx, typeID, page)
		if err != nil {
			return last, err
		}
		for i := range objects {
			o := &objects[i]
			// The object of another type is read with its type; one that comes again has moved between two pages.
			if o.TypeID != typeID || last != "" && compareIDs(o.ID, last) <= 0 {
				continue
			}
			kept, err := r.store(ctx, o, ts.Mark)
			if err != nil {
				return last, err
			}
			if kept {
				r.live[typeID]++
			}
			last = o.ID
		}
		r.progress.Advance(int64(len(page.Objects)))
	}
	return last, nil
}

// inOrder returns the objects of a page by ascending id, with those among the unreadable that could be read alone.
func (r *run) inOrder(ctx context.Context, typeID string, page ObjectPage) ([]assets.Object, error) {
	objects := page.Objects
	for _, u := range page.Unreadable {
		err := u.Err
		if u.ID != "" {
			var o assets.Object
			if o, err = r.src.Object(ctx, u.ID); err == nil {
				objects = append(slices.Clip(objects), o)
				continue
			}
			if !concernsItem(ctx, err) {
				return nil, fmt.Errorf("object %s: %w", u.ID, err)
			}
		}
		r.unreadable(typeID, u.ID, u.Key, report.Failed, "", err)
	}
	byID := func(a, b assets.Object) int { return compareIDs(a.ID, b.ID) }
	if !slices.IsSortedFunc(objects, byID) {
		objects = slices.SortedFunc(slices.Values(objects), byID)
	}
	return objects, nil
}

// unreadable reports an object that is not in the backup.
func (r *run) unreadable(typeID, id, key string, outcome report.Outcome, cause report.Cause, err error) {
	if ts := r.state.Types[typeID]; ts != nil {
		if ts.Unread == nil {
			ts.Unread = make(map[string]bool)
		}
		ts.Unread[cmp.Or(id, "key "+key)] = true
	}
	message := "could not be read"
	if err != nil {
		message = err.Error()
	}
	r.lines.Add(report.Entry{Outcome: outcome, Stage: stageObjects, Kind: "object", ID: id, Key: key, Cause: cause, Message: message})
}

// maxRecent bounds what is remembered of objects that were changed shortly before they were read. What is beyond is
// written again when it need not be.
const maxRecent = 100_000

// store adds an object to the backup, or reports that it cannot be kept.
func (r *run) store(ctx context.Context, o *assets.Object, mark time.Time) (kept bool, err error) {
	err = r.w.Object(ctx, o)
	switch {
	case errors.Is(err, snapshot.ErrTooLarge):
		r.unreadable(o.TypeID, o.ID, o.Key, report.Skipped, report.CauseTooLarge, err)
		return false, nil
	case errors.Is(err, assets.ErrNotJSON):
		r.unreadable(o.TypeID, o.ID, o.Key, report.Failed, "", err)
		return false, nil
	case err != nil:
		return false, err
	}
	r.remember(o, mark)
	return true, nil
}

// remember notes the time of update of an object that will be found when changes are looked for.
func (r *run) remember(o *assets.Object, mark time.Time) {
	if len(r.recent) >= maxRecent {
		return
	}
	if at, err := time.Parse(time.RFC3339, o.Updated); err != nil || !at.Before(mark) {
		r.recent[o.ID] = o.Updated
	}
}

// prefetch fetches the next element of a sequence while the caller is busy with the current one.
func prefetch[T any](ctx context.Context, open func(context.Context) iter.Seq2[T, error]) iter.Seq2[T, error] {
	type element struct {
		value T
		err   error
	}
	return func(yield func(T, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		elements := make(chan element)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		wg.Go(func() {
			defer close(elements)
			for v, err := range open(ctx) {
				select {
				case elements <- element{v, err}:
				case <-ctx.Done():
					return
				}
			}
		})
		for e := range elements {
			if !yield(e.value, e.err) || e.err != nil {
				return
			}
		}
		if ctx.Err() != nil {
			var zero T
			yield(zero, context.Cause(ctx))
		}
	}
}

// addBytes adds a payload that is in memory.
func (r *run) addBytes(ctx context.Context, kind snapshot.Kind, group, id, mediaType string, data []byte) error {
	_, err := r.w.AddBytes(ctx, kind, group, id, mediaType, bytes.NewReader(data))
	return err
}
