package server_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"stowage/atlassian/connect/connecttest"
	"stowage/models"
	"stowage/server/api"
)

func sum(data []byte) [sha256.Size]byte { return sha256.Sum256(data) }

// description is what the tests read of the description of the API.
type description struct {
	Paths      map[string]map[string]described
	Components struct{ Schemas map[string]schema }
}

type described struct {
	OperationID string
	Parameters  []struct{ Name, In string }
	RequestBody struct {
		Content map[string]struct{ Schema schema }
	}
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Enum       []any
	Examples   []any
	Items      *schema
	Properties map[string]schema
	Required   []string
}

func describe(t *testing.T) description {
	t.Helper()
	var d description
	if err := json.Unmarshal(api.Document, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// example is a body that a person could have sent, made of the examples of the description.
func (d description) example(s schema) any {
	if s.Ref != "" {
		s = d.Components.Schemas[s.Ref[strings.LastIndex(s.Ref, "/")+1:]]
	}
	switch {
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.Properties != nil:
		out := map[string]any{}
		for name, property := range s.Properties {
			if slices.Contains(s.Required, name) || name == "token" {
				out[name] = d.example(property)
			}
		}
		return out
	case s.Type == "boolean":
		return true
	case s.Type == "array":
		return []any{}
	case s.Type == "integer", s.Type == "number":
		return 1
	default:
		return "text"
	}
}

// route is one operation of the API as it is called for a site.
type route struct {
	operation, method, path string
	body                    any
	// ids says that the address or body holds ids of the site.
	ids bool
}

// routes calls every operation with the ids of a site. An operation it does not know how to call fails the test.
func (s *site) routes(t *testing.T) []route {
	t.Helper()
	ids := map[string]string{
		"/schemas/": s.schema, "/backups/": s.backup, "/plans/": s.plan, "/restores/": s.restore, "/runs/": s.run, "/targets/": s.target,
	}
	inBodies := map[string]string{"backupId": s.backup, "planId": s.plan}
	d := describe(t)
	var out []route
	for path, operations := range d.Paths {
		for method, o := range operations {
			r := route{operation: o.OperationID, method: strings.ToUpper(method), path: path}
			if before, after, ok := strings.Cut(path, "{id}"); ok {
				id := ids[before]
				if id == "" || strings.Contains(after, "{") {
					t.Fatalf("teach this test how to call %s", path)
				}
				r.path, r.ids = before+id+after, true
			}
			for _, content := range o.RequestBody.Content {
				body, ok := d.example(content.Schema).(map[string]any)
				if !ok {
					t.Fatalf("the body of %s is no object", path)
				}
				for name, id := range inBodies {
					if _, ok := body[name]; ok {
						body[name], r.ids = id, true
					}
				}
				if _, ok := body["confirmName"]; ok {
					body["confirmName"] = "IT Service Management"
				}
				r.body = body
			}
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b route) int { return strings.Compare(a.operation, b.operation) })
	return out
}

func TestEveryOperationIsARouteAndEveryRouteIsDescribedOrKnown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	described := map[string]bool{}
	for path, operations := range describe(t).Paths {
		for method := range operations {
			described[strings.ToUpper(method)+" "+api.Prefix+strings.ReplaceAll(path, "{id}", ":id")] = true
		}
	}
	// What is not of the API guards itself in its own way; each has tests of its own below.
	others := []string{
		"GET /healthz", "HEAD /healthz", "GET /readyz", "HEAD /readyz", "GET /metrics", "GET /ops/queues", "GET /ops/queues/*page", "GET /api/docs", "GET /api/v1/openapi.json",
		"GET /atlassian-connect.json", "HEAD /atlassian-connect.json", "POST /installed", "POST /uninstalled", "POST /enabled", "POST /disabled", "POST /webhooks/licence",
		"GET /app/admin", "GET /app/get-started", "GET /app/configure", "GET /app/assets/*file", "HEAD /app/assets/*file",
	}
	for _, route := range r.server.Routes() {
		name := route.Method + " " + route.Path
		if described[name] {
			delete(described, name)
			continue
		}
		if !slices.Contains(others, name) {
			t.Errorf("%s is neither in the description of the API nor known to this test: say here how it is guarded, and test it", name)
		}
	}
	for name := range described {
		t.Errorf("%s is described and does not exist", name)
	}
}

// attack is a way to call a route without being allowed to.
type attack struct {
	name string
	// header makes the Authorization header, for a method and path.
	header func(method, path string) string
	// owner is whose ids are in the request.
	owner *site
	// status is what has to be answered; 0 for anything from 400.
	status int
}

func TestNobodyGetsInWhoDoesNotBelong(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	globex, left := r.install("globex"), r.install("left")
	jwtOf := func(f func() string) func(string, string) string {
		return func(string, string) string { return "JWT " + f() }
	}
	wrong := globex.host
	wrong.ClientKey = r.acme.host.ClientKey
	unknown := r.acme.host
	unknown.ClientKey = "client-of-nobody"
	leftToken := left.token(admin)
	r.must(r.service.Uninstalled(t.Context(), left.tenant.ID()))
	claims := jwt.MapClaims{"iss": r.acme.host.ClientKey, "sub": admin, "exp": 4102444800, "iat": 1700000000, "qsh": "context-qsh"}
	attacks := []attack{
		{"no token", func(string, string) string { return "" }, r.acme, http.StatusUnauthorized},
		{"garbage", func(string, string) string { return "JWT garbage.garbage.garbage" }, r.acme, http.StatusUnauthorized},
		{"a token under another word", func(string, string) string { return "Bearer " + r.acme.token(admin) }, r.acme, http.StatusUnauthorized},
		{"the token of operators", func(string, string) string { return "Bearer " + operator }, r.acme, http.StatusUnauthorized},
		{"another secret", jwtOf(func() string { return wrong.Context(t, admin) }), r.acme, http.StatusUnauthorized},
		{"an unknown tenant", jwtOf(func() string { return unknown.Context(t, admin) }), r.acme, http.StatusUnauthorized},
		{"alg none", jwtOf(func() string {
			return r.acme.host.Shared(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims)
		}), r.acme, http.StatusUnauthorized},
		{"HS512", jwtOf(func() string {
			return r.acme.host.Shared(t, jwt.SigningMethodHS512, []byte(r.acme.host.Secret), claims)
		}), r.acme, http.StatusUnauthorized},
		{"an expired token", jwtOf(func() string {
			return r.acme.host.Context(t, admin, connecttest.Claims{"exp": 1700000100, "iat": 1700000000})
		}), r.acme, http.StatusUnauthorized},
		{"the token of a page", func(method, path string) string {
			return "JWT " + r.acme.host.Bound(t, method, path, connecttest.Claims{"sub": admin})
		}, r.acme, http.StatusUnauthorized},
		{"the token of an installation", func(method, path string) string {
			return "JWT " + r.acme.host.Install(t, method, path, connecttest.Claims{"sub": admin})
		}, r.acme, http.StatusUnauthorized},
		{"a token without a user", jwtOf(func() string { return r.acme.host.Context(t, admin, connecttest.Claims{"sub": nil}) }), r.acme, 0},
		{"no administrator", jwtOf(func() string { return r.acme.token(ordinary) }), r.acme, http.StatusForbidden},
		{"an uninstalled tenant", func(string, string) string { return "JWT " + leftToken }, left, http.StatusUnauthorized},
	}
	for _, a := range attacks {
		before := r.written()
		for _, route := range a.owner.routes(t) {
			got := r.do(call{
				method: route.method, path: api.Prefix + route.path, authorization: a.header(route.method, api.Prefix+route.path), body: route.body,
				header: http.Header{"Idempotency-Key": {"attack-" + a.name}},
			})
			if got.status < 400 || a.status != 0 && got.status != a.status {
				t.Errorf("%s: %s answers %d: %s", a.name, route.operation, got.status, got.body)
			}
			if got.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %s answers as %q", a.name, route.operation, got.header.Get("Content-Type"))
			}
			for _, id := range []string{a.owner.schema, a.owner.backup, a.owner.plan, a.owner.restore, a.owner.run, a.owner.target, canary} {
				if strings.Contains(string(got.body), id) {
					t.Errorf("%s: %s repeats an id", a.name, route.operation)
				}
			}
		}
		if after := r.written(); after != before {
			t.Errorf("%s: the database was written: %s, before %s", a.name, after, before)
		}
	}
}

func TestIDsOfAnotherTenantAreAnsweredLikeIDsThatDoNotExist(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	globex := r.install("globex")
	nobody := &site{
		rig: r, schema: newID(1), backup: newID(2), plan: newID(3), restore: newID(4), run: newID(5), target: newID(6),
	}
	foreign, missing := r.acme.routes(t), nobody.routes(t)
	before := r.written()
	for i, route := range foreign {
		if !route.ids {
			continue
		}
		theirs := globex.as(route.method, route.path, route.body, "X-Request-Id", "same-request")
		none := globex.as(missing[i].method, missing[i].path, missing[i].body, "X-Request-Id", "same-request")
		if theirs.status != http.StatusNotFound {
			t.Errorf("%s with an id of another tenant answers %d: %s", route.operation, theirs.status, theirs.body)
		}
		if string(theirs.body) != string(none.body) || theirs.status != none.status {
			t.Errorf("%s tells ids of others from ids that do not exist:\n%s\n%s", route.operation, theirs.body, none.body)
		}
	}
	if after := r.written(); after != before {
		t.Errorf("the database was written")
	}
	r.acme.licence(models.LicenceExpired)
	if r.written() == before {
		t.Error("this test would not notice that the database was written")
	}
}

func newID(n int) string { return fmt.Sprintf("0190a7f2-5a4e-7c5e-9a55-0000000000%02d", n) }

// newRuns are the operations that begin work for which a licence is needed.
var newRuns = []string{"startSync", "startBackup", "startPlan", "startRestore"}

func TestWithoutALicenceNothingNewBeginsAndEverythingElseWorks(t *testing.T) {
	t.Parallel()
	for _, state := range []string{models.LicenceNone, models.LicenceExpired} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.acme.licence(state)
			before := r.written()
			for _, route := range r.acme.routes(t) {
				if slices.Contains(newRuns, route.operation) {
					refusal(t, r.acme.as(route.method, route.path, route.body), http.StatusForbidden, "licence")
				}
			}
			if after := r.written(); after != before {
				t.Error("the database was written")
			}
			for _, route := range r.acme.routes(t) {
				if route.method != http.MethodGet || route.operation == "followRun" {
					continue
				}
				if got := r.acme.as(route.method, route.path, nil); got.status != http.StatusOK {
					t.Errorf("%s answers %d: %s", route.operation, got.status, got.body)
				}
			}
			session := into[api.Session](t, r.acme.as(http.MethodGet, "/session", nil), http.StatusOK)
			if session.Licence.CanRun || session.Licence.Notice == "" || session.Licence.State != state {
				t.Errorf("the session does not say that the licence is missing: %+v", session.Licence)
			}
			if got := r.acme.as(http.MethodPost, "/runs/"+r.acme.run+"/stop", nil); got.status != http.StatusOK {
				t.Errorf("a run cannot be stopped: %d %s", got.status, got.body)
			}
			r.acme.licence(models.LicenceActive)
			if got := r.acme.as(http.MethodPost, "/sync", nil); got.status != http.StatusAccepted {
				t.Errorf("with the licence back a sync is answered with %d: %s", got.status, got.body)
			}
		})
	}
}
