package models

import "testing"

// Abandon makes the holder of a run one that is gone.
func Abandon(t *testing.T, db *DB, id string) {
	t.Helper()
	if err := db.gorm.Exec("UPDATE runs SET lease_until = ? WHERE id = ?", now(), id).Error; err != nil {
		t.Fatal(err)
	}
}
