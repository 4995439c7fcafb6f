package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"maru/marutest"
)

// TestFlippedBit: one bit of a segment costs its batch, and the log says so.
func TestFlippedBit(t *testing.T) {
	const rows = 200
	n := marutest.Start(t, marutest.Options{})
	produce(t, n, "flip", rows) // a batch each
	n.Stop()
	files, err := filepath.Glob(filepath.Join(n.Data, "broker/topics/flip.*/0/*.log"))
	if err != nil || len(files) != 1 {
		t.Fatalf("segments of the topic: %v, %v", files, err)
	}
	bytes, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(bytes), fmt.Sprintf(`{"n":%d}`, rows/2))
	if at < 0 {
		t.Fatal("the row in the middle is not in the segment")
	}
	bytes[at+1] ^= 0x10
	if err := os.WriteFile(files[0], bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	n.Restart()
	var got []string
	records(t, n.Kafka, "flip", func(r *kgo.Record) { got = append(got, string(r.Value)) })
	var want []string
	for i := range rows {
		if i != rows/2 {
			want = append(want, fmt.Sprintf(`{"n":%d}`, i))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d rows are left of %d, all but one were to be", len(got), rows)
	}
	if sum := n.Number("SELECT count(*) AS n FROM flip"); sum != rows-1 {
		t.Errorf("SQL counts %d rows, want %d", sum, rows-1)
	}
	says(t, "the server", n.Server().Log(), files[0], fmt.Sprint(rows/2))
	produce(t, n, "flip", 1)
}

// smallDisk mounts a file system of so many bytes.
func smallDisk(t *testing.T, bytes int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := mountMemory(dir, bytes); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unmount(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestFullDisk: what was acknowledged is there, what is refused is told why,
// and all goes on by itself when there is room again.
func TestFullDisk(t *testing.T) {
	disk := smallDisk(t, 320<<20)
	filler := filepath.Join(disk, "filler")
	if err := os.WriteFile(filler, make([]byte, 120<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	n := marutest.Start(t, marutest.Options{Data: filepath.Join(disk, "data")})
	if r := n.Maru("topic", "create", "full", "--bootstrap", n.Kafka); r.Code != 0 {
		t.Fatal(r.Stderr)
	}
	acked, refused := fill(t, n, 0)
	if refused == nil {
		t.Fatalf("%d records of 100 kB fit onto a disk of 320 MB", acked)
	}
	t.Logf("%d records were taken, then: %v", acked, refused)
	says(t, "the server", n.Server().Log(), "space")
	if r := n.Maru("doctor"); !strings.Contains(r.Stdout, "make room") {
		t.Errorf("the doctor does not say that the disk is full:\n%s", r.Stdout)
	}
	checkFilled(t, n, acked)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	more := 0
	marutest.Until(t, 20*time.Second, "records are taken again", func() error {
		took, err := send(t, n, acked)
		if took {
			more++
		}
		return err
	})
	checkFilled(t, n, acked+more)
	n.Kill(marutest.Server)
	n.Restart()
	checkFilled(t, n, acked+more)
}

// send produces record i and says whether it was acknowledged.
func send(t testing.TB, n *marutest.Node, i int) (bool, error) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(n.Kafka), kgo.DisableIdempotentWrite(), kgo.RecordRetries(0),
		kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	value := fmt.Appendf(nil, "%08d%s", i, strings.Repeat("x", 100<<10))
	done := make(chan error, 1)
	cl.Produce(ctx, &kgo.Record{Topic: "full", Value: value}, func(_ *kgo.Record, err error) { done <- err })
	select {
	case err := <-done:
		return err == nil, err
	case <-ctx.Done():
		return false, errors.New("no answer came")
	}
}

// fill produces until a record is refused.
func fill(t testing.TB, n *marutest.Node, from int) (acked int, refused error) {
	t.Helper()
	const most = 3000
	for i := from; i < most; i++ {
		took, err := send(t, n, i)
		if !took {
			return i, err
		}
	}
	return most, nil
}

// checkFilled fails the test unless records 0 … acked-1 are there, in order.
// One that was refused may have come through all the same.
func checkFilled(t testing.TB, n *marutest.Node, acked int) {
	t.Helper()
	next := 0
	records(t, n.Kafka, "full", func(r *kgo.Record) {
		if string(r.Value[:8]) == fmt.Sprintf("%08d", next) {
			next++
		}
	})
	if next < acked {
		t.Errorf("of %d acknowledged records only the first %d are there", acked, next)
	}
}
