package tail

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"maru"
)

// State is what Fill found.
type State uint8

// The states.
const (
	More  State = iota // new bytes may be unread: use them and call Fill again
	Idle               // at the end for now
	Ended              // this generation is finished: use what is unread, then call Next
)

// The names at which Options.Crash is called.
const (
	CrashRotateDetected   = "after_rotate_detected"
	CrashTruncateDetected = "after_truncate_detected"
)

// Options of a Log.
type Options struct {
	Follow     bool          // wait for more at the end of the newest file
	RotateWait time.Duration // how long a rotated file may still grow after it was last touched
	Matched    func(path string) bool
	Clock      maru.Clock
	Notice     func(text string) // what the user should know
	Crash      func(point string)
}

// Log reads one logical log. It is for one goroutine, but for Owns.
type Log struct {
	base string
	o    Options

	f        *file
	gen      uint64
	off      int64  // of the first byte not used yet
	head     []byte // the generation's first bytes, up to HeadMax of those read
	high     int64  // how far the generation was ever known to reach
	win      *Window
	saved    []byte    // what stood before off when the window was given back
	written  time.Time // when f was last written, at the last Fill
	rotated  time.Time // when f was first seen to have lost the log's name; zero: it has it
	copied   bool      // f is the copy of a truncated file: it ends at its end
	rewound  bool      // the file under the log's name was truncated: it is what comes next
	finished []generation

	mu    sync.Mutex // guards owned
	owned []ID       // the current file and those finished last
}

// finishedMax bounds how many finished generations are remembered, to know
// their copies.
const finishedMax = 64

// generation is one that was read to its end: the place, and the size of its
// file (-1 when it was compressed).
type generation struct {
	Position
	size int64
}

// New makes a Log of the files whose Base is base.
func New(base string, o Options) *Log { return &Log{base: base, o: o} }

// Owns says whether the file is one that this log reads or has read.
func (l *Log) Owns(id ID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range l.owned {
		if o.Same(id) {
			return true
		}
	}
	return false
}

func (l *Log) own(id ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owned = append(l.owned, id)
	if n := len(l.owned) - finishedMax; n > 0 {
		l.owned = l.owned[n:]
	}
}

// Attach lends the log a window to read through.
func (l *Log) Attach(w *Window) {
	l.win = w
	w.reset(l.saved)
	l.saved = l.saved[:0]
}

// Detach gives the window back; unread bytes are read again later.
func (l *Log) Detach() {
	if l.win != nil {
		l.saved = append(l.saved[:0], l.win.behind()...)
		l.win = nil
	}
}

// Streaming says that the file is compressed: reading it in pieces is dear.
func (l *Log) Streaming() bool { return l.f != nil && l.f.z != nil }

// Unread is what was read and not used.
func (l *Log) Unread() []byte { return l.win.Unread() }

// Advance uses the first n unread bytes.
func (l *Log) Advance(n int) {
	l.win.r += n
	l.off += int64(n)
}

// Offset is that of the first unread byte.
func (l *Log) Offset() int64 { return l.off }

// Gen is the ordinal of the generation.
func (l *Log) Gen() uint64 { return l.gen }

// Path is where the generation was opened; the log's own name when none is.
func (l *Log) Path() string {
	if l.f == nil {
		return l.base
	}
	return l.f.path
}

// Written is when the generation was last written.
func (l *Log) Written() time.Time { return l.written }

// Size is the generation's size in bytes; -1 when it is compressed, 0 when
// there is none.
func (l *Log) Size() int64 {
	if l.f == nil {
		return 0
	}
	size, _, _, _, err := l.f.stat()
	if err != nil {
		return 0
	}
	return size
}

// Position is the place of the first unread byte.
func (l *Log) Position() Position { return l.position(l.off, l.win.behind()) }

func (l *Log) position(off int64, behind []byte) Position {
	n := int(min(off, HeadMax))
	p := Position{Gen: l.gen, Offset: off, HeadLen: n, Head: Hash(l.head[:n]), Behind: Hash(behind), Time: l.written.UnixMilli()}
	if l.f != nil {
		p.ID = l.f.id
	}
	return p
}

// Mark is the place of the generation's first byte, with as many first bytes
// as the file has by now, so that it is known again before any of them was
// used; false when no file is open.
func (l *Log) Mark() (Position, bool) {
	if l.f == nil {
		return Position{}, false
	}
	p := Position{Gen: l.gen, ID: l.f.id, Behind: Hash(nil), Time: l.written.UnixMilli()}
	var head [HeadMax]byte
	n := 0
	if l.f.z == nil {
		n, _ = l.f.read(head[:], 0) // what cannot be read is not needed either
	}
	p.HeadLen, p.Head = n, Hash(head[:n])
	return p, true
}

// Close closes the open file.
func (l *Log) Close() {
	if l.f != nil {
		l.f.close()
		l.f = nil
	}
}

// Fill reads a block. The window must be attached, and hold less than a
// record of the largest size.
func (l *Log) Fill() (State, error) {
	if l.f == nil {
		return Ended, nil
	}
	size, err := l.note()
	if err != nil {
		return Idle, err
	}
	w, room := l.win, l.win.room()
	if len(room) == 0 {
		return More, nil
	}
	if l.f.z != nil {
		return l.fillStream(room)
	}
	// The bytes before are read again with the new ones: a file that was
	// truncated and has grown past our place since would pass a look at its
	// size.
	at := l.off + int64(w.w-w.r)
	ov := min(BehindMax, w.w)
	var before [BehindMax]byte
	copy(before[:], w.buf[w.w-ov:w.w])
	n, err := l.f.read(w.buf[w.w-ov:w.w+len(room)], at-int64(ov))
	if err != nil {
		copy(w.buf[w.w-ov:], before[:ov])
		return Idle, fmt.Errorf("read %s at byte %d: %w", l.f.path, at, err)
	}
	if n < ov || !bytes.Equal(before[:ov], w.buf[w.w-ov:w.w]) || size < l.high || l.otherHead(at, w.buf[w.w:w.w+n-ov]) {
		copy(w.buf[w.w-ov:], before[:ov])
		return l.truncated(at, before[:ov])
	}
	n -= ov
	l.grown(at, n)
	if n > 0 {
		return More, nil
	}
	return l.atEnd(at)
}

// otherHead says whether first bytes that were read before, and dropped with a
// window, are others now.
func (l *Log) otherHead(at int64, now []byte) bool {
	if at >= int64(len(l.head)) {
		return false
	}
	known := l.head[at:]
	n := min(len(known), len(now))
	return !bytes.Equal(known[:n], now[:n])
}

// note looks at the file before it is read.
func (l *Log) note() (size int64, err error) {
	size, written, _, _, err := l.f.stat()
	if err != nil {
		return 0, fmt.Errorf("stat %s: %w", l.f.path, err)
	}
	l.written = written
	return size, nil
}

func (l *Log) grown(at int64, n int) {
	w := l.win
	if at < HeadMax {
		l.head = append(l.head[:at], w.buf[w.w:w.w+min(n, int(HeadMax-at))]...)
	}
	w.w += n
	l.high = max(l.high, at+int64(n))
}

func (l *Log) fillStream(room []byte) (State, error) {
	at := l.off + int64(l.win.w-l.win.r)
	if l.f.at != at { // unread bytes were dropped with a window
		if err := l.f.rewind(); err != nil {
			return Idle, fmt.Errorf("read %s: %w", l.f.path, err)
		}
		if err := l.f.skip(at, &sieve{}); err != nil {
			return Idle, fmt.Errorf("read %s up to byte %d: %w", l.f.path, at, err)
		}
	}
	n, err := l.f.read(room, at)
	if err != nil {
		return Idle, err
	}
	l.grown(at, n)
	if n > 0 {
		return More, nil
	}
	if l.f.torn != nil {
		l.o.Notice(fmt.Sprintf("%s is damaged after %d unpacked bytes (%v): what follows cannot be read", l.f.path, at, l.f.torn))
	}
	return Ended, nil
}

// atEnd decides what the end of a plain file at offset at means.
func (l *Log) atEnd(at int64) (State, error) {
	if !l.o.Follow || l.copied {
		return Ended, nil
	}
	cur, err := os.Stat(l.base)
	if err == nil {
		// While the file is open its inode cannot be given to another.
		if id := idOf(cur); id.Ino == l.f.id.Ino && id.Dev == l.f.id.Dev {
			l.rotated = time.Time{}
			return Idle, nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return Idle, fmt.Errorf("stat %s: %w", l.base, err)
	}
	now := l.o.Clock.Now()
	if l.rotated.IsZero() {
		l.rotated = now
		l.o.Crash(CrashRotateDetected)
	}
	size, _, touch, links, err := l.f.stat()
	switch {
	case err != nil:
		return Idle, fmt.Errorf("stat %s: %w", l.f.path, err)
	case size > at:
		return More, nil // it grew since the read
	}
	// Without a successor the writer may still hold this file; a file without
	// a name is kept no longer, for it holds disk space. A file that was rotated
	// twice is not waited for: a log may rotate faster than that.
	next, err := l.after()
	waited := max(now.Sub(touch), now.Sub(l.rotated)) >= l.o.RotateWait
	if err != nil || len(next) < 2 && (!waited || len(next) == 0 && links > 0) {
		return Idle, err
	}
	return Ended, nil
}

// truncated looks for the copy that copytruncate made, and goes on in it.
func (l *Log) truncated(at int64, behind []byte) (State, error) {
	l.o.Crash(CrashTruncateDetected)
	if at == 0 {
		// Nothing of it was used: what it held is in a file written since, which
		// Next finds by its time, or is lost.
		l.forget()
		return Ended, nil
	}
	p := l.position(at, behind)
	c, err := l.findCopy(p, at)
	if err != nil {
		return Idle, err
	}
	if c == nil {
		l.o.Notice(fmt.Sprintf("%s was truncated or rewritten below byte %d, and no copy of it is beside it: lines written there "+
			"since the last look are lost; reading goes on at its start", l.f.path, at))
		l.rewound = true
		return Ended, nil
	}
	l.o.Notice(fmt.Sprintf("%s was truncated; its last lines are read from its copy %s", l.f.path, c.path))
	l.f.close()
	l.f, l.copied, l.high = c, true, at
	l.own(c.id)
	return More, nil
}
