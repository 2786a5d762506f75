package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/jobs"
	"stowage/models"
	"stowage/report"
	"stowage/server/api"
)

func TestTheSameKeyTakesEffectOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	order := map[string]any{"description": "before the clean-up"}
	path := "/schemas/" + r.acme.schema + "/backups"

	first := r.acme.as(http.MethodPost, path, order, "Idempotency-Key", "key-1")
	started := into[api.BackupStarted](t, first, http.StatusAccepted)
	again := r.acme.as(http.MethodPost, path, order, "Idempotency-Key", "key-1")
	if again.status != first.status || string(again.body) != string(first.body) || again.header.Get("Location") != first.header.Get("Location") {
		t.Errorf("the second answer is %d %s, the first was %d %s", again.status, again.body, first.status, first.body)
	}
	if again.header.Get("Idempotency-Replayed") != "true" || first.header.Get("Idempotency-Replayed") != "" {
		t.Error("only the second answer should say that it is repeated")
	}
	if first.header.Get("Location") != "/api/v1/runs/"+started.Run.ID {
		t.Errorf("the run is said to be at %q", first.header.Get("Location"))
	}
	list := into[api.BackupList](t, r.acme.as(http.MethodGet, path, nil), http.StatusOK)
	if list.Total != 2 {
		t.Errorf("there are %d backups, not the one of the rig and one more", list.Total)
	}

	order["description"] = "another one"
	refusal(t, r.acme.as(http.MethodPost, path, order, "Idempotency-Key", "key-1"), http.StatusUnprocessableEntity, "idempotency-mismatch")
	refusal(t, r.acme.as(http.MethodPost, "/sync", nil, "Idempotency-Key", "key-1"), http.StatusUnprocessableEntity, "idempotency-mismatch")
	refusal(t, r.acme.as(http.MethodPost, path, order, "Idempotency-Key", strings.Repeat("k", 129)), http.StatusUnprocessableEntity, "invalid")
	// A key belongs to its tenant.
	globex := r.install("globex")
	into[api.BackupStarted](t, globex.as(http.MethodPost, "/schemas/"+globex.schema+"/backups", order, "Idempotency-Key", "key-1"), http.StatusAccepted)
	// Without a key the same is refused as being done already, which says nothing of keys.
	refusal(t, r.acme.as(http.MethodPost, path, order), http.StatusConflict, "already-running")
}

func TestAKeyWhoseRequestCameToNothingCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	body := map[string]any{"email": "ada@acme.example", "token": canary}
	r.checker.fail(fmt.Errorf("the site fell over: %s", canary))
	refusal(t, r.acme.as(http.MethodPost, "/connection/check", body, "Idempotency-Key", "key-2"), http.StatusInternalServerError, "internal")
	r.checker.fail(nil)
	into[api.Checked](t, r.acme.as(http.MethodPost, "/connection/check", body, "Idempotency-Key", "key-2"), http.StatusOK)
}

func TestOfManyEqualRequestsAtOnceOneTakesEffect(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := "/schemas/" + r.acme.schema + "/backups"
	var wg sync.WaitGroup
	answers := make([]answered, 12)
	for i := range answers {
		wg.Go(func() { answers[i] = r.acme.as(http.MethodPost, path, map[string]any{}, "Idempotency-Key", "key-3") })
	}
	wg.Wait()
	ids := map[string]bool{}
	for _, a := range answers {
		switch a.status {
		case http.StatusAccepted:
			ids[into[api.BackupStarted](t, a, http.StatusAccepted).BackupID] = true
		case http.StatusConflict:
			refusal(t, a, http.StatusConflict, "idempotency-running")
		default:
			t.Errorf("one of many answers %d: %s", a.status, a.body)
		}
	}
	if len(ids) != 1 {
		t.Errorf("%d backups were begun", len(ids))
	}
}

func TestListsComeInPagesThatMissNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var seen []models.SchemaSeen
	for i := range 31 {
		seen = append(seen, models.SchemaSeen{SchemaID: strconv.Itoa(i + 1), Key: fmt.Sprintf("K%d", i), Name: fmt.Sprintf("Schema %02d", i)})
	}
	r.acme.sync(seen...)
	first := into[api.SchemaList](t, r.acme.as(http.MethodGet, "/schemas", nil), http.StatusOK)
	if len(first.Items) != 25 || first.Total != 31 || first.Next == "" {
		t.Fatalf("the first page has %d of %d, next %q", len(first.Items), first.Total, first.Next)
	}
	second := into[api.SchemaList](t, r.acme.as(http.MethodGet, "/schemas?cursor="+url.QueryEscape(first.Next), nil), http.StatusOK)
	if len(second.Items) != 6 || second.Total != 31 || second.Next != "" {
		t.Fatalf("the second page has %d of %d, next %q", len(second.Items), second.Total, second.Next)
	}
	ids := map[string]bool{}
	for _, s := range append(first.Items, second.Items...) {
		ids[s.ID] = true
	}
	if len(ids) != 31 {
		t.Errorf("the two pages show %d schemas", len(ids))
	}
	small := into[api.SchemaList](t, r.acme.as(http.MethodGet, "/schemas?limit=3", nil), http.StatusOK)
	if len(small.Items) != 3 {
		t.Errorf("a page of 3 has %d", len(small.Items))
	}
	for _, query := range []string{"limit=0", "limit=101", "limit=x", "cursor=nonsense", "colour=red", "status=Gone"} {
		refusal(t, r.acme.as(http.MethodGet, "/schemas?"+query, nil), http.StatusUnprocessableEntity, "invalid")
	}
}

func TestBackupsAreListedByPagesOfTwentyOverTheLatestFifty(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 54 {
		_, err := r.acme.tenant.CreateBackup(t.Context(), models.Backup{
			SchemaID: r.acme.schema, Trigger: []string{models.TriggerManual, models.TriggerScheduled}[i%2], State: models.BackupComplete, SnapshotID: fmt.Sprint("s", i),
		})
		r.must(err)
	}
	path := "/schemas/" + r.acme.schema + "/backups"
	var sizes []int
	next := ""
	for {
		p := into[api.BackupList](t, r.acme.as(http.MethodGet, path+"?cursor="+next, nil), http.StatusOK)
		sizes = append(sizes, len(p.Items))
		if p.Total != 50 {
			t.Errorf("without a date %d are counted", p.Total)
		}
		for _, b := range p.Items {
			if len(b.ObjectTypes) != 0 || b.ObjectTypes == nil {
				t.Error("a list holds object types, or null for none")
			}
		}
		if next = p.Next; next == "" {
			break
		}
	}
	if diff := cmp.Diff([]int{20, 20, 10}, sizes); diff != "" {
		t.Errorf("the pages (-want +got)\n%s", diff)
	}
	since := url.QueryEscape(time.Now().Add(-time.Hour).UTC().Format(time.RFC3339))
	if p := into[api.BackupList](t, r.acme.as(http.MethodGet, path+"?from="+since, nil), http.StatusOK); p.Total != 55 {
		t.Errorf("with a date %d are counted, not all 55", p.Total)
	}
	if p := into[api.BackupList](t, r.acme.as(http.MethodGet, path+"?to="+since, nil), http.StatusOK); p.Total != 0 || p.Items == nil {
		t.Errorf("before there was any %d are counted", p.Total)
	}
	p := into[api.BackupList](t, r.acme.as(http.MethodGet, path+"?trigger=Scheduled&from="+since, nil), http.StatusOK)
	if p.Total != 27 || p.Items[0].Trigger != models.TriggerScheduled {
		t.Errorf("%d scheduled ones are counted", p.Total)
	}
	refusal(t, r.acme.as(http.MethodGet, path+"?from=yesterday", nil), http.StatusUnprocessableEntity, "invalid")
}

func TestSchemasAreFiltered(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.acme.sync(models.SchemaSeen{SchemaID: "8", Key: "HR", Name: "Human Resources"}, models.SchemaSeen{SchemaID: "9", Key: "FAC", Name: "Facilities", Error: "no permission"})
	for query, want := range map[string][]string{
		"":                             {"Facilities", "Human Resources", "IT Service Management"},
		"?q=h":                         {"Human Resources"},
		"?hideDeleted=true":            {"Facilities", "Human Resources"},
		"?status=Deleted":              {"IT Service Management"},
		"?status=Sync+Error":           {"Facilities"},
		"?location=Another+Cloud":      {},
		"?instance=current&q=RESOURCE": {"Human Resources"},
		"?q=%25":                       {},
	} {
		list := into[api.SchemaList](t, r.acme.as(http.MethodGet, "/schemas"+query, nil), http.StatusOK)
		got := []string{}
		for _, s := range list.Items {
			got = append(got, s.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got)\n%s", query, diff)
		}
		if len(list.Instances) != 1 || list.Instances[0].ID != "current" || list.Instances[0].Name != "acme" || list.Instances[0].URL != "https://acme.atlassian.net" {
			t.Errorf("%q: the instances are %+v", query, list.Instances)
		}
	}
	grid := into[api.SchemaList](t, r.acme.as(http.MethodGet, "/schemas?status=Deleted", nil), http.StatusOK).Items[0]
	if grid.LastBackup == nil || grid.LastBackup.ID != r.acme.backup || grid.Backups.State != "Disabled" || grid.AssetsURL != "https://acme.atlassian.net/jira/assets/object-schema/7" {
		t.Errorf("the row is %+v", grid)
	}
	refusal(t, r.acme.as(http.MethodPost, "/schemas/"+r.acme.schema+"/backups", map[string]any{}), http.StatusConflict, "schema-deleted")
}

func TestNamesInUseAreFoundHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	seen := []models.SchemaSeen{{SchemaID: "900", Key: "LAST", Name: "Zürich", Error: "no permission"}, {SchemaID: "901", Key: "HID", Name: "Hidden"}}
	for i := range 150 {
		seen = append(seen, models.SchemaSeen{SchemaID: strconv.Itoa(i + 1000), Key: fmt.Sprintf("K%d", i), Name: fmt.Sprintf("Schema %03d", i)})
	}
	r.acme.sync(seen...)
	for _, s := range r.acme.schemas() {
		if s.Name != "Hidden" {
			continue
		}
		if got := r.acme.as(http.MethodDelete, "/schemas/"+s.ID, map[string]any{"confirmName": s.Name}); got.status != http.StatusNoContent {
			t.Fatalf("a schema is not taken from the grid: %d %s", got.status, got.body)
		}
	}
	for query, want := range map[string]api.NamesInUse{
		"":                                 {},
		"name=Nothing&key=NO":              {},
		"name=%20zÜRICH%20&key=LAST":       {Name: true, Key: true},
		"name=Schema+149":                  {Name: true},
		"key=K149":                         {Key: true},
		"name=Hidden&key=HID":              {Name: true, Key: true},
		"name=Schema":                      {},
		"name=IT+Service+Management":       {}, // It is deleted from the site.
		"name=Schema+001&key=ITSM":         {Name: true},
		"name=" + strings.Repeat("x", 254): {},
	} {
		if diff := cmp.Diff(want, into[api.NamesInUse](t, r.acme.as(http.MethodGet, "/schemas/names?"+query, nil), http.StatusOK)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", query, diff)
		}
	}
	globex := r.install("globex")
	if got := into[api.NamesInUse](t, globex.as(http.MethodGet, "/schemas/names?name=Schema+149&key=K149", nil), http.StatusOK); got.Name || got.Key {
		t.Error("another site knows the names")
	}
}

func TestTheSetUpGoesStepByStep(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	step := func() string {
		return into[api.Session](t, r.acme.as(http.MethodGet, "/session", nil), http.StatusOK).Setup.Step
	}
	if got := step(); got != "done" {
		t.Fatalf("a site that is set up is at %q", got)
	}
	refusal(t, r.acme.as(http.MethodDelete, "/connection", map[string]any{"confirm": false}), http.StatusUnprocessableEntity, "invalid")
	if got := r.acme.as(http.MethodDelete, "/connection", map[string]any{"confirm": true}); got.status != http.StatusNoContent {
		t.Fatalf("the connection is not deleted: %d %s", got.status, got.body)
	}
	refusal(t, r.acme.as(http.MethodGet, "/connection", nil), http.StatusNotFound, "not-connected")
	refusal(t, r.acme.as(http.MethodPost, "/sync", nil), http.StatusConflict, "not-connected")
	if got := step(); got != "credentials" {
		t.Errorf("after the deletion the set-up is at %q", got)
	}
	if list := into[api.SchemaList](t, r.acme.as(http.MethodGet, "/schemas", nil), http.StatusOK); list.Total != 0 {
		t.Errorf("%d schemas are left in the grid", list.Total)
	}
	into[api.Backup](t, r.acme.as(http.MethodGet, "/backups/"+r.acme.backup, nil), http.StatusOK)

	input := map[string]any{"email": "ada@acme.example", "workspaceId": "workspace-acme"}
	problem := refusal(t, r.acme.as(http.MethodPut, "/connection", input), http.StatusUnprocessableEntity, "invalid")
	if problem.Errors[0].Location != "body.token" {
		t.Errorf("the token is missing, but the problem is at %q", problem.Errors[0].Location)
	}
	input["token"] = "  " + canary + "-new-token-wxyz "
	saved := into[api.Connection](t, r.acme.as(http.MethodPut, "/connection", input), http.StatusOK)
	if saved.TokenHint != "wxyz" || saved.Storage != nil || saved.AccountName != "Ada Admin" || r.checker.last().ExpectSite != "https://acme.atlassian.net" {
		t.Errorf("saved was %+v, tried %+v", saved, r.checker.last())
	}
	if got := step(); got != "storage" {
		t.Errorf("with credentials the set-up is at %q", got)
	}
	if chosen := into[api.Connection](t, r.acme.as(http.MethodPut, "/connection/storage", map[string]any{"kind": "builtin"}), http.StatusOK); chosen.Storage == nil || chosen.TokenHint != "wxyz" {
		t.Errorf("chosen was %+v", chosen)
	}
	if got := step(); got != "sync" {
		t.Errorf("with a storage the set-up is at %q", got)
	}
	delete(input, "token")
	into[api.Connection](t, r.acme.as(http.MethodPut, "/connection", input), http.StatusOK)
	if r.checker.last().Token.Reveal() != canary+"-new-token-wxyz" {
		t.Error("a token that was left out is not the stored one")
	}
	run := into[api.Run](t, r.acme.as(http.MethodPost, "/sync", nil), http.StatusAccepted)
	again := into[api.Run](t, r.acme.as(http.MethodPost, "/sync", nil), http.StatusAccepted)
	shown := into[api.Connection](t, r.acme.as(http.MethodGet, "/connection", nil), http.StatusOK)
	if again.ID != run.ID || shown.Sync == nil || shown.Sync.ID != run.ID || run.QueuePosition != 0 {
		t.Errorf("two syncs at once: %s and %s, shown is %+v", run.ID, again.ID, shown.Sync)
	}
	if waiting := into[api.Run](t, r.acme.as(http.MethodGet, "/runs/"+run.ID, nil), http.StatusOK); waiting.QueuePosition != 1 || waiting.State != "queued" || !waiting.CanStop {
		t.Errorf("the waiting run is %+v", waiting)
	}
}

func TestWhatIsWrongWithCredentialsStandsBesideTheField(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	secret := canary + "-typed-token"
	for _, field := range []string{"email", "token", "workspaceId", ""} {
		r.checker.fail(&jobs.CheckError{Field: field, Code: "some-code", Sentence: "Something is wrong. Do this.", Link: "https://example.com/help", Err: fmt.Errorf("%s", secret)})
		got := r.acme.as(http.MethodPost, "/connection/check", map[string]any{"email": "ada@acme.example", "token": secret, "workspaceId": "w"})
		p := refusal(t, got, http.StatusUnprocessableEntity, "some-code")
		want := []api.FieldError{{Location: "body." + field, Message: "Something is wrong. Do this.", Code: "some-code", Link: "https://example.com/help"}}
		if field == "" {
			want = nil
		}
		if diff := cmp.Diff(want, p.Errors); diff != "" || p.Detail != "Something is wrong. Do this." {
			t.Errorf("%q: %s (-want +got)\n%s", field, p.Detail, diff)
		}
	}
	r.checker.fail(&jobs.CheckError{Field: "siteUrl", Code: "address-inner", Sentence: "Not there."})
	target := map[string]any{"name": "third", "email": "ada@third.example", "url": "https://localhost", "token": secret}
	if p := refusal(t, r.acme.as(http.MethodPost, "/targets", target), http.StatusUnprocessableEntity, "address-inner"); p.Errors[0].Location != "body.url" {
		t.Errorf("the problem with an address is at %q", p.Errors[0].Location)
	}
	if list := into[api.TargetList](t, r.acme.as(http.MethodGet, "/targets", nil), http.StatusOK); list.Total != 1 {
		t.Errorf("a target that does not work was saved: %d", list.Total)
	}
	for _, email := range []string{"nobody", "Ada <ada@acme.example>", "ada@"} {
		p := refusal(t, r.acme.as(http.MethodPost, "/connection/check", map[string]any{"email": email, "token": secret}), http.StatusUnprocessableEntity, "invalid")
		if p.Errors[0].Location != "body.email" {
			t.Errorf("%q: the problem is at %q", email, p.Errors[0].Location)
		}
	}
}

func TestAStoredTokenIsSentToNoOtherHost(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	path := "/targets/" + r.acme.target
	change := map[string]any{"name": "elsewhere", "email": "ada@elsewhere.example", "workspaceId": "w", "url": "https://elsewhere.atlassian.net/"}
	into[api.Target](t, r.acme.as(http.MethodPut, path, change), http.StatusOK)
	if r.checker.last().Token.Reveal() != canary+"-token-of-target-of-acme" {
		t.Error("the stored token was not tried")
	}
	for _, address := range []string{"https://evil.example", "https://elsewhere.atlassian.net.evil.example", "https://elsewhere.atlassian.net@evil.example", "http://elsewhere.atlassian.net", "https://elsewhere.atlassian.net:8443"} {
		change["url"] = address
		asked := r.checker.count()
		p := refusal(t, r.acme.as(http.MethodPut, path, change), http.StatusUnprocessableEntity, "invalid")
		trial := map[string]any{"id": r.acme.target, "email": change["email"], "url": address}
		refusal(t, r.acme.as(http.MethodPost, "/targets/check", trial), http.StatusUnprocessableEntity, "invalid")
		if p.Errors[0].Location != "body.token" || p.Errors[0].Code != "token-again" || r.checker.count() != asked {
			t.Errorf("%s: %+v", address, p.Errors)
		}
	}
	change["url"], change["token"] = "https://evil.example", "their own"
	into[api.Target](t, r.acme.as(http.MethodPut, path, change), http.StatusOK)
	change["name"], change["token"] = "second", "x"
	into[api.Target](t, r.acme.as(http.MethodPost, "/targets", change), http.StatusCreated)
	refusal(t, r.acme.as(http.MethodPost, "/targets", change), http.StatusConflict, "name-taken")
	if got := r.acme.as(http.MethodDelete, path, nil); got.status != http.StatusNoContent {
		t.Errorf("the target is not deleted: %d %s", got.status, got.body)
	}
	refusal(t, r.acme.as(http.MethodGet, path, nil), http.StatusNotFound, "not-found")
}

func TestBodiesThatAreNotWhatTheyShouldBeAreRefusedWithoutBeingRepeated(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	deep := strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)
	for name, c := range map[string]struct {
		body, location, code string
		status               int
	}{
		"a member that is not known": {`{"email":"ada@acme.example","CANARYmember":"CANARY"}`, "body.CANARYmember", "unknown", 422},
		"a wrong type":               {`{"email":["CANARY"]}`, "body.email", "type", 422},
		"a missing member":           {`{"token":"CANARY"}`, "body.email", "required", 422},
		"no JSON":                    {`{"email":"CANARY`, "body", "json", 400},
		"two values":                 {`{"email":"ada@acme.example"}{"token":"CANARY"}`, "body", "json", 400},
		"a member twice":             {`{"email":"CANARY","email":"ada@acme.example"}`, "body", "json", 400},
		"deep nesting":               {deep, "body", "json", 400},
		"very deep nesting":          {strings.Repeat("[", 200000), "body", "json", 400},
		"an array":                   {`["CANARY"]`, "body", "type", 422},
		"nothing":                    {``, "body", "required", 400},
		"null":                       {`null`, "body", "type", 422},
		"a long text":                {`{"email":"` + strings.Repeat("CANARY", 100) + `"}`, "body.email", "too-long", 422},
		"a name like a path":         {`{"email":"ada@acme.example","CANARY\nwith spaces":1}`, "body", "unknown", 422},
	} {
		got := r.acme.as(http.MethodPost, "/connection/check", c.body)
		p := refusal(t, got, c.status, "invalid")
		if len(p.Errors) == 0 || p.Errors[0].Location != c.location || p.Errors[0].Code != c.code {
			t.Errorf("%s: %+v", name, p.Errors)
		}
		if body := strings.ReplaceAll(string(got.body), "body.CANARYmember", ""); strings.Contains(body, canary) {
			t.Errorf("%s: the answer repeats what was sent: %s", name, got.body)
		}
	}
	refusal(t, r.acme.as(http.MethodPost, "/connection/check", `{}`, "Content-Type", "text/plain"), http.StatusUnsupportedMediaType, "unsupported-media-type")
	large := `{"email":"` + strings.Repeat("x", 2<<20) + `"}`
	for _, header := range [][]string{nil, {"Idempotency-Key", "large"}} {
		if got := r.acme.as(http.MethodPost, "/connection/check", large, header...); got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("a large body is answered with %d: %.200s", got.status, got.body)
		}
	}
}

func TestNoSecretIsAnsweredOrLogged(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	page := r.acme.host.Page(t, "/app/admin?lic=active", admin)
	if got := r.do(call{method: http.MethodGet, path: page}); got.status != http.StatusOK {
		t.Fatalf("the page is answered with %d: %s", got.status, got.body)
	}
	for _, route := range r.acme.routes(t) {
		if route.operation == "followRun" || route.method == http.MethodDelete {
			continue
		}
		if body, ok := route.body.(map[string]any); ok {
			if _, ok := body["token"]; ok {
				body["token"] = canary + "-typed"
			}
		}
		if got := r.acme.as(route.method, route.path, route.body, "Idempotency-Key", "canary-"+route.operation); strings.Contains(string(got.body), canary) {
			t.Errorf("%s answers with a secret: %s", route.operation, got.body)
		}
	}
	log := r.log.String()
	if strings.Contains(log, canary) || strings.Contains(log, "jwt=") || strings.Contains(log, "JWT ey") || strings.Contains(log, r.acme.token(admin)[:30]) {
		t.Error("the log holds a secret, a token or a query")
	}
	var line struct {
		Tenant, Route, Path string
		Status              int
		RequestID           string `json:"request_id"`
	}
	lines := strings.Split(strings.TrimSpace(log), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil || line.Tenant != r.acme.tenant.ID() || line.Route == "" || line.Status == 0 || line.RequestID == "" {
		t.Errorf("the last line of the log is %s (%v)", lines[len(lines)-1], err)
	}
}

func TestAPlanIsShownAsAPersonReviewsIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	plan := into[api.Plan](t, r.acme.as(http.MethodGet, "/plans/"+r.acme.plan, nil), http.StatusOK)
	want := []api.PlanType{{ID: "1", Name: "Hardware"}, {ID: "3", Name: "Person"}, {ID: "2", Name: "Server", ParentID: "1", Parent: "Hardware"}}
	if plan.State != "ready" || plan.Summary == nil {
		t.Fatalf("the plan is %+v", plan)
	}
	if diff := cmp.Diff(want, plan.Summary.ObjectTypes); diff != "" {
		t.Errorf("the types (-want +got)\n%s", diff)
	}
	if s := plan.Summary; s.Destination != "current" || s.SiteURL != "https://acme.atlassian.net" || s.SchemaName != "Restored" || s.Counts.ObjectTypes != 3 || len(s.Stages) == 0 || s.Findings == nil || s.Unselected == nil {
		t.Errorf("the summary is %+v", s)
	}
	order := map[string]any{"backupId": r.acme.backup, "destination": "instance", "targetId": r.acme.target, "schemaName": "New", "schemaKey": "NEW"}
	started := into[api.PlanStarted](t, r.acme.as(http.MethodPost, "/plans", order), http.StatusAccepted)
	if waiting := into[api.Plan](t, r.acme.as(http.MethodGet, "/plans/"+started.PlanID, nil), http.StatusOK); waiting.State != "pending" || waiting.Summary != nil || waiting.Run == nil {
		t.Errorf("the plan that waits is %+v", waiting)
	}
	refusal(t, r.acme.as(http.MethodPost, "/restores", map[string]any{"planId": started.PlanID}), http.StatusConflict, "plan-not-ready")
	for location, change := range map[string]map[string]any{
		"body.schemaKey":   {"schemaKey": "lower"},
		"body.schemaName":  {"schemaName": "a=b"},
		"body.targetId":    {"targetId": ""},
		"body.destination": {"destination": "moon"},
		"body.users":       {"users": "some"},
		"body.objectTypes": {"objectTypes": []string{"1", ""}},
	} {
		body := map[string]any{}
		maps.Copy(body, order)
		maps.Copy(body, change)
		if p := refusal(t, r.acme.as(http.MethodPost, "/plans", body), http.StatusUnprocessableEntity, "invalid"); p.Errors[0].Location != location {
			t.Errorf("%v is a problem of %s: %+v", change, location, p.Errors)
		}
	}
}

func TestARestoreIsShownWithItsRunItsPartsAndItsLog(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	under := into[api.Restore](t, r.acme.as(http.MethodGet, "/restores/"+r.acme.restore, nil), http.StatusOK)
	if under.State != "running" || under.Run == nil || under.Run.Progress.Rate != 10 || under.Run.Progress.SecondsLeft != 1 || !under.EndedAt.IsZero() || under.Target.URL != "" {
		t.Errorf("under way it is %+v, run %+v", under, under.Run)
	}
	states := map[string]string{}
	for _, s := range under.Run.Stages {
		states[s.Name] = s.State
	}
	if diff := cmp.Diff(map[string]string{"Restoring object types": "done", "Restoring object entries": "running"}, states); diff != "" {
		t.Errorf("the stages (-want +got)\n%s", diff)
	}
	r.acme.finish()
	over := into[api.RestoreList](t, r.acme.as(http.MethodGet, "/restores?state=completed&schemaId="+r.acme.schema, nil), http.StatusOK)
	if over.Total != 1 || over.Items[0].Target.URL != "https://acme.atlassian.net/jira/assets/object-schema/9" || over.Items[0].Message != "Operation success" || len(over.Items[0].Parts) != 5 {
		t.Errorf("over it is %+v", over)
	}
	if got := over.Items[0].Source.URL; got != "https://acme.atlassian.net/jira/assets/object-schema/7" {
		t.Errorf("the schema that was backed up is said to be at %q", got)
	}
	r.acme.sync() // It is gone from the site.
	if gone := into[api.Restore](t, r.acme.as(http.MethodGet, "/restores/"+r.acme.restore, nil), http.StatusOK); gone.Source.URL != "" || gone.Source.Name != "IT Service Management" {
		t.Errorf("a schema that is gone is %+v", gone.Source)
	}
	if none := into[api.RestoreList](t, r.acme.as(http.MethodGet, "/restores?state=error", nil), http.StatusOK); none.Total != 0 {
		t.Errorf("%d restores went wrong", none.Total)
	}
	file := r.acme.as(http.MethodGet, "/restores/"+r.acme.restore+"/log.json", nil)
	if entries := into[[]api.RestoreLogEntry](t, file, http.StatusOK); len(entries) != 1 || entries[0].ObjectKey != "ITSM-1" || !entries[0].Result {
		t.Errorf("the log is %+v", entries)
	}
	if got := file.header.Get("Content-Disposition"); got != `attachment; filename="restore-1-log.json"` {
		t.Errorf("the file is offered as %q", got)
	}
}

func TestDeletingAsksForTheNameOfTheSchema(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.acme.finish()
	for _, path := range []string{"/backups/" + r.acme.backup, "/schemas/" + r.acme.schema} {
		p := refusal(t, r.acme.as(http.MethodDelete, path, map[string]any{"confirmName": "it service management"}), http.StatusUnprocessableEntity, "invalid")
		if p.Errors[0].Location != "body.confirmName" {
			t.Errorf("%s: %+v", path, p.Errors)
		}
	}
	run := into[api.Run](t, r.acme.as(http.MethodDelete, "/backups/"+r.acme.backup, map[string]any{"confirmName": "IT Service Management"}), http.StatusAccepted)
	if run.Kind != "delete-backup" || run.CanStop {
		t.Errorf("the run is %+v", run)
	}
	shown := into[api.Backup](t, r.acme.as(http.MethodGet, "/backups/"+r.acme.backup, nil), http.StatusOK)
	if shown.State != "deleting" || shown.Restorable || shown.NotRestorableBecause == "" {
		t.Errorf("the backup is %+v", shown)
	}
}

func TestARunIsStoppedOnceAndResumed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	started := into[api.BackupStarted](t, r.acme.as(http.MethodPost, "/schemas/"+r.acme.schema+"/backups", map[string]any{}), http.StatusAccepted)
	grid := into[api.Schema](t, r.acme.as(http.MethodGet, "/schemas/"+r.acme.schema, nil), http.StatusOK)
	if grid.Backups.State != "Pending" || grid.Run == nil || grid.Run.ID != started.Run.ID {
		t.Errorf("the row of a schema whose backup waits is %+v", grid)
	}
	path := "/runs/" + started.Run.ID
	for range 2 {
		if run := into[api.Run](t, r.acme.as(http.MethodPost, path+"/stop", nil), http.StatusOK); run.State != "terminated" || run.CanStop || !run.CanResume {
			t.Errorf("the stopped run is %+v", run)
		}
	}
	if run := into[api.Run](t, r.acme.as(http.MethodPost, path+"/resume", nil), http.StatusAccepted); run.State != "queued" || run.ID != started.Run.ID {
		t.Errorf("the resumed run is %+v", run)
	}
	refusal(t, r.acme.as(http.MethodPost, path+"/resume", nil), http.StatusConflict, "not-resumable")
	running := into[api.Run](t, r.acme.as(http.MethodPost, "/runs/"+r.acme.run+"/stop", nil), http.StatusOK)
	if running.State != "stopping" || running.StopRequestedAt.IsZero() {
		t.Errorf("a run under way is %+v after a stop", running)
	}
	audit := into[api.AuditList](t, r.acme.as(http.MethodGet, "/audit?limit=3", nil), http.StatusOK)
	var actions []string
	for _, e := range audit.Items {
		actions = append(actions, e.Action)
	}
	if diff := cmp.Diff([]string{"run.stop", "run.resume", "run.stop"}, actions); diff != "" || audit.Next == "" || audit.Items[0].Actor != admin {
		t.Errorf("the audit log (-want +got)\n%s", diff)
	}
}

func TestTheLogOfARunIsReadByPlace(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.acme.write(700)
	path := "/runs/" + r.acme.run + "/log"
	last := into[api.LogPage](t, r.acme.as(http.MethodGet, path, nil), http.StatusOK)
	if len(last.Items) != 500 || last.Last != 701 || last.Items[0].Seq != 202 {
		t.Errorf("the last lines are %d from %d to %d", len(last.Items), last.Items[0].Seq, last.Last)
	}
	first := into[api.LogPage](t, r.acme.as(http.MethodGet, path+"?after=0&limit=10", nil), http.StatusOK)
	if len(first.Items) != 10 || first.Items[0].Key != "ITSM-1" || first.Last != 10 {
		t.Errorf("the first lines are %+v", first)
	}
	if none := into[api.LogPage](t, r.acme.as(http.MethodGet, path+"?after=701", nil), http.StatusOK); len(none.Items) != 0 || none.Last != 701 {
		t.Errorf("behind the last line there is %+v", none)
	}
	if found := into[api.LogPage](t, r.acme.as(http.MethodGet, path+"?q=itsm-0650", nil), http.StatusOK); len(found.Items) != 1 || found.Items[0].Key != "ITSM-0650" {
		t.Errorf("found was %+v", found)
	}
	refusal(t, r.acme.as(http.MethodGet, path+"?limit=501", nil), http.StatusUnprocessableEntity, "invalid")

	r.must(r.acme.running.AppendLog(t.Context(), []report.Entry{
		{Outcome: report.Failed, Kind: "object", Key: "ITSM-0701", Message: "refused"}, {Outcome: report.Warned, Kind: "object", Key: "ITSM-0702", Message: "partly"},
	}))
	r.acme.write(600)
	for query, want := range map[string][]string{
		"?outcome=failed":                {"ITSM-0701"},
		"?outcome=failed&outcome=warned": {"ITSM-0701", "ITSM-0702"},
		"?outcome=warned&q=refused":      {},
		"?outcome=failed&after=702":      {},
	} {
		keys := []string{}
		for _, line := range into[api.LogPage](t, r.acme.as(http.MethodGet, path+query, nil), http.StatusOK).Items {
			keys = append(keys, line.Key)
		}
		if diff := cmp.Diff(want, keys); diff != "" {
			t.Errorf("%s (-want +got)\n%s", query, diff)
		}
	}
	refusal(t, r.acme.as(http.MethodGet, path+"?outcome=splendid", nil), http.StatusUnprocessableEntity, "invalid")
}

func TestADeletedSchemaGoesWithItsBackupsAndAnotherComesBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.acme.finish()
	path, name := "/schemas/"+r.acme.schema, map[string]any{"confirmName": "IT Service Management"}
	if got := r.acme.as(http.MethodDelete, path, name); got.status != http.StatusNoContent {
		t.Fatalf("an active schema is not forgotten: %d %s", got.status, got.body)
	}
	grid := func() int64 {
		return into[api.SchemaList](t, r.acme.as(http.MethodGet, "/schemas", nil), http.StatusOK).Total
	}
	if grid() != 0 {
		t.Error("a forgotten schema is still in the grid")
	}
	r.acme.sync(models.SchemaSeen{SchemaID: "7", Key: "ITSM", Name: "IT Service Management"})
	if grid() != 1 {
		t.Error("a forgotten schema does not come back with the next sync")
	}
	into[api.Backup](t, r.acme.as(http.MethodGet, "/backups/"+r.acme.backup, nil), http.StatusOK)
	r.acme.sync()
	if got := r.acme.as(http.MethodDelete, path, name); got.status != http.StatusNoContent {
		t.Fatalf("a deleted schema is not forgotten: %d %s", got.status, got.body)
	}
	refusal(t, r.acme.as(http.MethodGet, "/backups/"+r.acme.backup, nil), http.StatusNotFound, "not-found")
}
