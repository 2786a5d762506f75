package atlassian

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"syscall"
	"time"

	"stowage/assets"
	"stowage/internal/netguard"
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

// dialError says whether an error came up before there was a connection.
func dialError(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	return errors.Is(err, syscall.ECONNREFUSED) || hopeless(err)
}

// hopeless says whether a connection cannot be made however often it is tried.
func hopeless(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsNotFound
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	return unknown || record
}

// verdict is what to do after a call that did not succeed.
type verdict int

const (
	final  verdict = iota // give up with the error
	again                 // wait and send it again
	slower                // the site asked to slow down: send it again when it permits
)

// judge decides, for every call, what an unsuccessful try means. Nothing else in the package decides what is repeated.
func (c *Client) judge(ctx context.Context, k call, target *url.URL, a answer, sent bool, err error) (verdict, error) {
	e := c.newError(k, target.Path)
	e.Status = a.status
	c.explain(k, e, a)
	switch {
	case !sent:
		// Nothing left this machine, so that writes too may be repeated.
		if cause := context.Cause(ctx); cause != nil {
			return final, fmt.Errorf("%s: %w", k.op, cause)
		}
		e.kind, e.cause = assets.ErrUnavailable, err
		if hopeless(err) {
			return final, e
		}
		return again, e
	case a.status == http.StatusTooManyRequests:
		e.kind = assets.ErrThrottled
		return slower, e
	case a.status >= 300 && a.status != http.StatusRequestTimeout && a.status < 500:
		// The site has decided, whether its explanation arrived whole or not.
		e.kind = kindOf(k, e, a)
		return final, e
	case !k.reads():
		// A server error, or a broken connection, or an answer cut off: it may have been done.
		e.kind, e.cause = assets.ErrUnknownOutcome, err
		return final, e
	case a.status == http.StatusNotImplemented:
		e.kind = assets.ErrUnsupported
		return final, e
	case err != nil:
		if cause := context.Cause(ctx); cause != nil {
			return final, fmt.Errorf("%s: %w", k.op, cause)
		}
		e.kind, e.cause = assets.ErrUnavailable, err
		if errors.Is(err, errTooLarge) {
			return final, e
		}
		if a.status < 300 {
			e.Status = 0 // the status promised an answer that did not come
		}
		return again, e
	}
	e.kind = assets.ErrUnavailable
	return again, e
}

// kindOf finds the sentinel for an answer that is an error of the caller's.
func kindOf(k call, e *Error, a answer) error {
	switch a.status {
	case http.StatusUnauthorized:
		return assets.ErrUnauthorized
	case http.StatusForbidden:
		return assets.ErrForbidden
	case http.StatusNotFound:
		// Assets explains in JSON what it does not have. A path it does not know is answered in XML or HTML by what
		// stands before it, and for paths that are not published anything but an explanation means the same.
		if !jsonAnswer(a) || (unpublished[k.operation] && len(e.Messages) == 0) || (unpublished[k.operation] && e.Code != "") {
			return assets.ErrUnsupported
		}
		return assets.ErrNotFound
	case http.StatusMethodNotAllowed, http.StatusGone, http.StatusNotAcceptable, http.StatusUnsupportedMediaType:
		return assets.ErrUnsupported
	case http.StatusConflict:
		return assets.ErrConflict
	case http.StatusBadRequest:
		if taken(e) {
			return assets.ErrConflict
		}
	}
	return nil
}

// taken says whether a 400 is about a name or key that is in use already. Messages are translated, so that this is a
// help where the account speaks English; everywhere else the refusal is seen as one of content.
func taken(e *Error) bool {
	for field, message := range e.Fields {
		switch field {
		case "name", "objectSchemaKey", "key":
			message = strings.ToLower(message)
			if strings.Contains(message, "unique") || strings.Contains(message, "already") {
				return true
			}
		}
	}
	return false
}

func jsonAnswer(a answer) bool {
	body := strings.TrimLeft(a.body, " \t\r\n")
	return strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[") || body == ""
}

// observe tells the limiter about an answer and returns how long it will pause because of it.
func (c *Client) observe(k call, a answer) time.Duration {
	if a.status == 0 {
		return 0
	}
	return c.limiter.Observe(k.operation, readSignal(a.status, a.header, time.Now()))
}

// resolve builds the address of a call.
func (c *Client) resolve(ctx context.Context, k call) (*url.URL, error) {
	_, path, _ := strings.Cut(k.operation, " ")
	var base string
	switch {
	case k.media != nil:
		path = strings.TrimPrefix(path, mediaPrefix)
		base = k.media.base.String()
	case strings.HasPrefix(path, "/rest/"):
		base = c.jiraBase()
	default:
		workspace, err := c.Workspace(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.op, err)
		}
		base = c.gateway() + "/jsm/assets/workspace/" + url.PathEscape(workspace) + "/v1"
	}
	filled, err := fill(path, k.args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.op, err)
	}
	target, err := url.Parse(base + filled)
	if err != nil {
		return nil, fmt.Errorf("%s: the address cannot be built", k.op)
	}
	target.RawQuery = k.query.Encode()
	return target, nil
}

func (c *Client) jiraBase() string {
	if c.cloudID != "" {
		return c.gateway()
	}
	return c.site.String()
}

func (c *Client) gateway() string {
	if c.cloudID != "" {
		return c.api.String() + "/ex/jira/" + url.PathEscape(c.cloudID)
	}
	return c.api.String()
}

// fill puts arguments into the places of a documented path.
func fill(path string, args []string) (string, error) {
	var b strings.Builder
	n := 0
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		b.WriteByte('/')
		if !strings.HasPrefix(segment, "{") {
			b.WriteString(segment)
			continue
		}
		if n >= len(args) {
			return "", fmt.Errorf("no value for %s", segment)
		}
		arg := args[n]
		n++
		if arg == "" {
			return "", fmt.Errorf("the value for %s is empty", segment)
		}
		escaped := url.PathEscape(arg)
		if err := netguard.Segment(escaped); err != nil {
			return "", fmt.Errorf("the value for %s: %w", segment, err)
		}
		b.WriteString(escaped)
	}
	if n != len(args) {
		return "", fmt.Errorf("%d values too many for %s", len(args)-n, path)
	}
	return b.String(), nil
}

var _ slog.LogValuer = (*Client)(nil)

// LogValue names the site.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.String()) }
