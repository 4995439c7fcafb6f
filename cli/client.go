package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"maru"
	"maru/web"
)

// Bounds of a client.
const (
	answerBytesMax = 64 << 20 // of an answer that is read whole
	dialTimeout    = 5 * time.Second
	headerWait     = 2 * time.Hour // a long query's first row may take long
)

// client asks one server.
type client struct {
	base  *url.URL
	token string
	http  *http.Client
}

func newClient(base *url.URL, token string) *client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil // a token for this machine is nothing for a proxy
	t.ResponseHeaderTimeout = headerWait
	t.TLSHandshakeTimeout = dialTimeout
	t.DisableCompression = true
	return &client{base: base, token: token, http: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
		return errors.New("the server redirects: that is no maru server")
	}}}
}

// do sends a request; an answer that is not 2xx is its error.
func (cl *client) do(ctx context.Context, method, path string, body any, header http.Header) (*http.Response, error) {
	var r io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		r = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, cl.base.String()+path, r)
	if err != nil {
		return nil, err
	}
	for k, v := range header {
		req.Header[k] = v
	}
	if cl.token != "" {
		req.Header.Set("Authorization", "Bearer "+cl.token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := cl.http.Do(req)
	if err != nil {
		return nil, cl.unreachable(ctx, err)
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	return nil, cl.remote(resp)
}

// unreachable says what to do when nobody answers.
func (cl *client) unreachable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return maru.Errorf(maru.Unavailable, "no server at %s: start one with maru serve --project DIR, or name another with --server or --data", cl.base)
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return maru.Errorf(maru.Unavailable, "server %s: %w", cl.base, err)
}

// remoteError is what a server said.
type remoteError struct{ web.ErrorInfo }

func (e *remoteError) Error() string {
	if e.Hint != "" {
		return e.Message + " (" + e.Hint + ")"
	}
	return e.Message
}

func (cl *client) remote(resp *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, answerBytesMax))
	var body web.ErrorBody
	if err := json.Unmarshal(text, &body); err != nil || body.Error.Message == "" {
		return maru.Errorf(maru.Unavailable, "%s answered %s: that is no maru server", cl.base, resp.Status)
	}
	if body.Error.Kind == maru.Unauthenticated.String() && cl.token == "" {
		return errNoToken
	}
	return asError(body.Error)
}

func asError(i web.ErrorInfo) error {
	return &maru.Error{Kind: maru.ParseKind(i.Kind), Err: &remoteError{i}}
}

// json gets path and reads the answer into to.
func (cl *client) json(ctx context.Context, method, path string, body, to any) error {
	resp, err := cl.do(ctx, method, path, body, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(io.LimitReader(resp.Body, answerBytesMax)).Decode(to); err != nil {
		return fmt.Errorf("read the answer of %s%s: %w", cl.base, path, err)
	}
	return nil
}
