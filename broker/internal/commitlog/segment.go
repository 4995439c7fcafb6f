package commitlog

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"

	"maru"
)

const (
	segmentSuffix = ".log"
	indexSuffix   = ".idx"

	// A segment grows by what it holds, within these bounds, so that a quiet
	// partition does not take a gigabyte of disk.
	allocateMin = 1 << 20
	allocateMax = 64 << 20
)

// segment is one file of batches that begins with offset base.
type segment struct {
	base    int64
	path    string
	created int64 // ms, when its first batch came

	view   *sync.RWMutex // the partition's; guards what follows
	size   int64         // bytes of whole batches
	next   int64         // offset after the last batch
	maxTs  int64         // -1 when there is none
	sealed bool
	idx    index
	from   int64   // idx knows the bytes [from, size)
	owner  *handle // idx goes when it closes
	seen   []bool  // of the first entries, which a file gave: checked since; the rest needs no check
	holes  []hole  // damage that has been found, by position

	loading sync.Mutex // one builds idx or checks blocks at a time; taken before view

	syncing sync.Mutex // guards synced, linked, saved
	synced  int64
	linked  bool // its name is on the disk
	saved   bool // its index file is written

	allocated int64       // guarded by the partition's mu
	handle    *handle     // guarded by handles.mu
	gone      atomic.Bool // its file is being removed
}

// hole is a damaged stretch: bytes [pos, end), offsets [from, next).
type hole struct{ pos, end, from, next int64 }

func newSegment(dir string, base int64, view *sync.RWMutex) *segment {
	return &segment{base: base, next: base, view: view, path: filepath.Join(dir, fmt.Sprintf("%020d%s", base, segmentSuffix)), maxTs: -1}
}

func (g *segment) indexPath() string { return g.path[:len(g.path)-len(segmentSuffix)] + indexSuffix }

// note takes in the batch at pos, which ends the segment.
func (g *segment) note(h *header, pos int64) {
	if n := len(g.idx); n == 0 || pos-int64(g.idx[n-1].pos) >= indexInterval {
		g.enter(h.base, pos)
	}
	g.maxTs = max(g.maxTs, h.maxTs)
	g.next = h.next()
	g.size = pos + int64(h.size)
}

// enter makes an index entry at the end of the segment.
func (g *segment) enter(offset, pos int64) {
	g.idx = append(g.idx, entry{rel: uint32(offset - g.base), pos: uint32(pos), maxTs: g.maxTs})
}

// dropIndex forgets what came with h. The active segment keeps its own.
func (g *segment) dropIndex(h *handle) {
	g.loading.Lock()
	defer g.loading.Unlock()
	g.view.Lock()
	defer g.view.Unlock()
	if g.owner == h && g.sealed {
		g.owner, g.idx, g.seen, g.from = nil, nil, nil, g.size
	}
}

// sync makes what is written durable, the file's name included. It returns
// how far. dirs are the directories above, nearest first.
func (g *segment) sync(fs FS, f File, size int64, dirs ...string) error {
	g.syncing.Lock()
	defer g.syncing.Unlock()
	if g.synced < size {
		if err := f.Sync(); err != nil {
			return &Failed{File: g.path, Err: err}
		}
		g.synced = size
	}
	if g.linked {
		return nil
	}
	for _, d := range dirs {
		if err := fs.SyncDir(d); err != nil {
			return &Failed{File: d, Err: err}
		}
	}
	g.linked = true
	return nil
}

// dirty says whether bytes below size wait for a sync.
func (g *segment) dirty(size int64) bool {
	g.syncing.Lock()
	defer g.syncing.Unlock()
	return g.synced < size || !g.linked
}

// grow reserves disk ahead of a write that ends at end. That there is no
// space for the reserve is no error: the write itself will tell.
func (g *segment) grow(f File, end, limit int64) {
	if end <= g.allocated {
		return
	}
	step := min(max(g.allocated, allocateMin), allocateMax)
	upTo := min(max(end, g.allocated+step), max(limit, end))
	g.allocated = upTo
	_ = f.Allocate(upTo)
}

// saveIndex writes the index file of a sealed segment. It is only a saving of
// time: without it, or with a damaged one, the segment is scanned.
func (g *segment) saveIndex(fs FS, x index, size int64) error {
	f, err := fs.Open(g.indexPath(), true)
	if err != nil {
		return diskError("open", g.indexPath(), err)
	}
	defer func() { _ = f.Close() }()
	b := encodeIndex(x, size)
	if _, err := f.WriteAt(b, 0); err != nil {
		return diskError("write", g.indexPath(), err)
	}
	return f.Truncate(int64(len(b)))
}

// readIndex is the index file's account of the first bytes of the segment.
func (g *segment) readIndex(fs FS) (index, int64, error) {
	f, err := fs.Open(g.indexPath(), false)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = f.Close() }()
	n, err := f.Size()
	if err != nil || n > indexHeaderBytes+4+entryBytes*(batchBytesMax/indexInterval*4) {
		return nil, 0, maru.Errorf(maru.Corrupt, "%s: %d bytes are no index: %v", g.indexPath(), n, err)
	}
	b := make([]byte, n)
	if _, err := f.ReadAt(b, 0); err != nil && n > 0 {
		return nil, 0, err
	}
	return decodeIndex(b)
}
