package kafka

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/bits"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"maru"
)

// Header is one header of a record.
type Header struct {
	Key   string
	Value []byte
}

// Compression says how a Builder packs its records.
type Compression int8

// The codecs that a Builder writes. Every codec of Kafka can be read.
const (
	Uncompressed Compression = iota
	LZ4
	Zstd
)

// Builder collects records into one record batch v2. The zero value is ready
// and does not compress. It is not safe for concurrent use.
type Builder struct {
	Compression Compression

	recs   []byte // encoded records, without the batch header
	count  int32
	baseTs int64
	maxTs  int64
	last   lastRecord
}

// lastRecord says where the newest record lies in recs, so that headers can
// be added to it when the batch is finished.
type lastRecord struct {
	body     int // first byte after its length prefix
	start    int // first byte of its length prefix
	countAt  int // where its header count stands
	nheaders int
}

// Add appends one record; key, value and headers are copied. A nil key or
// value is Kafka's null, an empty one is empty.
func (b *Builder) Add(timestampMs int64, key, value []byte, headers ...Header) {
	if b.count == 0 {
		b.baseTs, b.maxTs = timestampMs, timestampMs
	}
	b.maxTs = max(b.maxTs, timestampMs)
	delta := timestampMs - b.baseTs
	size := 1 + varintLen(delta) + varintLen(int64(b.count)) + bytesLen(key) + bytesLen(value) +
		varintLen(int64(len(headers)))
	for i := range headers {
		size += varintLen(int64(len(headers[i].Key))) + len(headers[i].Key) + bytesLen(headers[i].Value)
	}
	p := b.recs
	b.last.start = len(p)
	p = binary.AppendVarint(p, int64(size))
	b.last.body = len(p)
	p = append(p, 0)
	p = binary.AppendVarint(p, delta)
	p = binary.AppendVarint(p, int64(b.count))
	p = appendBytes(p, key)
	p = appendBytes(p, value)
	b.last.countAt, b.last.nheaders = len(p), len(headers)
	p = binary.AppendVarint(p, int64(len(headers)))
	p = appendHeaders(p, headers)
	b.recs = p
	b.count++
}

// Len is the size in bytes of the batch so far, before compression.
func (b *Builder) Len() int { return BatchHeaderSize + len(b.recs) }

// Count is the number of records so far.
func (b *Builder) Count() int { return int(b.count) }

// Reset empties the builder and keeps its memory.
func (b *Builder) Reset() {
	b.recs, b.count, b.last = b.recs[:0], 0, lastRecord{}
}

// AppendBatch appends the finished batch to dst, with the extra headers on its
// last record. The batch has no producer id; the builder is left as it was.
func (b *Builder) AppendBatch(dst []byte, extra ...Header) ([]byte, error) {
	if b.count == 0 {
		return dst, maru.Errorf(maru.Invalid, "the batch is empty: add at least one record")
	}
	if len(b.recs) > math.MaxInt32-1<<16 {
		return dst, maru.Errorf(maru.TooLarge, "the batch is %d bytes long, a record batch ends at 2 GiB", len(b.recs))
	}
	start := len(dst)
	dst = append(dst, make([]byte, BatchHeaderSize)...)
	codec := kgo.CodecNone
	if b.Compression == Uncompressed {
		dst = b.appendRecords(dst, extra)
	} else {
		var err error
		if dst, codec, err = b.compress(dst, extra); err != nil {
			return dst[:start], err
		}
	}
	h := dst[start:]
	binary.BigEndian.PutUint32(h[atLength:], uint32(len(h)-logOverhead))
	binary.BigEndian.PutUint32(h[logOverhead:], math.MaxUint32) // partition leader epoch: the broker's to fill in
	h[atMagic] = 2
	binary.BigEndian.PutUint16(h[atAttributes:], uint16(codec))
	binary.BigEndian.PutUint32(h[atLastDelta:], uint32(b.count-1))
	binary.BigEndian.PutUint64(h[atBaseTimestamp:], uint64(b.baseTs))
	binary.BigEndian.PutUint64(h[atMaxTimestamp:], uint64(b.maxTs))
	binary.BigEndian.PutUint32(h[atCount:], uint32(b.count))
	stamp(h, -1, -1, -1)
	return dst, nil
}

// stamp gives a finished batch its producer and its checksum.
func stamp(batch []byte, producerID int64, epoch int16, sequence int32) {
	binary.BigEndian.PutUint64(batch[atProducerID:], uint64(producerID))
	binary.BigEndian.PutUint16(batch[atProducerEpoch:], uint16(epoch))
	binary.BigEndian.PutUint32(batch[atBaseSequence:], uint32(sequence))
	binary.BigEndian.PutUint32(batch[atCRC:], crc32.Checksum(batch[atAttributes:], castagnoli))
}

// appendRecords writes the records, the last one anew when it gets more headers.
func (b *Builder) appendRecords(dst []byte, extra []Header) []byte {
	if len(extra) == 0 {
		return append(dst, b.recs...)
	}
	l := b.last
	afterCount := l.countAt + varintLen(int64(l.nheaders))
	size := len(b.recs) - l.body - varintLen(int64(l.nheaders)) + varintLen(int64(l.nheaders+len(extra)))
	for i := range extra {
		size += varintLen(int64(len(extra[i].Key))) + len(extra[i].Key) + bytesLen(extra[i].Value)
	}
	dst = append(dst, b.recs[:l.start]...)
	dst = binary.AppendVarint(dst, int64(size))
	dst = append(dst, b.recs[l.body:l.countAt]...)
	dst = binary.AppendVarint(dst, int64(l.nheaders+len(extra)))
	dst = append(dst, b.recs[afterCount:]...)
	return appendHeaders(dst, extra)
}

var compressors = map[Compression]func() (kgo.Compressor, error){
	LZ4:  sync.OnceValues(func() (kgo.Compressor, error) { return kgo.DefaultCompressor(kgo.Lz4Compression()) }),
	Zstd: sync.OnceValues(func() (kgo.Compressor, error) { return kgo.DefaultCompressor(kgo.ZstdCompression()) }),
}

func (b *Builder) compress(dst []byte, extra []Header) ([]byte, kgo.CompressionCodecType, error) {
	open, ok := compressors[b.Compression]
	if !ok {
		return dst, 0, maru.Errorf(maru.Invalid, "compression %d is not known: use Uncompressed, LZ4 or Zstd", b.Compression)
	}
	c, err := open()
	if err != nil {
		return dst, 0, err
	}
	var out bytes.Buffer
	packed, codec := c.Compress(&out, b.appendRecords(make([]byte, 0, len(b.recs)+1024), extra))
	if codec == kgo.CodecError {
		return dst, 0, maru.Errorf(maru.Internal, "compress a batch of %d bytes: the codec failed", len(b.recs))
	}
	return append(dst, packed...), codec, nil
}

// varintLen is the length of v as a zigzag varint.
func varintLen(v int64) int {
	return (bits.Len64(uint64(v<<1)^uint64(v>>63)|1) + 6) / 7
}

func bytesLen(b []byte) int {
	if b == nil {
		return 1
	}
	return varintLen(int64(len(b))) + len(b)
}

func appendBytes(dst, b []byte) []byte {
	if b == nil {
		return append(dst, 1) // -1
	}
	return append(binary.AppendVarint(dst, int64(len(b))), b...)
}

func appendHeaders(dst []byte, headers []Header) []byte {
	for i := range headers {
		dst = binary.AppendVarint(dst, int64(len(headers[i].Key)))
		dst = append(dst, headers[i].Key...)
		dst = appendBytes(dst, headers[i].Value)
	}
	return dst
}
