package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"maru"
	"maru/duck"
	"maru/run"
)

// The sides of a view: rows that came too late, rows that could not be read.
const (
	Late     = "late"
	Rejected = "rejected"
)

// readyWait is how long a reader waits for a view that is starting, or being
// switched to one made anew.
const readyWait = 10 * time.Second

// view gives SQL for a view or one of its sides, once it can be read.
func (e *Engine) view(ctx context.Context, name, side string) (string, error) {
	en, err := e.entry(name)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	q, err := en.current(ctx)
	if err != nil {
		return "", maru.Errorf(maru.Unavailable, "view %s cannot be read: %w", name, err)
	}
	if side == "" {
		return q.viewSQL, nil
	}
	sql, ok := q.viewSide[side]
	if !ok {
		return "", maru.Errorf(maru.NotFound, "view %s has no side %q", name, side)
	}
	return sql, nil
}

// current waits for the query that makes the view; not for one that has failed.
func (en *entry) current(ctx context.Context) (*Query, error) {
	for {
		en.mu.Lock()
		q, bad := en.cur, errors.Join(en.planErr, en.runErr)
		en.mu.Unlock()
		if q != nil && isReady(q) {
			return q, nil
		}
		if bad != nil {
			return nil, bad
		}
		if run.Sleep(ctx, 5*time.Millisecond) != nil {
			return nil, errors.New("it is starting")
		}
	}
}

// Read opens the rows of a view (side "") or of one of its sides: cols of them
// (nil = all), those that meet cond (SQL, "" = all). The caller closes both.
func (e *Engine) Read(ctx context.Context, name, side string, cols []string, cond string) (*duck.Rows, *duck.Conn, error) {
	list := "*"
	if cols != nil {
		list = quoteAll(cols)
		if len(cols) == 0 {
			list = "1 AS one" // only how many there are
		}
	}
	if cond != "" {
		cond = " WHERE " + cond
	}
	return e.query(ctx, name, side, "SELECT "+list+" FROM (%s)"+strings.ReplaceAll(cond, "%", "%%"))
}

// ReadJSON opens at most limit rows of a view, each as one JSON object.
func (e *Engine) ReadJSON(ctx context.Context, name string, limit int) (*duck.Rows, *duck.Conn, error) {
	en, err := e.entry(name)
	if err != nil {
		return nil, nil, err
	}
	q, err := en.current(ctx)
	if err != nil {
		return nil, nil, maru.Errorf(maru.Unavailable, "view %s cannot be read: %w", name, err)
	}
	sql := strings.ReplaceAll(asJSON(q.spec.Plan.Out, "\x00"), "%", "%%")
	return e.query(ctx, name, "", strings.Replace(sql, "\x00", fmt.Sprintf("(%%s LIMIT %d)", limit), 1))
}

// Columns of a view or one of its sides.
func (e *Engine) Columns(ctx context.Context, name, side string) (maru.Schema, error) {
	rows, c, err := e.query(ctx, name, side, "DESCRIBE %s")
	if err != nil {
		return nil, err
	}
	defer c.Close()
	defer rows.Close()
	var out maru.Schema
	for {
		var rec arrow.RecordBatch
		if rec, err = rows.Next(); err != nil {
			return out, nil
		}
		for i := range int(rec.NumRows()) {
			out = append(out, maru.Column{Name: strings.Clone(rec.Column(0).ValueStr(i)), Type: maru.Type(strings.Clone(rec.Column(1).ValueStr(i)))})
		}
		rec.Release()
	}
}

// query runs sql, in which %s stands for the view, on a connection of its own.
// A view may be switched to one made anew in between: then it is asked again.
func (e *Engine) query(ctx context.Context, name, side, sql string) (*duck.Rows, *duck.Conn, error) {
	for try := 1; ; try++ {
		view, err := e.view(ctx, name, side)
		if err != nil {
			return nil, nil, err
		}
		c, err := e.db.Conn()
		if err != nil {
			return nil, nil, err
		}
		rows, err := c.Query(ctx, fmt.Sprintf(sql, view))
		if err == nil {
			return rows, c, nil
		}
		c.Close()
		if try == queryTries {
			return nil, nil, err
		}
		if run.Sleep(ctx, 20*time.Millisecond) != nil {
			return nil, nil, err
		}
	}
}

// queryTries is how often a reading is begun.
const queryTries = 10
