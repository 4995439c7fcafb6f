package node

import (
	"context"
	"encoding/json"
	"errors"

	"maru"
	"maru/govern"
	"maru/query"
	"maru/run"
	"maru/web"
	"maru/workspace"
)

// desk is workspace as web wants it.
type desk struct{ w *workspace.Workspace }

// newer carries what is kept now to the HTTP answer.
type newer struct{ is *workspace.Newer }

func (e *newer) Error() string          { return e.is.Error() }
func (e *newer) Unwrap() error          { return e.is }
func (e *newer) Newer() web.Preferences { return web.Preferences(e.is.Now) }

// Preferences of somebody.
func (d *desk) Preferences(ctx context.Context, owner string) (web.Preferences, error) {
	p, err := d.w.Preferences(ctx, owner)
	return web.Preferences(p), err
}

// SetPreferences replaces them.
func (d *desk) SetPreferences(ctx context.Context, owner string, body []byte, tag string) (web.Preferences, error) {
	p, err := d.w.SetPreferences(ctx, owner, body, tag)
	var n *workspace.Newer
	if errors.As(err, &n) {
		err = &newer{n}
	}
	return web.Preferences(p), err
}

func whoOf(p maru.Principal) workspace.Who {
	w := workspace.Who{ID: p.ID}
	for _, r := range p.Roles {
		w.Admin = w.Admin || r == govern.Admin
	}
	return w
}

// paramsText is "" for what JSON cannot hold, which no request's body is.
func paramsText(params map[string]any) string {
	if len(params) == 0 {
		return ""
	}
	b, err := json.Marshal(params)
	if err != nil {
		return ""
	}
	return string(b)
}

// paramsOf is never nil.
func paramsOf(text string) map[string]any {
	out := map[string]any{}
	_ = json.Unmarshal([]byte(text), &out) // workspace checked it
	if out == nil {
		out = map[string]any{}
	}
	return out
}

func savedOf(q web.QueryToSave, id string) workspace.Query {
	return workspace.Query{ID: id, Name: q.Name, SQL: q.SQL, Params: paramsText(q.Params), Shared: q.Shared}
}

func webSaved(q workspace.Query, err error) (web.SavedQuery, error) {
	return web.SavedQuery{ID: q.ID, Owner: q.Owner, Name: q.Name, SQL: q.SQL, Params: paramsOf(q.Params), Shared: q.Shared, Changed: q.Changed}, err
}

// Queries that somebody sees.
func (d *desk) Queries(ctx context.Context, who maru.Principal) ([]web.SavedQuery, error) {
	all, err := d.w.Queries(ctx, whoOf(who))
	out := make([]web.SavedQuery, len(all))
	for i, q := range all {
		out[i], _ = webSaved(q, nil)
	}
	return out, err
}

// SavedQuery is one.
func (d *desk) SavedQuery(ctx context.Context, who maru.Principal, id string) (web.SavedQuery, error) {
	return webSaved(d.w.Query(ctx, whoOf(who), id))
}

// AddQuery saves one.
func (d *desk) AddQuery(ctx context.Context, who maru.Principal, q web.QueryToSave) (web.SavedQuery, error) {
	return webSaved(d.w.AddQuery(ctx, whoOf(who), savedOf(q, "")))
}

// ChangeQuery replaces one.
func (d *desk) ChangeQuery(ctx context.Context, who maru.Principal, id string, q web.QueryToSave) (web.SavedQuery, error) {
	return webSaved(d.w.ChangeQuery(ctx, whoOf(who), savedOf(q, id)))
}

// RemoveQuery deletes one.
func (d *desk) RemoveQuery(ctx context.Context, who maru.Principal, id string) error {
	return d.w.RemoveQuery(ctx, whoOf(who), id)
}

// History of somebody.
func (d *desk) History(ctx context.Context, owner string) ([]web.PastRun, error) {
	all, err := d.w.History(ctx, owner)
	out := make([]web.PastRun, len(all))
	for i, r := range all {
		out[i] = web.PastRun{ID: r.ID, SQL: r.SQL, Params: paramsOf(r.Params), Started: r.Started, MS: r.Elapsed.Milliseconds(), Rows: r.Rows, State: r.State, Error: r.Error}
	}
	return out, err
}

// remember writes a result into its owner's history when it has ended. There
// are never more of them under way than the keeper has results.
func (n *node) remember(k *query.Kept, st web.Statement) {
	n.remembering.Add(1)
	run.Go("history", func() {
		defer n.remembering.Done()
		// The keeper ends every result, at the latest when it closes.
		_ = k.WaitEnd(context.Background())
		s := k.Status()
		r := workspace.Run{ID: s.ID, SQL: st.Written, Params: paramsText(st.Params), State: string(s.State), Rows: s.Rows, Elapsed: s.Elapsed, Started: s.Started}
		if s.Err != nil {
			r.Error = s.Err.Error()
		}
		ctx, cancel := context.WithTimeout(context.Background(), eventTimeout)
		defer cancel()
		if err := n.workspace.AddRun(ctx, s.Owner, r); err != nil {
			n.log.Warn("a statement is missing in the history", "error", err)
		}
	})
}
