package main

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/klauspost/compress/zstd"

	"stowage/atlassian"
	"stowage/internal/redact"
	"stowage/snapshot"
)

// The sizes of P6: a schema of tapeObjects is recorded once and played until there are pipelineObjects.
const (
	pipelineObjects = 1_000_000
	tapeObjects     = 25_000
	// turnPages is how many pages each of the two pipelines gets at a time.
	turnPages = 50
)

// takePipeline sends the same pages through two pipelines in turns: the product's, from the answer of a site to the durable,
// encrypted segment, and the least that can be done to bytes which are to be compressed, encrypted and durable.
func takePipeline(ctx context.Context, b *bench) (rows []row, err error) {
	takes := max(1, b.scaled(pipelineObjects)/tapeObjects)
	if takes > maxTakes {
		return nil, fmt.Errorf("%d takes are more than there are ids for", takes)
	}
	b.log.Say("P6: recording a schema of %s objects", thousands(tapeObjects))
	t, err := recordTape(ctx, tapeObjects)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	dir, err := b.folder("pipeline")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	runtime.GC()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r := &race{tape: t, takes: takes, log: b.log}
	if err := r.run(ctx, dir); err != nil {
		return nil, err
	}
	return r.rows(), nil
}

// lap is the time spent in one of the pipelines.
type lap struct {
	wall, cpu time.Duration

	began    time.Time
	beganCPU time.Duration
}

func (l *lap) start() (err error) {
	l.began = time.Now()
	l.beganCPU, err = cpuTime()
	return err
}

func (l *lap) stop() error {
	l.wall += time.Since(l.began)
	now, err := cpuTime()
	l.cpu += now - l.beganCPU
	return err
}

// race is both pipelines.
type race struct {
	tape  *tape
	takes int
	log   *teller

	product, bare lap
	raw           int64
	stored        int64
	bareStored    int64
	objects       int64
}

// played is one page of the whole.
type played struct {
	page *page
	take int
	last bool
}

// sequence lists the pages of all takes, type after type, as a backup would ask for them.
func (r *race) sequence() [][]played {
	var out [][]played
	for i := range r.tape.types {
		of := &r.tape.types[i]
		var list []played
		for take := range r.takes {
			for j := range of.pages {
				list = append(list, played{page: &of.pages[j], take: take, last: take == r.takes-1 && j == len(of.pages)-1})
			}
		}
		out = append(out, list)
	}
	return out
}

func (r *race) run(ctx context.Context, dir string) (err error) {
	v, err := openVault(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	least, err := newLeast(filepath.Join(dir, "least"))
	if err != nil {
		return err
	}
	player := &player{clock: &r.product}
	client, err := atlassian.New(atlassian.Config{
		SiteURL: "https://acme.atlassian.example", APIURL: apiURL, WorkspaceID: r.tape.workspace, Email: "admin@acme.example", Token: redact.New("token"),
		HTTP: player, Rate: unpaced(),
	})
	if err != nil {
		return err
	}
	w, err := v.Create(snapshot.Meta{}, snapshot.WriterOptions{})
	if err != nil {
		return err
	}
	for i, list := range r.sequence() {
		if len(list) == 0 {
			continue
		}
		if err := r.runType(ctx, r.tape.types[i].id, list, client, player, w, least); err != nil {
			return err
		}
	}
	if err := r.product.start(); err != nil {
		return err
	}
	m, err := w.Commit(ctx)
	if err != nil {
		return err
	}
	if err := r.product.stop(); err != nil {
		return err
	}
	r.bareStored = least.stored
	if want := int64(r.takes * r.tape.objects); m.Counts[snapshot.KindObjects] != want || r.objects != want {
		return fmt.Errorf("the backup holds %d of %d objects", m.Counts[snapshot.KindObjects], want)
	}
	if shared := w.Stats().SegmentsShared; shared > 0 {
		return fmt.Errorf("%d segments were stored once for two: the pages are too much alike", shared)
	}
	r.stored, err = folderSize(v.dir)
	return err
}

// runType plays the pages of one type to both pipelines.
func (r *race) runType(ctx context.Context, typeID string, list []played, client *atlassian.Client, player *player, w *snapshot.Writer, least *least) error {
	if err := r.lead(least, list); err != nil {
		return err
	}
	player.list = list
	if err := r.product.start(); err != nil {
		return err
	}
	done := 0
	for got, err := range client.Objects(ctx, atlassian.ObjectQuery{TypeID: typeID}) {
		if err != nil {
			return err
		}
		for i := range got.Objects {
			if err := w.Object(ctx, &got.Objects[i]); err != nil {
				return err
			}
		}
		r.objects += int64(len(got.Objects))
		done++
		if done%turnPages > 0 || done == len(list) {
			continue
		}
		if err := r.product.stop(); err != nil {
			return err
		}
		r.log.Say("P6: %s objects, product %s, bare %s", thousands(r.objects), r.product.wall.Round(time.Second), r.bare.wall.Round(time.Second))
		if err := r.lead(least, list[done:]); err != nil {
			return err
		}
		if err := r.product.start(); err != nil {
			return err
		}
	}
	if done != len(list) {
		return fmt.Errorf("%d of %d pages of type %s were read", done, len(list), typeID)
	}
	if err := w.End(ctx, snapshot.KindObjects, typeID); err != nil {
		return err
	}
	return r.product.stop()
}

// lead sends the pages of the next turn through the bare pipeline.
func (r *race) lead(l *least, list []played) error {
	for _, p := range list[:min(turnPages, len(list))] {
		body := p.page.play(p.take, p.last)
		r.raw += int64(len(body))
		if err := r.bare.start(); err != nil {
			return err
		}
		if err := l.put(body); err != nil {
			return err
		}
		if err := r.bare.stop(); err != nil {
			return err
		}
	}
	return l.clear()
}

// rows are by processor time, of which one core has a second per second: other programs on the machine do not count then, and the
// wait for the disk, which is told beside it, is short.
func (r *race) rows() []row {
	n, size := float64(r.objects), float64(r.raw)
	rate, least := n/r.product.cpu.Seconds(), n/r.bare.cpu.Seconds()
	return []row{
		{
			ID: "P6", What: "one core, answers to durable segments", Figure: thousands(int(rate)) + " objects/s", Value: rate, Bar: "≥ 50,000 objects/s", Met: rate >= 50_000,
			How: fmt.Sprintf("by processor time; %s objects of %s B raw, %.0f MB/s; by the clock %s objects/s; %.0f B stored per object",
				thousands(r.objects), thousands(r.raw/r.objects), size/r.product.cpu.Seconds()/1e6, thousands(int(n/r.product.wall.Seconds())), float64(r.stored)/n),
		},
		{
			ID: "P6", What: "share of the bare pipeline", Figure: fmt.Sprintf("%.2f", rate/least), Value: rate / least, Bar: "≥ 0.5", Met: rate/least >= 0.5,
			How: fmt.Sprintf("the same pages, undecoded, through zstd, AES-GCM, fsync and rename, in turns with it: %s objects/s, %.0f MB/s, %.0f B stored per object; by the clock the share is %.2f",
				thousands(int(least)), size/r.bare.cpu.Seconds()/1e6, float64(r.bareStored)/n, r.bare.wall.Seconds()/r.product.wall.Seconds()),
		},
	}
}

// player answers every request with the next page. The making of the page is not in the time of the product: it stops the clock
// meanwhile, and runs in the goroutine of whoever asks.
type player struct {
	list  []played
	clock *lap
}

// RoundTrip implements http.RoundTripper.
func (p *player) RoundTrip(r *http.Request) (*http.Response, error) {
	if len(p.list) == 0 {
		return nil, errors.New("no page is left")
	}
	now := p.list[0]
	p.list = p.list[1:]
	if err := p.clock.stop(); err != nil {
		return nil, err
	}
	body := now.page.play(now.take, now.last)
	if err := p.clock.start(); err != nil {
		return nil, err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}, nil
}

// least is the bare pipeline.
type least struct {
	dir    string
	enc    *zstd.Encoder
	seal   cipher.AEAD
	packed []byte
	sealed []byte
	files  []string
	stored int64
}

func newLeast(dir string) (*least, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	return &least{dir: dir, enc: enc, seal: seal}, err
}

// put compresses, encrypts and stores one page.
func (l *least) put(body []byte) (err error) {
	l.packed = l.enc.EncodeAll(body, l.packed[:0])
	l.sealed = l.seal.Seal(l.sealed[:0], nil, l.packed, nil) //nolint:gosec // This AEAD makes its own random nonce and wants none.
	name := filepath.Join(l.dir, rand.Text())
	if err := writeSync(name+".tmp", l.sealed); err != nil {
		return err
	}
	l.files = append(l.files, name)
	l.stored += int64(len(l.sealed))
	return os.Rename(name+".tmp", name)
}

func writeSync(name string, data []byte) (err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // The name is made here.
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// clear removes what was stored, which is not part of the time.
func (l *least) clear() error {
	for _, name := range l.files {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	l.files = l.files[:0]
	return nil
}
