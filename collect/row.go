package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"maru"
	"maru/collect/internal/parse"
	"maru/kafka"
)

// rejectedLineMax is how much of a refused line is kept.
const rejectedLineMax = 64 << 10

var bom = []byte("\xEF\xBB\xBF")

// use frames and parses what is unread. final says that no more will come.
func (s *source) use(ctx context.Context, final bool) error {
	now := s.c.clock.Now()
	ts, from := now.UnixMilli(), s.log.Offset()
	defer func() {
		if n := s.log.Offset() - from; n > 0 {
			s.moved = true
			s.c.meter.add(n, now)
		}
	}()
	if s.log.Offset() == 0 {
		s.skipStart()
	}
	if s.reader == nil {
		if ok, err := s.detect(final); err != nil || !ok {
			return err
		}
	}
	s.reader.Written(s.log.Written())
	for {
		b := s.log.Unread()
		rec, n := s.reader.Next(b, final)
		if n == 0 {
			if len(b) < s.c.cfg.MaxLineBytes {
				return nil
			}
			if err := s.tooLong(ctx, ts, b); err != nil {
				return err
			}
			continue
		}
		if s.long.length > 0 || len(rec) > s.c.cfg.MaxLineBytes {
			s.keepLong(b[:n])
			if err := s.endLong(ctx, ts, s.log.Offset()+int64(n)); err != nil {
				return err
			}
		} else if rec != nil {
			if err := s.row(ctx, ts, rec, s.log.Offset()+int64(n)); err != nil {
				return err
			}
		}
		s.log.Advance(n)
		if err := s.sendFull(ctx); err != nil {
			return err
		}
	}
}

// skipStart drops a byte order mark, and the zeros that a file truncated under
// a writer without O_APPEND starts with.
func (s *source) skipStart() {
	b := s.log.Unread()
	n := len(b) - len(bytes.TrimLeft(b, "\x00"))
	if n == 0 && bytes.HasPrefix(b, bom) {
		n = len(bom)
	}
	s.log.Advance(n)
}

func (s *source) detect(final bool) (bool, error) {
	o := s.c.parse
	if o.Format == parse.Auto {
		b, err := s.sample()
		if err != nil {
			return false, err
		}
		format, why, ok := parse.Detect(b[:min(len(b), parse.SampleMax)], final, s.log.Path(), o)
		if !ok {
			return false, nil
		}
		o.Format, s.why = format, why
		s.c.log.Info("format found", "log", s.base, "format", format, "why", why)
	}
	r, err := parse.New(o)
	if err != nil {
		return false, err
	}
	s.reader = r
	return true, s.begin()
}

// sample is the start of the file, from which its format is told.
func (s *source) sample() ([]byte, error) {
	if s.log.Offset() > int64(len(bom)) {
		return s.log.Start(parse.SampleMax)
	}
	return s.log.Unread(), nil
}

// tooLong reads past bytes of a record that is longer than allowed.
func (s *source) tooLong(ctx context.Context, ts int64, b []byte) error {
	n, ended := s.reader.Overlong(b)
	s.keepLong(b[:n])
	if ended {
		if err := s.endLong(ctx, ts, s.log.Offset()+int64(n)); err != nil {
			return err
		}
	}
	s.log.Advance(n)
	return s.sendFull(ctx)
}

func (s *source) keepLong(b []byte) {
	if s.long.length == 0 {
		s.long.start = s.log.Offset()
		s.long.head = append(s.long.head[:0], b[:min(len(b), rejectedLineMax)]...)
	}
	s.long.length += int64(len(b))
}

func (s *source) endLong(ctx context.Context, ts, end int64) error {
	r := refused{start: s.long.start, end: end, length: s.long.length, line: s.long.head,
		reason: fmt.Sprintf("the line is longer than max_line_bytes (%d): here are its first bytes", s.c.cfg.MaxLineBytes)}
	s.long.length = 0
	return s.reject(ctx, ts, r)
}

// row parses one record and puts it into its lane's batch. end is the offset
// behind it.
func (s *source) row(ctx context.Context, ts int64, rec []byte, end int64) error {
	value, err := s.reader.Parse(s.out[:0], rec)
	if err == nil && value == nil {
		return nil
	}
	r := refused{start: s.log.Offset(), end: end, length: int64(len(rec)), line: rec}
	if err != nil {
		r.reason = err.Error()
		return s.reject(ctx, ts, r)
	}
	if !s.reader.Verbatim() {
		s.out = value
	}
	if len(value) > s.c.cfg.MaxLineBytes+valueSlack {
		r.reason = fmt.Sprintf("the row has %d bytes as JSON: at most %d are allowed (max_line_bytes)", len(value), s.c.cfg.MaxLineBytes+valueSlack)
		return s.reject(ctx, ts, r)
	}
	lane := s.lane
	var key []byte
	if s.c.cfg.Key != "" {
		if key = parse.Field(value, s.c.cfg.Key); key != nil {
			lane = s.spread(key, end)
		}
	}
	if s.log.Gen() <= s.until.Gen && s.lanes.all[lane].has(s.log.Gen(), end) {
		s.c.meter.skipped.Add(1)
		return nil
	}
	b, err := s.room(ctx, lane, len(key)+len(value))
	if err != nil {
		return err
	}
	b.Add(ts, key, value)
	return nil
}

// spread gives a key's partition. Rows that may have landed keep the number of
// partitions that there was then.
func (s *source) spread(key []byte, end int64) int {
	parts := s.lanes.parts
	u := s.until
	if u.Parts > 0 && u.Parts <= parts && (s.log.Gen() < u.Gen || s.log.Gen() == u.Gen && end <= u.Offset) {
		parts = u.Parts
	}
	return int(int32(murmur2(key)&0x7fffffff) % parts)
}

// rowOverhead is what a record takes beside key and value, at most.
const rowOverhead = 128

// room gives the lane's batch with place for size bytes, sending it first when
// it has none.
func (s *source) room(ctx context.Context, lane, size int) (*kafka.Builder, error) {
	s.last = lane
	if b := s.lanes.all[lane].batch; b != nil {
		if b.Len()+size+rowOverhead <= batchMax {
			return b, nil
		}
		if err := s.lanes.send(ctx, lane, s.log.Position()); err != nil {
			return nil, err
		}
	}
	return s.lanes.builder(ctx, lane, s.log.Offset())
}

// sendFull sends the batch of the lane that got the last row, if it is large
// enough.
func (s *source) sendFull(ctx context.Context) error {
	if b := s.lanes.all[s.last].batch; b != nil && b.Len() >= s.c.batchBytes {
		return s.lanes.send(ctx, s.last, s.log.Position())
	}
	return nil
}

// refused is a record that is no row.
type refused struct {
	start, end int64
	length     int64 // of the whole record
	line       []byte
	reason     string
}

// reject puts a record that is no row into the last lane. Its value is
// {"file","offset","parser","reason","length","line"}; all but the last two
// are headers too.
func (s *source) reject(ctx context.Context, ts int64, r refused) error {
	if s.c.cfg.OnError == Stop {
		return s.stop(ctx, r)
	}
	lane := len(s.lanes.all) - 1
	if s.lanes.all[lane].has(s.log.Gen(), r.end) {
		s.c.meter.skipped.Add(1)
		return nil
	}
	file, offset := s.log.Path(), strconv.FormatInt(r.start, 10)
	v := append(s.out[:0], `{"file":`...)
	v = parse.AppendLossy(v, []byte(file))
	v = append(v, `,"offset":`...)
	v = append(v, offset...)
	v = append(v, `,"parser":`...)
	v = parse.AppendString(v, []byte(s.reader.Format))
	v = append(v, `,"reason":`...)
	v = parse.AppendLossy(v, []byte(r.reason))
	v = append(v, `,"length":`...)
	v = strconv.AppendInt(v, r.length, 10)
	v = append(v, `,"line":`...)
	v = parse.AppendLossy(v, r.line[:min(len(r.line), rejectedLineMax)])
	v = append(v, '}')
	s.out = v
	b, err := s.room(ctx, lane, len(v)+len(file)+len(r.reason))
	if err != nil {
		return err
	}
	b.Add(ts, nil, v, kafka.Header{Key: "file", Value: []byte(file)}, kafka.Header{Key: "offset", Value: []byte(offset)},
		kafka.Header{Key: "parser", Value: []byte(s.reader.Format)}, kafka.Header{Key: "reason", Value: []byte(r.reason)})
	return nil
}

// stop lands what stands before the record and ends the collector.
func (s *source) stop(ctx context.Context, r refused) error {
	err := s.lanes.sendAll(ctx, s.log.Position())
	if err == nil {
		err = s.lanes.settleAll(ctx)
	}
	return errors.Join(maru.Errorf(maru.Invalid, "%s at byte %d: %s (format %s; on_error: stop): mend the line or the format, or use on_error: reject",
		s.log.Path(), r.start, r.reason, s.reader.Format), err)
}

// murmur2 is the hash by which Kafka's own clients spread keys
// (org.apache.kafka.common.utils.Utils.murmur2), so that other producers of
// the topic agree on a key's partition.
func murmur2(b []byte) uint32 {
	const m = 0x5bd1e995
	h := uint32(0x9747b28c) ^ uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		k := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
		k *= m
		k ^= k >> 24
		h = h*m ^ k*m
	}
	switch len(b) {
	case 3:
		h ^= uint32(b[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(b[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(b[0])) * m
	}
	h = (h ^ h>>13) * m
	return h ^ h>>15
}
