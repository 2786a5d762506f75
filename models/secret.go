package models

import (
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"stowage/internal/redact"
	"stowage/internal/seal"
)

type keysetRow struct {
	TenantID  string    `gorm:"primaryKey;not null"`
	Wrapped   []byte    `gorm:"not null"`
	CreatedAt time.Time `gorm:"not null"`
}

func (keysetRow) TableName() string { return "keysets" }

// keys returns the keyset of the tenant, or ErrNoKey.
func (t *Tenant) keys(tx *gorm.DB) (*seal.Keyset, error) {
	if t.db.seal == nil {
		return nil, ErrNoKey
	}
	var row keysetRow
	if err := tx.Where("tenant_id = ?", t.id).Take(&row).Error; err != nil {
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil, ErrNoKey
		}
		return nil, err
	}
	return t.db.seal.Open(t.id, row.Wrapped)
}

// someKeys returns the keyset of the tenant and makes one when it has none. It runs within a transaction.
func (t *Tenant) someKeys(tx *gorm.DB) (*seal.Keyset, error) {
	keys, err := t.keys(tx)
	if t.db.seal == nil || !errors.Is(err, ErrNoKey) {
		return keys, err
	}
	// Two that make one at the same moment wait for each other here; a tenant that is purged gets none.
	tenant, err := t.lock(tx)
	if err != nil {
		return nil, err
	}
	if tenant.PurgedAt != nil {
		return nil, ErrNoKey
	}
	keys, err = t.keys(tx)
	if !errors.Is(err, ErrNoKey) {
		return keys, err
	}
	wrapped, keys, err := t.db.seal.NewKeyset(t.id)
	if err != nil {
		return nil, err
	}
	return keys, tx.Create(&keysetRow{TenantID: t.id, Wrapped: wrapped, CreatedAt: t.db.now()}).Error
}

// place is what a sealed value is bound to.
func (t *Tenant) place(table, column, id string) string {
	return t.id + "|" + table + "|" + column + "|" + id
}

// sealed encrypts a secret for its place; nothing for an empty one.
func (t *Tenant) sealed(tx *gorm.DB, s redact.Secret, table, column, id string) ([]byte, error) {
	if s.IsZero() {
		return nil, nil
	}
	keys, err := t.someKeys(tx)
	if err != nil {
		return nil, err
	}
	return keys.Seal([]byte(s.Reveal()), t.place(table, column, id))
}

// opened decrypts a secret from its place; an empty one for nothing.
func (t *Tenant) opened(tx *gorm.DB, sealed []byte, table, column, id string) (redact.Secret, error) {
	if len(sealed) == 0 {
		return redact.Secret{}, nil
	}
	keys, err := t.keys(tx)
	if err != nil {
		return redact.Secret{}, err
	}
	plain, err := keys.Open(sealed, t.place(table, column, id))
	if err != nil {
		return redact.Secret{}, fmt.Errorf("%s of %s: %w", column, table, err)
	}
	return redact.New(string(plain)), nil
}

// hint is the end of a token, by which people tell tokens apart: nothing of a short one.
func hint(s redact.Secret) string {
	text := []rune(s.Reveal())
	if len(text) < 8 {
		return ""
	}
	return string(text[len(text)-4:])
}
