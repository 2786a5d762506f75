package models

import (
	"context"
	"time"

	"gorm.io/gorm"
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
	fresh, err = useToken(db.gorm.WithContext(ctx), signatureHash, until)
	return fresh, wrapped("use a token", err)
}

func useToken(tx *gorm.DB, signatureHash string, until time.Time) (fresh bool, err error) {
	res := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&tokenRow{Hash: signatureHash, ExpiresAt: exact(until)})
	return res.Error == nil && res.RowsAffected == 1, res.Error
}

// TokenUsed says whether a one-time token was used, for those that are used up only after what they are for.
func (db *DB) TokenUsed(ctx context.Context, signatureHash string) (bool, error) {
	var n int64
	err := db.gorm.WithContext(ctx).Model(&tokenRow{}).Where("hash = ?", signatureHash).Count(&n).Error
	return n > 0, wrapped("look up a token", err)
}
