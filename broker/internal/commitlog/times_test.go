package commitlog_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"maru/broker/internal/commitlog"
)

func gz(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func lz(b []byte) []byte {
	var out bytes.Buffer
	w := lz4.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func zs(b []byte) []byte {
	w, _ := zstd.NewWriter(nil)
	return w.EncodeAll(b, nil)
}

func xerial(b []byte) []byte {
	out := append([]byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0}, 0, 0, 0, 1, 0, 0, 0, 1)
	for len(b) > 0 {
		n := min(len(b), 50)
		block := snappy.Encode(nil, b[:n])
		out = binary.BigEndian.AppendUint32(out, uint32(len(block)))
		out, b = append(out, block...), b[n:]
	}
	return out
}

func TestOffsetFor(t *testing.T) {
	codecs := map[string]struct {
		n  int16
		fn func([]byte) []byte
	}{
		"none": {0, nil}, "gzip": {1, gz}, "snappy": {2, func(b []byte) []byte { return snappy.Encode(nil, b) }},
		"xerial": {2, xerial}, "lz4": {3, lz}, "zstd": {4, zs},
	}
	for name, codec := range codecs {
		t.Run(name, func(t *testing.T) {
			s := open(t, commitlog.Config{Dir: t.TempDir(), WALBytes: 1 << 20})
			create(t, s, "a", 1, commitlog.TopicConfig{SegmentBytes: 3000})
			p := part(t, s, "a", 0)
			// Times go up by 10 a record, except for one batch from the future
			// and one from the past: the first record at or after is meant,
			// whatever comes later.
			type rec struct{ offset, ts int64 }
			var all []rec
			for i := range int64(60) {
				ts := i * 100
				switch i {
				case 20:
					ts = 3500
				case 40:
					ts = 5
				}
				b := spec{values: filled(10, 30), ts: ts, step: 10, pid: -1, codec: codec.n, compress: codec.fn}.build()
				a := add(t, p, b)
				for k := range int64(10) {
					all = append(all, rec{a.BaseOffset + k, ts + 10*k})
				}
			}
			for want := int64(-5); want < 6100; want += 35 {
				exp, found := rec{}, false
				for _, r := range all {
					if r.ts >= want {
						exp, found = r, true
						break
					}
				}
				offset, ts, ok, err := p.OffsetFor(want)
				if err != nil || ok != found || (ok && (rec{offset, ts}) != exp) {
					t.Fatalf("OffsetFor(%d): %d at %d %v %v, want %+v %v", want, ts, offset, ok, err, exp, found)
				}
			}
			if offset, ts := p.MaxTimestamp(); offset != 599 || ts != 5990 {
				t.Fatalf("max timestamp: %d %d", offset, ts)
			}
		})
	}
}

func TestTimesOfAnEmptyLog(t *testing.T) {
	s := open(t, commitlog.Config{Dir: t.TempDir(), WALBytes: 1 << 20})
	create(t, s, "a", 1, commitlog.TopicConfig{})
	p := part(t, s, "a", 0)
	if _, _, ok, err := p.OffsetFor(0); ok || err != nil {
		t.Fatal(ok, err)
	}
	if o, ts := p.MaxTimestamp(); o != -1 || ts != -1 {
		t.Fatal(o, ts)
	}
}
