package world

import (
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"
)

func TestReadersAndWritersTogether(t *testing.T) {
	t.Parallel()
	w := New(Options{WorkspaceID: "w", Name: "n", SearchLag: time.Millisecond})
	s := newSchema(t, w, "Assets", "ITSM")
	typ := newType(t, w, TypeInput{SchemaID: s.ID, Name: "Host", Inherited: true})
	in := plainAttr("Serial", DefaultText)
	in.Unique = new(true)
	serial := newAttr(t, w, typ.ID, in)
	ref := refAttr(t, w, "Next", typ.ID)
	next := newAttr(t, w, typ.ID, ref)
	name := named(t, w, typ.ID, "Name").ID
	const workers, rounds = 4, 60
	var wg sync.WaitGroup
	won := make([]int, workers)
	for worker := range workers {
		wg.Go(func() {
			for i := range rounds {
				// All workers want the same serial numbers; one of them gets each.
				o, err := w.CreateObject("a", ObjectInput{TypeID: typ.ID, Attributes: []AttributeValues{
					{name, []string{"n"}},
					{serial.ID, []string{strconv.Itoa(i)}},
				}})
				var e *Error
				switch {
				case err == nil:
					won[worker]++
				case !errors.As(err, &e) || e.Status != 400:
					t.Error(err)
				}
				if err == nil && i%3 == 0 {
					if _, err := w.UpdateObject("a", o.ID, ObjectInput{Attributes: []AttributeValues{{next.ID, []string{o.Key}}}}); err != nil {
						t.Error(err)
					}
				}
			}
		})
		wg.Go(func() {
			for i := range rounds {
				w.View(func(v *View) {
					for o := range v.SearchType(typ.ID, 0) {
						_ = o.Attributes()
						_ = o.Label()
					}
					_, _ = v.Lookup(serial.ID, strconv.Itoa(i))
					_, _ = v.Lookup(name, "n")
					_ = v.CountType(typ.ID)
				})
				if _, err := w.Dump(s.ID, DumpOptions{}); err != nil {
					t.Error(err)
				}
				_ = w.Usage()
			}
		})
		wg.Go(func() {
			for i := range rounds / 10 {
				x := "x" + strconv.Itoa(worker) + "-" + strconv.Itoa(i)
				if _, err := w.CreateType(TypeInput{SchemaID: s.ID, ParentID: typ.ID, Name: x, IconID: typ.IconID}); err != nil {
					t.Error(err)
				}
				if _, err := w.CreateAttribute(typ.ID, plainAttr(x, DefaultText)); err != nil {
					t.Error(err)
				}
				w.PutUser(User{AccountID: x})
				w.PutGroup(Group{Name: x})
			}
		})
	}
	wg.Wait()
	total := 0
	for _, n := range won {
		total += n
	}
	if total != rounds || w.ObjectCount() != rounds {
		t.Errorf("%d objects were created and %d are there, want %d", total, w.ObjectCount(), rounds)
	}
}
