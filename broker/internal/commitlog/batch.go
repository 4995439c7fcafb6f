package commitlog

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// The v2 record batch header, as the Kafka protocol guide draws it. Bytes 0-20
// lie before what the checksum covers, so offset and epoch can be patched.
const (
	atBaseOffset      = 0
	atLength          = 8
	atLeaderEpoch     = 12
	atMagic           = 16
	atCRC             = 17
	atAttributes      = 21
	atLastOffsetDelta = 23
	atBaseTimestamp   = 27
	atMaxTimestamp    = 35
	atProducerID      = 43
	atProducerEpoch   = 51
	atBaseSequence    = 53
	atCount           = 57
	headerBytes       = 61

	lengthOverhead = 12 // bytes before what the length field counts

	attrCodec         = 0x07
	attrLogAppendTime = 0x08
	attrTransactional = 0x10
	attrControl       = 0x20

	recordBytesMin = 7 // an empty record: seven one-byte varints

	// batchBytesMax is what any stored batch may take; a length field beyond
	// it is damage, not a batch.
	batchBytesMax = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// header is the fixed part of a batch.
type header struct {
	base      int64
	size      int   // of the whole batch
	epoch     int32 // of the leader; 0 in a stored batch
	crc       uint32
	attrs     int16
	lastDelta int32
	baseTs    int64
	maxTs     int64
	pid       int64
	pepoch    int16
	seq       int32
	count     int32
}

func (h *header) next() int64    { return h.base + int64(h.lastDelta) + 1 }
func (h *header) lastSeq() int32 { return addSeq(h.seq, h.lastDelta) }

// addSeq is sequence arithmetic: after the largest int32 comes 0.
func addSeq(seq, n int32) int32 { return int32((int64(seq) + int64(n)) & math.MaxInt32) }

// parseHeader reads the header of b, which may be cut after it. ok is false
// when b cannot be a v2 batch.
func parseHeader(b []byte) (h header, ok bool) {
	if len(b) < headerBytes || b[atMagic] != 2 {
		return h, false
	}
	be := binary.BigEndian
	size := int64(int32(be.Uint32(b[atLength:]))) + lengthOverhead
	h = header{
		base:      int64(be.Uint64(b[atBaseOffset:])),
		size:      int(size),
		epoch:     int32(be.Uint32(b[atLeaderEpoch:])),
		crc:       be.Uint32(b[atCRC:]),
		attrs:     int16(be.Uint16(b[atAttributes:])),
		lastDelta: int32(be.Uint32(b[atLastOffsetDelta:])),
		baseTs:    int64(be.Uint64(b[atBaseTimestamp:])),
		maxTs:     int64(be.Uint64(b[atMaxTimestamp:])),
		pid:       int64(be.Uint64(b[atProducerID:])),
		pepoch:    int16(be.Uint16(b[atProducerEpoch:])),
		seq:       int32(be.Uint32(b[atBaseSequence:])),
		count:     int32(be.Uint32(b[atCount:])),
	}
	return h, size >= headerBytes && size <= batchBytesMax && h.lastDelta >= 0 && h.base >= 0
}

func checksum(batch []byte) uint32 { return crc32.Checksum(batch[atAttributes:], castagnoli) }

// wholeBatch says whether b begins with an undamaged batch.
func wholeBatch(b []byte) (header, bool) {
	h, ok := parseHeader(b)
	if !ok || h.size > len(b) || checksum(b[:h.size]) != h.crc {
		return h, false
	}
	return h, true
}

// patch gives a batch its place in the log. Nothing the checksum covers changes.
func patch(batch []byte, base int64) {
	binary.BigEndian.PutUint64(batch[atBaseOffset:], uint64(base))
	binary.BigEndian.PutUint32(batch[atLeaderEpoch:], 0)
}

// stamp makes batch one of log-append time, which its checksum covers.
func stamp(batch []byte, nowMs int64) {
	be := binary.BigEndian
	be.PutUint16(batch[atAttributes:], be.Uint16(batch[atAttributes:])|attrLogAppendTime)
	be.PutUint64(batch[atMaxTimestamp:], uint64(nowMs))
	be.PutUint32(batch[atCRC:], checksum(batch))
}

// emptyBatch covers offsets [from, next) without a record in it, as compaction
// leaves one behind: clients step over it. It stands in for a damaged batch.
func emptyBatch(from, next int64) []byte {
	delta := min(next-from-1, math.MaxInt32)
	b := make([]byte, headerBytes)
	be := binary.BigEndian
	be.PutUint64(b[atBaseOffset:], uint64(from))
	be.PutUint32(b[atLength:], headerBytes-lengthOverhead)
	b[atMagic] = 2
	be.PutUint32(b[atLastOffsetDelta:], uint32(delta))
	be.PutUint64(b[atBaseTimestamp:], math.MaxUint64)
	be.PutUint64(b[atMaxTimestamp:], math.MaxUint64)
	be.PutUint64(b[atProducerID:], math.MaxUint64)
	be.PutUint16(b[atProducerEpoch:], math.MaxUint16)
	be.PutUint32(b[atBaseSequence:], math.MaxUint32)
	be.PutUint32(b[atCRC:], checksum(b))
	return b
}

// CheckBatches says whether b is one or more whole v2 batches, as a producer
// may send them: length, magic, CRC-32C, attributes and counts, each batch at
// most maxMessageBytes (0 or less: no limit). Records are not looked into.
// Errors are *Refused.
func CheckBatches(b []byte, maxMessageBytes int) error {
	if len(b) == 0 {
		return refuse(CorruptMessage, "no record batch")
	}
	for at := 0; at < len(b); {
		n, err := checkBatch(b[at:], maxMessageBytes)
		if err != nil {
			return err
		}
		at += n
	}
	return nil
}

func checkBatch(b []byte, maxBytes int) (int, error) {
	if len(b) > atMagic && b[atMagic] < 2 {
		return 0, refuse(UnsupportedFormat, "record batch of magic %d; only 2 is taken (clients since Kafka 0.11 send it)", b[atMagic])
	}
	h, ok := parseHeader(b)
	if !ok || h.size > len(b) {
		return 0, refuse(CorruptMessage, "record batch is cut or its header damaged: %d bytes here", len(b))
	}
	if maxBytes > 0 && h.size > maxBytes {
		return 0, refuse(MessageTooLarge, "record batch of %d bytes; the topic's max.message.bytes is %d", h.size, maxBytes)
	}
	if got := checksum(b[:h.size]); got != h.crc {
		return 0, refuse(CorruptMessage, "record batch checksum is %08x, its header says %08x", got, h.crc)
	}
	return h.size, checkFields(&h)
}

func checkFields(h *header) error {
	codec := h.attrs & attrCodec
	switch {
	case h.attrs&attrControl != 0:
		return refuse(InvalidRecord, "a producer may not send control batches")
	case h.attrs&attrTransactional != 0:
		return refuse(TransactionRefused, "transactional batches are not taken")
	case h.attrs&attrLogAppendTime != 0:
		return refuse(InvalidTimestamp, "a producer may not send batches of log-append time")
	case codec > 4:
		return refuse(UnsupportedCompression, "compression codec %d is unknown", codec)
	case h.count <= 0 || h.count-1 != h.lastDelta:
		return refuse(InvalidRecord, "record batch counts %d records and a last offset delta of %d", h.count, h.lastDelta)
	case codec == 0 && int64(h.count)*recordBytesMin > int64(h.size-headerBytes):
		return refuse(InvalidRecord, "record batch of %d bytes cannot hold %d records", h.size, h.count)
	case h.pid >= 0 && (h.pepoch < 0 || h.seq < 0):
		return refuse(InvalidRecord, "producer %d with epoch %d and sequence %d", h.pid, h.pepoch, h.seq)
	}
	return nil
}
