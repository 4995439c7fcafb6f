package jsonrow_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"maru"
	"maru/jsonrow"
)

// errUnfit is the reference's word for a row that is refused.
var errUnfit = errors.New("unfit")

// reference reads a row by encoding/json alone: slow, and plainly right. The
// result has nil for NULL, and times in microseconds.
func reference(value []byte, cols maru.Schema) ([]any, error) {
	trimmed := bytes.TrimLeft(value, " \t\r\n")
	if !json.Valid(value) || !utf8.Valid(value) || len(trimmed) == 0 || trimmed[0] != '{' {
		return nil, errUnfit
	}
	dec := json.NewDecoder(bytes.NewReader(value))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	raw := make([]json.RawMessage, len(cols))
	exact := make([]bool, len(cols))
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return nil, err
		}
		i := cols.Index(key.(string))
		if i < 0 {
			continue
		}
		same := cols[i].Name == key.(string)
		if raw[i] == nil || same && !exact[i] {
			raw[i], exact[i] = v, same
		}
	}
	row := make([]any, len(cols))
	for i, v := range raw {
		if v == nil || string(v) == "null" {
			continue
		}
		var err error
		if row[i], err = referenceValue(v, cols[i].Type); err != nil {
			return nil, err
		}
	}
	return row, nil
}

func referenceValue(v json.RawMessage, t maru.Type) (any, error) {
	text, isString := string(v), v[0] == '"'
	if isString && t != maru.JSON {
		if err := json.Unmarshal(v, &text); err != nil {
			return nil, err
		}
	}
	isNumber := !isString && (v[0] == '-' || v[0] >= '0' && v[0] <= '9')
	switch t {
	case maru.Boolean:
		if isString || text == "true" || text == "false" {
			switch strings.ToLower(text) {
			case "true":
				return true, nil
			case "false":
				return false, nil
			}
		}
		return nil, errUnfit
	case maru.BigInt, maru.Double:
		if isString {
			text = strings.TrimSpace(text)
		}
		if !isString && !isNumber || strings.ContainsAny(text, "_xXpPiInN/ \t\n") {
			return nil, errUnfit
		}
		return referenceNumber(text, t)
	case maru.Timestamp, maru.Date:
		if isNumber && t == maru.Timestamp {
			return referenceEpoch(text)
		}
		if !isString {
			return nil, errUnfit
		}
		micros, ok := jsonrow.ParseTime([]byte(text))
		if !ok {
			return nil, errUnfit
		}
		if t == maru.Date {
			return int64(new(big.Int).Div(big.NewInt(micros), big.NewInt(86_400_000_000)).Int64()), nil
		}
		return micros, nil
	case maru.Blob:
		encoding := base64.StdEncoding
		if strings.ContainsAny(text, "-_") {
			encoding = base64.URLEncoding
		}
		if !strings.Contains(text, "=") {
			text += strings.Repeat("=", (4-len(text)%4)%4)
		}
		b, err := encoding.DecodeString(text)
		if err != nil || !isString || strings.ContainsAny(text, "\r\n") {
			return nil, errUnfit
		}
		return string(b), nil
	}
	return text, nil
}

func referenceNumber(text string, t maru.Type) (any, error) {
	if strings.HasSuffix(text, ".") || strings.Contains(text, ".e") || strings.Contains(text, ".E") || strings.HasPrefix(strings.TrimLeft(text, "+-"), ".") {
		return nil, errUnfit
	}
	if t == maru.Double {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, errUnfit
		}
		return f, nil
	}
	r, err := referenceRat(text)
	if err != nil || !r.IsInt() || !r.Num().IsInt64() {
		return nil, errUnfit
	}
	return r.Num().Int64(), nil
}

// referenceEpoch is the exact number of microseconds, cut towards zero.
func referenceEpoch(text string) (any, error) {
	r, err := referenceRat(text)
	if err != nil {
		return nil, err
	}
	size := new(big.Rat).Abs(r)
	switch {
	case size.Cmp(big.NewRat(1e11, 1)) < 0:
		r.Mul(r, big.NewRat(1e6, 1))
	case size.Cmp(big.NewRat(1e14, 1)) < 0:
		r.Mul(r, big.NewRat(1e3, 1))
	}
	micros := new(big.Int).Quo(r.Num(), r.Denom())
	if !micros.IsInt64() || new(big.Int).Abs(micros).Int64() > 9_200_000_000_000_000_000 {
		return nil, errUnfit
	}
	return micros.Int64(), nil
}

func referenceRat(text string) (*big.Rat, error) {
	if len(text) > 60 || strings.Count(text, "0") > 40 {
		return nil, errUnfit // the reference's big numbers must stay small; such rows are not compared
	}
	if _, e, ok := strings.Cut(strings.ToLower(text), "e"); ok {
		if n, err := strconv.Atoi(e); err != nil || n > 1000 || n < -1000 {
			return nil, errUnfit
		}
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, errUnfit
	}
	return r, nil
}

// values reads row i of a batch in the reference's terms.
func values(batch arrow.RecordBatch, i int) []any {
	row := make([]any, batch.NumCols())
	for c, col := range batch.Columns() {
		if col.IsNull(i) {
			continue
		}
		switch col := col.(type) {
		case *array.Boolean:
			row[c] = col.Value(i)
		case *array.Int64:
			row[c] = col.Value(i)
		case *array.Float64:
			row[c] = col.Value(i)
		case *array.Timestamp:
			row[c] = int64(col.Value(i))
		case *array.Date32:
			row[c] = int64(col.Value(i))
		case *array.String:
			row[c] = strings.Clone(col.Value(i))
		case *array.Binary:
			row[c] = string(col.Value(i))
		}
	}
	return row
}

// wellFormed checks a batch's nulls, offsets and UTF-8 through Arrow's eyes.
func wellFormed(t *testing.T, batch arrow.RecordBatch) {
	t.Helper()
	for c, col := range batch.Columns() {
		if int64(col.Len()) != batch.NumRows() {
			t.Fatalf("column %d has %d rows of %d", c, col.Len(), batch.NumRows())
		}
		nulls := 0
		for i := range col.Len() {
			if col.IsNull(i) {
				nulls++
			}
		}
		if nulls != col.NullN() {
			t.Fatalf("column %d has %d nulls and says %d", c, nulls, col.NullN())
		}
		if s, ok := col.(*array.String); ok {
			if err := s.ValidateFull(); err != nil {
				t.Fatalf("column %d: %v", c, err)
			}
		}
	}
}
