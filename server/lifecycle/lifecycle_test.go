package lifecycle_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/connect/connecttest"
	"stowage/internal/redact"
	"stowage/models"
	"stowage/server/lifecycle"
)

func TestReinstallationFindsTheTenantAgain(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRigOn(t, open)
			s := r.site("acme")
			tenant := r.install(t, s).TenantID
			r.uninstall(t, s)
			gone := r.stored(t, s)
			if want := noon.Add(grace); !gone.PurgeAt.Equal(want) {
				t.Errorf("to be purged at %s, want %s", gone.PurgeAt, want)
			}
			if len(r.runs.told) != 1 || r.runs.told[0] != tenant {
				t.Errorf("ended the runs of %v, want %s once", r.runs.told, tenant)
			}
			r.clock.advance(29 * 24 * time.Hour)
			s.Secret = "a-fresh-secret-of-the-same-site"
			back := r.install(t, s)
			if back.TenantID != tenant || back.State != models.Installed || !back.PurgeAt.IsZero() {
				t.Errorf("came back as %+v, was %s", back, tenant)
			}
			expect(t, r.api(t, s.Context(t, admin)), http.StatusOK)
		})
	}
}

func TestUninstallationThatCannotBeRecordedIsSaid(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.runs.err = errors.New("database is down")
	s := r.site("acme")
	r.install(t, s)
	expect(t, r.post(t, "/uninstalled", s.Install(t, "POST", "/uninstalled"), body(s, "uninstalled")), http.StatusInternalServerError)
	if !strings.Contains(r.log.String(), "level=ERROR") {
		t.Error("nobody is told")
	}
}

func TestCallbackThatCameToNothingMayBeSentAgainAsItIs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	store, ok := r.store.(*memory)
	if !ok {
		t.Fatal("another store")
	}
	s := r.site("acme")
	down := errors.New("the disk is full")
	license := `{"clientKey":"` + s.ClientKey + `","state":"active"}`
	for _, step := range []struct {
		name  string
		fails *error
		send  func() int
	}{
		{"installed", &store.down, func() func() int {
			token, text := s.Install(t, "POST", "/installed"), body(s, "installed")
			return func() int { return r.post(t, "/installed", token, text).Code }
		}()},
		{"the licence", &store.down, func() int { return r.webhook(t, webhookSecret, noon, license) }},
		{"uninstalled", &r.runs.err, func() func() int {
			token, text := s.Install(t, "POST", "/uninstalled"), body(s, "uninstalled")
			return func() int { return r.post(t, "/uninstalled", token, text).Code }
		}()},
	} {
		*step.fails = down
		if code := step.send(); code != http.StatusInternalServerError {
			t.Errorf("%s that cannot be recorded: %d", step.name, code)
		}
		*step.fails = nil
		if code := step.send(); code != http.StatusNoContent {
			t.Errorf("%s, sent again: %d", step.name, code)
		}
	}
	if got := r.stored(t, s).State; got != models.Uninstalled {
		t.Errorf("state %s", got)
	}
}

func TestLateUninstallationDoesNotEndTheNextInstallation(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRigOn(t, open)
			s := r.site("acme")
			r.install(t, s)
			late := s.Install(t, "POST", "/uninstalled")
			r.clock.advance(time.Minute)
			s.Secret = "the-secret-of-the-next-installation"
			r.install(t, s)
			expect(t, r.post(t, "/uninstalled", late, body(s, "uninstalled")), http.StatusNoContent)
			if got := r.stored(t, s).State; got != models.Installed {
				t.Errorf("state %s", got)
			}
			// One that was signed afterwards does.
			r.uninstall(t, s)
			if got := r.stored(t, s).State; got != models.Uninstalled {
				t.Errorf("state %s", got)
			}
		})
	}
}

func TestUninstallationIsTakenOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.site("acme")
	r.install(t, s)
	token := s.Install(t, "POST", "/uninstalled")
	// A host that says it twice signs it twice.
	r.clock.advance(time.Second)
	twin := s.Install(t, "POST", "/uninstalled")
	for _, token := range []string{token, token, twin, twin} {
		expect(t, r.post(t, "/uninstalled", token, body(s, "uninstalled")), http.StatusNoContent)
	}
	r.install(t, s)
	// Whoever kept one of them cannot end the next installation.
	for _, token := range []string{token, twin} {
		expect(t, r.post(t, "/uninstalled", token, body(s, "uninstalled")), http.StatusUnauthorized)
	}
	if got := r.stored(t, s).State; got != models.Installed {
		t.Errorf("state %s", got)
	}
}

func TestWhatHappenedIsAuditedOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.site("acme")
	r.install(t, s)
	for range 3 {
		expect(t, r.post(t, "/enabled", s.Bound(t, "POST", "/enabled"), body(s, "enabled")), http.StatusNoContent)
	}
	store, ok := r.store.(*memory)
	if !ok {
		t.Fatal("another store")
	}
	var actions []string
	for _, e := range store.audit {
		actions = append(actions, e.Actor+" "+e.Action)
	}
	if diff := cmp.Diff([]string{"host app.installed", "host app.enabled"}, actions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCallbacksInTheWrongOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.site("acme")
	expect(t, r.post(t, "/enabled", s.Bound(t, "POST", "/enabled"), body(s, "enabled")), http.StatusUnauthorized)
	r.unknown(t, s)
	r.install(t, s)
	// Disabled and uninstalled come at the same moment, in either order.
	disabled := s.Bound(t, "POST", "/disabled")
	r.uninstall(t, s)
	expect(t, r.post(t, "/disabled", disabled, body(s, "disabled")), http.StatusUnauthorized)
	if got := r.stored(t, s).State; got != models.Uninstalled {
		t.Errorf("state %s", got)
	}
	r.install(t, s)
	expect(t, r.post(t, "/disabled", s.Bound(t, "POST", "/disabled"), body(s, "disabled")), http.StatusNoContent)
	// A user whom the host gives a token is let in: only the host knows whether the word is late.
	expect(t, r.api(t, s.Context(t, admin)), http.StatusOK)
	r.uninstall(t, s)
	if got := r.stored(t, s).State; got != models.Uninstalled {
		t.Errorf("state %s", got)
	}
}

func TestSiteThatMovesStaysTheSameTenant(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.site("acme")
	tenant := r.install(t, s).TenantID
	moved := s
	moved.BaseURL = "https://acme-renamed.atlassian.net"
	after := r.install(t, moved)
	if after.TenantID != tenant || after.BaseURL != moved.BaseURL {
		t.Errorf("stored %+v", after)
	}
	w := r.page(t, moved.Page(t, "/app/admin", admin))
	expect(t, w, http.StatusOK)
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, moved.BaseURL) || strings.Contains(policy, s.BaseURL) {
		t.Errorf("framed by %q", policy)
	}
}

func TestParallelCallbacksLeaveOneTenant(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRigOn(t, open)
			s := r.site("acme")
			var wg sync.WaitGroup
			answers := make([]int, 16)
			for i := range answers {
				mine := s
				mine.Secret = "the-shared-secret-of-number-" + string(rune('a'+i))
				token, text := mine.Install(t, "POST", "/installed"), body(mine, "installed")
				wg.Go(func() { answers[i] = r.post(t, "/installed", token, text).Code })
			}
			wg.Wait()
			for i, code := range answers {
				if code != http.StatusNoContent {
					t.Errorf("number %d got %d", i, code)
				}
			}
			inst := r.stored(t, s)
			if !strings.HasPrefix(inst.SharedSecret.Reveal(), "the-shared-secret-of-number-") {
				t.Error("none of the secrets is stored")
			}
			s.Secret = inst.SharedSecret.Reveal()
			expect(t, r.api(t, s.Context(t, admin)), http.StatusOK)
		})
	}
}

func TestOneSignatureIsTakenOnceAmongMany(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRigOn(t, open)
			s := r.site("acme")
			token := s.Install(t, "POST", "/installed")
			var wg sync.WaitGroup
			codes := make([]int, 12)
			for i := range codes {
				mine := s
				mine.Secret = "the-shared-secret-of-number-" + string(rune('a'+i))
				text := body(mine, "installed")
				wg.Go(func() { codes[i] = r.post(t, "/installed", token, text).Code })
			}
			wg.Wait()
			taken := 0
			for _, code := range codes {
				if code == http.StatusNoContent {
					taken++
				}
			}
			if taken != 1 {
				t.Errorf("%d bodies were taken with one signature: %v", taken, codes)
			}
		})
	}
}

func TestWholeLifeOnEveryStore(t *testing.T) {
	t.Parallel()
	for name, open := range stores() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRigOn(t, open)
			acme, globex := r.site("acme"), r.site("globex")
			tenant, other := r.install(t, acme).TenantID, r.install(t, globex).TenantID
			if tenant == other {
				t.Fatal("two sites are one tenant")
			}
			expect(t, r.post(t, "/enabled", acme.Bound(t, "POST", "/enabled"), body(acme, "enabled")), http.StatusNoContent)
			expect(t, r.page(t, acme.Page(t, pageTarget, admin)), http.StatusOK)
			expect(t, r.api(t, acme.Context(t, admin)), http.StatusOK)
			expect(t, r.api(t, globex.Context(t, admin, connecttest.Claims{"iss": acme.ClientKey})), http.StatusUnauthorized)
			if l, err := r.store.Licence(t.Context(), tenant); err != nil || l.State != models.LicenceActive || l.Source != "page" {
				t.Errorf("licence %+v, %v", l, err)
			}
			if l, err := r.store.Licence(t.Context(), other); err != nil || l.State != models.LicenceUnknown {
				t.Errorf("licence of the other %+v, %v", l, err)
			}
			r.uninstall(t, acme)
			expect(t, r.api(t, acme.Context(t, admin)), http.StatusUnauthorized)
			expect(t, r.api(t, globex.Context(t, admin)), http.StatusOK)
			acme.Secret = "another-secret-after-the-return"
			if back := r.install(t, acme); back.TenantID != tenant {
				t.Errorf("came back as %s, was %s", back.TenantID, tenant)
			}
			if l, err := r.store.Licence(t.Context(), tenant); err != nil || l.State != models.LicenceActive {
				t.Errorf("licence after the return %+v, %v", l, err)
			}
		})
	}
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.site("acme")
	long := body(s, "installed", map[string]any{"description": strings.Repeat("x", 70<<10)})
	expect(t, r.post(t, "/installed", s.Install(t, "POST", "/installed"), long), http.StatusRequestEntityTooLarge)
	deep := strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000)
	expect(t, r.post(t, "/installed", s.Install(t, "POST", "/installed"), deep), http.StatusBadRequest)
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Authorization": {"JWT " + s.Install(t, "POST", "/installed")}}
	expect(t, r.send(t, http.MethodPost, "/installed", form, "jwt=x"), http.StatusUnsupportedMediaType)
	r.unknown(t, s)
}

func TestSecretsAreNowhereToBeRead(t *testing.T) {
	t.Parallel()
	const canary = "canary-shared-secret-4f1d-of-the-site"
	r := newRig(t)
	s := r.site("acme")
	s.Secret = canary
	var said strings.Builder
	tokens := []string{}
	send := func(path, token, text string) {
		tokens = append(tokens, token)
		said.WriteString(r.post(t, path, token, text).Body.String())
	}
	install := s.Install(t, "POST", "/installed")
	send("/installed", install, body(s, "installed"))
	send("/installed", install, body(s, "installed", map[string]any{"sharedSecret": canary + "2"}))
	send("/installed", s.Install(t, "POST", "/installed"), body(s, "installed", map[string]any{"baseUrl": "https://" + canary + ".example"}))
	send("/installed", s.Install(t, "POST", "/installed"), body(s, "installed", map[string]any{"key": canary}))
	send("/installed", s.Install(t, "POST", "/installed"), `{"sharedSecret": "`+canary+`"`)
	send("/enabled", s.Bound(t, "POST", "/enabled"), body(s, "enabled", map[string]any{"eventType": canary}))
	send("/disabled", s.Bound(t, "POST", "/enabled"), body(s, "disabled"))
	send("/webhooks/licence", s.Bound(t, "POST", "/enabled"), `{"`+canary+`":1}`)
	r.host.set(func(h *fakeHost) { h.down = errors.New("down") })
	token := s.Context(t, admin)
	tokens = append(tokens, token)
	said.WriteString(r.api(t, token).Body.String())
	for where, text := range map[string]string{"an answer": said.String(), "the log": r.log.String()} {
		if text == "" {
			t.Errorf("%s is empty: nothing was tested", where)
		}
		if strings.Contains(text, canary) {
			t.Errorf("%s shows the secret: %s", where, text)
		}
		for _, token := range tokens {
			for part := range strings.SplitSeq(token, ".") {
				if strings.Contains(text, part) {
					t.Errorf("%s shows a part of a token", where)
				}
			}
		}
	}
	memory, ok := r.store.(*memory)
	if !ok || len(memory.audit) == 0 {
		t.Fatal("nothing was audited")
	}
	if text, err := json.Marshal(memory.audit); err != nil || strings.Contains(string(text), canary) {
		t.Errorf("the audit log shows the secret: %s, %v", text, err)
	}
}

func TestLifecycleRefusesWhatItCannotWorkWith(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for name, config := range map[string]lifecycle.Config{
		"nothing": {},
		"a short webhook secret": {
			Store: r.store, Keys: connecttest.Keys{}, Licences: r.licences, Runs: r.runs, BaseURL: mustParse(t, appBase), Log: discard(),
			Descriptor: []byte(`{"key":"a"}`), WebhookSecrets: []redact.Secret{redact.New("short")},
		},
		"no key": {
			Store: r.store, Keys: connecttest.Keys{}, Licences: r.licences, Runs: r.runs, BaseURL: mustParse(t, appBase), Log: discard(),
			Descriptor: []byte(`{}`),
		},
		"a base URL with a password": {
			Store: r.store, Keys: connecttest.Keys{}, Licences: r.licences, Runs: r.runs, BaseURL: mustParse(t, "https://a:b@stowage.example"), Log: discard(),
			Descriptor: []byte(`{"key":"a"}`),
		},
	} {
		if _, err := lifecycle.New(config); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
