package models

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"gorm.io/gorm"

	"stowage/internal/seal"
)

// sealedMark begins a text or a document that is sealed. What people's objects hold may be quoted in messages, logs,
// notes, plans and checkpoints; where the database was opened with a key these are kept like secrets. Without one, as on
// the command line, they are kept as they are.
const sealedMark = "sealed:1:"

// sealText seals a text for its place, where there is a key to seal with. Of a tenant that is purged nothing is kept.
func (t *Tenant) sealText(tx *gorm.DB, text, table, column, id string) (string, error) {
	if text == "" || t.db.seal == nil {
		return storable(text), nil
	}
	keys, err := t.someKeys(tx)
	if errors.Is(err, ErrNoKey) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return sealText(keys, text, t.place(table, column, id))
}

func sealText(keys *seal.Keyset, text, place string) (string, error) {
	if text == "" || keys == nil {
		return storable(text), nil
	}
	sealed, err := keys.Seal([]byte(text), place)
	if err != nil {
		return "", err
	}
	return sealedMark + base64.RawStdEncoding.EncodeToString(sealed), nil
}

func sealBytes(keys *seal.Keyset, doc []byte, place string) ([]byte, error) {
	if len(doc) == 0 || keys == nil {
		return doc, nil
	}
	sealed, err := keys.Seal(doc, place)
	if err != nil {
		return nil, err
	}
	return append([]byte(sealedMark), sealed...), nil
}

// sealBytes is sealText for a document.
func (t *Tenant) sealBytes(tx *gorm.DB, doc []byte, table, column, id string) ([]byte, error) {
	if len(doc) == 0 || t.db.seal == nil {
		return doc, nil
	}
	keys, err := t.someKeys(tx)
	if errors.Is(err, ErrNoKey) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return sealBytes(keys, doc, t.place(table, column, id))
}

// opener opens what sealText and sealBytes made. It asks for the keys when it meets the first thing that is sealed, and
// keeps the first error, so that a list can be read through before it is looked at.
type opener struct {
	t    *Tenant
	tx   *gorm.DB
	keys *seal.Keyset
	err  error
}

func (t *Tenant) opener(tx *gorm.DB) *opener { return &opener{t: t, tx: tx} }

// text opens a text of a row.
func (o *opener) text(text, table, column, id string) string {
	sealed, ok := strings.CutPrefix(text, sealedMark)
	if !ok {
		return text
	}
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		o.fail(seal.ErrWrongKey)
		return ""
	}
	return string(o.open(raw, table, column, id))
}

// bytes opens a document of a row.
func (o *opener) bytes(doc []byte, table, column, id string) []byte {
	if len(doc) < len(sealedMark) || string(doc[:len(sealedMark)]) != sealedMark {
		return doc
	}
	return o.open(doc[len(sealedMark):], table, column, id)
}

func (o *opener) open(sealed []byte, table, column, id string) []byte {
	if o.err != nil {
		return nil
	}
	if o.keys == nil {
		if o.keys, o.err = o.t.keys(o.tx); o.err != nil {
			return nil
		}
	}
	plain, err := o.keys.Open(sealed, o.t.place(table, column, id))
	o.fail(err)
	return plain
}

func (o *opener) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// keyset returns the keys for what the run writes, or nil when it is written as it is. It asks for them once.
func (r *Run) keyset(ctx context.Context) (*seal.Keyset, error) {
	if r.tenant.db.seal == nil {
		return nil, nil
	}
	r.keysMu.Lock()
	defer r.keysMu.Unlock()
	if r.keys != nil {
		return r.keys, nil
	}
	err := r.tenant.db.inTx(ctx, func(tx *gorm.DB) (err error) {
		r.keys, err = r.tenant.someKeys(tx)
		return err
	})
	if err != nil {
		r.keys = nil
		return nil, err
	}
	return r.keys, nil
}

// CheckKey says whether the key the database was opened with is the one its secrets are sealed with: ErrNoKey where there
// is none, and an error that is seal.ErrWrongKey where it is another. A database without secrets goes with any key.
func (db *DB) CheckKey(ctx context.Context) error {
	const verb = "check the key of the database"
	if db.seal == nil {
		return wrapped(verb, ErrNoKey)
	}
	var rows []keysetRow
	if err := db.gorm.WithContext(ctx).Order("created_at DESC").Limit(1).Find(&rows).Error; err != nil {
		return wrapped(verb, err)
	}
	for _, row := range rows {
		if _, err := db.seal.Open(row.TenantID, row.Wrapped); err != nil {
			return wrapped(verb, err)
		}
	}
	return nil
}
