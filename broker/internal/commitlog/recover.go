package commitlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	iofs "io/fs"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"maru"
	"maru/run"
)

// recover brings back what the last process left: the checkpoint, then the
// write-ahead log, then what only the segments hold.
func (s *Store) recover(ctx context.Context) error {
	c, err := s.loadCheckpoint()
	if err != nil {
		return err
	}
	for _, t := range c.topics {
		s.setTopic(t)
	}
	s.setEntries(c.entries)
	s.applied = c.applied
	err = s.eachPartition(ctx, func(p *Partition) error {
		if state, ok := c.parts[partKey{p.id, p.n}]; ok {
			p.savedFrom = c.from
			return p.mount(&state, c.sameBoot)
		}
		return p.mount(nil, false)
	})
	if err != nil {
		return err
	}
	if err := s.replayAll(ctx, c); err != nil {
		return err
	}
	if err := s.eachPartition(ctx, (*Partition).settleTail); err != nil {
		return err
	}
	s.lastWritten = checkpointMark{at: s.clock.Now(), applied: c.applied}
	return s.wal.files.begin()
}

func (s *Store) eachPartition(ctx context.Context, fn func(*Partition) error) error {
	return sideBySide(ctx, s.partitions(), fn)
}

// sideBySide calls fn for every partition, as many at a time as there are
// processors, and gives the first error.
func sideBySide(ctx context.Context, parts []*Partition, fn func(*Partition) error) error {
	g, _ := run.NewGroup(ctx)
	var taken atomic.Int64
	for range min(runtime.GOMAXPROCS(0), len(parts)) {
		g.Go("broker.recover", func(ctx context.Context) error {
			for ctx.Err() == nil {
				i := int(taken.Add(1)) - 1
				if i >= len(parts) {
					return nil
				}
				if err := fn(parts[i]); err != nil {
					return err
				}
			}
			return ctx.Err()
		})
	}
	return g.Wait()
}

// replayAll reads the write-ahead files that the checkpoint does not cover.
func (s *Store) replayAll(ctx context.Context, c *saved) error {
	wf := &s.wal.files
	numbers, err := wf.list()
	if err != nil {
		return err
	}
	seq, last := uint64(0), c.applied
	for _, n := range numbers {
		wf.next = max(wf.next, n+1)
		if n < c.from {
			wf.old = append(wf.old, spent{number: n})
			continue
		}
		next, err := s.replayFile(ctx, wf.path(n), n, seq, c.applied)
		if err != nil {
			return err
		}
		seq, last = next, max(last, next-min(next, 1))
		wf.old = append(wf.old, spent{number: n, lastSeq: last})
	}
	wf.recycle(c.from)
	s.applied = last
	s.wal.seq, s.wal.lastWritten = last+1, last
	return nil
}

// replayFile applies one file; batches of different partitions side by side.
func (s *Store) replayFile(ctx context.Context, path string, number, seq, applied uint64) (uint64, error) {
	b, err := s.readFile(path)
	if err != nil {
		return seq, err
	}
	salt, ok := decodeWALHeader(b, number)
	if !ok {
		return seq, nil // made ready, and never used
	}
	work := map[*Partition][]replayed{}
	next, _, lost, err := eachFrame(b[walHeaderBytes:], saltSeed(salt), seq, func(f frame) error {
		return s.replayFrame(f, applied, work)
	})
	if err != nil {
		return seq, &maru.Error{Op: "commitlog.Open", Kind: maru.Corrupt, Err: fmt.Errorf("%s: %w", path, err)}
	}
	if lost > 0 {
		s.warn(&maru.Error{Op: "commitlog.Open", Kind: maru.Corrupt, Err: fmt.Errorf("%s: %d damaged stretches were stepped over; batches in them are taken from their segments", path, lost)})
	}
	if next > seq {
		if err := s.syncFile(path); err != nil {
			return seq, err
		}
	}
	return next, sideBySide(ctx, slices.Collect(maps.Keys(work)), func(p *Partition) error {
		for _, r := range work[p] {
			if err := errors.Join(ctx.Err(), p.replay(r.at, r.data)); err != nil {
				return err
			}
		}
		return nil
	})
}

// syncFile makes sure of what was read: it may have been in the page cache only,
// and readers will see it from now on.
func (s *Store) syncFile(path string) error {
	f, err := s.fs.Open(path, false)
	if err != nil {
		return diskError("open", path, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return &Failed{File: path, Err: err}
	}
	return nil
}

type replayed struct {
	at   place
	data []byte
}

func (s *Store) replayFrame(f frame, applied uint64, work map[*Partition][]replayed) error {
	if f.kind == kindBatches || f.kind == kindReference {
		at, data, err := readPlace(f)
		if err != nil {
			return err
		}
		if t := s.byID[at.id]; t != nil && int(at.partition) < len(t.parts) {
			p := t.parts[at.partition]
			work[p] = append(work[p], replayed{at, data})
		}
		return nil
	}
	if f.seq <= applied {
		return nil
	}
	switch f.kind {
	case kindEntries:
		es, err := readEntries(f.payload)
		if err != nil {
			return err
		}
		s.setEntries(es)
	case kindTopic:
		var t Topic
		if err := json.Unmarshal(f.payload, &t); err != nil {
			return err
		}
		return s.replayTopic(t)
	case kindTopicDeleted:
		if len(f.payload) == 16 {
			s.dropTopic([16]byte(f.payload))
		}
	case kindDeleteBefore:
		id, n, offset, err := readDeleteBefore(f.payload)
		if err != nil {
			return err
		}
		if t := s.byID[id]; t != nil && n >= 0 && int(n) < len(t.parts) {
			p := t.parts[n]
			p.start.Store(max(p.start.Load(), offset))
		}
	default:
		return maru.Errorf(maru.Corrupt, "record %d is of kind %d: was it written by a newer version?", f.seq, f.kind)
	}
	return nil
}

func (s *Store) replayTopic(t Topic) error {
	known := 0
	if old := s.byID[t.ID]; old != nil {
		known = len(old.parts)
	}
	s.setTopic(t)
	for _, p := range s.topics[t.Name].parts[known:] {
		if err := p.mount(nil, false); err != nil {
			return err
		}
	}
	return nil
}

// readFile is the whole of a file; nil when it is not there.
func (s *Store) readFile(path string) ([]byte, error) {
	f, err := s.fs.Open(path, false)
	if errors.Is(err, iofs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, diskError("open", path, err)
	}
	defer func() { _ = f.Close() }()
	n, err := f.Size()
	if err == nil && n > math.MaxInt32 {
		err = fmt.Errorf("%d bytes are more than any file of this kind", n)
	}
	b := make([]byte, n)
	if err == nil && n > 0 {
		_, err = f.ReadAt(b, 0)
	}
	if err != nil {
		return nil, diskError("read", path, err)
	}
	return b, nil
}
