package stowage

import _ "embed"

//go:embed atlassian-connect.json
var descriptor []byte

// Descriptor returns the template of the app's Connect descriptor. Its key and base URL are replaced when it is served.
func Descriptor() []byte { return descriptor }
