// Package sim kills a whole node at every moment that matters and counts what
// came of its rows.
package sim

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru/internal/gen"
	"maru/marutest"
)

// The switches of the slow tests.
const (
	longEnv  = "MARU_LONG"
	seedEnv  = "MARU_SEED"
	kafkaEnv = "MARU_PEER_KAFKA" // host:port of an Apache Kafka that may be filled
)

// newRandom draws from MARU_SEED, or from a seed that the log names.
func newRandom(t testing.TB) *rand.Rand {
	n := uint64(time.Now().UnixNano())
	if text := os.Getenv(seedEnv); text != "" {
		var err error
		if n, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedEnv, err)
		}
	}
	t.Logf("%s=%d draws the same moments again", seedEnv, n)
	return rand.New(rand.NewPCG(n, n))
}

func long(t testing.TB) {
	if os.Getenv(longEnv) == "" {
		t.Skipf("%s is not set: this takes minutes", longEnv)
	}
}

// TestTruthShort: every named point once and some random moments; no row is
// lost or doubled, and every view says what the log says.
func TestTruthShort(t *testing.T) {
	rng := newRandom(t)
	var at []string
	for _, p := range points(t) {
		if !slices.Contains(longPoints, p) {
			at = append(at, p)
		}
	}
	s := newScene(t, rng, "", false)
	s.play(t, plan(rng, at, 1, 8), 4000, 0)
}

// longPoints need more data than a short run has.
var longPoints = []string{"stream.before_checkpoint"}

// TestTruthLong is the same with 5 million rows, every point ten times, and
// 20 random moments.
func TestTruthLong(t *testing.T) {
	long(t)
	rng := newRandom(t)
	s := newScene(t, rng, "", true)
	s.play(t, plan(rng, points(t), 10, 20), 10_000, 5_000_000)
}

// TestTruthKafka is the same with Apache Kafka in the place of our broker.
func TestTruthKafka(t *testing.T) {
	address := os.Getenv(kafkaEnv)
	if address == "" {
		t.Skipf("%s is not set: name an empty Apache Kafka, host:port", kafkaEnv)
	}
	rng := newRandom(t)
	times, random, rows := 1, 8, int64(0)
	if os.Getenv(longEnv) != "" {
		times, random, rows = 10, 20, 5_000_000
	}
	var at []string
	for _, p := range points(t) {
		if !strings.HasPrefix(p, "broker.") && (rows > 0 || !slices.Contains(longPoints, p)) {
			at = append(at, p)
		}
	}
	s := newScene(t, rng, address, rows > 0)
	s.play(t, plan(rng, at, times, random), 10_000, rows)
}

// play writes at a rate until all moments have happened and there are rows
// enough, and compares what came of it.
func (s *scene) play(t *testing.T, moments []moment, rate float64, rows int64) {
	t.Helper()
	s.begin(t)
	s.load(rate)
	defer func() { s.stop(); s.done.Wait() }()
	for i, m := range moments {
		began := time.Now()
		s.tend()
		s.happen(t, m)
		t.Logf("%3d/%d %s (%s)", i+1, len(moments), m, time.Since(began).Round(time.Millisecond))
		if t.Failed() {
			t.FailNow()
		}
	}
	s.revive()
	if left := time.Duration(float64(rows)/rate*float64(time.Second)) - time.Since(s.began); left > 0 {
		marutest.Pause(t.Context(), left)
	}
	s.finish()
	want := readLog(t, filepath.Join(s.node.Dir, apiLog))
	if want.rejected != s.bad {
		t.Fatalf("the log has %d lines that are no JSON, %d were written", want.rejected, s.bad)
	}
	s.settle(t, want)
	s.checkTopics(t, want)
	checkViews(t, s.node, want)
	checkBatch(t, s.node)
	truth, err := gen.ReadTruth(s.truth[0])
	if err != nil {
		t.Fatal(err)
	}
	checkTruth(t, truth, want, 1)
	t.Logf("%s", s.summary(want, moments))
}

// begin makes the logs, empty, and waits until their collectors hold them.
func (s *scene) begin(t *testing.T) {
	t.Helper()
	logs := []string{apiLog, cliLog, sideLog}
	for _, log := range logs {
		marutest.WriteFile(t, filepath.Join(s.node.Dir, log), "")
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(s.bootstrap()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	marutest.Until(t, settleWithin, "the collectors hold their logs", func() error {
		groups, err := kadm.NewClient(cl).ListGroups(t.Context())
		if err != nil {
			return err
		}
		held := 0
		for _, g := range groups.Groups() {
			if strings.HasPrefix(g, "maru-collect-") {
				held++
			}
		}
		if held < len(logs) {
			return fmt.Errorf("%d of %d", held, len(logs))
		}
		return nil
	})
}

// settleWithin bounds the time until all rows have come through; of millions,
// most may wait to be read when the last kill is over.
const (
	settleWithin     = 40 * time.Second
	settleLongWithin = 10 * time.Minute
)

// settle waits until every row has come through.
func (s *scene) settle(t *testing.T, want *reference) {
	t.Helper()
	for topic, n := range map[string]int64{"api_log": int64(len(want.rows)), "api_log_rejected": want.rejected, "side": int64(len(s.side)), "cli_log": int64(len(s.cliRows(t)))} {
		var got int64
		err := marutest.Poll(settleWithin, func() error {
			s.tend()
			var err error
			if got, err = count(s.bootstrap(), topic); err == nil && got < n {
				err = fmt.Errorf("topic %s has %d records, %d were written", topic, got, n)
			}
			return err
		})
		if err != nil {
			t.Errorf("not after %s: %v\n%s", settleWithin, err, tailOf(s.collect.Log()))
		}
	}
	if t.Failed() {
		s.checkTopics(t, want)
		t.FailNow()
	}
	within := settleWithin
	if len(want.rows) > 1_000_000 {
		within = settleLongWithin
	}
	marutest.Until(t, within, "the streams have read all", func() error {
		all, err := s.node.Streams()
		if err != nil {
			return err
		}
		for _, st := range all {
			switch {
			case st.State != "running" || st.Lag != 0:
				return fmt.Errorf("stream %s: %s, lag %d: %s", st.Name, st.State, st.Lag, st.Error)
			case slices.Contains(exampleStreams, st.Name) && st.Watermark.Before(want.last.Add(-2*time.Second)):
				return fmt.Errorf("stream %s: watermark %s, the last row is of %s", st.Name, st.Watermark, want.last)
			case st.RowsLate != 0 || st.RowsRejected != 0:
				t.Errorf("stream %s: %d late and %d rejected rows, there were none", st.Name, st.RowsLate, st.RowsRejected)
			}
		}
		return nil
	})
}

// cliRows are the lines of the log that the separate collector reads.
func (s *scene) cliRows(t testing.TB) []uint64 {
	var rows []uint64
	logLines(t, filepath.Join(s.node.Dir, cliLog), func(line []byte) { rows = append(rows, hashOf(line)) })
	return rows
}

// checkTopics compares each topic with its log, line by line: one log keeps to
// one partition, so the order must be the same as well.
func (s *scene) checkTopics(t *testing.T, want *reference) {
	t.Helper()
	var side []uint64
	for _, line := range s.side {
		side = append(side, hashOf(line))
	}
	for topic, rows := range map[string][]uint64{"api_log": want.rows, "side": side, "cli_log": s.cliRows(t)} {
		var got []uint64
		records(t, s.bootstrap(), topic, func(r *kgo.Record) { got = append(got, hashOf(r.Value)) })
		if d := difference(rows, got); d != "" {
			t.Errorf("topic %s: %s", topic, d)
		}
	}
	if n, err := count(s.bootstrap(), "api_log_rejected"); err != nil || n != want.rejected {
		t.Errorf("topic api_log_rejected has %d records, %d lines were bad, %v", n, want.rejected, err)
	}
	s.checkOutput(t)
}

// checkOutput compares the output topic of the side stream with its input.
func (s *scene) checkOutput(t *testing.T) {
	t.Helper()
	want := int64(len(s.side)+1) / 2
	err := marutest.Poll(settleWithin, func() error {
		n, err := count(s.bootstrap(), "side_out")
		if err == nil && n < want {
			err = fmt.Errorf("topic side_out has %d records, %d rows went in", n, want)
		}
		return err
	})
	if err != nil {
		t.Error(err)
		return
	}
	times := map[int64]int{}
	for _, r := range s.node.SQL("SELECT json_extract(_value, '$.n')::BIGINT AS n FROM side_out") {
		times[number(t, r, "n")]++
	}
	for n := int64(0); n < int64(len(s.side)); n += 2 {
		if times[n] != 1 {
			t.Errorf("row %d is in topic side_out %d times", n, times[n])
		}
		delete(times, n)
	}
	if len(times) > 0 {
		t.Errorf("topic side_out has rows that were never written: %v", times)
	}
}

// summary is a line for docs/bench.
func (s *scene) summary(want *reference, moments []moment) string {
	counts := map[string]int{}
	random := 0
	for _, m := range moments {
		if m.point == "" {
			random++
			continue
		}
		counts[m.point]++
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| rows | rejected | rotated by copy | separate collector | repeated | kills at points | random | took |\n|---|---|---|---|---|---|---|---|\n")
	fmt.Fprintf(&b, "| %d | %d | %d | %d | %d | %d × %d | %d | %s |\n", len(want.rows), want.rejected, len(s.side), len(s.cliRows(s.t)),
		len(want.repeated), len(counts), (len(moments)-random)/max(len(counts), 1), random, time.Since(s.began).Round(time.Second))
	return b.String()
}
