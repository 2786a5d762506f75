package server_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"golang.org/x/sync/errgroup"

	"stowage/internal/redact"
	"stowage/server"
	"stowage/server/api"
)

type limits = server.Limits

// serve serves on a real port, with other limits.
func (r *rig) serve(change func(*limits)) (address string, stop func()) {
	r.t.Helper()
	r.mount([]func(*server.Config){func(c *server.Config) { change(&c.Limits) }})
	var config net.ListenConfig
	l, err := config.Listen(r.t.Context(), "tcp", "127.0.0.1:0")
	r.must(err)
	ctx, cancel := context.WithCancel(r.t.Context())
	var group errgroup.Group
	group.Go(func() error { return r.server.Serve(ctx, l, time.Minute) })
	return "http://" + l.Addr().String(), func() {
		cancel()
		if err := group.Wait(); err != nil {
			r.t.Error(err)
		}
	}
}

// transport is one whose connections end with the test.
func transport(t *testing.T) *http.Transport {
	t.Helper()
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// raw sends bytes and returns what comes back until the server closes, and how long that took.
func raw(t *testing.T, address, head string, drip bool) (string, time.Duration) {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	began := time.Now()
	if _, err := io.WriteString(conn, head); err != nil {
		t.Fatal(err)
	}
	if drip {
		stop := make(chan struct{})
		var wg sync.WaitGroup
		defer wg.Wait()
		defer close(stop)
		wg.Go(func() {
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-tick.C:
					if _, err := io.WriteString(conn, "x"); err != nil {
						return
					}
				}
			}
		})
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil && len(answer) == 0 && !errors.Is(err, io.EOF) && !strings.Contains(err.Error(), "reset") {
		t.Fatal(err)
	}
	return string(answer), time.Since(began)
}

func TestSlowAndLargeRequestsAreCutOff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	address, stop := r.serve(func(l *limits) { l.HeaderTime, l.RequestTime = 500*time.Millisecond, 1500*time.Millisecond })
	defer stop()
	if answer, took := raw(t, address, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ", true); took > 15*time.Second || strings.Contains(answer, "200 OK") {
		t.Errorf("slow headers were waited for %s: %q", took, answer)
	}
	token := r.acme.token(admin)
	for _, key := range []string{"", "Idempotency-Key: slow\r\n"} {
		head := "POST /api/v1/connection/check HTTP/1.1\r\nHost: x\r\nAuthorization: JWT " + token + "\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n" + key + "\r\n{"
		if answer, took := raw(t, address, head, true); took > 15*time.Second || strings.Contains(answer, "200 OK") {
			t.Errorf("a slow body was waited for %s: %q", took, answer)
		}
	}
	// What is large has the time it takes.
	address, end := r.serve(func(*limits) {})
	defer end()
	if answer, _ := raw(t, address, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: "+strings.Repeat("x", 64<<10)+"\r\n\r\n", false); !strings.Contains(answer, "431") {
		t.Errorf("large headers are answered with %.100q", answer)
	}
	large := "POST /api/v1/connection/check HTTP/1.1\r\nHost: x\r\nAuthorization: JWT " + token + "\r\nContent-Type: application/json\r\nContent-Length: 50000000\r\n\r\n{"
	if answer, _ := raw(t, address, large, false); !strings.Contains(answer, " 413 ") {
		t.Errorf("a body that says it is large is answered with %.100q", answer)
	}
	chunked := "POST /api/v1/connection/check HTTP/1.1\r\nHost: x\r\nAuthorization: JWT " + token + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
		strings.Repeat("10000\r\n"+strings.Repeat(" ", 1<<16)+"\r\n", 20)
	if answer, _ := raw(t, address, chunked, false); !strings.Contains(answer, " 413 ") {
		t.Errorf("a body that turns out large is answered with %.100q", answer)
	}
}

// pipes is a listener whose connections stay in the process, so that their deadlines go by the time of a bubble.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func TestWhoeverWaitsForALongAnswerGetsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		// Longer than a request and its body may take to arrive, and shorter than an answer may take.
		r.checker.pause, r.library.pause = 30*time.Second, 30*time.Second
		l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		ctx, stop := context.WithCancel(t.Context())
		var serving sync.WaitGroup
		serving.Go(func() {
			if err := r.server.Serve(ctx, l, time.Second); err != nil {
				t.Error(err)
			}
		})
		through := &http.Transport{DialContext: l.dial}
		var asking sync.WaitGroup
		for _, c := range []struct{ method, path, body, key string }{
			{http.MethodGet, "/restores/" + r.acme.restore + "/log.json", "", ""},
			{http.MethodPost, "/connection/check", `{"email":"ada@acme.example"}`, ""},
			{http.MethodPost, "/connection/check", `{"email":"ada@acme.example"}`, "slow-site"},
		} {
			asking.Go(func() {
				req, err := http.NewRequestWithContext(t.Context(), c.method, "http://stowage.example"+api.Prefix+c.path, strings.NewReader(c.body))
				if err != nil {
					t.Error(err)
					return
				}
				req.Header.Set("Authorization", "JWT "+r.acme.token(admin))
				req.Header.Set("Content-Type", "application/json")
				if c.key != "" {
					req.Header.Set("Idempotency-Key", c.key)
				}
				res, err := through.RoundTrip(req)
				if err != nil {
					t.Errorf("%s: %v", c.path, err)
					return
				}
				defer func() { _ = res.Body.Close() }()
				body, err := io.ReadAll(res.Body)
				if err != nil || res.StatusCode != http.StatusOK || !json.Valid(body) {
					t.Errorf("%s is answered with %d: %s (%v)", c.path, res.StatusCode, body, err)
				}
			})
		}
		asking.Wait()
		through.CloseIdleConnections()
		stop()
		serving.Wait()
	})
}

func TestEveryAnswerCarriesTheHeadersThatGuardIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, c := range []call{
		{method: http.MethodGet, path: "/healthz"},
		{method: http.MethodGet, path: "/nowhere"},
		{method: http.MethodTrace, path: "/healthz"},
		{method: http.MethodPost, path: "/healthz"},
		{method: http.MethodGet, path: "/metrics"},
		{method: http.MethodGet, path: "/api/v1/session"},
		{method: http.MethodGet, path: "/api/v1/session", authorization: "JWT " + r.acme.token(admin)},
		{method: http.MethodGet, path: "/app/admin"},
		{method: http.MethodPost, path: "/installed", body: "{}"},
		{method: http.MethodGet, path: "/api/docs"},
	} {
		got := r.do(c)
		for name, wanted := range map[string][]string{
			"Cache-Control": {"no-cache", "no-store"}, "Referrer-Policy": {"no-referrer"}, "X-Content-Type-Options": {"nosniff"},
			"Strict-Transport-Security": {"max-age=63072000"}, "Content-Security-Policy": {"default-src 'none'"}, "X-Request-Id": {""},
		} {
			for _, want := range wanted {
				if values := got.header.Values(name); len(values) != 1 || !strings.Contains(values[0], want) {
					t.Errorf("%s %s (%d): %s is %q", c.method, c.path, got.status, name, values)
				}
			}
		}
		if c.path == "/nowhere" {
			refusal(t, got, http.StatusNotFound, "not-found")
		}
		if c.path == "/healthz" && c.method == http.MethodPost && (got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") == "") {
			t.Errorf("another method is answered with %d, Allow %q", got.status, got.header.Get("Allow"))
		}
	}
	given := r.do(call{method: http.MethodGet, path: "/nowhere", header: http.Header{"X-Request-Id": {"from-the-proxy"}}})
	if p := refusal(t, given, http.StatusNotFound, "not-found"); p.RequestID != "from-the-proxy" {
		t.Errorf("the id of the request became %q", p.RequestID)
	}
	forged := r.do(call{method: http.MethodGet, path: "/nowhere", header: http.Header{"X-Request-Id": {"a b\r\nc: d"}}})
	if got := forged.header.Get("X-Request-Id"); strings.ContainsAny(got, " \r\n") {
		t.Errorf("a forged id became %q", got)
	}
}

func TestHealthSaysWhatFailsByNameOnly(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	type health struct {
		Status string
		Checks map[string]string
	}
	if got := into[health](t, r.do(call{method: http.MethodGet, path: "/readyz"}), http.StatusOK); got.Status != "ready" || got.Checks["database"] != "ok" {
		t.Errorf("a service that is ready says %+v", got)
	}
	r.mount(nil)
	r.ready.fail(errors.New("dial redis://user:" + canary + "@inner.host"))
	answer := r.do(call{method: http.MethodGet, path: "/readyz"})
	if got := into[health](t, answer, http.StatusServiceUnavailable); got.Checks["redis"] != "failing" || got.Checks["database"] != "ok" || strings.Contains(string(answer.body), "inner") {
		t.Errorf("a service that is not ready says %s", answer.body)
	}
	if got := r.do(call{method: http.MethodGet, path: "/healthz"}); got.status != http.StatusOK {
		t.Errorf("a service that is not ready does not live: %d", got.status)
	}
}

func TestOperatorRoutesAreForOperators(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	basic := func(password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte("anybody:"+password))
	}
	paths := []string{"/metrics", "/ops/queues", "/ops/queues/api/queues"}
	for _, path := range paths {
		for _, authorization := range []string{"", "Bearer", "Bearer ", "Bearer wrong", basic("wrong"), basic(""), "JWT " + r.acme.token(admin), "Bearer " + r.acme.token(admin), operator[1:]} {
			got := r.do(call{method: http.MethodGet, path: path, authorization: authorization})
			refusal(t, got, http.StatusUnauthorized, "unauthorized")
			if !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Basic ") {
				t.Errorf("%s does not ask browsers for a password", path)
			}
		}
		for _, authorization := range []string{"Bearer " + operator, basic(operator)} {
			if got := r.do(call{method: http.MethodGet, path: path, authorization: authorization}); got.status != http.StatusOK {
				t.Errorf("%s with %.6s: %d", path, authorization, got.status)
			}
		}
		if got := r.do(call{method: http.MethodPost, path: path, authorization: "Bearer " + operator}); got.status != http.StatusMethodNotAllowed {
			t.Errorf("%s takes a POST: %d", path, got.status)
		}
	}
	without := newRig(t, func(c *server.Config) { c.OperatorToken = redact.Secret{} })
	for _, path := range paths {
		for _, authorization := range []string{"", "Bearer ", "Bearer " + operator, basic("")} {
			if got := without.do(call{method: http.MethodGet, path: path, authorization: authorization}); got.status != http.StatusNotFound {
				t.Errorf("without a token %s answers %d", path, got.status)
			}
		}
	}
}

func TestATenantThatAsksTooOftenWaitsAndNobodyElse(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *server.Config) { c.Limits = server.Limits{Rate: 0.5, Burst: 5} })
	globex := r.install("globex")
	for i := range 5 {
		if got := r.acme.as(http.MethodGet, "/session", nil); got.status != http.StatusOK {
			t.Fatalf("request %d is answered with %d", i, got.status)
		}
	}
	got := r.acme.as(http.MethodGet, "/session", nil)
	refusal(t, got, http.StatusTooManyRequests, "too-many-requests")
	if got.header.Get("Retry-After") != "2" {
		t.Errorf("it says to wait %q", got.header.Get("Retry-After"))
	}
	if got := globex.as(http.MethodGet, "/session", nil); got.status != http.StatusOK {
		t.Errorf("another tenant is answered with %d", got.status)
	}
}

func TestAPanicIsAnsweredAndLogged(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *server.Config) {
		c.Metrics = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("out of cheese " + canary) })
	})
	got := r.do(call{method: http.MethodGet, path: "/metrics", authorization: "Bearer " + operator})
	refusal(t, got, http.StatusInternalServerError, "internal")
	if log := r.log.String(); strings.Contains(string(got.body), "cheese") || !strings.Contains(log, "edge_test.go") || !strings.Contains(log, `"status":500`) {
		t.Errorf("the panic is answered with %s", got.body)
	}
}

func TestTheManualLoadsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got := r.do(call{method: http.MethodGet, path: "/api/docs"})
	page := string(got.body)
	if got.status != http.StatusOK || strings.Contains(page, "<script") || strings.Contains(page, "<link") || strings.Contains(page, "src=") || strings.Contains(page, "ZgotmplZ") {
		t.Errorf("the manual is answered with %d", got.status)
	}
	for path := range describe(t).Paths {
		if !strings.Contains(page, "<code>"+path+"</code>") {
			t.Errorf("the manual says nothing of %s", path)
		}
	}
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	hash := sum([]byte(style))
	if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(hash[:])+"'") {
		t.Errorf("the style of the manual is not that of its policy: %s", policy)
	}
	if got := r.do(call{method: http.MethodGet, path: "/api/v1/openapi.json"}); got.status != http.StatusOK || string(got.body) != string(api.Document) {
		t.Errorf("the description is answered with %d", got.status)
	}
}

func TestRequestsAreCountedAndTracedWithoutTheirQueries(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	spans := tracetest.NewInMemoryExporter()
	r := newRig(t, func(c *server.Config) {
		c.Registry, c.Tracer = registry, trace.NewTracerProvider(trace.WithSyncer(spans))
	})
	r.acme.as(http.MethodGet, "/runs/"+r.acme.run, nil)
	r.do(call{method: http.MethodGet, path: r.acme.host.Page(t, "/app/admin?lic=active", admin)})
	for i := range 20 {
		r.do(call{method: "MADEUP" + strconv.Itoa(i), path: "/nowhere/" + strconv.Itoa(i)})
	}
	families, err := registry.Gather()
	r.must(err)
	series := 0
	for _, f := range families {
		if f.GetName() == "stowage_http_request_seconds" {
			series = len(f.GetMetric())
		}
	}
	if series != 3 {
		t.Errorf("requests are counted in %d series", series)
	}
	var made strings.Builder
	for _, span := range spans.GetSpans() {
		fmt.Fprintf(&made, "%s %v\n", span.Name, span.Attributes)
	}
	text := made.String()
	if !strings.Contains(text, "/api/v1/runs/:id") || strings.Contains(text, "jwt") || strings.Contains(text, "eyJ") {
		t.Errorf("the traces are %s", text)
	}
	if !strings.Contains(r.log.String(), `"tenant":"`+r.acme.tenant.ID()+`"`) {
		t.Error("with traces the log does not know the tenant")
	}
}

func TestServingEndsWhenToldAndLetsRequestsComeToTheirEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	address, stop := r.serve(func(*limits) {})
	through := transport(t)
	get := func(path string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+path, nil)
		r.must(err)
		req.Header.Set("Authorization", "JWT "+r.acme.token(admin))
		return through.RoundTrip(req)
	}
	res, err := get("/api/v1/runs/" + r.acme.run + "/events")
	r.must(err)
	defer func() { _ = res.Body.Close() }()
	began := time.Now()
	stop()
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("serving ended after %s", took)
	}
	rest, err := io.ReadAll(res.Body)
	if err != nil || !strings.HasSuffix(string(rest), "event: end\ndata: {\"state\":\"\"}\n\n") {
		t.Errorf("the stream ends with %.200q (%v)", rest[max(0, len(rest)-200):], err)
	}
	if res, err := get("/healthz"); err == nil {
		_ = res.Body.Close()
		t.Error("the server still answers")
	}
}
