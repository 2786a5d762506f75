package site_test

import (
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/backup/backuptest"
	"stowage/internal/redact"
	"stowage/jobs/worker/site"
	"stowage/restore/restoretest"
)

// TestASimulatedSiteKeepsTheContractOfASource runs the suite on what the command line backs up from.
func TestASimulatedSiteKeepsTheContractOfASource(t *testing.T) {
	t.Parallel()
	for _, profile := range gen.Profiles() {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			source := simulated(t, gen.Profile{Name: profile}, 2000)
			schemas, err := source.Schemas(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var id string
			most := 0
			for _, s := range schemas {
				if s.ObjectCount > most {
					id, most = s.ID, s.ObjectCount
				}
			}
			backuptest.TestSource(t, func(*testing.T) backuptest.Subject { return backuptest.Subject{Source: source, SchemaID: id} })
		})
	}
}

// TestASimulatedSiteKeepsTheContractOfATarget runs the suite on what the command line restores to, with a search index that
// lags. Time is not real here.
func TestASimulatedSiteKeepsTheContractOfATarget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const lag = 2 * time.Second
		client := generated(t, gen.Profile{Name: gen.ITSM}, 50, lag)
		restoretest.TestTarget(t, site.NewTarget(client), restoretest.TargetOptions{Prefix: "contract", Key: "CONTRACT", Lag: lag})
	})
}

// TestARealSiteKeepsTheContracts runs both suites against a site of Atlassian's, when one is named. It creates a schema there and
// leaves it behind.
func TestARealSiteKeepsTheContracts(t *testing.T) {
	t.Parallel()
	address, schema := os.Getenv("STOWAGE_LIVE_SITE"), os.Getenv("STOWAGE_LIVE_SCHEMA_ID")
	if address == "" {
		t.Skip("to run the contracts against a real site, set STOWAGE_LIVE_SITE, STOWAGE_LIVE_EMAIL, STOWAGE_LIVE_TOKEN and STOWAGE_LIVE_SCHEMA_ID: see make test/live")
	}
	client, err := atlassian.New(atlassian.Config{
		SiteURL: address, Email: os.Getenv("STOWAGE_LIVE_EMAIL"), Token: redact.New(os.Getenv("STOWAGE_LIVE_TOKEN")),
	})
	if err != nil {
		t.Fatal(err)
	}
	backuptest.TestSource(t, func(*testing.T) backuptest.Subject {
		return backuptest.Subject{Source: site.NewSource(client), SchemaID: schema}
	})
	key := fmt.Sprintf("STO%05d", time.Now().Unix()%100_000)
	restoretest.TestTarget(t, site.NewTarget(client), restoretest.TargetOptions{Prefix: key, Key: key, Lag: 30 * time.Second})
}

// simulated makes a site with objects of a profile and a source over a client of it.
func simulated(t *testing.T, profile gen.Profile, objects int) *site.Source {
	t.Helper()
	return site.NewSource(generated(t, profile, objects, 0))
}

// generated makes a site with objects of a profile and a client of it.
func generated(t *testing.T, profile gen.Profile, objects int, lag time.Duration) *atlassian.Client {
	t.Helper()
	s, err := sim.New(sim.Options{Sites: []sim.SiteOptions{{Name: "acme", SearchLag: lag}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gen.Fill(s.Sites()[0].World(), profile, objects, 1); err != nil {
		t.Fatal(err)
	}
	info := s.Sites()[0].Info("http://127.0.0.1:9")
	client, err := atlassian.New(atlassian.Config{
		AllowLoopback: true, SiteURL: info.BaseURL, APIURL: info.APIBaseURL, Email: info.Email, Token: redact.New(info.Token),
		HTTP: sim.Transport(s),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
