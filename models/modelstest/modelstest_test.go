package modelstest_test

import (
	"testing"

	"stowage/models"
	"stowage/models/modelstest"
)

func TestEveryTestGetsADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, dialect := range modelstest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			one, other := modelstest.Open(t, dialect), modelstest.Open(t, dialect)
			if one.Dialect() != dialect {
				t.Errorf("asked for %s, got %s", dialect, one.Dialect())
			}
			if _, err := one.ForTenant("local").Enqueue(t.Context(), models.RunSpec{Kind: models.KindSync}); err != nil {
				t.Fatal(err)
			}
			runs, err := other.ForTenant("local").Runs(t.Context(), models.RunFilter{})
			if err != nil || len(runs) != 0 {
				t.Errorf("another test's database shows %d runs, %v", len(runs), err)
			}
		})
	}
}
