package models_test

import (
	"errors"
	"strings"
	"testing"

	"stowage/internal/redact"
	"stowage/models"
)

func TestADatabaseThatIsAwayIsNamedInOneLine(t *testing.T) {
	t.Parallel()
	_, err := models.OpenWith(t.Context(), models.Options{URL: redact.New("postgres://somebody:canary@127.0.0.1:1/stowage")})
	if !errors.Is(err, models.ErrUnavailable) || !strings.Contains(err.Error(), "127.0.0.1:1") || strings.ContainsAny(err.Error(), "\n\t") || strings.Contains(err.Error(), "canary") {
		t.Errorf("%q", err)
	}
}
