package seal_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"stowage/internal/seal"
)

func master(t *testing.T, first byte) *seal.Master {
	t.Helper()
	m, err := seal.NewMaster([32]byte{first})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWhatIsSealedOpensForItsOwnPlaceOnly(t *testing.T) {
	t.Parallel()
	m := master(t, 1)
	wrapped, keys, err := m.NewKeyset("acme")
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := keys.Seal([]byte("plain text"), "acme|targets|token|1")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("plain")) {
		t.Error("it is not sealed")
	}
	if again, err := keys.Seal([]byte("plain text"), "acme|targets|token|1"); err != nil || bytes.Equal(again, sealed) {
		t.Errorf("the same text is sealed in the same way twice, %v", err)
	}
	unwrapped, err := m.Open("acme", wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := unwrapped.Open(sealed, "acme|targets|token|1"); err != nil || string(plain) != "plain text" {
		t.Errorf("opened as %q, %v", plain, err)
	}
	if _, err := unwrapped.Open(sealed, "acme|targets|token|2"); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("opened in another place: %v", err)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := unwrapped.Open(changed, "acme|targets|token|1"); !errors.Is(err, seal.ErrWrongKey) {
			t.Fatalf("opened though byte %d was changed: %v", i, err)
		}
	}
	_, other, err := m.NewKeyset("acme")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Open(sealed, "acme|targets|token|1"); !errors.Is(err, seal.ErrWrongKey) {
		t.Errorf("opened with another keyset: %v", err)
	}
}

func TestAKeysetIsUnwrappedByItsMasterForItsTenant(t *testing.T) {
	t.Parallel()
	wrapped, _, err := master(t, 1).NewKeyset("acme")
	if err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func() (*seal.Keyset, error){
		"another master": func() (*seal.Keyset, error) { return master(t, 2).Open("acme", wrapped) },
		"another tenant": func() (*seal.Keyset, error) { return master(t, 1).Open("globex", wrapped) },
		"cut short":      func() (*seal.Keyset, error) { return master(t, 1).Open("acme", wrapped[:len(wrapped)-1]) },
		"nothing":        func() (*seal.Keyset, error) { return master(t, 1).Open("acme", nil) },
	} {
		if _, err := open(); !errors.Is(err, seal.ErrWrongKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := master(t, 1).Open("acme", wrapped); err != nil {
		t.Errorf("its own master and tenant: %v", err)
	}
}

func TestKeysAreNotPrinted(t *testing.T) {
	t.Parallel()
	m := master(t, 'K')
	_, keys, err := m.NewKeyset("acme")
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{m, keys} {
			if got := fmt.Sprintf(verb, v); got != "[redacted]" || strings.Contains(got, "K") {
				t.Errorf("%s prints %s", verb, got)
			}
		}
	}
}
