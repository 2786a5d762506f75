package assets_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"stowage/assets"
)

// full has every field set, and texts that need care.
var full = assets.Object{
	ID: "88", Key: "ITSM-88", Label: "Größe \"XL\" \\ 東京 \x01\t\n\r\b\f 🚀 \u2028", TypeID: "23", Created: "2021-02-16T20:04:41.527Z",
	Updated: "2021-02-17T20:04:41.527Z", HasAvatar: true,
	Values: []assets.AttributeValues{
		{AttributeID: "135", Values: []assets.Value{{Text: "NY-1"}, {}, {Text: "5", Bare: true}}},
		{AttributeID: "136", Values: []assets.Value{{
			Kind: assets.ValueObject, ID: "1", Name: "n", Key: "K-1", TypeID: "2", SchemaID: "3", Category: assets.StatusPending, Deleted: true,
			Display: "d", Search: "s", Extra: assets.Extra(`{"a": [1, 2.50, {"b":null}]}`),
		}}, Extra: assets.Extra(`{"c":true}`)},
		{AttributeID: "137"},
	},
	Extra: assets.Extra(`{"new":"<é>"}`),
}

func TestTheCanonicalFormIsOneLineOfJSON(t *testing.T) {
	t.Parallel()
	line, err := assets.AppendObject([]byte("before"), &full)
	if err != nil {
		t.Fatal(err)
	}
	line, ok := bytes.CutPrefix(line, []byte("before"))
	if !ok || bytes.ContainsAny(line, "\n\r") {
		t.Fatalf("not one line appended: %q", line)
	}
	var byStandard assets.Object
	if err := json.Unmarshal(line, &byStandard); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full, byStandard, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if byUs, err := assets.DecodeObject(line); err != nil || !cmp.Equal(full, byUs, cmpopts.EquateEmpty()) {
		t.Error(err, cmp.Diff(full, byUs, cmpopts.EquateEmpty()))
	}
}

func TestEncodingAllocatesNothing(t *testing.T) { //nolint:paralleltest // allocations of other tests would be counted
	room := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := assets.AppendObject(room, &full); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestLineBreaksInExtraBecomeSpaces(t *testing.T) {
	t.Parallel()
	o := assets.Object{Extra: assets.Extra("\n{\"a\":\r\n\t1,\n\"b\":\"x\\ny\"}\n")}
	line, err := assets.AppendObject(nil, &o)
	if err != nil {
		t.Fatal(err)
	}
	back, err := assets.DecodeObject(line)
	if err != nil {
		t.Fatal(err)
	}
	if want := "{\"a\":  \t1, \"b\":\"x\\ny\"}"; string(back.Extra) != want {
		t.Errorf("extra is %q, want %q", back.Extra, want)
	}
}

func TestAnExtraThatIsNoObjectIsRefused(t *testing.T) {
	t.Parallel()
	for _, extra := range []string{
		" ", "{", "}", "[]", "1", "null", `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":01}`, `{"a":1.}`, `{"a":1e}`, `{"a":-}`, `{"a":"\x"}`, `{"a":"\u12"}`,
		"{\"a\":\"\n\"}", `{"a":tru}`, `{a:1}`, `{"a":1}{}`, `{"a":[1 2]}`, `{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + "}",
	} {
		o := assets.Object{ID: "1", Values: []assets.AttributeValues{{Values: []assets.Value{{Extra: assets.Extra(extra)}}}}}
		dst, err := assets.AppendObject([]byte("before"), &o)
		if !errors.Is(err, assets.ErrNotJSON) || string(dst) != "before" {
			t.Errorf("%.40s: %q, %v", extra, dst, err)
		}
	}
}

func TestUnknownMembersAreSkipped(t *testing.T) {
	t.Parallel()
	o, err := assets.DecodeObject([]byte(`{"later":{"id":"9"},"id":"1","values":[{"x":[1],"a":"2","v":[{"t":"y","z":null}]}],"end":0.5} `))
	if err != nil {
		t.Fatal(err)
	}
	want := assets.Object{ID: "1", Values: []assets.AttributeValues{{AttributeID: "2", Values: []assets.Value{{Text: "y"}}}}}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNotAnObjectIsRefused(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"", "null", "[]", "{", `{"id"}`, `{"id":1}`, `{"id":"1"`, `{"id":"1"}x`, `{"id":"1",}`, `{"values":{}}`, `{"values":[1]}`, `{"hasAvatar":1}`,
		`{"values":[{"v":[{"k":256}]}]}`, `{"values":[{"v":[{"k":-1}]}]}`, `{"values":[{"v":[{"cat":1.5}]}]}`, `{"extra":1}`, `{"id":"` + "\n" + `"}`,
	} {
		if o, err := assets.DecodeObject([]byte(line)); !errors.Is(err, assets.ErrNotJSON) || o.ID != "" {
			t.Errorf("%q: %+v, %v", line, o, err)
		}
	}
}

func TestWrongBytesInTextsAreReplaced(t *testing.T) {
	t.Parallel()
	line, err := assets.AppendObject(nil, &assets.Object{Label: "a\xff\xfeb\xc3"})
	if err != nil {
		t.Fatal(err)
	}
	o, err := assets.DecodeObject(line)
	if err != nil || o.Label != "a\ufffd\ufffdb\ufffd" {
		t.Errorf("%q, %v", o.Label, err)
	}
}

func texts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[0-9]{1,8}`), rapid.String(),
		rapid.StringOf(rapid.SampledFrom([]rune{'"', '\\', '\n', '\u2028', '🚀', 'é', '\x00', '\x7f', '/', '<', utf8.RuneError})))
}

func extras() *rapid.Generator[assets.Extra] {
	return rapid.Custom(func(t *rapid.T) assets.Extra {
		if rapid.Bool().Draw(t, "none") {
			return nil
		}
		raw, err := json.Marshal(rapid.MapOf(rapid.String(), rapid.Float64()).Draw(t, "extra"))
		if err != nil {
			t.Skip("not JSON")
		}
		return raw
	})
}

func objects() *rapid.Generator[assets.Object] {
	value := rapid.Custom(func(t *rapid.T) assets.Value {
		return assets.Value{
			Kind: assets.ValueKind(rapid.Uint8Range(0, 9).Draw(t, "kind")), Text: texts().Draw(t, "text"), Bare: rapid.Bool().Draw(t, "bare"),
			ID: texts().Draw(t, "id"), Name: texts().Draw(t, "name"), Key: texts().Draw(t, "key"), TypeID: texts().Draw(t, "type"),
			SchemaID: texts().Draw(t, "schema"), Category: assets.StatusCategory(rapid.Int32().Draw(t, "category")),
			Deleted: rapid.Bool().Draw(t, "deleted"), Display: texts().Draw(t, "display"), Search: texts().Draw(t, "search"),
			Extra: extras().Draw(t, "extra"),
		}
	})
	values := rapid.Custom(func(t *rapid.T) assets.AttributeValues {
		return assets.AttributeValues{
			AttributeID: texts().Draw(t, "attribute"), Values: rapid.SliceOfN(value, 0, 3).Draw(t, "values"), Extra: extras().Draw(t, "extra"),
		}
	})
	return rapid.Custom(func(t *rapid.T) assets.Object {
		return assets.Object{
			ID: texts().Draw(t, "id"), Key: texts().Draw(t, "key"), Label: texts().Draw(t, "label"), TypeID: texts().Draw(t, "type"),
			Created: texts().Draw(t, "created"), Updated: texts().Draw(t, "updated"), HasAvatar: rapid.Bool().Draw(t, "avatar"),
			Values: rapid.SliceOfN(values, 0, 4).Draw(t, "values"), Extra: extras().Draw(t, "extra"),
		}
	})
}

func TestDecodingUndoesEncoding(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var d assets.ObjectDecoder
		for range 2 {
			want := objects().Draw(t, "object")
			line, err := assets.AppendObject(nil, &want)
			if err != nil {
				t.Fatal(err)
			}
			var got, byStandard assets.Object
			if err := d.Decode(line, &got); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatal(diff)
			}
			if err := json.Unmarshal(line, &byStandard); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, byStandard, cmpopts.EquateEmpty()); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func FuzzDecodeObject(f *testing.F) {
	line, err := assets.AppendObject(nil, &full)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add([]byte(`{"id":"1","values":[{"a":"2","v":[{"k":1,"t":"\ud83d\ude80\ud83d","bare":false,"cat":-1}]}],"extra":{}}`))
	f.Add([]byte(" {\n} "))
	f.Fuzz(func(t *testing.T, line []byte) {
		o, err := assets.DecodeObject(line)
		if err != nil {
			return
		}
		again, err := assets.AppendObject(nil, &o)
		if err != nil {
			t.Fatalf("decoded and not encoded: %v", err)
		}
		if !json.Valid(again) && json.Valid(line) {
			t.Fatalf("%q became %q", line, again)
		}
		back, err := assets.DecodeObject(again)
		if err != nil {
			t.Fatalf("%v in %q", err, again)
		}
		third, err := assets.AppendObject(nil, &back)
		if err != nil || !bytes.Equal(again, third) {
			t.Fatalf("%q became %q: %v", again, third, err)
		}
	})
}

func TestWhatCanBeDerivedIsNotKept(t *testing.T) {
	t.Parallel()
	o := assets.Object{ID: "1", Values: []assets.AttributeValues{
		{AttributeID: "10", Values: []assets.Value{
			{Kind: assets.ValueObject, ID: "7", Name: "host", Key: "K-7", Display: "host", Search: "K-7"},
			{Kind: assets.ValueObject, ID: "6", Name: "host", Key: "K-6", Display: "other", Search: "6"},
		}},
		{AttributeID: "11"},
		{AttributeID: "9", Values: []assets.Value{
			{Text: "a", Display: "a", Search: "a"},
			{Text: "1", Display: "1.0", Search: "1"},
			{Kind: assets.ValueUser, ID: "u", Name: "Ada", Display: "Ada", Search: "u"},
			{Kind: assets.ValueGroup, Name: "g", ID: "g", Display: "g", Search: "g"},
		}},
	}}
	shown := []string{o.Values[0].Values[1].DisplayText(), o.Values[2].Values[1].DisplayText(), o.Values[0].Values[1].SearchText()}
	c := o.Canonical()
	want := assets.Object{ID: "1", Values: []assets.AttributeValues{
		{AttributeID: "9", Values: []assets.Value{
			{Text: "a"}, {Text: "1", Display: "1.0"}, {Kind: assets.ValueUser, ID: "u", Name: "Ada"}, {Kind: assets.ValueGroup, Name: "g", ID: "g"},
		}},
		{AttributeID: "10", Values: []assets.Value{
			{Kind: assets.ValueObject, ID: "7", Name: "host", Key: "K-7"},
			{Kind: assets.ValueObject, ID: "6", Name: "host", Key: "K-6", Display: "other", Search: "6"},
		}},
	}}
	if diff := cmp.Diff(&want, c); diff != "" {
		t.Error(diff)
	}
	if o.Values[0].AttributeID != "10" || o.Values[0].Values[0].Display != "host" || len(o.Values) != 3 {
		t.Errorf("the object itself was changed: %+v", o)
	}
	if c.Canonical() != c {
		t.Error("what is canonical already is copied")
	}
	v := c.Values
	again := []string{v[1].Values[1].DisplayText(), v[0].Values[1].DisplayText(), v[1].Values[1].SearchText()}
	if diff := cmp.Diff(shown, again); diff != "" {
		t.Error(diff)
	}
	if v[1].Values[0].DisplayText() != "host" || v[1].Values[0].SearchText() != "K-7" || v[0].Values[0].SearchText() != "a" {
		t.Errorf("derived texts: %+v", v)
	}
}

func BenchmarkAppendObject(b *testing.B) {
	var dst []byte
	for b.Loop() {
		dst, _ = assets.AppendObject(dst[:0], &full)
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkDecodeObject(b *testing.B) {
	line, err := assets.AppendObject(nil, &full)
	if err != nil {
		b.Fatal(err)
	}
	var d assets.ObjectDecoder
	var o assets.Object
	for b.Loop() {
		if err := d.Decode(line, &o); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(line)))
}
