package service

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"stowage/atlassian/sim/host"
	"stowage/server/lifecycle"
	"stowage/test/rig"
)

// session is what the pages know of the licence.
type session struct {
	Licence struct {
		State, Notice string
		CanRun        bool
	}
}

// TestWithoutALicenceRunsAreRefusedAndNothingElseIs lets the licence expire while a restore is under way, and brings it back: by the
// page, then by the webhook.
func TestWithoutALicenceRunsAreRefusedAndNothingElseIs(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes() {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			const secret = "a secret of the licence webhook, long enough"
			b := newBench(t, shape, 150, 0)
			b.o.Env = []string{"STOWAGE_LICENCE_WEBHOOK_SECRET=" + secret}
			p := b.start(t)
			c := b.install(t, p)
			ctx := within(t, patience)
			site, key := b.sites.Host.Site(rig.Source), b.appKey(t, rig.Source)
			schema, err := c.Schema(ctx, "ITSM")
			if err != nil {
				t.Fatal(err)
			}
			first, second := backUp(t, c), backUp(t, c)
			planned, unused := plan(t, c, first), planAs(t, c, first, "Unused", "UNUSED")
			run, restore := b.restoreAsFarAs(ctx, t, c, p, planned, 10)
			next := begin(t, c, planAs(t, c, first, "Second", "SECOND"))

			// Whoever opens the page brings the news of the licence along.
			look := func() {
				t.Helper()
				address, err := site.FrameURL(key, "", site.Administrator(), nil)
				if err != nil {
					t.Fatal(err)
				}
				if status, text := ask(ctx, t, http.MethodGet, address, "", nil); status != http.StatusOK {
					t.Fatalf("the page answers %d: %s", status, text)
				}
			}
			mayRun := func(when string, want bool) {
				t.Helper()
				s := get[session](ctx, t, c, "/session").Licence
				if s.CanRun != want || (s.Notice == "") != want {
					t.Errorf("%s the session says %+v", when, s)
				}
				if want {
					return
				}
				for path, in := range map[string]any{
					"/schemas/" + schema + "/backups": map[string]any{}, "/sync": nil, "/restores": map[string]any{"planId": unused},
					"/plans": map[string]any{"backupId": first, "destination": "current", "schemaName": "No", "schemaKey": "NO"},
				} {
					err := c.Do(ctx, http.MethodPost, path, in, nil)
					if !refusedWith(err, http.StatusForbidden) || !strings.Contains(err.Error(), s.Notice) {
						t.Errorf("%s POST %s: %v", when, path, err)
					}
				}
			}
			mayRun("with a licence", true)
			if err := site.SetLicence(key, host.LicenceExpired); err != nil {
				t.Fatal(err)
			}
			look()
			mayRun("without a licence", false)

			// Stopping, looking, downloading and deleting stay; what is under way goes on.
			if at := post[rig.Run](ctx, t, c, "/runs/"+next.ID+"/stop", nil); at.State != "terminated" {
				t.Errorf("the stopped restore is %s", at.State)
			}
			if err := c.Do(ctx, http.MethodPost, "/runs/"+next.ID+"/resume", nil, nil); !refusedWith(err, http.StatusForbidden) {
				t.Errorf("resume without a licence: %v", err)
			}
			b.release()
			finish(ctx, t, c, p, run.ID)
			b.whole(t)
			for _, path := range []string{"/schemas", "/schemas/" + schema + "/backups", "/backups/" + first, "/restores/" + restore, "/runs/" + run.ID + "/log", "/licence", "/audit", "/connection"} {
				get[map[string]any](ctx, t, c, path)
			}
			var lines []struct{ ObjectKey string }
			if text, err := c.Raw(ctx, http.MethodGet, "/restores/"+restore+"/log.json", nil); err != nil {
				t.Error(err)
			} else if err := json.Unmarshal(text, &lines); err != nil || len(lines) != 150 {
				t.Errorf("the log has %d lines: %v", len(lines), err)
			}
			name := get[struct{ Name string }](ctx, t, c, "/schemas/"+schema).Name
			var deleting rig.Run
			if err := c.Do(ctx, http.MethodDelete, "/backups/"+second, map[string]any{"confirmName": name}, &deleting); err != nil {
				t.Fatal(err)
			}
			finish(ctx, t, c, p, deleting.ID)

			if err := site.SetLicence(key, host.LicenceActive); err != nil {
				t.Fatal(err)
			}
			look()
			mayRun("with the licence back", true)
			backUp(t, c)

			b.webhooks(ctx, t, p, secret, mayRun)
			post[rig.Run](ctx, t, c, "/runs/"+next.ID+"/resume", nil)
			finish(ctx, t, c, p, next.ID)
			b.wholeAs(t, "SECOND")
		})
	}
}

// webhooks sends licence webhooks, of which only those signed with the secret, fresh, and not sent before are believed.
func (b *bench) webhooks(ctx context.Context, t *testing.T, p *rig.Process, secret string, mayRun func(string, bool)) {
	t.Helper()
	site := b.sites.Host.Site(rig.Source)
	send := func(secret string, at time.Time, body string) (status int, again func() int) {
		header := lifecycle.SignWebhook([]byte(secret), at, []byte(body))
		header.Set("Content-Type", "application/json")
		again = func() int {
			status, _ := ask(ctx, t, http.MethodPost, p.Base+"/webhooks/licence", body, header)
			return status
		}
		return again(), again
	}
	body := func(state string) string {
		return `{"clientKey":"` + site.ClientKey() + `","state":"` + state + `","type":"COMMERCIAL"}`
	}
	now := time.Now()
	for what, try := range map[string]func() (int, func() int){
		"of another secret": func() (int, func() int) {
			return send("another secret of a licence webhook, as long", now, body("expired"))
		},
		"of an hour ago":      func() (int, func() int) { return send(secret, now.Add(-time.Hour), body("expired")) },
		"of an hour from now": func() (int, func() int) { return send(secret, now.Add(time.Hour), body("expired")) },
		"with another body": func() (int, func() int) {
			return tampered(ctx, t, p, secret, now, body("active"), body("expired")), nil
		},
		"without being signed": func() (int, func() int) {
			s, _ := ask(ctx, t, http.MethodPost, p.Base+"/webhooks/licence", body("expired"), http.Header{"Content-Type": {"application/json"}})
			return s, nil
		},
	} {
		if status, _ := try(); status != http.StatusUnauthorized {
			t.Errorf("a webhook %s is answered with %d", what, status)
		}
	}
	mayRun("after webhooks that were refused", true)
	status, replay := send(secret, now, body("expired"))
	if status != http.StatusNoContent {
		t.Errorf("the webhook is answered with %d", status)
	}
	mayRun("after the webhook", false)
	// Webhooks know seconds.
	if status, _ := send(secret, now.Add(time.Second), body("active")); status != http.StatusNoContent {
		t.Errorf("the second webhook is answered with %d", status)
	}
	mayRun("after the second webhook", true)
	if status := replay(); status != http.StatusUnauthorized {
		t.Errorf("a webhook that is sent again is answered with %d", status)
	}
	mayRun("after the first webhook once more", true)
}

// tampered sends a webhook whose signature is that of another body.
func tampered(ctx context.Context, t *testing.T, p *rig.Process, secret string, at time.Time, signed, sent string) int {
	t.Helper()
	header := lifecycle.SignWebhook([]byte(secret), at, []byte(signed))
	header.Set("Content-Type", "application/json")
	status, _ := ask(ctx, t, http.MethodPost, p.Base+"/webhooks/licence", sent, header)
	return status
}
