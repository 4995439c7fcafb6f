package engine

import (
	"encoding/binary"
	"errors"
	"os"

	"maru"
)

// crashesMax is how often the process may end in the middle of the same batch
// before its query stands still and the others go on without it.
const crashesMax = 3

// attempt remembers, beside the state file, which batch is being worked on: a
// process that a batch kills finds it there when it comes back. It is written
// without fsync: it has to survive the process, not the machine.
type attempt struct {
	f       *os.File
	name    string
	crashes uint32
}

// openAttempt counts another crash when the last process ended inside batch seq.
func openAttempt(file, name string, seq int64) (*attempt, error) {
	f, err := os.OpenFile(file+".attempt", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	a := &attempt{f: f, name: name}
	var b [16]byte
	if n, _ := f.ReadAt(b[:], 0); n == len(b) && binary.LittleEndian.Uint32(b[12:]) == 1 && int64(binary.LittleEndian.Uint64(b[:])) == seq {
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
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], uint64(seq))
	binary.LittleEndian.PutUint32(b[8:], a.crashes)
	binary.LittleEndian.PutUint32(b[12:], working)
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
