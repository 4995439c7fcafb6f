package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"maru"
	"maru/web/ui"
)

// contentPolicy lets a page load and talk to nothing but this server.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
	"worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// withoutPages is shown by a binary that was made without them.
const withoutPages = `<!doctype html><meta charset="utf-8"><title>maru</title>
<p>maru runs, but this binary was made without its pages. Build it with <code>make build</code>, or use the command line: <code>maru help</code>.</p>
<p lang="ko">maru가 실행 중이지만 이 실행 파일에는 화면이 들어 있지 않습니다. <code>make build</code>로 빌드하거나 명령줄을 쓰세요: <code>maru help</code>.</p>
`

// pageTypes are the media types that the system may not know.
var pageTypes = map[string]string{".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".woff2": "font/woff2", ".json": "application/json", ".webmanifest": "application/manifest+json"}

// hashLeast is how many digits of its hash make an address a file's own.
const hashLeast = 12

// pages are the files of the window.
type pages struct {
	files fs.FS
	built bool
	tags  map[string]string // ETags of what has no hash in its name
}

func newPages(files fs.FS) *pages {
	if files == nil {
		files = ui.Files()
	}
	p := &pages{files: files, tags: map[string]string{}}
	_, err := fs.Stat(files, "index.html")
	p.built = err == nil
	// Files are in the binary: what cannot be read has no tag, and is told when it is asked for.
	_ = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(name, "assets/") {
			return err
		}
		if text, err := fs.ReadFile(files, name); err == nil {
			sum := sha256.Sum256(text)
			p.tags[name] = `"` + hex.EncodeToString(sum[:12]) + `"`
		}
		return nil
	})
	return p
}

// find names the file of a URL: index.html for what is none, as the pages
// have their own routes. What is asked for below assets/ and not there is
// missing: it belongs to another build.
func (p *pages) find(url string) (name string, ok bool) {
	name = strings.TrimPrefix(path.Clean("/"+url), "/")
	if st, err := fs.Stat(p.files, name); err == nil && st.Mode().IsRegular() && !packed(name) {
		return name, true
	}
	return "index.html", !strings.HasPrefix(name, "assets/")
}

func packed(name string) bool {
	return strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz")
}

// encodings in the order in which they are preferred.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// page answers with a file of the window.
func (s *Server) page(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return maru.Errorf(maru.Invalid, "%s is not for pages", r.Method)
	}
	h := w.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("Cache-Control", "no-cache")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	name, ok := s.pages.find(r.URL.Path)
	if ok && !s.pages.built {
		h.Set("Content-Type", pageTypes[".html"])
		_, err := w.Write([]byte(withoutPages))
		return err
	}
	if !ok {
		return maru.Errorf(maru.NotFound, "there is no %.200q here; load the page again", r.URL.Path)
	}
	h.Set("Vary", "Accept-Encoding")
	// vite.config.mjs puts the text's hash behind the names that have none.
	v := r.URL.Query().Get("v")
	if strings.HasPrefix(name, "assets/") || len(v) >= hashLeast && strings.HasPrefix(strings.Trim(s.pages.tags[name], `"`), v) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Content-Type", mediaOf(name))
	for _, e := range encodings {
		if takesEncoding(r, e.name) {
			if _, err := fs.Stat(s.pages.files, name+e.suffix); err == nil {
				h.Set("Content-Encoding", e.name)
				name += e.suffix
				break
			}
		}
	}
	if tag := s.pages.tags[name]; tag != "" {
		h.Set("ETag", tag)
	}
	text, err := fs.ReadFile(s.pages.files, name)
	if err != nil {
		return err
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(text))
	return nil
}

func mediaOf(name string) string {
	ext := path.Ext(name)
	if t := pageTypes[ext]; t != "" {
		return t
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}

// takesEncoding reads Accept-Encoding (RFC 9110 12.5.3); a star is no name.
func takesEncoding(r *http.Request, name string) bool {
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), name) {
			q := strings.ReplaceAll(strings.ToLower(params), " ", "")
			return q != "q=0" && !strings.HasPrefix(q, "q=0.000") && q != "q=0.0" && q != "q=0.00"
		}
	}
	return false
}
