package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// member is one consumer of a group, with what it has been given.
type member struct {
	*kgo.Client
	mu    sync.Mutex
	parts map[int32]bool
}

func (m *member) owns() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.parts)
}

func join(t *testing.T, b *running, group string, opts ...kgo.Opt) *member {
	t.Helper()
	m := &member{parts: map[int32]bool{}}
	change := func(own bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, ps map[string][]int32) {
			m.mu.Lock()
			defer m.mu.Unlock()
			for _, p := range ps["a"] {
				if m.parts[p] = own; !own {
					delete(m.parts, p)
				}
			}
		}
	}
	m.Client = b.client(t, append([]kgo.Opt{kgo.ConsumeTopics("a"), kgo.ConsumerGroup(group), kgo.HeartbeatInterval(50 * time.Millisecond),
		kgo.OnPartitionsAssigned(change(true)), kgo.OnPartitionsRevoked(change(false)), kgo.OnPartitionsLost(change(false))}, opts...)...)
	return m
}

func TestGroup(t *testing.T) {
	for _, tc := range []struct {
		name     string
		balancer kgo.GroupBalancer
	}{
		{"range", kgo.RangeBalancer()}, {"sticky", kgo.StickyBalancer()}, {"cooperative", kgo.CooperativeStickyBalancer()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := begin(t, Config{})
			b.topic(t, "a", 6)
			opt := kgo.Balancers(tc.balancer)
			ms := []*member{join(t, b, "g", opt)}
			eventually(t, "one member has all", func() bool { return ms[0].owns() == 6 })
			ms = append(ms, join(t, b, "g", opt), join(t, b, "g", opt))
			eventually(t, "three members share", func() bool { return ms[0].owns() == 2 && ms[1].owns() == 2 && ms[2].owns() == 2 })

			ms[1].Close()
			eventually(t, "two members share", func() bool { return ms[0].owns() == 3 && ms[2].owns() == 3 })

			p := b.client(t, kgo.DefaultProduceTopic("a"), kgo.RecordPartitioner(kgo.RoundRobinPartitioner()))
			produce(t, p, values("v", 600))
			var mu sync.Mutex
			got := map[string]int{}
			var wg sync.WaitGroup
			ctx, done := context.WithCancel(t.Context())
			for _, m := range []*member{ms[0], ms[2]} {
				wg.Go(func() {
					for ctx.Err() == nil {
						m.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
							mu.Lock()
							defer mu.Unlock()
							if got[string(r.Value)]++; len(got) == 600 {
								done()
							}
						})
					}
				})
			}
			wg.Wait()
			done()
			for v, n := range got {
				if n != 1 {
					t.Errorf("%q came %d times", v, n)
				}
			}
		})
	}
}

func TestGroupAdmin(t *testing.T) {
	b := begin(t, Config{})
	b.topic(t, "a", 2)
	adm, ctx := b.admin(t), t.Context()
	produce(t, b.client(t, kgo.DefaultProduceTopic("a")), values("v", 10))
	m := join(t, b, "g", kgo.InstanceID("i"), kgo.ClientID("me"), kgo.DisableAutoCommit())
	consume(t, m.Client, 10)
	if err := m.CommitUncommittedOffsets(ctx); err != nil {
		t.Fatal(err)
	}

	d, err := adm.DescribeGroups(ctx, "g", "nobody")
	if g := d["g"]; err != nil || g.State != "Stable" || g.ProtocolType != "consumer" || len(g.Members) != 1 || *g.Members[0].InstanceID != "i" || g.Members[0].ClientID != "me" {
		t.Errorf("describe: %+v %v", d, err)
	}
	if g := d["nobody"]; !errors.Is(g.Err, kerr.GroupIDNotFound) {
		t.Errorf("describe nobody: %+v", g)
	}
	l, err := adm.ListGroups(ctx, "Stable")
	if err != nil || len(l) != 1 || l["g"].State != "Stable" {
		t.Errorf("list: %+v %v", l, err)
	}
	if l, err = adm.ListGroups(ctx, "Empty"); err != nil || len(l) != 0 {
		t.Errorf("list of empty ones: %+v %v", l, err)
	}
	total := int64(0)
	offs, err := adm.FetchOffsets(ctx, "g")
	offs.Each(func(o kadm.OffsetResponse) { total += o.At })
	if err != nil || total != 10 {
		t.Errorf("offsets: %+v %v", offs, err)
	}
	// A group that nobody knows has no offsets and no error.
	offs, err = adm.FetchOffsetsForTopics(ctx, "unknown", "a")
	if err != nil || len(offs["a"]) != 2 || offs["a"][0].At != -1 || offs["a"][0].Err != nil {
		t.Errorf("offsets of an unknown group: %+v %v", offs, err)
	}
	if r, err := adm.DeleteOffsets(ctx, "g", kadm.TopicsSet{"a": {0: {}}}); err != nil || !errors.Is(r["a"][0], kerr.GroupSubscribedToTopic) {
		t.Errorf("delete offsets in use: %v %v", r, err)
	}
	if r, err := adm.DeleteGroups(ctx, "g"); err != nil || !errors.Is(r["g"].Err, kerr.NonEmptyGroup) {
		t.Errorf("delete a group in use: %+v %v", r, err)
	}
	if r, err := adm.LeaveGroup(ctx, kadm.LeaveGroup("g").InstanceIDs("i")); err != nil || r["i"].Err != nil {
		t.Errorf("remove a static member: %+v %v", r, err)
	}
	m.Close()
	if r, err := adm.DeleteOffsets(ctx, "g", kadm.TopicsSet{"a": {0: {}, 1: {}}}); err != nil || r["a"][0] != nil {
		t.Errorf("delete offsets: %v %v", r, err)
	}
	if r, err := adm.DeleteGroups(ctx, "g"); err != nil || r["g"].Err != nil {
		t.Errorf("delete: %+v %v", r, err)
	}
}

func TestCommit(t *testing.T) {
	b := begin(t, Config{})
	b.topic(t, "a", 1)
	adm, ctx := b.admin(t), t.Context()
	commit := func(topic, metadata string) error {
		r, err := adm.CommitOffsets(ctx, "maru-x", kadm.Offsets{topic: {0: {Topic: topic, At: 5, LeaderEpoch: -1, Metadata: metadata}}})
		if err != nil {
			return err
		}
		return r.Error()
	}
	long := fmt.Sprintf("%04096d", 7)
	if err := commit("a", long); err != nil {
		t.Errorf("4096 bytes of metadata: %v", err)
	}
	if err := commit("a", long+"x"); !errors.Is(err, kerr.OffsetMetadataTooLarge) {
		t.Errorf("4097 bytes of metadata: %v", err)
	}
	if err := commit("missing", ""); !errors.Is(err, kerr.UnknownTopicOrPartition) && !errors.Is(err, kerr.UnknownTopicID) {
		t.Errorf("missing topic: %v", err)
	}
	o, err := adm.FetchOffsets(ctx, "maru-x")
	if got := o["a"][0]; err != nil || got.At != 5 || got.Metadata != long {
		t.Errorf("fetched %+v %v", got, err)
	}
	// Deleting the topic takes its offsets along.
	if _, err := adm.DeleteTopics(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	b.topic(t, "a", 1)
	if o, err = adm.FetchOffsetsForTopics(ctx, "maru-x", "a"); err != nil || o["a"][0].At != -1 {
		t.Errorf("a new topic of the same name begins at %+v %v", o, err)
	}
}
