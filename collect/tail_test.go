package collect

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func (r *rig) rename(a, b string) { r.t.Helper(); r.do(os.Rename(r.path(a), r.path(b))) }

func (r *rig) pack(from, to string) {
	r.t.Helper()
	text, err := os.ReadFile(r.path(from))
	r.do(err)
	var b bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&b)
	if strings.HasSuffix(to, ".zst") {
		w, err = zstd.NewWriter(&b)
		r.do(err)
	}
	_, err = w.Write(text)
	r.do(err)
	r.do(w.Close())
	r.do(os.WriteFile(r.path(to), b.Bytes(), 0o644))
	r.do(os.Remove(r.path(from)))
}

// copytruncate does what logrotate does.
func (r *rig) copytruncate(name, to string) {
	r.t.Helper()
	text, err := os.ReadFile(r.path(name))
	r.do(err)
	r.do(os.WriteFile(r.path(to), text, 0o644))
	r.do(os.Truncate(r.path(name), 0))
}

func (r *rig) noticed(words string) bool {
	return strings.Contains(strings.Join(r.c.Status().Notices, "\n"), words)
}

func TestFollow(t *testing.T) {
	t.Run("appended lines arrive, a line without newline is held", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.cfg.FlushPeriod = time.Hour
		r.write("a.log", "1\n2\nhal")
		r.start()
		r.expect("1", "2")
		r.write("a.log", "f\n")
		r.expect("1", "2", "half")
		r.do(r.stop())
	})
	t.Run("a last line without newline counts after flush_period", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.write("a.log", "1\nhalf")
		r.start()
		r.expect("1", "half")
		r.write("a.log", "more\n")
		r.expect("1", "half", "more")
		r.do(r.stop())
	})
	t.Run("files that appear later are found, each once", func(t *testing.T) {
		r := newRig(t, "*.log")
		r.start()
		r.write("a.log", "a1\n")
		r.expect("a1")
		r.write("b.log", "b1\n")
		r.expect("a1", "b1")
		r.do(r.stop())
		r.start()
		r.write("b.log", "b2\n")
		r.expect("a1", "b1", "b2")
		r.do(r.stop())
	})
	t.Run("a restart goes on where it was", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.write("a.log", "1\n")
		for i, want := range [][]string{{"1"}, {"1", "2"}, {"1", "2", "2"}} {
			r.start()
			r.expect(want...)
			r.do(r.stop())
			if i < 2 {
				r.write("a.log", "2\n")
			}
		}
	})
}

func TestRename(t *testing.T) {
	t.Run("old before new, and what the writer still writes to the old", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.cfg.RotateWait = 300 * time.Millisecond
		r.write("a.log", "1\n")
		r.start()
		r.expect("1")
		r.rename("a.log", "a.log.1")
		r.write("a.log", "4\n")
		r.write("a.log.1", "2\n")
		r.expect("1", "2")
		r.write("a.log.1", "3\n")
		r.expect("1", "2", "3", "4")
		r.do(r.stop())
	})
	t.Run("no new file yet: the old one is still read", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.write("a.log", "1\n")
		r.start()
		r.expect("1")
		r.rename("a.log", "a.log.1")
		<-time.After(3 * r.cfg.RotateWait)
		r.write("a.log.1", "2\n")
		r.expect("1", "2")
		r.write("a.log", "3\n")
		r.expect("1", "2", "3")
		r.do(r.stop())
	})
	t.Run("twice while away, the first packed", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.write("a.log", "1\n")
		r.start()
		r.expect("1")
		r.do(r.stop())
		r.write("a.log", "2\n")
		r.rename("a.log", "a.log.2")
		r.pack("a.log.2", "a.log.2.gz")
		r.write("a.log.1", "3\n")
		r.write("a.log", "4\n")
		r.start()
		r.expect("1", "2", "3", "4")
		r.do(r.stop())
	})
}

func TestRenameAgain(t *testing.T) {
	t.Run("twice between two looks", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.cfg.Poll = time.Minute
		r.write("a.log", "1\n")
		r.start()
		r.expect("1")
		r.write("a.log.new", "")
		r.write("a.log", "2\n")
		r.rename("a.log", "a.log.2")
		r.write("b", "3\n")
		r.rename("b", "a.log.1")
		r.write("b", "4\n")
		r.rename("b", "a.log")
		r.cfg.Poll = 10 * time.Millisecond
		r.do(r.stop())
		r.start()
		r.expect("1", "2", "3", "4")
		r.do(r.stop())
	})
	t.Run("to an unusual name, found again by its inode", func(t *testing.T) {
		r := newRig(t, "*.log")
		r.write("a.log", "1\n")
		r.start()
		r.expect("1")
		r.do(r.stop())
		r.write("a.log", "2\n")
		r.rename("a.log", "a-old.log")
		r.write("a.log", "3\n")
		r.start()
		r.expect("1", "2", "3")
		r.do(os.Remove(r.path("a-old.log")))
		r.rename("a.log", "b.log")
		r.write("a.log", "4\n")
		r.expect("1", "2", "3", "4")
		r.do(r.stop())
		r.do(os.Remove(r.path("b.log")))
		r.start()
		r.write("a.log", "5\n")
		r.expect("1", "2", "3", "4", "5")
		r.do(r.stop())
	})
	t.Run("symbolic link to a file that is rotated elsewhere", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.do(os.Mkdir(r.path("pod"), 0o755))
		r.write("pod/0.log", "1\n")
		r.do(os.Symlink(r.path("pod/0.log"), r.path("a.log")))
		r.start()
		r.expect("1")
		r.do(r.stop())
		r.write("pod/0.log", "2\n")
		r.rename("pod/0.log", "pod/0.log.20260101-000000")
		r.write("pod/0.log", "3\n")
		r.start()
		r.expect("1", "2", "3")
		r.do(r.stop())
	})
}

func TestCopytruncate(t *testing.T) {
	t.Run("the tail is read from the copy", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.write("a.log", "1\n")
		r.start()
		r.expect("1")
		r.do(r.stop())
		r.write("a.log", "2\n")
		r.copytruncate("a.log", "a.log.1")
		r.write("a.log", "3\n")
		r.start()
		r.expect("1", "2", "3")
		r.write("a.log", "4\n")
		r.expect("1", "2", "3", "4")
		r.do(r.stop())
	})
	t.Run("live, and grown past the place at once", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.write("a.log", "1\n")
		r.start()
		r.expect("1")
		r.write("a.log", "2\n")
		r.copytruncate("a.log", "a.log.1")
		r.write("a.log", "three-is-longer-than-before\n")
		r.expect("1", "2", "three-is-longer-than-before")
		r.copytruncate("a.log", "a.log.2")
		r.write("a.log", "4\n")
		r.until("4", func() bool { return r.m.count("t") >= 4 })
		r.do(r.stop())
		r.expect("1", "2", "three-is-longer-than-before", "4")
	})
	t.Run("while away and grown past the place", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.write("a.log", "1\n")
		r.start()
		r.expect("1")
		r.do(r.stop())
		r.copytruncate("a.log", "a.log.1")
		r.write("a.log", "other\nlines\n")
		r.start()
		r.expect("1", "other", "lines")
		r.do(r.stop())
	})
}

func TestTruncate(t *testing.T) {
	t.Run("packed copy", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.write("a.log", "1\n")
		r.start()
		r.expect("1")
		r.do(r.stop())
		r.write("a.log", "2\n")
		r.copytruncate("a.log", "a.log.1")
		r.pack("a.log.1", "a.log.1.zst")
		r.write("a.log", "3\n")
		r.start()
		r.expect("1", "2", "3")
		r.do(r.stop())
	})
	t.Run("no copy: the user is told", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.write("a.log", "1\n2\n")
		r.start()
		r.expect("1", "2")
		r.do(os.Truncate(r.path("a.log"), 0))
		r.write("a.log", "3\n")
		r.expect("1", "2", "3")
		if !r.noticed("no copy of it is beside it") {
			t.Errorf("notices: %q", r.c.Status().Notices)
		}
		r.do(r.stop())
	})
	t.Run("a writer without O_APPEND leaves zeros", func(t *testing.T) {
		r := newRig(t, "a.log")
		f, err := os.Create(r.path("a.log"))
		r.do(err)
		_, err = f.WriteString("1\n")
		r.do(err)
		r.start()
		r.expect("1")
		r.do(os.Truncate(r.path("a.log"), 0))
		_, err = f.WriteString("2\n")
		r.do(err)
		r.do(f.Close())
		r.expect("1", "2")
		r.do(r.stop())
	})
}

func TestIdentity(t *testing.T) {
	t.Run("a new file with the old inode and the same first bytes", func(t *testing.T) {
		// The inode number is given again at once by most file systems.
		r := newRig(t, "a.log")
		head := strings.Repeat("h", 1100)
		r.write("a.log", head+"\n1\n2\n3\n")
		r.start()
		r.expect(head, "1", "2", "3")
		r.do(r.stop())
		r.do(os.Remove(r.path("a.log")))
		r.write("a.log", head+"\n4\n5\n6\n7\n")
		r.start()
		r.expect(head, "1", "2", "3", head, "4", "5", "6", "7")
		r.do(r.stop())
	})
	t.Run("the file is gone: told, and newer files are read", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.write("a.log", "1\n")
		r.start()
		r.expect("1")
		r.do(r.stop())
		r.do(os.Remove(r.path("a.log")))
		r.write("a.log", "two\n")
		r.start()
		r.expect("1", "two")
		if !r.noticed("neither under this name nor rotated") {
			t.Errorf("notices: %q", r.c.Status().Notices)
		}
		r.do(r.stop())
	})
	t.Run("a file vanishes and comes back while it is read", func(t *testing.T) {
		r := newRig(t, "a.log")
		r.write("a.log", "1\n")
		r.start()
		r.expect("1")
		r.do(os.Remove(r.path("a.log")))
		<-time.After(3 * r.cfg.RotateWait)
		r.write("a.log", "2\n")
		r.expect("1", "2")
		r.do(r.stop())
	})
	t.Run("two names of one file are read once", func(t *testing.T) {
		r := newRig(t, "*.log")
		r.write("a.log", "1\n")
		r.do(os.Link(r.path("a.log"), r.path("b.log")))
		r.start()
		r.expect("1")
		<-time.After(5 * r.cfg.Poll)
		r.expect("1")
		r.do(r.stop())
	})
}

func TestOnce(t *testing.T) {
	t.Run("many files in the order of names, rotated ones old before new, packed ones too", func(t *testing.T) {
		r := newRig(t, "*")
		r.write("b.log", "4\n")
		r.write("a.log.2", "1\n")
		r.pack("a.log.2", "a.log.2.gz")
		r.write("a.log.1", "2\n")
		r.write("a.log", "3")
		r.write("empty.log", "")
		s := r.once()
		r.expect("1", "2", "3", "4")
		if s.Rows != 4 || s.LagBytes != 0 || len(s.Files) != 3 || !s.Files[0].Done {
			t.Errorf("status %+v", s)
		}
		if s := r.once(); s.Rows != 0 || s.Bytes != 0 {
			t.Errorf("a second run read again: %+v", s)
		}
		r.write("b.log", "5\n")
		r.once()
		r.expect("1", "2", "3", "4", "5")
	})
	t.Run("nothing there", func(t *testing.T) {
		r := newRig(t, "none*")
		r.cfg.Follow = false
		r.start()
		if err := r.join(); err == nil || !strings.Contains(err.Error(), "no file matches") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("one file is damaged, the others are read", func(t *testing.T) {
		r := newRig(t, "*")
		r.write("a.gz", "not gzip at all, but long enough")
		r.write("b.log", "1\n")
		r.once()
		r.expect("1")
		if !r.noticed("cannot be unpacked") {
			t.Errorf("notices: %q", r.c.Status().Notices)
		}
	})
	t.Run("a torn gzip file gives what it has", func(t *testing.T) {
		r := newRig(t, "*")
		lines, text := numbered("x", 0, 50000)
		r.write("a.log.1", text)
		r.pack("a.log.1", "a.log.1.gz")
		fi, err := os.Stat(r.path("a.log.1.gz"))
		r.do(err)
		r.do(os.Truncate(r.path("a.log.1.gz"), fi.Size()/2))
		r.once()
		got := r.m.lines("t")
		if len(got) < 1000 || got[500] != lines[500] || !r.noticed("is damaged") {
			t.Errorf("%d lines, notices %q", len(got), r.c.Status().Notices)
		}
	})
	t.Run("a directory, a pipe and a file without rights do no harm", func(t *testing.T) {
		r := newRig(t, "*")
		r.do(os.Mkdir(r.path("dir"), 0o755))
		r.write("b.log", "1\n")
		r.once()
		r.expect("1")
	})
}

func TestLongLine(t *testing.T) {
	r := newRig(t, "a.log")
	r.cfg.MaxLineBytes = 100_000
	r.write("a.log", "1\n")
	f, err := os.OpenFile(r.path("a.log"), os.O_APPEND|os.O_WRONLY, 0)
	r.do(err)
	chunk := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	for range 100 {
		_, err = f.Write(chunk)
		r.do(err)
	}
	_, err = f.WriteString("\n2\n" + strings.Repeat("y", 100_001) + "\n3\n")
	r.do(err)
	r.do(f.Close())
	s := r.once()
	r.expect("1", "2", "3")
	if s.Rejected != 2 {
		t.Fatalf("%d rejected", s.Rejected)
	}
	var v struct {
		File, Parser, Reason, Line string
		Offset, Length             int64
	}
	r.do(json.Unmarshal([]byte(r.m.values("t_rejected")[0]), &v))
	if v.Offset != 2 || v.Length != 100*int64(len(chunk))+1 || len(v.Line) != 64<<10 || v.Parser != "raw" || v.File != r.path("a.log") {
		t.Errorf("offset %d length %d line %d parser %s file %s", v.Offset, v.Length, len(v.Line), v.Parser, v.File)
	}
	h := r.m.rows[rejected][1].headers
	if h["offset"] == "" || h["file"] != r.path("a.log") || h["parser"] != "raw" || !strings.Contains(h["reason"], "max_line_bytes") {
		t.Errorf("headers %v", h)
	}
}

// TestLatency appends lines and looks how soon they are sent, with a poll that
// is too slow to help.
func TestLatency(t *testing.T) {
	r := newRig(t, "a.log")
	r.cfg.Poll, r.cfg.Linger = time.Minute, 0
	r.write("a.log", "0\n")
	r.start()
	r.expect("0")
	var took []time.Duration
	for i := 1; i <= 31; i++ {
		at := time.Now()
		r.write("a.log", "x\n")
		for r.m.count("t") <= i && time.Since(at) < 5*time.Second {
			<-time.After(500 * time.Microsecond)
		}
		took = append(took, time.Since(at))
	}
	slices.Sort(took)
	t.Logf("median %s, longest %s", took[15], took[30])
	if took[15] > 25*time.Millisecond {
		t.Errorf("the median line took %s, want at most 25 ms", took[15])
	}
	r.do(r.stop())
}

func TestDatedNames(t *testing.T) {
	r := newRig(t, "app-*.log")
	r.write("app-2026-01-01.log", "1\n")
	r.start()
	r.expect("1")
	r.write("app-2026-01-02.log", "2\n")
	r.expect("1", "2")
	r.do(r.stop())
	r.write("app-2026-01-02.log", "3\n")
	r.write("app-2026-01-03.log", "4\n")
	r.start()
	r.expect("1", "2", "3", "4")
	r.do(r.stop())
}

func TestGlobOutsideDirectory(t *testing.T) {
	r := newRig(t)
	r.do(os.MkdirAll(r.path("x/one"), 0o755))
	r.cfg.Files = []string{filepath.Join(r.dir, "x", "*", "a.log")}
	r.write("x/one/a.log", "1\n")
	r.start()
	r.expect("1")
	r.do(os.MkdirAll(r.path("x/two"), 0o755))
	r.write("x/two/a.log", "2\n")
	r.expect("1", "2")
	r.do(r.stop())
}
