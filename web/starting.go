package web

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"maru"
)

// startingHint is said when nobody knows what a stream waits for: that passes.
const startingHint = "try again in a moment"

// starting adds to an error about a view whose stream has not begun what that
// waits for.
func (s *Server) starting(ctx context.Context, err error) error {
	var st Starting
	if !errors.As(err, &st) || s.needs.Streams == nil {
		return err
	}
	return fmt.Errorf("%w: %s", err, s.waitsFor(ctx, st.Starting()))
}

// unknown is err, unless it says that the streamer does not know a stream that
// the project has: then the stream has not begun.
func (s *Server) unknown(ctx context.Context, name string, err error) error {
	if maru.KindOf(err) != maru.NotFound {
		return err
	}
	if _, missing := s.needs.Streams.Status(ctx, name); missing != nil {
		return err
	}
	return maru.Errorf(maru.Unavailable, "stream %s is being started: %s", name, s.waitsFor(ctx, name))
}

// waitsFor is why a view's stream has not begun.
func (s *Server) waitsFor(ctx context.Context, view string) string {
	name := view
	for _, side := range []string{"_late", "_rejected"} {
		if _, err := s.needs.Streams.Status(ctx, name); maru.KindOf(err) == maru.NotFound {
			name = strings.TrimSuffix(view, side)
		}
	}
	if st, err := s.needs.Streams.Status(ctx, name); err == nil && st.Error != "" {
		return st.Error
	}
	return startingHint
}
