package parse

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// rows reads all of text in blocks of a given size, as a tailer would, and
// gives the rows and the reasons in order.
func rows(t testing.TB, o Options, text string, block int) (out []string) {
	t.Helper()
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Begin(nil, time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	have, all := 0, []byte(text)
	used := 0
	for {
		final := have == len(all)
		for {
			rec, n := r.Next(all[used:have], final)
			if n == 0 {
				break
			}
			used += n
			if rec == nil {
				continue
			}
			v, err := r.Parse(nil, rec)
			if err != nil {
				out = append(out, "! "+err.Error())
			} else if v != nil {
				if !json.Valid(v) || bytes.IndexByte(v, '\n') >= 0 {
					t.Fatalf("row is not JSON on one line: %s", v)
				}
				out = append(out, string(v))
			}
		}
		if final {
			return out
		}
		have = min(have+block, len(all))
	}
}

func TestParse(t *testing.T) {
	utc := time.UTC
	for _, c := range []struct {
		name string
		o    Options
		in   string
		want []string
	}{
		{"combined", Options{Format: Combined}, `83.149.9.216 - frank [17/May/2015:10:05:03.123 +0000] "GET /a/b.png?x=1&y=2 HTTP/1.1" 200 203023 "http://r/" "Mozilla/5.0 (X)"` + "\r\n" +
			`::1 - - [17/May/2015:23:05:03 +0900] "GET / HTTP/1.0" 304 -` + "\n" +
			`h - - [29/Feb/2024:00:00:00.123456 -0130] "-" 408 0 "-" "-" 0.001 "x"` + "\n" +
			`h - - [01/Jan/2024:00:00:00 +0000] "\x16\x03 \"q\"" 400 1 "\xed\x95\x9c" "a\\b"` + "\n",
			[]string{
				`{"client":"83.149.9.216","ident":null,"user":"frank","ts":"2015-05-17T10:05:03.123Z","method":"GET","path":"/a/b.png","query":"x=1&y=2","protocol":"HTTP/1.1","status":200,"bytes":203023,"referer":"http://r/","agent":"Mozilla/5.0 (X)"}`,
				`{"client":"::1","ident":null,"user":null,"ts":"2015-05-17T14:05:03.000Z","method":"GET","path":"/","query":null,"protocol":"HTTP/1.0","status":304,"bytes":null,"referer":null,"agent":null}`,
				`{"client":"h","ident":null,"user":null,"ts":"2024-02-29T01:30:00.123456Z","method":null,"path":null,"query":null,"protocol":null,"status":408,"bytes":0,"referer":null,"agent":null,"rest":"0.001 \"x\""}`,
				`{"client":"h","ident":null,"user":null,"ts":"2024-01-01T00:00:00.000Z","method":null,"path":"\u0016\u0003 \"q\"","query":null,"protocol":null,"status":400,"bytes":1,"referer":"한","agent":"a\\b"}`,
			}},
		{"combined refused", Options{Format: Combined}, "hello\na - - [30/Feb/2024:00:00:00 +0000] \"GET / HTTP/1.0\" 200 1\na - - [01/Feb/2024:00:00:00 +0000] \"GET / HTTP/1.0\" 20x 1\n\xff\n",
			[]string{"! " + errNoTime.Text, "! " + errBadTime.Text, "! " + errNoStatus.Text, "! " + errNotUTF8.Text}},
		{"ndjson", Options{Format: NDJSON}, "{\"a\": 1.50, \"b\":[{},[],{\"x\":\"\\u00e9\\n\"}], \"한\":null}\n\n  {} \n{\"a\":01}\n{\"a\":1}x\n[1]\n{\"a\":\"\x01\"}\n{\"a\":1",
			[]string{`{"a": 1.50, "b":[{},[],{"x":"\u00e9\n"}], "한":null}`, `  {} `,
				"! not a JSON object: '0' at byte 6, where a value is due",
				"! bytes after the JSON object, at byte 8: write one object a line",
				"! not a JSON object: '[' at byte 1, where { is due",
				`! not a JSON object: '"' at byte 6, where a value is due`,
				"! not a JSON object: it ends where more is due"}},
		{"json", Options{Format: JSON}, "[\n  {\n    \"a\": \"x ] } \\\" y\",\n    \"b\": [1, {\"c\" : 2}]\n  },\n  {\"d\":3}, 7,\n {}\n]\n{\"e\":\n5}",
			[]string{`{"a":"x ] } \" y","b":[1,{"c":2}]}`, `{"d":3}`, "! not a JSON object: '7' at byte 1, where { is due", `{}`, `{"e":5}`}},
		{"csv", Options{Format: CSV}, "\xEF\xBB\xBFid,name,,name\r\n1,\"a, \"\"b\"\"\nc\",1.50,\n007,-0,1e5,-12.5\n1,2\n1,\"x\"y,3,4\n12345678901234567890,x,0.5,+1\n",
			[]string{`{"id":1,"name":"a, \"b\"\nc","column_3":1.50,"name_2":null}`, `{"id":"007","name":"-0","column_3":"1e5","name_2":-12.5}`,
				"! the row has 2 fields, the header has 4", "! text after the closing quote of a field, at byte 6",
				`{"id":"12345678901234567890","name":"x","column_3":0.5,"name_2":"+1"}`}},
		{"csv semicolons", Options{Format: CSV}, "a;b,c;d\n1;2,5;3\n", []string{`{"a":1,"b,c":"2,5","d":3}`}},
		{"syslog 3164", Options{Format: Syslog, Zone: utc}, "Mar 27 13:06:56 ip-10 sshd[1291]: Server listening\nDec  1 00:00:00 h kernel: x: y\n<34>Jan 15 22:14:15 h su: 'su root' failed\nJan  2 00:00:00 h last message repeated 2 times\n2026-01-02T03:04:05.678901+09:00 h app[a-b]: m\nFeb 29 00:00:00 h a: leap\nXyz 1\n",
			[]string{
				`{"ts":"2025-03-27T13:06:56.000Z","host":"ip-10","app":"sshd","pid":1291,"facility":null,"severity":null,"message":"Server listening"}`,
				`{"ts":"2025-12-01T00:00:00.000Z","host":"h","app":"kernel","pid":null,"facility":null,"severity":null,"message":"x: y"}`,
				`{"ts":"2026-01-15T22:14:15.000Z","host":"h","app":"su","pid":null,"facility":"auth","severity":"crit","message":"'su root' failed"}`,
				`{"ts":"2026-01-02T00:00:00.000Z","host":"h","app":null,"pid":null,"facility":null,"severity":null,"message":"last message repeated 2 times"}`,
				`{"ts":"2026-01-01T18:04:05.678901Z","host":"h","app":"app","pid":"a-b","facility":null,"severity":null,"message":"m"}`,
				`{"ts":"2024-02-29T00:00:00.000Z","host":"h","app":"a","pid":null,"facility":null,"severity":null,"message":"leap"}`,
				"! " + errSyslogTime.Text,
			}},
		{"syslog 5424", Options{Format: Syslog}, "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut=\"3\" eventSource=\"App \\\"x\\\" \\]\"][b] \xEF\xBB\xBFAn event\n<0>1 - - - - - -\n<192>1 - - - - - -\n<1>1 - - - - - [x\n",
			[]string{
				`{"ts":"2003-10-11T22:14:15.003Z","host":"mymachine.example.com","app":"evntslog","pid":null,"facility":"local4","severity":"notice","msgid":"ID47","data":{"exampleSDID@32473":{"iut":"3","eventSource":"App \"x\" ]"},"b":{}},"message":"An event"}`,
				`{"ts":null,"host":null,"app":null,"pid":null,"facility":"kern","severity":"emerg","msgid":null,"data":null,"message":null}`,
				"! " + errPriority.Text, "! " + err5424.Text,
			}},
		{"regexp", Options{Format: Regexp, Pattern: `^(?P<level>\w+) (\d+) (?P<n>\d+)?(?P<rest>.*)`}, "INFO 1 2 x\nINFO 1 y\n--\n",
			[]string{`{"level":"INFO","n":2,"rest":" x"}`, `{"level":"INFO","n":null,"rest":"y"}`, "! " + errNoMatch.Text}},
		{"raw cp949", Options{Format: Raw, Encoding: "cp949"}, "\xc7\xd1\xb1\xdb \x8c\x63\n\xff\xff\n", []string{`{"line":"한글 똠"}`, "! bytes that are no CP949 (EUC-KR) characters: check the file's encoding"}},
		{"multiline start", Options{Format: Raw, Start: `^\d`}, "tail\n1 a\n  b\n2 c\n\n  d\n3 e", []string{`{"line":"tail"}`, `{"line":"1 a\n  b"}`, `{"line":"2 c\n\n  d"}`, `{"line":"3 e"}`}},
		{"multiline end", Options{Format: Raw, End: `;$`}, "a\nb;\nc;\nd", []string{`{"line":"a\nb;"}`, `{"line":"c;"}`, `{"line":"d"}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, block := range []int{1, 7, 1 << 20} {
				if diff := cmp.Diff(c.want, rows(t, c.o, c.in, block)); diff != "" {
					t.Errorf("blocks of %d: (-want +got)\n%s", block, diff)
				}
			}
		})
	}
}

func TestDetect(t *testing.T) {
	access := `1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 2` + "\n"
	for _, c := range []struct{ name, file, in, want string }{
		{"access", "", access + access, Combined},
		{"ndjson", "", "{\"a\":1}\n{\"a\":2}\n", NDJSON},
		{"array", "", "[\n  {\n \"a\": 1 },", JSON},
		{"long pretty object", "", "{\n  \"a\": [" + strings.Repeat("1,\n", 100), JSON},
		{"csv", "", "a,b\n1,2\n3,4\n", CSV},
		{"csv with a newline in quotes", "", "a,b\n1,\"x\ny\"\n3,4\n", CSV},
		{"header alone", "", "a,b\n", ""},
		{"syslog", "", "Mar 27 13:06:56 h a: b\n", Syslog},
		{"5424", "", "<1>1 - - - - - - x\n", Syslog},
		{"text", "", "hello\nworld\n", Raw},
		{"half a line", "", "hello", ""},
		{"mostly access", "", access + access + access + access + "garbage\n", Combined},
		{"bracketed text", "", "[INFO] x\n[WARN] y\n", Raw},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, why, ok := Detect([]byte(c.in), false, c.file, Options{})
			if got != c.want || ok != (c.want != "") || ok && why == "" {
				t.Errorf("got %q (%s) %v, want %q", got, why, ok, c.want)
			}
		})
	}
}

// TestOverlong reads one record that is longer than allowed between two that
// are not, in each framing.
func TestOverlong(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for _, c := range []struct {
		name string
		o    Options
		in   string
		want []string
	}{
		{"lines", Options{Format: Raw}, "a\n" + long + "\nb\n", []string{"a", "long 5001", "b"}},
		{"json", Options{Format: JSON}, `[{"a":1},{"b":"` + long + `{"},{"c":3}]`, []string{`{"a":1}`, "long 5009", `{"c":3}`}},
		{"csv with an open quote", Options{Format: CSV}, "h,i\n\"a,1\n" + strings.Repeat("b,2\n", 300), []string{"h,i", "long 5", "b,2"}},
		{"multiline without an end", Options{Format: Raw, End: "^end$"}, "a\nend\n" + strings.Repeat("b\n", 512) + "c\nend\n", []string{"a\nend", "long 1024", "c\nend"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := frame(t, c.o, c.in, 1024)
			if len(got) < len(c.want) || !cmp.Equal(got[:len(c.want)], c.want) {
				t.Errorf("got %.200q, want %q first", got, c.want)
			}
		})
	}
}

// frame frames as collect does, with records of up to limit bytes.
func frame(t *testing.T, o Options, text string, limit int) (out []string) {
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	all, used, have, long := []byte(text), 0, 0, 0
	for steps := 0; ; steps++ {
		if steps > 10*len(all)+100 {
			t.Fatal("no progress")
		}
		rec, n := r.Next(all[used:have], have == len(all))
		switch {
		case n > 0 && long > 0:
			out = append(out, "long "+itoa(long+n))
			long = 0
		case n > 0 && rec != nil:
			out = append(out, string(rec))
		case n == 0 && have-used >= limit:
			var ended bool
			if n, ended = r.Overlong(all[used:have]); ended {
				out = append(out, "long "+itoa(long+n))
				long = 0
			} else {
				long += n
			}
		case n == 0 && have == len(all):
			return out
		case n == 0:
			have = min(have+100, min(len(all), used+limit))
		}
		used += n
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func TestField(t *testing.T) {
	obj := `{"a":{"k":1},"b":[1,"}"],"s":"x\"y","n":-1.5,"z":null,"k" : "v"}`
	for name, want := range map[string]string{"k": "v", "s": `x"y`, "n": "-1.5", "z": "", "none": "", "a": `{"k":1}`, "b": `[1,"}"]`} {
		if got := string(Field([]byte(obj), name)); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestAppendLossy(t *testing.T) {
	if got, want := string(AppendLossy(nil, []byte("a\xffé\n\"\x00"))), `"a\\xffé\n\"\u0000"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
