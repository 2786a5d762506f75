package sim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/fault"
	"stowage/atlassian/sim/fault/faulttest"
	"stowage/atlassian/sim/limit"
)

func TestCallsAndStatusesAreCountedByOperation(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	reset := r.send(r.bare, "POST", "http://sim.test/_sim/reset-stats", "", func(q *http.Request) { q.Header.Del("Authorization") })
	if reset.status != 204 {
		t.Errorf("reset answers %d", reset.status)
	}
	r.call(200, "GET", "/object/"+o.sydney, "")
	r.call(404, "GET", "/object/999", "")
	r.wrong(401, "GET", "/object/1", "", func(q *http.Request) { q.Header.Del("Authorization") })
	r.wrong(404, "GET", "/nothing", "")
	r.send(r.bare, "GET", r.info.BaseURL+"/", "") // pages for people are no calls
	got := r.send(r.bare, "GET", "http://sim.test/_sim/stats", "", func(q *http.Request) { q.Header.Del("Authorization") })
	want := `{"calls":{"GET (unknown)":1,"GET /object/{id}":3},"statuses":{"200":1,"401":1,"404":2}}`
	if string(got.body) != want {
		t.Errorf("stats %s, want %s", got.body, want)
	}
	if s := r.sim.Stats().Snapshot(); s.Calls["GET /object/{id}"] != 3 {
		t.Errorf("snapshot %v", s)
	}
	r.send(r.bare, "POST", "http://sim.test/_sim/reset-stats", "")
	if got := r.send(r.bare, "GET", "http://sim.test/_sim/stats", ""); string(got.body) != `{"calls":{},"statuses":{}}` {
		t.Errorf("after the reset %s", got.body)
	}
	var sites struct{ Sites []sim.Info }
	if err := json.Unmarshal(r.send(r.bare, "GET", "http://sim.test/_sim/sites", "").body, &sites); err != nil || len(sites.Sites) != 1 || sites.Sites[0] != r.info {
		t.Errorf("sites %v, %v", sites, err)
	}
}

func TestDocumentedLimitsAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *sim.Options) { o.Limits = limit.Options{Scale: 1} })
		stranger := func(q *http.Request) { q.Header.Del("Authorization") }
		for range 600 {
			r.wrong(401, "POST", "/object/aql/totalcount", `{"qlQuery":"objectId > 0"}`, stranger)
		}
		for range 500 {
			r.call(200, "POST", "/object/aql/totalcount", `{"qlQuery":"objectId > 0"}`)
		}
		got := r.call(429, "POST", "/object/aql/totalcount", `{"qlQuery":"objectId > 0"}`)
		if got.header.Get("Retry-After") == "" || got.header.Get("RateLimit-Reason") == "" || got.header.Get("X-RateLimit-Limit") != "500" {
			t.Errorf("headers %v", got.header)
		}
		r.call(200, "GET", "/usage", "") // another endpoint has its own
		<-time.After(time.Minute)
		r.call(200, "POST", "/object/aql/totalcount", `{"qlQuery":"objectId > 0"}`)
	})
}

func faulty(t *testing.T, rules ...fault.Rule) func(*sim.Options) {
	t.Helper()
	plan := faulttest.Plan(t, 1, rules...)
	return func(o *sim.Options) { o.Faults = plan }
}

func TestPlannedFaultsHitTheOperationTheyName(t *testing.T) {
	t.Parallel()
	const op = "POST /object/create"
	r := newRig(t, faulty(t,
		fault.Rule{Op: op, Nth: 2, Status: 503},
		fault.Rule{Op: op, Nth: 3, Reset: fault.Before},
		fault.Rule{Op: op, Nth: 4, Reset: fault.After},
		fault.Rule{Op: op, Nth: 5, Truncate: new(10)},
		fault.Rule{Op: "GET /usage", Nth: 1, RevokeToken: true},
	))
	o := r.office() // makes the first object
	create := func(name string) (int, error) {
		request, err := http.NewRequestWithContext(t.Context(), "POST", r.base+"/object/create", jsonBody(object(o.city, o.cityName, name)))
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth(r.info.Email, r.info.Token)
		request.Header.Set("Content-Type", "application/json")
		response, err := r.bare.Do(request)
		if err != nil {
			return 0, err
		}
		_, err = io.ReadAll(response.Body)
		return response.StatusCode, errors.Join(err, response.Body.Close())
	}
	if status, err := create("refused"); status != 503 || err != nil {
		t.Errorf("second call: %d %v", status, err)
	}
	if _, err := create("lost"); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("third call: %v", err)
	}
	if _, err := create("made, unknown to the caller"); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("fourth call: %v", err)
	}
	if status, err := create("made, half told"); status != 201 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("fifth call: %d %v", status, err)
	}
	if n := r.site.World().ObjectCount(); n != 3 {
		t.Errorf("%d objects, want Sydney and the two that were made", n)
	}
	r.call(200, "GET", "/usage", "")
	r.call(401, "GET", "/usage", "")
}

func TestAPlannedResetIsOneOnASocketToo(t *testing.T) {
	t.Parallel()
	r := newRig(t, faulty(t,
		fault.Rule{Op: "POST /objectschema/create", Nth: 1, Reset: fault.After},
		fault.Rule{Op: "GET /objectschema/list", Nth: 1, Truncate: new(20)},
	))
	server := httptest.NewUnstartedServer(r.sim)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Start()
	defer server.Close()
	base := server.URL + strings.TrimPrefix(r.base, "http://sim.test")
	send := func(method, path, body string) (*http.Response, error) {
		request, err := http.NewRequestWithContext(t.Context(), method, base+path, jsonBody(body))
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth(r.info.Email, r.info.Token)
		request.Header.Set("Content-Type", "application/json")
		return server.Client().Do(request)
	}
	if response, err := send("POST", "/objectschema/create", `{"name":"ITSM","objectSchemaKey":"ITSM"}`); err == nil {
		t.Errorf("the connection was not reset: %s", response.Status)
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	if n := len(r.site.World().Schemas()); n != 2 {
		t.Errorf("%d schemas", n)
	}
	response, err := send("GET", "/objectschema/list", "")
	if err != nil {
		t.Fatal(err)
	}
	half, err := io.ReadAll(response.Body)
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(half) != 20 {
		t.Errorf("read %q: %v", half, err)
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
}

func TestAPlanForWhatDoesNotExistIsRefused(t *testing.T) {
	t.Parallel()
	for _, rule := range []fault.Rule{
		{Op: "POST /object/creat", Status: 500},
		{Op: "POST /object/create", Site: "globex", Status: 500},
	} {
		plan, err := fault.New(1, rule)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sim.New(sim.Options{Sites: []sim.SiteOptions{{Name: "acme"}}, Faults: plan}); err == nil {
			t.Errorf("the rule %v was accepted", rule)
		}
	}
}

func TestObjectsChangeBetweenPagesAndSearchesLagWhenPlanned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lag := fault.Duration(2 * time.Second)
		r := newRig(t, faulty(t,
			fault.Rule{Op: "POST /object/aql", Nth: 2, Mutate: 0.5},
			fault.Rule{Op: "GET /usage", Nth: 1, SearchLag: &lag},
		))
		o := r.office()
		r.call(201, "POST", "/objecttypeattribute/"+o.office, `{"name":"Note","type":0,"defaultTypeId":9}`)
		r.fill(o, 100)
		changed := `{"qlQuery":"objectType = Office AND Note IS NOT EMPTY"}`
		count := func() int {
			t.Helper()
			return len(decode[searchPage](r.call(200, "POST", "/object/aql?maxResults=1000", changed)).Values)
		}
		if before, after := count(), count(); before != 0 || after < 20 || after > 80 {
			t.Errorf("%d changed before, %d after half were", before, after)
		}
		r.call(200, "GET", "/usage", "")
		r.call(201, "POST", "/object/create", object(o.city, o.cityName, "Perth"))
		perth := func() any {
			return r.call(200, "POST", "/object/aql/totalcount", `{"qlQuery":"Name = Perth"}`).document()["totalCount"]
		}
		if n := perth(); n != json.Number("0") {
			t.Errorf("the search already sees %v", n)
		}
		<-time.After(3 * time.Second)
		if n := perth(); n != json.Number("1") {
			t.Errorf("the search still sees %v", n)
		}
	})
}

func TestManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				name := fmt.Sprintf("City %d.%d", i, j)
				made := r.send(r.client, "POST", r.base+"/object/create", object(o.city, o.cityName, name))
				if made.status != 201 {
					t.Errorf("create: %d %s", made.status, made.body)
					return
				}
				if got := r.send(r.client, "POST", r.base+"/object/aql", `{"qlQuery":"objectType = City ORDER BY Name"}`); got.status != 200 {
					t.Errorf("search: %d %s", got.status, got.body)
				}
			}
		})
	}
	wg.Wait()
	if n := r.site.World().ObjectCount(); n != 161 {
		t.Errorf("%d objects", n)
	}
}
