package snapshot_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	mrand "math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"stowage/assets"
	"stowage/blob/file"
	"stowage/snapshot"
)

// benchObjects is how many objects one round of a benchmark writes: STOWAGE_BENCH_OBJECTS, or 100,000.
func benchObjects(b *testing.B) int {
	b.Helper()
	text := os.Getenv("STOWAGE_BENCH_OBJECTS")
	if text == "" {
		return 100_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("STOWAGE_BENCH_OBJECTS=%q", text)
	}
	return n
}

const benchPage = 500

// realistic makes pages of objects like those of an IT department: 12 types, a dozen attributes, 2 references on average, users,
// statuses, addresses, dates and free text, some of it not ASCII. The objects of a page are overwritten by the next.
type realistic struct {
	rng  *mrand.Rand
	page []assets.Object
}

func newRealistic() *realistic {
	return &realistic{rng: mrand.New(mrand.NewPCG(1, 2)), page: make([]assets.Object, benchPage)}
}

var (
	benchModels = []string{"PowerEdge R740", "ProLiant DL380 Gen10", "ThinkPad X1 Carbon", "Catalyst 9300", "MacBook Pro 14", "OptiPlex 7090"}
	benchPeople = []string{"Ada Lovelace", "Grace Hopper", "José García", "Zoë Brandt", "Łukasz Nowak", "渡辺 健", "Åsa Lindqvist"}
	benchPlaces = []string{"Zürich DC1", "Frankfurt DC2", "São Paulo DC1", "Tokyo DC4", "Dublin DC3"}
	benchWords  = []string{
		"replaced", "during", "maintenance", "window", "the", "disk", "controller", "firmware", "was", "upgraded", "by", "vendor", "on", "site",
		"after", "ticket", "warranty", "extended", "until", "next", "year", "Lüfter", "getauscht", "rack", "moved", "to", "row", "power", "supply",
	}
	benchStatus = []string{"Active", "In Service", "Stopped", "Closed", "Support Requested"}
)

func (g *realistic) fill(from, total int) []assets.Object {
	n := min(benchPage, total-from)
	for i := range n {
		g.object(&g.page[i], from+i, total)
	}
	return g.page[:n]
}

func (g *realistic) object(o *assets.Object, i, total int) {
	r := g.rng
	kind := i * 12 / total
	id := strconv.Itoa(1_000_000 + i)
	prefix := strconv.Itoa(400 + kind)
	at := time.Date(2024, 1, 1, 0, 0, r.IntN(60_000_000), r.IntN(1000)*1e6, time.UTC)
	*o = assets.Object{
		ID: id, Key: "ITSM-" + id, Label: fmt.Sprintf("srv-%s-%05d", benchPlaces[r.IntN(5)][:3], i), TypeID: strconv.Itoa(40 + kind),
		Created: at.Format("2006-01-02T15:04:05.000Z"), Updated: at.Add(time.Duration(r.IntN(1e7)) * time.Second).Format("2006-01-02T15:04:05.000Z"),
		Values: o.Values[:0],
	}
	add := func(a int, v ...assets.Value) {
		o.Values = append(o.Values, assets.AttributeValues{AttributeID: prefix + strconv.Itoa(10+a), Values: v})
	}
	text := func(s string) assets.Value { return assets.Value{Text: s} }
	add(0, text(o.Key))
	add(1, text(o.Label))
	add(2, text(o.Created))
	add(3, text(o.Updated))
	add(4, text(benchModels[r.IntN(len(benchModels))]))
	add(5, text(fmt.Sprintf("%08X%04X", r.Uint32(), r.IntN(65536))))
	add(6, text(fmt.Sprintf("10.%d.%d.%d", r.IntN(256), r.IntN(256), r.IntN(256))))
	add(7, assets.Value{Text: strconv.Itoa(1 << r.IntN(10)), Bare: true})
	s := r.IntN(len(benchStatus))
	add(8, assets.Value{Kind: assets.ValueStatus, ID: strconv.Itoa(s + 1), Name: benchStatus[s], Category: assets.StatusActive})
	p := r.IntN(len(benchPeople))
	add(9, assets.Value{Kind: assets.ValueUser, ID: fmt.Sprintf("557058:%08x-1111-2222-3333-%012x", p, p), Name: benchPeople[p]})
	var refs []assets.Value
	for range r.IntN(5) {
		to := r.IntN(total)
		refs = append(refs, assets.Value{
			Kind: assets.ValueObject, ID: strconv.Itoa(1_000_000 + to), Name: fmt.Sprintf("srv-%05d", to), Key: "ITSM-" + strconv.Itoa(1_000_000+to),
			TypeID: strconv.Itoa(40 + to*12/total), SchemaID: "5",
		})
	}
	if len(refs) > 0 {
		add(10, refs...)
	}
	add(11, text(at.Format("2006-01-02")))
	var note []byte
	for range 8 + r.IntN(24) {
		note = append(append(note, benchWords[r.IntN(len(benchWords))]...), ' ')
	}
	add(12, text(string(note)))
}

// BenchmarkWriter writes realistic objects to a durable store: decoded objects in, encrypted segments out. The making of the objects is not
// in its time. It reports objects per second, stored bytes per object and the highest heap seen.
func BenchmarkWriter(b *testing.B) {
	n := benchObjects(b)
	for b.Loop() {
		store, err := file.Create(b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		keys := openKeys(b, store, "acme")
		for _, name := range []string{"first", "second"} {
			spent, peak, m, stats := benchBackup(b, store, keys, name, n)
			if name == "second" {
				b.ReportMetric(100*float64(stats.Stored)/float64(m.Stored), "second-%")
				continue
			}
			b.ReportMetric(float64(n)/spent.Seconds(), "objects/s")
			b.ReportMetric(float64(m.Stored)/float64(n), "stored-B/object")
			b.ReportMetric(float64(m.Bytes)/float64(n), "plain-B/object")
			b.ReportMetric(float64(m.Segments), "segments")
			b.ReportMetric(float64(peak)/(1<<20), "heap-MiB")
		}
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func benchBackup(b *testing.B, store *file.Store, keys *snapshot.Keys, name string, n int) (time.Duration, uint64, snapshot.Manifest, snapshot.Stats) {
	b.Helper()
	var peak atomic.Uint64
	w, err := snapshot.Create(store, keys, snapshot.Meta{Backup: name}, snapshot.WriterOptions{OnSegment: func(snapshot.SegmentStored) error {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak.Store(max(peak.Load(), m.HeapAlloc))
		return nil
	}})
	if err != nil {
		b.Fatal(err)
	}
	var spent time.Duration
	g := newRealistic()
	for i := 0; i < n; i += benchPage {
		page := g.fill(i, n)
		begin := time.Now()
		for j := range page {
			if err := w.Object(b.Context(), &page[j]); err != nil {
				b.Fatal(err)
			}
		}
		spent += time.Since(begin)
	}
	begin := time.Now()
	m, err := w.Commit(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	spent += time.Since(begin)
	return spent, peak.Load(), m, w.Stats()
}

// BenchmarkBarePipeline does the least that can be done with the same bytes: encoded lines, a megabyte at a time, through zstd, AES-GCM, a
// file, fsync and rename. The encoding is not in its time.
func BenchmarkBarePipeline(b *testing.B) {
	n := benchObjects(b)
	key := make([]byte, 32)
	block, err := aes.NewCipher(key)
	if err != nil {
		b.Fatal(err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		b.Fatal(err)
	}
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		dir := b.TempDir()
		g := newRealistic()
		var spent time.Duration
		var buf, packed []byte
		flush := func() {
			begin := time.Now()
			packed = e.EncodeAll(buf, packed[:0])
			sealed := gcm.Seal(nil, nil, packed, nil) //nolint:gosec // this AEAD makes its nonces itself
			name := filepath.Join(dir, rand.Text())
			f, err := os.Create(name + ".tmp")
			if err != nil {
				b.Fatal(err)
			}
			if _, err := f.Write(sealed); err != nil {
				b.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				b.Fatal(err)
			}
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
			if err := os.Rename(name+".tmp", name); err != nil {
				b.Fatal(err)
			}
			spent += time.Since(begin)
			buf = buf[:0]
		}
		for i := 0; i < n; i += benchPage {
			page := g.fill(i, n)
			for j := range page {
				buf, err = assets.AppendObject(buf, &page[j])
				if err != nil {
					b.Fatal(err)
				}
				buf = append(buf, '\n')
			}
			if len(buf) >= 1<<20 {
				flush()
			}
		}
		flush()
		b.ReportMetric(float64(n)/spent.Seconds(), "objects/s")
	}
}

// BenchmarkReader reads all objects of a backup.
func BenchmarkReader(b *testing.B) {
	n := benchObjects(b)
	store, err := file.Create(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	keys := openKeys(b, store, "acme")
	benchBackup(b, store, keys, "first", n)
	for b.Loop() {
		backup, err := snapshot.Open(b.Context(), store, keys, "first")
		if err != nil {
			b.Fatal(err)
		}
		got := 0
		begin := time.Now()
		for _, err := range backup.Objects(b.Context(), "") {
			if err != nil {
				b.Fatal(err)
			}
			got++
		}
		if got != n {
			b.Fatalf("%d objects", got)
		}
		b.ReportMetric(float64(n)/time.Since(begin).Seconds(), "objects/s")
	}
}
