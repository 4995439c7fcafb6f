package collect

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"maru"
	"maru/kafka"
)

var rejected = kafka.Target{Topic: "t_rejected"}

func TestValidate(t *testing.T) {
	ok := Config{Files: []string{"x"}, Topic: "t"}
	for _, c := range []struct {
		key    string
		change func(*Config)
	}{
		{"", func(*Config) {}},
		{"files", func(c *Config) { c.Files = nil }},
		{"files[0]", func(c *Config) { c.Files = []string{"[x"} }},
		{"topic", func(c *Config) { c.Topic = "a b" }},
		{"format", func(c *Config) { c.Format = "xml" }},
		{"pattern", func(c *Config) { c.Format = "regexp" }},
		{"pattern", func(c *Config) { c.Pattern = "x" }},
		{"encoding", func(c *Config) { c.Encoding = "latin-9" }},
		{"multiline.start", func(c *Config) { c.Multiline.Start = "(" }},
		{"max_line_bytes", func(c *Config) { c.MaxLineBytes = 9 << 20 }},
		{"partitions", func(c *Config) { c.Partitions = -1 }},
		{"on_error", func(c *Config) { c.OnError = "skip" }},
		{"poll", func(c *Config) { c.Poll = time.Hour }},
		{"time_zone", func(c *Config) { c.TimeZone = "Mars/Base" }},
	} {
		cfg := ok
		c.change(&cfg)
		err := cfg.Validate()
		if c.key == "" {
			if err != nil {
				t.Error(err)
			}
		} else if err == nil || !strings.HasPrefix(err.Error(), c.key) || maru.KindOf(err) != maru.Invalid {
			t.Errorf("%s: got %v", c.key, err)
		}
	}
}

func TestRejected(t *testing.T) {
	r := newRig(t, "a.log")
	r.cfg.Format = "ndjson"
	r.write("a.log", "{\"a\":1}\nnot json\n{\"a\":2}\n\xff\xfe\n")
	s := r.once()
	if got := strings.Join(r.m.values("t"), ""); got != `{"a":1}{"a":2}` {
		t.Errorf("rows %s", got)
	}
	if got := r.m.values("t_rejected"); len(got) != 2 || !strings.Contains(got[0], `"offset":8,"parser":"ndjson"`) || !strings.Contains(got[1], `"line":"\\xff\\xfe"`) {
		t.Errorf("rejected %q", got)
	}
	if s.Rows != 2 || s.Rejected != 2 || s.Bytes != 28 {
		t.Errorf("status %+v", s)
	}
}

func TestOnErrorStop(t *testing.T) {
	r := newRig(t, "a.log")
	r.cfg.Format, r.cfg.OnError, r.cfg.Follow = "ndjson", Stop, false
	r.write("a.log", "{\"a\":1}\nbad\n{\"a\":2}\n")
	r.start()
	err := r.join()
	if maru.KindOf(err) != maru.Invalid || !strings.Contains(err.Error(), "a.log at byte 8") {
		t.Errorf("got %v", err)
	}
	if got := r.m.values("t"); len(got) != 1 {
		t.Errorf("rows %q", got)
	}
}

func TestKeys(t *testing.T) {
	r := newRig(t, "a.log")
	r.cfg.Format, r.cfg.Key, r.cfg.Partitions = "ndjson", "user", 4
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, "{\"user\":\"u%d\",\"n\":%d}\n", i%37, i)
		if i%100 == 0 {
			text.WriteString("bad\n")
		}
	}
	r.write("a.log", text.String())
	r.once()
	if n, bad := r.m.count("t"), r.m.count("t_rejected"); n != 5000 || bad != 50 {
		t.Fatalf("%d rows, %d rejected", n, bad)
	}
	where := map[string]int32{}
	for p := range int32(4) {
		for _, row := range r.m.rows[kafka.Target{Topic: "t", Partition: p}] {
			if q, ok := where[row.key]; ok && q != p {
				t.Fatalf("key %s is in partitions %d and %d", row.key, p, q)
			}
			where[row.key] = p
		}
	}
	// More partitions move new rows only.
	r.m.parts["t"] = 8
	r.write("a.log", "{\"user\":\"u1\",\"n\":-1}\n")
	r.once()
	if n := r.m.count("t"); n != 5001 {
		t.Errorf("%d rows", n)
	}
}

// TestMurmur2 has the values of Kafka's own UtilsTest.
func TestMurmur2(t *testing.T) {
	for s, want := range map[string]int32{"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971} {
		if got := int32(murmur2([]byte(s))); got != want {
			t.Errorf("%s: got %d, want %d", s, got, want)
		}
	}
}

func TestPartitionStays(t *testing.T) {
	r := newRig(t, "a.log")
	r.write("a.log", "1\n")
	r.once()
	r.m.parts["t"] = 16
	r.write("a.log", "2\n")
	r.once()
	if got := r.m.rows[kafka.Target{Topic: "t"}]; len(got) != 2 {
		t.Errorf("partition 0 has %v, all %q", got, r.m.values("t"))
	}
}

func TestCSVHeaderAfterRestart(t *testing.T) {
	r := newRig(t, "a.csv")
	r.cfg.Format = "auto"
	r.write("a.csv", "x,y\n1,a\n")
	r.start()
	r.until("a row", func() bool { return r.m.count("t") == 1 })
	r.do(r.stop())
	r.write("a.csv", "2,b\n")
	r.start()
	r.until("two rows", func() bool { return r.m.count("t") == 2 })
	r.rename("a.csv", "a.csv.1")
	r.write("a.csv", "y,z\n3,4\n")
	r.until("three rows", func() bool { return r.m.count("t") == 3 })
	r.do(r.stop())
	if got := strings.Join(r.m.values("t"), ""); got != `{"x":1,"y":"a"}{"x":2,"y":"b"}{"y":3,"z":4}` {
		t.Error(got)
	}
}

func TestMultilineTimeout(t *testing.T) {
	r := newRig(t, "a.log")
	r.cfg.Multiline.Start, r.cfg.FlushPeriod = `^\d`, time.Hour
	r.write("a.log", "1 a\n  b\n2 c\n")
	r.start()
	r.expect(`1 a\n  b`, "2 c")
	r.do(r.stop())
}

func TestBrokerAway(t *testing.T) {
	r := newRig(t, "a.log")
	var n atomic.Int32
	r.m.fail = func() error {
		if n.Add(1)%3 == 1 {
			return maru.Errorf(maru.Unavailable, "away")
		}
		return nil
	}
	lines, text := numbered("x", 0, 100)
	r.write("a.log", text)
	r.start()
	r.expect(lines...)
	more, text := numbered("y", 0, 100)
	r.write("a.log", text)
	r.expect(append(lines, more...)...)
	r.do(r.stop())
}

func TestConflictStops(t *testing.T) {
	r := newRig(t, "a.log")
	r.write("a.log", "1\n")
	r.start()
	r.expect("1")
	first, done, cancel := r.c, r.done, r.cancel
	r.start()
	if err := r.join(); maru.KindOf(err) != maru.Conflict {
		t.Errorf("got %v", err)
	}
	r.c, r.done, r.cancel = first, done, cancel
	r.do(r.stop())
}

// TestCrashPoints dies at each point, several times, and counts.
func TestCrashPoints(t *testing.T) {
	before := slog.Default()
	slog.SetDefault(quiet) // package run logs each panic with its stack
	defer slog.SetDefault(before)
	for _, point := range CrashPoints {
		t.Run(point, func(t *testing.T) {
			r := newRig(t, "a.log")
			r.cfg.Format = "ndjson"
			var passed, dead atomic.Int32
			r.crash = func(name string) {
				if name == point && passed.Add(1)%3 == 2 {
					dead.Add(1)
					panic(killed)
				}
			}
			want, bad := 0, 0
			for round := range 6 {
				var text strings.Builder
				for range 500 {
					fmt.Fprintf(&text, "{\"n\":%d}\n", want)
					if want++; want%50 == 0 {
						text.WriteString("bad\n")
						bad++
					}
				}
				r.write("a.log", text.String())
				r.start()
				r.settle(want, bad)
				switch round % 3 {
				case 1:
					r.rename("a.log", fmt.Sprintf("a.log-2026010%d", round))
				case 2:
					r.copytruncate("a.log", fmt.Sprintf("a.log-2026010%d", round))
					<-time.After(3 * r.cfg.Poll)
				}
				r.write("a.log", fmt.Sprintf("{\"n\":%d}\n", want))
				want++
				r.settle(want, bad)
				r.cancel()
				<-r.done
			}
			for i, v := range r.m.values("t") {
				if v != fmt.Sprintf("{\"n\":%d}", i) {
					t.Fatalf("row %d is %s", i, v)
				}
			}
			if n, b := r.m.count("t"), r.m.count("t_rejected"); n != want || b != bad {
				t.Fatalf("%d rows of %d, %d rejected of %d", n, want, b, bad)
			}
			if dead.Load() == 0 {
				t.Error("it never died there")
			}
		})
	}
}

var killed = errors.New("killed by the test")

// settle waits for the rows, starting the collector again whenever it died.
func (r *rig) settle(rows, bad int) {
	r.t.Helper()
	r.until(fmt.Sprintf("%d rows and %d rejected", rows, bad), func() bool {
		select {
		case err := <-r.done:
			if !errors.Is(err, killed) {
				r.t.Fatalf("Run: %v", err)
			}
			r.start()
		default:
		}
		return r.m.count("t") >= rows && r.m.count("t_rejected") >= bad
	})
}

// TestRandom writes, rotates in every way, and kills at random moments: every
// line arrives once and in order.
func TestRandom(t *testing.T) {
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	rnd := seeded(t)
	for range rounds {
		r := newRig(t, "a.log")
		r.cfg.RotateWait, r.cfg.FlushPeriod = 20*time.Millisecond, time.Minute
		r.m.delay = func() time.Duration { return time.Duration(time.Now().UnixNano()%3) * time.Millisecond }
		r.start()
		n, rotation := 0, 0
		want := []string{"first"}
		var did []string // what happened before which line, for a failure
		defer func() {
			if t.Failed() {
				t.Log(did)
			}
		}()
		r.write("a.log", "first\n")
		r.expect("first")
		for step := range 60 {
			for range rnd.IntN(40) {
				line := fmt.Sprintf("line-%06d-%s", n, strings.Repeat("x", rnd.IntN(200)))
				n++
				want = append(want, line)
				if cut := rnd.IntN(len(line)); rnd.IntN(10) == 0 {
					r.write("a.log", line[:cut])
					r.write("a.log", line[cut:]+"\n")
				} else {
					r.write("a.log", line+"\n")
				}
			}
			action := rnd.IntN(12)
			if action < 5 {
				did = append(did, fmt.Sprint(action, "@", n))
			}
			switch action {
			case 0, 1:
				rotation++
				name := fmt.Sprintf("a.log-20260101%02d", rotation)
				r.rename("a.log", name)
				r.write("a.log", "")
				if rnd.IntN(2) == 0 {
					r.pack(name, name+".gz")
				}
			case 2:
				rotation++
				r.copytruncate("a.log", fmt.Sprintf("a.log-20260101%02d", rotation))
				// A file that is empty, and again as long with the same last bytes,
				// cannot be told from one that was left alone.
			case 3, 4:
				r.cancel()
				<-r.done
				if step%2 == 0 {
					r.write("a.log", fmt.Sprintf("away-%06d\n", n))
					want = append(want, fmt.Sprintf("away-%06d", n))
				}
				r.start()
			case 5, 6:
				<-time.After(time.Duration(rnd.IntN(30)) * time.Millisecond)
			}
		}
		r.expect(want...)
		r.do(r.stop())
	}
}

func TestStatusWhileRunning(t *testing.T) {
	r := newRig(t, "*.log")
	_, text := numbered("x", 0, 20000)
	r.write("a.log", text)
	r.write("b.log", text)
	r.start()
	r.until("all rows", func() bool { s := r.c.Status(); return s.Rows == 40000 && s.LagBytes == 0 && s.Running })
	if s := r.c.Status(); len(s.Files) != 2 || s.Files[0].Format != "raw" || s.MBPerSec <= 0 {
		t.Errorf("%+v", s)
	}
	r.do(r.stop())
	if r.c.Status().Running {
		t.Error("still running")
	}
	if _, err := os.Stat(r.path("a.log")); err != nil {
		t.Error(err)
	}
}
