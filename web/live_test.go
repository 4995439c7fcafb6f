package web_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"

	"maru/web"
)

func (p *parts) Home(context.Context) (web.Home, error) { return web.Home{Project: "shop"}, p.err }

// TestLive: what a topic shows comes at once; whose results are not one's own
// cannot be listened to.
func TestLive(t *testing.T) {
	p := &parts{}
	needs := p.needs()
	needs.Sessions, needs.Home, needs.Results = &door{}, p, &shelf{owner: "the-viewer"}
	base := serveNeeds(t, needs, web.Config{})
	req, err := http.NewRequest("GET", base+"/api/live?topics=home,streams,results/"+keptID+",views/s", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(&http.Cookie{Name: "maru", Value: "viewer"})
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("%s, %s", resp.Status, got)
	}
	want := map[string]string{"ping": `{"now":"`, "home": `"project":"shop"`, "streams": `"name":"s"`, "results/" + keptID: `"state":"done"`, "views/s": `"name":"s"`}
	lines := bufio.NewScanner(resp.Body)
	for event := ""; len(want) > 0 && lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			event = name
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			if !strings.Contains(data, want[event]) {
				t.Errorf("%s: %s", event, data)
			}
			delete(want, event)
		}
	}
	if len(want) > 0 {
		t.Errorf("never came: %v", want)
	}
	for topics, want := range map[string]int{"results/" + keptID: 404, "nonsense": 400, "views/../x": 400, strings.Repeat("views/a,", 10) + "home": 200} {
		if want == 200 {
			continue
		}
		if resp, text := do(t, "GET", base+"/api/live?topics="+topics, "", as("editor")...); resp.StatusCode != want {
			t.Errorf("%s: %d %s", topics, resp.StatusCode, text)
		}
	}
}
