package atlassian_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"stowage/assets"
	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/world"
)

func TestThePeopleAndProjectsOfASiteAreRead(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	r := newRig(t, gen.Profile{Name: gen.ITSM}, 300)
	w := r.site.World()

	me := must[atlassian.User](t)(r.client.Myself(ctx))
	if me.AccountID == "" || !me.Active {
		t.Errorf("myself %+v", me)
	}
	have := must[map[string]bool](t)(r.client.Permissions(ctx, "ADMINISTER", "USER_PICKER"))
	if !have["ADMINISTER"] || !have["USER_PICKER"] || len(have) != 2 {
		t.Errorf("permissions %v", have)
	}
	users := map[string]bool{}
	inactive := 0
	for u, err := range r.client.Users(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		users[u.AccountID] = true
		if !u.Active {
			inactive++
		}
	}
	for _, u := range w.Users() {
		if !users[u.AccountID] {
			t.Errorf("user %s is missing", u.AccountID)
		}
	}
	if inactive == 0 {
		t.Error("inactive users are not listed")
	}
	group := w.Groups()[0]
	if !must[bool](t)(r.client.GroupExists(ctx, group.Name)) || must[bool](t)(r.client.GroupExists(ctx, "no such group")) {
		t.Error("groups are not told apart from what is none")
	}
	members := 0
	for id, err := range r.client.GroupMembers(ctx, group.Name) {
		if err != nil {
			t.Fatal(err)
		}
		if !users[id] {
			t.Errorf("member %q is no user", id)
		}
		members++
	}
	if members != len(group.Members) {
		t.Errorf("%d members, want %d", members, len(group.Members))
	}
	for _, err := range r.client.GroupMembers(ctx, "no such group") {
		if !errors.Is(err, assets.ErrNotFound) {
			t.Errorf("members of no group: %v", err)
		}
	}
	projects := must[[]atlassian.Project](t)(r.client.Projects(ctx))
	if len(projects) != len(w.Projects()) || len(projects) == 0 {
		t.Errorf("%d projects, want %d", len(projects), len(w.Projects()))
	}
	versions := 0
	for _, p := range projects {
		versions += len(p.Versions)
	}
	if versions == 0 {
		t.Error("no project has a version")
	}
	if found := must[[]atlassian.User](t)(r.client.FindUsers(ctx, me.Name)); !slices.ContainsFunc(found, func(u atlassian.User) bool { return u.AccountID == me.AccountID }) {
		t.Errorf("found %+v", found)
	}
	schema := must[[]assets.Schema](t)(r.client.Schemas(ctx))
	for _, s := range schema {
		if !s.CanManage {
			continue
		}
		roles := must[[]atlassian.Role](t)(r.client.Roles(ctx, s.ID))
		if len(roles) == 0 {
			t.Errorf("schema %s has no roles", s.ID)
		}
		if err := r.client.SetRole(ctx, roles[0].ID, []atlassian.Actor{{Type: atlassian.ActorGroup, ID: group.Name}, {Type: atlassian.ActorUser, ID: me.AccountID}}); err != nil {
			t.Fatal(err)
		}
		again := must[[]atlassian.Role](t)(r.client.Roles(ctx, s.ID))
		if len(again[0].Actors) != 2 {
			t.Errorf("role %+v", again[0])
		}
	}
	usage := must[atlassian.Usage](t)(r.client.Usage(ctx))
	if usage.Objects < 300 || len(usage.Schemas) == 0 {
		t.Errorf("usage %+v", usage)
	}
	must[assets.Properties](t)(r.client.GlobalProperties(ctx))
}

func TestTheIssuesThatHoldObjectsAreRead(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	r := newRig(t, gen.Profile{Name: gen.ITSM}, 300)
	w := r.site.World()
	if _, err := gen.Fill(w, gen.Profile{Name: gen.HR}, 100, 2); err != nil {
		t.Fatal(err)
	}
	for _, s := range must[[]assets.Schema](t)(r.client.Schemas(ctx)) {
		ofSchema := map[string]bool{}
		for _, typ := range must[[]assets.ObjectType](t)(r.client.ObjectTypes(ctx, s.ID)) {
			for _, o := range objectsOf(t, r.client, atlassian.ObjectQuery{TypeID: typ.ID}) {
				ofSchema[o.ID] = true
			}
		}
		want := map[string]int{}
		for _, i := range w.Issues() {
			if n := countObjects(i, ofSchema); n > 0 {
				want[i.Key] = n
			}
		}
		got := map[string]int{}
		for issue, err := range r.client.IssueObjects(ctx, s.ID) {
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range issue.Fields {
				for _, id := range f.ObjectIDs {
					if ofSchema[id] {
						got[issue.IssueKey]++
					}
				}
			}
		}
		for key, n := range want {
			if got[key] != n {
				t.Errorf("schema %s, issue %s: %d objects, want %d", s.Key, key, got[key], n)
			}
		}
		for key := range got {
			if want[key] == 0 {
				t.Errorf("schema %s: issue %s holds nothing of it", s.Key, key)
			}
		}
		t.Logf("schema %s: %d issues", s.Key, len(got))
		if s.Key == "ITSM" && len(got) == 0 {
			t.Error("no issue of the site holds an object: the test compared nothing")
		}
	}
}

func countObjects(i world.Issue, of map[string]bool) int {
	n := 0
	for _, ids := range i.Objects {
		for _, id := range ids {
			if of[id.String()] {
				n++
			}
		}
	}
	return n
}

// TestTheOddWaysOfTheServiceAreUnderstood reads the same site with the oddities switched on.
func TestTheOddWaysOfTheServiceAreUnderstood(t *testing.T) {
	t.Parallel()
	odd := newRig(t, gen.Profile{Name: gen.ITSM}, 400, func(o *sim.Options, _ *atlassian.Config) {
		o.Sites[0].IsLastAsString, o.Sites[0].ParentTypeIDAsNumber, o.Sites[0].MaxPage, o.Sites[0].TotalCap = true, true, 7, 5
	})
	plain := newRig(t, gen.Profile{Name: gen.ITSM}, 400)
	for _, s := range must[[]assets.Schema](t)(odd.client.Schemas(t.Context())) {
		a := must[[]assets.ObjectType](t)(odd.client.ObjectTypes(t.Context(), s.ID))
		b := must[[]assets.ObjectType](t)(plain.client.ObjectTypes(t.Context(), s.ID))
		for i := range a {
			if a[i].ID != b[i].ID || a[i].ParentID != b[i].ParentID {
				t.Errorf("type %s below %s, want %s below %s", a[i].ID, a[i].ParentID, b[i].ID, b[i].ParentID)
			}
			if x, y := objectsOf(t, odd.client, atlassian.ObjectQuery{TypeID: a[i].ID}), objectsOf(t, plain.client, atlassian.ObjectQuery{TypeID: a[i].ID}); len(x) != len(y) {
				t.Errorf("type %s: %d objects, want %d", a[i].ID, len(x), len(y))
			}
		}
	}
}

func TestTheWaysToSignIn(t *testing.T) {
	t.Parallel()
	r := newRig(t, gen.Profile{Name: gen.ITSM}, 5, func(o *sim.Options, _ *atlassian.Config) { o.Sites[0].OAuthToken = "oauth-1" })
	info := r.site.Info("http://127.0.0.1:9")
	bearer := r.connect(t, atlassian.Config{AllowLoopback: true, Bearer: secretOf("oauth-1"), CloudID: info.CloudID})
	if _, err := bearer.Schemas(t.Context()); err != nil {
		t.Errorf("with a bearer token: %v", err)
	}
	gateway := r.connect(t, atlassian.Config{AllowLoopback: true, APIURL: info.BaseURL + "/gateway/api"})
	if _, err := gateway.Schemas(t.Context()); err != nil {
		t.Errorf("by the gateway of the site: %v", err)
	}
	wrong := r.connect(t, atlassian.Config{AllowLoopback: true, Email: info.Email, Token: secretOf("wrong")})
	if _, err := wrong.Schemas(t.Context()); !errors.Is(err, assets.ErrUnauthorized) {
		t.Errorf("with a wrong token: %v", err)
	}
	elsewhere := r.connect(t, atlassian.Config{AllowLoopback: true, WorkspaceID: "00000000-0000-0000-0000-000000000000", HTTP: sim.Transport(r.sim)})
	_, err := elsewhere.Schemas(t.Context())
	if !errors.Is(err, assets.ErrNotFound) || !strings.Contains(err.Error(), "does not know the Assets workspace") {
		t.Errorf("another workspace: %v", err)
	}
}
