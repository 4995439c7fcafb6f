package tail

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBase(t *testing.T) {
	for name, want := range map[string]string{
		"/l/a.log": "/l/a.log", "/l/a.log.1": "/l/a.log", "/l/a.log.12.gz": "/l/a.log", "/l/a.log.zst": "/l/a.log", "/l/a.log-20260131": "/l/a.log",
		"/l/a.log-20260131.gz": "/l/a.log", "/l/a.log.2026-01-31": "/l/a.log", "/l/a.log.2026-01-31.3": "/l/a.log", "/l/a.log-2026013112": "/l/a.log",
		"/l/a-20260131.log": "/l/a.log", "/l/a-2026-01-31.1.log": "/l/a-2026-01-31.1.log", "/l/2010-12-01.csv": "/l/2010-12-01.csv", "/l/a.log.old": "/l/a.log",
		"/l/app.8080": "/l/app.8080", "/l/v1.2.log": "/l/v1.2.log", "/l/.1": "/l/.1", "/l/a-12345678": "/l/a-12345678", "/l/10016.json": "/l/10016.json",
		"/l/a.log-20260131-101010.gz": "/l/a.log", "/l/a.log.0": "/l/a.log.0",
	} {
		if got := Base(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestOrder(t *testing.T) {
	want := []string{"a.log-20251231", "a.log-20260101.2", "a.log-20260101.1", "a.log.10.gz", "a.log.2.gz", "a.log.1", "a.log"}
	got := []string{"a.log", "a.log.1", "a.log.10.gz", "a.log-20260101.1", "a.log.2.gz", "a.log-20251231", "a.log-20260101.2"}
	Order(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestIDSame(t *testing.T) {
	a := ID{Dev: 1, Ino: 2, Birth: 3}
	for _, c := range []struct {
		b    ID
		want bool
	}{{a, true}, {ID{9, 2, 3}, true}, {ID{1, 2, 4}, false}, {ID{1, 3, 3}, false}, {ID{1, 2, 0}, true}, {ID{9, 2, 0}, false}} {
		if a.Same(c.b) != c.want {
			t.Errorf("%v: want %v", c.b, c.want)
		}
	}
}

func FuzzPosition(f *testing.F) {
	p := Position{Gen: 3, Offset: 70000, ID: ID{1, 2, -3}, HeadLen: 1024, Head: 5, Behind: 6, Time: 1700000000000, Floor: 69000, Parts: 8}
	f.Add(p.Append(nil))
	f.Add([]byte{})
	if q, err := ParsePosition(p.Append(nil)); err != nil || q != p {
		f.Fatalf("got %+v %v", q, err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePosition(b)
		if err != nil {
			return
		}
		if q, err := ParsePosition(p.Append(nil)); err != nil || q != p {
			t.Fatalf("%+v became %+v %v", p, q, err)
		}
	})
}
