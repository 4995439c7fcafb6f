package web_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"maru/web"
)

func TestPages(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	base := serveNeeds(t, web.Needs{}, web.Config{Pages: fstest.MapFS{"index.html": file("<html>"), "index.html.br": file("BR"), "index.html.gz": file("GZ"),
		"assets/a-1.js": file("js"), "assets/a-1.js.gz": file("GZJS"), "icon.svg": file("<svg/>")}})
	for _, c := range []struct {
		path, accept            string
		status                  int
		text, media, enc, cache string
	}{
		{"/", "", 200, "<html>", "text/html", "", "no-cache"},
		{"/", "gzip, deflate, br", 200, "BR", "text/html", "br", "no-cache"},
		{"/", "gzip, br;q=0", 200, "GZ", "text/html", "gzip", "no-cache"},
		{"/topics/한글?x=1", "gzip", 200, "GZ", "text/html", "gzip", "no-cache"},
		{"/assets/a-1.js", "br, gzip", 200, "GZJS", "text/javascript", "gzip", "immutable"},
		{"/assets/a-1.js", "identity", 200, "js", "text/javascript", "", "immutable"},
		{"/assets/a-2.js", "", 404, "", "application/json", "", "no-cache"},
		{"/icon.svg", "gzip", 200, "<svg/>", "image/svg+xml", "", "no-cache"},
		{"/icon.svg?v=d4dc56669143", "gzip", 200, "<svg/>", "image/svg+xml", "", "immutable"},
		{"/icon.svg?v=0123456789ab", "gzip", 200, "<svg/>", "image/svg+xml", "", "no-cache"},
		{"/index.html.gz", "", 200, "<html>", "text/html", "", "no-cache"},
		{"/..%2f..%2fetc/passwd", "", 200, "<html>", "text/html", "", "no-cache"},
		{"/healthz", "", 200, "ok", "application/json", "", "no-store"},
	} {
		accept := c.accept
		if accept == "" {
			accept = "identity"
		}
		resp, text := do(t, "GET", base+c.path, "", "Authorization", "", "Accept-Encoding", accept)
		h := resp.Header
		if resp.StatusCode != c.status || !strings.Contains(text, c.text) || !strings.HasPrefix(h.Get("Content-Type"), c.media) || h.Get("Content-Encoding") != c.enc || !strings.Contains(h.Get("Cache-Control"), c.cache) {
			t.Errorf("%s %q: %d %.40q %v", c.path, c.accept, resp.StatusCode, text, h)
		}
		if !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: headers %v", c.path, h)
		}
	}
	resp, _ := do(t, "GET", base+"/", "", "Accept-Encoding", "identity")
	if resp, _ := do(t, "GET", base+"/", "", "Accept-Encoding", "identity", "If-None-Match", resp.Header.Get("ETag")); resp.StatusCode != 304 {
		t.Errorf("unchanged: %d", resp.StatusCode)
	}
	// A link from elsewhere may be followed; a page of elsewhere may not look in.
	if resp, _ := do(t, "GET", base+"/", "", "Accept-Encoding", "identity", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"); resp.StatusCode != 200 {
		t.Errorf("a link: %d", resp.StatusCode)
	}
	if resp, _ := do(t, "GET", base+"/api/session", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"); resp.StatusCode != 403 {
		t.Errorf("a link to the API: %d", resp.StatusCode)
	}
	if resp, _ := do(t, "GET", base+"/", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors"); resp.StatusCode != 403 {
		t.Errorf("a fetch from elsewhere: %d", resp.StatusCode)
	}
}

func TestWithoutPages(t *testing.T) {
	base := serveNeeds(t, web.Needs{}, web.Config{Pages: fstest.MapFS{"README": {}}})
	if resp, text := do(t, "GET", base+"/", "", "Authorization", ""); resp.StatusCode != 200 || !strings.Contains(text, "make build") {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
}
