package query

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"maru"
	"maru/query/internal/spool"
	"maru/query/internal/wire"
)

// The parts of a kept result, as package spool promises them.
type (
	Kept       = spool.Result  // one result: Window, Reader, Profile, Cell, Cancel
	KeptStatus = spool.Status  // what is known of it now
	KeptWindow = spool.Window  // which cells are wanted
	KeptRows   = spool.Rows    // the cells of a window
	KeptOrder  = spool.Order   // which rows, in which order
	KeptCell   = spool.Cell    // one cell, whole
	Profile    = spool.Profile // what can be said of a column
	SortKey    = spool.Key
	Cond       = spool.Cond
)

// KeepConfig of a Keeper. The zero value of every field but Dir works.
type KeepConfig = spool.Config

// Keeper executes statements once and keeps their results on disk, to be read
// in windows as often as somebody looks.
type Keeper struct {
	q     *Query
	store *spool.Store
}

// Keeper begins to keep results in cfg.Dir, which it empties. It must be
// closed before q.
func (q *Query) Keeper(cfg KeepConfig) (*Keeper, error) {
	store, err := spool.Open(cfg)
	if err != nil {
		return nil, err
	}
	return &Keeper{q: q, store: store}, nil
}

// Close cancels what runs and forgets all results.
func (k *Keeper) Close() error { return k.store.Close() }

// Keep starts a statement for owner and returns at once; its errors show in
// the result's status. The end of ctx does not end it. Kept.Meta is meta.
func (k *Keeper) Keep(ctx context.Context, owner string, req Request, meta any) (*Kept, error) {
	if _, err := k.q.opening(req); err != nil {
		return nil, err
	}
	return k.store.Start(ctx, owner, func(ctx context.Context) (spool.Source, error) { return k.q.Execute(ctx, req) }, meta)
}

// Kept finds a result; maru.NotFound when it never was, or was dropped.
func (k *Keeper) Kept(id string) (*Kept, error) { return k.store.Result(id) }

// List gives the results of owner, of all when owner is "", newest first.
func (k *Keeper) List(owner string) []*Kept { return k.store.List(owner) }

// Drop cancels a result and forgets it.
func (k *Keeper) Drop(id string) error { return k.store.Remove(id) }

// Bytes on disk of all results, and how many they may be.
func (k *Keeper) Bytes() (used, most int64) { return k.store.Bytes() }

// ParseSort reads [{"column":"price","desc":true}]; "" is the source's order.
func ParseSort(text string) ([]SortKey, error) { return spool.ParseSort(text) }

// ParseFilter reads [{"column":"price","op":">","value":"3"}]; "" is none.
func ParseFilter(text string) ([]Cond, error) { return spool.ParseFilter(text) }

// Check parses and plans a statement as Execute would, and brings and runs
// nothing. Its errors are Execute's.
func (q *Query) Check(ctx context.Context, req Request) error {
	open, err := q.opening(req)
	if err != nil {
		return err
	}
	w, err := q.pool.acquire(ctx)
	if err != nil {
		return err
	}
	err = q.check(ctx, w, open)
	q.giveBack(w, err)
	return err
}

func (q *Query) check(ctx context.Context, w *worker, open wire.Open) error {
	s, opened, err := openSession(ctx, w, open)
	if err != nil {
		return err
	}
	plan, _, err := q.describe(ctx, opened, nil)
	if err != nil {
		return err
	}
	_, err = s.plan(ctx, plan)
	return err
}

// Explain gives a statement's plan as text. Its errors are Execute's.
func (q *Query) Explain(ctx context.Context, req Request) (string, error) {
	// On a line of its own, so that columns stay.
	req.SQL = "EXPLAIN\n" + req.SQL
	r, err := q.Execute(ctx, req)
	if err != nil {
		return "", lineUp(err)
	}
	defer r.Close()
	var out strings.Builder
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return "", lineUp(err)
		}
		last := rec.Column(int(rec.NumCols()) - 1) // a key may come before the text
		for i := range last.Len() {
			out.WriteString(last.ValueStr(i))
			out.WriteByte('\n')
		}
		rec.Release()
	}
}

// lineUp takes the first line off an error's place.
func lineUp(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Line < 2 {
		return err
	}
	up := *e
	up.Line--
	return &maru.Error{Kind: maru.KindOf(err), Err: &up}
}

// ParamValue makes a value that Request.Params takes of one that JSON gave: a
// number without a fraction is a BIGINT.
func ParamValue(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, string:
		return v, nil
	case float64:
		if n := int64(v); float64(n) == v && n > -1<<53 && n < 1<<53 {
			return n, nil
		}
		return v, nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		f, err := v.Float64()
		return f, err
	}
	return nil, maru.Errorf(maru.Invalid, "a parameter is null, true, false, a number or a text")
}
