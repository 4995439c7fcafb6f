package commitlog

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"maru"
	"maru/run"
)

// topicNameInDir is how much of a topic's name its directory shows; the id
// after it is what counts.
const topicNameInDir = 200

func (s *Store) topicDir(name string, id [16]byte) string {
	return filepath.Join(s.cfg.Dir, topicsDir, fmt.Sprintf("%s.%x", name[:min(len(name), topicNameInDir)], id))
}

// CreateTopic makes an empty topic. It can be seen once the Commit is done.
// maru.Conflict when the name is taken.
func (s *Store) CreateTopic(name string, id [16]byte, partitions int32, c TopicConfig) (*Commit, error) {
	if name == "" || len(name) > 249 || strings.ContainsAny(name, "/\\\x00") || name == "." || name == ".." {
		return nil, maru.Errorf(maru.Invalid, "topic name %q: 1 to 249 letters, digits, dots, dashes and underscores", name)
	}
	if partitions < 1 {
		return nil, maru.Errorf(maru.Invalid, "topic %s with %d partitions; at least 1", name, partitions)
	}
	return s.claim(name, func(t *topic) (Topic, error) {
		if t != nil {
			return Topic{}, maru.Errorf(maru.Conflict, "topic %s is there already", name)
		}
		if other := s.byID[id]; other != nil {
			return Topic{}, maru.Errorf(maru.Conflict, "topic %s has the id %x already", other.meta.Name, id)
		}
		return Topic{Name: name, ID: id, Partitions: partitions, Config: c}, nil
	})
}

// CreatePartitions makes name have total partitions, which must be more than
// it has.
func (s *Store) CreatePartitions(name string, total int32) (*Commit, error) {
	return s.claim(name, func(t *topic) (Topic, error) {
		if t == nil {
			return Topic{}, noTopic(name)
		}
		if total <= t.meta.Partitions {
			return Topic{}, maru.Errorf(maru.Invalid, "topic %s has %d partitions already, %d were asked for; the number can only grow", name, t.meta.Partitions, total)
		}
		m := t.meta
		m.Partitions = total
		return m, nil
	})
}

// SetTopicConfig replaces the whole config of name.
func (s *Store) SetTopicConfig(name string, c TopicConfig) (*Commit, error) {
	return s.claim(name, func(t *topic) (Topic, error) {
		if t == nil {
			return Topic{}, noTopic(name)
		}
		m := t.meta
		m.Config = c
		return m, nil
	})
}

func noTopic(name string) error { return maru.Errorf(maru.NotFound, "there is no topic %s", name) }

// claim logs what change makes of the topic's metadata; one change of a name
// at a time.
func (s *Store) claim(name string, change func(*topic) (Topic, error)) (*Commit, error) {
	s.mu.Lock()
	m, err := change(s.topics[name])
	if err == nil && s.claimed[name] {
		err = maru.Errorf(maru.Conflict, "topic %s is being changed right now", name)
	}
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	s.claimed[name] = true
	s.mu.Unlock()
	m.Config.Raw = maps.Clone(m.Config.Raw)
	payload, err := json.Marshal(m)
	if err != nil {
		s.unclaim(name)
		return nil, &maru.Error{Op: "commitlog.CreateTopic", Err: err}
	}
	run.CrashPoint("broker.before_topic_logged")
	c := s.wal.put(kindTopic, payload, false, func() {
		run.CrashPoint("broker.after_topic_logged")
		delete(s.claimed, name)
		s.setTopic(m)
	})
	return s.unlessFailed(name, c)
}

// unlessFailed gives the name free again when the record was never gathered.
func (s *Store) unlessFailed(name string, c *Commit) (*Commit, error) {
	if c.done == closedChan && c.err != nil {
		s.unclaim(name)
		return nil, c.err
	}
	return c, nil
}

func (s *Store) unclaim(name string) {
	s.mu.Lock()
	delete(s.claimed, name)
	s.mu.Unlock()
}

// setTopic makes m what is seen. Called with mu held, or during recovery.
func (s *Store) setTopic(m Topic) {
	t := &topic{meta: m}
	if old := s.topics[m.Name]; old != nil && old.meta.ID == m.ID {
		t.parts = slices.Clone(old.parts)
	}
	for n := int32(len(t.parts)); n < m.Partitions; n++ {
		t.parts = append(t.parts, s.newPartition(m, n))
	}
	for _, p := range t.parts {
		p.conf.Store(&m.Config)
	}
	s.topics[m.Name], s.byID[m.ID] = t, t
}

// DeleteTopic removes a topic; its files go after the Commit. maru.NotFound.
func (s *Store) DeleteTopic(name string) (*Commit, error) {
	s.mu.Lock()
	t := s.topics[name]
	switch {
	case t == nil:
		s.mu.Unlock()
		return nil, noTopic(name)
	case s.claimed[name]:
		s.mu.Unlock()
		return nil, maru.Errorf(maru.Conflict, "topic %s is being changed right now", name)
	}
	s.claimed[name] = true
	s.mu.Unlock()
	c := s.wal.put(kindTopicDeleted, t.meta.ID[:], true, func() {
		delete(s.claimed, name)
		s.dropTopic(t.meta.ID)
		s.wal.wg.Add(1)
		run.Go("broker.remove", func() { s.removeFiles(t) })
	})
	return s.unlessFailed(name, c)
}

// dropTopic makes a topic unseen. Called with mu held, or during recovery.
func (s *Store) dropTopic(id [16]byte) {
	if t := s.byID[id]; t != nil {
		delete(s.byID, id)
		if s.topics[t.meta.Name] == t {
			delete(s.topics, t.meta.Name)
		}
	}
}

// removeFiles is a goroutine of the store, waited for by Close: a topic of
// many gigabytes takes a while to unlink.
func (s *Store) removeFiles(t *topic) {
	defer s.wal.wg.Done()
	for _, p := range t.parts {
		p.drop()
	}
	run.CrashPoint("broker.before_topic_files_removed")
	dir := s.topicDir(t.meta.Name, t.meta.ID)
	if err := s.fs.RemoveAll(dir); err != nil {
		s.warn(diskError("remove", dir, err))
	}
}

// dropOrphans removes directories of topics that were deleted just before the
// last end of the process.
func (s *Store) dropOrphans() {
	root := filepath.Join(s.cfg.Dir, topicsDir)
	names, err := s.fs.ReadDir(root)
	if err != nil {
		s.warn(diskError("list", root, err))
		return
	}
	for _, name := range names {
		s.mu.RLock()
		known := len(s.claimed) > 0 // a topic is coming: look again at the next start
		for _, t := range s.topics {
			known = known || filepath.Base(s.topicDir(t.meta.Name, t.meta.ID)) == name
		}
		s.mu.RUnlock()
		if known {
			continue
		}
		if err := s.fs.RemoveAll(filepath.Join(root, name)); err != nil {
			s.warn(diskError("remove", filepath.Join(root, name), err))
		}
	}
}

// Topic is the metadata of name.
func (s *Store) Topic(name string) (Topic, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.topics[name]
	if t == nil {
		return Topic{}, false
	}
	return t.meta, true
}

// TopicByID is the metadata of the topic with id.
func (s *Store) TopicByID(id [16]byte) (Topic, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.byID[id]
	if t == nil {
		return Topic{}, false
	}
	return t.meta, true
}

// Topics are all of them, by name.
func (s *Store) Topics() []Topic {
	s.mu.RLock()
	out := make([]Topic, 0, len(s.topics))
	for _, t := range s.topics {
		out = append(out, t.meta)
	}
	s.mu.RUnlock()
	slices.SortFunc(out, func(a, b Topic) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Partition finds partition p of topic.
func (s *Store) Partition(topic string, p int32) (*Partition, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.topics[topic]
	if t == nil || p < 0 || int(p) >= len(t.parts) {
		return nil, false
	}
	return t.parts[p], true
}
