package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"stowage/atlassian/sim/host"
	"stowage/test/rig"
)

// appKey is the key of the app that is installed on a site.
func (b *bench) appKey(t *testing.T, site string) string {
	t.Helper()
	apps := b.sites.Host.Site(site).Apps()
	if len(apps) != 1 {
		t.Fatalf("%d apps on %s", len(apps), site)
	}
	return apps[0].Key
}

// ask sends a request and returns status and body of the answer.
func ask(ctx context.Context, t *testing.T, method, address, body string, header http.Header) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	res, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // It was read, or the reading has failed.
	read, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(read)
}

// ended counts the runs that a process has worked on, as the operator sees them, that have labels such as kind="restore".
func (b *bench) ended(ctx context.Context, t *testing.T, p *rig.Process, labels ...string) float64 {
	t.Helper()
	return b.metric(ctx, t, p, "stowage_runs_total", labels...)
}

// metric adds up what a process shows the operator under a name, with labels.
func (b *bench) metric(ctx context.Context, t *testing.T, p *rig.Process, name string, labels ...string) float64 {
	t.Helper()
	status, text := ask(ctx, t, http.MethodGet, p.Base+"/metrics", "", http.Header{"Authorization": {"Bearer " + b.o.Operator}})
	if status != http.StatusOK {
		t.Fatalf("/metrics answers %d: %s", status, text)
	}
	var sum float64
lines:
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, name+"{") && !strings.HasPrefix(line, name+" ") {
			continue
		}
		for _, label := range labels {
			if !strings.Contains(line, label) {
				continue lines
			}
		}
		var value float64
		if _, err := fmt.Sscan(line[strings.LastIndexByte(strings.TrimSpace(line), ' '):], &value); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		sum += value
	}
	return sum
}

// refusedWith says whether an answer was refused with a status.
func refusedWith(err error, status int) bool {
	refused, ok := errors.AsType[*rig.Refused](err)
	return ok && refused.Status == status
}

// TestAnAppThatIsUninstalledInMidRunFindsEverythingAgain uninstalls the app while a restore is under way and another waits, tries every
// door with the old tokens, and installs it again.
func TestAnAppThatIsUninstalledInMidRunFindsEverythingAgain(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes() {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, shape, 200, 0)
			p := b.start(t)
			c := b.install(t, p)
			ctx := within(t, patience)
			site, key := b.sites.Host.Site(rig.Source), b.appKey(t, rig.Source)
			backup := backUp(t, c)
			first, second := plan(t, c, backup), planAs(t, c, backup, "Second", "SECOND")
			run, restore := b.restoreAsFarAs(ctx, t, c, p, first, 5)
			waiting := begin(t, c, second)
			schemas := get[map[string]any](ctx, t, c, "/schemas")
			schema, err := c.Schema(ctx, "ITSM")
			if err != nil {
				t.Fatal(err)
			}
			old, err := c.Token()
			if err != nil {
				t.Fatal(err)
			}
			page, err := site.FrameURL(key, "", site.Administrator(), nil)
			if err != nil {
				t.Fatal(err)
			}

			if err := site.Uninstall(ctx, key); err != nil {
				t.Fatal(err)
			}
			deadDoors := func(when string) {
				t.Helper()
				for _, door := range []string{
					"GET /session", "GET /connection", "GET /schemas", "GET /schemas/" + schema, "GET /schemas/" + schema + "/backups", "GET /backups/" + backup,
					"GET /plans/" + second, "GET /restores", "GET /restores/" + restore, "GET /restores/" + restore + "/log.json", "GET /runs/" + run.ID,
					"GET /runs/" + run.ID + "/log", "GET /runs/" + run.ID + "/events", "GET /targets", "GET /audit", "GET /licence", "POST /sync",
					"POST /schemas/" + schema + "/backups", "POST /restores", "POST /runs/" + run.ID + "/stop", "POST /runs/" + run.ID + "/resume",
					"DELETE /backups/" + backup, "DELETE /connection",
				} {
					method, path, _ := strings.Cut(door, " ")
					header := http.Header{"Authorization": {"JWT " + old}, "Content-Type": {"application/json"}}
					status, text := ask(ctx, t, method, p.Base+"/api/v1"+path, "", header)
					if status != http.StatusUnauthorized {
						t.Errorf("%s, %s answers %d: %s", when, door, status, text)
					}
					for _, id := range []string{backup, restore, run.ID, schema} {
						if strings.Contains(strings.ReplaceAll(text, path, ""), id) {
							t.Errorf("%s, the refusal of %s names an id", when, door)
						}
					}
				}
				if status, _ := ask(ctx, t, http.MethodGet, page, "", nil); status != http.StatusUnauthorized {
					t.Errorf("%s, the old page answers %d", when, status)
				}
			}
			deadDoors("after the uninstallation")
			until(ctx, t, "the restore ends", func() bool {
				return b.ended(ctx, t, p, `kind="restore"`, `outcome="terminated"`) == 1
			})
			made := b.restored(t)

			// What comes late, twice, or from somebody else, wakes nothing up.
			for what, send := range map[string]func(context.Context, string, host.Event) error{"repeated": site.Repeat, "replayed": site.Replay, "unsigned": site.SendUnsigned} {
				for _, event := range []host.Event{host.EventUninstalled, host.EventDisabled, host.EventEnabled, host.EventInstalled} {
					if what == "repeated" && event == host.EventInstalled {
						continue // That is an installation.
					}
					if err := send(ctx, key, event); err != nil && !errors.Is(err, host.ErrRefused) {
						t.Errorf("%s %s: %v", what, event, err)
					}
				}
			}
			deadDoors("after late callbacks")

			b.release()
			c, err = b.sites.Install(ctx, rig.Source, p.Base)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // The second is a duplicate.
				if err := site.Repeat(ctx, key, host.EventInstalled); err != nil {
					t.Error(err)
				}
			}
			if err := site.Replay(ctx, key, host.EventInstalled); err != nil {
				t.Error(err)
			}
			for _, event := range []host.Event{host.EventUninstalled, host.EventDisabled, host.EventEnabled} {
				if err := site.SendUnsigned(ctx, key, event); !errors.Is(err, host.ErrRefused) {
					t.Errorf("unsigned %s: %v", event, err)
				}
			}
			if err := site.Replay(ctx, key, host.EventUninstalled); err != nil && !errors.Is(err, host.ErrRefused) {
				t.Error(err)
			}
			deadDoors("after the new installation")

			// Everything is there again, and nothing went on by itself.
			if found := get[map[string]any](ctx, t, c, "/connection"); found["email"] != b.sites.Sim.Site(rig.Source).Info(b.sites.Base).Email {
				t.Errorf("the connection is %v", found)
			}
			if found := get[map[string]any](ctx, t, c, "/schemas"); found["total"] != schemas["total"] {
				t.Errorf("%v schemas, before %v", found["total"], schemas["total"])
			}
			list := get[backups](ctx, t, c, "/schemas/"+schema+"/backups").Items
			if len(list) != 1 || list[0].ID != backup || !list[0].Restorable {
				t.Errorf("the backups are %+v", list)
			}
			restores := get[struct {
				Total int
				Items []struct{ State string }
			}](ctx, t, c, "/restores")
			if restores.Total != 2 || restores.Items[0].State != "terminated" || restores.Items[1].State != "terminated" {
				t.Errorf("the restores are %+v", restores)
			}
			if at := get[rig.Run](ctx, t, c, "/runs/"+run.ID); at.State != "terminated" {
				t.Errorf("the restore is %s", at.State)
			}
			if at := get[rig.Run](ctx, t, c, "/runs/"+waiting.ID); at.State != "terminated" || at.Message != "The app was uninstalled." {
				t.Errorf("the restore that waited is %s: %q", at.State, at.Message)
			}
			if now := b.restored(t); now != made {
				t.Errorf("%d objects were created by a run that had ended", now-made)
			}
			for _, id := range []string{waiting.ID, run.ID} {
				post[rig.Run](ctx, t, c, "/runs/"+id+"/resume", nil)
				finish(ctx, t, c, p, id)
			}
			b.whole(t)
			b.wholeAs(t, "SECOND")
			backUp(t, c)
		})
	}
}
