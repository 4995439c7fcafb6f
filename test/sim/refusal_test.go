package sim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru/marutest"
)

// says fails the test when a text lacks a word that its reader needs.
func says(t testing.TB, what, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s does not say %q:\n%s", what, w, text)
		}
	}
}

func TestSecondServer(t *testing.T) {
	n := marutest.Start(t, marutest.Options{})
	r := n.Maru("serve", "--data", n.Data, "--http", "127.0.0.1:0", "--kafka", "127.0.0.1:0")
	if r.Code != 1 {
		t.Errorf("exit code %d, want 1", r.Code)
	}
	says(t, "the second server", r.Stderr, n.Data, fmt.Sprintf("pid %d", n.Server().PID), "--data")
	if got := n.Number("SELECT 40 + 2 AS n"); got != 42 {
		t.Errorf("the first server answers %d", got)
	}
}

func TestPortInUse(t *testing.T) {
	n := marutest.Prepare(t, marutest.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().String()
	for flag, args := range map[string][]string{"--http": {"--http", taken, "--kafka", "127.0.0.1:0"}, "--kafka": {"--http", "127.0.0.1:0", "--kafka", taken}} {
		r := n.Maru(append([]string{"serve", "--data", n.Data}, args...)...)
		if r.Code != 1 {
			t.Errorf("%s taken: exit code %d, want 1", flag, r.Code)
		}
		says(t, flag+" taken", r.Stderr, taken, "in use", flag)
	}
	n.Restart() // with the same data directory, on other ports
}

func TestIllegalTopicName(t *testing.T) {
	n := marutest.Start(t, marutest.Options{Project: marutest.CopyProject(t, "api-log")})
	r := n.Maru("topic", "create", "a b", "--bootstrap", n.Kafka)
	if r.Code == 0 {
		t.Error("a topic named \"a b\" was made")
	}
	says(t, "topic create", r.Stderr, `"a b"`, "not allowed", "letters")
	n.Write("topics/bad name.yaml", "partitions: 1\n")
	marutest.Until(t, 5*time.Second, "the doctor names the file", func() error {
		if r := n.Maru("doctor"); !strings.Contains(r.Stdout, "topics/bad name.yaml") {
			return errors.New(r.Stdout)
		}
		return nil
	})
	cl, err := kgo.NewClient(kgo.SeedBrokers(n.Kafka))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for _, name := range []string{"a/b", "..", strings.Repeat("x", 250), "ä"} {
		resp, err := kadm.NewClient(cl).CreateTopic(t.Context(), 1, 1, nil, name)
		if err == nil {
			err = resp.Err
		}
		if !errors.Is(err, kerr.InvalidTopicException) {
			t.Errorf("topic %.10q over Kafka: %v, want %v", name, err, kerr.InvalidTopicException)
		}
	}
}

// garbage is what comes to a port that is open.
func garbage() map[string][]byte {
	noise := make([]byte, 64<<10)
	rng := rand.NewChaCha8([32]byte{1})
	_, _ = rng.Read(noise) // it never fails
	frame := func(length uint32, body []byte) []byte {
		return append(binary.BigEndian.AppendUint32(nil, length), body...)
	}
	produce := []byte{0, 0, 0, 9, 0, 0, 0, 1, 0, 1, 'c', 0}
	return map[string][]byte{
		"noise":            noise,
		"http":             []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"tls":              append([]byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3}, noise[:500]...),
		"two gigabytes":    frame(1<<31-1, noise),
		"negative":         frame(0xffffffff, noise),
		"empty frame":      frame(0, nil),
		"half a frame":     frame(1000, noise[:10]),
		"noise in a frame": frame(4096, noise[:4096]),
		"produce of noise": frame(uint32(len(produce)+1000), append(produce, noise[:1000]...)),
		"unknown api":      frame(10, []byte{0x7f, 0xff, 0, 0, 0, 0, 0, 1, 0xff, 0xff}),
	}
}

// TestGarbageFrames: whatever comes, the connection is closed and everybody
// else is served.
func TestGarbageFrames(t *testing.T) {
	n := marutest.Start(t, marutest.Options{})
	for name, bytes := range garbage() {
		c, err := net.Dial("tcp", n.Kafka)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write(bytes) // it may be closed in the middle
		if name != "half a frame" {
			if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, io.LimitReader(c, 1<<20)); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: the connection stays open", name)
			}
		} else {
			defer c.Close() // it waits for the rest, and holds up nobody
			continue
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	produce(t, n, "after", 10)
	if got := n.Number("SELECT count(*) AS n FROM after"); got != 10 {
		t.Errorf("after the garbage a topic has %d rows, want 10", got)
	}
	if rss, _ := memory(t, n); rss > 400<<20 {
		t.Errorf("all processes hold %d MB", rss>>20)
	}
}

// produce sends JSON rows, one batch each, and waits for the ack of each.
func produce(t testing.TB, n *marutest.Node, topic string, rows int) {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(n.Kafka), kgo.AllowAutoTopicCreation(), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for i := range rows {
		if err := cl.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: fmt.Appendf(nil, `{"n":%d}`, i)}).FirstErr(); err != nil {
			t.Fatalf("produce row %d: %v", i, err)
		}
	}
}

// TestTooMuchMemory: that query fails and says why; the next one is answered.
func TestTooMuchMemory(t *testing.T) {
	n := marutest.Start(t, marutest.Options{})
	for _, sql := range []string{
		"SELECT length(list(repeat('x', 10000) || range)) FROM range(100000000)",
		"SELECT max(length(s)) FROM (SELECT string_agg(repeat('x', 1000), '') AS s FROM range(100000000) GROUP BY range % 2)",
	} {
		_, err := n.Query(sql)
		var e *marutest.APIError
		if !errors.As(err, &e) || e.Kind != "out_of_memory" {
			t.Errorf("%s: %v, want kind out_of_memory", sql, err)
			continue
		}
		says(t, "the error", e.Message, "memory")
		began := time.Now()
		if got := n.Number("SELECT 40 + 2 AS n"); got != 42 {
			t.Errorf("the next query answers %d", got)
		}
		t.Logf("%s: %s; the next one took %s", sql, e.Message, time.Since(began).Round(time.Millisecond))
	}
}

// placeOf finds file:line:column.
var placeOf = regexp.MustCompile(`streams/requests_1m\.sql:(\d+):(\d+)`)

// TestTypo: a broken stream file is named to the letter, its last good version
// keeps counting, and mending it is enough.
func TestTypo(t *testing.T) {
	n := marutest.Start(t, marutest.Options{Project: marutest.CopyProject(t, "api-log")})
	good, err := os.ReadFile(n.Dir + "/streams/requests_1m.sql")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	grow := func(what string) {
		t.Helper()
		rows += 10
		marutest.Append(t, n.Dir+"/"+apiLog, strings.Repeat(apiRow(time.Now()), 10))
		marutest.Until(t, 10*time.Second, what, func() error {
			r, err := n.Query("SELECT sum(requests)::BIGINT AS n FROM requests_1m")
			if err != nil {
				return err
			}
			if got := fmt.Sprint(r[0]["n"]); got != fmt.Sprint(rows) {
				return fmt.Errorf("the view counts %s rows, %d were written", got, rows)
			}
			return nil
		})
	}
	grow("the stream counts")
	line := func(of string) int { return 1 + strings.Count(string(good[:strings.Index(string(good), of)]), "\n") }
	for _, c := range []struct{ what, old, new, place string }{
		{"a column that is not there", "sum(bytes) AS bytes", "sum(bites) AS bytes", fmt.Sprintf("%d:12", line("sum(bytes)"))},
		{"a word that is wrong", "GROUP BY ALL", "GRUOP BY ALL", fmt.Sprintf("%d:", line("GROUP BY ALL"))},
		{"a key that is not known", "emit: changes", "emmit: changes", "2:1"},
	} {
		n.Write("streams/requests_1m.sql", strings.Replace(string(good), c.old, c.new, 1))
		err := marutest.Poll(5*time.Second, func() error {
			list, doctor := n.Maru("stream", "list"), n.Maru("doctor")
			for verb, out := range map[string]string{"stream list": list.Stdout, "doctor": doctor.Stdout} {
				if verb == "stream list" && c.old == "emit: changes" {
					continue // that file did not get as far as being a stream
				}
				if m := placeOf.FindStringSubmatch(out); m == nil || !strings.HasPrefix(m[1]+":"+m[2], c.place) {
					return fmt.Errorf("maru %s does not name line:column %s:\n%s", verb, c.place, out)
				}
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		grow("with " + c.what + " the last good version counts on")
		n.Write("streams/requests_1m.sql", string(good))
		marutest.Until(t, 10*time.Second, "mended", func() error {
			if out := n.Maru("doctor").Stdout; strings.Contains(out, "requests_1m.sql") {
				return errors.New(out)
			}
			return nil
		})
		grow("mended, it counts on")
	}
}

// apiRow is a line of the API log.
func apiRow(at time.Time) string {
	return fmt.Sprintf(`{"ts":%q,"request_id":"1","user":"u","client_ip":"127.0.0.1","method":"GET","path":"/p","query":"","body_hash":"","status":200,"bytes":1,"latency_ms":1}`+"\n",
		at.UTC().Format("2006-01-02T15:04:05.000Z"))
}
