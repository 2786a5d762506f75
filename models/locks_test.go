package models_test

import (
	"errors"
	"testing"
	"time"

	"stowage/models"
	"stowage/models/modelstest"
)

// TestASchemaIsNotForgottenUnderABackupThatIsStarted has somebody forget a schema at the moment somebody else starts a backup
// of it. On SQLite one of the two is over before the other begins.
func TestASchemaIsNotForgottenUnderABackupThatIsStarted(t *testing.T) {
	t.Parallel()
	db := modelstest.Open(t, models.Postgres)
	tenant := db.ForTenant("local")
	synced(t, tenant, current, seen("alpha"))
	synced(t, tenant, current, nil)
	alpha := must(tenant.Schemas(t.Context(), models.SchemaFilter{}))(t).Items[0]
	forgotten := make(chan error, 1)
	var backup models.Backup
	err := tenant.InTx(t.Context(), func(tx *models.Tenant) (err error) {
		_, backup, err = tx.StartBackup(t.Context(), models.RunSpec{Kind: models.KindBackup, Subject: models.Subject{SchemaID: alpha.ID}}, models.Backup{})
		if err != nil {
			return err
		}
		go func() {
			_, err := tenant.ForgetSchema(t.Context(), alpha.ID)
			forgotten <- err
		}()
		untilWaiting(t, db)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-forgotten; !errors.Is(err, models.ErrConflict) {
		t.Errorf("forgotten under its backup: %v", err)
	}
	must(tenant.Backup(t.Context(), backup.ID))(t)
}

// TestWhoStartsABackupAndWhoSynchronisesDoNotWaitForEachOther has both want what the other has locked.
func TestWhoStartsABackupAndWhoSynchronisesDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	db := modelstest.Open(t, models.Postgres)
	tenant := db.ForTenant("local")
	synced(t, tenant, current, seen("alpha"))
	alpha := must(tenant.Schemas(t.Context(), models.SchemaFilter{}))(t).Items[0]
	recorded := make(chan error, 1)
	err := tenant.InTx(t.Context(), func(tx *models.Tenant) error {
		if _, _, err := tx.StartBackup(t.Context(), models.RunSpec{Kind: models.KindBackup, Subject: models.Subject{SchemaID: alpha.ID}}, models.Backup{}); err != nil {
			return err
		}
		go func() {
			_, err := tenant.SyncSchemas(t.Context(), current, nil, now())
			recorded <- err
		}()
		untilWaiting(t, db)
		return tx.Audit(t.Context(), models.AuditEntry{Action: "backup.start"})
	})
	if err := errors.Join(err, <-recorded); err != nil {
		t.Error(err)
	}
}

// untilWaiting waits until one transaction on the database waits for another.
func untilWaiting(t *testing.T, db *models.DB) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		var n int64
		err := models.Gorm(db).Raw("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n).Error
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("nobody waits")
		}
	}
}
