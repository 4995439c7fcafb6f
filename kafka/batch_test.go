package kafka_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru"
	"maru/kafka"
)

type row struct {
	Offset, Ts int64
	Key, Value []byte
	Headers    []kafka.Header
}

func walk(it *kafka.Iter) (out []row) {
	var r kafka.Record
	for it.Next(&r) {
		w := row{Offset: r.Offset, Ts: r.TimestampMs, Key: r.Key, Value: r.Value}
		r.EachHeader(func(k string, v []byte) bool {
			w.Headers = append(w.Headers, kafka.Header{Key: k, Value: v})
			return true
		})
		out = append(out, w)
	}
	return out
}

var samples = []row{
	{0, 1700000000000, nil, []byte("first"), nil},
	{1, 1600000000000, []byte("k"), nil, nil}, // earlier than the first: a negative delta
	{2, 1700000000900, []byte{}, []byte{}, []kafka.Header{{"h", nil}, {"", []byte("v")}, {"h", []byte("last")}}},
	{3, 1700000000901, []byte("key"), bytes.Repeat([]byte("x"), 70000), []kafka.Header{{"a", []byte{}}}},
}

func sampleBuilder(c kafka.Compression) *kafka.Builder {
	b := &kafka.Builder{Compression: c}
	for _, s := range samples {
		b.Add(s.Ts, s.Key, s.Value, s.Headers...)
	}
	return b
}

func finish(t testing.TB, b *kafka.Builder, extra ...kafka.Header) []byte {
	t.Helper()
	raw, err := b.AppendBatch(nil, extra...)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestBuilder(t *testing.T) {
	for _, c := range []kafka.Compression{kafka.Uncompressed, kafka.LZ4, kafka.Zstd} {
		t.Run(fmt.Sprintf("compression %d reads back the same", c), func(t *testing.T) {
			it := kafka.NewIter(finish(t, sampleBuilder(c)), 0)
			if d := cmp.Diff(samples, walk(it)); d != "" || it.Err() != nil {
				t.Fatal(d, it.Err())
			}
			if it.NextOffset() != 4 {
				t.Fatalf("next offset %d", it.NextOffset())
			}
		})
		t.Run(fmt.Sprintf("compression %d adds headers to the last record", c), func(t *testing.T) {
			extra := []kafka.Header{{"p", bytes.Repeat([]byte("q"), 200)}, {"z", nil}}
			want := append([]row{}, samples...)
			want[3].Headers = append(append([]kafka.Header{}, want[3].Headers...), extra...)
			it := kafka.NewIter(finish(t, sampleBuilder(c), extra...), 0)
			if d := cmp.Diff(want, walk(it)); d != "" || it.Err() != nil {
				t.Fatal(d, it.Err())
			}
		})
	}
	t.Run("many headers grow the header count's own length", func(t *testing.T) {
		var hs []kafka.Header
		for i := range 63 {
			hs = append(hs, kafka.Header{Key: fmt.Sprint(i), Value: []byte("v")})
		}
		var b kafka.Builder
		b.Add(1, nil, []byte("v"), hs...)
		got := walk(kafka.NewIter(finish(t, &b, kafka.Header{Key: "one more", Value: []byte("x")}), 0))
		if len(got) != 1 || len(got[0].Headers) != 64 || got[0].Headers[63].Key != "one more" {
			t.Fatalf("%+v", got)
		}
	})
	t.Run("kmsg reads the header as we wrote it", func(t *testing.T) {
		raw := finish(t, sampleBuilder(kafka.Uncompressed))
		var b kmsg.RecordBatch
		if err := b.ReadFrom(raw); err != nil {
			t.Fatal(err)
		}
		if b.Magic != 2 || int(b.Length) != len(raw)-12 || b.LastOffsetDelta != 3 || b.NumRecords != 4 ||
			b.FirstTimestamp != samples[0].Ts || b.MaxTimestamp != samples[3].Ts || b.ProducerID != -1 || b.FirstSequence != -1 {
			t.Fatalf("%+v", b)
		}
	})
	t.Run("reset begins anew and keeps nothing", func(t *testing.T) {
		b := sampleBuilder(kafka.Uncompressed)
		b.Reset()
		if b.Count() != 0 || b.Len() != kafka.BatchHeaderSize {
			t.Fatal(b.Count(), b.Len())
		}
		if _, err := b.AppendBatch(nil); maru.KindOf(err) != maru.Invalid {
			t.Fatal(err)
		}
		b.Add(5, nil, []byte("again"))
		if d := cmp.Diff([]row{{0, 5, nil, []byte("again"), nil}}, walk(kafka.NewIter(finish(t, b), 0))); d != "" {
			t.Fatal(d)
		}
	})
}

// at moves a finished batch to a base offset, which the checksum does not cover.
func at(raw []byte, base byte) []byte {
	raw = bytes.Clone(raw)
	raw[7] = base
	return raw
}

// oneAndThree is a batch of four records, and three of them at 0, 10 and 20.
func oneAndThree(t *testing.T) (one, three []byte) {
	one = finish(t, sampleBuilder(kafka.Uncompressed))
	return one, bytes.Join([][]byte{at(one, 0), at(one, 10), at(one, 20)}, nil)
}

func TestIter(t *testing.T) {
	_, three := oneAndThree(t)
	t.Run("begins in the middle of a batch", func(t *testing.T) {
		it := kafka.NewIter(three, 12)
		got := walk(it)
		if len(got) != 6 || got[0].Offset != 12 || it.NextOffset() != 24 || it.Err() != nil {
			t.Fatalf("%d records from %d, next %d, %v", len(got), got[0].Offset, it.NextOffset(), it.Err())
		}
	})
	t.Run("next offset follows each record", func(t *testing.T) {
		it := kafka.NewIter(three, 0)
		var r kafka.Record
		for _, want := range []int64{1, 2, 3, 4, 11} {
			if !it.Next(&r) || it.NextOffset() != want {
				t.Fatalf("at %d: next %d, want %d", r.Offset, it.NextOffset(), want)
			}
		}
	})
}

func TestIterBroken(t *testing.T) {
	one, three := oneAndThree(t)
	t.Run("a last batch that is cut short ends the walk at any byte", func(t *testing.T) {
		for cut := range len(one) {
			it := kafka.NewIter(three[:2*len(one)+cut], 0)
			if got := walk(it); len(got) != 8 || it.Err() != nil || it.NextOffset() != 14 {
				t.Fatalf("cut %d: %d records, next %d, %v", cut, len(got), it.NextOffset(), it.Err())
			}
		}
	})
	t.Run("one flipped bit costs that batch only and says so", func(t *testing.T) {
		bad := bytes.Clone(three)
		bad[len(one)+70] ^= 4
		it := kafka.NewIter(bad, 0)
		if got := walk(it); len(got) != 4 || maru.KindOf(it.Err()) != maru.Corrupt {
			t.Fatal(len(got), it.Err())
		}
		if !it.SkipCorrupt() {
			t.Fatal("cannot skip")
		}
		if got := walk(it); len(got) != 4 || got[0].Offset != 20 || it.Err() != nil {
			t.Fatal(got, it.Err())
		}
	})
}

func TestIterKinds(t *testing.T) {
	one, _ := oneAndThree(t)
	t.Run("control batches are passed over", func(t *testing.T) {
		control := resum(one, func(b []byte) { b[22] |= 0x20 })
		it := kafka.NewIter(append(bytes.Clone(control), at(one, 10)...), 0)
		if got := walk(it); len(got) != 4 || got[0].Offset != 10 || it.Err() != nil {
			t.Fatal(len(got), it.Err())
		}
		it = kafka.NewIter(control, 0)
		if got := walk(it); len(got) != 0 || it.NextOffset() != 4 {
			t.Fatal(len(got), it.NextOffset())
		}
	})
	t.Run("log append time counts for every record", func(t *testing.T) {
		got := walk(kafka.NewIter(resum(one, func(b []byte) { b[22] |= 0x08 }), 0))
		for _, r := range got {
			if r.Ts != samples[3].Ts {
				t.Fatalf("offset %d has %d", r.Offset, r.Ts)
			}
		}
	})
	t.Run("a compacted batch has holes and keeps its end", func(t *testing.T) {
		it := kafka.NewIter(resum(one, func(b []byte) { b[26] = 9 }), 0)
		if got := walk(it); len(got) != 4 || it.NextOffset() != 10 {
			t.Fatal(len(got), it.NextOffset())
		}
	})
}

func TestIterLength(t *testing.T) {
	one, _ := oneAndThree(t)
	t.Run("a length that cannot be is corrupt", func(t *testing.T) {
		bad := bytes.Clone(one)
		copy(bad[8:], []byte{0xff, 0xff, 0xff, 0xff})
		it := kafka.NewIter(bad, 0)
		if got := walk(it); len(got) != 0 || maru.KindOf(it.Err()) != maru.Corrupt || it.SkipCorrupt() {
			t.Fatal(got, it.Err())
		}
	})
}

func TestIterCodecs(t *testing.T) {
	one, _ := oneAndThree(t)
	t.Run("every codec of Kafka", func(t *testing.T) {
		for _, codec := range []kgo.CompressionCodec{kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()} {
			c, err := kgo.DefaultCompressor(codec)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			packed, id := c.Compress(&out, one[kafka.BatchHeaderSize:])
			raw := append(bytes.Clone(one[:kafka.BatchHeaderSize]), packed...)
			raw = resum(raw, func(b []byte) { b[22] |= byte(id); putLength(b) })
			it := kafka.NewIter(raw, 0)
			if d := cmp.Diff(samples, walk(it)); d != "" || it.Err() != nil || id == 0 {
				t.Fatal(id, d, it.Err())
			}
		}
	})
	t.Run("garbage under a codec is corrupt", func(t *testing.T) {
		for codec := byte(1); codec < 8; codec++ {
			it := kafka.NewIter(resum(one, func(b []byte) { b[22] |= codec }), 0)
			if got := walk(it); len(got) != 0 || maru.KindOf(it.Err()) != maru.Corrupt {
				t.Fatal(codec, len(got), it.Err())
			}
		}
	})
}
