package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"stowage/models"
	"stowage/server/problem"
)

// keyHeader names the effect a POST is meant to have once.
const keyHeader = "Idempotency-Key"

// maxKey bounds the length of a key.
const maxKey = 128

// keepTime bounds the keeping of an answer, which goes on when the caller is gone.
const keepTime = 5 * time.Second

// kept is an answer as it is kept under a key.
type kept struct {
	ContentType string `json:"contentType,omitempty"`
	Location    string `json:"location,omitempty"`
	Body        []byte `json:"body,omitempty"`
}

// idempotent lets a POST with a key take effect once: asked again with the same key, the same request gets the same answer.
// Answers that say nothing of the request itself (the service failed, or was asked too often) are not kept.
func (a *handlers) idempotent(c *gin.Context) {
	key := c.GetHeader(keyHeader)
	if c.Request.Method != http.MethodPost || key == "" {
		return
	}
	if len(key) > maxKey {
		a.abort(c, invalid("header."+keyHeader, "too-long", fmt.Sprintf("This may be at most %d characters long.", maxKey)))
		return
	}
	who, err := a.caller(c.Request.Context())
	if err != nil {
		a.abort(c, err)
		return
	}
	body, err := readAhead(c)
	if err != nil {
		a.abort(c, err)
		return
	}
	answer, status, state, err := who.FirstUse(c.Request.Context(), key, requestHash(c, who.who.AccountID, body))
	switch {
	case err != nil:
		a.abort(c, err)
	case state == models.KeyDone:
		a.again(c, answer, status)
	case state == models.KeyRunning:
		a.abort(c, problem.New(http.StatusConflict, "idempotency-running", "This request is being worked on. Ask again in a moment.").Header("Retry-After", "1"))
	case state == models.KeyMismatch:
		a.abort(c, problem.New(http.StatusUnprocessableEntity, "idempotency-mismatch", "This idempotency key was used for another request.").
			With(problem.Field{Location: "header." + keyHeader, Code: "idempotency-mismatch", Message: "This key was used for another request."}))
	default:
		a.first(c, who, key)
	}
}

// first lets the request through and keeps its answer.
func (a *handlers) first(c *gin.Context, who caller, key string) {
	w := &copying{ResponseWriter: c.Writer}
	c.Writer = w
	done := false
	settle := func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), keepTime)
		defer cancel()
		status := w.Status()
		var err error
		if !done || status >= http.StatusInternalServerError || status == http.StatusTooManyRequests || status == problem.StatusClientGone {
			err = who.ForgetKey(ctx, key)
		} else {
			var data []byte
			data, err = json.Marshal(kept{ContentType: w.Header().Get("Content-Type"), Location: w.Header().Get("Location"), Body: w.body.Bytes()})
			if err == nil {
				err = who.KeepAnswer(ctx, key, status, data)
			}
		}
		if err != nil {
			a.Log.ErrorContext(ctx, "the answer to an idempotent request was not kept", "error", err, "request_id", problem.RequestID(ctx))
		}
	}
	// After a panic the key is released by the deferred call; the panic goes on to whoever recovers it.
	defer settle()
	c.Next()
	done = true
}

// again answers as before.
func (a *handlers) again(c *gin.Context, data []byte, status int) {
	var answer kept
	if err := json.Unmarshal(data, &answer); err != nil {
		a.abort(c, fmt.Errorf("read a kept answer: %w", err))
		return
	}
	c.Header("Idempotency-Replayed", "true")
	if answer.Location != "" {
		c.Header("Location", answer.Location)
	}
	c.Data(status, answer.ContentType, answer.Body)
	c.Abort()
}

// abort ends a request with a problem.
func (a *handlers) abort(c *gin.Context, err error) {
	problem.Write(c.Writer, c.Request, a.fail(c.Request.Context(), err))
	c.Abort()
}

// readAhead reads the body and puts it back for the operation. A body that is too large is put back as it is, for the
// operation to refuse.
func readAhead(c *gin.Context) ([]byte, error) {
	control := http.NewResponseController(c.Writer)
	// A writer that cannot set deadlines is one of a test.
	_ = control.SetReadDeadline(time.Now().Add(bodyTime))
	body, err := io.ReadAll(io.LimitReader(c.Request.Body, maxBody+1))
	var slow net.Error
	switch {
	case errors.As(err, &slow) && slow.Timeout():
		return nil, problem.New(http.StatusRequestTimeout, "too-slow", "The body took too long to arrive.")
	case err != nil:
		return nil, problem.New(http.StatusBadRequest, codeInvalid, "The body did not arrive as a whole.").Because(err)
	}
	c.Request.Body = &replayed{Reader: io.MultiReader(bytes.NewReader(body), c.Request.Body), Closer: c.Request.Body, control: control}
	return body, nil
}

// replayed is a body whose beginning was read before.
type replayed struct {
	io.Reader
	io.Closer

	control *http.ResponseController
}

// Read implements io.Reader. The operation gives the body time to arrive, as it does for every body. All of this one has
// arrived, and net/http watches the connection by now: when that time were over, it would take the caller for gone.
func (r *replayed) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		_ = r.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// requestHash identifies a request: who asked what of which address.
func requestHash(c *gin.Context, account string, body []byte) string {
	h := sha256.New()
	for _, part := range []string{account, c.Request.Method, c.Request.URL.EscapedPath(), c.Request.URL.RawQuery} {
		sum := sha256.Sum256([]byte(part))
		h.Write(sum[:])
	}
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// copying keeps a copy of the body that is written.
type copying struct {
	gin.ResponseWriter

	body bytes.Buffer
}

// Write implements io.Writer.
func (w *copying) Write(data []byte) (int, error) {
	w.body.Write(data)
	return w.ResponseWriter.Write(data)
}

// WriteString implements io.StringWriter.
func (w *copying) WriteString(text string) (int, error) {
	w.body.WriteString(text)
	return w.ResponseWriter.WriteString(text)
}

// Unwrap gives http.ResponseController the writer below.
func (w *copying) Unwrap() http.ResponseWriter { return w.ResponseWriter }
