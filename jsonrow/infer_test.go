package jsonrow_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"maru"
	"maru/jsonrow"
)

func infer(samples ...string) string {
	var b [][]byte
	for _, s := range samples {
		b = append(b, []byte(s))
	}
	var out []string
	for _, c := range jsonrow.Infer(b) {
		out = append(out, c.Name+" "+string(c.Type))
	}
	return strings.Join(out, ", ")
}

func TestInfer(t *testing.T) {
	for _, c := range []struct {
		want    string
		samples []string
	}{
		{"", nil},
		{"", []string{"not JSON", "[1]", `{"a":1`, `{"a":1} x`, "{\"a\":\"\xff\"}", "{}", `{"":1}`}},
		{"ts TIMESTAMPTZ, n BIGINT, f DOUBLE, ok BOOLEAN, s VARCHAR, o JSON, l JSON, x VARCHAR, d DATE",
			[]string{`{"ts":"2026-01-01T00:00:00Z","n":1,"f":1.0,"ok":true,"s":"a","o":{},"l":[],"x":null,"d":"2026-01-01"}`}},
		{"a DOUBLE", []string{`{"a":1}`, `{"a":2.5}`, `{"a":3}`}},
		{"a BIGINT", []string{`{"a":null}`, `{"a":1}`, `{}`}},
		{"a VARCHAR", []string{`{"a":1}`, `{"a":true}`}},
		{"a VARCHAR", []string{`{"a":1}`, `{"a":"2"}`}},
		{"a VARCHAR", []string{`{"a":12345678901234567890}`}},
		{"a VARCHAR", []string{`{"a":1e999}`}},
		{"a VARCHAR", []string{`{"a":"2026-01-01"}`, `{"a":""}`}},
		{"a TIMESTAMPTZ", []string{`{"a":"2026-01-01"}`, `{"a":"2026-01-01 10:00:00"}`}},
		{"a TIMESTAMPTZ", []string{`{"a":"17\/May\/2015:10:05:03 +0000"}`}},
		{"a TIMESTAMPTZ", []string{`{"a":"20150517T100503Z"}`}},
		{"a VARCHAR", []string{`{"a":"2026-01-01"}`, `{"a":20260101}`}},
		{"a JSON", []string{`{"a":[1]}`, `{"a":"x"}`, `{"a":1}`}},
		{"b BIGINT, a BIGINT", []string{`{"b":1}`, `{"a":1,"b":2}`}},
		{"User VARCHAR", []string{`{"User":1,"USER":"x"}`, `{"user":null}`}},
		{"이름 VARCHAR, key BIGINT", []string{`{"\uc774\ub984":"김","k\u0065y":1}`}},
	} {
		if got := infer(c.samples...); got != c.want {
			t.Errorf("%v: %s, want %s", c.samples, got, c.want)
		}
	}
}

func TestInferLimits(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(`{"` + strings.Repeat("x", 600) + `":1`)
	for i := range maru.ColumnsMax + 10 {
		fmt.Fprintf(&b, `,"c%d":%d`, i, i)
	}
	b.WriteByte('}')
	got := jsonrow.Infer([][]byte{b.Bytes()})
	if len(got) != maru.ColumnsMax || got[0].Name != "c0" {
		t.Errorf("%d columns, the first is %.20s", len(got), got[0].Name)
	}
	d := jsonrow.NewDecoder(got)
	if err := d.Append(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	d.Record().Release()
}

// FuzzInfer holds Infer to its promise: what it infers takes every sample.
func FuzzInfer(f *testing.F) {
	f.Add([]byte(`{"a":1}`), []byte(`{"a":2.5,"b":"2026-01-01"}`), []byte(`{"b":"x","A":[]}`))
	f.Add([]byte(`{"a":1e999}`), []byte(`{"a":"May 17, 2015"}`), []byte(`{"a":false}`))
	f.Fuzz(func(t *testing.T, x, y, z []byte) {
		samples := [][]byte{x, y, z}
		cols := jsonrow.Infer(samples)
		if diff := cmp.Diff(cols, jsonrow.Infer(samples)); diff != "" {
			t.Fatal(diff)
		}
		d := jsonrow.NewDecoder(cols)
		defer func() { d.Record().Release() }()
		for _, s := range samples {
			if _, err := reference(s, nil); err != nil {
				continue
			}
			if err := d.Append(s); err != nil {
				t.Fatalf("%q does not fit %v: %v", s, cols, err)
			}
		}
	})
}
