package site_test

import (
	"testing"
	"os"
	"time"
	"strings"

	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/backup"
	"stowage/backup/backuptest"
	"stowage/blob/mem"
	"stowage/cmd/stowage/site"
	"stowage/internal/redact"
	"stowage/report"
	"stowage/snapshot"
)

func client(t *testing.T, profile gen.Profile, n int) (*site.Source, *sim.Site) {
	t.Helper()
	s, err := sim.New(sim.Options{Sites: []sim.SiteOptions{{Name: "acme"}}})
	if err != nil {
		t.Fatal(err)
	}
	st := s.Sites()[0]
	if _, err := gen.Fill(st.World(), profile, n, 1); err != nil {
		t.Fatal(err)
	}
	info := st.Info("http://127.0.0.1:9")
	c, err := atlassian.New(atlassian.Config{AllowLoopback: true, SiteURL: info.BaseURL, APIURL: info.APIBaseURL, Email: info.Email, Token: redact.New(info.Token), HTTP: sim.Transport(s)})
	if err != nil {
		t.Fatal(err)
	}
	return site.NewSource(c), st
}

func TestZZContract(t *testing.T) {
	for _, name := range []string{"itsm", "nasty", "hr"} { p := gen.Profile{Name: name}
		t.Run(name, func(t *testing.T) {
			src, _ := client(t, p, 3000)
			all, err := src.Schemas(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, sc := range all {
				t.Logf("%+v", sc)
			}
			id := all[0].ID
			for _, sc := range all { if sc.ObjectCount > 500 { id = sc.ID } }
			backuptest.TestSource(t, func(t *testing.T) backuptest.Subject { return backuptest.Subject{Source: src, SchemaID: id} })
		})
	}
}

func TestZZBackup(t *testing.T) {
	for _, name := range []string{"itsm", "nasty", "hr", "facilities"} { p := gen.Profile{Name: name}
		src, _ := client(t, p, 2000)
		all, _ := src.Schemas(t.Context())
		for _, sc := range all {
			store := mem.New()
			keys, err := snapshot.OpenKeys(t.Context(), store, "acme", snapshot.NewMasterKey(), true)
			if err != nil { t.Fatal(err) }
			var rep report.Report
			begun := time.Now()
			res, err := backup.Run(t.Context(), src, backuptest.Storage{Store: store, Keys: keys}, new(backuptest.Checkpoints), backup.Options{Schema: strings.ToLower(sc.Key)}, &rep, nil)
			t.Logf("%s %s: %v %+v in %v", name, sc.Key, err, res, time.Since(begun))
			for i, e := range rep.Entries() {
				if i < 15 { t.Logf("   %+v", e) }
			}
		}
	}
	_ = os.Args
}
