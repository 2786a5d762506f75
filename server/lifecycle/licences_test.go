package lifecycle_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian"
	"stowage/atlassian/connect/connecttest"
	"stowage/models"
	"stowage/server/auth"
	"stowage/server/lifecycle"
)

func (r *rig) licence(t *testing.T, tenant string) models.Licence {
	t.Helper()
	l, err := r.store.Licence(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLookTellsTheStatesApart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		host atlassian.HostLicence
		want string
	}{
		"paid":              {atlassian.HostLicence{Known: true, Active: true, Type: "COMMERCIAL"}, models.LicenceActive},
		"being evaluated":   {atlassian.HostLicence{Known: true, Active: true, Evaluation: true, Type: "COMMERCIAL"}, models.LicenceEvaluation},
		"terminated":        {atlassian.HostLicence{Known: true, Type: "COMMERCIAL"}, models.LicenceExpired},
		"evaluation over":   {atlassian.HostLicence{Known: true, Evaluation: true}, models.LicenceExpired},
		"not spoken of":     {atlassian.HostLicence{}, models.LicenceUnknown},
		"not spoken of yet": {atlassian.HostLicence{Active: true}, models.LicenceUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			tenant := r.install(t, r.site("acme")).TenantID
			r.host.set(func(h *fakeHost) { h.licence = test.host })
			if err := r.licences.Look(t.Context(), tenant); err != nil {
				t.Fatal(err)
			}
			got := r.licence(t, tenant)
			if got.State != test.want || got.Source != "rest" || !got.CheckedAt.Equal(noon) {
				t.Errorf("got %+v, want %s", got, test.want)
			}
		})
	}
}

func TestLookLeavesAloneWhoLeft(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.site("acme")
	tenant := r.install(t, s).TenantID
	r.uninstall(t, s)
	for _, id := range []string{tenant, "nobody"} {
		if err := r.licences.Look(t.Context(), id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if r.host.asked != 0 {
		t.Error("the host was asked with a dead secret")
	}
}

func TestLookThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.site("acme")
	tenant := r.install(t, s).TenantID
	expect(t, r.page(t, s.Page(t, "/app/admin?lic=active", admin)), http.StatusOK)
	before := r.licence(t, tenant)
	down := errors.New("no route")
	r.host.set(func(h *fakeHost) { h.down = down })
	if err := r.licences.Look(t.Context(), tenant); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, r.licence(t, tenant)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

func TestPagesSayWhetherThereIsALicence(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.site("acme")
	tenant := r.install(t, s).TenantID
	visit := func(query string) string {
		expect(t, r.page(t, s.Page(t, "/app/admin"+query, admin)), http.StatusOK)
		return r.licence(t, tenant).State
	}
	set := func(l atlassian.HostLicence) {
		r.host.set(func(h *fakeHost) { h.licence = l })
		if err := r.licences.Look(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
	}
	for i, step := range []struct {
		query, want string
		before      *atlassian.HostLicence
	}{
		{query: "", want: models.LicenceUnknown},
		{query: "?lic=surprise", want: models.LicenceUnknown},
		{query: "?lic=none&lic=active", want: models.LicenceUnknown},
		{query: "?lic=active", want: models.LicenceActive},
		{query: "", want: models.LicenceActive},
		{query: "?lic=none", want: models.LicenceNone},
		{query: "?lic=active", want: models.LicenceActive},
		// What the host said in more detail is not overwritten by a word that says less.
		{before: &atlassian.HostLicence{Known: true, Active: true, Evaluation: true}, query: "?lic=active", want: models.LicenceEvaluation},
		{before: &atlassian.HostLicence{Known: true}, query: "?lic=none", want: models.LicenceExpired},
		{query: "?lic=active", want: models.LicenceActive},
		// The host, which is asked then, knows more than "none".
		{query: "?lic=none", want: models.LicenceExpired},
		// It does not speak of a licence any more.
		{before: &atlassian.HostLicence{}, query: "?lic=none", want: models.LicenceNone},
		{before: &atlassian.HostLicence{Known: true, Active: true, Type: "COMMERCIAL"}, query: "", want: models.LicenceActive},
	} {
		if step.before != nil {
			set(*step.before)
		}
		if got := visit(step.query); got != step.want {
			t.Errorf("step %d %s: %s, want %s", i, step.query, got, step.want)
		}
	}
	// An address whose token does not hold says nothing.
	expect(t, r.page(t, strings.Replace(s.Page(t, "/app/admin?lic=active", admin), "lic=active", "lic=none", 1)), http.StatusUnauthorized)
	// Nor does the API.
	w := r.send(t, http.MethodGet, "/api/v1/who?lic=none", http.Header{"Authorization": {"JWT " + s.Context(t, admin)}}, "")
	expect(t, w, http.StatusOK)
	if err := r.licences.FromPage(t.Context(), auth.Principal{TenantID: tenant, Kind: auth.User, Licence: "none"}); err != nil {
		t.Fatal(err)
	}
	if got := r.licence(t, tenant).State; got != models.LicenceActive {
		t.Errorf("state %s", got)
	}
}

func TestAppThatIsNotPaidForHasAnUnknownLicence(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.site("acme")
	tenant := r.install(t, s).TenantID
	asked := func() int {
		r.host.mu.Lock()
		defer r.host.mu.Unlock()
		return r.host.asked
	}
	// The address says "none", and the host, asked for it, nothing.
	for range 3 {
		expect(t, r.page(t, s.Page(t, "/app/admin?lic=none", admin)), http.StatusOK)
		if got := r.licence(t, tenant); got.State != models.LicenceUnknown || got.Source != "rest" {
			t.Errorf("got %+v", got)
		}
	}
	if got := asked(); got != 2 {
		t.Errorf("the host was asked %d times, for the administrator and the licence it should be 2", got)
	}
	// When the host cannot be asked, the address counts.
	down := newRig(t)
	tenant = down.install(t, s).TenantID
	expect(t, down.page(t, s.Page(t, "/app/admin", admin)), http.StatusOK)
	down.host.set(func(h *fakeHost) { h.down = errors.New("no route") })
	expect(t, down.page(t, s.Page(t, "/app/admin?lic=none", admin)), http.StatusOK)
	if got := down.licence(t, tenant); got.State != models.LicenceNone || got.Source != "page" {
		t.Errorf("got %+v", got)
	}
}

func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.site("acme")
	tenant := r.install(t, s).TenantID
	for _, query := range []string{"?lic=active", "?lic=active", "?lic=none"} {
		expect(t, r.page(t, s.Page(t, "/app/admin"+query, admin)), http.StatusOK)
	}
	var got []string
	for _, c := range *r.changes {
		if c.TenantID != tenant {
			t.Errorf("of %s", c.TenantID)
		}
		got = append(got, c.Before.State+" -> "+c.After.State)
	}
	if diff := cmp.Diff([]string{"unknown -> active", "active -> none"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// webhook sends a licence webhook that is signed by hand, as its sender would.
func (r *rig) webhook(t *testing.T, secret string, at time.Time, text string) int {
	t.Helper()
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + text))
	headers := http.Header{
		"Content-Type": {"application/json"}, "X-Stowage-Timestamp": {stamp}, "X-Stowage-Signature": {"sha256=" + hex.EncodeToString(mac.Sum(nil))},
	}
	return r.send(t, http.MethodPost, "/webhooks/licence", headers, text).Code
}

func TestLicenceWebhook(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.site("acme")
	tenant := r.install(t, s).TenantID
	message := func(state string) string {
		return `{"clientKey":"` + s.ClientKey + `","state":"` + state + `","type":"COMMERCIAL"}`
	}
	for i, step := range []struct {
		secret string
		at     time.Time
		text   string
		code   int
		state  string
	}{
		{webhookSecret, noon, message("active"), http.StatusNoContent, models.LicenceActive},
		{webhookSecret, noon, message("active"), http.StatusUnauthorized, models.LicenceActive}, // The same once more.
		{webhookSecret, noon.Add(time.Second), message("expired"), http.StatusNoContent, models.LicenceExpired},
		{webhookSecret, noon.Add(-time.Second), message("active"), http.StatusNoContent, models.LicenceExpired}, // Overtaken.
		{"an-older-secret-of-the-webhook-for-a-while", noon.Add(2 * time.Second), message("evaluation"), http.StatusNoContent, models.LicenceEvaluation},
		{"somebody-elses-secret-that-is-long-enough-too", noon.Add(3 * time.Second), message("none"), http.StatusUnauthorized, models.LicenceEvaluation},
		{"", noon.Add(3 * time.Second), message("none"), http.StatusUnauthorized, models.LicenceEvaluation},
		{s.Secret, noon.Add(3 * time.Second), message("none"), http.StatusUnauthorized, models.LicenceEvaluation},
		{webhookSecret, noon.Add(-6 * time.Minute), message("none"), http.StatusUnauthorized, models.LicenceEvaluation},
		{webhookSecret, noon.Add(6 * time.Minute), message("none"), http.StatusUnauthorized, models.LicenceEvaluation},
		{webhookSecret, noon.Add(4 * time.Second), message("unknown"), http.StatusUnprocessableEntity, models.LicenceEvaluation},
		{webhookSecret, noon.Add(4 * time.Second), message("none")[:10], http.StatusUnprocessableEntity, models.LicenceEvaluation},
		{webhookSecret, noon.Add(4 * time.Second), message("none") + "{}", http.StatusUnprocessableEntity, models.LicenceEvaluation},
		{webhookSecret, noon.Add(4 * time.Second), `{"clientKey":"x","state":"none","more":1}`, http.StatusUnprocessableEntity, models.LicenceEvaluation},
		{webhookSecret, noon.Add(4 * time.Second), `{"clientKey":"nobody","state":"none"}`, http.StatusNotFound, models.LicenceEvaluation},
		{webhookSecret, noon.Add(5 * time.Second), message("none"), http.StatusNoContent, models.LicenceNone},
	} {
		if got := r.webhook(t, step.secret, step.at, step.text); got != step.code {
			t.Errorf("step %d: answered %d, want %d", i, got, step.code)
		}
		if got := r.licence(t, tenant).State; got != step.state {
			t.Errorf("step %d: state %s, want %s", i, got, step.state)
		}
	}
	r.uninstall(t, s)
	if got := r.webhook(t, webhookSecret, noon.Add(7*time.Second), message("active")); got != http.StatusNotFound {
		t.Errorf("of a tenant that left: answered %d", got)
	}
}

func TestLicenceWebhookIsVerifiedAsItCame(t *testing.T) {
	t.Parallel()
	const text = `{"clientKey":"client-acme","state":"active"}`
	good := lifecycle.SignWebhook([]byte(webhookSecret), noon, []byte(text))
	good.Set("Content-Type", "application/json")
	site := connecttest.Site{AppBase: appBase, ClientKey: "client-acme", Secret: "the-first-shared-secret-of-acme", Now: func() time.Time { return noon }}
	token := site.Bound(t, "POST", "/webhooks/licence")
	for name, change := range map[string]func(h http.Header, body string) string{
		"another body":   func(_ http.Header, b string) string { return b + " " },
		"another time":   func(h http.Header, b string) string { h.Set("X-Stowage-Timestamp", "1"); return b },
		"no time":        func(h http.Header, b string) string { h.Del("X-Stowage-Timestamp"); return b },
		"two times":      func(h http.Header, b string) string { h.Add("X-Stowage-Timestamp", "1"); return b },
		"no signature":   func(h http.Header, b string) string { h.Del("X-Stowage-Signature"); return b },
		"two signatures": func(h http.Header, b string) string { h.Add("X-Stowage-Signature", "sha256=00"); return b },
		"another algorithm": func(h http.Header, b string) string {
			h.Set("X-Stowage-Signature", strings.Replace(h.Get("X-Stowage-Signature"), "sha256", "sha1", 1))
			return b
		},
		"a short signature": func(h http.Header, b string) string {
			h.Set("X-Stowage-Signature", h.Get("X-Stowage-Signature")[:20])
			return b
		},
		"a token instead": func(h http.Header, b string) string {
			h.Del("X-Stowage-Signature")
			h.Set("Authorization", "JWT "+token)
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			tenant := r.install(t, r.site("acme")).TenantID
			headers := good.Clone()
			sent := change(headers, text)
			expect(t, r.send(t, http.MethodPost, "/webhooks/licence", headers, sent), http.StatusUnauthorized)
			if got := r.licence(t, tenant).State; got != models.LicenceUnknown {
				t.Errorf("state %s", got)
			}
		})
	}
}

func TestSignatureInOtherDigitsIsTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.site("acme")
	r.install(t, s)
	text := `{"clientKey":"` + s.ClientKey + `","state":"active"}`
	headers := lifecycle.SignWebhook([]byte(webhookSecret), noon, []byte(text))
	headers.Set("Content-Type", "application/json")
	expect(t, r.send(t, http.MethodPost, "/webhooks/licence", headers, text), http.StatusNoContent)
	headers.Set("X-Stowage-Signature", "sha256="+strings.ToUpper(strings.TrimPrefix(headers.Get("X-Stowage-Signature"), "sha256=")))
	expect(t, r.send(t, http.MethodPost, "/webhooks/licence", headers, text), http.StatusUnauthorized)
}

func TestWithoutASecretThereIsNoWebhook(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *lifecycle.Config) { c.WebhookSecrets = nil })
	s := r.site("acme")
	r.install(t, s)
	if got := r.webhook(t, "", noon, `{"clientKey":"`+s.ClientKey+`","state":"active"}`); got != http.StatusNotFound {
		t.Errorf("answered %d", got)
	}
}
