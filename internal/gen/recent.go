package gen

// recent finds repeated calls among rows that come out of order: for each row
// it knows those of the same key that may still matter. A row that comes late
// stands between two others of its key, and can make the second one repeated;
// it can never undo a repeat, because gaps only get shorter.
type recent struct {
	byClient bool // the key has the client in place of user and body
	keep     int64
	ring     []recentCall // calls in the order of writing; a power of two
	heads    []int64      // by hash of the key: number of the latest call, plus one
	tail     int64        // number of the oldest call kept
	end      int64        // number of the next call
}

type recentCall struct {
	ts, at   int64 // event time; time of writing
	body     uint64
	who      uint32
	query    uint32
	call     uint32 // path and method
	repeated bool
	prev     int64 // number of the call before it with the same hash, plus one
}

const recentStart = 1 << 12

// newRecent makes one for rows that stand at most delay milliseconds too far down.
func newRecent(byClient bool, delay int64) *recent {
	return &recent{byClient: byClient, keep: delay + repeatWithin, ring: make([]recentCall, recentStart), heads: make([]int64, recentStart)}
}

func callOf(path uint16, method uint8) uint32 { return uint32(path)*methodCount + uint32(method) }

func (c *recentCall) sameKey(o *recentCall) bool {
	return c.who == o.who && c.query == o.query && c.call == o.call && c.body == o.body
}

func (c *recentCall) hash() uint64 {
	return mix(uint64(c.who)<<32 ^ uint64(c.query)<<16 ^ uint64(c.call) ^ c.body*goldenGamma)
}

// add takes the next row of the file, written at a time. It says whether the
// row repeats an earlier call, and returns the time of the later call that
// became a repeat by it, or -1.
func (r *recent) add(c *call, at int64) (bool, int64) {
	n := recentCall{ts: c.ts, at: at, who: c.user, query: c.query, call: callOf(c.path, c.method), body: c.body}
	if r.byClient {
		n.who, n.body = c.client, 0
	}
	for r.tail < r.end && r.ring[r.tail&int64(len(r.ring)-1)].at < at-r.keep {
		r.tail++
	}
	if r.end-r.tail == int64(len(r.ring)) {
		r.grow()
	}
	mask := int64(len(r.ring) - 1)
	head := &r.heads[n.hash()&uint64(mask)]
	n.prev = *head
	var after *recentCall // the first call after n: least ts, then the earliest in the file
	for i := n.prev - 1; i >= r.tail; {
		o := &r.ring[i&mask]
		if o.at < n.ts-repeatWithin {
			break // it and all before it were written, so they happened, too early
		}
		if n.sameKey(o) {
			if o.ts <= n.ts {
				n.repeated = n.repeated || n.ts-o.ts < repeatWithin
			} else if after == nil || o.ts <= after.ts {
				after = o
			}
		}
		i = o.prev - 1
	}
	later := int64(-1)
	if after != nil && !after.repeated && after.ts-n.ts < repeatWithin {
		after.repeated, later = true, after.ts
	}
	r.ring[r.end&mask] = n
	r.end++
	*head = r.end
	return n.repeated, later
}

// grow doubles the ring and links it anew.
func (r *recent) grow() {
	old, oldMask := r.ring, int64(len(r.ring)-1)
	r.ring = make([]recentCall, 2*len(old))
	r.heads = make([]int64, len(r.ring))
	mask := int64(len(r.ring) - 1)
	for i := r.tail; i < r.end; i++ {
		c := old[i&oldMask]
		head := &r.heads[c.hash()&uint64(mask)]
		c.prev = *head
		*head = i + 1
		r.ring[i&mask] = c
	}
}
