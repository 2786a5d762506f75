package web

import (
	"bytes"
	"errors"
	"html/template"
	"regexp"

	"stowage/server/problem"
)

var (
	hostMeta = regexp.MustCompile(`<meta\s+name="stowage-host"\s+content="[^"]*"\s*/?>`)

	connectMeta = []byte(`<meta name="stowage-host" content="connect">`)
	scriptPlace = []byte(`<!-- stowage:connect-script -->`)
)

// fillIndex tells a page where it runs, and gives it the script of its host. Address has been held against what may stand
// in an attribute.
func fillIndex(page []byte, address string) ([]byte, error) {
	at := hostMeta.FindIndex(page)
	if at == nil {
		return nil, errors.New(`the built page has no <meta name="stowage-host">`)
	}
	script := []byte(`<script src="` + address + `" data-options="sizeToParent:false;margin:false"></script>`)
	head := append(bytes.Clone(page[:at[0]]), connectMeta...)
	rest := page[at[1]:]
	if bytes.Contains(rest, scriptPlace) {
		return append(head, bytes.Replace(rest, scriptPlace, script, 1)...), nil
	}
	return append(append(head, script...), rest...), nil
}

// plainStyle is for the few pages that are made here. They have no script.
const plainStyle = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:3rem auto;max-width:40rem;padding:0 1rem}` +
	`h1{font-size:1.5rem;line-height:1.3}pre{padding:1rem;border:1px solid;overflow:auto}`

// notBuilt stands in for the user interface where it was not built.
var notBuilt = []byte(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stowage: the user interface is not built</title><style>` + plainStyle + `</style></head>
<body><main>
<h1>The user interface is not built</h1>
<p>This Stowage was compiled without its user interface. The service itself works. To build both, with Node.js installed:</p>
<pre>make build</pre>
<p>Then start the service again and reload this page.</p>
</main></body>
</html>
`)

var refusalPage = template.Must(template.New("refusal").Parse(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stowage: {{.Title}}</title><style>` + plainStyle + `</style></head>
<body><main>
<h1>{{.Heading}}</h1>
<p>{{.Detail}}</p>
{{if .RequestID}}<p>Number of the request: {{.RequestID}}</p>{{end}}
</main></body>
</html>
`))

// refusal is the page for people who may not see another one.
func refusal(p *problem.Problem) []byte {
	heading := "This page cannot be shown"
	if p.Status == problem.ErrUnauthorized.Status {
		heading = "Open this page in Jira"
	}
	var b bytes.Buffer
	data := struct{ Title, Heading, Detail, RequestID string }{p.Title, heading, p.Detail, p.RequestID}
	if err := refusalPage.Execute(&b, data); err != nil {
		return []byte("<!doctype html><title>Stowage</title>")
	}
	return b.Bytes()
}
