package node

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"maru"
	"maru/kafka"
	"maru/web"
)

// Bounds of one look into a topic.
const (
	payloadBytesMax = 4 << 10  // of a value in a list
	wholeBytesMax   = 16 << 20 // of one that is asked for whole
	lookBytesMax    = 64 << 20 // read for one answer
	scanMax         = 50_000   // records read for a filter
	scanStep        = 2_000    // records of a partition read at once for a filter
	scanTimeMax     = 5 * time.Second
)

// look is one reading of a topic, backwards.
type look struct {
	t     *topics
	ask   web.MessagesAsk
	parts []kafka.PartitionInfo
	ends  map[int32]int64 // before which is read next
	found []kafka.Message
	seen  int64
	bytes int64
}

// Messages gives records, newest first. "Older" names the ends from which the
// page before it goes on: "<0=120,1=77".
func (t *topics) Messages(ctx context.Context, ask web.MessagesAsk) (web.Messages, error) {
	if _, err := t.n.kafka.Topic(ctx, ask.Name); err != nil {
		return web.Messages{}, err
	}
	all, err := t.n.kafka.Overview(ctx, ask.Name)
	if err != nil {
		return web.Messages{}, err
	}
	l := &look{t: t, ask: ask, ends: map[int32]int64{}, bytes: lookBytesMax}
	for _, p := range all[ask.Name] {
		if ask.Partition < 0 || p.ID == ask.Partition {
			l.parts = append(l.parts, p)
			l.ends[p.ID] = p.End
		}
	}
	if len(l.parts) == 0 {
		return web.Messages{}, maru.Errorf(maru.NotFound, "topic %s has no partition %d", ask.Name, ask.Partition)
	}
	if err := l.seek(ctx); err != nil {
		return web.Messages{}, err
	}
	start := time.Now()
	cut := false
	for len(l.found) < ask.Limit && !l.atStart() {
		if cut = l.seen >= scanMax || l.bytes <= 0 || time.Since(start) > scanTimeMax; cut {
			break
		}
		if err := l.step(ctx); err != nil {
			return web.Messages{}, err
		}
	}
	return l.answer(cut), nil
}

// seek reads where to begin.
func (l *look) seek(ctx context.Context) error {
	at := strings.TrimSpace(l.ask.At)
	wrong := maru.Errorf(maru.Invalid, "at %.60q: use an offset with a partition, a time such as 2026-01-31T09:30:00Z, or end", at)
	switch {
	case at == "" || at == "end":
		return nil
	case at[0] == '<':
		for part := range strings.SplitSeq(at[1:], ",") {
			p, end, _ := strings.Cut(part, "=")
			id, err1 := strconv.ParseInt(p, 10, 32)
			n, err2 := strconv.ParseInt(end, 10, 64)
			if err1 != nil || err2 != nil {
				return wrong
			}
			if have, ok := l.ends[int32(id)]; ok {
				l.ends[int32(id)] = min(max(n, 0), have)
			}
		}
		return nil
	}
	if n, err := strconv.ParseInt(at, 10, 64); err == nil {
		if l.ask.Partition < 0 || n < 0 {
			return wrong
		}
		l.ends[l.ask.Partition] = min(n+1, l.ends[l.ask.Partition])
		return nil
	}
	when, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return wrong
	}
	offsets, err := l.t.n.kafka.Offsets(ctx, l.ask.Name, max(when.UnixMilli()+1, 0))
	if err != nil {
		return err
	}
	for p, end := range l.ends {
		l.ends[p] = min(offsets[p], end)
	}
	return nil
}

func (l *look) atStart() bool {
	return !slices.ContainsFunc(l.parts, func(p kafka.PartitionInfo) bool { return l.ends[p.ID] > p.Start })
}

// step reads a piece of each partition and keeps the newest of it. What is not
// kept is read again by the next page.
func (l *look) step(ctx context.Context) error {
	size := int64(l.ask.Limit)
	if l.ask.Filter != "" {
		size = scanStep
	}
	var got []kafka.Message
	from := map[int32]int64{}
	for _, p := range l.parts {
		end := l.ends[p.ID]
		from[p.ID] = max(p.Start, end-size)
		err := l.t.n.kafka.Read(ctx, l.ask.Name, p.ID, from[p.ID], end, l.bytes, func(m kafka.Message) bool {
			l.seen++
			l.bytes -= int64(len(m.Key) + len(m.Value))
			if l.matches(m) {
				got = append(got, m)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	slices.SortStableFunc(got, func(a, b kafka.Message) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Partition, b.Partition), cmp.Compare(b.Offset, a.Offset))
	})
	room := l.ask.Limit - len(l.found)
	if len(got) <= room {
		l.found = append(l.found, got...)
		l.ends = from
		return nil
	}
	l.found = append(l.found, got[:room]...)
	left := map[int32]bool{}
	for _, m := range got[room:] {
		left[m.Partition] = true
	}
	for _, p := range l.parts {
		if !left[p.ID] {
			l.ends[p.ID] = from[p.ID]
			continue
		}
		for _, m := range got[:room] {
			if m.Partition == p.ID {
				l.ends[p.ID] = min(l.ends[p.ID], m.Offset)
			}
		}
	}
	return nil
}

func (l *look) matches(m kafka.Message) bool {
	if l.ask.Filter == "" {
		return true
	}
	want := bytes.ToLower([]byte(l.ask.Filter))
	return bytes.Contains(bytes.ToLower(m.Key), want) || bytes.Contains(bytes.ToLower(m.Value), want)
}

func (l *look) answer(cut bool) web.Messages {
	out := web.Messages{Records: []web.TopicRecord{}, Scanned: l.seen, Cut: cut}
	most := payloadBytesMax
	if l.ask.Whole {
		most = wholeBytesMax
	}
	for _, m := range l.found {
		r := web.TopicRecord{Partition: m.Partition, Offset: m.Offset, At: m.At, Key: payload(m.Key, most), Value: payload(m.Value, most), Headers: []web.RecordHeader{}}
		for _, h := range m.Headers {
			v := payload(h.Value, most)
			if v == nil {
				v = &web.Payload{}
			}
			r.Headers = append(r.Headers, web.RecordHeader{Name: strings.ToValidUTF8(h.Key, "\ufffd"), Value: *v})
		}
		out.Records = append(out.Records, r)
	}
	if !l.atStart() {
		var ends []string
		for _, p := range l.parts {
			ends = append(ends, fmt.Sprintf("%d=%d", p.ID, l.ends[p.ID]))
		}
		out.Older = "<" + strings.Join(ends, ",")
	}
	return out
}

// payload shows bytes, at most so many of them; nil for null.
func payload(b []byte, most int) *web.Payload {
	if b == nil {
		return nil
	}
	p := &web.Payload{Bytes: len(b), Cut: len(b) > most}
	text := utf8.Valid(b)
	b = b[:min(len(b), most)]
	if !text {
		p.Base64 = b
		return p
	}
	s := strings.ToValidUTF8(string(b), "")
	p.Text = &s
	return p
}
