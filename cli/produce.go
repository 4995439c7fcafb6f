package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru"
)

// lineBytesMax bounds one line of maru produce.
const lineBytesMax = 16 << 20

func produceVerb() *verb {
	return &verb{
		name: "produce", synopsis: "TOPIC", short: "send lines of stdin to a topic", args: [2]int{1, 1},
		long: `Every line is a record. It is done when the log has acknowledged all of them
durably (acks=all), each once (idempotent). The first line that cannot be sent
ends it and is named.`,
		examples: []example{
			{"maru produce clicks < clicks.ndjson", ""},
			{"printf 'kr:Korea\\n' | maru produce countries --key-separator :", "a record with a key"},
		},
		flags: func(fs *flag.FlagSet) {
			bootstrapFlag(fs)
			fs.String("key-separator", "", "what stands between key and value in a line; empty: lines have no key")
			fs.String("headers", "", "headers of every record as `key=value,…`")
			fs.Int64("partition", -1, "send to this `number` of partition; -1 lets the key decide")
			fs.Bool("quiet", false, "do not say how many were sent")
		},
		run: runProduce,
	}
}

func runProduce(ctx context.Context, c *call) error {
	if err := c.wantTopic(c.args[0]); err != nil {
		return err
	}
	headers, err := c.headers()
	if err != nil {
		return err
	}
	opts := []kgo.Opt{kgo.DefaultProduceTopic(c.args[0]), kgo.RequiredAcks(kgo.AllISRAcks()), kgo.RecordDeliveryTimeout(deliveryTimeout),
		kgo.UnknownTopicRetries(1), kgo.ProducerBatchMaxBytes(lineBytesMax + 1<<20), kgo.BrokerMaxWriteBytes(4 * lineBytesMax),
		kgo.MaxBufferedRecords(20_000), kgo.MaxBufferedBytes(4 * lineBytesMax)}
	if p := c.int("partition"); p >= 0 {
		opts = append(opts, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	}
	cl, err := c.dialKafka(ctx, opts...)
	if err != nil {
		return err
	}
	defer cl.Close()
	p := &producer{client: cl, topic: c.args[0], partition: int32(max(0, c.int("partition"))), separator: c.text("key-separator"), headers: headers}
	err = p.lines(ctx, c.in)
	if !c.bool("quiet") {
		c.note("%s to %s", count(p.sent, "record"), c.args[0])
	}
	return err
}

func (c *call) headers() ([]kgo.RecordHeader, error) {
	var hs []kgo.RecordHeader
	if c.text("headers") == "" {
		return nil, nil
	}
	for kv := range strings.SplitSeq(c.text("headers"), ",") {
		k, v, ok := strings.Cut(kv, "=")
		if !ok || k == "" {
			return nil, c.wrong("--headers %q: write key=value,key=value", kv)
		}
		hs = append(hs, kgo.RecordHeader{Key: k, Value: []byte(v)})
	}
	return hs, nil
}

// producer sends lines.
type producer struct {
	client    *kgo.Client
	topic     string
	partition int32
	separator string
	headers   []kgo.RecordHeader

	mu    sync.Mutex // guards all below
	sent  int
	first error // the first that failed
}

// lines sends every line of in and waits for all acknowledgements.
func (p *producer) lines(ctx context.Context, in io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sc := bufio.NewScanner(in)
	sc.Buffer(make([]byte, 64<<10), lineBytesMax)
	n := 0
	for sc.Scan() {
		n++
		rec, err := p.record(sc.Bytes(), n)
		if err != nil {
			p.fail(err)
			break
		}
		line := n
		p.client.Produce(ctx, rec, func(_ *kgo.Record, err error) {
			if err != nil {
				p.fail(p.lineError(line, err))
				cancel() // the rest would fail in the same way
				return
			}
			p.mu.Lock()
			p.sent++
			p.mu.Unlock()
		})
		if ctx.Err() != nil {
			break
		}
	}
	if err := sc.Err(); errors.Is(err, bufio.ErrTooLong) {
		p.fail(maru.Errorf(maru.TooLarge, "line %d is longer than %d bytes", n+1, lineBytesMax))
	} else if err != nil {
		p.fail(fmt.Errorf("read stdin: %w", err))
	}
	if err := p.client.Flush(ctx); err != nil {
		p.fail(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.first
}

func (p *producer) record(line []byte, n int) (*kgo.Record, error) {
	line = bytes.Clone(bytes.TrimSuffix(line, []byte{'\r'})) // the scanner uses its buffer again
	rec := &kgo.Record{Value: line, Headers: p.headers, Partition: p.partition}
	if p.separator == "" {
		return rec, nil
	}
	key, value, ok := bytes.Cut(line, []byte(p.separator))
	if !ok {
		return nil, maru.Errorf(maru.Invalid, "line %d has no %q between key and value", n, p.separator)
	}
	rec.Key, rec.Value = key, value
	return rec, nil
}

func (p *producer) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.first == nil {
		p.first = err
	}
}

func (p *producer) lineError(line int, err error) error {
	if errors.Is(err, kerr.UnknownTopicOrPartition) {
		return maru.Errorf(maru.NotFound, "there is no topic %s: make it with maru topic create %s", p.topic, p.topic)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("line %d: %w", line, kafkaError(p.topic, err))
}
