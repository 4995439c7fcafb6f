package kafka_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"

	"maru"
	"maru/kafka"
)

const helperEnv = "MARU_TEST_WRITER"

// TestMain is also the program of a writer in a process of its own, which
// sends one batch, says so, and waits to be killed.
func TestMain(m *testing.M) {
	addr := os.Getenv(helperEnv)
	if addr == "" {
		goleak.VerifyTestMain(m)
		return
	}
	ctx := context.Background()
	c, err := kafka.NewClient(addr)
	if err == nil {
		var w *kafka.Writer
		if w, err = c.OpenWriter(ctx, to("process", "process")); err == nil {
			var b kafka.Builder
			b.Add(1, nil, []byte("0"))
			err = <-w.Send(ctx, 0, &b, []byte("1"))
		}
	}
	fmt.Println("sent", err)
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // ends with the test at the latest
}

func TestWriterProcess(t *testing.T) {
	_, addr := cluster(t, kfake.SeedTopics(1, "process"))
	c := client(t, addr)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"="+addr)
	stdin, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "sent <nil>\n" {
		t.Fatal(line, err)
	}
	_, err := c.OpenWriter(background(t), to("process", "process"))
	wantKind(t, err, maru.Conflict, fmt.Sprintf("process %d", cmd.Process.Pid))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	begin := time.Now()
	w := open(t, c, to("process", "process"))
	if took := time.Since(begin); took > kafka.LeaseSession/2 {
		t.Fatalf("opening after kill -9 took %v", took)
	}
	if pos, ok := w.Landed(0); !ok || string(pos) != "1" {
		t.Fatalf("%q %v", pos, ok)
	}
	mustPut(t, w, 1, 1)
	wantNumbers(t, c, "process", 2)
}
