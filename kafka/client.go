package kafka

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru"
)

const (
	// topicVisibleWithin bounds how long EnsureTopic waits for a topic that it
	// made to be known, with leaders, to the broker that answers metadata.
	topicVisibleWithin = 15 * time.Second
	// requestOverhead is how long a broker may take over what it was given to
	// wait, before the connection counts as lost.
	requestOverhead = 10 * time.Second
)

// Client speaks to one Kafka cluster. It is safe for concurrent use.
type Client struct {
	kgo      *kgo.Client
	opts     []kgo.Opt
	clientID string
	clock    maru.Clock
}

// Option changes how a Client is made.
type Option func(*Client)

// WithKgo passes options on to franz-go: TLS, SASL, a dialer, a logger.
func WithKgo(opts ...kgo.Opt) Option {
	return func(c *Client) { c.opts = append(c.opts, opts...) }
}

// WithClientID names this program to the broker; the default is "maru".
func WithClientID(id string) Option { return func(c *Client) { c.clientID = id } }

// WithClock lets a test decide what time it is for leases and checkpoints.
func WithClock(clock maru.Clock) Option { return func(c *Client) { c.clock = clock } }

// NewClient makes a client of the cluster at bootstrap, "host:port" or several
// with commas between. Nothing is dialed before the first request.
func NewClient(bootstrap string, opts ...Option) (*Client, error) {
	seeds := strings.FieldsFunc(bootstrap, func(r rune) bool { return r == ',' || r == ' ' })
	if len(seeds) == 0 {
		return nil, maru.Errorf(maru.Invalid, "kafka: no bootstrap address: give host:port")
	}
	c := &Client{clientID: "maru", clock: maru.SystemClock}
	c.opts = []kgo.Opt{
		kgo.SeedBrokers(seeds...),
		kgo.RequestTimeoutOverhead(requestOverhead),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.MaxDecompressBatchBytes(DecompressedMax),
		kgo.RetryBackoffFn(func(tries int) time.Duration { // from 20 ms: a broker on this machine is back soon
			d := min(retryMin<<min(tries, 10), retryMax)
			return d/2 + rand.N(d/2)
		}),
	}
	for _, o := range opts {
		o(c)
	}
	var err error
	if c.kgo, err = c.dial(c.clientID); err != nil {
		return nil, err
	}
	return c, nil
}

// dial makes connections of their own under a client id: a reader's long poll
// would hold up every other fetch on a shared one.
func (c *Client) dial(clientID string, opts ...kgo.Opt) (*kgo.Client, error) {
	all := append(slices.Clone(c.opts), kgo.ClientID(clientID))
	cl, err := kgo.NewClient(append(all, opts...)...)
	if err != nil {
		return nil, &maru.Error{Op: "kafka.NewClient", Kind: maru.Invalid, Err: err}
	}
	return cl, nil
}

// Close drops the connections. Readers and writers have their own.
func (c *Client) Close() { c.kgo.Close() }

// Kgo is the franz-go client underneath, for requests that have no method here.
func (c *Client) Kgo() *kgo.Client { return c.kgo }

// Topic is a topic as the broker knows it now.
type Topic struct {
	Name       string
	ID         [16]byte // zero when the broker is older than topic ids (2.8)
	Partitions []Partition
}

// Partition is one partition of a topic, in order of ID from 0.
type Partition struct {
	ID     int32
	Leader int32 // the broker's node id, -1 while there is none
}

// Topic describes one topic; NotFound when there is none of that name.
func (c *Client) Topic(ctx context.Context, name string) (Topic, error) {
	t, err := topicOf(ctx, c.kgo, name)
	return t, fail("kafka.Topic", err, "topic %s", name)
}

// Topics lists all topics by name, without the broker's internal ones.
func (c *Client) Topics(ctx context.Context) ([]Topic, error) {
	resp, err := kmsg.NewPtrMetadataRequest().RequestWith(ctx, c.kgo)
	if err != nil {
		return nil, fail("kafka.Topics", err, "")
	}
	var out []Topic
	for i := range resp.Topics {
		t := &resp.Topics[i]
		if t.Topic != nil && !t.IsInternal && t.ErrorCode == 0 {
			out = append(out, topicFrom(t))
		}
	}
	slices.SortFunc(out, func(a, b Topic) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// topicOf asks for one topic, without making it as a side effect.
func topicOf(ctx context.Context, cl *kgo.Client, name string) (Topic, error) {
	req := kmsg.NewPtrMetadataRequest()
	rt := kmsg.NewMetadataRequestTopic()
	rt.Topic = kmsg.StringPtr(name)
	req.Topics = append(req.Topics, rt)
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return Topic{}, err
	}
	for i := range resp.Topics {
		if t := &resp.Topics[i]; t.Topic != nil && *t.Topic == name {
			return topicFrom(t), kerr.ErrorForCode(t.ErrorCode)
		}
	}
	return Topic{}, kerr.UnknownTopicOrPartition
}

func topicFrom(t *kmsg.MetadataResponseTopic) Topic {
	out := Topic{Name: *t.Topic, ID: t.TopicID}
	for i := range t.Partitions {
		out.Partitions = append(out.Partitions, Partition{ID: t.Partitions[i].Partition, Leader: t.Partitions[i].Leader})
	}
	slices.SortFunc(out.Partitions, func(a, b Partition) int { return int(a.ID - b.ID) })
	return out
}

// EnsureTopic makes the topic with these partitions and configs, or gives an
// existing one more partitions; it never lowers their number nor changes the
// configs of an existing topic.
func (c *Client) EnsureTopic(ctx context.Context, name string, partitions int32, configs map[string]string) (Topic, error) {
	const op = "kafka.EnsureTopic"
	if err := maru.CheckTopicName(name); err != nil {
		return Topic{}, &maru.Error{Op: op, Kind: maru.Invalid, Err: err}
	}
	t, err := topicOf(ctx, c.kgo, name)
	adm := kadm.NewClient(c.kgo)
	switch {
	case errors.Is(err, kerr.UnknownTopicOrPartition):
		if err := c.create(ctx, op, name, partitions, configs); err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return Topic{}, err
		}
	case err != nil:
		return Topic{}, fail(op, err, "topic %s", name)
	}
	if t, err = c.visible(ctx, name, 1); err != nil || len(t.Partitions) >= int(partitions) {
		return t, fail(op, err, "topic %s was made and is not seen yet", name)
	}
	rs, err := adm.UpdatePartitions(ctx, int(partitions), name)
	if err == nil {
		err = rs[name].Err
	}
	if err != nil && !errors.Is(err, kerr.InvalidPartitions) { // somebody else raised it further
		return t, fail(op, err, "raise topic %s to %d partitions%s", name, partitions, note(rs[name].ErrMessage))
	}
	t, err = c.visible(ctx, name, int(partitions))
	return t, fail(op, err, "topic %s was raised to %d partitions, which are not seen yet", name, partitions)
}

// create asks for a topic.
func (c *Client) create(ctx context.Context, op, name string, partitions int32, configs map[string]string) error {
	set := make(map[string]*string, len(configs))
	for k, v := range configs {
		set[k] = &v
	}
	resp, err := kadm.NewClient(c.kgo).CreateTopic(ctx, partitions, -1, set, name)
	return fail(op, err, "create topic %s with %d partitions%s", name, partitions, note(resp.ErrMessage))
}

func note(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// visible waits until the topic is known with that many partitions, all led.
func (c *Client) visible(ctx context.Context, name string, partitions int) (Topic, error) {
	ctx, cancel := context.WithTimeout(ctx, topicVisibleWithin)
	defer cancel()
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 500*time.Millisecond) {
		t, err := topicOf(ctx, c.kgo, name)
		if err == nil && len(t.Partitions) >= partitions && t.led() {
			return t, nil
		}
		if err != nil && !transient(err) {
			return t, err
		}
		if pause(ctx, wait) != nil {
			return t, maru.Errorf(maru.Unavailable, "the broker shows %d of %d partitions with a leader", len(t.Partitions), partitions)
		}
	}
}

func (t *Topic) led() bool {
	for _, p := range t.Partitions {
		if p.Leader < 0 {
			return false
		}
	}
	return true
}

// Offsets lists an offset for each partition of a topic: its end (at = -1),
// its start (at = -2), or that of the first record whose timestamp is at or
// after at milliseconds – the end when there is none.
func (c *Client) Offsets(ctx context.Context, topic string, at int64) (map[int32]int64, error) {
	const op = "kafka.Offsets"
	adm := kadm.NewClient(c.kgo)
	var listed kadm.ListedOffsets
	var err error
	switch {
	case at == -1:
		listed, err = adm.ListEndOffsets(ctx, topic)
	case at == -2:
		listed, err = adm.ListStartOffsets(ctx, topic)
	case at >= 0:
		listed, err = adm.ListOffsetsAfterMilli(ctx, at, topic)
	default:
		return nil, maru.Errorf(maru.Invalid, "kafka.Offsets: %d is not a time: use -1 (end), -2 (start) or milliseconds since 1970", at)
	}
	if err != nil {
		return nil, fail(op, err, "topic %s", topic)
	}
	out := make(map[int32]int64, len(listed[topic]))
	for p, o := range listed[topic] {
		if o.Err != nil {
			return nil, fail(op, o.Err, "topic %s partition %d", topic, p)
		}
		out[p] = o.Offset
	}
	if len(out) == 0 {
		return nil, fail(op, kerr.UnknownTopicOrPartition, "topic %s", topic)
	}
	return out, nil
}

// CommitOffsets records offsets for a group without being its member: a
// report for lag tools, never what a stream goes on from.
func (c *Client) CommitOffsets(ctx context.Context, group, topic string, offsets map[int32]int64) error {
	var os kadm.Offsets
	for p, o := range offsets {
		os.AddOffset(topic, p, o, -1)
	}
	rs, err := kadm.NewClient(c.kgo).CommitOffsets(ctx, group, os)
	if err == nil {
		err = rs.Error()
	}
	return fail("kafka.CommitOffsets", err, "group %s topic %s", group, topic)
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
