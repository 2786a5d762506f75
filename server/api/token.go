package api

import (
	"encoding/json"
	"errors"

	"github.com/danielgtaylor/huma/v2"

	"stowage/internal/redact"
)

// Token is a secret in a request. It can be read from JSON; written anywhere, it shows a placeholder.
type Token struct{ redact.Secret }

// UnmarshalJSON reads the secret. Its errors do not repeat what was sent.
func (t *Token) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		return errors.New("expected string")
	}
	t.Secret = redact.New(text)
	return nil
}

// Schema tells the description of the API that a token is a text that is only ever sent.
func (Token) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "password", WriteOnly: true}
}
