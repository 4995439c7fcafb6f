package commitlog_test

import (
	"math"
	"testing"
	"time"

	"maru/broker/internal/commitlog"
)

func idempotent(pid int64, epoch int16, seq int32, n int) []byte {
	return spec{values: filled(n, 20), pid: pid, epoch: epoch, seq: seq, ts: 1}.build()
}

func TestIdempotentProducer(t *testing.T) {
	eachMode(t, func(t *testing.T, cfg commitlog.Config) {
		s := mustOpen(t, cfg)
		create(t, s, "a", 1, commitlog.TopicConfig{SegmentBytes: 500})
		p := part(t, s, "a", 0)
		for i := range int32(7) {
			if a := add(t, p, idempotent(5, 1, i*3, 3)); a.BaseOffset != int64(i)*3 || a.Duplicate {
				t.Fatalf("batch %d: %+v", i, a)
			}
		}
		check := func(t *testing.T) {
			t.Helper()
			for i := int32(2); i < 7; i++ { // the last five
				a := add(t, p, idempotent(5, 1, i*3, 3))
				if !a.Duplicate || a.BaseOffset != int64(i)*3 {
					t.Fatalf("repeat of batch %d: %+v", i, a)
				}
			}
			for name, tt := range map[string]struct {
				b    []byte
				want commitlog.Refusal
			}{
				"repeat of one long ago":  {idempotent(5, 1, 3, 3), commitlog.OutOfOrderSequence},
				"repeat of another size":  {idempotent(5, 1, 18, 2), commitlog.OutOfOrderSequence},
				"gap":                     {idempotent(5, 1, 22, 1), commitlog.OutOfOrderSequence},
				"old epoch":               {idempotent(5, 0, 21, 1), commitlog.InvalidProducerEpoch},
				"new epoch in the middle": {idempotent(5, 2, 21, 1), commitlog.OutOfOrderSequence},
			} {
				_, err := p.Append(tt.b)
				if err == nil {
					t.Fatalf("%s: taken", name)
				}
				if got := refusal(t, err); got != tt.want {
					t.Fatalf("%s: %v", name, err)
				}
			}
			if p.End() != 21 {
				t.Fatalf("end %d", p.End())
			}
		}
		check(t)
		for _, end := range []func(){s.Abandon, func() { _ = s.Close() }, func() { _ = s.Checkpoint(); s.Abandon() }} {
			end()
			s = mustOpen(t, cfg)
			p = part(t, s, "a", 0)
			check(t)
		}
		if a := add(t, p, idempotent(5, 2, 0, 1)); a.BaseOffset != 21 {
			t.Fatalf("new epoch: %+v", a)
		}
		if a := add(t, p, idempotent(9, 0, math.MaxInt32-1, 3)); a.BaseOffset != 22 {
			t.Fatalf("unknown producer: %+v", a)
		}
		if a := add(t, p, idempotent(9, 0, 1, 1)); a.BaseOffset != 25 {
			t.Fatalf("sequence after the largest: %+v", a)
		}
		_ = s.Close()
	})
}

func TestProducerExpires(t *testing.T) {
	cl := newClock()
	s := open(t, commitlog.Config{Dir: t.TempDir(), WALBytes: 1 << 20, Clock: cl})
	create(t, s, "a", 1, commitlog.TopicConfig{})
	p := part(t, s, "a", 0)
	add(t, p, idempotent(5, 0, 0, 1))
	cl.add(23 * time.Hour)
	if err := s.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Append(idempotent(5, 0, 7, 1)); err == nil {
		t.Fatal("forgotten too early")
	}
	cl.add(2 * time.Hour)
	if err := s.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	if a := add(t, p, idempotent(5, 0, 7, 1)); a.BaseOffset != 1 {
		t.Fatalf("%+v", a)
	}
}

func TestProducersAreBounded(t *testing.T) {
	s := open(t, commitlog.Config{Dir: t.TempDir(), Durability: commitlog.OS})
	create(t, s, "a", 1, commitlog.TopicConfig{})
	p := part(t, s, "a", 0)
	for i := range int64(10_050) {
		if _, err := p.Append(idempotent(i, 0, 0, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if a, err := p.Append(idempotent(10_049, 0, 0, 1)); err != nil || !a.Duplicate {
		t.Fatalf("the newest is forgotten: %+v %v", a, err)
	}
}

func TestCheckBatches(t *testing.T) {
	good := spec{values: filled(3, 10), pid: -1}.build()
	change := func(fn func(b []byte)) []byte {
		b := append([]byte{}, good...)
		fn(b)
		return b
	}
	tests := map[string]struct {
		b    []byte
		max  int
		want commitlog.Refusal
	}{
		"sound":              {good, 1000, 0},
		"two":                {append(append([]byte{}, good...), good...), 1000, 0},
		"nothing":            {nil, 0, commitlog.CorruptMessage},
		"cut":                {good[:len(good)-1], 0, commitlog.CorruptMessage},
		"rest":               {append(append([]byte{}, good...), 1), 0, commitlog.CorruptMessage},
		"too large":          {good, len(good) - 1, commitlog.MessageTooLarge},
		"magic 1":            {change(func(b []byte) { b[16] = 1 }), 0, commitlog.UnsupportedFormat},
		"magic 3":            {change(func(b []byte) { b[16] = 3 }), 0, commitlog.CorruptMessage},
		"negative size":      {change(func(b []byte) { b[8] = 0xff }), 0, commitlog.CorruptMessage},
		"flipped body":       {change(func(b []byte) { b[70] ^= 1 }), 0, commitlog.CorruptMessage},
		"control":            {spec{values: filled(1, 1), pid: -1, codec: 0x20}.build(), 0, commitlog.InvalidRecord},
		"transaction":        {spec{values: filled(1, 1), pid: 1, codec: 0x10}.build(), 0, commitlog.TransactionRefused},
		"append time":        {spec{values: filled(1, 1), pid: -1, codec: 0x08}.build(), 0, commitlog.InvalidTimestamp},
		"codec 5":            {spec{values: filled(1, 1), pid: -1, codec: 5}.build(), 0, commitlog.UnsupportedCompression},
		"producer, no epoch": {spec{values: filled(1, 1), pid: 1, epoch: -1}.build(), 0, commitlog.InvalidRecord},
		"no records":         {spec{pid: -1}.build(), 0, commitlog.CorruptMessage},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := commitlog.CheckBatches(tt.b, tt.max)
			if tt.want == 0 {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || refusal(t, err) != tt.want {
				t.Fatalf("got %v", err)
			}
		})
	}
}
