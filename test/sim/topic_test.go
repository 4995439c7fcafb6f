package sim

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// topicWithin bounds the reading of one topic, after its last record that came.
const topicWithin = time.Minute

// ends gives the end offset of each partition of a topic.
func ends(ctx context.Context, bootstrap, topic string) (map[int32]int64, error) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(bootstrap))
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	listed, err := kadm.NewClient(cl).ListEndOffsets(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := map[int32]int64{}
	var bad error
	listed.Each(func(o kadm.ListedOffset) {
		if o.Err != nil {
			bad = fmt.Errorf("end of %s/%d: %w", o.Topic, o.Partition, o.Err)
		}
		out[o.Partition] = o.Offset
	})
	return out, bad
}

// count is how many records a topic of ours holds: nothing was deleted.
func count(bootstrap, topic string) (int64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	all, err := ends(ctx, bootstrap, topic)
	var sum int64
	for _, n := range all {
		sum += n
	}
	return sum, err
}

// records calls each with every record of a topic, as another client reads it.
func records(t testing.TB, bootstrap, topic string, each func(*kgo.Record)) {
	t.Helper()
	left, err := ends(t.Context(), bootstrap, topic)
	if err != nil {
		t.Fatal(err)
	}
	from := map[int32]kgo.Offset{}
	for p, end := range left {
		if end == 0 {
			delete(left, p)
			continue
		}
		from[p] = kgo.NewOffset().At(0)
	}
	if len(left) == 0 {
		return
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for len(left) > 0 {
		fetched := poll(t, cl)
		if err := fetched.Err(); err != nil {
			t.Fatalf("read topic %s, ends left %v: %v", topic, left, err)
		}
		fetched.EachRecord(func(r *kgo.Record) {
			each(r)
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		})
	}
}

func poll(t testing.TB, cl *kgo.Client) kgo.Fetches {
	ctx, cancel := context.WithTimeout(t.Context(), topicWithin)
	defer cancel()
	return cl.PollFetches(ctx)
}

// difference says in words how got is not want: what is lost, what is there
// twice, and where the order breaks first. "" when they are the same.
func difference(want, got []uint64) string {
	if slices.Equal(want, got) {
		return ""
	}
	times := map[uint64]int{}
	for _, h := range want {
		times[h]++
	}
	for _, h := range got {
		times[h]--
	}
	lost, more := 0, 0
	for _, n := range times {
		lost += max(n, 0)
		more += max(-n, 0)
	}
	at := 0
	for at < len(want) && at < len(got) && want[at] == got[at] {
		at++
	}
	return fmt.Sprintf("%d rows want to be there, %d are: %d lost, %d too many; the first %d are the same", len(want), len(got), lost, more, at)
}
