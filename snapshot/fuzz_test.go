package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"stowage/blob/mem"
)

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":1,"tenant":"acme","backup":"b1","segments":[{"name":"0123456789012345678901234567890123456789012345678901234567890123",` +
		`"kind":"objects","records":2,"size":30,"runs":[{"group":"10","records":1,"first":"1","last":"1"},{"records":1,"more":true}],"omit":[0]}],` +
		`"ended":[["objects","10"]],"indexed":{"objects":1},"phases":[{"name":"objects","state":"complete"}]}`))
	f.Add([]byte(`{"format":2}`))
	f.Add([]byte(`{"format":1,"tenant":"acme","backup":"b1","segments":[{"kind":"index","runs":[{"records":-1}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := decodeDocument(text, "acme", "b1")
		if err != nil {
			if !errors.Is(err, ErrTampered) && !errors.Is(err, ErrFutureVersion) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		d.count()
		b := &Backup{store: mem.New(), keys: &Keys{tenant: "acme"}, doc: d}
		for _, info := range b.ObjectSegments() {
			if info.Objects < 0 {
				t.Fatalf("%+v", info)
			}
			if _, err := b.ReadObjects(t.Context(), info.Segment); !errors.Is(err, ErrSegmentMissing) {
				t.Fatalf("read from an empty store: %v", err)
			}
		}
		for _, id := range []string{"", "1", "abc"} {
			if _, err := b.segmentsWith(t.Context(), KindObjects, id); err != nil {
				t.Fatal(err)
			}
		}
		if w := newWriter(b.store, b.keys, *d, WriterOptions{}); w.base > len(d.Segments) {
			t.Fatalf("%d segments became %d", len(d.Segments), w.base)
		}
	})
}

func FuzzSegment(f *testing.F) {
	for i, text := range []string{
		`{"id":"1","key":"K-1","label":"l","type":"10"}` + "\n" + `{"id":"2\u0041","type":"10"}` + "\n",
		`{"id":"1","doc":{"a":1}}` + "\n",
		`{"id":"1","part":0,"size":3}` + "\nabc\n" + `{"id":"2","group":"g","type":"t","part":0,"size":0,"more":true}` + "\n\n",
		`{"id":"1","in":["0123456789abcdef"]}` + "\n",
	} {
		f.Add([]byte(text), uint8(i), uint8(2))
	}
	f.Fuzz(func(t *testing.T, text []byte, kind, records uint8) {
		k := []Kind{KindObjects, KindHistory, KindAvatars, kindIndex, kindStructure}[int(kind)%5]
		s := &segment{Name: "n", Kind: k, Records: int(records), Size: int64(len(text))}
		if records > 0 {
			s.Runs = []run{{Group: "10", Records: int(records) - 1}, {Records: 0}, {Kind: KindHistory, Records: 1}}
		}
		n := 0
		err := eachRecord(s, text, func(i int, r record) error {
			if i != n || bytes.Contains(r.line, []byte("\n")) {
				t.Fatalf("record %d of %d: %q", n, i, r.line)
			}
			n++
			_, _ = decodeRecord[json.RawMessage](s, r)
			return nil
		})
		if err == nil && n != s.Records || err != nil && !errors.Is(err, ErrTampered) {
			t.Fatalf("%d records of %d: %v", n, s.Records, err)
		}
		v := &verifier{keys: &Keys{tenant: "acme"}}
		if err := v.content(s, text); err != nil && !errors.Is(err, ErrTampered) {
			t.Fatalf("an error of no kind: %v", err)
		}
	})
}

func FuzzDecompress(f *testing.F) {
	e := newEncoder()
	f.Add(e.EncodeAll([]byte("some text, some text, some text"), nil))
	f.Add(e.EncodeAll(make([]byte, 2<<20), nil))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 1 << 20
		out, err := decompress(data, limit)
		if err != nil && !errors.Is(err, ErrTampered) {
			t.Fatalf("an error of no kind: %v", err)
		}
		if len(out) > limit {
			t.Fatalf("%d bytes", len(out))
		}
	})
}

func FuzzFrame(f *testing.F) {
	f.Add(append(appendHeader(nil, frameKeyset), make([]byte, 60)...))
	f.Add([]byte("STOWK\x00\x02\x00"))
	f.Add([]byte("b1\nSTOWC\x00\x01\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := unwrap(data, "acme", NewMasterKey()); err == nil {
			t.Fatal("unwrapped by a random key")
		}
		keys, _, err := newKeys("acme")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openState(keys, data); err == nil {
			t.Fatal("a checkpoint that nobody sealed")
		}
		if _, err := openSegmentFile(keys, &segment{Kind: KindObjects}, data); !errors.Is(err, ErrTampered) && !errors.Is(err, ErrFutureVersion) {
			t.Fatalf("a segment that nobody sealed: %v", err)
		}
	})
}

func TestABombIsNotDecompressed(t *testing.T) {
	t.Parallel()
	bomb := newEncoder().EncodeAll(make([]byte, maxPlaintext+1), nil)
	if len(bomb) > 1<<20 {
		t.Fatalf("no bomb: %d bytes", len(bomb))
	}
	if _, err := decompress(bomb, maxPlaintext); !errors.Is(err, ErrTampered) {
		t.Errorf("%v", err)
	}
	// Two frames of which only the first declares its size to whoever looks.
	e := newEncoder()
	two := append(e.EncodeAll([]byte("a"), nil), e.EncodeAll(make([]byte, 1<<20), nil)...)
	if _, err := decompress(two, maxPlaintext); !errors.Is(err, ErrTampered) {
		t.Errorf("%v", err)
	}
}
