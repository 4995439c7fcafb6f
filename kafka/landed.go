package kafka

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"encoding/binary"

	"maru"
)

// The headers that end a writer's batch: docs/format/record-batch.md.
const (
	HeaderWriter     = "maru-writer"
	HeaderGeneration = "maru-generation"
	HeaderPosition   = "maru-position"
)

const (
	// MetadataMax is Kafka's bound on the text beside a committed offset.
	MetadataMax = 4096
	// PositionMax bounds a position, so that its checkpoint fits in MetadataMax.
	PositionMax = 2900

	checkpointVersion = "maru1"
	noPosition        = "-"
)

// trail is what is known of one writer's batches in one partition.
type trail struct {
	offset     int64 // after the last batch that is known to be in the log
	landed     bool
	position   []byte // of that batch
	generation string // of that batch, or of the checkpoint: "7-9f3a2b1c0d4e"
	producer   int64  // -1: none yet
	epoch      int16
	sequence   int32 // of the batch to come
}

// run is the number that a generation begins with; it grows with each opening.
func (t *trail) run() int {
	n, _, _ := strings.Cut(t.generation, "-")
	i, err := strconv.Atoi(n)
	if err != nil {
		return 0
	}
	return i
}

// checkpoint writes t as the metadata of a committed offset.
func (t *trail) checkpoint(topicID [16]byte) string {
	position := noPosition
	if t.landed {
		position = base64.RawStdEncoding.EncodeToString(t.position)
	}
	return fmt.Sprintf("%s %s %s %d %d %d %s", checkpointVersion, base64.RawStdEncoding.EncodeToString(topicID[:]),
		t.generation, t.producer, t.epoch, t.sequence, position)
}

// errOtherTopic says that a checkpoint is of a topic that has been deleted.
var errOtherTopic = errors.New("the checkpoint is of a deleted topic of the same name")

// parseCheckpoint is the inverse of checkpoint.
func parseCheckpoint(offset int64, metadata string, topicID [16]byte) (trail, error) {
	f := strings.Split(metadata, " ")
	if len(f) != 7 || f[0] != checkpointVersion {
		return trail{}, maru.Errorf(maru.Corrupt, "the checkpoint %.60q was not written by a writer of this version", metadata)
	}
	id, err0 := base64.RawStdEncoding.DecodeString(f[1])
	producer, err1 := strconv.ParseInt(f[3], 10, 64)
	epoch, err2 := strconv.ParseInt(f[4], 10, 16)
	sequence, err3 := strconv.ParseInt(f[5], 10, 32)
	t := trail{offset: offset, generation: f[2], producer: producer, epoch: int16(epoch), sequence: int32(sequence)}
	var err4 error
	if f[6] != noPosition {
		t.landed = true
		t.position, err4 = base64.RawStdEncoding.DecodeString(f[6])
	}
	if err := errors.Join(err0, err1, err2, err3, err4); err != nil || offset < 0 || sequence < 0 {
		return trail{}, maru.Errorf(maru.Corrupt, "the checkpoint %.60q cannot be read", metadata)
	}
	if string(id) != string(topicID[:]) {
		return trail{}, errOtherTopic
	}
	return t, nil
}

// found is one batch of a writer as it lies in the log.
type found struct {
	base, next int64
	generation string
	position   []byte
	producer   int64
	epoch      int16
	sequence   int32
	count      int32
}

// follow moves t behind a batch that was found in the log.
func (t *trail) follow(f *found) {
	t.offset, t.landed, t.position, t.generation = f.next, true, f.position, f.generation
	t.producer, t.epoch, t.sequence = f.producer, f.epoch, nextSequence(f.sequence, f.count)
}

// nextSequence is Kafka's: from 2^31-1 it goes on with 0.
func nextSequence(seq, count int32) int32 {
	return int32((int64(seq) + int64(count)) & 0x7fffffff)
}

// scan reads a partition from an offset to its present end and calls each for
// every batch of the writer, in order. It gives the end. progress may be nil.
func (c *Client) scan(ctx context.Context, target Target, writer string, from int64, each func(*found) error, progress func(done, total int64)) (int64, error) {
	end, err := listOffset(ctx, c.kgo, target.Topic, target.Partition, -1)
	if err != nil || from >= end {
		if err == nil && from > end {
			err = &OutOfRange{Topic: target.Topic, Partition: target.Partition, Offset: from, End: end}
		}
		return end, err
	}
	r, err := c.NewReader(ctx, ReaderConfig{Topic: target.Topic, From: map[int32]int64{target.Partition: from}, ReadUncommitted: true})
	if err != nil {
		return end, err
	}
	defer r.Close()
	for r.Position(target.Partition) < end {
		chunks, err := r.Poll(ctx)
		if err != nil {
			return end, err
		}
		for i := range chunks {
			if err := scanChunk(chunks[i].Raw, writer, from, each); err != nil {
				return end, fail("", err, "topic %s partition %d", target.Topic, target.Partition)
			}
		}
		if progress != nil && len(chunks) > 0 {
			progress(min(r.Position(target.Partition), end)-from, end-from)
		}
	}
	return end, nil
}

func scanChunk(raw []byte, writer string, from int64, each func(*found) error) error {
	for len(raw) > 0 {
		b, err := cutBatch(raw)
		if err != nil || b == nil {
			return err
		}
		raw = raw[len(b):]
		h := header(b)
		// A writer's batch always has a producer id.
		if h.nextOffset() <= from || h.producerID() < 0 || h.attributes()&attrControl != 0 || h.count() == 0 {
			continue
		}
		f, ok, err := foundIn(b, writer)
		if err != nil {
			return err
		}
		if ok {
			if err := each(&f); err != nil {
				return err
			}
		}
	}
	return nil
}

// foundIn reads the headers of a batch's last record, passing over the others
// by their lengths.
func foundIn(b []byte, writer string) (found, bool, error) {
	h := header(b)
	if sum := crc32.Checksum(b[atAttributes:], castagnoli); sum != binary.BigEndian.Uint32(b[atCRC:]) {
		return found{}, false, corrupt(b, "its checksum does not fit its bytes")
	}
	var it Iter
	if !it.open(b) {
		return found{}, false, it.err
	}
	for it.left > 1 {
		n, i := varint(it.recs, 0)
		if i < 0 || n < 0 || n > int64(len(it.recs)-i) {
			return found{}, false, corrupt(b, "a record is cut short")
		}
		it.recs = it.recs[i+int(n):]
		it.left--
	}
	var r Record
	if !it.record(&r) {
		return found{}, false, it.err
	}
	who, ok := r.Header(HeaderWriter)
	position, hasPosition := r.Header(HeaderPosition)
	if !ok || !hasPosition || string(who) != writer {
		return found{}, false, nil
	}
	generation, _ := r.Header(HeaderGeneration)
	return found{base: h.baseOffset(), next: h.nextOffset(), generation: string(generation), position: append([]byte{}, position...),
		producer: h.producerID(), epoch: h.producerEpoch(), sequence: h.baseSequence(), count: h.count()}, true, nil
}
