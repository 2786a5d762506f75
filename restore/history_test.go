package restore_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"stowage/assets"
)

func TestHistoryIsWrittenNewestFirstInTheProductsTime(t *testing.T) {
	t.Parallel()
	b, s, o := itsm(), site(), options()
	o.History = true
	id := b.Objects[0].ID
	b.Changes = map[string][]assets.HistoryEntry{id: {
		{ID: "1", ObjectID: id, ActorName: "Ada", Attribute: "Serial", OldValue: "a", NewValue: "b\nc", Created: "2026-03-01T23:30:00.000Z"},
		{ID: "2", ObjectID: id, ActorID: "account", Type: 3, Created: "2026-07-01T10:00:00Z"},
	}}
	_, _, result, proof := restored(t, b, s, o)
	if !proof.Proved {
		t.Errorf("not proved: %+v", proof)
	}
	want := "2026-07-01 12:00:00 CET (UTC+2) | account: event 3\n2026-03-02 01:30:00 CET (UTC+2) | Ada | Serial: a -> b c"
	found := false
	for _, object := range s.All(result.SchemaID) {
		for _, vs := range object.Values {
			for _, v := range vs.Values {
				found = found || object.Label == b.Objects[0].Label && v.Text == want
			}
		}
	}
	if !found {
		t.Errorf("no object has the history %q", want)
	}
}

func TestHistoryThatIsTooLongKeepsTheNewest(t *testing.T) {
	t.Parallel()
	b, s, o := itsm(), site(), options()
	o.History = true
	id := b.Objects[0].ID
	b.Changes = make(map[string][]assets.HistoryEntry)
	for i := range 400 {
		b.Changes[id] = append(b.Changes[id], assets.HistoryEntry{
			ID: strconv.Itoa(i), ActorName: "Ada", Attribute: "Notes", NewValue: fmt.Sprintf("number %d 🌍", i),
			Created: fmt.Sprintf("2026-01-%02dT%02d:00:00Z", i/24+1, i%24),
		})
	}
	_, _, result, proof := restored(t, b, s, o)
	if !proof.Proved || proof.Explained == 0 && result.Failed > 0 {
		t.Errorf("%+v, %+v", result, proof)
	}
	for _, object := range s.All(result.SchemaID) {
		for _, vs := range object.Values {
			for _, v := range vs.Values {
				if object.Label != b.Objects[0].Label || !strings.Contains(v.Text, "CET") {
					continue
				}
				if n := utf8.RuneCountInString(v.Text); n > 10_000 || n < 9_500 || !strings.Contains(v.Text, "number 399 ") ||
					strings.Contains(v.Text, "number 1 ") {
					t.Errorf("%d characters: %s …", n, v.Text[:200])
				}
				return
			}
		}
	}
	t.Error("no history")
}
