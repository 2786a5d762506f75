package atlassian_test

import (
	"net/http"
	"testing"

	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/openapitest"
	"stowage/internal/redact"
)

// rig is a simulated site and a client of it. Everything the two say to each other is held against the published
// description of the API.
type rig struct {
	sim    *sim.Sim
	site   *sim.Site
	client *atlassian.Client
}

// newRig makes a site with objects of a profile, and a client. The changes come before the simulator and the client are made.
func newRig(t *testing.T, profile gen.Profile, objects int, change ...func(*sim.Options, *atlassian.Config)) *rig {
	t.Helper()
	opts := sim.Options{Sites: []sim.SiteOptions{{Name: "acme"}}}
	cfg := atlassian.Config{AllowLoopback: true}
	for _, c := range change {
		c(&opts, &cfg)
	}
	s, err := sim.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{sim: s, site: s.Sites()[0]}
	if objects >= 0 {
		if _, err := gen.Fill(r.site.World(), profile, objects, 1); err != nil {
			t.Fatal(err)
		}
	}
	r.client = r.connect(t, cfg)
	return r
}

// connect makes a client of the rig's site.
func (r *rig) connect(t *testing.T, cfg atlassian.Config) *atlassian.Client {
	t.Helper()
	info := r.site.Info("http://127.0.0.1:9")
	if cfg.SiteURL == "" {
		cfg.SiteURL = info.BaseURL
	}
	if cfg.APIURL == "" {
		cfg.APIURL = info.APIBaseURL
	}
	if cfg.Email == "" && cfg.Bearer.IsZero() {
		cfg.Email, cfg.Token = info.Email, redact.New(info.Token)
	}
	if cfg.HTTP == nil {
		cfg.HTTP = validated(t, sim.Transport(r.sim))
	}
	client, err := atlassian.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func validated(t *testing.T, next http.RoundTripper) http.RoundTripper {
	t.Helper()
	return openapitest.Load(t).Transport(t, next)
}
