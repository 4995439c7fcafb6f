package wire

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"maru"
)

func TestErrorInATrailer(t *testing.T) {
	for _, e := range []*Error{
		{Kind: "invalid", Message: "plain", Line: 2, Column: 7},
		{Kind: "denied", Message: "한글 \U0001F600 \"quoted\" \n\t\x00 line", Fatal: true},
		{Kind: "out_of_memory", Message: strings.Repeat("가", errorTextMax)},
	} {
		h := e.Header()
		for i := range len(h) {
			if h[i] < 0x20 || h[i] >= 0x7f {
				t.Fatalf("byte %d of the header is %#x", i, h[i])
			}
		}
		got := FromHeader(h)
		want := *e
		want.Message = clip(e.Message)
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Error(diff)
		}
	}
	if e := FromHeader("garbage"); maru.KindOf(e.Err()) != maru.Internal {
		t.Error(e)
	}
}

func TestErrorKeepsKindAndPlace(t *testing.T) {
	e := ToError(maru.Errorf(maru.TooLarge, "too much"))
	var back *Error
	if err := e.Err(); maru.KindOf(err) != maru.TooLarge || !errors.As(err, &back) || back.Message != "too much" {
		t.Error(err)
	}
	if again := ToError((&Error{Kind: "invalid", Message: "x", Line: 3}).Err()); again.Line != 3 {
		t.Error(again)
	}
}

func TestValues(t *testing.T) {
	for _, tt := range []struct {
		in  any
		sql string
	}{
		{nil, "NULL"}, {true, "true"}, {int64(-9223372036854775808), "-9223372036854775808"}, {1.5, "1.5"}, {"it's", "'it''s'"},
		{time.UnixMicro(1764430000000001).UTC(), "make_timestamptz(1764430000000001)"}, {90 * time.Second, "to_microseconds(90000000)"},
	} {
		v, err := ValueOf(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var back Value
		if err := json.Unmarshal(b, &back); err != nil || back.Any() != tt.in || back.SQL() != tt.sql {
			t.Errorf("%v: %s, %v, %v", tt.in, b, back, err)
		}
	}
	for _, bad := range []any{struct{}{}, "\xff", []int{1}} {
		if _, err := ValueOf(bad); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
	at := Filter{Column: "a\"b", Op: In, Values: []Value{{Type: maru.Timestamp, Int: 5}, {Type: maru.Date, Int: 6}}}
	if got := at.String(); got != `"a""b" IN (make_timestamptz(5), (DATE '1970-01-01' + 6))` {
		t.Error(got)
	}
}

func FuzzFromHeader(f *testing.F) {
	f.Add(`{"kind":"invalid","message":"x"}`)
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		e := FromHeader(s)
		if e.Message == "" {
			t.Fatal("no message")
		}
		again := FromHeader(e.Header())
		if again.Kind != e.Kind {
			t.Fatalf("%q: %q became %q", s, e.Kind, again.Kind)
		}
	})
}
