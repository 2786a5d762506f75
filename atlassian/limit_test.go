package atlassian_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stowage/assets"
	"stowage/atlassian"
	"stowage/atlassian/sim/limit"
	"stowage/internal/retry"
)

// limited is a site with nothing but limits: it takes 40 ms to answer what it lets through.
type limited struct {
	limiter *limit.Limiter

	mu       sync.Mutex
	answered map[int]int
}

func (l *limited) serve(_ int, r *http.Request, _ string) (*http.Response, error) {
	d := l.limiter.Take("POST /object/create")
	h := http.Header{"Content-Type": {"application/json"}}
	d.SetHeaders(h)
	code, body := 201, `{"id":"1","objectKey":"K-1"}`
	if d.Allowed {
		if err := retry.Wait(r.Context(), 40*time.Millisecond); err != nil {
			return nil, err
		}
	} else {
		code, body = 429, `{"code":429,"message":"Rate limit exceeded"}`
	}
	l.mu.Lock()
	l.answered[code]++
	l.mu.Unlock()
	resp := reply(code, body)
	resp.Header = h
	return resp, nil
}

// TestTheCeilingIsUsedAndNotHit runs one and three callers against the documented limits, counted as the service counts
// them and counted smoothly, from a policy that knows the rate and from one that has to be told it.
func TestTheCeilingIsUsedAndNotHit(t *testing.T) {
	t.Parallel()
	for _, callers := range []int{1, 3} {
		for _, counted := range []string{"in windows", "smoothly", "ten times as many"} {
			for _, policy := range []string{"documented", "announced"} {
				t.Run(fmt.Sprintf("%d callers, counted %s, %s", callers, counted, policy), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						opts, minutes := limit.Options{Scale: 1, Smooth: counted != "in windows"}, 4
						if counted == "ten times as many" {
							opts.Scale, minutes = 10, 1
						}
						site := &limited{limiter: limit.New(opts), answered: map[int]int{}}
						quota := float64(site.limiter.Quota("POST /object/create"))
						rates := atlassian.RatePolicy{Mode: atlassian.RateDocumented, Scale: opts.Scale}
						if policy == "announced" {
							rates = atlassian.RatePolicy{}
						}
						limiter, err := atlassian.NewLimiter(rates, policy == "announced")
						if err != nil {
							t.Fatal(err)
						}
						share(t, site, limiter, callers, time.Duration(minutes)*time.Minute)
						done, refused := site.answered[201], site.answered[429]
						used := float64(done) / (quota * float64(minutes))
						if used < 0.97 || used > 1.001 {
							t.Errorf("%.2f %% of the ceiling used", 100*used)
						}
						if refusals := float64(refused) / float64(done+refused); refusals >= 0.005 {
							t.Errorf("%.2f %% refused", 100*refusals)
						}
						t.Logf("%.2f %% of the ceiling, %d of %d refused", 100*used, refused, done+refused)
					})
				})
			}
		}
	}
}

// share lets callers create objects for some time, each through a client of its own and 16 at once, by one limiter.
func share(t *testing.T, site *limited, limiter atlassian.Limiter, callers int, long time.Duration) {
	t.Helper()
	end := time.Now().Add(long)
	counts := make([]int, callers)
	var all sync.WaitGroup
	for i := range callers {
		client, _ := stubbed(t, site.serve, func(c *atlassian.Config) { c.Limiter = limiter })
		var mu sync.Mutex
		for range 16 {
			all.Go(func() {
				for time.Now().Before(end) {
					if _, err := client.CreateObject(t.Context(), atlassian.ObjectSpec{TypeID: "1"}); err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					counts[i]++
					mu.Unlock()
				}
			})
		}
	}
	all.Wait()
	sum := 0
	for _, n := range counts {
		sum += n
	}
	for i, n := range counts {
		if mean := float64(sum) / float64(callers); float64(n) < 0.95*mean || float64(n) > 1.05*mean {
			t.Errorf("caller %d got %d of %d: not fair", i, n, sum)
		}
	}
}

func observed(t *testing.T, l atlassian.Limiter, operation string, s atlassian.Signal) time.Duration {
	t.Helper()
	if err := l.Wait(t.Context(), operation, time.Hour); err != nil {
		t.Fatal(err)
	}
	return l.Observe(operation, s)
}

// waited is how long a call waits.
func waited(t *testing.T, l atlassian.Limiter, operation string) time.Duration {
	t.Helper()
	start := time.Now()
	if err := l.Wait(t.Context(), operation, time.Hour); err != nil {
		t.Fatal(err)
	}
	return time.Since(start)
}

func newLimiter(t *testing.T, p atlassian.RatePolicy, loopback bool) atlassian.Limiter {
	t.Helper()
	l, err := atlassian.NewLimiter(p, loopback)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

const (
	create = "POST /object/create"
	search = "POST /object/aql"
	myself = "GET /rest/api/3/myself"
)

func TestAPauseHoldsForWhatItIsAbout(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]map[string]bool{
		"":                        {create: true, search: false, myself: false},
		"jira-burst-based":        {create: true, search: false, myself: false},
		"jira-quota-tenant-based": {create: true, search: true, myself: true},
		"jira-quota-global-based": {create: true, search: true, myself: true},
		"jira-per-issue-on-write": {create: true, search: false, myself: false},
		"something-new":           {create: true, search: false, myself: false},
	} {
		for operation, pauses := range want {
			synctest.Test(t, func(t *testing.T) {
				l := newLimiter(t, atlassian.RatePolicy{Mode: atlassian.RateOff}, false)
				if got := observed(t, l, create, atlassian.Signal{Throttled: true, Reason: reason, RetryAfter: 30 * time.Second}); got != 30*time.Second {
					t.Errorf("pause %v", got)
				}
				wait := waited(t, l, operation)
				if pauses && wait != 30*time.Second || !pauses && wait != 0 {
					t.Errorf("reason %q, %s: waited %v", reason, operation, wait)
				}
			})
		}
	}
}

func TestEverybodyWaitsForThePauseOneHasMet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, atlassian.RatePolicy{Mode: atlassian.RateDocumented}, false)
		var all sync.WaitGroup
		start := time.Now()
		var mu sync.Mutex
		var left []time.Duration
		for range 20 {
			all.Go(func() {
				if err := l.Wait(t.Context(), search, time.Hour); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				left = append(left, time.Since(start))
			})
		}
		synctest.Wait()
		l.Observe(search, atlassian.Signal{Throttled: true, RetryAfter: 10 * time.Second})
		all.Wait()
		early, together := 0, map[time.Duration]int{}
		for _, d := range left {
			if d < 10*time.Second {
				early++
			}
			together[d.Truncate(time.Millisecond)]++
		}
		// What left before the pause was known is the burst; nobody leaves during it, and not all at once behind it.
		if early > 5 {
			t.Errorf("%d left before the pause was over: %v", early, left)
		}
		for at, n := range together {
			if at > 0 && n > 5 {
				t.Errorf("%d left at once after %v", n, at)
			}
		}
	})
}

func TestWithoutAWordThePauseGrows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, atlassian.RatePolicy{Mode: atlassian.RateOff}, false)
		for _, want := range []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second} {
			got := observed(t, l, create, atlassian.Signal{Throttled: true})
			if got < want*7/10 || got > want*13/10 {
				t.Errorf("pause %v, want about %v", got, want)
			}
			// A second refusal in the same epoch is no further one.
			if again := l.Observe(create, atlassian.Signal{Throttled: true, RetryAfter: time.Millisecond}); again != got {
				t.Errorf("the pause became %v", again)
			}
		}
		waited(t, l, create)
		l.Observe(create, atlassian.Signal{})
		if got := observed(t, l, create, atlassian.Signal{Throttled: true}); got > 3*time.Second {
			t.Errorf("after a success the pause is %v", got)
		}
	})
}

func TestAPauseLongerThanOnesPatienceIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, atlassian.RatePolicy{Mode: atlassian.RateOff}, false)
		l.Observe(create, atlassian.Signal{Throttled: true, RetryAfter: time.Hour})
		start := time.Now()
		err := l.Wait(t.Context(), create, 10*time.Minute)
		if paused, ok := errors.AsType[*atlassian.PausedError](err); !ok || paused.For != time.Hour || time.Since(start) != 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		client, s := stubbed(t, nil, func(c *atlassian.Config) { c.Limiter = l })
		if _, err := client.CreateObject(t.Context(), atlassian.ObjectSpec{TypeID: "1"}); !errors.Is(err, assets.ErrThrottled) || s.sent() != 0 {
			t.Errorf("%v after %d requests", err, s.sent())
		}
	})
}

// pace is how many calls of an operation leave in a minute, when many are waiting.
func pace(t *testing.T, l atlassian.Limiter, operation string) int {
	t.Helper()
	end := time.Now().Add(time.Minute)
	n := 0
	for {
		if err := l.Wait(t.Context(), operation, time.Hour); err != nil {
			t.Fatal(err)
		}
		if !time.Now().Before(end) {
			return n
		}
		if n++; n > 20000 {
			return n
		}
	}
}

func TestPoliciesPaceAsTheySay(t *testing.T) {
	t.Parallel()
	const unlimited = 20001
	announced := atlassian.Signal{Endpoint: 300, Instance: 10000}
	for _, c := range []struct {
		name      string
		policy    atlassian.RatePolicy
		loopback  bool
		announced atlassian.Signal
		operation string
		want      int
	}{
		{"auto", atlassian.RatePolicy{}, false, atlassian.Signal{}, search, 980},
		{"auto, an exception", atlassian.RatePolicy{}, false, atlassian.Signal{}, create, 1960},
		{"auto, announced", atlassian.RatePolicy{}, false, announced, search, 294},
		{"auto, on this machine", atlassian.RatePolicy{}, true, atlassian.Signal{}, search, unlimited},
		{"auto, on this machine, announced", atlassian.RatePolicy{}, true, announced, search, 294},
		{"auto, the site's total is smaller", atlassian.RatePolicy{}, false, atlassian.Signal{Endpoint: 1000, Instance: 500}, search, 490},
		{"auto, Jira announces for a second", atlassian.RatePolicy{}, false, announced, myself, 5880},
		{"documented", atlassian.RatePolicy{Mode: atlassian.RateDocumented}, true, announced, search, 980},
		{"scaled", atlassian.Scaled(0.5), false, announced, search, 490},
		{"off", atlassian.RatePolicy{Mode: atlassian.RateOff}, false, announced, search, unlimited},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := newLimiter(t, c.policy, c.loopback)
				l.Observe(c.operation, c.announced)
				got := pace(t, l, c.operation)
				// The burst at the beginning comes on top: a quarter of a second's worth.
				if most := c.want + c.want/200 + 1; got < c.want-1 || got > most {
					t.Errorf("%d calls in the first minute, want %d to %d", got, c.want, most)
				}
			})
		})
	}
}

func TestARefusalSlowsDownAndTheRateComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, atlassian.RatePolicy{Mode: atlassian.RateDocumented}, false)
		l.Observe(search, atlassian.Signal{Throttled: true, RetryAfter: time.Millisecond})
		first := 0
		for end := time.Now().Add(2 * time.Second); time.Now().Before(end); first++ {
			waited(t, l, search)
		}
		if first < 26 || first > 33 {
			t.Errorf("%d calls in the two seconds after a refusal, want about 85 %% of 33", first)
		}
		if err := retry.Wait(t.Context(), 10*time.Second); err != nil {
			t.Fatal(err)
		}
		if n := pace(t, l, search); n < 980 || n > 986 {
			t.Errorf("%d calls a minute afterwards", n)
		}
	})
}
