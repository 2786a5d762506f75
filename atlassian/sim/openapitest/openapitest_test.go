package openapitest_test

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/sim/openapitest"
)

const workspace = "https://api.example/jsm/assets/workspace/w/v1"

func TestAnExchangeIsHeldAgainstTheDescription(t *testing.T) {
	t.Parallel()
	spec := openapitest.Load(t)
	icon := `{"id":"1","name":"Box","url16":"a","url48":"b"}`
	for name, tc := range map[string]struct {
		method, url, sent string
		status            int
		kind, received    string
		want              string // part of the complaint; empty is none
	}{
		"a good answer passes":                {"GET", "/icon/1", "", 200, "application/json", icon, ""},
		"a missing member is found":           {"GET", "/icon/1", "", 200, "application/json", `{"id":"1","name":"Box","url16":"a"}`, "url48"},
		"a misspelt member is found":          {"GET", "/icon/1", "", 200, "application/json", `{"id":"1","name":"Box","url16":"a","url48":"b","naem":"x"}`, "naem"},
		"a number for a string is found":      {"GET", "/icon/1", "", 200, "application/json", `{"id":1,"name":"Box","url16":"a","url48":"b"}`, "string"},
		"an unknown route is found":           {"GET", "/icons", "", 200, "application/json", `[]`, "no operation GET"},
		"an unknown parameter is found":       {"GET", "/icon/1?expand=all", "", 200, "application/json", icon, "expand"},
		"an undescribed status is found":      {"GET", "/icon/1", "", 204, "", "", "status 204"},
		"an undescribed body is found":        {"DELETE", "/config/statustype/1", "", 200, "application/json", `{}`, "body"},
		"a wrong content type is found":       {"GET", "/icon/1", "", 200, "text/html", "<p>", "Content-Type"},
		"an error of the service passes":      {"GET", "/icon/1", "", 404, "application/json", `{"errorMessages":["no"],"errors":{}}`, ""},
		"an error of another shape":           {"GET", "/icon/1", "", 404, "application/json", `{"error":"no"}`, "errorMessages"},
		"an error of the gateway passes":      {"GET", "/icon/1", "", 401, "application/json", `{"code":401,"message":"Unauthorized"}`, ""},
		"an unknown member of a body":         {"POST", "/object/aql", `{"qlQuery":"","startAt":1}`, 400, "", "", "startAt"},
		"a missing member of a body":          {"POST", "/object/aql", `{}`, 400, "", "", "qlQuery"},
		"a body of the wrong type":            {"POST", "/object/create", `{"objectTypeId":1,"attributes":[]}`, 400, "", "", "objectTypeId"},
		"Jira is no business of this":         {"GET", "/../../../../../rest/api/3/myself", "", 418, "", "", ""},
		"an undocumented route that is known": {"GET", "/comment/object/1", "", 299, "", "anything", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := workspace + tc.url
			if strings.HasPrefix(tc.url, "/..") {
				url = "https://api.example/rest/api/3/myself"
			}
			request, err := http.NewRequestWithContext(t.Context(), tc.method, url, strings.NewReader(tc.sent))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/json")
			header := http.Header{"Content-Type": {tc.kind}}
			err = spec.Check(t.Context(), request, []byte(tc.sent), tc.status, header, []byte(tc.received))
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("unexpected complaint: %v", err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("complaint %v does not speak of %q", err, tc.want)
			}
		})
	}
}

func TestOnlySuccessfulExchangesCountAsExercised(t *testing.T) {
	t.Parallel()
	spec := openapitest.Load(t)
	const label = "GET /icon/{id}"
	check := func(status int, body string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, workspace+"/icon/1", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if err := spec.Check(t.Context(), request, nil, status, http.Header{"Content-Type": {"application/json"}}, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	check(404, `{"errorMessages":[],"errors":{}}`)
	if !slices.Contains(spec.Unexercised(), label) {
		t.Error("a 404 counted as exercised")
	}
	check(200, `{"id":"1","name":"Box","url16":"a","url48":"b"}`)
	if slices.Contains(spec.Unexercised(), label) {
		t.Error("a 200 did not count as exercised")
	}
}

// DEVIATIONS.md and the table in the code are one.
func TestTheTableInTheDocumentIsTheTableInTheCode(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../DEVIATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		documented = append(documented, m[1])
	}
	var coded []string
	for _, d := range openapitest.Deviations() {
		coded = append(coded, d.ID)
		if d.Source == "" || d.Note == "" {
			t.Errorf("deviation %s lacks its source or what differs", d.ID)
		}
	}
	if diff := cmp.Diff(coded, documented); diff != "" {
		t.Errorf("code (-) and document (+) differ:\n%s", diff)
	}
}
