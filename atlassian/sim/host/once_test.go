package host

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"stowage/atlassian/sim"
)

func TestTwoTokensOfOneSecondDiffer(t *testing.T) {
	t.Parallel()
	s, err := sim.New(sim.Options{Sites: []sim.SiteOptions{{Name: "acme"}}})
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	h, err := New(s, Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	target := &url.URL{Path: "/installed"}
	one, err := h.Site("acme").claimsFor("https://app.example", http.MethodPost, target)
	if err != nil {
		t.Fatal(err)
	}
	other, err := h.Site("acme").claimsFor("https://app.example", http.MethodPost, target)
	if err != nil {
		t.Fatal(err)
	}
	if one.ID == "" || one.ID == other.ID || one.IssuedAt != other.IssuedAt || one.QSH != other.QSH {
		t.Errorf("got %+v and %+v", one, other)
	}
}
