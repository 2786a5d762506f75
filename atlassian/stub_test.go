package atlassian_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"stowage/atlassian"
	"stowage/internal/redact"
)

const canary = "canary-token-5f1d"

// stub answers requests in process. The answer is made by serve, which is told how many requests came before.
type stub struct {
	serve func(n int, r *http.Request, body string) (*http.Response, error)

	mu       sync.Mutex
	requests []string
}

func (s *stub) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
	}
	s.mu.Lock()
	n := len(s.requests)
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	resp, err := s.serve(n, r, string(body))
	if resp != nil {
		resp.Request = r
	}
	return resp, err
}

func (s *stub) sent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// reply makes an answer; headers are name, value, name, value.
func reply(status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{
		StatusCode: status, Status: strconv.Itoa(status), Header: h, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// cut is an answer whose body breaks off.
func cut(status int, body string) *http.Response {
	r := reply(status, body)
	r.ContentLength = int64(len(body)) + 10
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(body), failingReader{}))
	return r
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func reset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

func refused() error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// stubbed makes a client of a stub, with a workspace and without pacing.
func stubbed(t *testing.T, serve func(n int, r *http.Request, body string) (*http.Response, error), change ...func(*atlassian.Config)) (*atlassian.Client, *stub) {
	t.Helper()
	s := &stub{serve: serve}
	cfg := atlassian.Config{
		SiteURL: "https://acme.atlassian.net", WorkspaceID: "ws-1", Email: "ann@acme.example", Token: redact.New(canary), HTTP: s,
		Rate: atlassian.RatePolicy{Mode: atlassian.RateOff},
	}
	for _, c := range change {
		c(&cfg)
	}
	client, err := atlassian.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client, s
}

// pager is a search endpoint over objects with the ids 1 to n, as the tests of paging want it.
type pager struct {
	objects int
	// largest is the largest page given, 0 is any.
	largest int
	// end writes the members that tell the end, for a page that is or is not the last one.
	end func(last bool) map[string]any
	// hideSize leaves maxResults out.
	hideSize bool
	pages    int
}

var afterPattern = regexp.MustCompile(`objectId > (\d+)`)

func (p *pager) serve(_ int, r *http.Request, body string) (*http.Response, error) {
	var q struct {
		Query string `json:"qlQuery"`
	}
	if err := json.Unmarshal([]byte(body), &q); err != nil {
		return nil, err
	}
	p.pages++
	size, _ := strconv.Atoi(r.URL.Query().Get("maxResults"))
	if p.largest > 0 {
		size = min(size, p.largest)
	}
	after := 0
	if m := afterPattern.FindStringSubmatch(q.Query); m != nil {
		after, _ = strconv.Atoi(m[1])
	}
	var values []json.RawMessage
	for id := after + 1; id <= p.objects && len(values) < size; id++ {
		values = append(values, json.RawMessage(fmt.Sprintf(`{"id":"%d","objectKey":"K-%d","label":"L","objectType":{"id":"7"}}`, id, id)))
	}
	page := map[string]any{"startAt": 0, "total": min(p.objects, 1000), "values": values}
	if !p.hideSize {
		page["maxResults"] = size
	}
	if p.end != nil {
		maps.Copy(page, p.end(after+len(values) >= p.objects))
	}
	b, err := json.Marshal(page)
	if err != nil {
		return nil, err
	}
	return reply(200, string(b)), nil
}
