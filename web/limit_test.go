package web_test

import (
	"io"
	"net/http"
	"testing"

	"maru/web"
)

// TestTooManyRequests holds requestsMax with open tails.
func TestTooManyRequests(t *testing.T) {
	base := serve(t, &parts{}, web.Config{})
	var open []io.Closer
	defer func() {
		for _, c := range open {
			c.Close()
		}
	}()
	for range 1000 {
		req, _ := http.NewRequest("GET", base+"/api/views/s/tail", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, resp.Body)
		if resp.StatusCode == 503 {
			if len(open) != 257 {
				t.Errorf("refused the %dth", len(open))
			}
			if resp, _ := do(t, "GET", base+"/healthz", ""); resp.StatusCode != 200 {
				t.Errorf("health is refused too: %d", resp.StatusCode)
			}
			return
		}
	}
	t.Error("1,000 requests at once were taken")
}
