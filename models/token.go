package models

import (
	"context"
	"time"
)

// UseToken records that a one-time token was used, by the hash of its signature. Fresh is false when it was used before.
// It is forgotten after until.
func (db *DB) UseToken(ctx context.Context, signatureHash string, until time.Time) (fresh bool, err error) {
	return false, errUnfinished
}
