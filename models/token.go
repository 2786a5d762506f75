package models

import (
	"context"
	"time"

	"gorm.io/gorm/clause"
)

type tokenRow struct {
	Hash      string    `gorm:"primaryKey;not null"`
	ExpiresAt time.Time `gorm:"not null;index:used_tokens_by_expiry"`
}

func (tokenRow) TableName() string { return "used_tokens" }

// UseToken records that a one-time token was used, by the hash of its signature. Fresh is false when it was used before.
// It is forgotten after until.
func (db *DB) UseToken(ctx context.Context, signatureHash string, until time.Time) (fresh bool, err error) {
	res := db.gorm.WithContext(ctx).Clauses(clause.OnConflict{DoNothing: true}).
		Create(&tokenRow{Hash: signatureHash, ExpiresAt: exact(until)})
	if res.Error != nil {
		return false, wrapped("use a token", res.Error)
	}
	return res.RowsAffected == 1, nil
}
