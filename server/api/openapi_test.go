package api

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write openapi.json anew")

func TestTheCommittedDescriptionIsThatOfTheTypes(t *testing.T) {
	t.Parallel()
	got, err := Describe()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("openapi.json", got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(Document), string(got)); diff != "" {
		t.Fatalf("openapi.json is stale; run go test ./server/api -update (-committed +types)\n%s", diff)
	}
}
