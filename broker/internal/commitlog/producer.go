package commitlog

import (
	"slices"
	"time"
)

const (
	// producerBatches is how many of its last batches a producer may repeat:
	// the most an idempotent client has in flight.
	producerBatches = 5
	// producerExpiry is Kafka's producer.id.expiration.ms.
	producerExpiry = 24 * time.Hour
	// producersMax bounds the producers known to one partition; the one that
	// has been quiet longest is forgotten first.
	producersMax = 10000
)

// past is one batch a producer has appended.
type past struct {
	first, last int32
	base        int64
	delta       int32
}

// producer is what a partition knows of one producer id.
type producer struct {
	epoch  int16
	n      uint8
	batch  [producerBatches]past // oldest first
	seenMs int64
}

func (pr *producer) last() past { return pr.batch[pr.n-1] }

// producers is guarded by the partition's mu.
type producers map[int64]*producer

// judge says what to do with a batch: take it, or answer with the offset of
// the batch it repeats. An error is *Refused.
func (ps producers) judge(h *header) (original int64, duplicate bool, err error) {
	pr := ps[h.pid]
	if h.pid < 0 || pr == nil {
		return 0, false, nil
	}
	switch {
	case h.pepoch < pr.epoch:
		return 0, false, refuse(InvalidProducerEpoch, "producer %d has epoch %d here, the batch carries %d: a newer producer has taken over", h.pid, pr.epoch, h.pepoch)
	case h.pepoch > pr.epoch:
		if h.seq != 0 {
			return 0, false, refuse(OutOfOrderSequence, "producer %d begins epoch %d with sequence %d instead of 0", h.pid, h.pepoch, h.seq)
		}
		return 0, false, nil
	}
	for _, b := range pr.batch[:pr.n] {
		if b.first == h.seq && b.last == h.lastSeq() {
			return b.base, true, nil
		}
	}
	if want := addSeq(pr.last().last, 1); h.seq != want {
		return 0, false, refuse(OutOfOrderSequence, "producer %d epoch %d: sequence %d came, %d was expected", h.pid, h.pepoch, h.seq, want)
	}
	return 0, false, nil
}

// note takes in an appended batch.
func (ps producers) note(h *header, nowMs int64) {
	if h.pid < 0 {
		return
	}
	pr := ps[h.pid]
	if pr == nil {
		ps.makeRoom()
		pr = &producer{epoch: h.pepoch}
		ps[h.pid] = pr
	}
	if h.pepoch != pr.epoch {
		*pr = producer{epoch: h.pepoch}
	}
	if pr.n == producerBatches {
		copy(pr.batch[:], pr.batch[1:])
		pr.n--
	}
	pr.batch[pr.n] = past{first: h.seq, last: h.lastSeq(), base: h.base, delta: h.lastDelta}
	pr.n++
	pr.seenMs = nowMs
}

// makeRoom forgets the quietest tenth when the bound is met.
func (ps producers) makeRoom() {
	if len(ps) < producersMax {
		return
	}
	times := make([]int64, 0, len(ps))
	for _, pr := range ps {
		times = append(times, pr.seenMs)
	}
	slices.Sort(times)
	left := producersMax / 10
	for id, pr := range ps {
		if left > 0 && pr.seenMs <= times[producersMax/10] {
			delete(ps, id)
			left--
		}
	}
}

// expire forgets who has been quiet for a day.
func (ps producers) expire(nowMs int64) {
	for id, pr := range ps {
		if nowMs-pr.seenMs > producerExpiry.Milliseconds() {
			delete(ps, id)
		}
	}
}

// cut forgets what a lost tail took with it: batches at or after end.
func (ps producers) cut(end int64) {
	for id, pr := range ps {
		for pr.n > 0 && pr.last().base >= end {
			pr.n--
		}
		if pr.n == 0 {
			delete(ps, id)
		}
	}
}
