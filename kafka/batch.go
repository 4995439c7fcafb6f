package kafka

import (
	"encoding/binary"
	"hash/crc32"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"maru"
)

// BatchHeaderSize is the length in bytes of a record batch v2 up to its first
// record (baseOffset … recordCount; KIP-98).
const BatchHeaderSize = 61

// DecompressedMax bounds what one compressed batch may unpack to, so that a
// small hostile batch cannot take the machine's memory.
const DecompressedMax = 256 << 20

// Where the fields of a batch header lie; docs/format/record-batch.md draws it.
const (
	atBaseOffset    = 0
	atLength        = 8
	atMagic         = 16
	atCRC           = 17
	atAttributes    = 21
	atLastDelta     = 23
	atBaseTimestamp = 27
	atMaxTimestamp  = 35
	atProducerID    = 43
	atProducerEpoch = 51
	atBaseSequence  = 53
	atCount         = 57

	logOverhead = 12 // baseOffset and length, which length does not count
)

const (
	attrCodec      = 0x07
	attrAppendTime = 0x08
	attrTxn        = 0x10
	attrControl    = 0x20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header is the view of one batch's first 61 bytes.
type header []byte

func (h header) baseOffset() int64    { return int64(binary.BigEndian.Uint64(h[atBaseOffset:])) }
func (h header) magic() int8          { return int8(h[atMagic]) }
func (h header) attributes() int16    { return int16(binary.BigEndian.Uint16(h[atAttributes:])) }
func (h header) lastDelta() int32     { return int32(binary.BigEndian.Uint32(h[atLastDelta:])) }
func (h header) baseTimestamp() int64 { return int64(binary.BigEndian.Uint64(h[atBaseTimestamp:])) }
func (h header) maxTimestamp() int64  { return int64(binary.BigEndian.Uint64(h[atMaxTimestamp:])) }
func (h header) producerID() int64    { return int64(binary.BigEndian.Uint64(h[atProducerID:])) }
func (h header) producerEpoch() int16 { return int16(binary.BigEndian.Uint16(h[atProducerEpoch:])) }
func (h header) baseSequence() int32  { return int32(binary.BigEndian.Uint32(h[atBaseSequence:])) }
func (h header) count() int32         { return int32(binary.BigEndian.Uint32(h[atCount:])) }
func (h header) nextOffset() int64    { return h.baseOffset() + int64(h.lastDelta()) + 1 }

// cutBatch finds the batch that raw begins with. whole is nil when raw holds
// only a part of it; that is how a fetch may end.
func cutBatch(raw []byte) (whole []byte, err error) {
	if len(raw) < logOverhead {
		return nil, nil
	}
	n := int64(int32(binary.BigEndian.Uint32(raw[atLength:])))
	if n < BatchHeaderSize-logOverhead {
		return nil, corrupt(raw, "its length field says %d bytes, at least %d are needed", n, BatchHeaderSize-logOverhead)
	}
	if int64(len(raw)) < n+logOverhead {
		return nil, nil
	}
	whole = raw[: n+logOverhead : n+logOverhead]
	if m := header(whole).magic(); m != 2 {
		return nil, corrupt(raw, "its format version is %d, only version 2 (Kafka 0.11 and later) is read", m)
	}
	return whole, nil
}

func corrupt(batch []byte, format string, args ...any) error {
	args = append([]any{int64(binary.BigEndian.Uint64(batch))}, args...)
	return maru.Errorf(maru.Corrupt, "record batch at offset %d: "+format, args...)
}

// decompressor is shared: it keeps pools of decoders inside. A client builds
// the bounded one; kgo.DefaultDecompressor alone would allow 2 GiB a batch.
var decompressor = sync.OnceValue(func() kgo.Decompressor {
	cl, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1"), kgo.MaxDecompressBatchBytes(DecompressedMax))
	if err != nil {
		return kgo.DefaultDecompressor()
	}
	defer cl.Close()
	if d, ok := cl.OptValue(kgo.WithDecompressor).(kgo.Decompressor); ok {
		return d
	}
	return kgo.DefaultDecompressor()
})
