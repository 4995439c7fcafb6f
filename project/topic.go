package project

import (
	"time"

	"maru"
	"maru/spec"
)

func (r *reader) topic(text []byte, d Defaults) Topic {
	t := Topic{Partitions: d.Partitions, Retention: d.Retention, RetentionBytes: d.RetentionBytes,
		Watermark: d.Watermark, Idle: d.Idle}
	t.Header = r.document(text, fields{
		"partitions":      func(v value) { v.partitions(&t.Partitions) },
		"retention":       func(v value) { v.setDuration(&t.Retention, time.Second, true) },
		"retention_bytes": func(v value) { v.setSize(&t.RetentionBytes) },
		"columns":         func(v value) { t.Columns = v.columns() },
		"time":            func(v value) { t.Time, _ = v.text() },
		"watermark":       func(v value) { v.setDuration(&t.Watermark, 0, false) },
		"idle":            func(v value) { v.setDuration(&t.Idle, time.Millisecond, true) },
	})
	r.checkTime(t)
	return t
}

// columns reads name: type, in order.
func (v value) columns() maru.Schema {
	entries, ok := v.pairs()
	if !ok {
		return nil
	}
	if len(entries) > maru.ColumnsMax {
		v.fail("", "%d columns, at most %d are allowed", len(entries), maru.ColumnsMax)
		return nil
	}
	var s maru.Schema
	seen := make(map[string]bool, len(entries))
	for _, e := range entries {
		written, ok := e.text()
		if !ok {
			continue
		}
		typ, err := maru.ParseType(written)
		if err != nil {
			e.fail("", "%v", err)
			continue
		}
		folded := foldName(e.key)
		switch {
		case e.key == "":
			e.fail("", "a column's name is empty")
		case seen[folded]:
			e.fail("SQL does not tell upper case from lower case", "the column stands here twice")
		}
		seen[folded] = true
		s = append(s, maru.Column{Name: e.key, Type: typ})
	}
	return s
}

func (r *reader) checkTime(t Topic) {
	if t.Time == "" || len(t.Columns) == 0 {
		return
	}
	at := t.Header["time"]
	i := t.Columns.Index(t.Time)
	if i < 0 {
		names := make([]string, len(t.Columns))
		for j, c := range t.Columns {
			names[j] = c.Name
		}
		r.fail(at, spec.DidYouMean(t.Time, names), "time: there is no column %q", t.Time)
		return
	}
	if typ := t.Columns[i].Type; typ != maru.Timestamp && typ != maru.BigInt {
		r.fail(at, "declare it as TIMESTAMPTZ", "time: column %q is %s, not a time", t.Time, typ)
	}
}
