package atlassian

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
)

// BenchmarkReadPage decodes pages as the simulator writes them. The figure to look at is MB/s.
func BenchmarkReadPage(b *testing.B) {
	body, n := simulatedPage(b, 1000)
	b.Logf("%d objects of %d bytes", n, len(body)/n)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		page, _, err := readPage(body, 1000)
		if err != nil || len(page.Objects) != n {
			b.Fatalf("%d objects: %v", len(page.Objects), err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}

func simulatedPage(tb testing.TB, most int) (body string, n int) {
	tb.Helper()
	s, err := sim.New(sim.Options{Sites: []sim.SiteOptions{{Name: "acme"}}})
	if err != nil {
		tb.Fatal(err)
	}
	site := s.Sites()[0]
	if _, err := gen.Fill(site.World(), gen.Profile{Name: gen.ITSM}, 5000, 1); err != nil {
		tb.Fatal(err)
	}
	info := site.Info("http://127.0.0.1:9")
	url := fmt.Sprintf("%s/jsm/assets/workspace/%s/v1/object/aql?maxResults=%d", info.APIBaseURL, info.WorkspaceID, most)
	req := httptest.NewRequestWithContext(tb.Context(), http.MethodPost, url, strings.NewReader(`{"qlQuery":"objectId > 0 ORDER BY objectId"}`))
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(info.Email, info.Token)
	resp, err := sim.Transport(s).RoundTrip(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		tb.Fatalf("%d: %v: %s", resp.StatusCode, err, data)
	}
	page, _, err := readPage(string(data), most)
	if err != nil {
		tb.Fatal(err)
	}
	return string(data), len(page.Objects)
}
