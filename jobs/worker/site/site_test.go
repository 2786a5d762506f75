package site_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"stowage/assets"
	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/world"
	"stowage/backup"
	"stowage/internal/redact"
	"stowage/jobs/worker/site"
	"stowage/restore"
)

// setup makes a simulated site and a client of it.
func setup(t *testing.T) (*sim.Sim, *atlassian.Client) {
	t.Helper()
	s, err := sim.New(sim.Options{Sites: []sim.SiteOptions{{Name: "acme"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gen.Fill(s.Sites()[0].World(), gen.Profile{Name: gen.ITSM}, 200, 1); err != nil {
		t.Fatal(err)
	}
	return s, connect(t, s, sim.Transport(s))
}

func connect(t *testing.T, s *sim.Sim, transport http.RoundTripper) *atlassian.Client {
	t.Helper()
	info := s.Sites()[0].Info("http://127.0.0.1:9")
	client, err := atlassian.New(atlassian.Config{
		SiteURL: info.BaseURL, APIURL: info.APIBaseURL, Email: info.Email, Token: redact.New(info.Token), AllowLoopback: true, HTTP: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestASourceAndATargetReadTheSameObjects(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	_, client := setup(t)
	source, target := site.NewSource(client), site.NewTarget(client)
	schemas, err := source.Schemas(ctx)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, s := range schemas {
		types, err := source.ObjectTypes(ctx, s.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, typ := range types {
			var read, written []string
			for page, err := range source.Objects(ctx, backup.ObjectQuery{TypeID: typ.ID}) {
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range page.Objects {
					read = append(read, o.ID)
				}
			}
			for o, err := range target.Objects(ctx, typ.ID) {
				if err != nil {
					t.Fatal(err)
				}
				written = append(written, o.ID)
			}
			counted, err := source.CountObjects(ctx, backup.ObjectQuery{TypeID: typ.ID})
			if err != nil || len(read) != len(written) || len(read) != counted {
				t.Errorf("type %s: source %d, target %d, counted %d, %v", typ.ID, len(read), len(written), counted, err)
			}
			total += len(read)
		}
	}
	if total < 200 {
		t.Errorf("only %d objects", total)
	}
}

func TestUsersAreFoundByTheirExactNameAndAskedForOnce(t *testing.T) {
	t.Parallel()
	s, client := setup(t)
	w := s.Sites()[0].World()
	w.PutUser(world.User{AccountID: "a-1", DisplayName: "Same Name", Active: true, AccountType: "atlassian"})
	w.PutUser(world.User{AccountID: "a-2", DisplayName: "Same Name", Active: false, AccountType: "atlassian"})
	w.PutUser(world.User{AccountID: "a-3", DisplayName: "Same Name Too", Active: true, AccountType: "atlassian"})
	target := site.NewTarget(client)
	for range 3 {
		users, err := target.UsersNamed(t.Context(), "Same Name")
		if err != nil || len(users) != 2 || users[0].Active == users[1].Active {
			t.Errorf("%+v, %v", users, err)
		}
	}
	if users, err := target.UsersNamed(t.Context(), "same name"); err != nil || len(users) != 0 {
		t.Errorf("another spelling: %+v, %v", users, err)
	}
	before := s.Stats().Snapshot().Calls["GET /rest/api/3/users/search"]
	if _, err := target.UsersNamed(t.Context(), "Nobody"); err != nil {
		t.Fatal(err)
	}
	if after := s.Stats().Snapshot().Calls["GET /rest/api/3/users/search"]; after != before || before == 0 {
		t.Errorf("the users were asked for again: %d calls after %d", after, before)
	}
}

func TestAnAnswerThatCannotBeUnderstoodIsSaidToBeOne(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	client := connect(t, s, strange{})
	source := site.NewSource(client)
	if _, err := source.Object(t.Context(), "1"); !errors.Is(err, backup.ErrUnreadable) {
		t.Errorf("an object: %v", err)
	}
	for _, err := range source.Objects(t.Context(), backup.ObjectQuery{TypeID: "1"}) {
		if !errors.Is(err, backup.ErrUnreadable) {
			t.Errorf("a page: %v", err)
		}
	}
	if _, err := site.NewTarget(client).CreateObject(t.Context(), restore.ObjectSpec{TypeID: "1"}); !errors.Is(err, assets.ErrUnknownOutcome) {
		t.Errorf("a write: %v", err)
	}
}

// strange answers everything but the workspace with a page for people.
type strange struct{}

func (strange) RoundTrip(r *http.Request) (*http.Response, error) {
	body := "<html>"
	if r.URL.Path == "/sites/acme/rest/servicedeskapi/assets/workspace" {
		body = `{"values":[{"workspaceId":"ws-1"}]}`
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r,
	}, nil
}
