package models_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"stowage/internal/redact"
	"stowage/models"
	"stowage/models/modelstest"
)

func TestADatabaseThatIsAwayIsNamed(t *testing.T) {
	t.Parallel()
	o := modelstest.Options(t, models.Postgres)
	db := modelstest.OpenWith(t, o)
	if err := db.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The server ends all connections of this database, and lets nobody in again.
	other := modelstest.Open(t, models.Postgres)
	u, err := url.Parse(o.URL.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	for _, statement := range []string{
		"ALTER DATABASE " + name + " ALLOW_CONNECTIONS false",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'",
	} {
		if err := models.Gorm(other).Exec(statement).Error; err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ForTenant("local").GetRun(t.Context(), "x"); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("a question: %v", err)
	}
	if _, err := db.ForTenant("local").Enqueue(t.Context(), models.RunSpec{Kind: models.KindSync}); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("a change: %v", err)
	}
	if err := db.Ping(t.Context()); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("ping: %v", err)
	}
	if err := models.Gorm(other).Exec("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true").Error; err != nil {
		t.Fatal(err)
	}
	if _, err := db.ForTenant("local").Enqueue(t.Context(), models.RunSpec{Kind: models.KindSync}); err != nil {
		t.Errorf("after it came back: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Ping(ctx); errors.Is(err, models.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("after the caller hung up: %v", err)
	}
}

// TestATransactionThatWasSuspendedForTooLongPasses is about a process that stood still in the middle of a transaction, as that
// of a machine which was moved: the server has ended the transaction, and the same again goes well.
func TestATransactionThatWasSuspendedForTooLongPasses(t *testing.T) {
	t.Parallel()
	o := modelstest.Options(t, models.Postgres)
	u := must(url.Parse(o.URL.Reveal()))(t)
	settings := u.Query()
	settings.Set("idle_in_transaction_session_timeout", "50ms")
	u.RawQuery = settings.Encode()
	o.URL = redact.New(u.String())
	db := modelstest.OpenWith(t, o)
	other := modelstest.OpenWith(t, models.Options{URL: o.URL, Seal: o.Seal})
	tenant := db.ForTenant("local")
	run := claim(t, tenant, enqueue(t, tenant, "f", ""))
	err := tenant.InTx(t.Context(), func(tx *models.Tenant) error {
		if _, err := tx.GetRun(t.Context(), run.ID()); err != nil {
			return err
		}
		untilEnded(t, other)
		_, err := tx.GetRun(t.Context(), run.ID())
		return err
	})
	if !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("the transaction: %v", err)
	}
	// What keeps others from failing with one of them may not have noticed, and comes to the end of a transaction that is no more.
	err = tenant.InTx(t.Context(), func(tx *models.Tenant) error {
		if _, err := tx.GetRun(t.Context(), run.ID()); err != nil {
			return err
		}
		untilEnded(t, other)
		_, err := tx.GetRun(t.Context(), run.ID())
		if err == nil {
			t.Error("the transaction goes on")
		}
		return nil
	})
	if !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("the end of the transaction: %v", err)
	}
	if err := run.Checkpoints().Save(t.Context(), []byte("x")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// untilEnded waits until nobody else on the database is in a transaction.
func untilEnded(t *testing.T, db *models.DB) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		var n int64
		err := models.Gorm(db).Raw("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'").Scan(&n).Error
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("the server does not end the transaction")
		}
	}
}

func TestThePasswordOfTheDatabaseIsInNoError(t *testing.T) {
	t.Parallel()
	const password = "canary-of-the-database"
	for name, address := range map[string]string{
		"no address":     "postgres://stowage:" + password + "@host:port/db",
		"nobody listens": "postgres://stowage:" + password + "@127.0.0.1:1/db?connect_timeout=2",
		"no socket":      "postgres://stowage:" + password + "@/db?host=" + url.QueryEscape(t.TempDir()),
	} {
		_, err := models.OpenWith(t.Context(), models.Options{URL: redact.New(address)})
		if err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v", name, err)
		}
		if name != "no address" && !errors.Is(err, models.ErrUnavailable) {
			t.Errorf("%s: %v is not %v", name, err, models.ErrUnavailable)
		}
	}
	for name, o := range map[string]models.Options{"neither": {}, "both": {Path: t.TempDir() + "/x.db", URL: redact.New("postgres://x/y")}} {
		if _, err := models.OpenWith(t.Context(), o); err == nil {
			t.Errorf("%s a path and an address: no error", name)
		}
	}
}
