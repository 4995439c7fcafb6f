package dashboard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"maru"
	"maru/dashboard"
	"maru/spec"
)

// shownTile is a tile's answer as a page reads it.
type shownTile struct {
	ID                string
	StepMS            int64 `json:"step_ms"`
	Columns           []struct{ Name, Type string }
	Values            [][]any
	Rows              int
	Truncated, Cached bool
	Compare           *struct {
		Values  [][]any
		ShiftMS int64 `json:"shift_ms"`
	}
	Usual *struct {
		X         []int64
		Low, High []*float64
	}
	DataAt time.Time `json:"data_at"`
	Reads  []string
	Error  *struct {
		Kind, Message, Hint string
		Line, Column        int
	}
}

type shown struct {
	StepMS       int64 `json:"step_ms"`
	Choices      map[string][]string
	ChoiceErrors map[string]struct{ Kind, Message string } `json:"choice_errors"`
	Tiles        []shownTile
}

func (w *world) ask(t *testing.T, ask dashboard.Ask) shown {
	t.Helper()
	a, err := w.Data(context.Background(), ask)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := a.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var out shown
	d := json.NewDecoder(&b)
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	return out
}

// lastHour is a range that is not over: its end is now.
func (w *world) lastHour(name string) dashboard.Ask {
	return dashboard.Ask{Name: name, From: w.now.Add(-time.Hour), To: w.now}
}

func tile(id, sql string) spec.Tile {
	return spec.Tile{ID: id, SQL: sql, At: spec.At{W: 1, H: 1}}
}

func TestTilesAreBoundAndExecutedOnce(t *testing.T) {
	w := open(t, dashboard.Config{})
	w.put(spec.Dashboard{Name: "a", Filters: []spec.Filter{{Name: "path", Default: "/x"}}, Tiles: []spec.Tile{
		tile("one", "SELECT {{from}}, {{to}}, {{step}}, {{path}}"), tile("two", "SELECT {{from}}, {{to}}, {{step}}, {{path}}"),
		{ID: "coarse", SQL: "SELECT {{step}}, {{from}}", Step: "5m"}, {ID: "words", Text: spec.Text{All: "hello"}}}})
	got := w.ask(t, w.lastHour("a"))
	if got.StepMS != 30_000 || len(got.Tiles) != 3 || got.Tiles[0].StepMS != 30_000 || got.Tiles[2].StepMS != 300_000 {
		t.Errorf("%+v", got)
	}
	// The hour from 14:30:30 to 15:30:30 is whole in steps of 30 s, and not in
	// those of 5 minutes.
	want := []string{"SELECT $1 , $2 , $3 , $4 [2026-11-29 14:30:30 +0000 UTC 2026-11-29 15:30:30 +0000 UTC 30s /x]", "SELECT $1 , $2 [5m0s 2026-11-29 14:30:00 +0000 UTC]"}
	if diff := cmp.Diff(want, w.took()); diff != "" {
		t.Error(diff)
	}
	ask := w.lastHour("a")
	empty := ""
	ask.Filters, ask.Tiles = map[string]*string{"path": &empty}, []string{"two", "gone"}
	got = w.ask(t, ask)
	if len(got.Tiles) != 2 || got.Tiles[1].Error.Kind != "not_found" || got.Tiles[0].Error != nil || got.Tiles[0].Rows != 1 {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"SELECT $1 , $2 , $3 , $4 [2026-11-29 14:30:30 +0000 UTC 2026-11-29 15:30:30 +0000 UTC 30s <nil>]"}, w.took()); diff != "" {
		t.Error(diff)
	}
	for what, bad := range map[string]dashboard.Ask{
		"no filter":  {Name: "a", From: w.now.Add(-time.Hour), To: w.now, Filters: map[string]*string{"pth": nil}},
		"no range":   {Name: "a"},
		"backwards":  {Name: "a", From: w.now, To: w.now.Add(-time.Hour)},
		"too long":   {Name: "a", From: w.now.AddDate(-20, 0, 0), To: w.now},
		"far future": {Name: "a", From: w.now.AddDate(1000, 0, 0), To: w.now.AddDate(1000, 0, 1)},
	} {
		if _, err := w.Data(context.Background(), bad); maru.KindOf(err) != maru.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := w.Data(context.Background(), w.lastHour("b")); maru.KindOf(err) != maru.NotFound {
		t.Error(err)
	}
}

func TestAnswersHoldWhileTheViewsAreUnchanged(t *testing.T) {
	w := open(t, dashboard.Config{})
	w.put(spec.Dashboard{Name: "a", Tiles: []spec.Tile{tile("ranged", "SELECT {{from}}, {{to}}"), tile("now", "SELECT 1")}})
	old := dashboard.Ask{Name: "a", From: w.now.Add(-30 * time.Hour), To: w.now.Add(-26 * time.Hour)}
	w.ask(t, old)
	w.ask(t, w.lastHour("a"))
	if n := len(w.took()); n != 3 { // SELECT 1 once
		t.Error(n)
	}
	w.now = w.now.Add(time.Minute)
	ask := w.lastHour("a")
	ask.From, ask.To = ask.From.Add(-time.Minute), ask.To.Add(-time.Minute)
	got := w.ask(t, ask)
	if !got.Tiles[0].Cached || !got.Tiles[0].DataAt.Equal(w.now) || len(w.took()) != 0 {
		t.Errorf("%+v", got.Tiles[0])
	}
	w.states["calls"] = dashboard.State{Rows: 2, Watermark: w.states["calls"].Watermark}
	w.ask(t, old) // its range is over; but SELECT 1 looks at no range
	if diff := cmp.Diff([]string{"SELECT 1 []"}, w.took()); diff != "" {
		t.Error(diff)
	}
	w.ask(t, ask)
	if n := len(w.took()); n != 1 {
		t.Error(n)
	}
	w.now = w.now.Add(2 * time.Hour) // nothing is kept for ever
	w.ask(t, old)
	if n := len(w.took()); n != 2 {
		t.Error(n)
	}
}

func TestWidePointsAreNotMadeAnewAtOnce(t *testing.T) {
	w := open(t, dashboard.Config{})
	w.put(spec.Dashboard{Name: "a", Tiles: []spec.Tile{{ID: "wide", SQL: "SELECT {{step}}", Step: "5m"}, tile("rows", "SELECT {{from}}, {{to}}")}})
	ask := w.lastHour("a")
	first := w.ask(t, ask).Tiles[0].DataAt
	w.states["calls"] = dashboard.State{Rows: 2}
	w.now = w.now.Add(4 * time.Second)
	if got := w.ask(t, ask).Tiles; !got[0].Cached || !got[0].DataAt.Equal(first) || got[1].Cached {
		t.Errorf("%+v", got)
	}
	w.now = w.now.Add(time.Second)
	if w.ask(t, ask).Tiles[0].Cached {
		t.Error("kept for too long")
	}
}

func TestWhatIsNoViewIsKeptForSeconds(t *testing.T) {
	w := open(t, dashboard.Config{})
	w.put(spec.Dashboard{Name: "a", Tiles: []spec.Tile{tile("t", "SELECT {{from}}, {{to}} FROM topic")}})
	w.answer = func(context.Context, string, []any) (dashboard.Rows, error) {
		r := numbers("n", []any{int64(1)})
		r.others = true
		return r, nil
	}
	ask := w.lastHour("a")
	first := w.ask(t, ask).Tiles[0].DataAt
	w.now = w.now.Add(2 * time.Second)
	if got := w.ask(t, ask).Tiles[0]; !got.Cached || !got.DataAt.Equal(first) {
		t.Errorf("%+v", got)
	}
	w.now = w.now.Add(10 * time.Second)
	if w.ask(t, ask).Tiles[0].Cached {
		t.Error("kept for too long")
	}
}

func TestAnswersThatAreKeptAreBounded(t *testing.T) {
	w := open(t, dashboard.Config{CacheBytes: 1 << 20})
	long := strings.Repeat("x", 4<<10)
	w.answer = func(context.Context, string, []any) (dashboard.Rows, error) {
		values := make([]any, 30)
		for i := range values {
			values[i] = long
		}
		return numbers("n", values), nil
	}
	w.put(spec.Dashboard{Name: "a", Tiles: []spec.Tile{tile("t", "SELECT {{from}}, {{to}}")}})
	ask := func(i int) dashboard.Ask {
		return dashboard.Ask{Name: "a", From: w.now.Add(-time.Duration(i+1) * 100 * time.Hour), To: w.now.Add(-time.Duration(i) * 100 * time.Hour)}
	}
	for i := range 20 {
		w.ask(t, ask(i))
	}
	if !w.ask(t, ask(19)).Tiles[0].Cached || w.ask(t, ask(0)).Tiles[0].Cached {
		t.Error("the newest are kept, the oldest are not")
	}
}

type placed struct{ error }

func (p placed) Unwrap() error { return p.error }

func (placed) Place() (int, int, string) { return 3, 7, "mend it" }

func TestEachTileHasItsOwnError(t *testing.T) {
	w := open(t, dashboard.Config{Timeout: time.Second})
	w.put(spec.Dashboard{Name: "a", Filters: []spec.Filter{{Name: "f", SQL: "SELECT bad"}, {Name: "g", Values: []string{"<b>", "2"}}, {Name: "h", SQL: "SELECT h"}}, Tiles: []spec.Tile{
		tile("good", "SELECT 1"), tile("bad", "SELECT bad"), tile("slow", "SELECT slow"), tile("breaks", "SELECT breaks"), tile("wide", "SELECT wide"), tile("panics", "SELECT panics"), tile("unknown", "SELECT {{nothing}}")}})
	w.answer = func(ctx context.Context, sql string, _ []any) (dashboard.Rows, error) {
		switch sql {
		case "SELECT bad":
			return nil, placed{maru.Errorf(maru.Invalid, "there is no column <script>alert(1)</script>")}
		case "SELECT slow":
			<-ctx.Done()
			return nil, ctx.Err()
		case "SELECT breaks":
			r := numbers("n", []any{int64(1)})
			r.fail = maru.Errorf(maru.Unavailable, "the worker is gone")
			return r, nil
		case "SELECT wide":
			fields := make([]arrow.Field, 5000)
			for i := range fields {
				fields[i] = arrow.Field{Name: "c", Type: arrow.Null}
			}
			return &rowsOf{schema: arrow.NewSchema(fields, nil)}, nil
		case "SELECT panics":
			panic("a mistake of ours")
		case "SELECT h":
			return columnsOf([]string{"h", "n"}, []any{"a", nil, "<script>"}, []any{int64(1), int64(2), int64(3)}), nil
		}
		return numbers("n", []any{int64(1)}), nil
	}
	ask := w.lastHour("a")
	ask.Choices = true
	got := w.ask(t, ask)
	var kinds []string
	for _, tile := range got.Tiles {
		if tile.Error == nil {
			kinds = append(kinds, "")
			continue
		}
		kinds = append(kinds, tile.Error.Kind)
	}
	if diff := cmp.Diff([]string{"", "invalid", "timeout", "unavailable", "too_large", "internal", "invalid"}, kinds); diff != "" {
		t.Error(diff)
	}
	if e := got.Tiles[1].Error; e.Line != 3 || e.Column != 7 || e.Hint != "mend it" || !strings.Contains(e.Message, "<script>") {
		t.Errorf("%+v", e)
	}
	if e := got.Tiles[6].Error; e.Line != 1 || e.Column != 8 {
		t.Errorf("%+v", e)
	}
	if diff := cmp.Diff(map[string][]string{"f": {}, "g": {"<b>", "2"}, "h": {"a", "<script>"}}, got.Choices); diff != "" {
		t.Error(diff)
	}
	if e := got.ChoiceErrors["f"]; e.Kind != "invalid" {
		t.Errorf("%+v", got.ChoiceErrors)
	}
}

func TestTilesAreCut(t *testing.T) {
	w := open(t, dashboard.Config{})
	w.put(spec.Dashboard{Name: "a", Tiles: []spec.Tile{tile("many", "SELECT many"), tile("large", "SELECT large"), tile("cell", "SELECT cell")}})
	w.answer = func(_ context.Context, sql string, _ []any) (dashboard.Rows, error) {
		values := make([]any, 10_000)
		for i := range values {
			values[i] = int64(i)
			if sql == "SELECT large" {
				values[i] = strings.Repeat("é", 500)
			}
		}
		if sql == "SELECT cell" {
			values = []any{strings.Repeat("é", 5<<20)}
		}
		return numbers("n", values), nil
	}
	got := w.ask(t, w.lastHour("a")).Tiles
	if got[0].Rows != dashboard.RowsMax || !got[0].Truncated || len(got[0].Values[0]) != dashboard.RowsMax {
		t.Error(got[0].Rows, got[0].Truncated)
	}
	if got[1].Rows < 500 || got[1].Rows > 2000 || !got[1].Truncated {
		t.Error(got[1].Rows, got[1].Truncated)
	}
	if s := got[2].Values[0][0].(string); len(s) > 5000 || !strings.HasSuffix(s, "é…") {
		t.Error(len(s))
	}
}

func TestFourStatementsAtATime(t *testing.T) {
	w := open(t, dashboard.Config{})
	d := spec.Dashboard{Name: "a"}
	for i := range 20 {
		d.Tiles = append(d.Tiles, tile(string(rune('a'+i)), "SELECT "+string(rune('a'+i))))
	}
	w.put(d)
	var running, most atomic.Int64
	w.answer = func(context.Context, string, []any) (dashboard.Rows, error) {
		n := running.Add(1)
		defer running.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-time.After(5 * time.Millisecond)
		return numbers("n", []any{int64(1)}), nil
	}
	w.ask(t, w.lastHour("a"))
	if most.Load() != 4 {
		t.Error(most.Load())
	}
}

func TestNobodyWaitsAnyMore(t *testing.T) {
	w := open(t, dashboard.Config{})
	w.put(spec.Dashboard{Name: "a", Tiles: []spec.Tile{tile("t", "SELECT 1")}})
	begun, ended := make(chan bool), make(chan bool)
	w.answer = func(ctx context.Context, _ string, _ []any) (dashboard.Rows, error) {
		close(begun)
		<-ctx.Done()
		close(ended)
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		_, err := w.Data(ctx, w.lastHour("a"))
		done <- err
	}()
	<-begun
	cancel()
	<-ended
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestComparison(t *testing.T) {
	w := open(t, dashboard.Config{})
	w.put(spec.Dashboard{Name: "a", Tiles: []spec.Tile{{ID: "t", SQL: "SELECT {{from}}, {{to}}", Step: "5m", Compare: "1d"}}})
	w.answer = func(_ context.Context, _ string, params []any) (dashboard.Rows, error) {
		from := params[0].(time.Time)
		return columnsOf([]string{"t", "n"}, []any{from, nil}, []any{int64(1), nil}), nil
	}
	ask := w.lastHour("a")
	ask.To = ask.To.Add(10 * time.Second) // a page may ask for whole steps
	got := w.ask(t, ask).Tiles[0]
	if want := at("2026-11-28T14:30:00Z").UnixMilli(); got.Compare.Values[0][0] != json.Number(fmt.Sprint(want)) || got.Compare.ShiftMS != 24*3600*1000 {
		t.Error(got.Compare)
	}
	// What has not come yet is not compared: 15:30:30, to a fifth of 5 m.
	want := []string{"SELECT $1 , $2 [2026-11-28 14:30:00 +0000 UTC 2026-11-28 15:30:00 +0000 UTC]", "SELECT $1 , $2 [2026-11-29 14:30:00 +0000 UTC 2026-11-29 15:35:00 +0000 UTC]"}
	if diff := cmp.Diff(want, w.took()); diff != "" {
		t.Error(diff)
	}
}

func TestUsualRange(t *testing.T) {
	w := open(t, dashboard.Config{})
	w.put(spec.Dashboard{Name: "a", Tiles: []spec.Tile{
		{ID: "t", SQL: "SELECT {{from}}, {{to}}", Step: "30m", Usual: true, Chart: spec.Chart{Mark: "line", X: "t", Y: []string{"n"}}}}})
	// On day k before, n is 10·k at each half hour; on the days that are more
	// than 5 ago there was nothing.
	w.answer = func(_ context.Context, _ string, params []any) (dashboard.Rows, error) {
		var ts, ns []any
		for x := params[0].(time.Time); x.Before(params[1].(time.Time)); x = x.Add(30 * time.Minute) {
			k := math.Ceil(w.now.Truncate(24*time.Hour).Add(24*time.Hour).Sub(x).Hours()/24) - 1
			if k <= 5 {
				ts, ns = append(ts, x), append(ns, 10*k)
			}
		}
		if ts == nil {
			return columnsOf([]string{"t", "n"}, []any{w.now, nil}, []any{1.0, nil}), nil
		}
		return columnsOf([]string{"t", "n"}, ts, ns), nil
	}
	for what, length := range map[string]time.Duration{"day by day": time.Hour, "all days at once": 30 * time.Hour} {
		ask := dashboard.Ask{Name: "a", From: w.now.Add(-length), To: w.now}
		u := w.ask(t, ask).Tiles[0].Usual
		if u == nil {
			t.Fatalf("%s: nothing is usual", what)
		}
		last := len(u.X) - 1
		if u.X[last] != at("2026-11-29T15:30:00Z").UnixMilli() || u.Low[last] == nil || *u.Low[last] != 10 || *u.High[last] != 50 {
			t.Errorf("%s: %v %v", what, u.X[last], u.Low[last])
		}
	}
	if n := len(w.took()); n != 1+7+1+1 {
		t.Error(n)
	}
}

func TestValuesAsJSON(t *testing.T) {
	mem := memory.DefaultAllocator
	w := open(t, dashboard.Config{})
	w.put(spec.Dashboard{Name: "a", Tiles: []spec.Tile{tile("t", "SELECT 1")}})
	big := array.NewInt64Builder(mem)
	big.AppendValues([]int64{1 << 53, 1<<53 + 1, -1 << 62}, nil)
	float := array.NewFloat64Builder(mem)
	float.AppendValues([]float64{1.5, math.NaN(), math.Inf(-1)}, nil)
	dec := array.NewDecimal128Builder(mem, &arrow.Decimal128Type{Precision: 38, Scale: 2})
	dec.Append(decimal128.FromI64(-5))
	dec.Append(decimal128.FromI64(12345))
	dec.Append(decimal128.New(1, 0))
	day := array.NewDate32Builder(mem)
	day.AppendValues([]arrow.Date32{0, 1, math.MaxInt32}, nil)
	when := array.NewTimestampBuilder(mem, &arrow.TimestampType{Unit: arrow.Nanosecond})
	when.AppendValues([]arrow.Timestamp{-1, 1_999_999, math.MaxInt64}, nil)
	truth := array.NewBooleanBuilder(mem)
	truth.AppendValues([]bool{true, false, true}, []bool{true, true, false})
	text := array.NewStringBuilder(mem)
	text.AppendValues([]string{"</script>", "a\xffb\u2028", ""}, nil)
	list := array.NewListBuilder(mem, arrow.PrimitiveTypes.Int64)
	for i := range 3 {
		list.Append(i > 0)
		list.ValueBuilder().(*array.Int64Builder).Append(int64(i))
	}
	huge := array.NewFixedSizeBinaryBuilder(mem, &arrow.FixedSizeBinaryType{ByteWidth: 16})
	for _, b := range []byte{0, 1, 0xff} {
		huge.Append(bytes.Repeat([]byte{b}, 16))
	}
	length := array.NewMonthDayNanoIntervalBuilder(mem)
	length.AppendValues([]arrow.MonthDayNanoInterval{{}, {Months: 2, Days: 1, Nanoseconds: 300_000_000_000}, {Days: -1}}, nil)
	blob := array.NewBinaryBuilder(mem, arrow.BinaryTypes.Binary)
	blob.AppendValues([][]byte{{0, 255}, {}, {60}}, nil)
	builders := []array.Builder{big, float, dec, day, when, truth, text, list, huge, length, blob}
	arrays, fields := make([]arrow.Array, len(builders)), make([]arrow.Field, len(builders))
	for i, b := range builders {
		arrays[i] = b.NewArray()
		fields[i] = arrow.Field{Name: string(rune('a' + i)), Type: arrays[i].DataType(), Nullable: true}
	}
	fields[8].Metadata = arrow.NewMetadata([]string{"ARROW:extension:name", "ARROW:extension:metadata"}, []string{"arrow.opaque", `{"type_name":"hugeint","vendor_name":"DuckDB"}`})
	w.answer = func(context.Context, string, []any) (dashboard.Rows, error) { return batch(fields, arrays...), nil }
	got := w.ask(t, w.lastHour("a")).Tiles[0]
	var types []string
	for _, c := range got.Columns {
		types = append(types, c.Type)
	}
	if diff := cmp.Diff([]string{"number", "number", "number", "time", "time", "bool", "text", "other", "number", "other", "other"}, types); diff != "" {
		t.Error(diff)
	}
	n := func(s string) json.Number { return json.Number(s) }
	want := [][]any{{n("9007199254740992"), "9007199254740993", "-4611686018427387904"}, {n("1.5"), "NaN", "-Infinity"}, {n("-0.05"), n("123.45"), "184467440737095516.16"},
		{n("0"), n("86400000"), nil}, {n("-1"), n("1"), nil}, {true, false, nil}, {"</script>", "a\ufffdb\u2028", ""}, {nil, "[1]", "[2]"}, {n("0"), "1334440654591915542993625911497130241", n("-1")},
		{"0s", "2mo 1d 5m0s", "-1d"}, {`\x00ff`, `\x`, `\x3c`}}
	if diff := cmp.Diff(want, got.Values); diff != "" {
		t.Error(diff)
	}
}
