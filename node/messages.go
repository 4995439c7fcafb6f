package node

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"maru"
	"maru/kafka"
	"maru/query"
	"maru/web"
)

// Bounds of one look into a topic.
const (
	payloadBytesMax = 4 << 10  // of a value in a list
	wholeBytesMax   = 16 << 20 // of one that is asked for whole
	lookBytesMax    = 64 << 20 // read for one answer
	pieceBytesMax   = 32 << 20 // and at once
	scanMax         = 200_000  // records looked at for a filter
	scanStep        = 2_000    // of each partition, of the first piece
	scanGrowth      = 4        // how much larger the next one is
	scanTimeMax     = 5 * time.Second
	gapMax          = 100 // records between two wanted ones that are read over
)

// look is one reading of a topic, backwards.
type look struct {
	t      *topics
	ask    web.MessagesAsk
	table  query.Table // of the topic, when there is a condition
	parts  []kafka.PartitionInfo
	ends   map[int32]int64     // before which is read next
	back   map[int32]time.Time // how far back has been looked
	size   int64               // records of each partition in the next piece
	found  []kafka.Message     // with a condition only their places, until the end
	newer  string
	read   int64 // records
	told   int64 // of these what was answered for
	unread int64
	bytes  int64
}

// piece is a part of each partition, from … to the look's ends.
type piece struct {
	got    []kafka.Message // what is wanted
	from   map[int32]int64
	looked map[int32]query.Looked
	unread int64
	bytes  int64
}

func (l *look) filtered() bool { return l.ask.Filter != "" || l.ask.Where != "" }

// Messages gives records, newest first. "Older" names the ends from which the
// page before it goes on: "<0=120,1=77".
func (t *topics) Messages(ctx context.Context, ask web.MessagesAsk) (web.Messages, error) {
	l, err := t.look(ctx, ask)
	if err != nil {
		return web.Messages{}, err
	}
	until := time.Now().Add(scanTimeMax)
	cut := false
	for len(l.found) < ask.Limit && !l.atStart() {
		if cut = l.read >= scanMax || l.bytes >= lookBytesMax || !time.Now().Before(until); cut {
			break
		}
		cut, err = l.step(ctx, until)
		if err != nil {
			return web.Messages{}, err
		}
		if cut {
			break
		}
	}
	if ask.Where != "" {
		if err := l.load(ctx); err != nil {
			return web.Messages{}, err
		}
	}
	return l.answer(cut), nil
}

// look finds out where to begin.
func (t *topics) look(ctx context.Context, ask web.MessagesAsk) (*look, error) {
	if _, err := t.n.kafka.Topic(ctx, ask.Name); err != nil {
		return nil, err
	}
	ask.Where = strings.TrimSpace(ask.Where)
	if ask.Filter != "" && ask.Where != "" {
		return nil, maru.Errorf(maru.Invalid, "filter and where are both set: give one of them")
	}
	all, err := t.n.kafka.Overview(ctx, ask.Name)
	if err != nil {
		return nil, err
	}
	l := &look{t: t, ask: ask, ends: map[int32]int64{}, back: map[int32]time.Time{}}
	for _, p := range all[ask.Name] {
		if ask.Partition < 0 || p.ID == ask.Partition {
			l.parts = append(l.parts, p)
			l.ends[p.ID] = p.End
		}
	}
	if len(l.parts) == 0 {
		return nil, maru.Errorf(maru.NotFound, "topic %s has no partition %d", ask.Name, ask.Partition)
	}
	l.newer = l.places()
	if l.size = int64(ask.Limit); l.filtered() {
		l.size = scanStep
	}
	if ask.Where != "" {
		if l.table, err = (&tables{t.n}).topic(ctx, t.n.folder.project(), ask.Name); err != nil {
			return nil, err
		}
	}
	if err := l.since(); err != nil {
		return nil, err
	}
	return l, l.seek(ctx)
}

// places are the ends as a text.
func (l *look) places() string {
	ends := make([]string, len(l.parts))
	for i, p := range l.parts {
		ends[i] = fmt.Sprintf("%d=%d", p.ID, l.ends[p.ID])
	}
	return "<" + strings.Join(ends, ",")
}

// readPlaces is the inverse of places.
func readPlaces(s string) (map[int32]int64, bool) {
	out := map[int32]int64{}
	for part := range strings.SplitSeq(strings.TrimPrefix(s, "<"), ",") {
		p, end, _ := strings.Cut(part, "=")
		id, err1 := strconv.ParseInt(p, 10, 32)
		n, err2 := strconv.ParseInt(end, 10, 64)
		if err1 != nil || err2 != nil {
			return nil, false
		}
		out[int32(id)] = max(n, 0)
	}
	return out, true
}

// since leaves out what an earlier answer has looked at. An end that is not
// there any more is that of a topic which was made anew.
func (l *look) since() error {
	if l.ask.Since == "" {
		return nil
	}
	from, ok := readPlaces(l.ask.Since)
	if !ok {
		return maru.Errorf(maru.Invalid, "since %.60q: use newer of an answer", l.ask.Since)
	}
	for i := range l.parts {
		if p := &l.parts[i]; from[p.ID] <= p.End {
			p.Start = max(p.Start, from[p.ID])
		}
	}
	return nil
}

// seek reads where to begin.
func (l *look) seek(ctx context.Context) error {
	at := strings.TrimSpace(l.ask.At)
	wrong := maru.Errorf(maru.Invalid, "at %.60q: use an offset with a partition, a time such as 2026-01-31T09:30:00Z, start or end", at)
	switch {
	case at == "" || at == "end":
		return nil
	case at == "start":
		n := int64(l.ask.Limit)
		if l.filtered() {
			n = max(scanMax/int64(len(l.parts)), 1)
		}
		for _, p := range l.parts {
			l.ends[p.ID] = min(p.Start+n, p.End)
		}
		return nil
	case at[0] == '<':
		ends, ok := readPlaces(at)
		if !ok {
			return wrong
		}
		for p, end := range ends {
			if have, ok := l.ends[p]; ok {
				l.ends[p] = min(end, have)
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

// step looks at a piece of each partition and keeps the newest of it. What is
// not kept is looked at again by the next page. It says whether time is over.
func (l *look) step(ctx context.Context, until time.Time) (over bool, err error) {
	size := l.size
	if l.filtered() {
		size = max(min(size, (scanMax-l.read)/int64(len(l.parts))), 1)
	}
	var p piece
	if l.ask.Where == "" {
		p, err = l.readPiece(ctx, size)
	} else {
		stepCtx, cancel := context.WithDeadline(ctx, until)
		p, err = l.matchPiece(stepCtx, size)
		late := err != nil && stepCtx.Err() != nil && ctx.Err() == nil
		cancel()
		if late && l.read > 0 {
			return true, nil
		}
		if late {
			return true, maru.Errorf(maru.Timeout, "the condition took longer than %s for the newest %d records of each partition: write it simpler", scanTimeMax, size)
		}
	}
	switch {
	case maru.KindOf(err) == maru.TooLarge && size > 1:
		l.size = max(size/8, 1)
		return false, nil
	case err != nil:
		return false, err
	}
	if p.bytes < pieceBytesMax/8 && l.filtered() {
		l.size = min(size*scanGrowth, scanMax)
	}
	l.bytes += p.bytes
	for _, k := range p.looked {
		l.read += k.Records
	}
	l.take(p)
	return false, nil
}

// readPiece reads what is there, or what has the text.
func (l *look) readPiece(ctx context.Context, size int64) (piece, error) {
	out := piece{from: map[int32]int64{}, looked: map[int32]query.Looked{}}
	most := int64(pieceBytesMax)
	if size == 1 {
		most = lookBytesMax
	}
	for _, p := range l.parts {
		end, k := l.ends[p.ID], query.Looked{}
		out.from[p.ID] = max(p.Start, end-size)
		err := l.t.n.kafka.Read(ctx, l.ask.Name, p.ID, out.from[p.ID], end, lookBytesMax, func(m kafka.Message) bool {
			if k.Records++; k.Records == 1 || m.At.Before(k.Oldest) {
				k.Oldest = m.At
			}
			if out.bytes += int64(len(m.Key) + len(m.Value)); out.bytes > most {
				return false
			}
			if l.matches(m) {
				out.got = append(out.got, m)
			}
			return true
		})
		if err != nil {
			return out, err
		}
		if out.bytes > most {
			return out, maru.Errorf(maru.TooLarge, "the newest records of %d partitions have more than %d MiB: choose a partition", len(l.parts), most>>20)
		}
		out.looked[p.ID] = k
	}
	return out, nil
}

// matchPiece finds what the condition is true for.
func (l *look) matchPiece(ctx context.Context, size int64) (piece, error) {
	out := piece{from: map[int32]int64{}}
	spans := map[int32]query.Span{}
	for _, p := range l.parts {
		if out.from[p.ID] = p.Start; l.ends[p.ID] > p.Start {
			spans[p.ID] = query.Span{From: p.Start, Before: l.ends[p.ID]}
		}
	}
	m, err := l.t.n.query.Match(ctx, query.Piece{Topic: l.table, Where: l.ask.Where, Spans: spans, Each: size, BytesMax: pieceBytesMax})
	if err != nil {
		return out, place(err)
	}
	for p, k := range m.Looked {
		out.from[p] = max(out.from[p], k.From)
	}
	for _, r := range m.Places {
		if r.Offset >= out.from[r.Partition] {
			out.got = append(out.got, kafka.Message{Partition: r.Partition, Offset: r.Offset, At: r.At})
		}
	}
	out.looked, out.unread, out.bytes = m.Looked, m.Unread, m.Bytes
	return out, nil
}

// take keeps the newest of a piece, as many as there is room for.
func (l *look) take(p piece) {
	slices.SortStableFunc(p.got, func(a, b kafka.Message) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Partition, b.Partition), cmp.Compare(b.Offset, a.Offset))
	})
	kept := p.got[:min(l.ask.Limit-len(l.found), len(p.got))]
	l.found = append(l.found, kept...)
	left := map[int32]bool{}
	for _, m := range p.got[len(kept):] {
		left[m.Partition] = true
	}
	if len(left) == 0 {
		l.unread += p.unread
	}
	for _, part := range l.parts {
		id, k := part.ID, p.looked[part.ID]
		if !left[id] {
			if l.ends[id] = p.from[id]; k.Records > 0 {
				l.back[id] = k.Oldest
			}
			l.told += k.Records
			continue
		}
		was := l.ends[id]
		for _, m := range kept {
			if m.Partition == id && m.Offset < l.ends[id] {
				l.ends[id], l.back[id] = m.Offset, m.At
			}
		}
		l.told += min(k.Records, was-l.ends[id])
	}
}

// load reads the records that were found by a condition, a run of neighbours at
// a time. Those that are gone by now are left out.
func (l *look) load(ctx context.Context) error {
	have := map[query.RecordPlace]kafka.Message{}
	at := func(m kafka.Message) query.RecordPlace {
		return query.RecordPlace{Partition: m.Partition, Offset: m.Offset}
	}
	for _, m := range l.found {
		have[at(m)] = kafka.Message{}
	}
	sorted := slices.SortedFunc(maps.Keys(have), func(a, b query.RecordPlace) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && sorted[j].Partition == sorted[i].Partition && sorted[j].Offset-sorted[j-1].Offset <= gapMax {
			j++
		}
		err := l.t.n.kafka.Read(ctx, l.ask.Name, sorted[i].Partition, sorted[i].Offset, sorted[j-1].Offset+1, math.MaxInt64, func(m kafka.Message) bool {
			if _, ok := have[at(m)]; ok {
				have[at(m)] = m
			}
			return true
		})
		if err != nil {
			return err
		}
		i = j
	}
	out := l.found[:0]
	for _, m := range l.found {
		if whole := have[at(m)]; !whole.At.IsZero() {
			out = append(out, whole)
		}
	}
	l.found = out
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
	out := web.Messages{Records: []web.TopicRecord{}, Newer: l.newer, Scanned: l.told, Unread: l.unread, Cut: cut}
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
		out.Older, out.Back = l.places(), l.backTo()
	}
	return out
}

// backTo is the time to which all partitions have been looked through.
func (l *look) backTo() (t time.Time) {
	for _, p := range l.parts {
		if l.ends[p.ID] <= p.Start {
			continue
		}
		at, ok := l.back[p.ID]
		if !ok {
			return time.Time{}
		}
		if at.After(t) {
			t = at
		}
	}
	return t
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
