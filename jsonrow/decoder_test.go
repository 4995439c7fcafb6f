package jsonrow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/google/go-cmp/cmp"

	"maru"
	"maru/jsonrow"
)

func col(name string, t maru.Type) maru.Schema { return maru.Schema{{Name: name, Type: t}} }

func TestValues(t *testing.T) {
	const day = int64(86_400_000_000)
	for _, c := range []struct {
		typ  maru.Type
		in   string // the value of "a"
		want any    // nil: NULL; an error: refused with these words
	}{
		{maru.BigInt, `1`, int64(1)}, {maru.BigInt, `-0`, int64(0)}, {maru.BigInt, `1.0`, int64(1)}, {maru.BigInt, `1e3`, int64(1000)},
		{maru.BigInt, `1.50e1`, int64(15)}, {maru.BigInt, `9223372036854775807`, int64(1<<63 - 1)}, {maru.BigInt, `-9223372036854775808`, int64(-1 << 63)},
		{maru.BigInt, `9223372036854775808`, errors.New("out of range")}, {maru.BigInt, `1.5`, errors.New("1.5 is not a whole number")},
		{maru.BigInt, `1e400`, errors.New("out of range")}, {maru.BigInt, `0e99999999999999999999`, int64(0)}, {maru.BigInt, `1e-99999999999999999999`, errors.New("whole")},
		{maru.BigInt, `10000000000000000000000e-22`, int64(1)}, {maru.BigInt, `"42"`, int64(42)}, {maru.BigInt, `" +007 "`, int64(7)}, {maru.BigInt, `"4\u0032"`, int64(42)},
		{maru.BigInt, `"x"`, errors.New(`string "x" is not a number`)}, {maru.BigInt, `""`, errors.New("not a number")}, {maru.BigInt, `true`, errors.New("true is not a number")},
		{maru.BigInt, `null`, nil}, {maru.BigInt, `{"b":1}`, errors.New("nested value")}, {maru.BigInt, `"-"`, errors.New("not a number")},
		{maru.Double, `1`, 1.0}, {maru.Double, `-1.25e-3`, -0.00125}, {maru.Double, `"2.5"`, 2.5}, {maru.Double, `1e400`, errors.New("out of range")},
		{maru.Double, `"NaN"`, errors.New("not a number")}, {maru.Double, `"0x1p3"`, errors.New("not a number")}, {maru.Double, `0.1`, 0.1},
		{maru.Double, `123456789012345678901234567890`, 123456789012345678901234567890.0}, {maru.Double, `5e-324`, 5e-324},
		{maru.Boolean, `true`, true}, {maru.Boolean, `"False"`, false}, {maru.Boolean, `1`, errors.New("1 is not true or false")}, {maru.Boolean, `"yes"`, errors.New("not true")},
		{maru.Varchar, `"a"`, "a"}, {maru.Varchar, `12.50`, "12.50"}, {maru.Varchar, `true`, "true"}, {maru.Varchar, `{"b": [1, "}"]}`, `{"b": [1, "}"]}`}, {maru.Varchar, `[ ]`, `[ ]`},
		{maru.Varchar, `"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t"}, {maru.Varchar, `"\ud55c\uae00 \uD83D\ude00"`, "한글 😀"}, {maru.Varchar, `"\ud83d x \ude00\ud83d\ud83d\ude00"`, "\ufffd x \ufffd\ufffd😀"},
		{maru.Varchar, `"한글"`, "한글"}, {maru.Varchar, `""`, ""}, {maru.Varchar, `"\u0000"`, "\x00"},
		{maru.JSON, `{"b": [1, 2]}`, `{"b": [1, 2]}`}, {maru.JSON, `"x\n"`, `"x\n"`}, {maru.JSON, `1.0`, `1.0`}, {maru.JSON, `null`, nil},
		{maru.Timestamp, `"1970-01-02T00:00:00Z"`, day}, {maru.Timestamp, `"1970-01-02 09:00:00+09:00"`, day}, {maru.Timestamp, `"02\/Jan\/1970:00:00:00 +0000"`, day},
		{maru.Timestamp, `86400`, day}, {maru.Timestamp, `99999999999`, int64(99999999999e6)}, {maru.Timestamp, `100000000000`, int64(100000000000e3)},
		{maru.Timestamp, `1431857103123.4567`, int64(1431857103123456)}, {maru.Timestamp, `1431857103.1234567`, int64(1431857103123456)}, {maru.Timestamp, `1431857103123456`, int64(1431857103123456)},
		{maru.Timestamp, `99999999999999`, int64(99999999999999e3)}, {maru.Timestamp, `100000000000000`, int64(100000000000000)}, {maru.Timestamp, `-1.5`, int64(-1500000)},
		{maru.Timestamp, `1.431857103e9`, int64(1431857103e6)}, {maru.Timestamp, `0e999999999999`, int64(0)}, {maru.Timestamp, `1e19`, errors.New("not a time")}, {maru.Timestamp, `1e300`, errors.New("not a time")},
		{maru.Timestamp, `0.0000000000000000000000000000001`, int64(0)}, {maru.Timestamp, `"yesterday"`, errors.New(`string "yesterday" is not a time`)}, {maru.Timestamp, `true`, errors.New("not a time")},
		{maru.Date, `"1970-01-02"`, int64(1)}, {maru.Date, `"1969-12-31T23:59:59Z"`, int64(-1)}, {maru.Date, `"1970-01-01T01:00:00+09:00"`, int64(-1)}, {maru.Date, `5`, errors.New("not a date")},
		{maru.Blob, `"aGk="`, "hi"}, {maru.Blob, `"aGk"`, "hi"}, {maru.Blob, `"_-8="`, "\xff\xef"}, {maru.Blob, `""`, ""}, {maru.Blob, `"a"`, errors.New("not base64")}, {maru.Blob, `"a+-="`, errors.New("not base64")},
		{maru.Blob, `5`, errors.New("base64")}, {maru.Blob, `"aG\nk="`, errors.New("not base64")},
	} {
		t.Run(string(c.typ)+" "+c.in, func(t *testing.T) {
			d := jsonrow.NewDecoder(col("a", c.typ))
			err := d.Append([]byte(`{"a":` + c.in + `}`))
			if want, refused := c.want.(error); refused {
				var re *jsonrow.RowError
				if !errors.As(err, &re) || re.Column != "a" || !strings.Contains(re.Reason, want.Error()) || d.Len() != 0 {
					t.Fatalf("got %v and %d rows, want %v", err, d.Len(), want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			batch := d.Record()
			defer batch.Release()
			wellFormed(t, batch)
			if diff := cmp.Diff([]any{c.want}, values(batch, 0)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMembersFindTheirColumns(t *testing.T) {
	cols := maru.Schema{{Name: "User", Type: maru.Varchar}, {Name: "이름", Type: maru.Varchar}, {Name: "k", Type: maru.Varchar}}
	for in, want := range map[string][]any{
		`{}`:                                      {nil, nil, nil},
		" {\n\"User\" :\t1 , \"x\" : {} }\r\n":    {"1", nil, nil},
		`{"user":1}`:                              {"1", nil, nil},
		`{"user":1,"User":2}`:                     {"2", nil, nil},
		`{"User":1,"user":2,"USER":3}`:            {"1", nil, nil},
		`{"User":1,"User":2}`:                     {"1", nil, nil},
		`{"User":null,"User":2}`:                  {nil, nil, nil},
		`{"\u0055ser":1}`:                         {"1", nil, nil},
		`{"이름":"김","\u212a":5}`:                   {nil, "김", "5"},
		`{"users":1,"Use":2,"":3,"이름 ":1,"kk":1}`: {nil, nil, nil},
	} {
		d := jsonrow.NewDecoder(cols)
		for range 3 { // the second and third time the names are remembered
			if err := d.Append([]byte(in)); err != nil {
				t.Fatalf("%s: %v", in, err)
			}
		}
		batch := d.Record()
		for i := range 3 {
			if diff := cmp.Diff(want, values(batch, i)); diff != "" {
				t.Errorf("%s, time %d: %s", in, i+1, diff)
			}
		}
		batch.Release()
	}
}

func TestRefused(t *testing.T) {
	d := jsonrow.NewDecoder(col("a", maru.BigInt))
	if err := d.Append([]byte(`{"a":1,"b":2}`)); err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"": "empty", "   ": "ends in the middle", "[]": "byte 1", `"a"`: "byte 1", "null": "byte 1", `{"a":1`: "ends in the middle, after 6 bytes", `{"a":1}}`: "byte 8",
		`{"a":1} x`: "byte 9", `{"a":1,}`: "byte 8", `{"a" 1}`: "byte 6", `{"a":}`: "byte 6", `{"a":01}`: "byte 7", `{"a":1.}`: "byte 8", `{"a":-}`: "byte 7", `{"a":1e}`: "byte 8", `{"a":+1}`: "byte 6",
		`{"a":tru}`: "byte 9", `{"a":nul`: "ends", `{"b":"x` + "\x01" + `"}`: "control character 0x01", `{"b":"\x"}`: `byte 8 ('x')`, `{"b":"\u12g4"}`: "byte 11", `{"b":"` + "\xff" + `"}`: "byte 7 is not UTF-8",
		`{"` + "\xc3" + `":1}`: "byte 3 is not UTF-8", `{"b":[1,2}`: "byte 10", `{"b":{"c":1]}`: "byte 12", `{"b":[1,]}`: "byte 9", `{"b":{"c"}}`: "byte 10", `{"b":[`: "ends", `{a:1}`: "byte 2", "\x00\x01binary": "control character",
		`{"b":` + strings.Repeat("[", jsonrow.DepthMax) + strings.Repeat("]", jsonrow.DepthMax) + `}`: "byte 10005",
	} {
		err := d.Append([]byte(in))
		var re *jsonrow.RowError
		if !errors.As(err, &re) || re.Column != "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", in, err, want)
		}
	}
	if d.Len() != 1 {
		t.Fatalf("%d rows", d.Len())
	}
	deep := `{"b":` + strings.Repeat("[", jsonrow.DepthMax-1) + strings.Repeat("]", jsonrow.DepthMax-1) + `}`
	if err := d.Append([]byte(deep)); err != nil {
		t.Errorf("at the limit of depth: %v", err)
	}
}

func TestRefusedRowLeavesNoTrace(t *testing.T) {
	d := jsonrow.NewDecoder(everyType)
	good := `{"b":true,"i":1,"d":1.5,"s":"x","t":"2026-01-01T00:00:00Z","day":"2026-01-01","j":[1],"raw":"aGk="}`
	appendRow := func(in string) {
		t.Helper()
		if err := d.Append([]byte(in)); err != nil {
			t.Fatal(err)
		}
	}
	appendRow(good)
	size := d.Bytes()
	for _, bad := range []string{`{"raw":"%"}`, `{"b":false,"raw":5}`, strings.Replace(good, `"aGk="`, `"%%%"`, 1), `{"i":1,"d":"x"}`} {
		if err := d.Append([]byte(bad)); err == nil {
			t.Fatalf("%s was taken", bad)
		}
	}
	if d.Len() != 1 || d.Bytes() != size {
		t.Fatalf("%d rows of %d bytes, want 1 of %d", d.Len(), d.Bytes(), size)
	}
	appendRow(`{}`)
	if _, ok := d.Micros(4); ok {
		t.Error("NULL has a time")
	}
	appendRow(`{"s":"dropped","t":5}`)
	d.Drop()
	d.Drop()
	if us, ok := d.Micros(4); !ok || us != 1767225600000000 {
		t.Errorf("time of the last row %d, %v", us, ok)
	}
	appendRow(good)
	if d.Bytes() != 2*size {
		t.Errorf("%d bytes, want %d", d.Bytes(), 2*size)
	}
	batch := d.Record()
	defer batch.Release()
	wellFormed(t, batch)
	if batch.NumRows() != 2 || cmp.Diff(values(batch, 0), values(batch, 1)) != "" {
		t.Errorf("rows %v and %v", values(batch, 0), values(batch, 1))
	}
	if d.Len() != 0 || d.Bytes() != 0 {
		t.Errorf("after Record: %d rows, %d bytes", d.Len(), d.Bytes())
	}
	if _, ok := d.Micros(4); ok {
		t.Error("no row has a time")
	}
	d.Drop()
}

func TestBatchesAreApart(t *testing.T) {
	d := jsonrow.NewDecoder(everyType)
	batches := []func(){}
	for n := range 5 {
		for i := range 100 * (n + 1) {
			if err := d.Append(fmt.Appendf(nil, `{"i":%d,"s":"batch %d row %d"}`, i, n, i)); err != nil {
				t.Fatal(err)
			}
		}
		batch := d.Record()
		batches = append(batches, func() {
			defer batch.Release()
			wellFormed(t, batch)
			text := batch.Column(3).(*array.String)
			for i := range text.Len() {
				if want := fmt.Sprintf("batch %d row %d", n, i); text.Value(i) != want {
					t.Fatalf("row is %q, want %q", text.Value(i), want)
				}
			}
		})
	}
	for _, check := range batches {
		check()
	}
	empty := d.Record()
	defer empty.Release()
	if wellFormed(t, empty); empty.NumRows() != 0 {
		t.Errorf("%d rows", empty.NumRows())
	}
	none := jsonrow.NewDecoder(nil)
	if err := none.Append([]byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	counted := none.Record()
	defer counted.Release()
	if counted.NumRows() != 1 || counted.NumCols() != 0 {
		t.Errorf("no columns: %d rows, %d columns", counted.NumRows(), counted.NumCols())
	}
}

func TestManyNamesAreForgotten(t *testing.T) {
	d := jsonrow.NewDecoder(col("Wanted", maru.BigInt))
	for i := range 10_000 {
		if err := d.Append(fmt.Appendf(nil, `{"name%d":1,"wanted":%d,"%s":2,"other%d":[]}`, i, i, strings.Repeat("x", i%700), i)); err != nil {
			t.Fatal(err)
		}
	}
	batch := d.Record()
	defer batch.Release()
	for i := range 10_000 {
		if got := batch.Column(0).(*array.Int64).Value(i); got != int64(i) {
			t.Fatalf("row %d has %d", i, got)
		}
	}
}

func TestSchema(t *testing.T) {
	var got []string
	for _, f := range jsonrow.NewDecoder(everyType).Schema().Fields() {
		got = append(got, f.Name+" "+f.Type.String())
	}
	want := []string{"b bool", "i int64", "d float64", "s utf8", "t timestamp[us, tz=UTC]", "day date32", "j utf8", "raw binary"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

var everyType = maru.Schema{{Name: "b", Type: maru.Boolean}, {Name: "i", Type: maru.BigInt}, {Name: "d", Type: maru.Double}, {Name: "s", Type: maru.Varchar},
	{Name: "t", Type: maru.Timestamp}, {Name: "day", Type: maru.Date}, {Name: "j", Type: maru.JSON}, {Name: "raw", Type: maru.Blob}}

// TestLikeEncodingJSON compares random rows, whole and damaged, with the
// reference.
func TestLikeEncodingJSON(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	schemas := []maru.Schema{everyType, {{Name: "S", Type: maru.Varchar}, {Name: "s", Type: maru.Varchar}}, {{Name: "zz", Type: maru.JSON}, {Name: "i", Type: maru.Double}}, nil}
	decoders := make([]*jsonrow.Decoder, len(schemas))
	for i, s := range schemas {
		decoders[i] = jsonrow.NewDecoder(s)
	}
	taken, refused := 0, 0
	for range 20_000 {
		row := randomRow(rng)
		k := rng.IntN(len(schemas))
		d := decoders[k]
		want, wantErr := reference(row, schemas[k])
		err := d.Append(row)
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("%q: %v, reference %v", row, err, wantErr)
		}
		if err != nil {
			refused++
			continue
		}
		taken++
		batch := d.Record()
		wellFormed(t, batch)
		if diff := cmp.Diff(want, values(batch, 0)); diff != "" && len(want) > 0 {
			t.Fatalf("%q: (-reference +got)\n%s", row, diff)
		}
		batch.Release()
	}
	if taken < 2000 || refused < 2000 {
		t.Errorf("%d taken, %d refused: the rows are not random enough", taken, refused)
	}
}

func randomRow(rng *rand.Rand) []byte {
	b := []byte("{")
	names := []string{"b", "i", "d", "s", "t", "day", "j", "raw", "S", "x", "긴 이름", `\u0073`, "a name of more than sixteen bytes"}
	space := func() {
		if rng.IntN(6) == 0 {
			b = append(b, " \n\t\r"[rng.IntN(4)])
		}
	}
	for i := range rng.IntN(8) {
		if i > 0 {
			b = append(b, ',')
		}
		space()
		name := names[rng.IntN(len(names))]
		b = append(append(append(b, '"'), name...), '"')
		space()
		b = append(b, ':')
		space()
		b = append(b, randomValue(rng, name, 0)...)
		space()
	}
	b = append(b, '}')
	if rng.IntN(3) == 0 {
		for range 1 + rng.IntN(3) {
			at := rng.IntN(len(b))
			b[at] = "\"\\{}[]:,0e.-x\x00\x80 "[rng.IntN(16)]
		}
	}
	return b
}

func randomValue(rng *rand.Rand, name string, depth int) string {
	fitting := map[string][]string{
		"b": {"true", "false", `"true"`}, "i": {"1", "-77", "1e3", "12.0", `"99"`, "123456789012345678"}, "d": {"1.5", "1e-7", "123456.789", `"0.1"`, "1e300", "179.99999999999999999"},
		"t": {`"2026-01-01T00:00:00.123Z"`, `"2026-01-01"`}, "day": {`"1999-12-31"`}, "raw": {`"aGk="`, `""`},
	}
	if list := fitting[name]; list != nil && rng.IntN(8) > 0 {
		return list[rng.IntN(len(list))]
	}
	switch k := rng.IntN(8); {
	case k == 0:
		return "null"
	case k == 1:
		return []string{"true", "false"}[rng.IntN(2)]
	case k == 2:
		return fmt.Sprint(rng.NormFloat64() * 1e6)
	case k == 3 && depth < 5:
		return `[` + randomValue(rng, "", depth+1) + ` ,` + randomValue(rng, "", depth+1) + `]`
	case k == 4 && depth < 5:
		return `{"k{":` + randomValue(rng, "", depth+1) + `}`
	case k == 5:
		return []string{"[]", "{}", "[ ]", `""`, "0", "-0.0"}[rng.IntN(6)]
	}
	var s strings.Builder
	for range rng.IntN(12) {
		s.WriteString([]string{"word ", "한", "\"", "\\", "/", "😀", "\n", "<", "1"}[rng.IntN(9)])
	}
	b, _ := json.Marshal(s.String())
	return string(b)
}

func FuzzAppend(f *testing.F) {
	f.Add([]byte(`{"b":true,"i":1,"d":1.5,"s":"x","t":"2026-01-01T00:00:00Z","day":"2026-01-01","j":[1,{"a":"}"}],"raw":"aGk="}`))
	f.Add([]byte(` { "s" : "\ud83d\ude00 한글" , "x":[[[]]] } `))
	f.Add([]byte(`{"i":1e3,"I":"9","t":1431857103.5}`))
	checker := jsonrow.NewDecoder(nil)
	strict := jsonrow.NewDecoder(everyType)
	f.Fuzz(func(t *testing.T, row []byte) {
		_, wantErr := reference(row, nil)
		if err := checker.Append(row); (err != nil) != (wantErr != nil) {
			t.Fatalf("%q: %v, reference %v", row, err, wantErr)
		}
		var re *jsonrow.RowError
		if err := strict.Append(row); err != nil && !errors.As(err, &re) {
			t.Fatal(err)
		}
		want, err := reference(row, everyType)
		if err == nil && strict.Len() == 0 {
			t.Fatalf("%q: refused, the reference took it", row)
		}
		rows := strict.Len()
		batch := strict.Record()
		defer batch.Release()
		wellFormed(t, batch)
		if err == nil && rows == 1 {
			if diff := cmp.Diff(want, values(batch, 0)); diff != "" {
				t.Fatalf("%q: (-reference +got)\n%s", row, diff)
			}
		}
		checker.Record().Release()
	})
}

func TestFullBatch(t *testing.T) {
	d := jsonrow.NewDecoder(everyType)
	if err := d.Append(make([]byte, jsonrow.BatchBytesMax+1)); maru.KindOf(err) != maru.TooLarge {
		t.Errorf("a row above the limit: %v", err)
	}
}
