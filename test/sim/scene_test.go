package sim

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru/internal/gen"
	"maru/marutest"
)

// scene is a node under load: three logs that are written and rotated, and a
// collector beside the node.
type scene struct {
	t       testing.TB
	rng     *rand.Rand
	node    *marutest.Node
	kafka   string // a real Kafka's address; "" = our broker
	collect *marutest.Process
	began   time.Time

	stop  context.CancelFunc
	done  sync.WaitGroup
	truth [2]string // truth files of the generators
	bad   int64     // lines that do not parse, written to api_log's log
	side  [][]byte  // lines of the log that is rotated by copying
}

// The scene's logs, as its project folder has them. Collectors name them with a
// * so that what was rotated away before a collector first came to look is read
// too: on a loaded machine that may be seconds after its start.
const (
	apiLog  = "log/api.ndjson"  // collected by the node
	cliLog  = "log/cli.ndjson"  // collected by maru collect
	sideLog = "log/side.ndjson" // collected by the node, rotated by copytruncate
)

// sideStream has an output topic; one row in, one row out.
const sideStream = `/* maru
emit: changes
topic: side_out
*/
SELECT ts, n, n * 2 AS twice FROM side WHERE n % 2 = 0
`

// wideStream fills its write-ahead log within seconds, for the moment before
// that is folded into the state file.
const wideStream = `/* maru
emit: changes
*/
SELECT ts, n, repeat('0123456789', 3000) AS pad FROM side
`

const sideTopic = `partitions: 1
time: ts
watermark: 1s
idle: 1h
columns:
  ts: TIMESTAMPTZ
  n: BIGINT
`

// newScene makes the project and starts the node on it, on our broker unless
// kafka names another.
func newScene(t testing.TB, rng *rand.Rand, kafka string, wide bool) *scene {
	t.Helper()
	s := &scene{t: t, rng: rng, kafka: kafka}
	dir := marutest.CopyProject(t, "api-log")
	// The watermark must not go on with the clock while something is dead:
	// rows that come afterwards would be late. A last row from the future
	// closes what is open at the end.
	marutest.Append(t, filepath.Join(dir, "topics/api_log.yaml"), "idle: 1h\n")
	marutest.WriteFile(t, filepath.Join(dir, "topics/side.yaml"), sideTopic)
	marutest.WriteFile(t, filepath.Join(dir, "collectors/side.yaml"), "files: ["+sideLog+"*]\ntopic: side\nformat: ndjson\n")
	marutest.WriteFile(t, filepath.Join(dir, "streams/side_even.sql"), sideStream)
	if wide {
		marutest.WriteFile(t, filepath.Join(dir, "streams/wide.sql"), wideStream)
	}
	s.node = marutest.Prepare(t, marutest.Options{})
	if kafka == "" {
		s.smallSegments()
	} else {
		marutest.Append(t, filepath.Join(dir, "maru.yaml"), "broker:\n  bootstrap: "+kafka+"\n")
	}
	s.node.Dir = dir
	s.node.Restart()
	s.collect = s.startCollector()
	return s
}

// bootstrap is the log's address.
func (s *scene) bootstrap() string {
	if s.kafka != "" {
		return s.kafka
	}
	return s.node.Kafka
}

// smallSegments makes the topics of our broker before the project does, so
// that a run of seconds fills many segments.
func (s *scene) smallSegments() {
	s.t.Helper()
	s.node.Restart()
	cl, err := kgo.NewClient(kgo.SeedBrokers(s.node.Kafka))
	if err != nil {
		s.t.Fatal(err)
	}
	defer cl.Close()
	size := "1048576"
	for _, topic := range []string{"api_log", "side", "cli_log"} {
		if _, err := kadm.NewClient(cl).CreateTopic(s.t.Context(), 1, 1, map[string]*string{"segment.bytes": &size}, topic); err != nil {
			s.t.Fatal(err)
		}
	}
	s.node.Stop()
}

func (s *scene) startCollector() *marutest.Process {
	s.t.Helper()
	return s.node.Launch("collect", "collect", filepath.Join(s.node.Dir, cliLog+"*"), "--topic", "cli_log", "--format", "ndjson", "--follow", "--bootstrap", s.bootstrap())
}

// tend fails the test when the separate collector has ended by itself: one
// that follows waits for a log that is away.
func (s *scene) tend() {
	s.t.Helper()
	if s.collect.Ended() {
		s.t.Errorf("maru collect --follow has ended:\n%s", tailOf(s.collect.Log()))
		s.collect = s.startCollector()
	}
}

// rowBytes is about the length of a row.
const rowBytes = 250

// load begins to write the logs.
func (s *scene) load(rate float64) {
	s.t.Helper()
	s.began = time.Now()
	ctx, cancel := context.WithCancel(s.t.Context())
	s.stop = cancel
	for i, c := range []gen.Config{
		{Out: apiLog, Rate: rate, Seed: s.rng.Uint64(), RotateBytes: int64(rate * rowBytes * 2)},
		{Out: cliLog, Rate: rate / 10, Seed: s.rng.Uint64(), RotateBytes: int64(rate / 10 * rowBytes * 2)},
	} {
		c.Truth = filepath.Join(s.node.Dir, fmt.Sprintf("truth%d.json", i))
		s.truth[i] = c.Truth
		c.Out = filepath.Join(s.node.Dir, c.Out)
		c.Follow, c.Flat, c.KeepFiles, c.RepeatShare, c.DisorderShare = true, true, gen.KeepMax, 0.01, 0.02
		s.background(func() error { _, err := gen.Run(ctx, c, nil); return err })
	}
	s.background(func() error { return s.writeBad(ctx) })
	s.background(func() error { return s.writeSide(ctx) })
}

func (s *scene) background(fn func() error) {
	s.done.Add(1)
	go func() {
		defer s.done.Done()
		if err := fn(); err != nil {
			s.t.Errorf("writing the logs: %v", err)
		}
	}()
}

// writeBad puts lines that are no JSON between those of the API log.
func (s *scene) writeBad(ctx context.Context) error {
	for {
		marutest.Pause(ctx, 150*time.Millisecond)
		if ctx.Err() != nil {
			return nil
		}
		if err := appendTo(filepath.Join(s.node.Dir, apiLog), fmt.Appendf(nil, "{\"ts\": \"torn %d\n", s.bad)); err != nil {
			return err
		}
		s.bad++
	}
}

func appendTo(path string, line []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(line); err != nil {
		return err
	}
	return f.Close()
}

// writeSide writes a log that is rotated as logrotate's copytruncate does.
// Nothing is written between the copy and the truncation, so nothing may get
// lost.
func (s *scene) writeSide(ctx context.Context) error {
	copies := 0
	for {
		marutest.Pause(ctx, 5*time.Millisecond)
		if ctx.Err() != nil {
			return nil
		}
		if err := s.sideRow(); err != nil {
			return err
		}
		if len(s.side)%300 != 0 {
			continue
		}
		if err := copyTruncate(filepath.Join(s.node.Dir, sideLog), copies); err != nil {
			return err
		}
		copies++
	}
}

// sideRow writes the next row of the log that is rotated by copying.
func (s *scene) sideRow() error {
	line := fmt.Appendf(nil, `{"ts":%q,"n":%d}`, time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), len(s.side))
	s.side = append(s.side, line)
	return appendTo(filepath.Join(s.node.Dir, sideLog), append(line[:len(line):len(line)], '\n'))
}

// copyTruncate renames path.N … path.1 by one, copies path to path.1 and
// empties it.
func copyTruncate(path string, copies int) error {
	for i := copies; i > 0; i-- {
		if err := os.Rename(fmt.Sprintf("%s.%d", path, i), fmt.Sprintf("%s.%d", path, i+1)); err != nil {
			return err
		}
	}
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.Create(path + ".1")
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	if err := to.Close(); err != nil {
		return err
	}
	return os.Truncate(path, 0)
}

// finish ends the writing. A last row, ten minutes on, closes every window.
func (s *scene) finish() {
	s.t.Helper()
	s.stop()
	s.done.Wait()
	at := time.Now().Add(10 * time.Minute).UTC().Format("2006-01-02T15:04:05.000Z")
	line := fmt.Sprintf(`{"ts":%q,"request_id":"ffffffffffffffff","user":"nobody","client_ip":"127.0.0.1","method":"GET","path":"/last","query":"","body_hash":"","status":200,"bytes":1,"latency_ms":1}`, at)
	marutest.Append(s.t, filepath.Join(s.node.Dir, apiLog), line+"\n")
}

// Bounds of churn: many small batches, because large ones pass the
// write-ahead log by.
const (
	churnValue      = 100 << 10
	churnBatch      = 200 << 10
	churnPartitions = 8
	churnRound      = 80 // records of one round
)

// churn gives the broker work of its own until ctx ends: topics made and
// deleted, segments rolled and expired, the write-ahead log filled. Errors are
// what it is for: the server is killed in the middle.
func (s *scene) churn(ctx context.Context) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(s.bootstrap()), kgo.WithContext(ctx), kgo.ProducerBatchMaxBytes(churnBatch),
		kgo.RecordPartitioner(kgo.RoundRobinPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.DisableIdempotentWrite()) // what was sent may be given up
	if err != nil {
		s.t.Error(err)
		return
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	short, segment := "1", "1048576"
	config := map[string]*string{"retention.ms": &short, "segment.ms": &short, "segment.bytes": &segment}
	old := ""
	for ctx.Err() == nil {
		topic := fmt.Sprintf("churn%d", time.Now().UnixNano())
		if _, err := adm.CreateTopic(ctx, churnPartitions, 1, config, topic); err != nil {
			marutest.Pause(ctx, 50*time.Millisecond)
			continue
		}
		// ProduceSync would wait on for a broker that is dead, whatever ctx says.
		landed := make(chan struct{}, churnRound)
		for range churnRound {
			cl.Produce(ctx, &kgo.Record{Topic: topic, Value: make([]byte, churnValue)}, func(*kgo.Record, error) { landed <- struct{}{} })
		}
		for range churnRound {
			select {
			case <-landed:
			case <-ctx.Done():
				return
			}
		}
		if old != "" {
			_, _ = adm.DeleteTopic(ctx, old)
		}
		old = topic
	}
}
