// Package seal encrypts what may be read by nobody but this program: one keyset per tenant, wrapped by a master key that
// the operator keeps outside of the database. Everything sealed is bound to its place, so that a sealed value that is
// moved to another row, column or tenant does not open. Deleting the wrapped keyset of a tenant makes all that was sealed
// with it unreadable for good.
package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"stowage/internal/redact"
)

// ErrWrongKey means that something does not open: it was sealed with another key, for another place, or was changed.
var ErrWrongKey = errors.New("sealed with another key, for another place, or changed")

// wrapping keeps the key that wraps keysets apart from whatever else is derived from the same master key.
const wrapping = "stowage: wrapping of tenant keysets, version 1"

// Master wraps the keysets of tenants. It may be used from several goroutines.
type Master struct{ wrap tink.AEAD }

// NewMaster makes a master of a key of 32 random bytes.
func NewMaster(key [32]byte) (*Master, error) {
	derived, err := hkdf.Key(sha256.New, key[:], nil, wrapping, 32)
	if err != nil {
		return nil, fmt.Errorf("derive the wrapping key: %w", err)
	}
	wrap, err := subtle.NewAESGCM(derived)
	if err != nil {
		return nil, fmt.Errorf("make the wrapping cipher: %w", err)
	}
	return &Master{wrap: wrap}, nil
}

// String shows nothing of the key.
func (*Master) String() string { return redact.Placeholder }

// GoString shows nothing of the key.
func (*Master) GoString() string { return redact.Placeholder }

// NewKeyset makes a keyset for a tenant. Wrapped is what the database keeps of it.
func (m *Master) NewKeyset(tenant string) (wrapped []byte, k *Keyset, err error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, nil, fmt.Errorf("make a keyset: %w", err)
	}
	var out bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&out), m.wrap, []byte(tenant)); err != nil {
		return nil, nil, fmt.Errorf("wrap a keyset: %w", err)
	}
	k, err = newKeyset(handle)
	return out.Bytes(), k, err
}

// Open unwraps the keyset of a tenant. It fails with ErrWrongKey when it was wrapped by another master or for another
// tenant.
func (m *Master) Open(tenant string, wrapped []byte) (*Keyset, error) {
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), m.wrap, []byte(tenant))
	if err != nil {
		return nil, fmt.Errorf("unwrap a keyset: %w", ErrWrongKey)
	}
	return newKeyset(handle)
}

// Keyset seals and opens for one tenant. It may be used from several goroutines.
type Keyset struct{ aead tink.AEAD }

func newKeyset(handle *keyset.Handle) (*Keyset, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("use a keyset: %w", err)
	}
	return &Keyset{aead: primitive}, nil
}

// String shows nothing of the keys.
func (*Keyset) String() string { return redact.Placeholder }

// GoString shows nothing of the keys.
func (*Keyset) GoString() string { return redact.Placeholder }

// Seal encrypts plain for the place that place names, which is bound to it and not kept with it.
func (k *Keyset) Seal(plain []byte, place string) ([]byte, error) {
	sealed, err := k.aead.Encrypt(plain, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// Open decrypts what was sealed for the same place. It fails with ErrWrongKey otherwise.
func (k *Keyset) Open(sealed []byte, place string) ([]byte, error) {
	plain, err := k.aead.Decrypt(sealed, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("open: %w", ErrWrongKey)
	}
	return plain, nil
}
