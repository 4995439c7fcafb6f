package commitlog

import (
	"container/list"
	"sync"
)

const (
	// handlesMax bounds the segment files held open, whatever the number of
	// partitions; the one used longest ago is closed first.
	handlesMax = 512
	// indexBytesMax bounds the indexes of sealed segments kept in memory; they
	// go with the handle that has been used longest ago.
	indexBytesMax = 64 << 20
)

// handles opens segment files when they are needed and closes them when
// others are. mu is taken last, never while a file is read or written.
type handles struct {
	fs  FS
	max int

	mu         sync.Mutex
	lru        list.List // of *handle, front = used last
	indexBytes int64
}

// handle is one open segment file and the number of those using it.
type handle struct {
	file  File
	seg   *segment
	refs  int
	gone  bool // to be closed with the last reference
	index int64
	elem  *list.Element
}

// acquire opens seg's file, or finds it open. release must follow.
func (hs *handles) acquire(seg *segment, create bool) (*handle, error) {
	hs.mu.Lock()
	if h := seg.handle; h != nil {
		h.refs++
		hs.lru.MoveToFront(h.elem)
		hs.mu.Unlock()
		return h, nil
	}
	f, err := hs.fs.Open(seg.path, create)
	if err != nil {
		hs.mu.Unlock()
		return nil, diskError("open", seg.path, err)
	}
	h := &handle{file: f, seg: seg, refs: 1}
	h.elem = hs.lru.PushFront(h)
	seg.handle = h
	evicted := hs.trim()
	hs.mu.Unlock()
	closeAll(evicted)
	return h, nil
}

func (hs *handles) release(h *handle) {
	hs.mu.Lock()
	h.refs--
	last := h.gone && h.refs == 0
	hs.mu.Unlock()
	if last {
		closeAll([]*handle{h})
	}
}

// charge says what the index that came with h weighs.
func (hs *handles) charge(h *handle, bytes int64) {
	hs.mu.Lock()
	hs.indexBytes += bytes - h.index
	h.index = bytes
	evicted := hs.trim()
	hs.mu.Unlock()
	closeAll(evicted)
}

// forget closes seg's file once nobody uses it.
func (hs *handles) forget(seg *segment) {
	hs.mu.Lock()
	h := seg.handle
	idle := h != nil && hs.detach(h)
	hs.mu.Unlock()
	if idle {
		closeAll([]*handle{h})
	}
}

// trim detaches what is over the bounds and idle. Called with mu held.
func (hs *handles) trim() []*handle {
	var out []*handle
	for e := hs.lru.Back(); e != nil && (hs.lru.Len() > hs.max || hs.indexBytes > indexBytesMax); {
		h := e.Value.(*handle)
		e = e.Prev()
		if h.refs == 0 {
			hs.detach(h)
			out = append(out, h)
		}
	}
	return out
}

// detach takes h out of the cache and says whether nobody uses it.
func (hs *handles) detach(h *handle) bool {
	hs.lru.Remove(h.elem)
	hs.indexBytes -= h.index
	h.seg.handle = nil
	h.gone = true
	return h.refs == 0
}

// closeAll runs without locks: closing may wait for the disk. An error here
// loses nothing: what must be on the disk was synced before.
func closeAll(hs []*handle) {
	for _, h := range hs {
		h.seg.dropIndex(h)
		_ = h.file.Close()
	}
}

// closeIdle closes everything that is not in use; Close of the store calls it.
func (hs *handles) closeIdle() {
	hs.mu.Lock()
	var out []*handle
	for e := hs.lru.Front(); e != nil; {
		h := e.Value.(*handle)
		e = e.Next()
		if hs.detach(h) {
			out = append(out, h)
		}
	}
	hs.mu.Unlock()
	closeAll(out)
}
