package collect

import (
	"context"

	"maru/kafka"
	"maru/run"
)

// opening is a writer that was asked for before its log's turn.
type opening struct {
	w   Writer
	err error
}

// aheadMax is how many writers are opened before their turn when many logs are
// read one after another: opening one takes several round trips.
const aheadMax = 8

// openAhead asks for the writer; at most once before session takes it.
func (s *source) openAhead(ctx context.Context) {
	s.ahead = make(chan opening, 1)
	ahead := s.ahead
	run.Go("collect "+s.c.cfg.Name+" open", func() {
		o := opening{err: context.Canceled} // stays when opening panics
		defer func() { ahead <- o }()
		o.w, o.err = s.open(ctx)
	})
}

// writer is the one that was opened ahead, or a new one.
func (s *source) writer(ctx context.Context) (Writer, error) {
	if s.ahead != nil {
		o := <-s.ahead
		s.ahead = nil
		if o.err == nil {
			return o.w, nil
		}
	}
	return s.open(ctx)
}

func (s *source) open(ctx context.Context) (Writer, error) {
	targets := make([]kafka.Target, 0, s.c.parts+1)
	for p := range s.c.parts {
		targets = append(targets, kafka.Target{Topic: s.c.cfg.Topic, Partition: p})
	}
	targets = append(targets, kafka.Target{Topic: s.c.cfg.Topic + RejectedSuffix})
	return s.c.sink.OpenWriter(ctx, s.id, targets)
}

// close closes the writer, without waiting for it when the next log may begin
// meanwhile.
func (s *source) close(ctx context.Context, w Writer, failed error) {
	done := func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		if err := w.Close(ctx); err != nil {
			s.c.log.Warn("close writer", "log", s.base, "error", err)
		}
	}
	if s.c.cfg.Follow || failed != nil {
		done()
		return
	}
	s.c.closing.Add(1)
	run.Go("collect "+s.c.cfg.Name+" close", func() {
		defer s.c.closing.Done()
		done()
	})
}

// unused closes a writer that was opened ahead and never needed.
func (s *source) unused(ctx context.Context) {
	if s.ahead == nil {
		return
	}
	o := <-s.ahead
	s.ahead = nil
	if o.err == nil {
		s.close(ctx, o.w, nil)
	}
}
