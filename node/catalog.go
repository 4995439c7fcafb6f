package node

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"maru"
	"maru/query"
	"maru/spec"
	"maru/web"
)

// Bounds of what is read of a table to say what is in it.
const (
	topicSampleRows = 50_000 // the newest
	tableSampleRows = 200_000
	sampleBytes     = 64 << 20 // of a topic, as the log has it
	sampleCells     = 5_000_000
	sampleKept      = time.Minute // for which a sample answers
	previewRows     = 100
	profileColumns  = 100 // of one answer
)

// catalog is what SQL sees, as web wants it.
type catalog struct{ n *node }

// tableSamples are the tables that were looked at a moment ago.
type tableSamples struct {
	mu   sync.Mutex // guards kept; never held while something is read
	kept map[string]*tableSample
}

type tableSample struct {
	table query.Table
	rows  *query.Kept
	at    time.Time
	limit int64
}

// sampleConfig keeps few of them, for a short time: each can be read anew.
func sampleConfig(dir string) query.KeepConfig {
	return query.KeepConfig{Dir: dir, BytesMax: 2 << 30, ResultsMax: 16, IdleLifetime: 2 * sampleKept}
}

// Tables is what \d shows.
func (c *catalog) Tables(ctx context.Context) ([]web.Table, error) {
	list, err := (&tables{c.n}).List(ctx)
	if err != nil {
		return nil, err
	}
	all, err := (&topics{c.n}).Topics(ctx)
	if err != nil {
		return nil, err
	}
	streams, _ := (&streams{c.n}).List(ctx) // without the streamer its views have no size
	out := make([]web.Table, len(list))
	for i, t := range list {
		out[i] = c.entry(t, all, streams)
	}
	return out, nil
}

// entry is a table with what is known of its size without reading it.
func (c *catalog) entry(t query.Table, all []web.Topic, streams []web.StreamStatus) web.Table {
	out := web.Table{Name: t.Name, Kind: string(t.Kind), Columns: t.Columns, Note: t.Note}
	switch t.Kind {
	case query.Topic:
		for i := range all {
			if tp := &all[i]; tp.Name == t.Name {
				out.Rows, out.Bytes, out.Newest, out.Late, out.File = &tp.Records, tp.Bytes, tp.Newest, tp.Late, tp.Declared
			}
		}
	case query.View:
		view, side := (&tables{c.n}).splitSide(t.Name)
		for _, s := range streams {
			if s.Name != view {
				continue
			}
			out.File = s.File
			if side == "" {
				out.Bytes, out.Newest = s.StateBytes, s.Watermark
			}
		}
	case query.Seed:
		out.File = t.Note
		if info, err := os.Stat(t.Path); err == nil {
			out.Bytes, out.Newest = info.Size(), info.ModTime().UTC()
		}
	}
	return out
}

// find gives a table with its columns.
func (c *catalog) find(ctx context.Context, name string) (query.Table, error) {
	t, err := (&tables{c.n}).Lookup(ctx, name)
	if maru.KindOf(err) == maru.NotFound && t.Kind == query.Topic {
		return t, maru.Errorf(maru.NotFound, "there is no topic, view or seed called %.100q", name)
	}
	if err == nil && t.Kind == query.Topic && len(t.Columns) == 0 {
		t.Columns, err = c.n.inferred(ctx, t.Name)
	}
	return t, err
}

// Table is one, with its newest rows.
func (c *catalog) Table(ctx context.Context, name string) (web.TableDetail, web.Rows, error) {
	t, err := c.find(ctx, name)
	if err != nil {
		return web.TableDetail{}, web.Rows{}, err
	}
	var all []web.Topic
	if t.Kind == query.Topic {
		if all, _, err = (&topics{c.n}).list(ctx, t.Name); err != nil {
			return web.TableDetail{}, web.Rows{}, err
		}
	}
	streams, _ := (&streams{c.n}).List(ctx)
	out := web.TableDetail{Table: c.entry(t, all, streams), UsedBy: c.n.usedBy(ctx, t.Name)}
	for _, s := range c.n.folder.project().Streams {
		if t.Kind == query.View && s.Name == t.Name {
			out.SQL = strings.TrimSpace(s.SQL)
		}
	}
	rows, err := c.preview(ctx, t)
	if err != nil { // the rest can be said
		out.PreviewError = err.Error()
	}
	return out, rows, nil
}

// preview gives the newest rows of a topic or a view, the first of a seed.
func (c *catalog) preview(ctx context.Context, t query.Table) (web.Rows, error) {
	order := ""
	if i := slices.IndexFunc(t.Columns, func(col maru.Column) bool {
		return strings.HasPrefix(string(col.Type), "TIMESTAMP") || col.Type == maru.Date
	}); i >= 0 && t.Kind == query.View {
		// The view takes SQL behind its WHERE, so the order can be there too.
		order = "true ORDER BY " + maru.Quote(t.Columns[i].Name) + " DESC NULLS LAST LIMIT 100"
	}
	k, err := c.n.tableKeeper.KeepSource(ctx, "", func(ctx context.Context) (query.Source, error) { return c.open(ctx, t, previewRows, order) })
	if err != nil {
		return web.Rows{}, err
	}
	defer func() { _ = c.n.tableKeeper.Drop(k.ID()) }() // or the keeper drops it later
	if err := k.WaitEnd(ctx); err != nil {
		return web.Rows{}, err
	}
	if st := k.Status(); st.Err != nil {
		return web.Rows{}, st.Err
	}
	var o web.Order
	if t.Kind == query.Topic {
		o.Sort = `[{"column":"_timestamp","desc":true},{"column":"_partition"},{"column":"_offset","desc":true}]`
	}
	return (&kept{k}).Window(ctx, 0, previewRows, o)
}

// open reads at most n rows of a table.
func (c *catalog) open(ctx context.Context, t query.Table, n int64, where string) (query.Source, error) {
	switch t.Kind {
	case query.Topic:
		return c.n.query.Sample(ctx, t.Name, t.Columns, n)
	case query.View:
		view, side := (&tables{c.n}).splitSide(t.Name)
		v, err := c.n.stream.View(ctx, view, side, nil, where, n)
		if err != nil {
			return nil, err
		}
		return v, nil
	}
	r, err := c.n.query.Execute(ctx, query.Request{SQL: "SELECT * FROM " + maru.Quote(t.Name), Dir: c.n.cfg.ProjectDir, MaxRows: n})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// sample gives rows of a table, at most a minute old. Requests for several
// columns share them.
func (c *catalog) sample(ctx context.Context, name string) (*tableSample, error) {
	t, err := c.find(ctx, name)
	if err != nil {
		return nil, err
	}
	limit, err := c.limit(ctx, t)
	if err != nil {
		return nil, err
	}
	s, err := c.shared(ctx, t, limit)
	if err != nil {
		return nil, err
	}
	if err := s.rows.WaitEnd(ctx); err != nil {
		return nil, err
	}
	if err := s.rows.Status().Err; err != nil {
		c.n.tableSamples.forget(t.Name, s)
		return nil, err
	}
	return s, nil
}

// limit is how many rows are looked at.
func (c *catalog) limit(ctx context.Context, t query.Table) (int64, error) {
	n := int64(tableSampleRows)
	if t.Kind == query.Topic {
		n = topicSampleRows
		all, _, err := (&topics{c.n}).list(ctx, t.Name)
		if err != nil {
			return 0, err
		}
		if len(all) > 0 && all[0].Records > 0 {
			n = min(n, sampleBytes/max(all[0].Bytes/all[0].Records, 1))
		}
	}
	return max(min(n, sampleCells/int64(max(len(t.Columns), 1))), previewRows), nil
}

// shared begins to read a table, unless somebody has just done so.
func (c *catalog) shared(ctx context.Context, t query.Table, limit int64) (*tableSample, error) {
	all := &c.n.tableSamples
	all.mu.Lock()
	defer all.mu.Unlock()
	now := time.Now()
	for name, s := range all.kept {
		if now.Sub(s.at) > sampleKept {
			delete(all.kept, name)
			// In use it stays until its reader is done.
			_ = c.n.tableKeeper.Drop(s.rows.ID())
		}
	}
	if s := all.kept[t.Name]; s != nil && slices.Equal(s.table.Columns, t.Columns) {
		return s, nil
	}
	// Starting is quick: the rows are read behind it.
	k, err := c.n.tableKeeper.KeepSource(ctx, "", func(ctx context.Context) (query.Source, error) { return c.open(ctx, t, limit, "") })
	if err != nil {
		return nil, err
	}
	s := &tableSample{table: t, rows: k, at: now, limit: limit}
	if all.kept == nil {
		all.kept = map[string]*tableSample{}
	}
	all.kept[t.Name] = s
	return s, nil
}

func (t *tableSamples) forget(name string, s *tableSample) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept[name] == s {
		delete(t.kept, name)
	}
}

// Profile says what is in columns of a table, in the first of them when none
// is named.
func (c *catalog) Profile(ctx context.Context, name string, columns []string) (web.TableProfile, error) {
	s, err := c.sample(ctx, name)
	if err != nil {
		return web.TableProfile{}, err
	}
	st := s.rows.Status()
	out := web.TableProfile{Name: s.table.Name, At: s.at.UTC(), Rows: st.Rows, Sampled: st.Rows >= s.limit, Newest: s.table.Kind == query.Topic, Columns: []web.ColumnProfile{}}
	if len(columns) == 0 && st.Schema != nil {
		for _, f := range st.Schema.Fields() {
			if s.table.Kind != query.Topic || s.table.Columns.Index(f.Name) >= 0 {
				columns = append(columns, f.Name)
			}
		}
		out.More = max(len(columns)-profileColumns, 0)
		columns = columns[:min(len(columns), profileColumns)]
	}
	if len(columns) > profileColumns {
		return out, maru.Errorf(maru.TooLarge, "%d columns were asked for, at most %d are answered at once", len(columns), profileColumns)
	}
	for _, col := range columns {
		if st.Schema == nil || !st.Schema.HasField(col) {
			return out, maru.Errorf(maru.NotFound, "%s has no column %.100q", name, col)
		}
		p, err := (&kept{s.rows}).Profile(ctx, col)
		if err != nil {
			return out, err
		}
		out.Columns = append(out.Columns, p)
	}
	return out, nil
}

// usedBy names what reads a table or fills it. Of saved queries it names those
// that the asker sees.
func (n *node) usedBy(ctx context.Context, name string) []web.UsedBy {
	out := []web.UsedBy{}
	p := n.folder.project()
	for _, s := range p.Streams {
		if s.Name != name && mentions(s.SQL, name) {
			out = append(out, web.UsedBy{Kind: "stream", Name: s.Name})
		}
	}
	for _, c := range p.Collectors {
		if c.Topic == name {
			out = append(out, web.UsedBy{Kind: "collector", Name: c.Name})
		}
	}
	for _, d := range p.Dashboards {
		if slices.ContainsFunc(dashboardSQL(d), func(sql string) bool { return mentions(sql, name) }) {
			out = append(out, web.UsedBy{Kind: "dashboard", Name: d.Name, Title: d.Title.In("en")})
		}
	}
	who, _ := maru.PrincipalOf(ctx)
	saved, err := n.workspace.Queries(ctx, whoOf(who))
	if err != nil {
		n.log.Warn("who uses a table", "table", name, "error", err)
	}
	for _, q := range saved {
		if mentions(q.SQL, name) {
			out = append(out, web.UsedBy{Kind: "query", Name: q.ID, Title: q.Name})
		}
	}
	return out
}

// dashboardSQL is every statement of a dashboard.
func dashboardSQL(d spec.Dashboard) (out []string) {
	for _, f := range d.Filters {
		out = append(out, f.SQL)
	}
	for _, t := range d.Tiles {
		out = append(out, t.SQL)
	}
	return out
}

// mentions says whether a word of SQL is name; one inside a text counts too.
func mentions(sql, name string) bool {
	sql, name = strings.ToLower(sql), strings.ToLower(name)
	part := func(i int) bool {
		return i >= 0 && i < len(sql) && (sql[i] == '_' || sql[i] >= 'a' && sql[i] <= 'z' || sql[i] >= '0' && sql[i] <= '9' || sql[i] >= 0x80)
	}
	for from := 0; ; {
		i := strings.Index(sql[from:], name)
		if i < 0 {
			return false
		}
		at := from + i
		if !part(at-1) && !part(at+len(name)) {
			return true
		}
		from = at + 1
	}
}
