package sim

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// Transport returns an [http.RoundTripper] that serves requests by calling the
// handler in the caller's goroutine: no socket and no goroutine, so it works
// inside a testing/synctest bubble and costs little.
//
// It behaves as a connection would. A handler that panics with
// [http.ErrAbortHandler] is a connection that breaks: before anything was
// flushed the caller gets a connection reset, afterwards a body that ends in
// [io.ErrUnexpectedEOF], which is also how a body ends that is shorter than its
// Content-Length. A request whose context ends while the handler works answers
// with the context's error, whatever the handler did in the meantime. Any other
// panic of a handler is a bug and is passed on.
func Transport(h http.Handler) http.RoundTripper {
	return transport{handler: h}
}

type transport struct {
	handler http.Handler
}

// RoundTrip implements [http.RoundTripper].
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }() // nothing is lost: what counts has been read
	}
	ctx := r.Context()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL.Host, ctx.Err())
	}
	rec := &recorder{header: http.Header{}}
	aborted := rec.serve(t.handler, serverSide(r))
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL.Host, err)
	}
	if aborted && !rec.flushed {
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return rec.response(r, aborted), nil
}

// serverSide is the request as the server would read it.
func serverSide(r *http.Request) *http.Request {
	in := r.Clone(r.Context())
	if in.Method == "" {
		in.Method = http.MethodGet
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if user := r.URL.User; user != nil && in.Header.Get("Authorization") == "" {
		password, _ := user.Password()
		in.SetBasicAuth(user.Username(), password)
	}
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:1"
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	return in
}

// recorder keeps what a handler writes.
type recorder struct {
	header  http.Header
	sent    http.Header // header as it was when the status was written
	status  int
	body    bytes.Buffer
	flushed bool
}

func (rec *recorder) serve(h http.Handler, r *http.Request) (aborted bool) {
	defer func() {
		if cause := recover(); cause != nil {
			if cause != http.ErrAbortHandler { //nolint:errorlint // The value itself is what net/http compares, too.
				panic(cause)
			}
			aborted = true
		}
	}()
	h.ServeHTTP(rec, r)
	return false
}

// Header implements [http.ResponseWriter].
func (rec *recorder) Header() http.Header { return rec.header }

// WriteHeader implements [http.ResponseWriter].
func (rec *recorder) WriteHeader(status int) {
	if rec.status != 0 || status < 200 {
		return
	}
	rec.status = status
	// The wire knows no case of names, http.Header does: what is read back must
	// be in the canonical spelling however the handler spelt it.
	rec.sent = make(http.Header, len(rec.header))
	for name, values := range rec.header {
		for _, value := range values {
			rec.sent.Add(name, value)
		}
	}
	// A server dates its answers unless the handler did.
	if _, dated := rec.sent["Date"]; !dated {
		rec.sent.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
}

// Write implements [http.ResponseWriter].
func (rec *recorder) Write(p []byte) (int, error) {
	rec.WriteHeader(http.StatusOK)
	return rec.body.Write(p)
}

// takeBody makes body the whole body, if nothing was written before.
func (rec *recorder) takeBody(body []byte) bool {
	if rec.body.Len() > 0 || rec.status == 0 {
		return false
	}
	rec.body = *bytes.NewBuffer(body)
	return true
}

// Flush implements [http.Flusher].
func (rec *recorder) Flush() {
	rec.WriteHeader(http.StatusOK)
	rec.flushed = true
}

func (rec *recorder) response(r *http.Request, aborted bool) *http.Response {
	rec.WriteHeader(http.StatusOK)
	size := int64(rec.body.Len())
	declared := size
	if text := rec.sent.Get("Content-Length"); text != "" {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			declared = n
		}
	}
	if rec.sent.Get("Content-Type") == "" && size > 0 {
		rec.sent.Set("Content-Type", http.DetectContentType(rec.body.Bytes()))
	}
	var body io.Reader = &rec.body
	if r.Method == http.MethodHead {
		body = http.NoBody
	} else if aborted || declared > size {
		body = io.MultiReader(body, brokenReader{})
		if aborted && declared == size {
			declared = -1
		}
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", rec.status, http.StatusText(rec.status)), StatusCode: rec.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: rec.sent, Body: io.NopCloser(body), ContentLength: declared, Request: r,
	}
}

// brokenReader is the end of a body that was cut off.
type brokenReader struct{}

// Read implements [io.Reader].
func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
