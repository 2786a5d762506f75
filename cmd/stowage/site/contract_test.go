package site_test

import (
	"testing"

	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/backup/backuptest"
	"stowage/cmd/stowage/site"
	"stowage/internal/redact"
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

// simulated makes a site with objects of a profile and a source over a client of it.
func simulated(t *testing.T, profile gen.Profile, objects int) *site.Source {
	t.Helper()
	s, err := sim.New(sim.Options{Sites: []sim.SiteOptions{{Name: "acme"}}})
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
	return site.NewSource(client)
}
