package models_test

import (
	"errors"
	"testing"
	"time"

	"stowage/internal/redact"
	"stowage/models"
	"stowage/models/modelstest"
)

func TestASiteThatMovesTakesItsConnectionAlong(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := modelstest.Open(t, dialect)
			install := func(base string) *models.Tenant {
				t.Helper()
				inst, _, err := db.Install(t.Context(), models.InstallSpec{Product: "connect", ClientKey: "k", BaseURL: base, SharedSecret: redact.New("s")})
				if err != nil {
					t.Fatal(err)
				}
				return db.ForTenant(inst.TenantID)
			}
			const before, after = "https://acme.example", "https://acme-next.example"
			for _, c := range []struct{ site, api, wantSite, wantAPI string }{
				{before, "", after, ""},
				{before, before + "/gateway/api", after, after + "/gateway/api"},
				{before, "https://api.example/x", after, "https://api.example/x"},
				// Of an address it was not installed at nothing is known.
				{"https://other.example", "https://other.example/gateway/api", "https://other.example", "https://other.example/gateway/api"},
			} {
				tenant := install(before)
				connection := models.Connection{SiteURL: c.site, APIURL: c.api, WorkspaceID: "w", Email: "a@acme.example", Token: redact.New("token")}
				must(tenant.SaveConnection(t.Context(), connection))(t)
				must(tenant.SyncSchemas(t.Context(), models.InstanceSeen{URL: c.site, Location: models.LocationCloud, WorkspaceID: "w"}, []models.SchemaSeen{{SchemaID: "1", Key: "K", Name: "N"}}, time.Now()))(t)
				install(after)
				got := must(tenant.Connection(t.Context()))(t)
				if got.SiteURL != c.wantSite || got.APIURL != c.wantAPI || got.Token.Reveal() != "token" || got.WorkspaceID != "w" {
					t.Errorf("%s and %q became %s and %q", c.site, c.api, got.SiteURL, got.APIURL)
				}
				if at := must(tenant.Instances(t.Context()))(t); len(at) != 1 || at[0].URL != c.wantSite {
					t.Errorf("the schemas are said to be at %+v", at)
				}
			}
		})
	}
}

func TestATokenIsUsedUpWithItsInstallation(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			db := modelstest.Open(t, dialect)
			spec := models.InstallSpec{Product: "connect", BaseURL: "https://acme.example", SharedSecret: redact.New("s"), Token: "token", TokenUntil: time.Now().Add(time.Hour)}
			if _, _, err := db.Install(t.Context(), spec); err == nil {
				t.Fatal("an installation without a client key was recorded")
			}
			if used := must(db.TokenUsed(t.Context(), "token"))(t); used {
				t.Error("the token of an installation that failed is used up")
			}
			spec.ClientKey = "k"
			if _, first, err := db.Install(t.Context(), spec); err != nil || !first {
				t.Fatalf("first %v, %v", first, err)
			}
			if used := must(db.TokenUsed(t.Context(), "token"))(t); !used {
				t.Error("the token is not used up")
			}
			spec.SharedSecret = redact.New("another")
			if _, _, err := db.Install(t.Context(), spec); !errors.Is(err, models.ErrConflict) {
				t.Errorf("with a token that was used: %v", err)
			}
			if found := must(db.FindInstallation(t.Context(), "k"))(t); found.SharedSecret.Reveal() != "s" {
				t.Error("the secret was replaced")
			}
		})
	}
}
