package engine

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"os"

	"maru"
)

// crashesMax is how often the process may end in the middle of the same batch
// before its query stands still and the others go on without it.
const crashesMax = 3

// attempt remembers, beside the state file, which batch is being worked on: a
// process that a batch kills finds it there when it comes back. It is written
// without fsync: it has to survive the process, not the machine.
//
// Only ends within one life of the server count. One that ended with its
// server was not killed by its batch, and who starts the server again wants
// everything tried again.
type attempt struct {
	f       *os.File
	name    string
	life    uint64
	crashes uint32
}

// attemptBytes: batch (8), crashes (4), 1 while it is being worked on (4),
// life of the server (8).
const attemptBytes = 24

// openAttempt counts another crash when the last process of this life of the
// server ended inside batch seq.
func openAttempt(file, name, life string, seq int64) (*attempt, error) {
	f, err := os.OpenFile(file+".attempt", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	h := fnv.New64a()
	h.Write([]byte(life)) // never fails
	a := &attempt{f: f, name: name, life: h.Sum64()}
	var b [attemptBytes]byte
	n, _ := f.ReadAt(b[:], 0) // what cannot be read says nothing
	open := n == len(b) && binary.LittleEndian.Uint32(b[12:]) == 1 && binary.LittleEndian.Uint64(b[16:]) == a.life
	if open && int64(binary.LittleEndian.Uint64(b[:])) == seq {
		a.crashes = binary.LittleEndian.Uint32(b[8:]) + 1
	}
	return a, nil
}

// check refuses a batch that has ended the process too often.
func (a *attempt) check(where string) error {
	if a.crashes < crashesMax {
		return nil
	}
	return maru.Errorf(maru.Conflict, "%w: the streamer ended %d times while it worked on the rows after %s. The other streams go on. "+
		"Change its SQL, or save its file again to let it try once more", errCrashes, a.crashes, where)
}

var errCrashes = errors.New("paused")

// begin notes that batch seq is being worked on, end that nothing is.
func (a *attempt) begin(seq int64) error { return a.write(seq, 1) }
func (a *attempt) end(seq int64) error {
	a.crashes = 0
	return a.write(seq, 0)
}

func (a *attempt) write(seq int64, working uint32) error {
	var b [attemptBytes]byte
	binary.LittleEndian.PutUint64(b[:], uint64(seq))
	binary.LittleEndian.PutUint32(b[8:], a.crashes)
	binary.LittleEndian.PutUint32(b[12:], working)
	binary.LittleEndian.PutUint64(b[16:], a.life)
	_, err := a.f.WriteAt(b[:], 0)
	return err
}

// forgive lets a query that stands still try again.
func forgive(file string) error {
	err := os.Remove(file + ".attempt")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
