package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/limit"
	"stowage/internal/porttest"
	"stowage/internal/seal"
	"stowage/models"
	"stowage/test/rig"
)

const (
	// apiRate is how many requests per second P9 sends, apiSeconds for how long. They come when they come, whether the
	// answers before have arrived or not, and each is measured from the moment it was due.
	apiRate    = 500
	apiSeconds = 20
	// apiBackups is how many backups stand in the tables, of apiSites tenants.
	apiBackups = 10_000
	apiSites   = 20
	// apiObjects is the size of the schema that is backed up meanwhile, at the pace that the documented limits allow, as
	// often as it takes.
	apiObjects = 20_000
)

// takeAPI asks the service for what the pages ask for, while it backs up.
func takeAPI(ctx context.Context, b *bench) (rows []row, err error) {
	dir, err := b.folder("api")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b.log.Say("P9: making %d sites, and %s backups in the tables", apiSites, thousands(apiBackups))
	binary, err := rig.BuildService(ctx, dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, apiSites)
	for i := range names {
		names[i] = fmt.Sprintf("site-%02d", i)
	}
	sites, err := rig.NewSites(ctx, rig.SitesOptions{Names: names, Objects: b.scaled(apiObjects), Seed: 1, Sim: sim.Options{Limits: limit.Options{Scale: 1}}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, sites.Close()) }()
	addr, err := porttest.Addr(ctx)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	service, err := rig.StartService(ctx, rig.ServiceOptions{Binary: binary, Addr: addr, Data: data, Store: filepath.Join(dir, "store"), Sites: sites.Base})
	if err != nil {
		return nil, err
	}
	defer service.Kill()
	var clients []*rig.Client
	for _, name := range names {
		c, err := sites.Install(ctx, name, service.Base)
		if err != nil {
			return nil, err
		}
		if err := sites.Connect(ctx, c, name); err != nil {
			return nil, err
		}
		clients = append(clients, c)
	}
	asked, err := fillTables(ctx, data, sites, names, clients)
	if err != nil {
		return nil, err
	}
	// The first backup is found by the pages as well; the others keep the service busy until the load is over.
	busy, stop := context.WithCancel(ctx)
	defer stop()
	backups := make(chan error, 1)
	var made atomic.Int64
	go func() { backups <- keepBackingUp(busy, clients[0], &made) }()
	l := &load{asked: asked, clients: clients}
	read := func() int64 { return sites.Sim.Stats().Snapshot().Calls["POST /object/aql"] }
	pages := read()
	l.run(ctx, b)
	pages = read() - pages
	stop()
	if err := <-backups; err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	return []row{l.row(made.Load(), pages)}, nil
}

// fillTables writes backups straight into the tables and returns what the pages of each tenant ask for.
func fillTables(ctx context.Context, data string, sites *rig.Sites, names []string, clients []*rig.Client) (asked [][]string, err error) {
	text, err := os.ReadFile(filepath.Join(data, "key")) //nolint:gosec // The directory is the bench's own.
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, err
	}
	master, err := seal.NewMaster([32]byte(raw))
	if err != nil {
		return nil, err
	}
	db, err := models.OpenWith(ctx, models.Options{Path: filepath.Join(data, "stowage.db"), Seal: master})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	begun := time.Now().Add(-300 * 24 * time.Hour)
	for i, name := range names {
		inst, err := db.FindInstallation(ctx, sites.Host.Site(name).ClientKey())
		if err != nil {
			return nil, err
		}
		tenant := db.ForTenant(inst.TenantID)
		page, err := tenant.Schemas(ctx, models.SchemaFilter{Limit: 100})
		if err != nil {
			return nil, err
		}
		if len(page.Items) == 0 {
			return nil, fmt.Errorf("%s has no schema", name)
		}
		schema := page.Items[0].ID
		var last string
		for n := range apiBackups / apiSites {
			at := begun.Add(time.Duration(n) * 12 * time.Hour)
			saved, err := tenant.CreateBackup(ctx, models.Backup{
				SchemaID: schema, SnapshotID: fmt.Sprintf("%s-%d", name, n), Trigger: models.TriggerManual, State: models.BackupComplete,
				Objects: 1000, Description: "before the change", CreatedAt: at, StartedAt: at, FinishedAt: at.Add(time.Minute),
			})
			if err != nil {
				return nil, err
			}
			last = saved.ID
		}
		asked = append(asked, []string{
			"/session", "/connection", "/schemas", "/schemas?hideDeleted=true&q=se", "/schemas/" + schema, "/schemas/" + schema + "/backups",
			"/schemas/" + schema + "/backups?from=" + begun.AddDate(0, 2, 0).UTC().Format(time.RFC3339) + "&to=" + begun.AddDate(0, 4, 0).UTC().Format(time.RFC3339),
			"/backups/" + last, "/restores", "/targets", "/audit",
		})
		if _, err := clients[i].Raw(ctx, http.MethodGet, asked[i][5], nil); err != nil {
			return nil, err
		}
	}
	return asked, nil
}

// keepBackingUp backs the large schema up again and again.
func keepBackingUp(ctx context.Context, c *rig.Client, made *atomic.Int64) error {
	schema, err := c.Schema(ctx, "ITSM")
	if err != nil {
		return err
	}
	for {
		run, _, err := c.BackUp(ctx, schema)
		if err != nil {
			return cmp.Or(context.Cause(ctx), err)
		}
		if _, err := c.Finish(ctx, run.ID); err != nil {
			return cmp.Or(context.Cause(ctx), err)
		}
		made.Add(1)
	}
}

// load is what is sent to the service, and what came of it.
type load struct {
	asked   [][]string
	clients []*rig.Client

	mu     sync.Mutex
	took   []time.Duration
	failed []error
}

// run sends requests at a fixed rate.
func (l *load) run(ctx context.Context, b *bench) {
	total := int(apiRate * apiSeconds * min(1, b.scale*4))
	random := rand.New(rand.NewPCG(1, 1))
	begun := time.Now()
	var wait sync.WaitGroup
	for n := range total {
		due := begun.Add(time.Duration(n) * time.Second / apiRate)
		timer := time.NewTimer(time.Until(due))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		tenant := n % len(l.clients)
		path := l.asked[tenant][random.IntN(len(l.asked[tenant]))]
		wait.Go(func() {
			_, err := l.clients[tenant].Raw(ctx, http.MethodGet, path, nil)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.took = append(l.took, time.Since(due))
			if err != nil {
				l.failed = append(l.failed, fmt.Errorf("%s: %w", path, err))
			}
		})
	}
	wait.Wait()
}

// row is the figure. Backups have ended meanwhile, and so many pages of objects were read for them.
func (l *load) row(backups, pages int64) row {
	slices.Sort(l.took)
	at := func(share float64) time.Duration { return l.took[int(share*float64(len(l.took)-1))] }
	p99 := float64(at(0.99)) / float64(time.Millisecond)
	how := fmt.Sprintf("%s requests of %d kinds by %d tenants, due at %d per second and measured from then; p50 %.1f ms, p99.9 %.1f ms; a backup runs at the pace of the documented limits (%d pages of objects read, %d backups ended meanwhile); load and sites on the same cores",
		thousands(len(l.took)), len(l.asked[0]), len(l.clients), apiRate, float64(at(0.5))/float64(time.Millisecond), float64(at(0.999))/float64(time.Millisecond), pages, backups)
	if len(l.failed) > 0 {
		how += ": such as " + l.failed[0].Error()
	}
	return row{
		ID: "P9", What: "API while backups run, " + thousands(apiBackups) + " backups in the tables", Value: p99, Bar: "p99 < 50 ms, 0 errors",
		Figure: fmt.Sprintf("p99 %.1f ms, %d errors", p99, len(l.failed)), Met: p99 < 50 && len(l.failed) == 0 && pages > 0, How: how,
	}
}

// takeFirstPage starts the demo in an empty directory and asks for the small Jira, then for the app's page in it, as somebody does who
// chooses the app there.
func takeFirstPage(ctx context.Context, b *bench) (rows []row, err error) {
	dir, err := b.folder("demo")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p := &program{dir: dir, binary: b.binary, log: b.log}
	if p.binary == "" {
		if err := p.build(ctx); err != nil {
			return nil, err
		}
	}
	const tries = 5
	var first, app []float64
	for range tries {
		at, err := openDemo(ctx, p.binary, dir)
		if err != nil {
			return nil, err
		}
		first, app = append(first, at[0].Seconds()), append(app, at[1].Seconds())
	}
	most := slices.Max(first)
	return []row{{
		ID: "P10", What: "from stowage demo to the first page", Value: most, Bar: "< 3 s",
		Figure: fmt.Sprintf("%.2f s at most", most), Met: most < 3,
		How: fmt.Sprintf("%d starts in an empty directory, 5,000 objects in the largest schema; the quickest %.2f s; the page of the app in it after %.2f s at most",
			tries, slices.Min(first), slices.Max(app)),
	}}, nil
}

// Where a page of the small Jira leads to the app, and where the page of the app there has its frame.
var (
	linkToApp = regexp.MustCompile(`href="([^"]*/plugins/servlet/ac/[^"]+)"`)
	frameOf   = regexp.MustCompile(`data-src="([^"]+)"`)
)

// openDemo starts the demo and says how long it took until the first page was there, and the page of the app in it.
func openDemo(ctx context.Context, binary, dir string) (at [2]time.Duration, err error) {
	cmd := exec.CommandContext(ctx, binary, "demo", "--json", "--no-open", "--addr", "127.0.0.1:0", "--app-addr", "127.0.0.1:0")
	cmd.Dir = dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		return at, err
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return at, err
	}
	defer func() {
		err = errors.Join(err, cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
	}()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		return at, err
	}
	var said struct {
		Sites []struct{ URL string }
	}
	if err := json.Unmarshal(line, &said); err != nil {
		return at, err
	}
	page, err := download(ctx, said.Sites[0].URL)
	if err != nil {
		return at, err
	}
	at[0] = time.Since(begun)
	for _, next := range []*regexp.Regexp{linkToApp, frameOf} {
		found := next.FindStringSubmatch(page)
		if found == nil {
			return at, fmt.Errorf("the page of the small Jira has no %s", next)
		}
		base, err := url.Parse(said.Sites[0].URL)
		if err != nil {
			return at, err
		}
		address, err := base.Parse(html.UnescapeString(found[1]))
		if err != nil {
			return at, err
		}
		if page, err = download(ctx, address.String()); err != nil {
			return at, err
		}
	}
	at[1] = time.Since(begun)
	return at, nil
}

// download reads a page.
func download(ctx context.Context, address string) (page string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return "", err
	}
	res, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", req.URL.Path, res.Status)
	}
	return string(text), err
}
