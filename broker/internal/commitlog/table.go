package commitlog

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"maru"
)

const (
	// ownPrefix begins the store's own keys in the table; Each hides them.
	ownPrefix = "\x00commitlog/"
	pidKey    = ownPrefix + "next-producer-id"
	// pidBlockSize producer ids are taken with one record of the log.
	pidBlockSize = 1000
	// tableKeysMax bounds the table, which is held in memory and written
	// whole by every checkpoint.
	tableKeysMax = 1 << 20
)

// Put changes entries of the table, all or none; nil Value deletes. They can
// be seen once the Commit is done, in the order of the calls.
func (s *Store) Put(entries ...Entry) *Commit {
	if len(entries) == 0 {
		return committed
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Key, ownPrefix) {
			return failedCommit(maru.Errorf(maru.Invalid, "key %q: keys that begin so belong to the store", e.Key))
		}
	}
	s.mu.RLock()
	full := len(s.table)+len(entries) > tableKeysMax
	s.mu.RUnlock()
	if full {
		return failedCommit(maru.Errorf(maru.TooLarge, "the table holds its maximum of %d keys: delete groups that are not used", tableKeysMax))
	}
	return s.put(entries)
}

func (s *Store) put(entries []Entry) *Commit {
	payload := appendEntries(nil, entries)
	own, _ := readEntries(payload) // copies: the caller may change its own
	return s.wal.put(kindEntries, payload, false, func() { s.setEntries(own) })
}

// setEntries is called with mu held, or during recovery.
func (s *Store) setEntries(es []Entry) {
	for _, e := range es {
		if e.Value == nil {
			delete(s.table, e.Key)
			continue
		}
		s.table[e.Key] = e.Value
	}
}

// Get finds the value of key. It must not be changed.
func (s *Store) Get(key string) ([]byte, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, ok := s.table[key]
	return v, ok
}

// Each hands out the entries whose key begins with prefix, by key, as they
// were at the call, until fn says false.
func (s *Store) Each(prefix string, fn func(key string, value []byte) bool) {
	var es []Entry
	s.mu.RLock()
	for k, v := range s.table {
		if strings.HasPrefix(k, prefix) && !strings.HasPrefix(k, ownPrefix) {
			es = append(es, Entry{Key: k, Value: v})
		}
	}
	s.mu.RUnlock()
	slices.SortFunc(es, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	for _, e := range es {
		if !fn(e.Key, e.Value) {
			return
		}
	}
}

// pidBlock is the stretch of producer ids that the log says are taken.
type pidBlock struct {
	mu         sync.Mutex // before the store's mu
	next, last int64
}

// NextProducerID never gives the same number twice, whatever happens between.
// Every thousandth call waits for the log.
func (s *Store) NextProducerID() (int64, error) {
	s.pid.mu.Lock()
	defer s.pid.mu.Unlock()
	if s.pid.next == s.pid.last {
		from := int64(0)
		if v, ok := s.Get(pidKey); ok {
			n, err := strconv.ParseInt(string(v), 10, 64)
			if err != nil {
				return 0, &maru.Error{Op: "commitlog.NextProducerID", Kind: maru.Corrupt, Err: err}
			}
			from = n
		}
		c := s.put([]Entry{{Key: pidKey, Value: strconv.AppendInt(nil, from+pidBlockSize, 10)}})
		<-c.done
		if c.err != nil {
			return 0, c.err
		}
		s.pid.next, s.pid.last = from, from+pidBlockSize
	}
	s.pid.next++
	return s.pid.next - 1, nil
}

// applyAll makes the records of g that are no batches visible, in order.
func (s *Store) applyAll(g *group, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range g.recs {
		if fn := g.recs[i].apply; fn != nil {
			fn()
		}
	}
	s.applied = seq
}
