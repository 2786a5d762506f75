package atlassian

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Signal is what an answer says about rates.
type Signal struct {
	// Throttled says that the call was refused because there were too many.
	Throttled bool
	// RetryAfter is how long the site asks to wait, or 0 when it does not say.
	RetryAfter time.Duration
	// Reason is the header RateLimit-Reason.
	Reason string
	// Endpoint and Instance are the rates announced for the operation and for the whole site, per minute; 0 is silence.
	Endpoint, Instance float64
}

// WholeSite says whether the refusal is about the site and not about one operation.
func (s Signal) WholeSite() bool { return strings.HasPrefix(s.Reason, "jira-quota-") }

// readSignal reads the headers of an answer.
func readSignal(status int, h http.Header, at time.Time) Signal {
	s := Signal{Throttled: status == http.StatusTooManyRequests}
	if s.Throttled || status == http.StatusServiceUnavailable {
		s.RetryAfter = retryAfter(h, at)
		s.Reason = h.Get("Ratelimit-Reason")
	}
	if policy := h.Get("Ratelimit-Policy"); policy != "" {
		s.Endpoint, s.Instance = readPolicy(policy)
	}
	if s.Endpoint == 0 {
		// Without a window the figure is one per minute in Assets, which counts by the minute. Jira counts by the second
		// and sends the same header; the limiter uses this for operations of Assets only.
		if n, err := strconv.ParseFloat(h.Get("X-Ratelimit-Limit"), 64); err == nil && n > 0 {
			s.Endpoint = n
		}
	}
	return s
}

// retryAfter reads how long to wait, from the headers that may say so.
func retryAfter(h http.Header, at time.Time) time.Duration {
	if text := h.Get("Retry-After"); text != "" {
		if n, err := strconv.ParseFloat(text, 64); err == nil && n >= 0 && n < 1e6 {
			return time.Duration(n * float64(time.Second))
		}
		if t, err := http.ParseTime(text); err == nil && t.After(at) {
			return t.Sub(at)
		}
	}
	text := h.Get("X-Ratelimit-Reset")
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil && t.After(at) {
			return t.Sub(at)
		}
	}
	return 0
}

// readPolicy reads `"endpoint";q=1000;w=60, "instance";q=10000;w=60`. Other policies, such as the hourly points of apps,
// are none of the limiter's business.
func readPolicy(policy string) (endpoint, instance float64) {
	for part := range strings.SplitSeq(policy, ",") {
		name, rest, _ := strings.Cut(strings.TrimSpace(part), ";")
		var quota, window float64
		for param := range strings.SplitSeq(rest, ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(param), "=")
			n, err := strconv.ParseFloat(value, 64)
			if err != nil || n <= 0 {
				continue
			}
			switch key {
			case "q":
				quota = n
			case "w":
				window = n
			}
		}
		if quota == 0 || window == 0 {
			continue
		}
		switch strings.Trim(name, `"`) {
		case "endpoint":
			endpoint = quota * 60 / window
		case "instance":
			instance = quota * 60 / window
		}
	}
	return endpoint, instance
}
