//go:build duckdb_arrow

package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"maru"
)

// TestMain is also the worker: the pool starts this binary again.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		if err := RunWorker(context.Background(), os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// shelf is a Tables over record batches in memory.
type shelf struct {
	mu     sync.Mutex // guards asked, filter
	tables []Table
	rows   map[string]func() Source
	asked  map[string][]string // columns that were asked for, by view
	filter map[string][]Filter
}

// notBegun is the note of a view whose stream has not begun.
const notBegun = "has not begun"

func (s *shelf) Lookup(_ context.Context, name string) (Table, error) {
	for _, t := range s.tables {
		if strings.EqualFold(t.Name, name) {
			if t.Note == notBegun {
				return t, maru.Errorf(maru.NotFound, "there is no stream %s", name)
			}
			return t, nil
		}
	}
	return Table{}, maru.Errorf(maru.NotFound, "there is no %s", name)
}

func (s *shelf) List(context.Context) ([]Table, error) { return s.tables, nil }

func (s *shelf) OpenView(_ context.Context, name string, columns []string, filters []Filter) (Source, error) {
	s.mu.Lock() // views of one statement are opened side by side
	defer s.mu.Unlock()
	if s.asked == nil {
		s.asked, s.filter = map[string][]string{}, map[string][]Filter{}
	}
	s.asked[name], s.filter[name] = columns, filters
	return s.rows[name](), nil
}

// counter is a view of n rows: id BIGINT, name VARCHAR.
type counter struct {
	n, at int
	fail  error
}

var counterSchema = arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "name", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)

func (c *counter) Schema() *arrow.Schema { return counterSchema }
func (c *counter) Close() error          { return nil }

func (c *counter) Next() (arrow.RecordBatch, error) {
	if c.at >= c.n {
		if c.fail != nil {
			return nil, c.fail
		}
		return nil, io.EOF
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, counterSchema)
	defer b.Release()
	for range min(10_000, c.n-c.at) {
		b.Field(0).(*array.Int64Builder).Append(int64(c.at))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprintf("name-%d", c.at%100))
		c.at++
	}
	return b.NewRecordBatch(), nil
}

var counterColumns = maru.Schema{{Name: "id", Type: maru.BigInt}, {Name: "name", Type: maru.Varchar}}

func testShelf(t testing.TB) *shelf {
	seed := filepath.Join(t.TempDir(), "countries.csv")
	if err := os.WriteFile(seed, []byte("code,name\n1,Korea\n2,Japan\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return &shelf{
		tables: []Table{
			{Kind: View, Name: "numbers", Columns: counterColumns, Note: "a view"},
			{Kind: View, Name: "Odd Name", Columns: counterColumns},
			{Kind: View, Name: "broken", Columns: counterColumns},
			{Kind: Seed, Name: "countries", Path: seed, Columns: maru.Schema{{Name: "code", Type: maru.BigInt}, {Name: "name", Type: maru.Varchar}}},
		},
		rows: map[string]func() Source{
			"numbers":  func() Source { return &counter{n: 100_000} },
			"Odd Name": func() Source { return &counter{n: 3} },
			"broken":   func() Source { return &counter{n: 20_000, fail: errors.New("the view broke")} },
		},
	}
}

type bench struct {
	*Query
	dir string // where files are read
}

func start(t testing.TB, tables Tables, change func(*Config)) *bench {
	t.Helper()
	cfg := Config{DataDir: filepath.Join(t.TempDir(), "data"), WorkerMemory: 1 << 30, Output: io.Discard}
	if testing.Verbose() {
		cfg.Output = os.Stderr
	}
	if change != nil {
		change(&cfg)
	}
	q, err := Open(context.Background(), cfg, Needs{Tables: tables})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = q.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bench{Query: q, dir: t.TempDir()}
}

// rows runs a statement and gives its rows as text, columns by "|", rows by " ".
func (b *bench) rows(sql string) (string, error) { return b.rowsOf(Request{SQL: sql}) }

func (b *bench) rowsOf(req Request) (string, error) {
	if req.Dir == "" {
		req.Dir = b.dir
	}
	r, err := b.Execute(context.Background(), req)
	if err != nil {
		return "", err
	}
	defer r.Close()
	var out []string
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return strings.Join(out, " "), nil
		}
		if err != nil {
			return "", err
		}
		for i := range int(rec.NumRows()) {
			cells := make([]string, rec.NumCols())
			for j := range cells {
				cells[j] = rec.Column(j).ValueStr(i)
			}
			out = append(out, strings.Join(cells, "|"))
		}
		rec.Release()
	}
}

func TestStatements(t *testing.T) {
	shelf := testShelf(t)
	b := start(t, shelf, nil)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.csv", "x,y\n1,one\n2,two\n")
	write("b.ndjson", "{\"x\":1,\"z\":true}\n{\"x\":3,\"z\":null}\n")
	write("c[1].csv", "x\n7\n")
	for _, tt := range []struct{ sql, want string }{
		{"SELECT 1", "1"},
		{"VALUES (1, 'a'), (2, 'b')", "1|a 2|b"},
		{"FROM numbers LIMIT 2", "0|name-0 1|name-1"},
		{"SELECT count(*) FROM numbers", "100000"},
		{"SELECT count(*), sum(id) FROM NUMBERS WHERE id >= 50000 AND id < 50010", "10|500045"},
		{`SELECT "Odd Name".id FROM "odd name" ORDER BY 1 DESC`, "2 1 0"},
		{"SELECT n.id, c.name FROM numbers n JOIN countries c ON c.code = n.id ORDER BY ALL", "1|Korea 2|Japan"},
		{"WITH numbers AS (SELECT 5 AS id) SELECT * FROM numbers", "5"},
		{"WITH a AS (SELECT count(*) AS n FROM numbers) SELECT n, (SELECT max(id) FROM numbers) FROM a", "100000|99999"},
		{"SELECT count(*) FROM numbers a JOIN numbers b ON a.id = b.id + 1", "99999"},
		{"SELECT * EXCLUDE (name) FROM numbers ORDER BY id DESC LIMIT 1", "99999"},
		{"SELECT x FROM (SELECT id AS x, name FROM numbers) WHERE x = 7", "7"},
		{"SELECT x, y FROM 'a.csv'", "1|one 2|two"},
		{"SELECT a.y, b.z FROM 'a.csv' JOIN 'b.ndjson' b USING (x)", "one|true"},
		{"SELECT sum(x) FROM '[ab].csv'", "3"},
		{"SELECT count(*) FROM read_csv(['a.csv', 'c[1].csv'], header = true, union_by_name = true)", "3"},
		{"SELECT count(*) FROM glob('*')", "3"},
		{"SELECT content FROM read_text('c[1].csv')", "x\n7\n"},
		{"SELECT column_name FROM (DESCRIBE numbers)", "id name"},
		{"DESCRIBE SELECT 1 AS a", "a|INTEGER|YES|(null)|(null)|(null)"},
		{"SELECT column_name, min, max, count FROM (SUMMARIZE SELECT id FROM numbers)", "id|0|99999|100000"},
		{"SHOW TABLES", "numbers|view|id BIGINT, name VARCHAR|a view Odd Name|view|id BIGINT, name VARCHAR| broken|view|id BIGINT, name VARCHAR| countries|seed|code BIGINT, name VARCHAR|"},
		{"SELECT count(*), min(epoch_ms(window_start)), max(epoch_ms(window_end)) FROM tumble((SELECT make_timestamptz(id * 1000000) AS ts FROM numbers WHERE id < 130), ts, INTERVAL 1 MINUTE)", "130|0|180000"},
		{"WITH n AS (SELECT make_timestamptz(id * 1000000) AS ts FROM numbers WHERE id < 130) SELECT count(*) FROM tumble(n, n.ts, INTERVAL 1 MINUTE) w WHERE w.window_start > TIMESTAMPTZ '1970-01-01 00:00:00+00'", "70"},
		{"SELECT count(*) FROM hop((SELECT make_timestamptz(id * 1000000) AS ts FROM numbers WHERE id < 60), ts, INTERVAL 10 SECOND, INTERVAL 1 MINUTE)", "360"},
		{"SELECT round(approx_quantile(id, 0.5)), approx_quantile(id, [0, 1]) FILTER (id < 10) FROM numbers", "49887|[0,9.002492227168851]"},
		{"SELECT DISTINCT name, round(approx_quantile(id, 0.5) OVER (PARTITION BY name)) FROM numbers WHERE id < 5 ORDER BY ALL LIMIT 2", "name-0|0 name-1|1"},
		{"SELECT count(*) FROM numbers WHERE false", "0"},
		{"PIVOT (SELECT id % 2 AS k, id FROM numbers) ON k IN (0, 1) USING count(*)", ""},
		{"SELECT list_transform([1, 2], x -> x + 1), [y FOR y IN [1, 2, 3] IF y > 1]", "[2,3]|[2,3]"},
		{"SELECT * FROM unnest([1, 2]), range(2), json_each('{}'), generate_series(1, 1)", ""},
		{"WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) FROM r", "1 2 3"},
		{"SELECT current_date IS NOT NULL, now() IS NOT NULL", "true|true"},
		{"SELECT count(*) FROM (FROM numbers LIMIT 7) TABLESAMPLE 100%;  -- the end", "7"},
	} {
		got, err := b.rows(tt.sql)
		if err != nil {
			t.Errorf("%s:\n  %v", tt.sql, err)
			continue
		}
		if tt.want != "" && got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.sql, got, tt.want)
		}
	}
}
