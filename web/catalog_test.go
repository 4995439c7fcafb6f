package web_test

import (
	"context"
	"strings"
	"testing"

	"maru"
	"maru/web"
)

func (p *parts) Table(ctx context.Context, name string) (web.TableDetail, web.Rows, error) {
	if name == "gone" {
		return web.TableDetail{}, web.Rows{}, maru.Errorf(maru.NotFound, "there is no %s", name)
	}
	var rows web.Rows
	if name != "empty" {
		rows.Batch, _ = (&result{p: &parts{rows: 2, perRow: 1}, ctx: ctx}).Next()
		rows.Cut = []web.CutCell{{Row: 1, Column: 1, Bytes: 9000}}
	}
	return web.TableDetail{Table: web.Table{Name: name, Kind: "seed"}}, rows, p.err
}
func (p *parts) Profile(_ context.Context, name string, columns []string) (web.TableProfile, error) {
	out := web.TableProfile{Name: name, Rows: 3, Sampled: true}
	for _, c := range columns {
		out.Columns = append(out.Columns, web.ColumnProfile{Column: c})
	}
	return out, p.err
}

func TestTable(t *testing.T) {
	base := serve(t, &parts{}, web.Config{})
	for _, c := range []struct {
		path   string
		status int
		want   []string
	}{
		{"/api/catalog/t", 200, []string{`"rows":[[0,"x"],[1,"x"]]`, `"columns":[{"name":"n","type":"BIGINT"}`, `"cut":[[1,1,9000]]`, `"used_by":[]`}},
		{"/api/catalog/empty", 200, []string{`"rows":[]`, `"columns":[]`}},
		{"/api/catalog/gone", 404, []string{`"kind":"not_found"`}},
		{"/api/catalog/t/profile?column=n", 200, []string{`"column":"n"`, `"sampled":true`, `"top":[]`, `"bins":[]`}},
		{"/api/catalog/t/profile?columns=n,s", 200, []string{`"column":"n"`, `"column":"s"`}},
		{"/api/catalog/t/profile?columns=%5B%22a,b%22%5D", 200, []string{`"column":"a,b"`}},
		{"/api/catalog/t/profile?columns=%5B1", 400, []string{`"kind":"invalid"`}},
	} {
		resp, text := do(t, "GET", base+c.path, "")
		text = strings.ReplaceAll(text, `": `, `":`)
		for _, want := range c.want {
			if resp.StatusCode != c.status || !strings.Contains(text, want) {
				t.Errorf("%s: %d %s, wanted %s", c.path, resp.StatusCode, text, want)
			}
		}
	}
}
