package spool

import (
	"testing"

	"maru"
)

// FuzzFilter: whatever stands in a filter, it is refused as Invalid or it works.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		``, `[]`, `[{"column":"text","op":"contains","value":"A"}]`, `[{"column":"int64","op":"≥","value":"-9223372036854775808"}]`,
		`[{"column":"decimal128","op":"<","value":"1.00005"}]`, `[{"column":"#3","op":"in","values":["a","b"]}]`,
		`[{"column":"timestamp","op":"=","value":"2026-11-23 09:30"}]`, `[{"column":"interval","op":">","value":"1 year -2 days 04:05:06.5"}]`,
		`[{"column":"float64","op":"!=","value":"nan"}]`, `[{"column":"blob","op":"=","value":"\\x00ff"}]`, `[{"column":"time","op":"<","value":"12:00"}]`,
		`[{"column":"bool","op":"=","value":"yes"},{"column":"map","op":"is not null"}]`, `[{"column":"date","op":"<","value":"9999-12-31"}]`, `{}`, `[{}]`, `[]x`,
	} {
		f.Add(seed)
	}
	schema, recs, _ := randomTable(newRand(1), 200)
	s := open(f, Config{})
	r := start(f, s, schema, recs...)
	f.Fuzz(func(t *testing.T, text string) {
		conds, err := ParseFilter(text)
		if err == nil {
			var rows *Rows
			if rows, err = r.Window(t.Context(), Window{Limit: 10, Filter: conds}); err == nil {
				rows.Batch.Release()
				return
			}
		}
		if maru.KindOf(err) != maru.Invalid {
			t.Fatalf("%q: %v", text, err)
		}
	})
}
