package backuptest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"stowage/assets"
	"stowage/backup"
)

// Subject is a source to check, with the id of a schema that nobody changes meanwhile. The schema should have several object
// types and more objects than fit on a page.
type Subject struct {
	Source   backup.Source
	SchemaID string
}

// TestSource checks an implementation of backup.Source.
func TestSource(t *testing.T, newSubject func(t *testing.T) Subject) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, Subject){
		"schemas are listed":                        checkSchemas,
		"object types come parents first":           checkTypes,
		"attributes come by type":                   checkAttributes,
		"objects come in order, each once":          checkOrder,
		"objects are read on from any of them":      checkAfter,
		"objects are narrowed by time of update":    checkSince,
		"an object alone is the one of the listing": checkOne,
		"what does not exist is not found":          checkMissing,
		"a question that was cancelled ends":        checkCancel,
		"several questions may be asked at once":    checkConcurrent,
		"a listing may be left early":               checkLeave,
		"what is not offered is said to be so":      checkUnsupported,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, newSubject(t))
		})
	}
}

func checkSchemas(t *testing.T, s Subject) {
	t.Helper()
	all, err := s.Source.Schemas(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(a assets.Schema) bool { return a.ID == s.SchemaID })
	if i < 0 || all[i].Key == "" {
		t.Errorf("schema %s is not among %+v", s.SchemaID, all)
	}
	for _, list := range []func() error{
		func() error { _, err := s.Source.StatusTypes(t.Context(), s.SchemaID); return err },
		func() error { _, err := s.Source.ReferenceTypes(t.Context(), s.SchemaID); return err },
		func() error { _, err := s.Source.Properties(t.Context(), s.SchemaID); return err },
	} {
		if err := list(); err != nil && !errors.Is(err, assets.ErrUnsupported) {
			t.Error(err)
		}
	}
}

func typesOf(t *testing.T, s Subject) []assets.ObjectType {
	t.Helper()
	types, err := s.Source.ObjectTypes(t.Context(), s.SchemaID)
	if err != nil || len(types) == 0 {
		t.Fatalf("%d object types, %v", len(types), err)
	}
	return types
}

func checkTypes(t *testing.T, s Subject) {
	t.Helper()
	seen := map[string]int{"": 0}
	for _, ty := range typesOf(t, s) {
		if _, known := seen[ty.ID]; known {
			t.Errorf("type %s comes twice", ty.ID)
		}
		if _, known := seen[ty.ParentID]; !known {
			t.Errorf("type %s comes before its parent %s", ty.ID, ty.ParentID)
		}
		if ty.SchemaID != s.SchemaID {
			t.Errorf("type %s belongs to schema %s", ty.ID, ty.SchemaID)
		}
		if ty.IconID != "" {
			if icon, err := s.Source.Icon(t.Context(), ty.IconID); err != nil || icon.ID != ty.IconID {
				t.Errorf("icon %s is %+v, %v", ty.IconID, icon, err)
			}
		}
		seen[ty.ID] = 1
	}
}

func checkAttributes(t *testing.T, s Subject) {
	t.Helper()
	order := map[string]int{}
	for i, ty := range typesOf(t, s) {
		order[ty.ID] = i
	}
	attributes, err := s.Source.Attributes(t.Context(), s.SchemaID)
	if err != nil || len(attributes) == 0 {
		t.Fatalf("%d attributes, %v", len(attributes), err)
	}
	if !slices.IsSortedFunc(attributes, func(a, b assets.Attribute) int {
		if order[a.TypeID] != order[b.TypeID] {
			return order[a.TypeID] - order[b.TypeID]
		}
		return a.Position - b.Position
	}) {
		t.Error("attributes are not in the order of the types and of their positions")
	}
	ids := map[string]bool{}
	for _, a := range attributes {
		if _, known := order[a.TypeID]; !known || ids[a.ID] {
			t.Errorf("attribute %s of type %s comes twice or belongs nowhere", a.ID, a.TypeID)
		}
		ids[a.ID] = true
	}
}

func objectsOf(ctx context.Context, t *testing.T, s Subject, q backup.ObjectQuery) []assets.Object {
	t.Helper()
	var all []assets.Object
	ended := false
	for page, err := range s.Source.Objects(ctx, q) {
		if ended {
			t.Fatal("the listing goes on after an error")
		}
		if err != nil {
			t.Errorf("objects of type %s: %v", q.TypeID, err)
			ended = true
			continue
		}
		if page.Calls < 1 {
			t.Errorf("a page took %d calls", page.Calls)
		}
		all = append(all, page.Objects...)
	}
	return all
}

// largest returns the objects of the type that has most.
func largest(t *testing.T, s Subject) (string, []assets.Object) {
	t.Helper()
	var id string
	most := 0
	for _, ty := range typesOf(t, s) {
		n, err := s.Source.CountObjects(t.Context(), backup.ObjectQuery{TypeID: ty.ID})
		if err != nil {
			t.Fatal(err)
		}
		if n > most {
			most, id = n, ty.ID
		}
	}
	if most == 0 {
		t.Fatal("the schema has no objects")
	}
	return id, objectsOf(t.Context(), t, s, backup.ObjectQuery{TypeID: id})
}

func checkOrder(t *testing.T, s Subject) {
	t.Helper()
	for _, ty := range typesOf(t, s) {
		last := ""
		all := objectsOf(t.Context(), t, s, backup.ObjectQuery{TypeID: ty.ID})
		for _, o := range all {
			if last != "" && compareIDs(o.ID, last) <= 0 {
				t.Fatalf("object %s comes after %s", o.ID, last)
			}
			if last = o.ID; o.TypeID != ty.ID || o.Key == "" {
				t.Fatalf("object %+v among those of type %s", o, ty.ID)
			}
		}
		n, err := s.Source.CountObjects(t.Context(), backup.ObjectQuery{TypeID: ty.ID})
		if err != nil || n != len(all) {
			t.Errorf("type %s has %d objects and counts %d, %v", ty.ID, len(all), n, err)
		}
	}
}

func checkAfter(t *testing.T, s Subject) {
	t.Helper()
	id, all := largest(t, s)
	for _, i := range []int{0, len(all) / 3, len(all) - 1} {
		q := backup.ObjectQuery{TypeID: id, After: all[i].ID}
		rest := objectsOf(t.Context(), t, s, q)
		if diff := cmp.Diff(all[i+1:], rest, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("after object %s (-want +got):\n%s", all[i].ID, diff)
		}
		if n, err := s.Source.CountObjects(t.Context(), q); err != nil || n != len(rest) {
			t.Errorf("after object %s there are %d and it counts %d, %v", all[i].ID, len(rest), n, err)
		}
	}
}

func checkSince(t *testing.T, s Subject) {
	t.Helper()
	id, all := largest(t, s)
	var newest time.Time
	for _, o := range all {
		at, err := time.Parse(time.RFC3339, o.Updated)
		if err != nil {
			t.Fatalf("object %s was updated at %q", o.ID, o.Updated)
		}
		if at.After(newest) {
			newest = at
		}
	}
	for _, c := range []struct {
		since time.Time
		least int
		most  int
	}{
		{newest, 1, len(all)}, // a site that knows minutes only may answer more
		{newest.Add(24 * time.Hour), 0, 0},
		{newest.AddDate(-100, 0, 0), len(all), len(all)},
	} {
		q := backup.ObjectQuery{TypeID: id, UpdatedSince: c.since}
		got := objectsOf(t.Context(), t, s, q)
		if len(got) < c.least || len(got) > c.most {
			t.Errorf("%d objects updated since %v, want %d to %d", len(got), c.since, c.least, c.most)
		}
		if n, err := s.Source.CountObjects(t.Context(), q); err != nil || n != len(got) {
			t.Errorf("since %v there are %d and it counts %d, %v", c.since, len(got), n, err)
		}
	}
}

func checkOne(t *testing.T, s Subject) {
	t.Helper()
	_, all := largest(t, s)
	for _, i := range []int{0, len(all) - 1} {
		o, err := s.Source.Object(t.Context(), all[i].ID)
		if err != nil {
			t.Fatal(err)
		}
		// A site may tell more of an object that is asked for alone; what the vocabulary names is the same.
		plain := cmpopts.IgnoreFields(assets.Object{}, "Extra")
		values := cmpopts.IgnoreFields(assets.AttributeValues{}, "Extra")
		if diff := cmp.Diff(all[i], o, plain, values, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("object %s (-listed +alone):\n%s", o.ID, diff)
		}
	}
}

func checkMissing(t *testing.T, s Subject) {
	t.Helper()
	const missing = "999999999"
	if _, err := s.Source.Object(t.Context(), missing); !errors.Is(err, assets.ErrNotFound) {
		t.Errorf("object: %v", err)
	}
	if _, err := s.Source.Icon(t.Context(), missing); !errors.Is(err, assets.ErrNotFound) {
		t.Errorf("icon: %v", err)
	}
	if _, err := s.Source.History(t.Context(), missing); !errors.Is(err, assets.ErrNotFound) && !errors.Is(err, assets.ErrUnsupported) {
		t.Errorf("history: %v", err)
	}
}

func checkCancel(t *testing.T, s Subject) {
	t.Helper()
	types := typesOf(t, s)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if _, err := s.Source.Schemas(ctx); err == nil {
		t.Error("schemas were listed")
	}
	failed := 0
	for _, err := range s.Source.Objects(ctx, backup.ObjectQuery{TypeID: types[0].ID}) {
		if err != nil {
			failed++
		}
	}
	if failed != 1 {
		t.Errorf("the listing of objects yielded %d errors, want 1", failed)
	}
}

func checkConcurrent(t *testing.T, s Subject) {
	t.Helper()
	id, all := largest(t, s)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if o, err := s.Source.Object(t.Context(), all[i%len(all)].ID); err != nil || o.ID != all[i%len(all)].ID {
				t.Errorf("object %s, %v", o.ID, err)
			}
			if got := objectsOf(t.Context(), t, s, backup.ObjectQuery{TypeID: id}); len(got) != len(all) {
				t.Errorf("%d objects, want %d", len(got), len(all))
			}
		})
	}
	wg.Wait()
}

func checkLeave(t *testing.T, s Subject) {
	t.Helper()
	id, all := largest(t, s)
	for page, err := range s.Source.Objects(t.Context(), backup.ObjectQuery{TypeID: id}) {
		if err != nil || len(page.Objects) == 0 || page.Objects[0].ID != all[0].ID {
			t.Errorf("the first page has %d objects, %v", len(page.Objects), err)
		}
		break
	}
}

func checkUnsupported(t *testing.T, s Subject) {
	t.Helper()
	_, all := largest(t, s)
	id := all[0].ID
	for what, ask := range map[string]func() error{
		"history":  func() error { _, err := s.Source.History(t.Context(), id); return err },
		"comments": func() error { _, err := s.Source.Comments(t.Context(), id); return err },
		"attachments": func() error {
			files, err := s.Source.Attachments(t.Context(), id)
			for _, f := range files {
				body, err := s.Source.AttachmentData(t.Context(), f)
				if err != nil {
					return err
				}
				if err := body.Close(); err != nil {
					return err
				}
			}
			return err
		},
		"issues": func() error {
			for _, err := range s.Source.IssueObjects(t.Context(), s.SchemaID) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	} {
		if err := ask(); err != nil && !errors.Is(err, assets.ErrUnsupported) {
			t.Errorf("%s: %v; an endpoint that is missing is assets.ErrUnsupported", what, err)
		}
	}
}
