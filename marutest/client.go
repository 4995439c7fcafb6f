package marutest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"maru/web"
)

// answerWithin bounds one request.
const answerWithin = 2 * time.Minute

// changeMax bounds one line of an answer, in bytes.
const changeMax = 16 << 20

// Row is one row of an answer; numbers are json.Number.
type Row map[string]any

// APIError is an error that the server answered with.
type APIError struct {
	Status int
	web.ErrorInfo
}

func (e *APIError) Error() string {
	return fmt.Sprintf("%d %s: %s", e.Status, e.Kind, e.Message)
}

// SQL asks the node and fails the test if it does not answer.
func (n *Node) SQL(query string) []Row {
	n.t.Helper()
	rows, err := n.Query(query)
	if err != nil {
		n.t.Fatalf("%s: %v", query, err)
	}
	return rows
}

// Query asks the node. An error may be an *APIError.
func (n *Node) Query(query string) ([]Row, error) {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	body, err := json.Marshal(web.QueryRequest{SQL: query})
	if err != nil {
		return nil, err
	}
	resp, err := n.do(ctx, "POST", "/api/sql", body)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var rows []Row
	d := json.NewDecoder(resp.Body)
	d.UseNumber()
	for {
		var r Row
		switch err := d.Decode(&r); {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return rows, fmt.Errorf("the answer broke off: %w", err)
		}
		rows = append(rows, r)
	}
}

// Number is the one number that a query answers.
func (n *Node) Number(query string) int64 {
	n.t.Helper()
	rows := n.SQL(query)
	if len(rows) == 1 && len(rows[0]) == 1 {
		for _, v := range rows[0] {
			if num, ok := v.(json.Number); ok {
				if i, err := num.Int64(); err == nil {
					return i
				}
			}
		}
	}
	n.t.Fatalf("%s: not one number: %v", query, rows)
	return 0
}

// Status of one stream.
func (n *Node) Status(stream string) (web.StreamStatus, error) {
	var s web.StreamStatus
	return s, n.Get("/api/streams/"+url.PathEscape(stream), &s)
}

// Streams gives the status of all.
func (n *Node) Streams() ([]web.StreamStatus, error) {
	var all []web.StreamStatus
	return all, n.Get("/api/streams", &all)
}

// Doctor gives the node's report about itself.
func (n *Node) Doctor() (web.Report, error) {
	var r web.Report
	return r, n.Get("/api/doctor", &r)
}

// Get reads one JSON answer.
func (n *Node) Get(path string, into any) error {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	resp, err := n.do(ctx, "GET", path, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(into)
}

// Change is one line of a feed and when it came.
type Change struct {
	At  time.Time
	Row Row
}

// Tail follows a view and calls each with every change, until ctx ends or each
// gives false.
func (n *Node) Tail(ctx context.Context, view string, each func(Change) bool) error {
	resp, err := n.do(ctx, "GET", "/api/views/"+url.PathEscape(view)+"/tail?from=now", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	sc := bufio.NewScanner(resp.Body)
	sc.Buffer(nil, changeMax)
	for sc.Scan() {
		at := time.Now()
		line := bytes.TrimSpace(sc.Bytes())
		if len(line) == 0 {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		c := Change{At: at}
		if err := d.Decode(&c.Row); err != nil {
			return fmt.Errorf("a change is no JSON object: %w", err)
		}
		if !each(c) {
			return nil
		}
	}
	return errors.Join(sc.Err(), ctx.Err())
}

// Token lets a client in.
func (n *Node) Token() (string, error) { return web.ReadToken(web.TokenFile(n.Data)) }

// do sends a request with the token; an answer other than 200 is an *APIError.
func (n *Node) do(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	token, err := n.Token()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+n.HTTP+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", web.TypeNDJSON)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	var e web.ErrorBody
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&e); err != nil {
		return nil, fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	return nil, &APIError{Status: resp.StatusCode, ErrorInfo: e.Error}
}
