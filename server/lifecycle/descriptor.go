package lifecycle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxBaseURL is what the description of the descriptor permits.
const maxBaseURL = 200

// fillDescriptor puts the base URL into the template. It returns the key of the app as well.
func fillDescriptor(template []byte, base *url.URL) ([]byte, string, error) {
	var d map[string]any
	if err := json.Unmarshal(template, &d); err != nil {
		return nil, "", fmt.Errorf("read the template of the descriptor: %w", err)
	}
	address := strings.TrimSuffix(base.String(), "/")
	if base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" || len(address) > maxBaseURL {
		return nil, "", errors.New("the base URL of the app is not a plain address")
	}
	d["baseUrl"] = address
	d["links"] = map[string]any{"self": address + "/atlassian-connect.json"}
	if vendor, ok := d["vendor"].(map[string]any); ok {
		vendor["url"] = address
	}
	appKey, ok := d["key"].(string)
	if !ok || appKey == "" {
		return nil, "", errors.New("the descriptor has no key")
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(d); err != nil {
		return nil, "", fmt.Errorf("write the descriptor: %w", err)
	}
	return out.Bytes(), appKey, nil
}

// serveDescriptor serves what hosts read before they install the app. It is public.
func (l *Lifecycle) serveDescriptor(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	// A caller who is gone is nobody's problem.
	_, _ = w.Write(l.descriptor)
}
