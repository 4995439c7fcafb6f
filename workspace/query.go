package workspace

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"maru"
)

// Query is a statement that somebody saved.
type Query struct {
	ID      string
	Owner   string
	Name    string
	SQL     string
	Params  string // a JSON object; "" is {}
	Shared  bool   // others see it
	Changed time.Time
}

// Who asks for queries.
type Who struct {
	ID    string
	Admin bool // changes those of others too
}

func (q *Query) check() error {
	q.Name = strings.TrimSpace(q.Name)
	if q.Params == "" {
		q.Params = "{}"
	}
	switch {
	case q.Name == "":
		return maru.Errorf(maru.Invalid, "the query has no name: give it one")
	case len(q.Name) > NameBytesMax || strings.ContainsAny(q.Name, "\n\r\x00") || !utf8.ValidString(q.Name):
		return maru.Errorf(maru.Invalid, "the name %.40q is not one line of at most %d bytes", q.Name, NameBytesMax)
	case strings.TrimSpace(q.SQL) == "":
		return maru.Errorf(maru.Invalid, "there is no SQL to save")
	case len(q.SQL) > SQLBytesMax:
		return maru.Errorf(maru.TooLarge, "the statement has %d bytes, at most %d are kept", len(q.SQL), SQLBytesMax)
	case len(q.Params) > ParamsBytesMax:
		return maru.Errorf(maru.TooLarge, "the parameters have %d bytes, at most %d are kept", len(q.Params), ParamsBytesMax)
	case !json.Valid([]byte(q.Params)) || !utf8.ValidString(q.SQL):
		return maru.Errorf(maru.Invalid, "the query is not text, or its parameters are no JSON object")
	}
	return nil
}

const queryColumns = "id, owner, name, sql, params, shared, changed_at"

func scanQuery(row interface{ Scan(...any) error }) (q Query, err error) {
	var at int64
	err = row.Scan(&q.ID, &q.Owner, &q.Name, &q.SQL, &q.Params, &q.Shared, &at)
	q.Changed = time.UnixMicro(at).UTC()
	return q, err
}

// Queries gives those of who and those that others share, by name.
func (w *Workspace) Queries(ctx context.Context, who Who) (out []Query, err error) {
	err = w.db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT "+queryColumns+" FROM workspace_query WHERE owner = ?1 OR shared ORDER BY owner <> ?1, lower(name), id LIMIT ?2", who.ID, listMax)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			q, err := scanQuery(rows)
			if err != nil {
				return err
			}
			out = append(out, q)
		}
		return rows.Err()
	})
	return out, err
}

// Query is one that who may see; maru.NotFound otherwise.
func (w *Workspace) Query(ctx context.Context, who Who, id string) (q Query, err error) {
	err = w.db.Read(ctx, func(tx *sql.Tx) error {
		q, err = queryIn(tx, who, id)
		return err
	})
	return q, err
}

func queryIn(tx *sql.Tx, who Who, id string) (Query, error) {
	q, err := scanQuery(tx.QueryRow("SELECT "+queryColumns+" FROM workspace_query WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) || err == nil && q.Owner != who.ID && !q.Shared && !who.Admin {
		return q, maru.Errorf(maru.NotFound, "there is no saved query %.50q: it was deleted, or it is somebody else's", id)
	}
	return q, err
}

// mine is queryIn for a change.
func mine(tx *sql.Tx, who Who, id string) (Query, error) {
	q, err := queryIn(tx, who, id)
	if err == nil && q.Owner != who.ID && !who.Admin {
		err = maru.Errorf(maru.Denied, "the query %q is %s's: save a copy, and change that", q.Name, q.Owner)
	}
	return q, err
}

// AddQuery saves a query of who; its ID, Owner and Changed are made here.
func (w *Workspace) AddQuery(ctx context.Context, who Who, q Query) (Query, error) {
	if err := q.check(); err != nil {
		return Query{}, err
	}
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return Query{}, err
	}
	q.ID, q.Owner, q.Changed = hex.EncodeToString(id[:]), who.ID, w.clock.Now().UTC().Truncate(time.Microsecond)
	return q, w.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("INSERT INTO workspace_query("+queryColumns+") VALUES (?, ?, ?, ?, ?, ?, ?)",
			q.ID, q.Owner, q.Name, q.SQL, q.Params, q.Shared, q.Changed.UnixMicro()); err != nil {
			return err
		}
		return w.fits(tx, q.Owner)
	})
}

// fits says whether what owner has saved is within the limits.
func (w *Workspace) fits(tx *sql.Tx, owner string) error {
	var n int
	var bytes int64
	err := tx.QueryRow("SELECT count(*), coalesce(sum(octet_length(sql) + octet_length(params)), 0) FROM workspace_query WHERE owner = ?", owner).Scan(&n, &bytes)
	switch {
	case err != nil:
		return err
	case n > w.cfg.QueriesMax:
		return maru.Errorf(maru.TooLarge, "%s has %d saved queries, that is the limit: delete one first", owner, w.cfg.QueriesMax)
	case bytes > QueriesBytesMax:
		return maru.Errorf(maru.TooLarge, "the saved queries of %s have more than %d MiB of text: delete one first", owner, QueriesBytesMax>>20)
	}
	return nil
}

// ChangeQuery replaces a query's name, text, parameters and Shared. Only its
// owner and an admin may; others hear maru.Denied.
func (w *Workspace) ChangeQuery(ctx context.Context, who Who, q Query) (out Query, err error) {
	if err := q.check(); err != nil {
		return Query{}, err
	}
	err = w.db.Write(ctx, func(tx *sql.Tx) error {
		old, err := mine(tx, who, q.ID)
		if err != nil {
			return err
		}
		out = q
		out.Owner, out.Changed = old.Owner, w.clock.Now().UTC().Truncate(time.Microsecond)
		if _, err := tx.Exec("UPDATE workspace_query SET name = ?, sql = ?, params = ?, shared = ?, changed_at = ? WHERE id = ?",
			out.Name, out.SQL, out.Params, out.Shared, out.Changed.UnixMicro(), out.ID); err != nil {
			return err
		}
		return w.fits(tx, out.Owner)
	})
	return out, err
}

// RemoveQuery deletes a query. Only its owner and an admin may.
func (w *Workspace) RemoveQuery(ctx context.Context, who Who, id string) error {
	return w.db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := mine(tx, who, id); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM workspace_query WHERE id = ?", id)
		return err
	})
}
