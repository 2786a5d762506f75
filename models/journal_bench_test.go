package models_test

import (
	"errors"
	"strconv"
	"sync/atomic"
	"testing"

	"stowage/models"
	"stowage/models/modelstest"
)

// BenchmarkJournal records objects one by one from many goroutines, as a restore does.
func BenchmarkJournal(b *testing.B) {
	for _, dialect := range modelstest.Dialects() {
		b.Run(dialect, func(b *testing.B) {
			tenant := modelstest.Open(b, dialect).ForTenant("local")
			info := must(tenant.Enqueue(b.Context(), models.RunSpec{Kind: models.KindRestore}))(b)
			j := must(tenant.Claim(b.Context(), info.ID, info.Epoch, "w"))(b).Journal()
			var n atomic.Int64
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					ids := []string{strconv.FormatInt(n.Add(1), 10)}
					if err := errors.Join(j.Begin(b.Context(), "object", ids), j.Finish(b.Context(), "object", ids, ids, nil)); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
