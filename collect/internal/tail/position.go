package tail

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"

	"maru"
)

// HeadMax and BehindMax are how many first bytes, and how many bytes before
// the place, are hashed to know a file again.
const (
	HeadMax   = 1024
	BehindMax = 64
)

// ID is what the file system says a file is.
type ID struct {
	Dev, Ino uint64
	Birth    int64 // nanoseconds since 1970; 0 when the file system does not say
}

// Same says whether a and b are one file. Device numbers change over a restart
// of the machine (device mapper, overlay, NFS), so they count only where no
// birth time is known.
func (a ID) Same(b ID) bool {
	if a.Ino != b.Ino {
		return false
	}
	if a.Birth != 0 && b.Birth != 0 {
		return a.Birth == b.Birth
	}
	return a.Dev == b.Dev
}

// Position is a place in a logical log, with all that is needed to find it
// again after rotations: docs/format draws its bytes.
type Position struct {
	Gen     uint64 // ordinal of the generation, from 1
	Offset  int64  // in the (decompressed) bytes of the generation
	ID      ID
	HeadLen int    // how many first bytes Head covers: min(Offset, HeadMax), or more where a log was begun
	Head    uint64 // hash of the first bytes
	Behind  uint64 // hash of the min(Offset, BehindMax) bytes before Offset
	Time    int64  // when it was reached, ms since 1970
	Floor   int64  // in this generation: all records that end here or before are acknowledged
	Parts   int32  // how many partitions keys were spread over
}

// Before orders places of one log.
func (p Position) Before(q Position) bool {
	return p.Gen < q.Gen || p.Gen == q.Gen && p.Offset < q.Offset
}

const positionVersion = 1

// Append writes p, 40 to 70 bytes.
func (p Position) Append(dst []byte) []byte {
	dst = append(dst, positionVersion)
	for _, v := range [...]uint64{p.Gen, uint64(p.Offset), p.ID.Dev, p.ID.Ino, uint64(p.ID.Birth), uint64(p.HeadLen),
		uint64(p.Time), uint64(p.Floor), uint64(p.Parts)} {
		dst = binary.AppendUvarint(dst, v)
	}
	dst = binary.LittleEndian.AppendUint64(dst, p.Head)
	return binary.LittleEndian.AppendUint64(dst, p.Behind)
}

// ParsePosition is the inverse of Append.
func ParsePosition(b []byte) (Position, error) {
	bad := maru.Errorf(maru.Corrupt, "a collector's position of %d bytes cannot be read: was it written by a newer maru?", len(b))
	if len(b) == 0 || b[0] != positionVersion {
		return Position{}, bad
	}
	b = b[1:]
	var v [9]uint64
	for i := range v {
		n := 0
		if v[i], n = binary.Uvarint(b); n <= 0 {
			return Position{}, bad
		}
		b = b[n:]
	}
	p := Position{Gen: v[0], Offset: int64(v[1]), ID: ID{v[2], v[3], int64(v[4])}, HeadLen: int(v[5]), Time: int64(v[6]),
		Floor: int64(v[7]), Parts: int32(v[8])}
	if len(b) != 16 || p.Offset < 0 || p.Floor < 0 || p.Parts < 0 || v[5] > HeadMax {
		return Position{}, bad
	}
	p.Head, p.Behind = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	return p, nil
}

// String is for messages.
func (p Position) String() string {
	return fmt.Sprintf("generation %d, byte %d (inode %d)", p.Gen, p.Offset, p.ID.Ino)
}

// Hash is FNV-1a, 64 bit.
func Hash(b []byte) uint64 {
	h := fnv.New64a()
	h.Write(b) // never fails
	return h.Sum64()
}
