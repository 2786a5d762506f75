package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"stowage/assets"
	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
)

// tape is a schema as the answers in which a site sends it, to be played any number of times: each time every id and key of an
// object in it is another one, so that no two pages are alike and nothing can be stored once for two of them.
type tape struct {
	workspace string
	objects   int
	// types are in the order of the schema, their pages in the order of the site.
	types []typeTape
	// memory holds the pages outside the heap of Go, where they would make the garbage collector look better than it is.
	memory []byte
}

type typeTape struct {
	id    string
	pages []page
}

// page is one answer. Its ids are changed in place.
type page struct {
	body    []byte
	objects int
	ids     []place
}

// place is where the id of an object stands, and what it is the first time.
type place struct {
	at uint32
	id uint32
}

// The ids of objects on a tape have five digits in the recording and seven when played: idBase, the take times idStep, and what
// was recorded.
const (
	idDigits = 7
	idBase   = 1_000_000
	idStep   = 100_000
	maxTakes = 85
	// skipped objects come first on the recorded site, so that no object has an id that something else might have.
	skipped = 10_000
)

// recordTape records a schema of so many objects.
func recordTape(ctx context.Context, objects int) (*tape, error) {
	s, err := newSim(sim.SiteOptions{Name: "acme"})
	if err != nil {
		return nil, err
	}
	acme := s.Site("acme")
	if _, err := gen.Fill(acme.World(), gen.Profile{Name: gen.Facilities}, skipped, 1); err != nil {
		return nil, err
	}
	made, err := gen.Fill(acme.World(), gen.Profile{Name: gen.ITSM}, objects, 1)
	if err != nil {
		return nil, err
	}
	listen := &listener{next: sim.Transport(s)}
	client, err := connect(acme, listen, unpaced())
	if err != nil {
		return nil, err
	}
	types, err := client.ObjectTypes(ctx, made.Schema.String())
	if err != nil {
		return nil, err
	}
	t := &tape{workspace: acme.WorkspaceID()}
	marks := idMarks(made.Key, t.workspace)
	for _, of := range types {
		recorded, err := recordType(ctx, client, listen, of.ID, marks)
		if err != nil {
			return nil, fmt.Errorf("record type %s: %w", of.ID, err)
		}
		for _, p := range recorded.pages {
			t.objects += p.objects
		}
		t.types = append(t.types, recorded)
	}
	if t.objects != made.Objects {
		return nil, fmt.Errorf("recorded %d of %d objects", t.objects, made.Objects)
	}
	return t, t.moveOut()
}

func recordType(ctx context.Context, client *atlassian.Client, listen *listener, typeID string, marks []string) (typeTape, error) {
	out := typeTape{id: typeID}
	for got, err := range client.Objects(ctx, atlassian.ObjectQuery{TypeID: typeID}) {
		if err != nil {
			return out, err
		}
		if len(got.Objects) == 0 {
			continue
		}
		if err := fiveDigits(got.Objects); err != nil {
			return out, err
		}
		p, err := newPage(listen.last, marks)
		if err != nil {
			return out, err
		}
		p.objects = len(got.Objects)
		out.pages = append(out.pages, p)
	}
	return out, nil
}

func fiveDigits(objects []assets.Object) error {
	for _, o := range objects {
		if n, err := strconv.Atoi(o.ID); err != nil || n <= skipped || n >= idStep {
			return fmt.Errorf("id %s of an object is not between %d and %d", o.ID, skipped, idStep)
		}
	}
	return nil
}

// The beginnings of a page, of one length, for pages that are the last one and for others.
const (
	headOfMore = `{"startAt":0,"maxResults":1000,"total":1000,"isLast":false,"last":false,"hasMoreResults":true ,"values":[`
	headOfLast = `{"startAt":0,"maxResults":1000,"total":1000,"isLast":true ,"last":true ,"hasMoreResults":false,"values":[`
)

// newPage makes room for longer ids in an answer and finds them.
func newPage(answer []byte, marks []string) (page, error) {
	_, values, found := bytes.Cut(answer, []byte(`"values":[`))
	if !found {
		return page{}, errors.New("the answer has no values")
	}
	p := page{body: make([]byte, 0, len(answer)+len(answer)/20)}
	p.body = append(p.body, headOfMore...)
	from := 0
	for i := 0; i < len(values); {
		if values[i] < '0' || values[i] > '9' {
			i++
			continue
		}
		end := i
		for end < len(values) && values[end] >= '0' && values[end] <= '9' {
			end++
		}
		if end-i == idDigits-2 && isID(values, i, end, marks) {
			id, err := strconv.ParseUint(string(values[i:end]), 10, 32)
			if err != nil {
				return page{}, err
			}
			p.body = append(p.body, values[from:i]...)
			p.ids = append(p.ids, place{at: uint32(len(p.body)), id: uint32(id)})
			p.body = append(p.body, "0000000"...)
			from = end
		}
		i = end
	}
	p.body = append(p.body, values[from:]...)
	return p, nil
}

// idMarks are what stands before the id of an object, wherever it occurs in a page.
func idMarks(key, workspace string) []string {
	return []string{`"id":"`, `"objectId":"`, `"` + key + `-`, workspace + `:`, `/object/`}
}

func isID(text []byte, begin, end int, marks []string) bool {
	if end >= len(text) || text[end] != '"' {
		return false
	}
	for _, m := range marks {
		if bytes.HasSuffix(text[max(0, begin-len(m)):begin], []byte(m)) {
			return true
		}
	}
	return false
}

// play makes the page that of another take. The page is the same memory every time.
func (p *page) play(take int, last bool) []byte {
	head := headOfMore
	if last {
		head = headOfLast
	}
	copy(p.body, head)
	shift := uint32(idBase + take*idStep)
	for _, at := range p.ids {
		n := at.id + shift
		digits := p.body[at.at : at.at+idDigits]
		for i := idDigits - 1; i >= 0; i-- {
			digits[i] = byte('0' + n%10)
			n /= 10
		}
	}
	return p.body
}

// moveOut moves the pages out of the heap.
func (t *tape) moveOut() error {
	size := 0
	for _, of := range t.types {
		for _, p := range of.pages {
			size += len(p.body)
		}
	}
	memory, err := allocate(size)
	if err != nil {
		return err
	}
	t.memory = memory
	for _, of := range t.types {
		for i := range of.pages {
			n := copy(memory, of.pages[i].body)
			of.pages[i].body, memory = memory[:n:n], memory[n:]
		}
	}
	return nil
}

// Close gives the memory back. The tape cannot be played any more.
func (t *tape) Close() error { return release(t.memory) }

// listener keeps the last answer to a search.
type listener struct {
	next http.RoundTripper
	last []byte
}

// RoundTrip implements http.RoundTripper.
func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/object/aql") {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	l.last = body
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}
