package sim_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestHeldCallsWaitForTheirRelease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		const op = "GET /objectschema/list"
		if err := r.site.Hold(op, 1); err != nil {
			t.Fatal(err)
		}
		r.call(200, "GET", "/objectschema/list", "")
		r.call(200, "GET", "/config/statustype", "")

		answered := make(chan answer, 1)
		go func() { answered <- r.send(r.bare, "GET", r.base+"/objectschema/list", "") }()
		synctest.Wait()
		select {
		case got := <-answered:
			t.Fatalf("answered %d while it is held", got.status)
		default:
		}
		if err := r.site.Hold(op, 1); err != nil {
			t.Fatal(err)
		}
		if got := <-answered; got.status != http.StatusOK {
			t.Errorf("answered %d", got.status)
		}
		go func() { answered <- r.send(r.bare, "GET", r.base+"/objectschema/list", "") }()
		synctest.Wait()
		if len(answered) > 0 {
			t.Error("more calls were let through than should be")
		}
		r.site.Release()
		if got := <-answered; got.status != http.StatusOK {
			t.Errorf("answered %d", got.status)
		}
		r.call(200, "GET", "/objectschema/list", "")
	})
}

func TestHeldCallIsNotDoneWhenItsCallerGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		if err := r.site.Hold("POST /objectschema/create", 0); err != nil {
			t.Fatal(err)
		}
		ctx, giveUp := context.WithCancel(t.Context())
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			q, err := http.NewRequestWithContext(ctx, "POST", r.base+"/objectschema/create", http.NoBody)
			if err != nil {
				t.Error(err)
				return
			}
			q.SetBasicAuth(r.info.Email, r.info.Token)
			if response, err := r.bare.Do(q); err == nil {
				t.Errorf("answered %d", response.StatusCode)
				_ = response.Body.Close() // it is not read
			}
		}()
		synctest.Wait()
		giveUp()
		<-gone
		r.site.Release()
		if schemas := r.site.World().Schemas(); len(schemas) > 1 {
			t.Errorf("there are %d schemas", len(schemas))
		}
	})
}

// TestHeldCallIsNotDoneWhenItsCallerIsCutOff goes over a real connection: there, a server learns of callers who have gone in
// its own time.
func TestHeldCallIsNotDoneWhenItsCallerIsCutOff(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	arrived, over := make(chan struct{}, 1), make(chan struct{}, 1)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		arrived <- struct{}{}
		r.sim.ServeHTTP(w, q)
		over <- struct{}{}
	}))
	t.Cleanup(web.Close)
	if err := r.site.Hold("POST /objectschema/create", 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.site.Release)
	ctx, cutOff := context.WithCancel(t.Context())
	path := strings.TrimPrefix(r.base, "http://sim.test") + "/objectschema/create"
	q, err := http.NewRequestWithContext(ctx, "POST", web.URL+path, strings.NewReader(`{"name":"Late","objectSchemaKey":"LATE","description":""}`))
	if err != nil {
		t.Fatal(err)
	}
	q.SetBasicAuth(r.info.Email, r.info.Token)
	q.Header.Set("Content-Type", "application/json")
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(q); err == nil {
			t.Errorf("answered %d", response.StatusCode)
			_ = response.Body.Close() // it is not read
		}
	}()
	<-arrived
	cutOff()
	<-gone
	select {
	case <-over:
	case <-time.After(time.Minute):
		t.Error("the call still waits a minute after its caller has gone")
		r.site.Release()
		<-over
	}
	r.site.Release()
	for _, schema := range r.site.World().Schemas() {
		if schema.Key == "LATE" {
			t.Error("the call was done after its caller had gone")
		}
	}
}

func TestHeldCallIsDoneWithWhatItSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		if err := r.site.Hold("POST /objectschema/create", 0); err != nil {
			t.Fatal(err)
		}
		answered := make(chan answer, 1)
		go func() {
			answered <- r.send(r.bare, "POST", r.base+"/objectschema/create", `{"name":"Patient","objectSchemaKey":"PATIENT","description":""}`)
		}()
		synctest.Wait()
		r.site.Release()
		if got := <-answered; got.status != http.StatusCreated {
			t.Errorf("answered %d %s", got.status, got.body)
		}
	})
}

func TestOnlyWhatExistsIsHeld(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if r.site.Hold("POST /nothing", 0) == nil || r.site.Hold("GET /objectschema/list", -1) == nil {
		t.Error("held")
	}
	r.call(200, "GET", "/objectschema/list", "")
}
