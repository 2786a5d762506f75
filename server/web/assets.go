package web

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"stowage/server/problem"
)

// asset is one file of the user interface.
type asset struct {
	contentType string
	plain       []byte
	// packed is the file compressed, or nil where that is not worth it. It is made when it is first asked for.
	packed func() []byte
}

// contentTypes are those of what a build makes. They are listed here because the tables of operating systems differ, and a
// wrong type is refused by browsers.
func contentTypes() map[string]string {
	return map[string]string{
		".css":   "text/css; charset=utf-8",
		".gif":   "image/gif",
		".ico":   "image/x-icon",
		".jpg":   "image/jpeg",
		".js":    "text/javascript; charset=utf-8",
		".json":  "application/json",
		".png":   "image/png",
		".svg":   "image/svg+xml",
		".txt":   "text/plain; charset=utf-8",
		".webp":  "image/webp",
		".woff":  "font/woff",
		".woff2": "font/woff2",
	}
}

// readAssets reads the files below assets/. Files of other types are not served.
func readAssets(dist fs.FS) (map[string]*asset, error) {
	types := contentTypes()
	out := map[string]*asset{}
	err := fs.WalkDir(dist, "assets", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name == "assets":
			return fs.SkipAll
		case err != nil:
			return err
		case entry.IsDir():
			return nil
		}
		contentType, ok := types[path.Ext(name)]
		if !ok {
			return nil
		}
		content, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		out[strings.TrimPrefix(name, "assets/")] = &asset{
			contentType: contentType,
			plain:       content,
			packed:      sync.OnceValue(func() []byte { return pack(contentType, content) }),
		}
		return nil
	})
	return out, err
}

// pack compresses text. It returns nil where little is gained.
func pack(contentType string, content []byte) []byte {
	if len(content) < 1024 || strings.HasPrefix(contentType, "font/") || strings.HasPrefix(contentType, "image/") && contentType != "image/svg+xml" {
		return nil
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		return nil
	}
	if err := w.Close(); err != nil || b.Len() > len(content)*9/10 {
		return nil
	}
	return b.Bytes()
}

// serveAsset serves a file for ever: its name changes with its content.
func (w *Web) serveAsset(rw http.ResponseWriter, r *http.Request) {
	a, ok := w.assets[strings.TrimPrefix(r.URL.Path, "/app/assets/")]
	if !ok {
		problem.Write(rw, r, problem.ErrNotFound)
		return
	}
	h := rw.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := a.plain
	if packed := a.packed(); packed != nil && takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = packed
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	rw.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	// A caller who is gone is nobody's problem.
	_, _ = rw.Write(body)
}

func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") && strings.ReplaceAll(weight, " ", "") != "q=0" {
			return true
		}
	}
	return false
}
