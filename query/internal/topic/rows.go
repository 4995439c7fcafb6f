package topic

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"maru"
	"maru/jsonrow"
	"maru/kafka"
)

// rows makes record batches of records.
type rows struct {
	schema *arrow.Schema
	places []place
	values *jsonrow.Decoder // nil when no column of the values is wanted
	own    map[string]array.Builder
	n      int
	size   int // bytes in own
}

// place says where a wanted column comes from.
type place struct {
	own   string // name of one of the topic's own columns
	value int    // else its place among the values'
}

func newRows(table maru.Schema, wanted []string) (*rows, error) {
	r := &rows{own: map[string]array.Builder{}}
	var decoded maru.Schema
	for _, w := range wanted {
		i := table.Index(w)
		switch {
		case i < 0:
			return nil, maru.Errorf(maru.Internal, "the topic has no column %s", w)
		case Own.Index(w) >= 0:
			r.places = append(r.places, place{own: w})
		default:
			r.places = append(r.places, place{value: len(decoded)})
			decoded = append(decoded, table[i])
		}
	}
	if len(decoded) > 0 {
		r.values = jsonrow.NewDecoder(decoded)
	}
	fields := make([]arrow.Field, len(wanted))
	for i, p := range r.places {
		fields[i] = arrow.Field{Name: wanted[i], Nullable: true}
		if p.own == "" {
			fields[i].Type = r.values.Schema().Field(p.value).Type
			continue
		}
		fields[i].Type = ownType(p.own)
		r.own[p.own] = array.NewBuilder(memory.DefaultAllocator, fields[i].Type)
	}
	r.schema = arrow.NewSchema(fields, nil)
	return r, nil
}

func ownType(name string) arrow.DataType {
	switch name {
	case Partition:
		return arrow.PrimitiveTypes.Int32
	case Offset:
		return arrow.PrimitiveTypes.Int64
	case Timestamp:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	}
	return arrow.BinaryTypes.String
}

// add appends a row; a *jsonrow.RowError leaves nothing behind.
func (r *rows) add(partition int32, rec *kafka.Record) error {
	if r.values != nil {
		value := rec.Value
		if value == nil {
			value = []byte("{}") // a deletion has a key and no columns
		}
		if err := r.values.Append(value); err != nil {
			return err
		}
	}
	for name, b := range r.own {
		switch name {
		case Partition:
			b.(*array.Int32Builder).Append(partition)
		case Offset:
			b.(*array.Int64Builder).Append(rec.Offset)
		case Timestamp:
			b.(*array.TimestampBuilder).Append(arrow.Timestamp(rec.TimestampMs * 1000))
		case Key:
			r.text(b, rec.Key)
		case Value:
			r.text(b, rec.Value)
		case Headers:
			r.text(b, headers(rec))
		}
	}
	r.n++
	return nil
}

func (r *rows) text(b array.Builder, v []byte) {
	if v == nil {
		b.AppendNull()
		return
	}
	s := string(v)
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	b.(*array.StringBuilder).Append(s)
	r.size += len(s)
}

// headers are a JSON object; of several with one key the last counts.
func headers(rec *kafka.Record) []byte {
	all := map[string]*string{}
	rec.EachHeader(func(key string, value []byte) bool {
		key = strings.ToValidUTF8(key, "\uFFFD")
		all[key] = nil
		if value != nil {
			s := headerText(value)
			all[key] = &s
		}
		return true
	})
	if len(all) == 0 {
		return nil
	}
	b, err := json.Marshal(all)
	if err != nil {
		return nil
	}
	return b
}

// headerText is a header's value as people can read it: its text, else 0x and
// its bytes in hexadecimal. Our own position header is such bytes.
func headerText(value []byte) string {
	binary := func(c rune) bool { return unicode.IsControl(c) && !unicode.IsSpace(c) }
	if utf8.Valid(value) && bytes.IndexFunc(value, binary) < 0 {
		return string(value)
	}
	return "0x" + hex.EncodeToString(value)
}

// bytes is about what the rows take.
func (r *rows) bytes() int {
	if r.values == nil {
		return r.size
	}
	return r.size + r.values.Bytes()
}

// batch gives away the rows.
func (r *rows) batch() arrow.RecordBatch {
	var decoded arrow.RecordBatch
	if r.values != nil {
		decoded = r.values.Record()
		defer decoded.Release()
	}
	cols := make([]arrow.Array, len(r.places))
	made := map[string]arrow.Array{}
	for name, b := range r.own {
		made[name] = b.NewArray()
		defer made[name].Release()
	}
	for i, p := range r.places {
		if p.own != "" {
			cols[i] = made[p.own]
		} else {
			cols[i] = decoded.Column(p.value)
		}
	}
	out := array.NewRecordBatch(r.schema, cols, int64(r.n))
	r.n, r.size = 0, 0
	return out
}

func (r *rows) close() {
	for _, b := range r.own {
		b.Release()
	}
}
