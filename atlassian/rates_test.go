package atlassian_test

import (
	"testing"

	"stowage/atlassian"
)

func TestRatesAreThoseOfTheDocuments(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string][2]float64{
		"POST /object/aql":                {1000, 10000},
		"POST /object/create":             {2000, 10000},
		"POST /object/aql/totalcount":     {500, 10000},
		"GET /rest/api/3/myself":          {6000, 0},
		"PUT /rest/api/3/issue/{issueId}": {3000, 0},
	} {
		if own, total := atlassian.Rates(operation); own != want[0] || total != want[1] {
			t.Errorf("%s: %v, %v; want %v", operation, own, total, want)
		}
	}
}
