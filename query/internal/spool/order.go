package spool

import (
	"bytes"
	"cmp"
	"slices"
)

// KeysMax bounds the keys of one sort.
const KeysMax = 8

// Key is a column to sort by. NULL comes last in both directions, NaN before it.
type Key struct {
	Column string `json:"column"`
	Desc   bool   `json:"desc,omitempty"`
}

const (
	radixMin   = 1024    // below it comparing is quicker than counting
	compareMax = 48      // so few cells with the same first bytes are compared whole
	checkEvery = 1 << 13 // rows between two looks at the context
)

// item is a row on its way to its place. Seq is its place before, which makes
// the sort stable.
type item struct {
	key uint64
	row uint32
	seq uint32
}

// sorter orders rows by one column. It takes 32 bytes a row while it runs.
type sorter struct {
	stop  func() error // says, now and then, whether to go on
	cells *cells
	desc  bool
	tmp   []item
	step  func(done float64)
}

// sort puts rows in order; rows that are equal stay as they are.
func (s *sorter) sort(rows []uint32) error {
	items, nans, nulls, err := s.split(rows)
	if err != nil {
		return err
	}
	s.tmp = make([]item, len(items))
	s.byKey(items)
	s.step(0.5)
	if err := s.refine(items); err != nil {
		return err
	}
	n := 0
	for _, it := range items {
		rows[n] = it.row
		n++
	}
	n += copy(rows[n:], nans)
	copy(rows[n:], nulls)
	s.step(1)
	return nil
}

// split takes the first key of every ordinary cell, and sets the others apart.
func (s *sorter) split(rows []uint32) (items []item, nans, nulls []uint32, err error) {
	c := s.cells
	items = make([]item, 0, len(rows))
	for n, row := range rows {
		if n%checkEvery == 0 {
			if err := s.stop(); err != nil {
				return nil, nil, nil, err
			}
			s.step(0.4 * float64(n) / float64(len(rows)))
		}
		k, i := c.at(int64(row))
		switch c.class(k, i) {
		case null:
			nulls = append(nulls, row)
		case notANumber:
			nans = append(nans, row)
		default:
			items = append(items, item{key: s.key(k, i, 0), row: row, seq: uint32(n)})
		}
	}
	return items, nans, nulls, nil
}

func (s *sorter) key(k *chunk, i, level int) uint64 {
	key := s.cells.key(k, i, level)
	if s.desc {
		return ^key
	}
	return key
}

// byKey sorts items by key, equal ones as they are.
func (s *sorter) byKey(items []item) {
	if len(items) < radixMin {
		slices.SortFunc(items, func(a, b item) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.seq, b.seq)) })
		return
	}
	radix(items, s.tmp[:len(items)])
}

// radix sorts by the bytes of the keys, the lowest first; bytes that are the
// same in all keys cost nothing.
func radix(items, tmp []item) {
	var counts [8][256]uint32
	for i := range items {
		k := items[i].key
		for b := range counts {
			counts[b][byte(k>>(8*b))]++
		}
	}
	from, to := items, tmp
	for b := range counts {
		count := &counts[b]
		if count[byte(items[0].key>>(8*b))] == uint32(len(items)) {
			continue
		}
		sum := uint32(0)
		for d := range count {
			count[d], sum = sum, sum+count[d]
		}
		for i := range from {
			d := byte(from[i].key >> (8 * b))
			to[count[d]] = from[i]
			count[d]++
		}
		from, to = to, from
	}
	if &from[0] != &items[0] {
		copy(items, from)
	}
}

// tie is a range of items whose keys are the same up to a level.
type tie struct{ from, to, level int }

// refine orders items with the same key by the rest of their cells.
func (s *sorter) refine(items []item) error {
	levels := s.cells.levels()
	isBytes := s.cells.kind.bytes()
	if levels == 1 && !isBytes {
		return nil
	}
	todo := ties(nil, items, 0, 0)
	open := rowsOf(todo)
	done := 0.5
	for len(todo) > 0 {
		t := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if err := s.stop(); err != nil {
			return err
		}
		part := items[t.from:t.to]
		// Nobody knows how long equal beginnings are: each key that they are known to share is half of what is left.
		done = max(done, 1-0.5*float64(open)/float64(len(items))/float64(t.level))
		s.step(done)
		open -= len(part)
		switch {
		case isBytes && len(part) <= compareMax:
			s.compare(part)
		case isBytes && s.ended(part, t.level):
			s.byLength(part)
		case t.level < levels || isBytes:
			for n := range part {
				k, i := s.cells.at(int64(part[n].row))
				part[n].key = s.key(k, i, t.level)
			}
			s.byKey(part)
			rest := len(todo)
			todo = ties(todo, part, t.from, t.level)
			open += rowsOf(todo[rest:])
		}
	}
	return nil
}

// ties finds the ranges of items, which begin at base, that have the same key at level.
func ties(todo []tie, items []item, base, level int) []tie {
	for from := 0; from < len(items); {
		to := from + 1
		for to < len(items) && items[to].key == items[from].key {
			to++
		}
		if to-from > 1 {
			todo = append(todo, tie{base + from, base + to, level + 1})
		}
		from = to
	}
	return todo
}

func rowsOf(ties []tie) (n int) {
	for _, t := range ties {
		n += t.to - t.from
	}
	return n
}

// ended says that no cell of part goes beyond level: they differ in how many
// zero bytes they end with, if at all.
func (s *sorter) ended(part []item, level int) bool {
	for n := range part {
		k, i := s.cells.at(int64(part[n].row))
		if len(s.cells.bytes(k, i)) > 8*level {
			return false
		}
	}
	return true
}

func (s *sorter) byLength(part []item) {
	for n := range part {
		k, i := s.cells.at(int64(part[n].row))
		part[n].key = uint64(len(s.cells.bytes(k, i)))
		if s.desc {
			part[n].key = ^part[n].key
		}
	}
	s.byKey(part)
}

// compare orders a few items by their whole cells.
func (s *sorter) compare(part []item) {
	c := s.cells
	var whole map[uint32][]byte
	if c.kind == kindNested { // their text is made, and lives in one buffer
		whole = make(map[uint32][]byte, len(part))
		for _, it := range part {
			k, i := c.at(int64(it.row))
			whole[it.row] = bytes.Clone(c.bytes(k, i))
		}
	}
	cell := func(it item) []byte {
		if c.kind == kindNested {
			return whole[it.row]
		}
		k, i := c.at(int64(it.row))
		return c.bytes(k, i)
	}
	slices.SortFunc(part, func(a, b item) int {
		order := bytes.Compare(cell(a), cell(b))
		if s.desc {
			order = -order
		}
		return cmp.Or(order, cmp.Compare(a.seq, b.seq))
	})
}
