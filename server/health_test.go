package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/server"
)

func TestACheckThatHangsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		back := make(chan struct{})
		s, err := server.New(server.Config{Checks: map[string]server.Check{
			"database": func(context.Context) error { return nil },
			"redis":    func(context.Context) error { return errors.New("refused") },
			"store": func(context.Context) error {
				asked.Add(1)
				<-back // A file system that is away pays no heed to contexts.
				return nil
			},
			"slow": func(ctx context.Context) error {
				<-ctx.Done()
				return context.Cause(ctx)
			},
		}})
		if err != nil {
			t.Fatal(err)
		}
		look := func() (status int, checks map[string]string, took time.Duration) {
			began, w := time.Now(), httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
			var answer struct{ Checks map[string]string }
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
				t.Fatal(err)
			}
			return w.Code, answer.Checks, time.Since(began)
		}
		want := map[string]string{"database": "ok", "redis": "failing", "store": "no answer", "slow": "no answer"}
		for range 3 {
			status, checks, took := look()
			if diff := cmp.Diff(want, checks); diff != "" || status != http.StatusServiceUnavailable || took > 2*time.Second {
				t.Errorf("%d after %s (-want +got)\n%s", status, took, diff)
			}
			pass(5 * time.Second)
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("%d questions hang", n)
		}
		close(back)
		synctest.Wait()
		if _, checks, _ := look(); checks["store"] != "ok" {
			t.Errorf("a check that is back is %q", checks["store"])
		}
	})
}
