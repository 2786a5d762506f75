package web_test

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"

	"stowage/frontend"
	"stowage/server/problem"
	"stowage/server/web"
)

const built = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="stowage-host" content="development" />
    <!-- stowage:connect-script -->
    <script type="module" crossorigin src="./assets/index-1a2b.js"></script>
  </head>
  <body><div id="root"></div></body>
</html>`

func dist() fstest.MapFS {
	return fstest.MapFS{
		"index.html":                {Data: []byte(built)},
		"assets/index-1a2b.js":      {Data: []byte(strings.Repeat("console.log('stowage');\n", 200))},
		"assets/style-3c4d.css":     {Data: []byte("body{}")},
		"assets/deep/font-5e.woff2": {Data: []byte(strings.Repeat("w", 3000))},
		"assets/odd.exe":            {Data: []byte("MZ")},
		".gitkeep":                  {},
		"secret.txt":                {Data: []byte("not an asset")},
	}
}

func guard(ancestors []string, err error) func(*http.Request) ([]string, error) {
	return func(*http.Request) ([]string, error) { return ancestors, err }
}

func serve(t *testing.T, config web.Config) http.Handler {
	t.Helper()
	gin.SetMode(gin.TestMode)
	w, err := web.New(config)
	if err != nil {
		t.Fatal(err)
	}
	engine := gin.New()
	engine.RedirectTrailingSlash = false
	engine.NoRoute(func(c *gin.Context) { problem.Write(c.Writer, c.Request, problem.ErrNotFound) })
	w.Routes(engine)
	return web.Headers(true)(engine)
}

func get(t *testing.T, h http.Handler, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPageKnowsItsHost(t *testing.T) {
	t.Parallel()
	h := serve(t, web.Config{Dist: dist(), Guard: guard(nil, nil)})
	for _, path := range web.Pages() {
		w := get(t, h, path+"?lic=active")
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || w.Header().Get("Cache-Control") != "no-cache, no-store" {
			t.Errorf("%s answered %d %v", path, w.Code, w.Header())
		}
		want := strings.NewReplacer(
			`<meta name="stowage-host" content="development" />`, `<meta name="stowage-host" content="connect">`,
			`<!-- stowage:connect-script -->`, `<script src="https://connect-cdn.atl-paas.net/all.js" data-options="sizeToParent:false;margin:false"></script>`,
		).Replace(built)
		if diff := cmp.Diff(want, w.Body.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestPageThatIsBuiltHasBothPlaces(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../frontend/index.html")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{"index.html": {Data: page}}
	got := get(t, serve(t, web.Config{Dist: files, Guard: guard(nil, nil)}), "/app/admin").Body.String()
	if !strings.Contains(got, `<meta name="stowage-host" content="connect">`) || !strings.Contains(got, `src="https://connect-cdn.atl-paas.net/all.js"`) || strings.Contains(got, "<!-- stowage:") {
		t.Errorf("served as %s", got)
	}
}

func TestPageWithoutAPlaceForTheScriptGetsIt(t *testing.T) {
	t.Parallel()
	files := dist()
	files["index.html"].Data = []byte(strings.Replace(built, "<!-- stowage:connect-script -->", "", 1))
	h := serve(t, web.Config{Dist: files, Guard: guard(nil, nil), ConnectScript: "http://127.0.0.1:9090/_connect/all.js"})
	w := get(t, h, "/app/admin")
	if !strings.Contains(w.Body.String(), `content="connect"><script src="http://127.0.0.1:9090/_connect/all.js" `) {
		t.Errorf("got %s", w.Body)
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self' http://127.0.0.1:9090;") {
		t.Errorf("policy %q", policy)
	}
}

func TestPolicyNamesWhoMayFrame(t *testing.T) {
	t.Parallel()
	const rest = "default-src 'none'; script-src 'self' https://connect-cdn.atl-paas.net; style-src 'self' 'unsafe-inline' https://connect-cdn.atl-paas.net; " +
		"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
	for name, test := range map[string]struct {
		ancestors, always []string
		want              string
	}{
		"the site and Atlassian": {[]string{"https://acme.atlassian.net", "https://support.acme.example"}, nil, "https://acme.atlassian.net https://support.acme.example https://*.atlassian.net https://*.jira.com"},
		"the same twice":         {[]string{"https://a.example", "https://a.example"}, nil, "https://a.example https://*.atlassian.net https://*.jira.com"},
		"a site of this machine": {[]string{"http://127.0.0.1:9090"}, []string{}, "http://127.0.0.1:9090"},
		"nobody":                 {nil, []string{}, "'none'"},
		"what is no origin":      {[]string{"https://a.example; script-src *", "https://a.example/x", "javascript:x", "*", "", "https://a.example 'self'"}, []string{}, "'none'"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(t, serve(t, web.Config{Dist: dist(), Guard: guard(test.ancestors, nil), FrameAncestors: test.always}), "/app/admin")
			if diff := cmp.Diff(rest+test.want, w.Header().Get("Content-Security-Policy")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			refused := get(t, serve(t, web.Config{Dist: dist(), Guard: guard(test.ancestors, problem.ErrForbidden), FrameAncestors: test.always}), "/app/admin", "Accept", "text/html")
			if policy := refused.Header().Get("Content-Security-Policy"); !strings.HasSuffix(policy, "; frame-ancestors "+test.want) || strings.Contains(policy, "script-src") {
				t.Errorf("the refusal has the policy %q", policy)
			}
			if w.Header().Get("X-Frame-Options") != "" {
				t.Error("an older header forbids every frame")
			}
		})
	}
}

func TestAssetsAreKeptForEver(t *testing.T) {
	t.Parallel()
	h := serve(t, web.Config{Dist: dist(), Guard: guard(nil, errors.New("not for assets"))})
	script := strings.Repeat("console.log('stowage');\n", 200)
	for name, test := range map[string]struct{ path, contentType, body, encoding string }{
		"a script": {"/app/assets/index-1a2b.js", "text/javascript; charset=utf-8", script, "gzip"},
		"a style":  {"/app/assets/style-3c4d.css", "text/css; charset=utf-8", "body{}", ""},
		"a font":   {"/app/assets/deep/font-5e.woff2", "font/woff2", strings.Repeat("w", 3000), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plain := get(t, h, test.path)
			if plain.Code != http.StatusOK || plain.Body.String() != test.body || plain.Header().Get("Content-Encoding") != "" {
				t.Errorf("answered %d %v", plain.Code, plain.Header())
			}
			if got := plain.Header(); got.Get("Cache-Control") != "public, max-age=31536000, immutable" || got.Get("Content-Type") != test.contentType ||
				got.Get("X-Content-Type-Options") != "nosniff" || got.Get("Vary") != "Accept-Encoding" {
				t.Errorf("headers %v", got)
			}
			packed := get(t, h, test.path, "Accept-Encoding", "br, gzip;q=0.8")
			if got := packed.Header().Get("Content-Encoding"); got != test.encoding {
				t.Fatalf("encoded as %q, want %q", got, test.encoding)
			}
			if test.encoding == "" {
				return
			}
			reader, err := gzip.NewReader(packed.Body)
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(reader); err != nil || string(text) != test.body {
				t.Errorf("unpacked to %d bytes, %v", len(text), err)
			}
			if refused := get(t, h, test.path, "Accept-Encoding", "gzip; q=0"); refused.Header().Get("Content-Encoding") != "" {
				t.Error("packed for whom does not want it")
			}
		})
	}
}

func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	h := serve(t, web.Config{Dist: dist(), Guard: guard(nil, nil)})
	for _, path := range []string{
		"/app/assets/", "/app/assets/missing.js", "/app/assets/odd.exe", "/app/assets/../index.html", "/app/assets/..%2findex.html",
		"/app/assets/%2e%2e/secret.txt", "/app/secret.txt", "/app/index.html", "/index.html", "/app", "/app/", "/app/admin/", "/app/admin/x", "/",
	} {
		if w := get(t, h, path); w.Code != http.StatusNotFound {
			t.Errorf("%s answered %d", path, w.Code)
		}
	}
}

func TestRefusedPageIsReadable(t *testing.T) {
	t.Parallel()
	const canary = "canary-77aa"
	for name, test := range map[string]struct {
		err     error
		status  int
		heading string
	}{
		"signed out":    {problem.ErrUnauthorized.Because(errors.New(canary)), http.StatusUnauthorized, "Open this page in Jira"},
		"not permitted": {problem.ErrForbidden, http.StatusForbidden, "This page cannot be shown"},
		"host is down":  {problem.ErrHostUnavailable.Because(errors.New(canary)), http.StatusServiceUnavailable, "This page cannot be shown"},
		"anything":      {errors.New(canary), http.StatusInternalServerError, "This page cannot be shown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := serve(t, web.Config{Dist: dist(), Guard: guard(nil, test.err)})
			w := get(t, h, "/app/admin", "Accept", "text/html,application/xhtml+xml")
			if w.Code != test.status || !strings.Contains(w.Body.String(), "<h1>"+test.heading+"</h1>") || strings.Contains(w.Body.String(), canary) {
				t.Errorf("answered %d %s", w.Code, w.Body)
			}
			if strings.Contains(w.Body.String(), `id="root"`) {
				t.Error("the page is shown")
			}
			if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") {
				t.Errorf("policy %q", policy)
			}
			program := get(t, h, "/app/admin", "Accept", "application/json")
			if program.Code != test.status || program.Header().Get("Content-Type") != problem.ContentType {
				t.Errorf("a program got %d %v", program.Code, program.Header())
			}
		})
	}
}

func TestPageSaysHowToBuildTheInterface(t *testing.T) {
	t.Parallel()
	h := serve(t, web.Config{Dist: fstest.MapFS{".gitkeep": {}}, Guard: guard(nil, nil)})
	page := get(t, h, "/app/admin")
	if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "make build") {
		t.Errorf("answered %d %s", page.Code, page.Body)
	}
	refused := serve(t, web.Config{Dist: fstest.MapFS{}, Guard: guard(nil, problem.ErrUnauthorized)})
	if got := get(t, refused, "/app/admin"); got.Code != http.StatusUnauthorized {
		t.Errorf("without a token answered %d", got.Code)
	}
	// Whatever is embedded can be served.
	if _, err := web.New(web.Config{Dist: frontend.Dist(), Guard: guard(nil, nil)}); err != nil {
		t.Error(err)
	}
}

func TestWebRefusesWhatItCannotServe(t *testing.T) {
	t.Parallel()
	unmarked := dist()
	unmarked["index.html"].Data = []byte("<html></html>")
	for name, config := range map[string]web.Config{
		"no guard":                   {Dist: dist()},
		"no files":                   {Guard: guard(nil, nil)},
		"a page without its mark":    {Dist: unmarked, Guard: guard(nil, nil)},
		"a script that is no URL":    {Dist: dist(), Guard: guard(nil, nil), ConnectScript: "all.js"},
		"a script that ends its tag": {Dist: dist(), Guard: guard(nil, nil), ConnectScript: `https://a.example/"><script>`},
		"a script of another scheme": {Dist: dist(), Guard: guard(nil, nil), ConnectScript: "javascript://a.example/x"},
	} {
		if _, err := web.New(config); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestHeadersWithoutHTTPS(t *testing.T) {
	t.Parallel()
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	w := get(t, web.Headers(false)(next), "/anything")
	if w.Code != http.StatusTeapot || w.Header().Get("Strict-Transport-Security") != "" || w.Header().Get("Cache-Control") != "no-cache, no-store" ||
		w.Header().Get("Referrer-Policy") != "no-referrer" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("answered %d %v", w.Code, w.Header())
	}
}
