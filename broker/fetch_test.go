package broker

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// fetchOnce asks for partition 0 of topic by name.
func fetchOnce(t testing.TB, c *kgo.Client, topic string, change func(*kmsg.FetchRequest)) (*kmsg.FetchResponse, kmsg.FetchResponseTopicPartition) {
	t.Helper()
	req := kmsg.NewPtrFetchRequest()
	req.MaxBytes, req.MinBytes, req.ReplicaID = 1<<20, 1, -1
	p := kmsg.NewFetchRequestTopicPartition()
	p.PartitionMaxBytes, p.CurrentLeaderEpoch = 1<<20, -1
	rt := kmsg.NewFetchRequestTopic()
	rt.Topic, rt.Partitions = topic, []kmsg.FetchRequestTopicPartition{p}
	topics, err := kadm.NewClient(c).ListTopics(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	rt.TopicID = topics[topic].ID
	req.Topics = append(req.Topics, rt)
	change(req)
	resp, err := c.Broker(1).RetriableRequest(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	fr := resp.(*kmsg.FetchResponse)
	if len(fr.Topics) == 0 {
		return fr, kmsg.FetchResponseTopicPartition{}
	}
	return fr, fr.Topics[0].Partitions[0]
}

func TestFetch(t *testing.T) {
	b := begin(t, Config{})
	b.topic(t, "a", 1)
	c := b.client(t, kgo.DefaultProduceTopic("a"), kgo.ProducerBatchCompression(kgo.NoCompression()))
	for range 3 { // batches of about 50 kB
		produce(t, c, []string{strings.Repeat("x", 50_000)})
	}
	for _, tc := range []struct {
		name   string
		change func(*kmsg.FetchRequest)
		code   *kerr.Error
		bytes  [2]int
	}{
		{"all", func(*kmsg.FetchRequest) {}, nil, [2]int{150_000, 151_000}},
		{"two batches fit", func(r *kmsg.FetchRequest) { r.Topics[0].Partitions[0].PartitionMaxBytes = 110_000 }, nil, [2]int{100_000, 101_000}},
		{"none fits, one comes", func(r *kmsg.FetchRequest) { r.MaxBytes = 10 }, nil, [2]int{50_000, 51_000}},
		{"from the end", func(r *kmsg.FetchRequest) { r.Topics[0].Partitions[0].FetchOffset = 3 }, nil, [2]int{0, 0}},
		{"past the end", func(r *kmsg.FetchRequest) { r.Topics[0].Partitions[0].FetchOffset = 9 }, kerr.OffsetOutOfRange, [2]int{0, 0}},
		{"no such partition", func(r *kmsg.FetchRequest) { r.Topics[0].Partitions[0].Partition = 7 }, kerr.UnknownTopicID, [2]int{0, 0}},
		{"no such topic", func(r *kmsg.FetchRequest) { r.Topics[0].TopicID[3]++ }, kerr.UnknownTopicID, [2]int{0, 0}},
		{"a later leader", func(r *kmsg.FetchRequest) { r.Topics[0].Partitions[0].CurrentLeaderEpoch = 5 }, kerr.UnknownLeaderEpoch, [2]int{0, 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, p := fetchOnce(t, c, "a", tc.change)
			want := int16(0)
			if tc.code != nil {
				want = tc.code.Code
			}
			if tc.name == "no such partition" {
				want = kerr.UnknownTopicOrPartition.Code
			}
			if n := len(p.RecordBatches); p.ErrorCode != want || n < tc.bytes[0] || n > tc.bytes[1] {
				t.Errorf("code %d and %d bytes, want %d and %v", p.ErrorCode, n, want, tc.bytes)
			}
		})
	}
	if fr, _ := fetchOnce(t, c, "a", func(r *kmsg.FetchRequest) { r.SessionEpoch = 0 }); fr.SessionID != 0 {
		t.Errorf("session %d, want none", fr.SessionID)
	}
	fr, _ := fetchOnce(t, c, "a", func(r *kmsg.FetchRequest) { r.SessionID, r.SessionEpoch = 77, 3 })
	if fr.ErrorCode != kerr.FetchSessionIDNotFound.Code {
		t.Errorf("an unknown session gives code %d", fr.ErrorCode)
	}
}

func TestLongPoll(t *testing.T) {
	b := begin(t, Config{})
	b.topic(t, "a", 1)
	c := b.client(t, kgo.DefaultProduceTopic("a"))
	wait := func(ms int32) (time.Duration, int) {
		began := time.Now()
		_, p := fetchOnce(t, c, "a", func(r *kmsg.FetchRequest) { r.MaxWaitMillis = ms })
		return time.Since(began), len(p.RecordBatches)
	}
	if took, n := wait(200); took < 200*time.Millisecond || n != 0 {
		t.Errorf("an empty fetch took %s and brought %d bytes, want 200ms and none", took, n)
	}
	produced := make(chan error, 1)
	go func() {
		<-time.After(50 * time.Millisecond)
		produced <- c.ProduceSync(t.Context(), kgo.StringRecord("x")).FirstErr()
	}()
	if took, n := wait(30_000); took > 10*time.Second || n == 0 {
		t.Errorf("a fetch was woken after %s with %d bytes", took, n)
	}
	if err := <-produced; err != nil {
		t.Error(err)
	}
}

func TestListOffsets(t *testing.T) {
	b := begin(t, Config{})
	b.topic(t, "a", 1)
	adm := b.admin(t)
	at := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	c := b.client(t, kgo.DefaultProduceTopic("a"))
	for i, d := range []time.Duration{0, 2 * time.Minute, time.Minute} {
		r := kgo.StringRecord("x")
		r.Timestamp = at.Add(d)
		if err := c.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(i, err)
		}
	}
	check := func(name string, want int64, got kadm.ListedOffsets, err error) {
		t.Helper()
		o, ok := got.Lookup("a", 0)
		if err != nil || !ok || o.Err != nil || o.Offset != want {
			t.Errorf("%s: %+v, %v; want %d", name, o, err, want)
		}
	}
	got, err := adm.ListStartOffsets(t.Context(), "a")
	check("start", 0, got, err)
	got, err = adm.ListEndOffsets(t.Context(), "a")
	check("end", 3, got, err)
	got, err = adm.ListMaxTimestampOffsets(t.Context(), "a")
	check("max timestamp", 1, got, err)
	got, err = adm.ListOffsetsAfterMilli(t.Context(), at.Add(time.Second).UnixMilli(), "a")
	check("by time", 1, got, err)
	deleted, err := adm.DeleteRecords(t.Context(), kadm.Offsets{"a": {0: {Topic: "a", Partition: 0, At: 2}}})
	if d, ok := deleted.Lookup("a", 0); err != nil || !ok || d.LowWatermark != 2 {
		t.Errorf("delete records: %+v %v", deleted, err)
	}
	got, err = adm.ListStartOffsets(t.Context(), "a")
	check("start after delete", 2, got, err)
	deleted, err = adm.DeleteRecords(t.Context(), kadm.Offsets{"a": {0: {Topic: "a", Partition: 0, At: 9}}})
	if d, _ := deleted.Lookup("a", 0); err != nil || !errors.Is(d.Err, kerr.OffsetOutOfRange) {
		t.Errorf("delete past the end: %+v %v", deleted, err)
	}
}
