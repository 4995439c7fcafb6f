package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"net/url"
	"time"

	"maru"
	"maru/run"
)

// How a feed that broke off is opened again.
const (
	awayMax      = time.Hour        // a server that is away longer is given up
	startingMax  = 30 * time.Second // one that answers may take so long to know the view
	steadyAfter  = 10 * time.Second // a feed that lasted so long was no failure
	historyPause = time.Second      // what a view held already comes without such a pause
	shownMax     = 200_000          // rows that are remembered; a feed begins with half of that at most
)

// reopening is how long to wait between two tries.
var reopening = run.Backoff{Min: 200 * time.Millisecond, Max: 3 * time.Second}

// errLost says that a feed ended although it has no end.
var errLost = errors.New("the feed broke off")

// follower prints a view's changes through restarts of the server.
type follower struct {
	c        *call
	client   *client
	view     string
	table    *changePrinter
	printed  int64
	shown    *shownRows // nil when the feed began with what came
	repeats  bool       // what comes now may have been shown
	failures int        // since a feed that lasted
}

func newFollower(c *call, cl *client, view string) *follower {
	f := &follower{c: c, client: cl, view: view, table: &changePrinter{w: c.out}}
	if c.text("from") == "start" {
		f.shown = newShownRows()
	}
	return f
}

// run follows until --max, or until ctx ends. An error of the first connection
// is the user's to see.
func (f *follower) run(ctx context.Context) error {
	resp, err := f.open(ctx, f.c.text("from"))
	for err == nil {
		began := time.Now()
		err = f.print(resp.Body)
		resp.Body.Close()
		if !errors.Is(err, errLost) || ctx.Err() != nil {
			return err
		}
		if time.Since(began) > steadyAfter {
			f.failures = 0
		}
		f.c.note("the server ended the feed: it stops or was restarted; connecting again (Ctrl-C ends)")
		if resp, err = f.again(ctx); err == nil {
			f.sayAgain()
		}
	}
	return err
}

func (f *follower) open(ctx context.Context, from string) (*http.Response, error) {
	return f.client.do(ctx, "GET", "/api/views/"+url.PathEscape(f.view)+"/tail?from="+from, nil, nil)
}

// again connects once more, as soon as that can be.
func (f *follower) again(ctx context.Context) (*http.Response, error) {
	from := "now"
	if f.repeats = f.shown != nil && !f.shown.full; f.repeats {
		from = "start"
		f.shown.again()
	}
	lost, answered := time.Now(), time.Time{}
	for {
		f.failures++
		if err := reopening.Sleep(ctx, f.failures); err != nil {
			return nil, err
		}
		f.findAgain()
		resp, err := f.open(ctx, from)
		switch maru.KindOf(err) {
		case maru.Unavailable:
			answered = time.Time{}
		case maru.NotFound: // so says also a server that has not read its project yet
			if answered.IsZero() {
				answered = time.Now()
			}
			if time.Since(answered) > startingMax {
				return nil, err
			}
		default:
			return resp, err
		}
		if time.Since(lost) > awayMax {
			return nil, fmt.Errorf("gave up after %s: %w", awayMax, err)
		}
	}
}

// findAgain takes the address that the server has now. While its data directory
// names none the old one stands: the default address may be that of another.
func (f *follower) findAgain() {
	if _, ok := readServerInfo(dataDir(f.c.text("data"))); !ok {
		return
	}
	if cl, err := f.c.findServer(); err == nil {
		f.client = cl
	}
}

func (f *follower) sayAgain() {
	if f.repeats {
		f.c.note("connected again")
		return
	}
	f.c.note("connected again; what changed in between is not shown, FROM %s has it", f.view)
}

// print prints a feed; errLost when it ends before --max.
func (f *follower) print(feed io.Reader) error {
	sc := bufio.NewScanner(feed)
	sc.Buffer(nil, changeBytesMax)
	for asked := time.Now(); sc.Scan(); asked = time.Now() {
		f.repeats = f.repeats && time.Since(asked) < historyPause
		line := bytes.TrimSpace(sc.Bytes())
		if len(line) == 0 || f.repeats && f.shown.had(line) {
			continue
		}
		if err := f.row(line); err != nil {
			return err
		}
		if f.printed++; f.printed == f.c.int("max") {
			return nil
		}
	}
	if err := sc.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("read the feed: %w", err)
	}
	return errLost
}

func (f *follower) row(line []byte) error {
	if f.shown != nil {
		f.shown.add(line)
	}
	if f.c.bool("json") {
		_, err := fmt.Fprintf(f.c.out, "%s\n", line)
		return err
	}
	return f.table.print(line)
}

// shownRows are the rows that were printed, each as often as it was.
type shownRows struct {
	seed  maphash.Seed
	times map[uint64]int
	met   map[uint64]int // in what the view held when the feed was opened anew
	full  bool           // more were printed than are remembered
}

func newShownRows() *shownRows {
	return &shownRows{seed: maphash.MakeSeed(), times: map[uint64]int{}}
}

func (s *shownRows) add(line []byte) {
	if len(s.times) >= shownMax {
		s.full = true
		return
	}
	s.times[maphash.Bytes(s.seed, line)]++
}

// again begins to compare what comes with what was printed.
func (s *shownRows) again() { s.met = map[uint64]int{} }

// had says whether a row was printed before, as often as it has come by now.
func (s *shownRows) had(line []byte) bool {
	h := maphash.Bytes(s.seed, line)
	s.met[h]++
	return s.met[h] <= s.times[h]
}
