package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"stowage"
	"stowage/assets"
	"stowage/atlassian"
	"stowage/atlassian/connect/connecttest"
	"stowage/internal/redact"
	"stowage/internal/seal"
	"stowage/jobs"
	"stowage/models"
	"stowage/report"
	"stowage/restore"
	"stowage/restore/restoretest"
	"stowage/server"
	"stowage/server/api"
	"stowage/server/auth"
	"stowage/server/lifecycle"
	"stowage/server/web"
)

const (
	appBase  = "https://stowage.example"
	admin    = "557058:admin"
	ordinary = "557058:ordinary"
	// operator is the token of those who run the service.
	operator = "operator-token-that-is-long-enough"
	// canary is what no answer and no line of the log may hold: every secret of the tests begins with it.
	canary = "CANARY"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is the whole HTTP side on a database of its own, with a site that has something of everything.
type rig struct {
	t       *testing.T
	db      *models.DB
	folder  string
	server  *server.Server
	api     *api.API
	service *jobs.Service
	checker *fakeChecker
	library *library
	log     *lockedBuffer
	ready   *fakeCheck
	acme    *site
}

// site is a tenant with the ids of what it has.
type site struct {
	rig    *rig
	host   connecttest.Site
	tenant *models.Tenant

	schema, backup, plan, restore, run, target string
	// running is the restore that is under way.
	running *models.Run
}

// lockedBuffer is a log that several goroutines write to.
type lockedBuffer struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.String()
}

// silentBell is a doorbell nobody hears.
type silentBell struct{}

func (silentBell) Ring(context.Context, models.DueRun, time.Duration) error { return nil }

// admins knows one administrator of all sites.
type admins struct{}

func (admins) IsAdmin(_ context.Context, _ atlassian.HostSite, account string) (bool, error) {
	return account == admin, nil
}

func (admins) Licence(context.Context, atlassian.HostSite) (atlassian.HostLicence, error) {
	return atlassian.HostLicence{}, nil
}

// fakeChecker finds everything in order, or what it is told.
type fakeChecker struct {
	// pause is how long the site takes to answer.
	pause time.Duration

	mu    sync.Mutex
	err   error
	asked []jobs.CheckSpec
}

func (c *fakeChecker) Check(ctx context.Context, spec jobs.CheckSpec) (jobs.Checked, error) {
	select {
	case <-time.After(c.pause):
	case <-ctx.Done():
		return jobs.Checked{}, context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, spec)
	if c.err != nil {
		return jobs.Checked{}, c.err
	}
	workspace := spec.WorkspaceID
	if workspace == "" {
		workspace = "workspace-found"
	}
	return jobs.Checked{SiteURL: spec.SiteURL, WorkspaceID: workspace, AccountID: admin, AccountName: "Ada Admin"}, nil
}

func (c *fakeChecker) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

func (c *fakeChecker) last() jobs.CheckSpec {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked[len(c.asked)-1]
}

func (c *fakeChecker) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.asked)
}

// library has a log of every restore.
type library struct {
	// pause is how long it takes to write it.
	pause time.Duration
}

func (l *library) RestoreLog(ctx context.Context, _, _ string, w io.Writer) error {
	log := restore.NewLog(w)
	log.Add(restore.LogEntry{ObjectKey: "ITSM-1", Result: true, Message: "{ message: 'OK' }"})
	select {
	case <-time.After(l.pause):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return log.Close()
}

// fakeCheck works until it is told not to.
type fakeCheck struct {
	mu  sync.Mutex
	err error
}

func (c *fakeCheck) check(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *fakeCheck) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

func newRig(t *testing.T, changes ...func(*server.Config)) *rig {
	t.Helper()
	r := &rig{t: t, folder: t.TempDir(), checker: &fakeChecker{}, library: &library{}, log: &lockedBuffer{}, ready: &fakeCheck{}}
	master, err := seal.NewMaster([32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	if r.db, err = models.OpenWith(t.Context(), models.Options{Path: filepath.Join(r.folder, "stowage.db"), Seal: master}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := r.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.mount(changes)
	r.acme = r.install("acme")
	return r
}

// mount makes the server as the service does.
func (r *rig) mount(changes []func(*server.Config)) {
	r.t.Helper()
	base, err := url.Parse(appBase)
	if err != nil {
		r.t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.service = jobs.NewService(r.db, silentBell{}, log, jobs.ServiceOptions{})
	who := auth.New(auth.Config{Installations: r.db, Admins: admins{}, BaseURL: base})
	store := lifecycle.FromDB(r.db)
	licences := lifecycle.NewLicences(lifecycle.LicenceConfig{Store: store, Host: admins{}, Log: log})
	callbacks, err := lifecycle.New(lifecycle.Config{
		Store: store, Keys: connecttest.Keys{}, Runs: r.service, Licences: licences, Descriptor: stowage.Descriptor(), BaseURL: base, Log: log,
		WebhookSecrets: []redact.Secret{redact.New(canary + "-webhook-secret-that-is-long-enough")},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	pages, err := web.New(web.Config{
		Dist: fstest.MapFS{
			"index.html": {Data: []byte(`<html><head><meta name="stowage-host" content="development" /></head></html>`)}, "assets/a-1.js": {Data: []byte("1")},
		},
		Guard: lifecycle.Guard(who, licences),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.api = api.New(api.Config{
		Tenants: r.db, Runs: r.service, Checker: r.checker, Library: r.library, Log: log, Version: "1.2.3",
		Features: api.Features{Instances: true}, StorageLabel: "Built-in storage",
	})
	config := server.Config{
		API: r.api, Auth: who, Lifecycle: callbacks, Web: pages, Log: log, HTTPS: true,
		Checks: map[string]server.Check{"database": r.db.Ping, "redis": r.ready.check}, OperatorToken: redact.New(operator),
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "metrics") }),
		Queues:  http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "queues") }),
		// Walking every route many times is no abuse.
		Limits: server.Limits{Rate: 1e6, Burst: 1e6},
	}
	for _, change := range changes {
		change(&config)
	}
	if r.server, err = server.New(config); err != nil {
		r.t.Fatal(err)
	}
}

// install makes a tenant that has something of everything.
func (r *rig) install(name string) *site {
	r.t.Helper()
	s := &site{rig: r, host: connecttest.Site{
		AppBase: appBase, ClientKey: "client-" + name, Secret: canary + "-shared-secret-of-" + name, BaseURL: "https://" + name + ".atlassian.net",
	}}
	ctx := r.t.Context()
	inst, _, err := r.db.Install(ctx, models.InstallSpec{
		Product: "connect", ClientKey: s.host.ClientKey, BaseURL: s.host.BaseURL, DisplayURL: s.host.BaseURL, SharedSecret: redact.New(s.host.Secret),
	})
	r.must(err)
	s.tenant = r.db.ForTenant(inst.TenantID)
	r.must(s.tenant.SetInstallationState(ctx, models.Enabled))
	s.licence(models.LicenceActive)
	_, err = s.tenant.SaveConnection(ctx, models.Connection{
		SiteURL: s.host.BaseURL, WorkspaceID: "workspace-" + name, Email: "ada@" + name + ".example", Token: redact.New(canary + "-token-of-" + name),
		AccountID: admin, AccountName: "Ada Admin", StorageChosen: true, Storage: "builtin", CheckedAt: time.Now(),
	})
	r.must(err)
	s.sync(models.SchemaSeen{SchemaID: "7", Key: "ITSM", Name: "IT Service Management", Description: "Everything", Objects: 3})
	s.schema = s.schemas()[0].ID
	target, err := s.tenant.CreateTarget(ctx, models.Target{
		Name: "elsewhere", Location: models.LocationCloud, URL: "https://elsewhere.atlassian.net", WorkspaceID: "workspace-elsewhere",
		Email: "ada@elsewhere.example", Token: redact.New(canary + "-token-of-target-of-" + name),
	})
	r.must(err)
	s.target = target.ID
	s.backup = s.makeBackup(s.schema)
	s.plan = s.makePlan()
	s.restore, s.run = s.makeRestore()
	return s
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (s *site) licence(state string) {
	s.rig.t.Helper()
	_, err := s.tenant.SetLicence(s.rig.t.Context(), models.Licence{State: state, Source: "rest", CheckedAt: time.Now()})
	s.rig.must(err)
}

func (s *site) sync(seen ...models.SchemaSeen) {
	s.rig.t.Helper()
	_, err := s.tenant.SyncSchemas(s.rig.t.Context(), models.InstanceSeen{URL: s.host.BaseURL, Location: models.LocationCloud, WorkspaceID: "w"}, seen, time.Now())
	s.rig.must(err)
}

func (s *site) schemas() []models.Schema {
	s.rig.t.Helper()
	page, err := s.tenant.Schemas(s.rig.t.Context(), models.SchemaFilter{Limit: 100})
	s.rig.must(err)
	return page.Items
}

// claim takes a run as a worker does.
func (s *site) claim(info models.RunInfo) *models.Run {
	s.rig.t.Helper()
	run, err := s.tenant.Claim(s.rig.t.Context(), info.ID, info.Epoch, "worker")
	s.rig.must(err)
	return run
}

func (s *site) makeBackup(schema string) string {
	s.rig.t.Helper()
	ctx := s.rig.t.Context()
	info, backup, err := s.rig.service.StartBackup(ctx, s.tenant.ID(), admin, jobs.BackupSpec{SchemaID: schema, Description: "the first"})
	s.rig.must(err)
	run := s.claim(info)
	s.rig.must(run.EndBackup(ctx, models.StateSucceeded, nil, "", func(b *models.Backup) {
		b.State, b.SnapshotID, b.Objects, b.Bytes = models.BackupComplete, "snapshot-"+b.ID, 3, 1000
		b.ObjectTypes = []models.BackupType{{ID: "1", Name: "Server", Objects: 3}}
		b.Phases = []models.BackupPhase{{Name: "objects", State: "complete", Done: 3, Total: 3}}
		b.FinishedAt = time.Now()
	}))
	return backup.ID
}

func (s *site) makePlan() string {
	s.rig.t.Helper()
	ctx := s.rig.t.Context()
	info, plan, err := s.rig.service.StartPlan(ctx, s.tenant.ID(), admin, jobs.RestoreSpec{
		BackupID: s.backup, Destination: models.DestinationCurrent, SchemaName: "Restored", SchemaKey: "REST",
	})
	s.rig.must(err)
	s.rig.must(s.claim(info).EndPlan(ctx, models.StateSucceeded, nil, "", models.PlanResult{Document: planDocument(s.rig.t), Hash: "hash"}))
	return plan.ID
}

// write adds n lines to the log of the restore, whose keys are counted from 1.
func (s *site) write(n int) {
	s.rig.t.Helper()
	lines := make([]report.Entry, n)
	for i := range lines {
		lines[i] = report.Entry{Outcome: report.OK, Stage: "Restoring object entries", Kind: "object", Key: fmt.Sprintf("ITSM-%04d", i+1), Message: "restored"}
	}
	s.rig.must(s.running.AppendLog(s.rig.t.Context(), lines))
}

// finish ends the restore of the rig, which is under way.
func (s *site) finish() {
	s.rig.t.Helper()
	s.rig.must(s.running.EndRestore(s.rig.t.Context(), models.StateSucceeded, nil, "Operation success", func(r *models.Restore) {
		r.State, r.TargetSchemaID, r.Created = models.RestoreCompleted, "9", 3
	}))
}

func (s *site) makeRestore() (restoreID, runID string) {
	s.rig.t.Helper()
	ctx := s.rig.t.Context()
	info, row, err := s.rig.service.StartRestore(ctx, s.tenant.ID(), admin, s.plan)
	s.rig.must(err)
	run := s.claim(info)
	s.running = run
	s.rig.must(run.AppendLog(ctx, []report.Entry{{Outcome: report.OK, Stage: "Restoring object entries", Kind: "object", Key: "ITSM-1", Message: "restored"}}))
	_, err = run.Heartbeat(ctx, &models.RunProgress{Stage: "Restoring object entries", Rate: 10, Created: 1, Stages: []models.StageProgress{
		{Name: "Restoring object types", Done: 1, Total: 1, StartedAt: time.Now(), EndedAt: time.Now()},
		{Name: "Restoring object entries", Done: 1, Total: 3, StartedAt: time.Now()},
	}})
	s.rig.must(err)
	return row.ID, info.ID
}

// planDocument is a plan as the planner keeps it: three types, one of them below another.
func planDocument(t *testing.T) []byte {
	t.Helper()
	b := &restoretest.Backup{Name: "backup", Source: assets.Schema{ID: "7", Key: "ITSM", Name: "IT Service Management"}}
	for i, name := range []string{"Hardware", "Server", "Person"} {
		typ := assets.ObjectType{ID: strconv.Itoa(i + 1), Name: name, SchemaID: "7", Position: i}
		if name == "Server" {
			typ.ParentID = "1"
		}
		b.Types = append(b.Types, typ)
		for j, born := range []string{assets.AttributeKey, assets.AttributeName, assets.AttributeCreated, assets.AttributeUpdated} {
			b.Attrs = append(b.Attrs, assets.Attribute{
				ID: strconv.Itoa(100*i + j + 10), TypeID: typ.ID, Name: born, MinCardinality: 1, MaxCardinality: 1, Position: j,
				Label: born == assets.AttributeName, Editable: born == assets.AttributeName, System: born != assets.AttributeName,
			})
		}
	}
	plan, err := restore.NewPlan(t.Context(), b, restoretest.NewSite(), restore.Options{NewSchema: restore.NewSchema{Name: "Restored", Key: "REST"}})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// token is the context token of an account.
func (s *site) token(account string) string { return s.host.Context(s.rig.t, account) }

// call is a request to the server.
type call struct {
	method, path, authorization string
	body                        any
	header                      http.Header
}

// answered is the answer to a call.
type answered struct {
	status int
	header http.Header
	body   []byte
}

func (r *rig) do(c call) answered {
	r.t.Helper()
	var body io.Reader
	switch b := c.body.(type) {
	case nil:
	case string:
		body = bytes.NewReader([]byte(b))
	default:
		data, err := json.Marshal(b)
		if err != nil {
			r.t.Fatal(err)
		}
		body = bytes.NewReader(data)
	}
	req := httptest.NewRequestWithContext(r.t.Context(), c.method, c.path, body)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(req.Header, c.header)
	if c.authorization != "" {
		req.Header.Set("Authorization", c.authorization)
	}
	w := httptest.NewRecorder()
	r.server.ServeHTTP(w, req)
	return answered{status: w.Code, header: w.Header(), body: w.Body.Bytes()}
}

// as calls the API as the administrator of a site.
func (s *site) as(method, path string, body any, header ...string) answered {
	s.rig.t.Helper()
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return s.rig.do(call{method: method, path: api.Prefix + path, authorization: "JWT " + s.token(admin), body: body, header: h})
}

// into reads the body of an answer with a status.
func into[T any](t *testing.T, a answered, status int) T {
	t.Helper()
	var v T
	if a.status != status {
		t.Fatalf("the answer is %d, not %d: %s", a.status, status, a.body)
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}

// refusal reads a problem and checks its code.
func refusal(t *testing.T, a answered, status int, code string) api.Problem {
	t.Helper()
	p := into[api.Problem](t, a, status)
	if p.Code != code || p.Status != status || a.header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("the problem is %d %s (%s), not %d %s: %s", p.Status, p.Code, a.header.Get("Content-Type"), status, code, a.body)
	}
	return p
}

// written fingerprints what the database holds: any change of any row changes a file.
func (r *rig) written() string {
	r.t.Helper()
	var out strings.Builder
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(filepath.Join(r.folder, "stowage.db"+suffix))
		if err != nil && !os.IsNotExist(err) {
			r.t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s:%d:%x ", suffix, len(data), sum(data))
	}
	return out.String()
}
