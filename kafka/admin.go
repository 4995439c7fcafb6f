package kafka

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru"
)

// PartitionInfo is how much of a partition there is.
type PartitionInfo struct {
	ID         int32
	Start, End int64
	Bytes      int64 // on disk; 0 when the broker does not tell
}

// Overview gives the partitions of topics, of all of them when none is named.
func (c *Client) Overview(ctx context.Context, topics ...string) (map[string][]PartitionInfo, error) {
	const op = "kafka.Overview"
	adm := kadm.NewClient(c.kgo)
	starts, err := adm.ListStartOffsets(ctx, topics...)
	if err != nil && !justDeleted(err, topics) {
		return nil, fail(op, err, "")
	}
	ends, err := adm.ListEndOffsets(ctx, topics...)
	if err != nil && !justDeleted(err, topics) {
		return nil, fail(op, err, "")
	}
	var wanted kadm.TopicsSet // nil: all
	for topic, ps := range ends {
		if len(topics) > 0 {
			for p := range ps {
				wanted.Add(topic, p)
			}
		}
	}
	sizes := map[string]map[int32]int64{}
	if dirs, err := adm.DescribeAllLogDirs(ctx, wanted); err == nil { // a broker may refuse to tell
		for _, of := range dirs {
			of.EachPartition(func(d kadm.DescribedLogDirPartition) {
				if sizes[d.Topic] == nil {
					sizes[d.Topic] = map[int32]int64{}
				}
				sizes[d.Topic][d.Partition] = max(sizes[d.Topic][d.Partition], d.Size)
			})
		}
	}
	out := map[string][]PartitionInfo{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Err != nil {
			return
		}
		start, _ := starts.Lookup(o.Topic, o.Partition)
		out[o.Topic] = append(out[o.Topic], PartitionInfo{ID: o.Partition, Start: max(start.Offset, 0), End: o.Offset, Bytes: sizes[o.Topic][o.Partition]})
	})
	for _, ps := range out {
		slices.SortFunc(ps, func(a, b PartitionInfo) int { return int(a.ID - b.ID) })
	}
	return out, nil
}

// justDeleted says whether err, of a question about all topics, is only that
// some have gone since the client last heard which there are: the answer has
// the others.
func justDeleted(err error, named []string) bool {
	var shards *kadm.ShardErrors
	if len(named) > 0 || !errors.As(err, &shards) {
		return false
	}
	return !slices.ContainsFunc(shards.Errs, func(s kadm.ShardError) bool { return !errors.Is(s.Err, kerr.UnknownTopicOrPartition) })
}

// Configs gives some configs of topics, by topic and key.
func (c *Client) Configs(ctx context.Context, keys []string, topics ...string) (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	if len(topics) == 0 {
		return out, nil
	}
	all, err := kadm.NewClient(c.kgo).DescribeTopicConfigs(ctx, topics...)
	if err != nil {
		return nil, fail("kafka.Configs", err, "")
	}
	for _, rc := range all {
		got := map[string]string{}
		for _, kv := range rc.Configs {
			if slices.Contains(keys, kv.Key) && kv.Value != nil {
				got[kv.Key] = *kv.Value
			}
		}
		out[rc.Name] = got
	}
	return out, nil
}

// CreateTopic makes a topic; maru.Conflict when there is one of that name.
func (c *Client) CreateTopic(ctx context.Context, name string, partitions int32, configs map[string]string) error {
	const op = "kafka.CreateTopic"
	if err := maru.CheckTopicName(name); err != nil {
		return &maru.Error{Op: op, Kind: maru.Invalid, Err: err}
	}
	err := c.create(ctx, op, name, partitions, configs)
	if errors.Is(err, kerr.TopicAlreadyExists) {
		return maru.Errorf(maru.Conflict, "there is a topic %s already", name)
	}
	if err != nil {
		return err
	}
	_, err = c.visible(ctx, name, int(partitions))
	return fail(op, err, "topic %s was made and is not seen yet", name)
}

// SetConfigs changes configs of a topic and leaves its others.
func (c *Client) SetConfigs(ctx context.Context, topic string, configs map[string]string) error {
	var list []kadm.AlterConfig
	for k, v := range configs {
		list = append(list, kadm.AlterConfig{Op: kadm.SetConfig, Name: k, Value: &v})
	}
	resp, err := kadm.NewClient(c.kgo).AlterTopicConfigs(ctx, list, topic)
	text := ""
	if err == nil {
		one, oerr := resp.On(topic, nil)
		err, text = errors.Join(oerr, one.Err), one.ErrMessage
	}
	return fail("kafka.SetConfigs", err, "change topic %s%s", topic, note(text))
}

// AddPartitions raises the number of a topic's partitions.
func (c *Client) AddPartitions(ctx context.Context, topic string, to int) error {
	rs, err := kadm.NewClient(c.kgo).UpdatePartitions(ctx, to, topic)
	if err == nil {
		err = rs[topic].Err
	}
	return fail("kafka.AddPartitions", err, "raise topic %s to %d partitions%s", topic, to, note(rs[topic].ErrMessage))
}

// DeleteTopic deletes a topic with all its records.
func (c *Client) DeleteTopic(ctx context.Context, topic string) error {
	_, err := kadm.NewClient(c.kgo).DeleteTopic(ctx, topic)
	return fail("kafka.DeleteTopic", err, "topic %s", topic)
}

// NewRecord is one to be produced. Partition -1 leaves the choice to the key.
type NewRecord struct {
	Topic      string
	Partition  int32
	Key, Value []byte
	Headers    []Header
}

// Produce appends one record and gives its place.
func (c *Client) Produce(ctx context.Context, r NewRecord) (partition int32, offset int64, err error) {
	var opts []kgo.Opt
	if r.Partition >= 0 {
		opts = append(opts, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	}
	cl, err := c.dial(c.clientID, opts...)
	if err != nil {
		return 0, 0, err
	}
	defer cl.Close()
	rec := &kgo.Record{Topic: r.Topic, Partition: max(r.Partition, 0), Key: r.Key, Value: r.Value}
	for _, h := range r.Headers {
		rec.Headers = append(rec.Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
	}
	got, err := cl.ProduceSync(ctx, rec).First()
	if err != nil {
		return 0, 0, fail("kafka.Produce", err, "topic %s", r.Topic)
	}
	return got.Partition, got.Offset, nil
}

// Group is a consumer group.
type Group struct {
	ID       string
	State    string // Empty, Stable, …
	Protocol string // how partitions are assigned
	Members  []Member
	Offsets  []GroupOffset // by topic and partition
}

// Member is one of a group.
type Member struct {
	ID, Client, Host string
	Assigned         map[string][]int32
}

// GroupOffset is how far a group is in a partition. Committed is -1 when it
// has committed nothing there.
type GroupOffset struct {
	Topic      string
	Partition  int32
	Start, End int64
	Committed  int64
	Lag        int64
	Member     string // "" for none
}

// Lag of a group over all its partitions.
func (g Group) Lag() (n int64) {
	for _, o := range g.Offsets {
		n += max(o.Lag, 0)
	}
	return n
}

// Groups gives the groups of these names with their lags, all when none is
// named; maru.NotFound for one that is named and not there.
func (c *Client) Groups(ctx context.Context, ids ...string) ([]Group, error) {
	const op = "kafka.Groups"
	adm := kadm.NewClient(c.kgo)
	if len(ids) == 0 {
		listed, err := adm.ListGroups(ctx)
		if err != nil {
			return nil, fail(op, err, "")
		}
		if ids = listed.Groups(); len(ids) == 0 {
			return nil, nil
		}
	}
	lags, err := adm.Lag(ctx, ids...)
	if err != nil && len(lags) == 0 {
		return nil, fail(op, err, "")
	}
	var out []Group
	for _, l := range lags.Sorted() {
		if l.State == "Dead" {
			if len(ids) == 1 {
				return nil, maru.Errorf(maru.NotFound, "there is no group %s", l.Group)
			}
			continue
		}
		out = append(out, groupFrom(l))
	}
	return out, nil
}

func groupFrom(l kadm.DescribedGroupLag) Group {
	g := Group{ID: l.Group, State: l.State, Protocol: l.Protocol}
	for _, m := range l.Members {
		one := Member{ID: m.MemberID, Client: m.ClientID, Host: strings.TrimPrefix(m.ClientHost, "/"), Assigned: map[string][]int32{}}
		if a, ok := m.Assigned.AsConsumer(); ok {
			for _, t := range a.Topics {
				one.Assigned[t.Topic] = t.Partitions
			}
		}
		g.Members = append(g.Members, one)
	}
	for _, s := range l.Lag.Sorted() {
		o := GroupOffset{Topic: s.Topic, Partition: s.Partition, Start: max(s.Start.Offset, 0), End: s.End.Offset, Committed: s.Commit.At, Lag: max(s.Lag, 0)}
		if s.Member != nil {
			o.Member = s.Member.MemberID
		}
		g.Offsets = append(g.Offsets, o)
	}
	return g
}

// SetOffsets commits offsets of a group that nobody is a member of now;
// maru.Conflict while it has members.
func (c *Client) SetOffsets(ctx context.Context, group string, offsets map[string]map[int32]int64) error {
	set := kadm.Offsets{}
	for topic, ps := range offsets {
		for p, at := range ps {
			set.Add(kadm.Offset{Topic: topic, Partition: p, At: at, LeaderEpoch: -1})
		}
	}
	err := kadm.NewClient(c.kgo).CommitAllOffsets(ctx, group, set)
	if errors.Is(err, kerr.UnknownMemberID) || errors.Is(err, kerr.RebalanceInProgress) {
		return maru.Errorf(maru.Conflict, "group %s has members now: stop its consumers first", group)
	}
	return fail("kafka.SetOffsets", err, "group %s", group)
}

// Message is a record that was read one by one, with memory of its own.
type Message struct {
	Partition  int32
	Offset     int64
	At         time.Time
	Key, Value []byte // nil: null
	Headers    []Header
}

// Read gives the records of a partition from an offset up to another, at most
// bytesMax of keys and values; it ends early when f returns false.
func (c *Client) Read(ctx context.Context, topic string, partition int32, from, to, bytesMax int64, f func(Message) bool) error {
	if from >= to {
		return nil
	}
	r, err := c.NewReader(ctx, ReaderConfig{Topic: topic, From: map[int32]int64{partition: from}, NoPrefetch: true, MaxWait: readWait, MaxBytes: readBytes})
	if err != nil {
		return err
	}
	defer r.Close()
	for at := from; at < to; {
		chunks, err := r.Poll(ctx)
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		for i := range chunks {
			more, err := each(&chunks[i], to, &bytesMax, f)
			if err != nil || !more {
				return err
			}
			at = chunks[i].NextOffset
		}
		if len(chunks) == 0 && r.AtEnd(partition) {
			return nil
		}
	}
	return nil
}

const (
	readWait  = 100 * time.Millisecond
	readBytes = 1 << 20
)

func each(c *Chunk, to int64, bytesMax *int64, f func(Message) bool) (more bool, err error) {
	it := NewIter(c.Raw, c.From)
	var rec Record
	for it.Next(&rec) {
		if rec.Offset >= to {
			return false, nil
		}
		m := Message{Partition: c.Partition, Offset: rec.Offset, At: time.UnixMilli(rec.TimestampMs).UTC(), Key: slices.Clone(rec.Key), Value: slices.Clone(rec.Value)}
		rec.EachHeader(func(key string, value []byte) bool {
			m.Headers = append(m.Headers, Header{Key: strings.Clone(key), Value: slices.Clone(value)})
			return true
		})
		*bytesMax -= int64(len(m.Key) + len(m.Value))
		if !f(m) || *bytesMax < 0 {
			return false, nil
		}
	}
	return true, it.Err()
}
