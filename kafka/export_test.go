package kafka

import "time"

// Kill ends w as kill -9 would: connections drop, nothing is flushed, nothing
// is committed and the lease is not given back.
func (w *Writer) Kill() {
	w.closed.Store(true)
	w.cancel()
	w.cl.Close()
	_ = w.tasks.Wait()
	w.self.end()
}

// Forget makes w's process look like one that was killed, while w goes on.
func (w *Writer) Forget() { w.self.end() }

// ParseCheckpoint and WriteCheckpoint let tests see the checkpoint's text.
func CheckpointRoundTrip(offset int64, metadata string, id [16]byte) (string, error) {
	t, err := parseCheckpoint(offset, metadata, id)
	if err != nil {
		return "", err
	}
	return t.checkpoint(id), nil
}

// LeaseValid says whether w may send now.
func (w *Writer) LeaseValid() bool { return w.lease.valid() }

// SetSequence makes the next batch of a target carry a sequence that the
// broker does not expect.
func (w *Writer) SetSequence(target int, seq int32) {
	l := w.lanes[target]
	done := make(chan struct{})
	l.orders <- func() { l.sequence = seq; close(done) }
	<-done
}

const LeaseSession = leaseSession

var _ time.Duration = LeaseSession
