package cli

import (
	"fmt"
	"testing"
)

func TestShownRows(t *testing.T) {
	s := newShownRows()
	for _, r := range []string{"a", "b", "a"} {
		s.add([]byte(r))
	}
	for range 2 { // each time the feed is opened anew
		s.again()
		for i, want := range []bool{true, true, false} { // the third a is new
			if got := s.had([]byte("a")); got != want {
				t.Errorf("a for the %d. time: %v", i+1, got)
			}
		}
		if !s.had([]byte("b")) || s.had([]byte("c")) {
			t.Error("b was shown, c was not")
		}
	}
	for i := range shownMax {
		s.add(fmt.Append(nil, i))
	}
	if !s.full || len(s.times) != shownMax {
		t.Errorf("%d rows are remembered, full %v", len(s.times), s.full)
	}
}
