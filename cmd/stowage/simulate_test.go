package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestSimulateTellsItsSitesAndCounts(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancelCause(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"simulate", "--addr", "127.0.0.1:0", "--sites", "one,two", "--objects", "20", "--limits", "x2", "--json"},
			func(string) string { return "" }, writer, io.Discard)
	}()
	line, err := bufio.NewReader(reader).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var first struct {
		Sites []struct{ Name, BaseURL, APIBaseURL, CloudID, WorkspaceID, Email, Token string }
	}
	if err := json.Unmarshal(line, &first); err != nil {
		t.Fatal(err)
	}
	if len(first.Sites) != 2 || first.Sites[0].Name != "one" {
		t.Fatalf("sites: %+v", first.Sites)
	}
	site := first.Sites[0]
	ask := func(method, url string) (status int, limit, text string) {
		req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth(site.Email, site.Token)
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, resp.Header.Get("X-RateLimit-Limit"), string(body)
	}
	status, limit, body := ask(http.MethodGet, site.APIBaseURL+"/jsm/assets/workspace/"+site.WorkspaceID+"/v1/objectschema/list")
	if status != http.StatusOK || !strings.Contains(body, `"ITSM"`) || limit != "2000" {
		t.Errorf("list of schemas: %d, %s per minute, %s", status, limit, body)
	}
	if status, _, body := ask(http.MethodGet, site.BaseURL+"/rest/servicedeskapi/assets/workspace"); !strings.Contains(body, site.WorkspaceID) {
		t.Errorf("workspace: %d %s", status, body)
	}
	var stats struct{ Calls, Statuses map[string]int }
	_, _, body = ask(http.MethodGet, site.APIBaseURL+"/_sim/stats")
	if err := json.Unmarshal([]byte(body), &stats); err != nil {
		t.Fatal(err)
	}
	if stats.Calls["GET /objectschema/list"] != 1 || stats.Statuses["200"] != 2 {
		t.Errorf("stats: %s", body)
	}
	ask(http.MethodPost, site.APIBaseURL+"/_sim/reset-stats")
	if _, _, body := ask(http.MethodGet, site.APIBaseURL+"/_sim/stats"); strings.Contains(body, "objectschema") {
		t.Errorf("after a reset: %s", body)
	}
	stop(errStopped)
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d", code)
	}
}
