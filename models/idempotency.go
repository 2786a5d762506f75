package models

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// requestGone is how long a request may go without an answer before it is taken up again.
const requestGone = 2 * time.Minute

type keyRow struct {
	TenantID    string    `gorm:"primaryKey;not null"`
	RequestKey  string    `gorm:"primaryKey;not null"`
	RequestHash string    `gorm:"not null"`
	Status      int64     `gorm:"not null"` // 0 until there is an answer
	Answer      []byte    ``
	TakenAt     time.Time `gorm:"not null;index:idempotency_keys_by_time"`
}

func (keyRow) TableName() string { return "idempotency_keys" }

// KeyState says what is known of an idempotency key.
type KeyState string

// The states of an idempotency key.
const (
	// KeyNew: the request is to be done now, and its answer to be kept.
	KeyNew KeyState = "new"
	// KeyDone: the request was done; here is its answer.
	KeyDone KeyState = "done"
	// KeyRunning: the request is being done by somebody else.
	KeyRunning KeyState = "running"
	// KeyMismatch: the key was used for another request.
	KeyMismatch KeyState = "mismatch"
)

// FirstUse takes an idempotency key for a request, or tells what came of the request it was taken for. A request that was
// begun and never answered may be taken up again after two minutes.
func (t *Tenant) FirstUse(ctx context.Context, key, requestHash string) (answer []byte, status int, state KeyState, err error) {
	err = t.db.inTx(ctx, func(tx *gorm.DB) error {
		at := t.db.now()
		row := keyRow{TenantID: t.id, RequestKey: key, RequestHash: requestHash, TakenAt: at}
		res := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
		if res.Error != nil {
			return res.Error
		}
		state = KeyNew
		if res.RowsAffected == 1 {
			return nil
		}
		if err := tx.Where("tenant_id = ? AND request_key = ?", t.id, key).Take(&row).Error; err != nil {
			return err
		}
		switch {
		case row.RequestHash != requestHash:
			state = KeyMismatch
		case row.Status != 0:
			open := t.opener(tx)
			answer, status, state = open.bytes(row.Answer, "idempotency_keys", "answer", key), int(row.Status), KeyDone
			return open.err
		default:
			// Whoever began it may have died. Of several that find out one takes it up.
			res := tx.Model(&keyRow{}).Where("tenant_id = ? AND request_key = ? AND status = 0 AND taken_at < ?", t.id, key, at.Add(-requestGone)).
				Update("taken_at", at)
			if res.Error != nil {
				return res.Error
			}
			if res.RowsAffected == 0 {
				state = KeyRunning
			}
		}
		return nil
	})
	return answer, status, state, wrapped("take an idempotency key", err)
}

// KeepAnswer keeps the answer to the request of a key.
func (t *Tenant) KeepAnswer(ctx context.Context, key string, status int, body []byte) error {
	err := t.db.inTx(ctx, func(tx *gorm.DB) error {
		answer, err := t.sealBytes(tx, body, "idempotency_keys", "answer", key)
		if err != nil {
			return err
		}
		res := tx.Model(&keyRow{}).Where("tenant_id = ? AND request_key = ?", t.id, key).Updates(map[string]any{"status": status, "answer": answer})
		if res.Error == nil && res.RowsAffected == 0 {
			return ErrNotFound
		}
		return res.Error
	})
	return wrapped("keep an answer", err)
}

// ForgetKey forgets a key whose request came to nothing, so that it can be tried again.
func (t *Tenant) ForgetKey(ctx context.Context, key string) error {
	err := t.rows(ctx).Where("request_key = ?", key).Delete(&keyRow{}).Error
	return wrapped("forget an idempotency key", err)
}
