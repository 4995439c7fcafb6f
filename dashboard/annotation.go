package dashboard

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"maru"
)

// Annotation is words at a time, or at a range of it.
type Annotation struct {
	ID   int64
	At   time.Time
	To   time.Time // zero: a moment
	Text string
	By   string // ID of the principal
}

// Annotations are those that touch a range, oldest first: the newest
// annotationsShown of them. Zero ends are open.
func (d *Dashboards) Annotations(ctx context.Context, from, to time.Time) (out []Annotation, err error) {
	least, most := int64(-1<<62), int64(1<<62)
	if !from.IsZero() {
		least = from.UnixMicro()
	}
	if !to.IsZero() {
		most = to.UnixMicro()
	}
	err = d.needs.DB.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT id, at, coalesce(till, 0), till IS NOT NULL, text, by FROM dashboard_annotation WHERE at <= ? AND coalesce(till, at) >= ? ORDER BY at DESC, id DESC LIMIT ?",
			most, least, annotationsShown)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var a Annotation
			var at, till int64
			var ranged bool
			if err := rows.Scan(&a.ID, &at, &till, &ranged, &a.Text, &a.By); err != nil {
				return err
			}
			if a.At = time.UnixMicro(at).UTC(); ranged {
				a.To = time.UnixMicro(till).UTC()
			}
			out = append(out, a)
		}
		return rows.Err()
	})
	slices.Reverse(out)
	return out, err
}

// Annotate keeps one.
func (d *Dashboards) Annotate(ctx context.Context, a Annotation) (Annotation, error) {
	a.Text = strings.TrimSpace(a.Text)
	year := func(t time.Time) bool { return t.Year() >= 1900 && t.Year() <= 2262 }
	switch {
	case a.Text == "":
		return a, maru.Errorf(maru.Invalid, "the annotation has no text: say what happened")
	case len(a.Text) > annotationMax || !utf8.ValidString(a.Text):
		return a, maru.Errorf(maru.Invalid, "the annotation's text has %d bytes: at most %d are allowed", len(a.Text), annotationMax)
	case a.At.IsZero():
		return a, maru.Errorf(maru.Invalid, "the annotation has no time: send at as 2026-01-05T09:00:00Z")
	case !year(a.At) || !a.To.IsZero() && !year(a.To):
		return a, maru.Errorf(maru.Invalid, "the annotation's time is outside of the years 1900 to 2262")
	case !a.To.IsZero() && !a.To.After(a.At):
		return a, maru.Errorf(maru.Invalid, "the annotation ends before it begins")
	}
	a.At, a.To = a.At.UTC().Truncate(time.Microsecond), a.To.UTC().Truncate(time.Microsecond)
	err := d.needs.DB.Write(ctx, func(tx *sql.Tx) error {
		n := 0
		if err := tx.QueryRow("SELECT count(*) FROM dashboard_annotation").Scan(&n); err != nil {
			return err
		}
		if n >= AnnotationsMax {
			return maru.Errorf(maru.TooLarge, "there are %d annotations, that is the limit: delete some", n)
		}
		var till *int64
		if !a.To.IsZero() {
			ms := a.To.UnixMicro()
			till = &ms
		}
		res, err := tx.Exec("INSERT INTO dashboard_annotation(at, till, text, by) VALUES (?, ?, ?, ?)", a.At.UnixMicro(), till, a.Text, a.By)
		if err != nil {
			return err
		}
		a.ID, err = res.LastInsertId()
		return err
	})
	return a, err
}

// Unannotate deletes one; maru.NotFound when it is not there.
func (d *Dashboards) Unannotate(ctx context.Context, id int64) error {
	return d.needs.DB.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec("DELETE FROM dashboard_annotation WHERE id = ?", id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return maru.Errorf(maru.NotFound, "there is no annotation %d", id)
		}
		return nil
	})
}
