package kafka_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"maru/kafka"
)

// TestReaderAddedAgain: a partition that is removed and added elsewhere gives
// nothing of the fetch that was under way before.
func TestReaderAddedAgain(t *testing.T) {
	_, addr := cluster(t, kfake.SeedTopics(1, "again"))
	c := client(t, addr)
	fill(t, c, "again", 0, 0, 100)
	r := reader(t, c, kafka.ReaderConfig{Topic: "again", From: map[int32]int64{0: 0}, MaxWait: 20 * time.Second})
	until(t, r, 100)
	// The prefetch that waits at 100 is answered with what comes now.
	fill(t, c, "again", 0, 100, 100)
	for range 20 { // round trips, in which the answer arrives
		if _, err := c.Offsets(background(t), "again", -1); err != nil {
			t.Fatal(err)
		}
	}
	r.Remove(0)
	r.Add(0, 50)
	chunks, err := poll(t, r)
	if err != nil {
		t.Fatal(err)
	}
	it := kafka.NewIter(chunks[0].Raw, chunks[0].From)
	var rec kafka.Record
	if !it.Next(&rec) || rec.Offset != 50 {
		t.Fatalf("the first record after Add(0, 50) is at %d", rec.Offset)
	}
}
