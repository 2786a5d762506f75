package limit

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// A Decision is the answer to one call, with all a client is told about it.
type Decision struct {
	// Allowed says whether the call goes on.
	Allowed bool
	// On is false where there are no limits, and then nothing else is set.
	On bool
	// Limit is the endpoint's quota and Total the site's, in requests per minute.
	Limit, Total int
	// Remaining is what is left of the endpoint's quota at this moment.
	Remaining int
	// Reset is when the endpoint's quota is whole again.
	Reset time.Time
	// Reason says which quota refused, and RetryAfter how long it will.
	Reason     string
	RetryAfter time.Duration
}

// RetrySeconds answers RetryAfter in whole seconds, never less than the truth.
func (d Decision) RetrySeconds() int {
	return int((d.RetryAfter + time.Second - 1) / time.Second)
}

// SetHeaders writes what the decision says into the headers of an answer. It
// writes nothing where there are no limits.
func (d Decision) SetHeaders(h http.Header) {
	if !d.On {
		return
	}
	h.Set("X-RateLimit-Limit", strconv.Itoa(d.Limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(d.Remaining))
	h.Set("X-RateLimit-Reset", ceilSecond(d.Reset).UTC().Format(time.RFC3339))
	h.Set("RateLimit-Policy", fmt.Sprintf(`"endpoint";q=%d;w=%d, "instance";q=%d;w=%d`,
		d.Limit, int(Window.Seconds()), d.Total, int(Window.Seconds())))
	if !d.Allowed {
		h.Set("Retry-After", strconv.Itoa(d.RetrySeconds()))
		h.Set("RateLimit-Reason", d.Reason)
	}
}

// Wrap puts the limiter before next. The function op names the operation of a
// request by method and documented route; where it answers "" the request is not
// limited. A refusal is answered here, in the shape of the gateway.
func (l *Limiter) Wrap(op func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := ""
		if l.On() {
			name = op(r)
		}
		if name == "" {
			next.ServeHTTP(w, r)
			return
		}
		d := l.Take(name)
		d.SetHeaders(w.Header())
		if !d.Allowed {
			Refuse(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Refuse writes the status and body of a refused call.
func Refuse(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusTooManyRequests)
	// The client may be gone; there is nobody left to tell.
	_, _ = w.Write([]byte(`{"code":429,"message":"Rate limit exceeded"}`))
}

func ceilSecond(t time.Time) time.Time {
	if c := t.Truncate(time.Second); !c.Equal(t) {
		return c.Add(time.Second)
	}
	return t
}
