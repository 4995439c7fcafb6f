package kafka_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru/kafka"
)

// resum changes a copy of a batch and makes its checksum fit again.
func resum(raw []byte, change func([]byte)) []byte {
	raw = bytes.Clone(raw)
	change(raw)
	binary.BigEndian.PutUint32(raw[17:], crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli)))
	return raw
}

func putLength(b []byte) { binary.BigEndian.PutUint32(b[8:], uint32(len(b)-12)) }

// FuzzIter: whatever the bytes, Iter ends without a panic; and every batch that
// it reads without an error reads the same with kmsg.
func FuzzIter(f *testing.F) {
	one, _ := sampleBuilder(kafka.Uncompressed).AppendBatch(nil)
	small := &kafka.Builder{}
	small.Add(7, []byte("k"), []byte("v"), kafka.Header{Key: "h", Value: []byte("x")})
	small.Add(9, nil, []byte("w"))
	two, _ := small.AppendBatch(nil)
	small.Compression = kafka.Zstd
	packed, _ := small.AppendBatch(nil)
	f.Add(one[:300], int64(0), true)
	f.Add(two, int64(1), true)
	f.Add(append(bytes.Clone(two), two...), int64(0), false)
	f.Add(packed, int64(2), true)
	f.Fuzz(func(t *testing.T, raw []byte, from int64, mend bool) {
		if mend && len(raw) >= kafka.BatchHeaderSize { // get past the checksum
			raw = resum(raw, func(b []byte) { b[16] = 2; putLength(b) })
		}
		it := kafka.NewIter(raw, from)
		got := walk(it)
		for _, r := range got {
			if r.Offset < from {
				t.Fatalf("offset %d is before %d", r.Offset, from)
			}
		}
		if mend && it.Err() == nil && len(raw) >= kafka.BatchHeaderSize {
			compare(t, raw, from, got)
		}
		for range 100 {
			if !it.SkipCorrupt() {
				break
			}
			walk(it)
		}
	})
}

func compare(t *testing.T, raw []byte, from int64, got []row) {
	var b kmsg.RecordBatch
	if err := b.ReadFrom(raw); err != nil || b.Attributes&0x20 != 0 || b.FirstOffset+int64(b.LastOffsetDelta) < from {
		return
	}
	if b.NumRecords == 0 && len(got) == 0 {
		return // compaction leaves such batches: there is nothing to unpack
	}
	recs, err := kfake.BatchRecords(b)
	if err != nil {
		t.Fatalf("Iter reads %d records, kmsg none: %v", len(got), err)
	}
	var want []row
	for _, r := range recs {
		w := row{Offset: b.FirstOffset + int64(r.OffsetDelta), Ts: b.FirstTimestamp + r.TimestampDelta64, Key: r.Key, Value: r.Value}
		if b.Attributes&0x08 != 0 {
			w.Ts = b.MaxTimestamp
		}
		for _, h := range r.Headers {
			w.Headers = append(w.Headers, kafka.Header{Key: h.Key, Value: h.Value})
		}
		if w.Offset >= from {
			want = append(want, w)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
}

func FuzzCheckpoint(f *testing.F) {
	f.Add(int64(5), "maru1 AAAAAAAAAAAAAAAAAAAAAA 7-9f3a 12 0 4 aGVsbG8")
	f.Add(int64(5), "maru1 AAAAAAAAAAAAAAAAAAAAAA 7-9f3a 12 0 4 -")
	f.Fuzz(func(t *testing.T, offset int64, text string) {
		got, err := kafka.CheckpointRoundTrip(offset, text, [16]byte{})
		if err != nil {
			return
		}
		again, err := kafka.CheckpointRoundTrip(offset, got, [16]byte{})
		if err != nil || again != got {
			t.Fatalf("%q then %q, %v", got, again, err)
		}
	})
}
