package jobs

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/hibiken/asynqmon"
)

// Monitor shows operators the queues in Redis. It changes nothing, and its pages load nothing from elsewhere. Whoever
// mounts it sees to it that only operators get there.
type Monitor struct {
	queues *asynqmon.HTTPHandler
	prefix string
}

// NewMonitor makes a monitor whose pages live under prefix, such as "/ops/queues". It has a client of its own: Close it
// before the Redis.
func NewMonitor(r *Redis, prefix string) *Monitor {
	prefix = "/" + strings.Trim(prefix, "/")
	return &Monitor{
		prefix: prefix,
		queues: asynqmon.New(asynqmon.Options{RootPath: prefix, RedisConnOpt: r, ReadOnly: true}),
	}
}

// Close closes the client of the monitor.
func (m *Monitor) Close() error {
	if err := m.queues.Close(); err != nil {
		return fmt.Errorf("close the queue monitor: %w", err)
	}
	return nil
}

var (
	// outsideLinks are what the page would load from elsewhere: a font, which a browser has a substitute for.
	outsideLinks  = regexp.MustCompile(`<link[^>]*href="https?://[^>]*>`)
	inlineScripts = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
)

// ServeHTTP implements http.Handler.
func (m *Monitor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "the queue monitor only shows", http.StatusMethodNotAllowed)
		return
	}
	if strings.HasPrefix(r.URL.Path, m.prefix+"/api/") {
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		m.queues.ServeHTTP(w, r)
		return
	}
	page := &buffered{header: http.Header{}, status: http.StatusOK}
	m.queues.ServeHTTP(page, r)
	m.send(w, r, page)
}

func (m *Monitor) send(w http.ResponseWriter, r *http.Request, page *buffered) {
	body, kind := page.body.Bytes(), page.header.Get("Content-Type")
	switch {
	case kind == "":
		kind = http.DetectContentType(body)
	case strings.HasSuffix(r.URL.Path, ".svg"):
		kind = "image/svg+xml"
	case strings.HasSuffix(r.URL.Path, ".json"):
		kind = "application/json"
	}
	var scripts strings.Builder
	if strings.HasPrefix(kind, "text/html") {
		body = outsideLinks.ReplaceAll(body, nil)
		for _, script := range inlineScripts.FindAllSubmatch(body, -1) {
			sum := sha256.Sum256(script[1])
			scripts.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
		}
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	// The page sets styles from its scripts; everything else comes from here or not at all.
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'"+scripts.String()+
		"; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'"+
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.WriteHeader(page.status)
	// The client may have gone; there is nobody left to tell.
	_, _ = w.Write(body)
}

// buffered keeps an answer to look at it before it is sent.
type buffered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (b *buffered) Header() http.Header { return b.header }

func (b *buffered) WriteHeader(status int) { b.status = status }

func (b *buffered) Write(p []byte) (int, error) {
	n, err := b.body.Write(p)
	if err != nil {
		return n, fmt.Errorf("keep the page: %w", err)
	}
	return n, nil
}
