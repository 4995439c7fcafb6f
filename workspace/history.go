package workspace

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// Run is a statement that has ended.
type Run struct {
	ID      string // of its result, as long as that is kept
	SQL     string
	Params  string // a JSON object; "" is {}
	State   string // done, failed, canceled
	Error   string
	Rows    int64
	Elapsed time.Duration
	Started time.Time
}

// AddRun adds to owner's history and forgets what is too old. Of a text beyond
// SQLBytesMax nothing is kept: half a statement must not be run again.
func (w *Workspace) AddRun(ctx context.Context, owner string, r Run) error {
	if len(r.SQL) > SQLBytesMax {
		return nil
	}
	if r.Params == "" || len(r.Params) > ParamsBytesMax {
		r.Params = "{}"
	}
	if len(r.Error) > ErrorBytesMax {
		r.Error = strings.ToValidUTF8(r.Error[:ErrorBytesMax], "")
	}
	return w.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("INSERT INTO workspace_run(owner, id, sql, params, state, error, rows, ms, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			owner, r.ID, r.SQL, r.Params, r.State, r.Error, r.Rows, r.Elapsed.Milliseconds(), r.Started.UnixMicro()); err != nil {
			return err
		}
		_, err := tx.Exec(`DELETE FROM workspace_run WHERE number IN (
			SELECT number FROM (SELECT number, row_number() OVER newest AS n, sum(octet_length(sql) + octet_length(params) + octet_length(error)) OVER newest AS bytes
				FROM workspace_run WHERE owner = ? WINDOW newest AS (ORDER BY number DESC)) WHERE n > ? OR bytes > ?)`, owner, w.cfg.HistoryMax, HistoryBytesMax)
		return err
	})
}

// History of owner, newest first.
func (w *Workspace) History(ctx context.Context, owner string) (out []Run, err error) {
	err = w.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT id, sql, params, state, error, rows, ms, started_at FROM workspace_run WHERE owner = ? ORDER BY number DESC LIMIT ?", owner, w.cfg.HistoryMax)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r Run
			var ms, at int64
			if err := rows.Scan(&r.ID, &r.SQL, &r.Params, &r.State, &r.Error, &r.Rows, &ms, &at); err != nil {
				return err
			}
			r.Elapsed, r.Started = time.Duration(ms)*time.Millisecond, time.UnixMicro(at).UTC()
			out = append(out, r)
		}
		return rows.Err()
	})
	return out, err
}
