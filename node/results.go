package node

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"maru/query"
	"maru/web"
)

// results is query's keeper as web wants it.
type results struct{ n *node }

func requestOf(n *node, st web.Statement) (query.Request, error) {
	req := query.Request{SQL: st.SQL, Dir: n.cfg.ProjectDir, MaxRows: st.MaxRows}
	for _, a := range st.Args {
		v, err := query.ParamValue(a)
		if err != nil {
			return req, err
		}
		req.Params = append(req.Params, v)
	}
	return req, nil
}

// Keep starts a statement.
func (r *results) Keep(ctx context.Context, owner string, st web.Statement) (web.Kept, error) {
	req, err := requestOf(r.n, st)
	if err != nil {
		return nil, err
	}
	k, err := r.n.keeper.Keep(ctx, owner, req, st.Written)
	if err != nil {
		return nil, err
	}
	r.n.remember(k, st)
	return &kept{k}, nil
}

// Kept finds one.
func (r *results) Kept(id string) (web.Kept, error) {
	k, err := r.n.keeper.Kept(id)
	if err != nil {
		return nil, err
	}
	return &kept{k}, nil
}

// List gives those of owner.
func (r *results) List(owner string) []web.Kept {
	all := r.n.keeper.List(owner)
	out := make([]web.Kept, len(all))
	for i, k := range all {
		out[i] = &kept{k}
	}
	return out
}

// Drop forgets one.
func (r *results) Drop(id string) error { return r.n.keeper.Drop(id) }

// Check plans a statement.
func (r *results) Check(ctx context.Context, st web.Statement) error {
	req, err := requestOf(r.n, st)
	if err != nil {
		return err
	}
	return place(r.n.query.Check(ctx, req))
}

// Format lays SQL out.
func (r *results) Format(sql string) (string, error) { return query.Format(sql) }

// kept is one result.
type kept struct{ *query.Kept }

// Status as it is shown.
func (k *kept) Status() (web.ResultStatus, *arrow.Schema, error) {
	st := k.Kept.Status()
	sql, _ := k.Meta().(string)
	out := web.ResultStatus{ID: st.ID, Owner: st.Owner, SQL: sql, State: string(st.State), Rows: st.Rows, Bytes: st.Bytes, Started: st.Started,
		MS: st.Elapsed.Milliseconds(), Truncated: st.Truncated, Warnings: st.Warnings}
	for _, w := range st.Work {
		out.Work = append(out.Work, web.ResultWork{Sort: w.Sort, Filter: w.Filter, Done: w.Done})
	}
	return out, st.Schema, place(st.Err)
}

func orderOf(o web.Order) (query.KeptOrder, error) {
	sort, err := query.ParseSort(o.Sort)
	if err != nil {
		return query.KeptOrder{}, err
	}
	filter, err := query.ParseFilter(o.Filter)
	return query.KeptOrder{Columns: o.Columns, Sort: sort, Filter: filter}, err
}

// Window reads some rows.
func (k *kept) Window(ctx context.Context, offset int64, limit int, o web.Order) (web.Rows, error) {
	order, err := orderOf(o)
	if err != nil {
		return web.Rows{}, err
	}
	rows, err := k.Kept.Window(ctx, query.KeptWindow{Offset: offset, Limit: limit, Columns: order.Columns, Sort: order.Sort, Filter: order.Filter})
	if err != nil {
		return web.Rows{}, place(err)
	}
	out := web.Rows{Batch: rows.Batch, Numbers: rows.Numbers, Total: rows.Total, Of: rows.Of}
	for _, c := range rows.Cut {
		out.Cut = append(out.Cut, web.CutCell{Row: c.Row, Column: c.Column, Bytes: c.Bytes})
	}
	return out, nil
}

// Rows reads all.
func (k *kept) Rows(ctx context.Context, o web.Order) (web.QueryResult, error) {
	order, err := orderOf(o)
	if err != nil {
		return nil, err
	}
	r, err := k.Reader(ctx, order)
	if err != nil {
		return nil, place(err)
	}
	return r, nil
}

// Profile of a column.
func (k *kept) Profile(ctx context.Context, column string) (web.ColumnProfile, error) {
	p, err := k.Kept.Profile(ctx, column)
	if err != nil {
		return web.ColumnProfile{}, place(err)
	}
	out := web.ColumnProfile{Column: p.Column, Type: p.Type, Rows: p.Rows, Nulls: p.Nulls, NaNs: p.NaNs, Distinct: p.Distinct, DistinctExact: p.DistinctExact,
		Min: p.Min, Max: p.Max, Mean: p.Mean, TopExact: p.TopExact}
	if schema := k.Kept.Status().Schema; schema != nil {
		for _, f := range schema.Fields() {
			if f.Name == p.Column {
				out.Type = web.SQLType(f)
			}
		}
	}
	for _, t := range p.Top {
		out.Top = append(out.Top, web.ProfileTop(t))
	}
	for _, b := range p.Bins {
		out.Bins = append(out.Bins, web.ProfileBin(b))
	}
	if p.Lengths != nil {
		out.Lengths = (*web.ProfileRange)(p.Lengths)
	}
	return out, nil
}

// Cell is one, whole.
func (k *kept) Cell(ctx context.Context, row int64, column string) (text []byte, null bool, err error) {
	c, err := k.Kept.Cell(ctx, row, column)
	if err != nil {
		return nil, false, place(err)
	}
	if web.SQLType(c.Column) == "BLOB" || !utf8.Valid(c.Bytes) {
		c.Bytes = fmt.Appendf(nil, `\x%x`, c.Bytes)
	}
	return c.Bytes, c.Null, nil
}

// Explain gives a plan as text.
func (r *results) Explain(ctx context.Context, st web.Statement) (string, error) {
	req, err := requestOf(r.n, st)
	if err != nil {
		return "", err
	}
	text, err := r.n.query.Explain(ctx, req)
	return text, place(err)
}
