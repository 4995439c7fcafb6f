package parse

import (
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"
)

// fuzzFormat checks that whatever comes in, each row is a JSON object in
// UTF-8, that nothing panics, that every byte is used, and that the size of
// the blocks changes nothing.
func fuzzFormat(f *testing.F, o Options, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 10_000 {
			return
		}
		whole := rows(t, o, string(b), len(b)+1)
		cut := rows(t, o, string(b), 1+len(b)/3)
		if len(whole) != len(cut) {
			t.Fatalf("%d rows in one block, %d in several", len(whole), len(cut))
		}
		for i, row := range whole {
			if row != cut[i] {
				t.Fatalf("row %d: %s in one block, %s in several", i, row, cut[i])
			}
			if row[0] == '!' {
				continue
			}
			var v map[string]any
			if err := json.Unmarshal([]byte(row), &v); err != nil || !utf8.ValidString(row) {
				t.Fatalf("row %q: %v", row, err)
			}
		}
	})
}

func FuzzCombined(f *testing.F) {
	fuzzFormat(f, Options{Format: Combined}, `1.2.3.4 - - [17/May/2015:10:05:03.123 +0000] "GET /a?b HTTP/1.1" 200 2 "r" "a\x41\"" rest`+"\n")
}

// FuzzNDJSON holds the scan against encoding/json, which is strict too but
// for UTF-8 and depth.
func FuzzNDJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e+3,true,null,{"b":"\u12aB\\"}]}`, `{"a":{}}`, `{"a"}`, `{"a":1,}`, `{"":[]} `} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := ndjsonParser{}.Parse(nil, b)
		var v map[string]json.RawMessage
		std := json.Unmarshal(b, &v) == nil && v != nil && utf8.Valid(b)
		if std != (err == nil) && (err == nil || len(b) < DepthMax) {
			t.Fatalf("%q: encoding/json says %v, we say %v", b, std, err)
		}
	})
}

func FuzzJSON(f *testing.F) {
	fuzzFormat(f, Options{Format: JSON}, "[\n{\"a\": 1},\n{\"b\": \"\\\"]\"}]", "[1,2]", "{}{}")
}

func FuzzCSV(f *testing.F) {
	fuzzFormat(f, Options{Format: CSV}, "a,b\n1,\"x\"\"y\nz\"\n", "a;b\r\n;\r\n", "\"\n")
}

func FuzzSyslog(f *testing.F) {
	fuzzFormat(f, Options{Format: Syslog, Zone: time.UTC}, "Mar 27 13:06:56 h a[1]: m\n", "<1>1 2003-10-11T22:14:15.003Z h a - - [x y=\"z\"] m\n")
}

func FuzzRegexp(f *testing.F) {
	fuzzFormat(f, Options{Format: Regexp, Pattern: `(?P<a>\w*)(?P<b>[^a]*)?`}, "abc def\n")
}

func FuzzRaw(f *testing.F) { fuzzFormat(f, Options{Format: Raw, Start: `^\S`}, "a\n b\nc\n", "\x00\n") }

func FuzzCP949(f *testing.F) {
	fuzzFormat(f, Options{Format: Raw, Encoding: "cp949"}, "\xc7\xd1\xb1\xdb\n")
}

func FuzzDetect(f *testing.F) {
	f.Add([]byte("a,b\n1,2\n"), true)
	f.Fuzz(func(t *testing.T, b []byte, whole bool) {
		format, why, ok := Detect(b, whole, "x.csv", Options{})
		if ok && (format == "" || why == "") {
			t.Fatalf("format %q, why %q", format, why)
		}
		if ok {
			rows(t, Options{Format: format, Zone: time.UTC}, string(b), 100)
		}
	})
}
