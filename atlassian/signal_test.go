package atlassian

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHeadersAboutRatesAreRead(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		status  int
		headers []string
		want    Signal
	}{
		{"nothing", 200, nil, Signal{}},
		{"policy", 200, []string{"RateLimit-Policy", `"endpoint";q=1000;w=60, "instance";q=10000;w=60`}, Signal{Endpoint: 1000, Instance: 10000}},
		{"policy of another window", 200, []string{"RateLimit-Policy", `"instance";w=3600;q=36000`}, Signal{Instance: 600}},
		{"points of an app", 200, []string{"RateLimit-Policy", `"tenant-app-quota";q=100100;w=3600`}, Signal{}},
		{"policy without numbers", 200, []string{"RateLimit-Policy", `"endpoint";q=x;w=60,,;`}, Signal{}},
		{"limit alone", 200, []string{"X-RateLimit-Limit", "500"}, Signal{Endpoint: 500}},
		{"no limit", 200, []string{"X-RateLimit-Limit", "-1"}, Signal{}},
		{"seconds", 429, []string{"Retry-After", "17", "RateLimit-Reason", "jira-quota-tenant-based"}, Signal{Throttled: true, RetryAfter: 17 * time.Second, Reason: "jira-quota-tenant-based"}},
		{"a date", 429, []string{"Retry-After", "Sat, 21 Nov 2026 12:00:30 GMT"}, Signal{Throttled: true, RetryAfter: 30 * time.Second}},
		{"a date gone by", 429, []string{"Retry-After", "Sat, 21 Nov 2026 11:00:30 GMT"}, Signal{Throttled: true}},
		{"a reset", 429, []string{"X-RateLimit-Reset", "2026-11-21T12:01Z"}, Signal{Throttled: true, RetryAfter: time.Minute}},
		{"a reset with seconds", 429, []string{"X-RateLimit-Reset", "2026-11-21T12:00:05Z"}, Signal{Throttled: true, RetryAfter: 5 * time.Second}},
		{"nonsense", 429, []string{"Retry-After", "soon", "X-RateLimit-Reset", "later"}, Signal{Throttled: true}},
		{"not available", 503, []string{"Retry-After", "2"}, Signal{RetryAfter: 2 * time.Second}},
		{"a success says nothing about waiting", 200, []string{"Retry-After", "2", "X-RateLimit-Reset", "2026-11-21T12:01Z"}, Signal{}},
	} {
		h := http.Header{}
		for i := 0; i < len(c.headers); i += 2 {
			h.Set(c.headers[i], c.headers[i+1])
		}
		if diff := cmp.Diff(c.want, readSignal(c.status, h, at)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
