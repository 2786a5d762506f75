package sim_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
)

// A page of a thousand objects is what a backup asks for, over and over.
func BenchmarkPageOfAThousandObjects(b *testing.B) {
	s, err := sim.New(sim.Options{Sites: []sim.SiteOptions{{Name: "acme"}}})
	if err != nil {
		b.Fatal(err)
	}
	site := s.Site("acme")
	if _, err := gen.Fill(site.World(), gen.Profile{Name: gen.ITSM}, 5000, 1); err != nil {
		b.Fatal(err)
	}
	info := site.Info("http://sim.test")
	url := info.APIBaseURL + "/jsm/assets/workspace/" + info.WorkspaceID + "/v1/object/aql?maxResults=1000"
	client := &http.Client{Transport: sim.Transport(s)}
	b.ReportAllocs()
	for b.Loop() {
		request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, strings.NewReader(`{"qlQuery":"objectId > 0"}`))
		if err != nil {
			b.Fatal(err)
		}
		request.SetBasicAuth(info.Email, info.Token)
		request.Header.Set("Content-Type", "application/json")
		response, err := client.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			b.Fatal(response.Status, err)
		}
		if err := response.Body.Close(); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(n)
	}
}
