package dashboard

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"time"

	"maru"
	"maru/spec"
)

// WriteJSON writes the answer, tile by tile.
func (a *Answer) WriteJSON(w io.Writer) error {
	b := []byte(`{"from":`)
	b = appendText(b, a.from.Format(time.RFC3339Nano))
	b = appendText(append(b, `,"to":`...), a.to.Format(time.RFC3339Nano))
	b = strconv.AppendInt(append(b, `,"step_ms":`...), a.step.Milliseconds(), 10)
	b = appendChoices(b, a.choices)
	b = append(b, `,"tiles":[`...)
	for i := range a.tiles {
		if i > 0 {
			b = append(b, ',')
		}
		b = a.tiles[i].append(b)
		if _, err := w.Write(b); err != nil {
			return err
		}
		b = b[:0]
	}
	_, err := w.Write(append(b, "]}\n"...))
	return err
}

func appendChoices(b []byte, all []choices) []byte {
	if all == nil {
		return b
	}
	b = append(b, `,"choices":{`...)
	broken := false
	for i, c := range all {
		if i > 0 {
			b = append(b, ',')
		}
		broken = broken || c.err != nil
		b = append(appendText(b, c.name), `:[`...)
		if c.table != nil && len(c.table.columns) > 0 {
			b = c.table.columns[0].appendTexts(b)
		}
		for k, v := range c.values {
			if k > 0 {
				b = append(b, ',')
			}
			b = appendText(b, v)
		}
		b = append(b, ']')
	}
	b = append(b, '}')
	if !broken {
		return b
	}
	b = append(b, `,"choice_errors":{`...)
	first := true
	for _, c := range all {
		if c.err == nil {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendError(append(appendText(b, c.name), ':'), c.err)
	}
	return append(b, '}')
}

func (t *tileData) append(b []byte) []byte {
	b = appendText(append(b, `{"id":`...), t.id)
	if t.step > 0 {
		b = strconv.AppendInt(append(b, `,"step_ms":`...), t.step.Milliseconds(), 10)
	}
	rows, truncated := 0, false
	if t.main != nil && t.err == nil {
		b = t.main.table.append(append(b, ','))
		rows, truncated = t.main.table.rows, t.main.table.truncated
	} else {
		b = append(b, `,"columns":[],"values":[]`...)
	}
	b = strconv.AppendInt(append(b, `,"rows":`...), int64(rows), 10)
	b = strconv.AppendBool(append(b, `,"truncated":`...), truncated)
	if t.compare != nil {
		b = t.appendCompare(b)
	}
	if t.usual != nil {
		b = t.usual.append(append(b, `,"usual":`...))
	}
	b = strconv.AppendInt(append(b, `,"ms":`...), t.took.Milliseconds(), 10)
	b = strconv.AppendBool(append(b, `,"cached":`...), t.cached)
	if !t.at.IsZero() {
		b = appendText(append(b, `,"data_at":`...), t.at.UTC().Format(time.RFC3339Nano))
	}
	if t.main != nil && len(t.main.reads) > 0 {
		b = append(b, `,"reads":[`...)
		for i, name := range t.main.reads {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(b, name)
		}
		b = append(b, ']')
	}
	if t.err != nil {
		b = appendError(append(b, `,"error":`...), t.err)
	}
	return append(b, '}')
}

func (t *tileData) appendCompare(b []byte) []byte {
	from := t.compare.table
	b = from.append(append(b, `,"compare":{`...))
	b = strconv.AppendInt(append(b, `,"rows":`...), int64(from.rows), 10)
	return append(strconv.AppendInt(append(b, `,"shift_ms":`...), t.shift.Milliseconds(), 10), '}')
}

// append writes the columns and their values.
func (t *table) append(b []byte) []byte {
	b = append(b, `"columns":[`...)
	for i, c := range t.columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(append(b, `{"name":`...), c.name), `,"type":"`+c.kind+`"}`...)
	}
	b = append(b, `],"values":[`...)
	for i, c := range t.columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		b = append(b, c.text...)
		for k, ms := range c.times {
			if k > 0 {
				b = append(b, ',')
			}
			if ms == noTime {
				b = append(b, "null"...)
			} else {
				b = strconv.AppendInt(b, ms, 10)
			}
		}
		b = append(b, ']')
	}
	return append(b, ']')
}

// appendTexts writes the values as texts, whatever they are, without NULL.
func (c column) appendTexts(b []byte) []byte {
	n := 0
	add := func(text string) {
		if n == spec.FilterValuesMax {
			return
		}
		if n > 0 {
			b = append(b, ',')
		}
		n++
		b = appendText(b, text)
	}
	for _, ms := range c.times {
		if ms != noTime {
			add(time.UnixMilli(ms).UTC().Format(time.RFC3339Nano))
		}
	}
	var values []json.RawMessage
	if err := json.Unmarshal(append(append([]byte{'['}, c.text...), ']'), &values); err != nil {
		return b // it was written here
	}
	for _, v := range values {
		text := string(v)
		if text == "null" {
			continue
		}
		if v[0] == '"' {
			_ = json.Unmarshal(v, &text)
		}
		add(text)
	}
	return b
}

func (u *band) append(b []byte) []byte {
	b = append(b, `{"x":[`...)
	for i, ms := range u.x {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, ms, 10)
	}
	b = appendFloats(append(b, `],"low":[`...), u.low)
	b = appendFloats(append(b, `],"high":[`...), u.high)
	return append(b, `]}`...)
}

func appendFloats(b []byte, values []float64) []byte {
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			b = append(b, "null"...)
			continue
		}
		b = strconv.AppendFloat(b, v, 'g', -1, 64)
	}
	return b
}

// errorInfo is an error as the pages know it from all other answers.
type errorInfo struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
}

func appendError(b []byte, err error) []byte {
	info := errorInfo{Kind: maru.KindOf(err).String(), Message: err.Error()}
	var placed interface {
		Place() (line, column int, hint string)
	}
	if errors.As(err, &placed) {
		info.Line, info.Column, info.Hint = placed.Place()
	}
	text, err := json.Marshal(info)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, text...)
}
