package dashboard

import (
	"errors"
	"io"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"maru"
)

// column is one of an answer, by its kind as times or as JSON.
type column struct {
	name, kind string
	times      []int64 // of kindTime: ms since 1970, noTime for none
	text       []byte  // of others: JSON values with commas between
}

// noTime stands for NULL.
const noTime = math.MinInt64

// table is the rows of a statement by column.
type table struct {
	columns   []column
	rows      int
	truncated bool
	bytes     int
}

// point is a number at a time.
type point struct {
	ms    int64
	value float64
}

// readTable takes rows until they end or are too many.
func readTable(rows Rows) (*table, error) {
	schema := rows.Schema()
	if n := schema.NumFields(); n > columnsMax {
		return nil, maru.Errorf(maru.TooLarge, "the statement has %d columns, a tile shows at most %d", n, columnsMax)
	}
	t := &table{columns: make([]column, schema.NumFields())}
	for i, f := range schema.Fields() {
		t.columns[i] = column{name: f.Name, kind: kindOther}
		t.bytes += len(f.Name)
	}
	err := eachBatch(rows, func(rec arrow.RecordBatch) bool {
		t.add(schema, rec)
		return !t.truncated
	})
	t.truncated = t.truncated || rows.Truncated()
	if err == nil && t.rows == 0 {
		t.kinds(schema)
	}
	return t, err
}

// eachBatch hands over batches until take says no.
func eachBatch(rows Rows, take func(arrow.RecordBatch) bool) error {
	for {
		rec, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		more := take(rec)
		rec.Release()
		if !more {
			return nil
		}
	}
}

// add takes the rows of a batch one by one, so that all columns are cut at the
// same row.
func (t *table) add(schema *arrow.Schema, rec arrow.RecordBatch) {
	all := make([]cells, len(t.columns))
	for c := range t.columns {
		all[c] = cellsOf(schema.Field(c), rec.Column(c))
		t.columns[c].kind = all[c].kind
	}
	for i := range int(rec.NumRows()) {
		if t.rows == RowsMax || t.bytes > tileBytesMax {
			t.truncated = true
			return
		}
		for c := range t.columns {
			t.bytes += t.columns[c].add(all[c], i)
		}
		t.rows++
	}
}

// add gives the bytes that the value takes.
func (c *column) add(v cells, i int) int {
	if c.kind == kindTime {
		ms := int64(noTime)
		if !v.null(i) {
			if t, ok := v.ms(i); ok {
				ms = t
			}
		}
		c.times = append(c.times, ms)
		return 8
	}
	before := len(c.text)
	if before > 0 {
		c.text = append(c.text, ',')
	}
	if v.null(i) {
		c.text = append(c.text, "null"...)
	} else {
		c.text = v.put(c.text, i)
	}
	return len(c.text) - before
}

// kinds are found without rows, too.
func (t *table) kinds(schema *arrow.Schema) {
	for i, f := range schema.Fields() {
		none := array.MakeArrayOfNull(memory.DefaultAllocator, f.Type, 0)
		t.columns[i].kind = cellsOf(f, none).kind
		none.Release()
	}
}

// index finds a column by name, exactly first; -1 when there is none.
func (t *table) index(name string) int {
	for i, c := range t.columns {
		if c.name == name {
			return i
		}
	}
	return -1
}
