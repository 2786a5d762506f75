package blob_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"stowage/blob"
)

func TestNamesAreCheckedByTheRules(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"a": true, "a/b.c/d_e-f": true, "A9": true, "a.": true, "-": true, strings.Repeat("x", blob.MaxName): true,
		"": false, "/": false, "/a": false, "a/": false, "a//b": false, ".a": false, "a/.b": false, "..": false, "a b": false, "ü": false,
		strings.Repeat("x", blob.MaxName+1): false,
	} {
		if err := blob.CheckName(name); (err == nil) != ok || err != nil && !errors.Is(err, blob.ErrInvalidName) {
			t.Errorf("%.20q: %v", name, err)
		}
	}
	for prefix, ok := range map[string]bool{"": true, "a/": true, "a/b/": true, "a": false, "/": false, "../": false, "a//": false} {
		if err := blob.CheckPrefix(prefix); (err == nil) != ok || err != nil && !errors.Is(err, blob.ErrInvalidName) {
			t.Errorf("prefix %q: %v", prefix, err)
		}
	}
}

func FuzzCheckName(f *testing.F) {
	for _, seed := range []string{"a/b", "../a", ".x", "a/./b", "a\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if blob.CheckName(name) == nil && (!fs.ValidPath(name) || strings.Contains("/"+name, "/.")) {
			t.Errorf("%q is allowed", name)
		}
	})
}
