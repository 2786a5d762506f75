package world

import (
	"testing"
)

// FuzzPlainValues checks that what was accepted once is accepted again as it reads,
// means the same, and is stored without loss.
func FuzzPlainValues(f *testing.F) {
	for _, s := range []string{
		"", "a b", "-12", "1.5", "1e300", "TRUE", "2021-02-16", "2021-02-16T20:04:41.527Z", "0000-01-01", "20:04",
		"https://example.com/?a=b", "a@example.com", "b", "fe80::1%eth0", "10.0.0.1", "\xff", "ä\x00",
	} {
		for d := DefaultText; d <= DefaultIP; d++ {
			f.Add(int(d), s)
		}
	}
	w := New(Options{WorkspaceID: "w"})
	f.Fuzz(func(t *testing.T, d int, s string) {
		a := &attribute{Attribute: Attribute{ID: 300, Name: "A", Type: TypeDefault, Default: DefaultType(d), Options: "a,b, c d"}}
		if err := a.prepare(); err != nil {
			t.Fatal(err)
		}
		v, msg := w.parse(a, s)
		if msg != "" {
			return
		}
		if v.Kind != a.Kind() {
			t.Fatalf("the kind is %d, want %d", v.Kind, a.Kind())
		}
		again, msg := w.parse(a, v.Raw())
		if msg != "" || again != v {
			t.Fatalf("%q reads as %q, which is %+v: %s", s, v.Raw(), again, msg)
		}
		data := string(w.encode(nil, []cell{{attr: 1, vals: []Value{v, v}}, {attr: a.ID, vals: []Value{v}}}))
		n := 0
		for got := range w.valuesOf(data, a.ID) {
			if n++; got != v {
				t.Fatalf("%+v is stored as %+v", v, got)
			}
		}
		if n != 1 {
			t.Fatalf("%d values are stored, want 1", n)
		}
	})
}
