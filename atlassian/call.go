package atlassian

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"stowage/assets"
	"stowage/internal/retry"
)

// call is one call of one operation.
type call struct {
	// op says what is attempted, in words for people.
	op string
	// operation is the method and path as documented; args fill its {parameters} in order.
	operation string
	args      []string
	query     url.Values
	// body is sent as JSON; raw, when set, is sent as it is.
	body any
	raw  *rawBody
	// read marks a POST that changes nothing. GET always is one.
	read bool
	// binary says that the answer is not JSON.
	binary bool
	// media sends the call to the media service.
	media *mediaAccess
	// stream leaves the body of a large answer unread, for open.
	stream bool
	// max limits the size of the answer; 0 is the client's limit.
	max int64
	// calls, when set, is increased by every request sent.
	calls *int
}

type rawBody struct {
	contentType string
	data        []byte
}

func (k *call) method() string {
	method, _, _ := strings.Cut(k.operation, " ")
	return method
}

func (k *call) reads() bool { return k.read || k.method() == http.MethodGet }

// answer is what came back, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
	// rest is the body when it was too large to be read at once.
	rest io.ReadCloser
}

// open returns the body, wherever it is.
func (a answer) open() io.ReadCloser {
	if a.rest != nil {
		return a.rest
	}
	return io.NopCloser(strings.NewReader(a.body))
}

// streamSize is the size up to which a body is read at once, and again when it breaks off.
const streamSize = 32 << 20

// do makes a call and decodes its JSON answer into out, which may be nil.
func (c *Client) do(ctx context.Context, k call, out any) error {
	a, err := c.send(ctx, k)
	if err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	if err := decodeJSON(a.body, out); err != nil {
		return c.unreadable(k, a, err)
	}
	return nil
}

// unreadable is the error of an answer that came whole and is not what was expected. A write was done then, but what it
// made is not known.
func (c *Client) unreadable(k call, a answer, err error) error {
	e := c.newError(k, "")
	e.Status = a.status
	e.cause = fmt.Errorf("%w: %w", ErrUnreadable, err)
	if !k.reads() {
		e.kind = assets.ErrUnknownOutcome
	}
	return e
}

func (c *Client) newError(k call, path string) *Error {
	if path == "" {
		_, path, _ = strings.Cut(k.operation, " ")
	}
	return &Error{Op: k.op, Operation: k.operation, Method: k.method(), Path: path, Site: c.name, write: !k.reads()}
}

// send makes a call with all its tries.
func (c *Client) send(ctx context.Context, k call) (answer, error) {
	target, err := c.resolve(ctx, k)
	if err != nil {
		return answer{}, err
	}
	var body []byte
	contentType := "application/json"
	switch {
	case k.raw != nil:
		body, contentType = k.raw.data, k.raw.contentType
	case k.body != nil:
		if body, err = json.Marshal(k.body); err != nil {
			return answer{}, fmt.Errorf("%s: %w", k.op, err)
		}
	}
	patience := c.retry.Throttle
	for failures := 0; ; {
		began := time.Now()
		if err := c.limiter.Wait(ctx, k.operation, patience); err != nil {
			return answer{}, c.waitError(k, target, err)
		}
		a, sent, err := c.place(ctx, func() (answer, bool, error) { return c.try(ctx, k, target, body, contentType) })
		if err == nil && a.status != http.StatusTooManyRequests && a.status < 300 {
			c.observe(k, a)
			return a, nil
		}
		verdict, e := c.judge(ctx, k, target, a, sent, err)
		switch verdict {
		case final:
			c.observe(k, a)
			return answer{}, e
		case slower:
			pause := c.observe(k, a)
			if patience -= time.Since(began); pause > patience {
				e := c.newError(k, target.Path)
				e.Status, e.RetryAfter, e.kind = a.status, pause, assets.ErrThrottled
				return answer{}, e
			}
			c.logger.DebugContext(ctx, "the site asked to slow down", "operation", k.operation, "pause", pause)
		case again:
			c.observe(k, a)
			failures++
			if failures >= c.tries(sent) {
				return answer{}, e
			}
			wait := c.backoff.Delay(failures)
			if e, ok := errors.AsType[*Error](e); ok {
				wait = max(wait, min(e.RetryAfter, c.retry.Cap))
			}
			c.logger.DebugContext(ctx, "a call is repeated", "operation", k.operation, "status", a.status, "failures", failures, "wait", wait)
			if err := retry.Wait(ctx, wait); err != nil {
				return answer{}, fmt.Errorf("%s: %w", k.op, err)
			}
		}
	}
}

// tries is how often a call is sent at most. A site that was never reached is not waited for long: its address is wrong
// more often than it is down.
func (c *Client) tries(sent bool) int {
	if !sent && !c.reached.Load() {
		return min(c.retry.Tries, 3)
	}
	return c.retry.Tries
}

// place runs f in one of the places in flight.
func (c *Client) place(ctx context.Context, f func() (answer, bool, error)) (answer, bool, error) {
	select {
	case c.places <- struct{}{}:
	case <-ctx.Done():
		return answer{}, false, context.Cause(ctx)
	}
	defer func() { <-c.places }()
	return f()
}

func (c *Client) waitError(k call, target *url.URL, err error) error {
	if paused, ok := errors.AsType[*PausedError](err); ok {
		e := c.newError(k, target.Path)
		e.RetryAfter, e.kind = paused.For, assets.ErrThrottled
		return e
	}
	return fmt.Errorf("%s: %w", k.op, err)
}

// errTryTimeout is the cause when one try took too long.
var errTryTimeout = errors.New("no answer in time")

// try sends a request once and reads its answer. Sent is false only when certainly nothing reached the site.
func (c *Client) try(ctx context.Context, k call, target *url.URL, body []byte, contentType string) (a answer, sent bool, err error) {
	if err := context.Cause(ctx); err != nil {
		return answer{}, false, err
	}
	if k.calls != nil {
		*k.calls++
	}
	var dialing, connected bool
	tryCtx, cancel := context.WithCancelCause(ctx)
	// The limit is one of silence until an answer is there, not one of length: a stream goes on without it.
	timer := time.AfterFunc(c.retry.TryTimeout, func() { cancel(errTryTimeout) })
	defer func() {
		timer.Stop()
		if a.rest == nil {
			cancel(nil)
		}
	}()
	traced := httptrace.WithClientTrace(tryCtx, &httptrace.ClientTrace{
		GetConn: func(string) { dialing, connected = true, false },
		GotConn: func(httptrace.GotConnInfo) { connected = true },
	})
	var reader io.Reader
	if body != nil {
		reader = strings.NewReader(string(body))
	}
	req, err := http.NewRequestWithContext(traced, k.method(), target.String(), reader)
	if err != nil {
		return answer{}, false, err
	}
	c.header(req, k, body != nil, contentType)
	client := c.http
	if k.media != nil {
		client = c.media
	}
	resp, err := client.Do(req)
	if err != nil {
		sent = (!dialing || connected) && !dialError(err)
		return answer{}, sent, plain(tryCtx, err)
	}
	c.reached.Store(true)
	a = answer{status: resp.StatusCode, header: resp.Header}
	if k.stream && a.status == http.StatusOK && (resp.ContentLength < 0 || resp.ContentLength > streamSize) {
		a.rest = &stream{ReadCloser: resp.Body, cancel: cancel}
		return a, true, nil
	}
	defer func() {
		// Nothing can be done about a connection that does not close.
		_ = resp.Body.Close()
	}()
	limit := c.maxAnswer
	if k.max > 0 {
		limit = min(limit, k.max)
	}
	a.body, err = readAll(resp, limit)
	if err != nil {
		return a, true, plain(tryCtx, err)
	}
	return a, true, nil
}

// stream is a body whose request ends when it is closed.
type stream struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

// Close ends the request.
func (s *stream) Close() error {
	err := s.ReadCloser.Close()
	s.cancel(nil)
	return err
}

func (c *Client) header(req *http.Request, k call, hasBody bool, contentType string) {
	if k.media != nil {
		req.Header.Set("Authorization", "Bearer "+k.media.token.Reveal())
		if k.media.clientID != "" {
			req.Header.Set("X-Client-Id", k.media.clientID)
		}
	} else {
		c.auth.sign(req)
	}
	req.Header.Set("User-Agent", c.userAgent)
	if k.binary {
		req.Header.Set("Accept", "image/png, application/octet-stream, */*;q=0.5")
	} else {
		req.Header.Set("Accept", "application/json")
	}
	if hasBody {
		req.Header.Set("Content-Type", contentType)
		if k.raw != nil && k.media == nil {
			// Atlassian refuses uploads from what might be a browser's form without it.
			req.Header.Set("X-Atlassian-Token", "no-check")
		}
	}
}

// readAll reads a body into one string. The string is the only copy: pages of objects refer to parts of it.
func readAll(resp *http.Response, limit int64) (string, error) {
	if resp.ContentLength > limit {
		return "", errTooLarge
	}
	var b strings.Builder
	if resp.ContentLength > 0 {
		b.Grow(int(resp.ContentLength))
	}
	n, err := io.Copy(&b, io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return b.String(), err
	}
	if n > limit {
		return "", errTooLarge
	}
	return b.String(), nil
}

// plain takes the wrapping of net/http off an error: it repeats the address with its query, and the sentence of an Error
// says the rest.
func plain(ctx context.Context, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if cause := context.Cause(ctx); cause != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return cause
	}
	return err
}

// observe tells the limiter about an answer and returns how long it will pause because of it.
func (c *Client) observe(k call, a answer) time.Duration {
	if a.status == 0 {
		return 0
	}
	return c.limiter.Observe(k.operation, readSignal(a.status, a.header, time.Now()))
}

var _ slog.LogValuer = (*Client)(nil)

// LogValue names the site.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }
