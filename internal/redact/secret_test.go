package redact_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"stowage/internal/redact"
)

const canary = "canary-7f3a91"

type holder struct {
	Open   redact.Secret
	closed redact.Secret
	nested struct{ deep []redact.Secret }
}

func TestASecretIsPrintedByNothing(t *testing.T) {
	t.Parallel()
	s := redact.New(canary)
	h := holder{Open: s, closed: s}
	h.nested.deep = []redact.Secret{s}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		for _, v := range []any{s, &s, h, &h, []redact.Secret{s}, map[string]redact.Secret{"k": s}} {
			fmt.Fprintf(&out, verb, v)
		}
	}
	fmt.Fprint(&out, s, h)
	fmt.Fprintln(&out, fmt.Errorf("wrapped %v: %w", s, errors.New("cause")))
	for _, v := range []any{s, h, map[string]redact.Secret{"k": s}} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
	}
	if b, err := xml.Marshal(s); err == nil {
		out.Write(b)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).InfoContext(t.Context(), "m", "secret", s, "holder", h)
	slog.New(slog.NewTextHandler(&log, nil)).InfoContext(t.Context(), "m", "secret", s, "holder", h)
	out.Write(log.Bytes())
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the secret shows as %s in:\n%s", form, out.String())
		}
	}
	if !strings.Contains(out.String(), redact.Placeholder) {
		t.Error("the placeholder shows nowhere: the test looked at nothing")
	}
}

func TestASecretIsRevealedByNameOnly(t *testing.T) {
	t.Parallel()
	if got := redact.New(canary).Reveal(); got != canary {
		t.Errorf("revealed %q", got)
	}
	var zero redact.Secret
	if !zero.IsZero() || !redact.New("").IsZero() || zero.Reveal() != "" || redact.New(canary).IsZero() {
		t.Error("an empty secret and a full one are not told apart")
	}
}
