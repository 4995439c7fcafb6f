package cli

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru"
)

// Bounds of one fetch.
const (
	fetchBytes   = 8 << 20
	fetchWait    = 500 * time.Millisecond
	pollRecords  = 10_000
	commitAtMost = 10 * time.Second // for the last commit of a group
)

func consumeVerb() *verb {
	return &verb{
		name: "consume", synopsis: "TOPIC", short: "print the records of a topic", args: [2]int{1, 1},
		long: `Prints what is in the topic now and ends; with --follow it goes on until Ctrl-C.
With --group it takes its share of the partitions beside the other members, goes
on where the group stopped, and follows until --max or Ctrl-C; --from then is for
a group that has not read yet.`,
		examples: []example{
			{"maru consume clicks --max 10", ""},
			{"maru consume clicks --from 2026-11-20T00:00:00Z --format json", "what was appended since then"},
			{"maru consume clicks --from end --follow", "what comes from now on"},
			{"maru consume clicks --partition 3 --from 1000 --max 5 --format full", "some offsets"},
		},
		flags: func(fs *flag.FlagSet) {
			bootstrapFlag(fs)
			fs.String("from", "start", "where to begin: start, end, an offset, or a time like 2026-11-20T00:00:00Z")
			fs.Int64("partition", -1, "only this `number` of partition")
			fs.String("group", "", "consumer group to be a member of")
			fs.Int64("max", 0, "stop after this `number` of records; 0 is all")
			choose(fs, "format", "value", "how a record is printed", "value", "json", "full")
			fs.Bool("json", false, "the same as --format json")
			fs.Bool("follow", false, "go on when the end is reached")
		},
		run: runConsume,
	}
}

func runConsume(ctx context.Context, c *call) error {
	if err := c.wantTopic(c.args[0]); err != nil {
		return err
	}
	from, err := parseFrom(c.text("from"))
	if err != nil {
		return c.wrong("--from: %v", err)
	}
	if c.text("group") != "" && (c.int("partition") >= 0 || from.offset >= 0) {
		return c.wrong("with --group the group decides about partitions and offsets: use --from start, end or a time")
	}
	p := &printer{c: c, w: bufio.NewWriterSize(c.out, 64<<10), format: c.text("format"), left: c.int("max"), terminal: isTerminal(c.out)}
	if c.bool("json") {
		p.format = "json"
	}
	opts := []kgo.Opt{kgo.FetchMaxBytes(fetchBytes), kgo.FetchMaxPartitionBytes(fetchBytes / 4), kgo.FetchMaxWait(fetchWait), kgo.MaxConcurrentFetches(2),
		kgo.KeepControlRecords()}
	if c.text("group") != "" {
		err = c.consumeGroup(ctx, from, p, opts)
	} else {
		err = c.consumePartitions(ctx, from, p, opts)
	}
	if flush := p.w.Flush(); flush != nil && !errors.Is(err, flush) {
		err = errors.Join(err, flush)
	}
	return err
}

// startAt is where to begin: one of its fields.
type startAt struct {
	end    bool
	offset int64 // -1: not given
	millis int64 // -1: not given
}

func parseFrom(s string) (startAt, error) {
	f := startAt{offset: -1, millis: -1}
	switch s {
	case "start":
		return f, nil
	case "end":
		f.end = true
		return f, nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= 0 {
		f.offset = n
		return f, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			f.millis = t.UnixMilli()
			return f, nil
		}
	}
	return f, fmt.Errorf("%q is none of start, end, an offset, a time like 2026-11-20T00:00:00Z", s)
}

func (f startAt) groupOffset() kgo.Offset {
	switch {
	case f.end:
		return kgo.NewOffset().AtEnd()
	case f.millis >= 0:
		return kgo.NewOffset().AfterMilli(f.millis)
	}
	return kgo.NewOffset().AtStart()
}

func (c *call) consumeGroup(ctx context.Context, from startAt, p *printer, opts []kgo.Opt) error {
	cl, err := c.dialKafka(ctx, append(opts, kgo.ConsumerGroup(c.text("group")), kgo.ConsumeTopics(c.args[0]), kgo.ConsumeResetOffset(from.groupOffset()),
		kgo.AutoCommitMarks(), kgo.BlockRebalanceOnPoll())...)
	if err != nil {
		return err
	}
	defer cl.CloseAllowingRebalance()
	err = c.poll(ctx, cl, p, func(r *kgo.Record) { cl.MarkCommitRecords(r) }, func() bool { return false })
	// What has been printed is committed also when Ctrl-C ended it.
	commit, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitAtMost)
	defer cancel()
	if flush := p.w.Flush(); flush != nil {
		return errors.Join(err, flush)
	}
	return errors.Join(err, cl.CommitMarkedOffsets(commit))
}

func (c *call) consumePartitions(ctx context.Context, from startAt, p *printer, opts []kgo.Opt) error {
	topic := c.args[0]
	var starts map[int32]kgo.Offset
	var ends map[int32]int64
	if err := c.withAdmin(ctx, func(ctx context.Context, adm *kadm.Client) (err error) {
		starts, ends, err = c.span(ctx, adm, topic, from)
		return err
	}); err != nil {
		return err
	}
	if c.bool("follow") {
		ends = nil
	} else if len(ends) == 0 {
		return nil
	}
	cl, err := c.dialKafka(ctx, append(opts, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: starts}))...)
	if err != nil {
		return err
	}
	defer cl.Close()
	return c.poll(ctx, cl, p, func(r *kgo.Record) {
		if end, ok := ends[r.Partition]; ok && r.Offset+1 >= end {
			delete(ends, r.Partition)
			cl.PauseFetchPartitions(map[string][]int32{topic: {r.Partition}})
		}
	}, func() bool { return ends != nil && len(ends) == 0 })
}

// span finds where each partition is begun and where it ends now; what has
// nothing to read is left out unless it is followed.
func (c *call) span(ctx context.Context, adm *kadm.Client, topic string, from startAt) (map[int32]kgo.Offset, map[int32]int64, error) {
	first, err := adm.ListStartOffsets(ctx, topic)
	if err == nil {
		err = first.Error()
	}
	if err != nil {
		return nil, nil, kafkaError(topic, err)
	}
	last, err := adm.ListEndOffsets(ctx, topic)
	if err != nil {
		return nil, nil, kafkaError(topic, err)
	}
	begin := first
	switch {
	case from.end:
		begin = last
	case from.millis >= 0:
		if begin, err = adm.ListOffsetsAfterMilli(ctx, from.millis, topic); err != nil {
			return nil, nil, kafkaError(topic, err)
		}
	}
	starts, ends := map[int32]kgo.Offset{}, map[int32]int64{}
	only := c.int("partition")
	if _, ok := first.Lookup(topic, int32(only)); only >= 0 && !ok {
		return nil, nil, maru.Errorf(maru.NotFound, "topic %s has no partition %d: it has %d", topic, only, len(first[topic]))
	}
	for part, low := range first[topic] {
		if only >= 0 && int64(part) != only {
			continue
		}
		at := begin[topic][part].Offset
		if from.offset >= 0 {
			at = max(from.offset, low.Offset)
		}
		end := last[topic][part].Offset
		if at < end {
			ends[part] = end
		} else if !c.bool("follow") {
			continue
		}
		starts[part] = kgo.NewOffset().At(min(at, end))
	}
	return starts, ends, nil
}

// poll prints records until done, --max, or ctx ends.
func (c *call) poll(ctx context.Context, cl *kgo.Client, p *printer, seen func(*kgo.Record), done func() bool) error {
	for !done() && !p.enough() {
		fetches := cl.PollRecords(ctx, pollRecords)
		if ctx.Err() != nil {
			return nil // Ctrl-C is how following ends
		}
		var failed error
		fetches.EachError(func(topic string, partition int32, err error) {
			failed = errors.Join(failed, fmt.Errorf("partition %d: %w", partition, kafkaError(topic, err)))
		})
		if failed != nil {
			return failed
		}
		var failedWrite error
		fetches.EachRecord(func(r *kgo.Record) {
			if failedWrite != nil || p.enough() {
				return
			}
			if !r.Attrs.IsControl() {
				failedWrite = p.print(r)
			}
			seen(r)
		})
		if failedWrite != nil {
			return failedWrite
		}
		if err := p.w.Flush(); err != nil {
			return err
		}
		cl.AllowRebalance()
	}
	return nil
}

// printer prints records.
type printer struct {
	c        *call
	w        *bufio.Writer
	format   string
	left     int64 // 0: no bound
	ended    bool
	terminal bool
}

func (p *printer) enough() bool { return p.ended }

func (p *printer) print(r *kgo.Record) error {
	if p.left > 0 {
		if p.left--; p.left == 0 {
			p.ended = true
		}
	}
	switch p.format {
	case "json":
		return p.json(r)
	case "full":
		fmt.Fprintf(p.w, "%d:%d %s", r.Partition, r.Offset, instant(r.Timestamp))
		if r.Key != nil {
			fmt.Fprintf(p.w, " key=%s", cleanText(string(r.Key)))
		}
		for _, h := range r.Headers {
			fmt.Fprintf(p.w, " %s=%s", cleanText(h.Key), cleanText(string(h.Value)))
		}
		value := "NULL"
		if r.Value != nil {
			value = cleanText(string(r.Value))
		}
		_, err := fmt.Fprintf(p.w, " %s\n", value)
		return err
	}
	value := r.Value
	if p.terminal {
		value = []byte(cleanText(string(value)))
	}
	_, err := p.w.Write(append(value, '\n'))
	return err
}

// recordJSON is a record of --format json. What is not UTF-8 comes in base64.
type recordJSON struct {
	Topic       string       `json:"topic"`
	Partition   int32        `json:"partition"`
	Offset      int64        `json:"offset"`
	Timestamp   string       `json:"timestamp"`
	Key         *string      `json:"key"`
	KeyBase64   string       `json:"key_base64,omitempty"`
	Value       *string      `json:"value"`
	ValueBase64 string       `json:"value_base64,omitempty"`
	Headers     []headerJSON `json:"headers,omitempty"`
}

type headerJSON struct {
	Key         string  `json:"key"`
	Value       *string `json:"value"`
	ValueBase64 string  `json:"value_base64,omitempty"`
}

func (p *printer) json(r *kgo.Record) error {
	j := recordJSON{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: instant(r.Timestamp)}
	j.Key, j.KeyBase64 = textOrBase64(r.Key)
	j.Value, j.ValueBase64 = textOrBase64(r.Value)
	for _, h := range r.Headers {
		v, b := textOrBase64(h.Value)
		j.Headers = append(j.Headers, headerJSON{strings.ToValidUTF8(h.Key, "\ufffd"), v, b})
	}
	e := json.NewEncoder(p.w)
	e.SetEscapeHTML(false)
	return e.Encode(j)
}

func textOrBase64(b []byte) (*string, string) {
	switch {
	case b == nil:
		return nil, ""
	case !utf8.Valid(b):
		return nil, base64.StdEncoding.EncodeToString(b)
	}
	s := string(b)
	return &s, ""
}
