package commitlog

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"maru"
	"maru/run"
)

// The header of a write-ahead file; frames follow. docs/format/log.md.
const (
	walMagic       = "maruwal1"
	walHeaderBytes = 64
	walSuffix      = ".wal"

	// zeroStep is how much of a new file is filled ahead of its first use:
	// overwriting needs no journal commit, which growing does.
	zeroStep = 1 << 20
	// sparesMax is how many files that are no longer needed are kept for reuse.
	sparesMax = 3
)

var zeroes [zeroStep]byte

func encodeWALHeader(number, salt uint64) []byte {
	b := make([]byte, walHeaderBytes)
	copy(b, walMagic)
	le := binary.LittleEndian
	le.PutUint64(b[8:], number)
	le.PutUint64(b[16:], salt)
	le.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
	return b
}

// decodeWALHeader gives the salt of file number; ok is false when the file has
// never been begun under that number.
func decodeWALHeader(b []byte, number uint64) (salt uint64, ok bool) {
	le := binary.LittleEndian
	if len(b) < walHeaderBytes || string(b[:8]) != walMagic || le.Uint64(b[8:]) != number ||
		le.Uint32(b[60:]) != crc32.Checksum(b[:60], castagnoli) {
		return 0, false
	}
	return le.Uint64(b[16:]), true
}

// walFile is one file of the log that is open for writing.
type walFile struct {
	File
	path   string
	number uint64
	seed   uint32
	zeroed int64 // bytes before it exist already
}

// spent is a file that only recovery would read again.
type spent struct {
	number  uint64
	lastSeq uint64
}

// walFiles hands files to the flusher: one in use, one spare, older ones until
// a checkpoint makes them superfluous.
type walFiles struct {
	w    *wal
	dir  string
	size int64
	cur  *walFile // the flusher's
	seed uint32   // of cur

	// Guarded by the wal's mu.
	used     int64 // of cur
	spare    *walFile
	err      error // why there is no spare
	fullErr  error // why the file in use cannot be written
	tried    time.Time
	old      []spent
	recycled []uint64 // numbers of files to use again
	next     uint64
	number   uint64 // of cur

	want chan struct{}
}

func (wf *walFiles) init(w *wal) {
	wf.w, wf.dir, wf.size = w, filepath.Join(w.s.cfg.Dir, "wal"), w.s.cfg.WALBytes
	wf.want = make(chan struct{}, 1)
	wf.next = 1
}

func (wf *walFiles) path(number uint64) string {
	return filepath.Join(wf.dir, fmt.Sprintf("%020d%s", number, walSuffix))
}

// list gives the numbers of the files that are there.
func (wf *walFiles) list() ([]uint64, error) {
	names, err := wf.w.s.fs.ReadDir(wf.dir)
	if err != nil {
		return nil, diskError("list", wf.dir, err)
	}
	var out []uint64
	for _, name := range names {
		if n, err := strconv.ParseUint(strings.TrimSuffix(name, walSuffix), 10, 64); err == nil && strings.HasSuffix(name, walSuffix) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, nil
}

// begin opens the first file to write to after recovery.
func (wf *walFiles) begin() error {
	f, err := wf.build()
	if err != nil {
		return err
	}
	wf.cur, wf.seed, wf.number, wf.used = f, f.seed, f.number, walHeaderBytes
	return nil
}

// build makes a file ready: one that is no longer needed under a new name, or
// a new one. Its header is on the disk before it is used.
func (wf *walFiles) build() (*walFile, error) {
	wf.w.mu.Lock()
	number, again := wf.next, uint64(0)
	wf.next++
	if len(wf.recycled) > 0 {
		again = wf.recycled[0]
		wf.recycled = wf.recycled[1:]
	}
	wf.w.mu.Unlock()
	path, disk := wf.path(number), wf.w.s.fs
	if again > 0 {
		if err := disk.Rename(wf.path(again), path); err != nil {
			return nil, diskError("rename", wf.path(again), err)
		}
	}
	f, err := disk.Open(path, true)
	if err != nil {
		return nil, diskError("create", path, err)
	}
	out := &walFile{File: f, path: path, number: number}
	if err := wf.prepare(out); err != nil {
		return nil, errors.Join(err, f.Close(), disk.Remove(path))
	}
	return out, nil
}

func (wf *walFiles) prepare(f *walFile) error {
	var salt [8]byte
	if _, err := rand.Read(salt[:]); err != nil {
		return &maru.Error{Err: fmt.Errorf("read random bytes: %w", err)}
	}
	n := binary.LittleEndian.Uint64(salt[:])
	f.seed = saltSeed(n)
	size, err := f.Size()
	if err == nil && size < wf.size {
		err = f.Allocate(wf.size)
	}
	if err == nil {
		_, err = f.WriteAt(encodeWALHeader(f.number, n), 0)
	}
	if err == nil {
		err = errors.Join(f.Sync(), wf.w.s.fs.SyncDir(wf.dir))
	}
	if err != nil {
		return diskError("prepare", f.path, err)
	}
	f.zeroed = max(size, walHeaderBytes)
	return nil
}

// fill zeroes a spare in steps, each with a sync of its own so that none holds
// up the log for long.
func (wf *walFiles) fill(f *walFile) error {
	for wf.w.sync && f.zeroed < wf.size {
		n := min(zeroStep, wf.size-f.zeroed)
		if _, err := f.WriteAt(zeroes[:n], f.zeroed); err != nil {
			return diskError("write", f.path, err)
		}
		if err := f.Sync(); err != nil {
			return diskError("sync", f.path, err)
		}
		f.zeroed += n
	}
	return nil
}

// spares keeps one spare file ready when it is asked to; it ends with closing.
func (wf *walFiles) spares() {
	defer wf.w.wg.Done()
	for {
		select {
		case <-wf.w.s.closing:
			return
		case <-wf.want:
		}
		wf.w.mu.Lock()
		needed := wf.spare == nil && time.Since(wf.tried) > spaceRetry
		if needed {
			wf.tried = time.Now()
		}
		wf.w.mu.Unlock()
		if !needed {
			continue
		}
		f, err := wf.build()
		if err == nil {
			if err = wf.fill(f); err != nil {
				err = errors.Join(err, f.Close(), wf.w.s.fs.Remove(f.path))
			}
		}
		wf.w.mu.Lock()
		wf.err = err
		if err == nil {
			wf.spare, wf.tried = f, time.Time{}
		}
		wf.w.room.Broadcast()
		wf.w.mu.Unlock()
	}
}

func (wf *walFiles) askSpare() {
	select {
	case wf.want <- struct{}{}:
	default:
	}
}

// roomFor says whether pending bytes are sure of a place. Called with w.mu held.
func (wf *walFiles) roomFor(pending int64, urgent bool) bool {
	if wf.spare != nil {
		return true
	}
	after := wf.used + pending
	if after > wf.size/4 {
		wf.askSpare()
	}
	if !urgent {
		after += min(urgentBytes, wf.size/16)
	}
	return after <= wf.size
}

// spaceErr is why no spare could be made. Called with w.mu held.
func (wf *walFiles) spaceErr() error { return cmp.Or(wf.fullErr, wf.err) }

// full notes that the disk is full, so that appends are refused at the door.
func (wf *walFiles) full(err error) {
	wf.w.mu.Lock()
	wf.fullErr = diskError("write", wf.cur.path, err)
	wf.w.room.Broadcast()
	wf.w.mu.Unlock()
}

func (wf *walFiles) free() int64 { return wf.size - wf.used }

// write puts b behind what is there.
func (wf *walFiles) write(b []byte) error {
	at := wf.used
	if err := wf.zeroAhead(at + int64(len(b))); err != nil {
		return err
	}
	if _, err := wf.cur.WriteAt(b, at); err != nil {
		return diskError("write", wf.cur.path, err)
	}
	wf.w.mu.Lock()
	wf.used += int64(len(b))
	wf.fullErr = nil
	wf.w.mu.Unlock()
	return nil
}

// zeroAhead keeps the file that was begun without zeroes ahead of the log.
func (wf *walFiles) zeroAhead(end int64) error {
	if !wf.w.sync || end <= wf.cur.zeroed {
		return nil
	}
	for wf.cur.zeroed < end {
		from := wf.cur.zeroed
		n := min(zeroStep, wf.size-from)
		if _, err := wf.cur.WriteAt(zeroes[:n], from); err != nil {
			return diskError("write", wf.cur.path, err)
		}
		wf.cur.zeroed = from + n
	}
	return nil
}

func (wf *walFiles) sync() error {
	if err := wf.cur.Sync(); err != nil {
		return &Failed{File: wf.cur.path, Err: err}
	}
	wf.w.s.count.syncs.Add(1)
	return nil
}

// rotate goes on in the spare; false when there is none yet.
func (wf *walFiles) rotate() bool {
	wf.w.mu.Lock()
	next := wf.spare
	if next == nil {
		wf.askSpare()
		wf.w.mu.Unlock()
		return false
	}
	wf.old = append(wf.old, spent{number: wf.number, lastSeq: wf.w.lastWritten})
	last := wf.cur
	wf.cur, wf.seed, wf.number, wf.used, wf.spare = next, next.seed, next.number, walHeaderBytes, nil
	wf.w.mu.Unlock()
	_ = last.Close()
	run.CrashPoint("broker.after_wal_rotate")
	wf.w.s.wakeCheckpoint()
	return true
}

// from is the first file that holds a record after seq.
func (wf *walFiles) from(seq uint64) uint64 {
	wf.w.mu.Lock()
	defer wf.w.mu.Unlock()
	for _, o := range wf.old {
		if o.lastSeq > seq {
			return o.number
		}
	}
	return wf.number
}

// recycle gives back files before number from.
func (wf *walFiles) recycle(from uint64) {
	var drop []uint64
	wf.w.mu.Lock()
	for len(wf.old) > 0 && wf.old[0].number < from {
		if n := wf.old[0].number; len(wf.recycled) < sparesMax {
			wf.recycled = append(wf.recycled, n)
		} else {
			drop = append(drop, n)
		}
		wf.old = wf.old[1:]
	}
	wf.w.mu.Unlock()
	for _, n := range drop {
		if err := wf.w.s.fs.Remove(wf.path(n)); err != nil {
			wf.w.s.warn(diskError("remove", wf.path(n), err))
		}
	}
}

// kept is how many bytes of log recovery would read.
func (wf *walFiles) kept() int64 {
	wf.w.mu.Lock()
	defer wf.w.mu.Unlock()
	return int64(len(wf.old))*wf.size + wf.used
}

func (wf *walFiles) close() error {
	err := wf.cur.Close()
	if wf.spare != nil {
		err = errors.Join(err, wf.spare.Close())
	}
	return err
}
