package jobs

import (
	"encoding/json"
	"testing"
)

func TestNoPhasesAreNotTheSameAsAll(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		phases []string
		all    bool
	}{{nil, true}, {[]string{}, false}, {[]string{"history"}, false}} {
		doc, err := json.Marshal(BackupSpec{SchemaID: "s", Phases: c.phases})
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeSpec[BackupSpec](doc)
		if err != nil || (got.Phases == nil) != c.all || len(got.Phases) != len(c.phases) {
			t.Errorf("%#v became %#v by %s, %v", c.phases, got.Phases, doc, err)
		}
	}
}
