package snapshot

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"stowage/blob"
)

// Keys are the unwrapped keys of one tenant. They may be used by several goroutines.
type Keys struct {
	tenant  string
	aead    tink.AEAD
	names   []byte
	wrapped []byte
}

// keysetDoc is what the master key wraps.
type keysetDoc struct {
	Tenant string          `json:"tenant"`
	AEAD   json.RawMessage `json:"aead"`
	Names  []byte          `json:"names"`
}

// OpenKeys loads the keys of a tenant from the store. Where there are none it makes them, if create says so, and returns
// ErrNoKeys otherwise. ErrWrongKey means that another master key wrapped them. A damaged keyset is read from its copy, and mended if
// create says that the store may be written.
func OpenKeys(ctx context.Context, store blob.Store, tenant string, master MasterKey, create bool) (*Keys, error) {
	if err := checkPart("tenant", tenant); err != nil {
		return nil, err
	}
	if master.IsZero() {
		return nil, errors.New("no master key given")
	}
	k, err := loadKeys(ctx, store, tenant, master)
	switch {
	case err == nil && create:
		if err := k.mend(ctx, store, master); err != nil {
			return nil, err
		}
		return k, nil
	case err == nil || !create || !errors.Is(err, blob.ErrNotFound):
		return k, err
	}
	k, doc, err := newKeys(tenant)
	if err != nil {
		return nil, err
	}
	if k.wrapped, err = wrap(tenant, doc, master); err != nil {
		return nil, err
	}
	stored, err := store.PutIfAbsent(ctx, keysetName(tenant), k.wrapped)
	if err != nil {
		return nil, fmt.Errorf("store the keyset: %w", err)
	}
	if !stored {
		// Somebody else was first.
		return loadKeys(ctx, store, tenant, master)
	}
	if err := store.Put(ctx, keysetCopyName(tenant), k.wrapped); err != nil {
		return nil, fmt.Errorf("store the copy of the keyset: %w", err)
	}
	return k, nil
}

// loadKeys tries the keyset and then its copy. The error is that of the first, unless only the second tells more.
func loadKeys(ctx context.Context, store blob.Store, tenant string, master MasterKey) (*Keys, error) {
	k, err := loadKeyset(ctx, store, keysetName(tenant), tenant, master)
	if err == nil {
		return k, nil
	}
	spare, spareErr := loadKeyset(ctx, store, keysetCopyName(tenant), tenant, master)
	switch {
	case spareErr == nil:
		return spare, nil
	case !errors.Is(err, blob.ErrNotFound):
		return nil, err
	case !errors.Is(spareErr, blob.ErrNotFound):
		return nil, spareErr
	}
	return nil, fmt.Errorf("tenant %s: %w", tenant, ErrNoKeys)
}

// mend writes a file of the keyset anew that is missing or damaged. One that another master key wrapped stays as it is.
func (k *Keys) mend(ctx context.Context, store blob.Store, master MasterKey) error {
	for _, name := range []string{keysetName(k.tenant), keysetCopyName(k.tenant)} {
		_, err := loadKeyset(ctx, store, name, k.tenant, master)
		switch {
		case err == nil || errors.Is(err, ErrWrongKey) || errors.Is(err, ErrFutureVersion):
			continue
		case !errors.Is(err, blob.ErrNotFound) && !errors.Is(err, ErrTampered):
			return err
		}
		if err := store.Put(ctx, name, k.wrapped); err != nil {
			return fmt.Errorf("mend %s: %w", name, err)
		}
	}
	return nil
}

func loadKeyset(ctx context.Context, store blob.Store, name, tenant string, master MasterKey) (*Keys, error) {
	data, err := fetch(ctx, store, name, maxStoredKeyset)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	k, err := unwrap(data, tenant, master)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return k, nil
}

// newKeys makes keys, and the document to be wrapped.
func newKeys(tenant string) (*Keys, []byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, nil, fmt.Errorf("make a keyset: %w", err)
	}
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		return nil, nil, fmt.Errorf("write the keyset: %w", err)
	}
	names := make([]byte, 32)
	_, _ = rand.Read(names)
	doc, err := json.Marshal(keysetDoc{Tenant: tenant, AEAD: text.Bytes(), Names: names})
	if err != nil {
		return nil, nil, fmt.Errorf("write the keyset: %w", err)
	}
	k, err := keysOf(tenant, handle, names)
	return k, doc, err
}

func keysOf(tenant string, handle *keyset.Handle, names []byte) (*Keys, error) {
	a, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("use the keyset: %w", err)
	}
	return &Keys{tenant: tenant, aead: a, names: names}, nil
}

func wrap(tenant string, doc []byte, master MasterKey) ([]byte, error) {
	box, err := subtle.NewAESGCM(master.key[:])
	if err != nil {
		return nil, fmt.Errorf("use the master key: %w", err)
	}
	sealed, err := box.Encrypt(doc, associated(Version, tenant, "keyset"))
	if err != nil {
		return nil, fmt.Errorf("wrap the keyset: %w", err)
	}
	mark := master.fingerprint()
	return append(append(appendHeader(nil, frameKeyset), mark[:]...), sealed...), nil
}

func unwrapDoc(data []byte, tenant string, master MasterKey) ([]byte, error) {
	version, rest, err := openFrame(data, frameKeyset)
	if err != nil {
		return nil, err
	}
	mark := master.fingerprint()
	if len(rest) < len(mark) || !bytes.Equal(rest[:len(mark)], mark[:]) {
		return nil, ErrWrongKey
	}
	box, err := subtle.NewAESGCM(master.key[:])
	if err != nil {
		return nil, fmt.Errorf("use the master key: %w", err)
	}
	text, err := box.Decrypt(rest[len(mark):], associated(version, tenant, "keyset"))
	if err != nil {
		return nil, fmt.Errorf("keyset: %w", ErrTampered)
	}
	return text, nil
}

func unwrap(data []byte, tenant string, master MasterKey) (*Keys, error) {
	text, err := unwrapDoc(data, tenant, master)
	if err != nil {
		return nil, err
	}
	var doc keysetDoc
	if err := json.Unmarshal(text, &doc); err != nil || doc.Tenant != tenant || len(doc.Names) != 32 {
		return nil, fmt.Errorf("keyset: %w", ErrTampered)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(doc.AEAD)))
	if err != nil {
		return nil, fmt.Errorf("keyset: %w: %w", ErrTampered, err)
	}
	k, err := keysOf(tenant, handle, doc.Names)
	if err != nil {
		return nil, err
	}
	k.wrapped = bytes.Clone(data)
	return k, nil
}

// Rewrap wraps the keys of a tenant by another master key. What is stored stays as it is.
func Rewrap(ctx context.Context, store blob.Store, tenant string, old, fresh MasterKey) error {
	k, err := OpenKeys(ctx, store, tenant, old, false)
	if err != nil {
		return err
	}
	doc, err := unwrapDoc(k.wrapped, tenant, old)
	if err != nil {
		return err
	}
	wrapped, err := wrap(tenant, doc, fresh)
	if err != nil {
		return err
	}
	for _, name := range []string{keysetName(tenant), keysetCopyName(tenant)} {
		if err := store.Put(ctx, name, wrapped); err != nil {
			return fmt.Errorf("store %s: %w", name, err)
		}
	}
	return nil
}

// Shred deletes the keys of a tenant, after which nothing of the tenant can ever be read again.
func Shred(ctx context.Context, store blob.Store, tenant string) error {
	if err := checkPart("tenant", tenant); err != nil {
		return err
	}
	for _, name := range []string{keysetName(tenant), keysetCopyName(tenant)} {
		if err := store.Delete(ctx, name); err != nil {
			return fmt.Errorf("delete %s: %w", name, err)
		}
	}
	return nil
}

// Tenant returns whose keys they are.
func (k *Keys) Tenant() string { return k.tenant }

// String does not show the keys.
func (k *Keys) String() string { return "keys of tenant " + k.tenant }

// GoString does not show the keys.
func (k *Keys) GoString() string { return k.String() }

// segmentName names a segment after its content.
func (k *Keys) segmentName(kind Kind, plaintext []byte) string {
	h := hmac.New(sha256.New, k.names)
	h.Write([]byte("stowage segment\n" + string(kind) + "\n"))
	h.Write(plaintext)
	return hex.EncodeToString(h.Sum(nil))
}

// seal compresses and encrypts plaintext and binds it to parts. The encoder's output goes to scratch, which is returned
// for the next time.
func (k *Keys) seal(e *zstd.Encoder, letter byte, plaintext, scratch []byte, parts ...string) (sealed, reuse []byte, err error) {
	scratch = e.EncodeAll(plaintext, scratch[:0])
	text, err := k.aead.Encrypt(scratch, associated(Version, parts...))
	if err != nil {
		return nil, scratch, fmt.Errorf("encrypt: %w", err)
	}
	sealed = make([]byte, 0, headerSize+len(text))
	return append(appendHeader(sealed, letter), text...), scratch, nil
}

func (k *Keys) open(letter byte, data []byte, limit uint64, parts ...string) ([]byte, error) {
	version, rest, err := openFrame(data, letter)
	if err != nil {
		return nil, err
	}
	text, err := k.aead.Decrypt(rest, associated(version, parts...))
	if err != nil {
		return nil, fmt.Errorf("%w: the seal is broken", ErrTampered)
	}
	return decompress(text, limit)
}

// fetch gets a file after looking at its size.
func fetch(ctx context.Context, store blob.Store, name string, limit int64) ([]byte, error) {
	info, err := store.Stat(ctx, name)
	if err != nil {
		return nil, err
	}
	if info.Size > limit {
		return nil, fmt.Errorf("%w: %d bytes are more than can have been written", ErrTampered, info.Size)
	}
	return store.Get(ctx, name)
}
