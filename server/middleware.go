package server

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"stowage/server/auth"
	"stowage/server/problem"
)

// requestIDHeader tells the caller under which id the request stands in the log.
const requestIDHeader = "X-Request-Id"

// The names of attributes in the log.
const (
	logRequest  = "request_id"
	logMethod   = "method"
	logRoute    = "route"
	logPath     = "path"
	logStatus   = "status"
	logBytes    = "bytes"
	logDuration = "duration_ms"
	logTenant   = "tenant"
	logError    = "error"
	logStack    = "stack"
)

// longestPath bounds what of a path goes into the log.
const longestPath = 256

// given is what an id of a request made up by a proxy may look like.
var given = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// identified gives every request an id, which its answer, its errors and its lines in the log have in common.
func identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !given.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set(requestIDHeader, id)
		next.ServeHTTP(w, r.WithContext(problem.WithRequestID(r.Context(), id)))
	})
}

// logged writes the access log: one line per request, without its query and without its headers.
func (s *Server) logged(seen *figures) gin.HandlerFunc {
	return func(c *gin.Context) {
		began := time.Now()
		// Deferred, because a connection that is cut on purpose leaves by a panic.
		defer func() { s.line(c, seen, time.Since(began)) }()
		c.Next()
	}
}

// line writes the line of one request.
func (s *Server) line(c *gin.Context, seen *figures, took time.Duration) {
	route := c.FullPath()
	seen.add(c.Request.Method, route, c.Writer.Status(), took)
	attrs := []slog.Attr{
		slog.String(logRequest, problem.RequestID(c.Request.Context())),
		slog.String(logMethod, cut(c.Request.Method, 16)), slog.String(logRoute, route), slog.String(logPath, cut(c.Request.URL.Path, longestPath)),
		slog.Int(logStatus, c.Writer.Status()), slog.Int(logBytes, max(c.Writer.Size(), 0)), slog.Float64(logDuration, float64(took.Microseconds())/1000),
	}
	if who, ok := auth.From(c.Request.Context()); ok {
		attrs = append(attrs, slog.String(logTenant, who.TenantID))
	}
	if len(c.Errors) > 0 {
		attrs = append(attrs, slog.String(logError, cut(strings.Join(c.Errors.Errors(), "; "), 1000)))
	}
	s.config.Log.LogAttrs(c.Request.Context(), levelOf(route, c.Writer.Status()), "request", attrs...)
}

// levelOf keeps what is asked every few seconds out of the way.
func levelOf(route string, status int) slog.Level {
	switch {
	case status >= http.StatusInternalServerError:
		return slog.LevelError
	case route == pathHealth, route == pathReady, route == pathMetrics:
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

func cut(text string, most int) string {
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// recovered turns a panic into an answer, with the stack in the log.
func (s *Server) recovered(c *gin.Context) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			// Somebody wants the connection cut, so that a part is not taken for the whole.
			panic(http.ErrAbortHandler)
		}
		ctx := c.Request.Context()
		s.config.Log.ErrorContext(ctx, "a request panicked", logRequest, problem.RequestID(ctx), logRoute, c.FullPath(),
			logError, fmt.Sprintf("%v", v), logStack, string(debug.Stack()))
		if c.Writer.Written() {
			panic(http.ErrAbortHandler)
		}
		problem.Write(c.Writer, c.Request, fmt.Errorf("panic in %s", c.FullPath()))
		c.Abort()
	}()
	c.Next()
}

// bounded refuses bodies that are too large, for every route that does not have a smaller bound of its own.
func (s *Server) bounded(c *gin.Context) {
	if c.Request.ContentLength > s.config.Limits.Body {
		problem.Write(c.Writer, c.Request, problem.ErrTooLarge)
		c.Abort()
		return
	}
	if c.Request.Body != nil && c.Request.Body != http.NoBody {
		// One byte more than routes read, so that they notice themselves what is too large.
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, s.config.Limits.Body+1)
	}
	c.Next()
}
