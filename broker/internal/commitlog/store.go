package commitlog

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"maru"
	"maru/run"
)

const (
	walBytesDefault     = 64 << 20
	walBytesMin         = 64 << 10
	segmentBytesDefault = 1 << 30
	// segmentBytesMax keeps positions in an index within 32 bits.
	segmentBytesMax = 1<<31 - 1

	// walKeptMax is how much log may pile up when a partition whose disk has
	// failed keeps checkpoints from giving files back; then appends stop.
	walKeptMax = 16

	topicsDir = "topics"
)

// Store is all topics of one data directory.
type Store struct {
	cfg    Config
	fs     FS
	clock  maru.Clock
	warn   func(error)
	fullAt atomic.Int64 // when a full disk was told last, nanoseconds since 1970
	boot   string       // FS.BootID
	wal    wal
	open   handles
	count  counters

	closing chan struct{} // closed by Close
	closed  sync.Once
	check   chan struct{} // asks for a checkpoint

	// mu guards what follows. It is taken alone or before a partition's mu.
	mu      sync.RWMutex
	topics  map[string]*topic
	byID    map[[16]byte]*topic
	claimed map[string]bool // names whose metadata is on its way to the log
	table   map[string][]byte
	applied uint64 // the last record that shows in what this mu guards

	pid pidBlock

	checkpointing sync.Mutex // one at a time; taken before mu
	lastWritten   checkpointMark
}

// topic is a Topic and its partitions. parts only grows, by copying.
type topic struct {
	meta  Topic
	parts []*Partition
}

// Open recovers the store in cfg.Dir, or makes one: checkpoint, write-ahead
// log, and a checksum scan of what lies behind both. The caller holds a lock
// on the directory.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	s := &Store{
		cfg: cfg, fs: cfg.FS, clock: cfg.Clock, warn: cfg.Warn, boot: cfg.FS.BootID(),
		closing: make(chan struct{}), check: make(chan struct{}, 1),
		topics: map[string]*topic{}, byID: map[[16]byte]*topic{}, claimed: map[string]bool{}, table: map[string][]byte{},
	}
	s.open.fs, s.open.max = s.fs, handlesMax
	s.wal.init(s)
	for _, dir := range []string{cfg.Dir, s.wal.files.dir, filepath.Join(cfg.Dir, topicsDir)} {
		if err := s.fs.MkdirAll(dir); err != nil {
			return nil, diskError("create", dir, err)
		}
	}
	if err := errors.Join(s.fs.SyncDir(filepath.Dir(filepath.Clean(cfg.Dir))), s.fs.SyncDir(cfg.Dir)); err != nil {
		return nil, diskError("sync", cfg.Dir, err)
	}
	if err := s.recover(ctx); err != nil {
		s.open.closeIdle()
		return nil, err
	}
	s.wal.wg.Add(2)
	run.Go("broker.wal", s.wal.run)
	run.Go("broker.wal.spares", s.wal.files.spares)
	return s, nil
}

func (c *Config) complete() error {
	c.Durability = cmp.Or(c.Durability, Fsync)
	c.WALBytes = cmp.Or(c.WALBytes, walBytesDefault)
	c.SegmentBytes = cmp.Or(c.SegmentBytes, segmentBytesDefault)
	c.CheckEvery = cmp.Or(c.CheckEvery, time.Second)
	c.FS = cmp.Or(c.FS, Disk)
	c.Clock = cmp.Or(c.Clock, maru.SystemClock)
	if c.Warn == nil {
		c.Warn = func(error) {}
	}
	switch {
	case c.Dir == "":
		return maru.Errorf(maru.Invalid, "commitlog: dir is not set")
	case c.Durability != Fsync && c.Durability != OS:
		return maru.Errorf(maru.Invalid, "durability %q; it is %s or %s", c.Durability, Fsync, OS)
	case c.WALBytes < walBytesMin || c.WALBytes > 1<<30:
		return maru.Errorf(maru.Invalid, "write-ahead file of %d bytes; %d to %d", c.WALBytes, walBytesMin, 1<<30)
	case c.SegmentBytes < 0 || c.SegmentBytes > segmentBytesMax:
		return maru.Errorf(maru.Invalid, "segments of %d bytes; 1 to %d", c.SegmentBytes, segmentBytesMax)
	case c.CheckEvery < 0:
		return maru.Errorf(maru.Invalid, "check every %s; more than 0", c.CheckEvery)
	}
	return nil
}

// Run makes checkpoints and applies retention until ctx ends. Appends work
// without it, but disk is never given back. It should have ended before Close.
func (s *Store) Run(ctx context.Context) error {
	tick := time.NewTicker(s.cfg.CheckEvery)
	defer tick.Stop()
	s.dropOrphans()
	for {
		force := false
		select {
		case <-ctx.Done():
			return nil
		case <-s.closing:
			return nil
		case <-s.check:
			force = true
		case <-tick.C:
		}
		s.flushAged()
		s.retain()
		if force || s.checkpointDue() {
			if err := s.Checkpoint(); err != nil {
				s.warn(err)
			}
		}
	}
}

func (s *Store) wakeCheckpoint() {
	select {
	case s.check <- struct{}{}:
	default:
	}
}

// Close makes everything durable, leaves a checkpoint and closes the files.
// The next Open has nothing to scan.
func (s *Store) Close() error {
	var err error
	s.closed.Do(func() {
		s.wal.stop()
		err = s.finalCheckpoint()
		s.open.closeIdle()
		err = errors.Join(err, s.wal.files.close())
	})
	return err
}

// Abandon stops the store's goroutines and closes files, and writes nothing:
// what a kill leaves behind. Tests use it.
func (s *Store) Abandon() {
	s.closed.Do(func() {
		s.wal.stop()
		s.open.closeIdle()
		_ = s.wal.files.close()
	})
}

// stop flushes what has been gathered and ends the goroutines.
func (w *wal) stop() {
	w.mu.Lock()
	w.closing = true
	w.room.Broadcast()
	w.mu.Unlock()
	close(w.s.closing)
	w.wake()
	w.wg.Wait()
}

func (s *Store) nowMs() int64 { return s.clock.Now().UnixMilli() }

// syncSegment makes the first size bytes of seg durable.
func (s *Store) syncSegment(seg *segment, size int64) error {
	if !seg.dirty(size) {
		return nil
	}
	h, err := s.open.acquire(seg, false)
	if err != nil && seg.gone.Load() {
		return nil
	}
	if err != nil {
		return &Failed{File: seg.path, Err: err}
	}
	defer s.open.release(h)
	s.count.syncs.Add(1)
	dir := filepath.Dir(seg.path)
	return seg.sync(s.fs, h.file, size, dir, filepath.Dir(dir), filepath.Dir(filepath.Dir(dir)))
}

// counters are what Stats reports.
type counters struct {
	syncs, appends, appended, read atomic.Int64
}

// Stats is what the store has done since Open, and what it keeps.
type Stats struct {
	Topics, Partitions, Segments int
	Bytes                        int64 // of all segments
	WALBytes                     int64 // that recovery would read
	Pending                      int64 // gathered, not yet durable
	Fsyncs                       int64
	Appends, AppendedBytes       int64
	ReadBytes                    int64
	Keys                         int // of the table
	Damaged                      int // stretches that readers step over
	Failed                       int // partitions that refuse appends
	OpenFiles                    int
}

// Stats gathers numbers for metrics; it takes a moment on many partitions.
func (s *Store) Stats() Stats {
	st := Stats{
		WALBytes: s.wal.files.kept(), Fsyncs: s.count.syncs.Load(), Appends: s.count.appends.Load(),
		AppendedBytes: s.count.appended.Load(), ReadBytes: s.count.read.Load(),
	}
	s.wal.mu.Lock()
	st.Pending = s.wal.pending
	s.wal.mu.Unlock()
	s.open.mu.Lock()
	st.OpenFiles = s.open.lru.Len()
	s.open.mu.Unlock()
	s.mu.RLock()
	st.Topics, st.Keys = len(s.topics), len(s.table)
	s.mu.RUnlock()
	for _, p := range s.partitions() {
		st.Partitions++
		p.addTo(&st)
	}
	return st
}

// partitions is a snapshot of all of them.
func (s *Store) partitions() []*Partition {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*Partition
	for _, t := range s.topics {
		out = append(out, t.parts...)
	}
	return out
}
