//go:build peer

package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru/broker"
)

const linesEach = 300

func numbered(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s %d %s", prefix, i, strings.Repeat("v", i%150))
	}
	return out
}

// TestClients: what each client produces, under each compression, all of them
// consume as members of a group; then the group has nothing left to read.
func TestClients(t *testing.T) {
	s := serve(t, broker.Config{Dir: t.TempDir()})
	const topic = "clients"
	s.topic(t, topic, 3)
	var want []string
	for _, c := range clients() {
		for _, codec := range c.codecs {
			t.Run("produce/"+c.name+"/"+codec, func(t *testing.T) {
				c.need(t)
				lines := numbered(strings.ReplaceAll(c.name, " ", "-")+"-"+codec, linesEach)
				c.produce(t, s.Addr(), topic, codec, lines)
				want = append(want, lines...)
			})
		}
	}
	slices.Sort(want)
	for _, c := range clients() {
		t.Run("consume/"+c.name, func(t *testing.T) {
			c.need(t)
			got := c.consume(t, s.Addr(), topic, c.name, len(want))
			slices.Sort(got)
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%d lines produced, %d consumed:\n%.2000s", len(want), len(got), d)
			}
			wantNothingLeft(t, s, topic, c.name)
		})
	}
}

func wantNothingLeft(t *testing.T, s *server, topic, group string) {
	t.Helper()
	lags, err := s.admin(t).Lag(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lags[group].Lag[topic] {
		if l.Err != nil || l.Lag != 0 {
			t.Errorf("group %s, partition %d: %d records left: %v", group, l.Partition, l.Lag, l.Err)
		}
	}
}

// TestGroup: members of one group, each a process of its own, share a topic's
// partitions: every record goes to exactly one of them.
func TestGroup(t *testing.T) {
	for _, c := range clients() {
		t.Run(c.name, func(t *testing.T) {
			c.need(t)
			s := serve(t, broker.Config{Dir: t.TempDir(), RebalanceDelay: 0})
			const topic, members = "shared", 2
			s.topic(t, topic, 4)
			want := numbered("shared", linesEach)
			var wg sync.WaitGroup
			got := make([][]string, members)
			for i := range members {
				wg.Go(func() { got[i] = c.member(t, s.Addr(), topic, "team") })
			}
			waitForMembers(t, s, "team", members)
			kcat().produce(t, s.Addr(), topic, "none", want)
			wg.Wait()
			all := slices.Concat(got...)
			slices.Sort(all)
			slices.Sort(want)
			if d := cmp.Diff(want, all); d != "" {
				t.Fatalf("%d lines produced, the members got %d and %d:\n%.2000s", len(want), len(got[0]), len(got[1]), d)
			}
		})
	}
}

// TestDamage: one bit of a batch turns over on the disk while the broker is
// down. Every client gets all records but that batch's, in the middle of the
// log and at its very end.
func TestDamage(t *testing.T) {
	for _, place := range []string{"middle", "end"} {
		for _, c := range clients() {
			t.Run(place+"/"+c.name, func(t *testing.T) {
				c.need(t)
				damaged(t, c, place)
			})
		}
	}
}

func damaged(t *testing.T, c client, place string) {
	dir := t.TempDir()
	s := serve(t, broker.Config{Dir: dir})
	const topic, batches, each = "damaged", 60, 5
	s.topic(t, topic, 1)
	want := numbered("kept", batches*each)
	starts := produceBatches(t, s, topic, want, each)
	s.stop()
	hit := batches / 2
	if place == "end" {
		hit = batches - 1
	}
	flip(t, dir, starts[hit]+70) // behind the header: only the checksum tells
	want = slices.Delete(want, hit*each, (hit+1)*each)

	s = serve(t, broker.Config{Dir: dir})
	got := c.consume(t, s.Addr(), topic, "reader", len(want))
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("%.2000s", d)
	}
	if n := s.Stats().Storage.Damaged; n != 1 {
		t.Errorf("%d damaged stretches", n)
	}
	// What is appended behind the damage is read, too.
	kcat().produce(t, s.Addr(), topic, "none", []string{"after"})
	if got := c.consume(t, s.Addr(), topic, "reader", 1); !slices.Equal(got, []string{"after"}) {
		t.Errorf("then came %q", got)
	}
}

// produceBatches sends lines in batches of so many, and says where in the
// segment each batch begins.
func produceBatches(t *testing.T, s *server, topic string, lines []string, each int) (starts []int64) {
	t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(s.Addr()), kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for batch := range slices.Chunk(lines, each) {
		starts = append(starts, s.Stats().Storage.Bytes)
		var rs []*kgo.Record
		for _, l := range batch {
			rs = append(rs, kgo.StringRecord(l))
		}
		if err := c.ProduceSync(t.Context(), rs...).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	return starts
}

// flip turns one bit of the only segment over.
func flip(t *testing.T, dir string, at int64) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "topics", "*", "0", "*.log"))
	if err != nil || len(files) != 1 {
		t.Fatalf("segments %v %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 4
	if err := os.WriteFile(files[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestKgo runs the tests of franz-go's client against our broker.
func TestKgo(t *testing.T) {
	s := serve(t, broker.Config{Dir: t.TempDir(), Durability: broker.OS})
	for _, line := range do(t, nil, "./kgo.sh", s.Addr()) {
		t.Log(line)
	}
}
