package worker

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"stowage/atlassian"
	"stowage/blob/mem"
	"stowage/jobs"
	"stowage/models"
	"stowage/snapshot"
)

// paced makes a worker with limits of its own, on a Redis that others may have too.
func paced(t *testing.T, redis *jobs.Redis, rate atlassian.RatePolicy) *Worker {
	t.Helper()
	w, err := New(Config{
		DB: &models.DB{}, Store: mem.New(), Master: snapshot.NewMasterKey(), Rate: rate, Limits: jobs.NewLimits(redis, slog.New(slog.DiscardHandler), nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWorkersShareThePaceOfASite(t *testing.T) {
	t.Parallel()
	const create, search = "POST /object/create", "POST /object/aql"
	remote := connection{SiteURL: "https://acme.atlassian.net", WorkspaceID: "w-1"}
	synctest.Test(t, func(t *testing.T) {
		redis, err := jobs.OpenRedis(t.Context(), jobs.RedisOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := redis.Close(); err != nil {
				t.Error(err)
			}
		}()
		one, two := paced(t, redis, atlassian.RatePolicy{}).paceOf(remote), paced(t, redis, atlassian.RatePolicy{}).paceOf(remote)
		// Together they make as many calls as the documents allow one.
		began := time.Now()
		for range 200 {
			for _, p := range []atlassian.Limiter{one, two} {
				if err := p.Wait(t.Context(), create, time.Minute); err != nil {
					t.Fatal(err)
				}
			}
		}
		if took := time.Since(began); took < 11*time.Second || took > 14*time.Second {
			t.Errorf("400 calls at 2,000 a minute took %s", took)
		}
		// What one is told to wait the other waits, and who has no patience hears it at once.
		if pause := one.Observe(search, atlassian.Signal{Throttled: true, RetryAfter: 30 * time.Second}); pause < 29*time.Second {
			t.Errorf("the pause is %s", pause)
		}
		began = time.Now()
		err = two.Wait(t.Context(), search, time.Second)
		if paused, ok := err.(*atlassian.PausedError); !ok || paused.For < 25*time.Second { //nolint:errorlint // The contract of Wait is this type.
			t.Errorf("without patience: %v", err)
		}
		if err := two.Wait(t.Context(), create, time.Second); err != nil {
			t.Errorf("another operation: %v", err)
		}
		if err := two.Wait(t.Context(), search, time.Minute); err != nil || time.Since(began) < 25*time.Second {
			t.Errorf("with patience: %v after %s", err, time.Since(began))
		}
		// A refusal of the whole site holds for everything on it, and not for another site.
		one.Observe(search, atlassian.Signal{Throttled: true, RetryAfter: time.Minute, Reason: "jira-quota-tenant-based"})
		if err := two.Wait(t.Context(), "GET /rest/api/3/myself", time.Second); err == nil {
			t.Error("Jira is asked while the site pauses")
		}
		elsewhere := paced(t, redis, atlassian.RatePolicy{}).paceOf(connection{SiteURL: remote.SiteURL, WorkspaceID: "w-2"})
		if err := elsewhere.Wait(t.Context(), search, time.Second); err != nil {
			t.Errorf("another site: %v", err)
		}
	})
}

func TestRatesAreThoseThatAreKnown(t *testing.T) {
	t.Parallel()
	redis, err := jobs.OpenRedis(t.Context(), jobs.RedisOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := redis.Close(); err != nil {
			t.Error(err)
		}
	})
	const search = "POST /object/aql"
	remote, local := connection{SiteURL: "https://acme.atlassian.net", WorkspaceID: "w"}, connection{SiteURL: "http://127.0.0.1:9/sites/acme", WorkspaceID: "w"}
	for _, c := range []struct {
		name           string
		rate           atlassian.RatePolicy
		at             connection
		before, after  float64
		totalThereupon float64
	}{
		{"documented until announced", atlassian.RatePolicy{}, remote, 1000, 5000, 20000},
		{"unknown on this machine", atlassian.RatePolicy{}, local, 0, 5000, 20000},
		{"documented only", atlassian.RatePolicy{Mode: atlassian.RateDocumented}, remote, 1000, 1000, 10000},
		{"scaled", atlassian.Scaled(2), local, 2000, 2000, 20000},
		{"off", atlassian.RatePolicy{Mode: atlassian.RateOff}, remote, 0, 0, 0},
	} {
		p, ok := paced(t, redis, c.rate).paceOf(c.at).(*pace)
		if !ok {
			t.Fatal("no pace")
		}
		before := p.lanes(search)
		p.Observe(search, atlassian.Signal{Endpoint: 5000, Instance: 20000})
		after := p.lanes(search)
		if before[0].PerMinute != c.before || after[0].PerMinute != c.after || after[1].PerMinute != c.totalThereupon {
			t.Errorf("%s: %v, then %v", c.name, before, after)
		}
	}
}
