package commitlog

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"maru"
	"maru/run"
)

// A checkpoint says from where recovery has to read. It is written twice, so
// that a damaged one costs nothing. docs/format/log.md.
const (
	checkpointMagic = "maruckp1"
	checkpointName  = "checkpoint"
	checkpointCopy  = "checkpoint.copy"

	// checkpointFiles full write-ahead files make a checkpoint due.
	checkpointFiles = 2
	// checkpointBytes appended since the last one do so too: that much is
	// checked when the process has been killed under Durability OS.
	checkpointBytes = 256 << 20
	checkpointEvery = time.Minute

	// entriesPerFrame keeps frames of the table to a modest size.
	entriesPerFrame = 1000
)

// checkpointMark is what the last checkpoint covered.
type checkpointMark struct {
	at       time.Time
	applied  uint64
	appended int64
}

func (s *Store) checkpointDue() bool {
	s.checkpointing.Lock()
	last := s.lastWritten
	s.checkpointing.Unlock()
	s.mu.RLock()
	applied := s.applied
	s.mu.RUnlock()
	fresh := s.count.appended.Load() - last.appended
	switch {
	case fresh == 0 && applied == last.applied:
		return false
	case s.wal.files.kept() >= checkpointFiles*s.cfg.WALBytes, fresh >= checkpointBytes:
		return true
	}
	return s.clock.Now().Sub(last.at) >= checkpointEvery
}

// Checkpoint syncs what is not yet on the disk in its final place and gives
// back write-ahead files. Run calls it when it is due.
func (s *Store) Checkpoint() error { return s.checkpoint(false) }

// finalCheckpoint also syncs active segments under Durability OS.
func (s *Store) finalCheckpoint() error { return s.checkpoint(true) }

func (s *Store) checkpoint(final bool) error {
	s.checkpointing.Lock()
	defer s.checkpointing.Unlock()
	s.wal.mu.Lock()
	failed := s.wal.err
	s.wal.mu.Unlock()
	if failed != nil {
		return failed // the old checkpoint and the log in front of it still hold
	}
	mark := checkpointMark{at: s.clock.Now(), appended: s.count.appended.Load()}
	s.mu.RLock()
	mark.applied = s.applied
	topics, table := slices.Collect(maps.Values(s.topics)), maps.Clone(s.table)
	s.mu.RUnlock()

	from := s.wal.files.from(mark.applied)
	var states [][]byte
	for _, t := range topics {
		for _, p := range t.parts {
			state, since := p.checkpoint(from, final)
			from = min(from, since)
			if state != nil {
				states = append(states, state)
			}
		}
	}
	if err := s.writeCheckpoint(encodeCheckpoint(mark.applied, from, s.boot, topics, table, states)); err != nil {
		return err
	}
	run.CrashPoint("broker.after_checkpoint_before_recycle")
	s.lastWritten = mark
	s.wal.files.recycle(from)
	return s.limitLog()
}

// limitLog stops everything when failed partitions keep too much log alive.
func (s *Store) limitLog() error {
	if s.wal.files.kept() < walKeptMax*s.cfg.WALBytes {
		return nil
	}
	err := maru.Errorf(maru.Unavailable, "%s holds %d files that a failed partition still needs: check its disk, then restart", s.wal.files.dir, walKeptMax)
	s.wal.mu.Lock()
	s.wal.err = err
	s.wal.room.Broadcast()
	s.wal.mu.Unlock()
	return err
}

// checkpoint syncs p and gives its state, nil when it has never been used.
// since is the first write-ahead file that p needs beside it.
func (p *Partition) checkpoint(from uint64, final bool) (state []byte, since uint64) {
	p.mu.Lock()
	if p.failed != nil || p.deleted {
		p.mu.Unlock()
		return p.lastSaved(from)
	}
	p.producers.expire(p.s.nowMs())
	c := p.capture()
	p.mu.Unlock()
	if c.next == 0 && len(c.segs) == 1 {
		return nil, from
	}
	for i, g := range c.live {
		last := i == len(c.live)-1
		if last && !p.synced() && !final {
			break // Kafka's way: the kernel writes it back in its own time
		}
		if err := p.settle(g, c.segs[i].size, !last || final); err != nil {
			p.fail(err)
			return p.lastSaved(from)
		}
	}
	c.synced = c.segs[len(c.segs)-1].base
	for i, g := range c.live {
		if g.dirty(c.segs[i].size) {
			c.synced = c.segs[i].base
			break
		}
	}
	if !c.live[len(c.live)-1].dirty(c.segs[len(c.segs)-1].size) && c.synced == c.segs[len(c.segs)-1].base {
		c.synced = c.next
	}
	state = c.encode(p.id, p.n)
	p.mu.Lock()
	p.saved, p.savedFrom = state, from
	p.mu.Unlock()
	return state, from
}

// lastSaved is what p was last saved as. A deleted partition needs nothing: its
// deletion is in the log, behind all that this checkpoint covers.
func (p *Partition) lastSaved(from uint64) (state []byte, since uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.deleted {
		return nil, from
	}
	return p.saved, min(from, p.savedFrom)
}

// settle syncs g. When it is complete its index is saved and what was reserved
// behind its end is given back.
func (p *Partition) settle(g *segment, size int64, complete bool) error {
	if size > 0 {
		if err := p.s.syncSegment(g, size); err != nil {
			return err
		}
	}
	g.syncing.Lock()
	todo := complete && !g.saved && size > 0
	g.saved = g.saved || complete
	g.syncing.Unlock()
	if !todo {
		return nil
	}
	p.view.RLock()
	x, whole := g.idx, g.from == 0 && g.size == size
	p.view.RUnlock()
	if !whole {
		return nil
	}
	if h, err := p.s.open.acquire(g, false); err == nil {
		_ = h.file.Truncate(size) // frees the reserve; failing costs only space
		p.s.open.release(h)
	}
	run.CrashPoint("broker.before_index")
	if err := g.saveIndex(p.s.fs, x, size); err != nil {
		p.s.warn(err)
	}
	return nil
}

// partState is a partition in a checkpoint.
type partState struct {
	id        [16]byte
	n         int32
	start     int64
	next      int64
	synced    int64 // offset before which all is on the disk: a segment's base, or next
	segs      []segState
	producers producers
	live      []*segment // the same as segs; not encoded
}

type segState struct{ base, size, maxTs, created int64 }

// capture is called with mu held. What it says is in the files, though maybe
// not yet synced.
func (p *Partition) capture() partState {
	c := partState{start: p.LogStart(), next: p.End(), live: slices.Clone(p.segs), producers: make(producers, len(p.producers))}
	for _, g := range p.segs {
		c.segs = append(c.segs, segState{g.base, g.size, g.maxTs, g.created})
	}
	for id, pr := range p.producers {
		own := *pr
		c.producers[id] = &own
	}
	return c
}

func (c *partState) encode(id [16]byte, n int32) []byte {
	b := append([]byte{}, id[:]...)
	b = binary.AppendUvarint(b, uint64(n))
	for _, v := range []int64{c.start, c.next, c.synced} {
		b = binary.AppendVarint(b, v)
	}
	b = binary.AppendUvarint(b, uint64(len(c.segs)))
	for _, g := range c.segs {
		for _, v := range []int64{g.base, g.size, g.maxTs, g.created} {
			b = binary.AppendVarint(b, v)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(c.producers)))
	for id, pr := range c.producers {
		for _, v := range []int64{id, int64(pr.epoch), pr.seenMs, int64(pr.n)} {
			b = binary.AppendVarint(b, v)
		}
		for _, k := range pr.batch[:pr.n] {
			for _, v := range []int64{int64(k.first), int64(k.last), k.base, int64(k.delta)} {
				b = binary.AppendVarint(b, v)
			}
		}
	}
	return b
}

// decodePartState is the inverse of encode.
func decodePartState(b []byte) (c partState, err error) {
	r := reader{b: b}
	c.id, c.n = r.id(), int32(r.uvarint())
	c.start, c.next, c.synced = r.varint(), r.varint(), r.varint()
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		c.segs = append(c.segs, segState{r.varint(), r.varint(), r.varint(), r.varint()})
	}
	c.producers = producers{}
	for n := r.uvarint(); n > 0 && !r.bad; n-- {
		id, pr := r.varint(), &producer{epoch: int16(r.varint()), seenMs: r.varint()}
		batches := r.varint()
		if batches < 0 || batches > producerBatches {
			return c, maru.Errorf(maru.Corrupt, "producer with %d batches", batches)
		}
		for ; batches > 0; batches-- {
			pr.batch[pr.n] = past{first: int32(r.varint()), last: int32(r.varint()), base: r.varint(), delta: int32(r.varint())}
			pr.n++
		}
		if pr.n > 0 {
			c.producers[id] = pr
		}
	}
	if r.err() == nil && (len(c.segs) == 0 || c.start < 0 || c.next < c.segs[len(c.segs)-1].base) {
		return c, maru.Errorf(maru.Corrupt, "partition state makes no sense")
	}
	return c, r.err()
}

// encodeCheckpoint lays out the file behind its header; the header, which has
// the salt, is the writer's.
func encodeCheckpoint(applied, from uint64, boot string, topics []*topic, table map[string][]byte, states [][]byte) func(salt uint64) []byte {
	return func(salt uint64) []byte {
		var b []byte
		seed, seq := saltSeed(salt), uint64(0)
		add := func(k kind, payload []byte) {
			seq++
			at := len(b)
			b = append(b, make([]byte, frameSize(len(payload)))...)
			copy(b[at+frameHeaderBytes:], payload)
			sealFrame(b[at:], seed, seq, k, len(payload))
		}
		head := binary.LittleEndian.AppendUint64(nil, applied)
		head = binary.LittleEndian.AppendUint64(head, from)
		add(kindHead, append(head, boot...))
		for _, t := range topics {
			if js, err := json.Marshal(t.meta); err == nil { // it was made from JSON
				add(kindTopic, js)
			}
		}
		var es []Entry
		for k, v := range table {
			if es = append(es, Entry{Key: k, Value: v}); len(es) == entriesPerFrame {
				add(kindEntries, appendEntries(nil, es))
				es = es[:0]
			}
		}
		add(kindEntries, appendEntries(nil, es))
		for _, state := range states {
			add(kindPartition, state)
		}
		add(kindEnd, binary.LittleEndian.AppendUint64(nil, seq+1))
		return b
	}
}

// writeCheckpoint replaces both copies, each with fsync before rename: a crash
// between the two leaves one that is whole.
func (s *Store) writeCheckpoint(body func(salt uint64) []byte) error {
	salt := uint64(s.clock.Now().UnixNano())
	b := append([]byte(checkpointMagic), binary.LittleEndian.AppendUint64(nil, salt)...)
	b = append(b, body(salt)...)
	for _, name := range []string{checkpointName, checkpointCopy} {
		path := filepath.Join(s.cfg.Dir, name)
		if err := s.replace(path, b); err != nil {
			return err
		}
	}
	if err := s.fs.SyncDir(s.cfg.Dir); err != nil {
		return diskError("sync", s.cfg.Dir, err)
	}
	return nil
}

func (s *Store) replace(path string, b []byte) error {
	temp := path + ".new"
	f, err := s.fs.Open(temp, true)
	if err != nil {
		return diskError("create", temp, err)
	}
	_, err = f.WriteAt(b, 0)
	if err == nil {
		err = f.Truncate(int64(len(b)))
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return diskError("write", temp, err)
	}
	run.CrashPoint("broker.before_checkpoint_rename")
	if err := s.fs.Rename(temp, path); err != nil {
		return diskError("rename", temp, err)
	}
	return nil
}

// saved is a decoded checkpoint.
type saved struct {
	applied, from uint64
	sameBoot      bool
	topics        []Topic
	entries       []Entry
	parts         map[partKey]partState
}

type partKey struct {
	id [16]byte
	n  int32
}

// loadCheckpoint reads the newer of the two that are whole. None at all is an
// empty store.
func (s *Store) loadCheckpoint() (*saved, error) {
	var best *saved
	var bad error
	for _, name := range []string{checkpointName, checkpointCopy} {
		path := filepath.Join(s.cfg.Dir, name)
		b, err := s.readFile(path)
		if err != nil {
			return nil, err
		}
		if b == nil {
			continue
		}
		c, err := decodeCheckpoint(b, s.boot)
		if err != nil {
			err = &maru.Error{Op: "commitlog.Open", Kind: maru.Corrupt, Err: errors.Join(errors.New(path+" is damaged"), err)}
			bad = errors.Join(bad, err)
			s.warn(err)
			continue
		}
		if best == nil || c.applied > best.applied {
			best = c
		}
	}
	if best == nil && bad != nil {
		return nil, &maru.Error{Kind: maru.Corrupt, Err: errors.Join(bad, errors.New("without a checkpoint the topics are not known: restore the data directory from a copy"))}
	}
	if best == nil {
		best = &saved{}
	}
	return best, nil
}

func decodeCheckpoint(b []byte, boot string) (*saved, error) {
	const head = len(checkpointMagic) + 8
	if len(b) < head || string(b[:len(checkpointMagic)]) != checkpointMagic {
		return nil, maru.Errorf(maru.Corrupt, "not a checkpoint of this version")
	}
	seed := saltSeed(binary.LittleEndian.Uint64(b[len(checkpointMagic):]))
	c := &saved{parts: map[partKey]partState{}}
	for at, seq := head, uint64(1); ; seq++ {
		f, ok := readFrame(b[at:], seed)
		if !ok || f.seq != seq {
			return nil, maru.Errorf(maru.Corrupt, "record %d at byte %d is damaged", seq, at)
		}
		if f.kind == kindEnd {
			return c, nil
		}
		if err := c.add(f, boot); err != nil {
			return nil, err
		}
		at += f.size
	}
}

func (c *saved) add(f frame, boot string) error {
	switch f.kind {
	case kindHead:
		if len(f.payload) < 16 {
			return maru.Errorf(maru.Corrupt, "head of %d bytes", len(f.payload))
		}
		c.applied = binary.LittleEndian.Uint64(f.payload)
		c.from = binary.LittleEndian.Uint64(f.payload[8:])
		c.sameBoot = boot != "" && string(f.payload[16:]) == boot
	case kindTopic:
		var t Topic
		if err := json.Unmarshal(f.payload, &t); err != nil {
			return err
		}
		c.topics = append(c.topics, t)
	case kindEntries:
		es, err := readEntries(f.payload)
		if err != nil {
			return err
		}
		c.entries = append(c.entries, es...)
	case kindPartition:
		p, err := decodePartState(f.payload)
		if err != nil {
			return err
		}
		c.parts[partKey{p.id, p.n}] = p
	default:
		return maru.Errorf(maru.Corrupt, "record of kind %d in a checkpoint", f.kind)
	}
	return nil
}
