package cli_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kfake"

	"maru"
	"maru/cli"
	"maru/run"
	"maru/web"
)

// rewrite takes what the scripts print as what they should.
var rewrite = flag.Bool("rewrite", false, "rewrite the expected output of scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"maru": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

func bare(env *testscript.Env) error {
	env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
	for _, v := range []string{"MARU_SERVER", "MARU_DATA", "MARU_TOKEN", "MARU_BOOTSTRAP", "XDG_STATE_HOME"} {
		env.Setenv(v, "")
	}
	return nil
}

// TestStories are those with a server whose parts are made up, and a log of
// somebody else. Those with a real one are in test/scripts.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", UpdateScripts: *rewrite, Setup: func(env *testscript.Env) error {
		if err := bare(env); err != nil {
			return err
		}
		// The token and the address are found as on any machine: in a data
		// directory.
		data := filepath.Join(env.WorkDir, ".maru")
		token, err := web.EnsureToken(data)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(context.Background())
		p := &parts{}
		s, err := web.Open(ctx, web.Config{Addr: "127.0.0.1:0", Token: token, Version: "1.2.3"}, web.Needs{Query: p, Catalog: p, Streams: p, Doctor: p})
		if err != nil {
			cancel()
			return err
		}
		k, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "clicks"))
		if err != nil {
			cancel()
			return err
		}
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		env.Defer(func() { k.Close(); cancel(); <-done })
		if err := os.MkdirAll(filepath.Join(data, "run"), 0o700); err != nil {
			return err
		}
		info := fmt.Sprintf(`{"http":%q,"kafka":%q,"pid":1}`, s.Addr(), k.ListenAddrs()[0])
		env.Setenv("ADDRESS", s.Addr())
		return os.WriteFile(filepath.Join(data, "run", "server.json"), []byte(info), 0o600)
	}})
}

// parts answer like a node with one table.
type parts struct{ web.Catalog }

type placed struct{ error }

func (placed) Place() (int, int, string) { return 2, 8, "did you mean path?" }

func (*parts) Run(ctx context.Context, req web.QueryRequest) (web.QueryResult, error) {
	switch {
	case strings.Contains(req.SQL, "pahth"):
		return nil, &maru.Error{Kind: maru.Invalid, Err: placed{errors.New(`column "pahth" is not known`)}}
	case strings.Contains(req.SQL, "breaks"):
		return &result{rows: 5, max: req.MaxRows, fail: maru.Errorf(maru.OutOfMemory, "the query needs more than 1 GiB")}, nil
	case strings.Contains(req.SQL, "where_am_i"):
		return &result{rows: 1, text: req.Dir + " " + strings.Join(req.Roots, " ")}, nil
	case strings.Contains(req.SQL, "many"):
		return &result{rows: 1_000_000, max: req.MaxRows}, nil
	}
	return &result{rows: 4, max: req.MaxRows}, nil
}

type result struct {
	rows, max, sent int64
	text            string
	fail            error
}

func (*result) Close() error { return nil }
func (*result) Schema() *arrow.Schema {
	return arrow.NewSchema([]arrow.Field{{Name: "이름", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
}

func (r *result) Next() (arrow.RecordBatch, error) {
	rows := r.rows
	if r.max > 0 {
		rows = min(rows, r.max)
	}
	n := min(1000, rows-r.sent)
	if n <= 0 {
		if r.fail != nil {
			return nil, r.fail
		}
		return nil, io.EOF
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, r.Schema())
	words := []string{"서울", "NULL", "tab\tand \x1b[31mred", "Busan"}
	for i := range n {
		at := r.sent + i
		switch {
		case r.text != "":
			b.Field(0).(*array.StringBuilder).Append(r.text)
		case at%4 == 3:
			b.Field(0).AppendNull()
		default:
			b.Field(0).(*array.StringBuilder).Append(words[at%4])
		}
		b.Field(1).(*array.Int64Builder).Append(at * 100)
	}
	r.sent += n
	return b.NewRecordBatch(), nil
}

func (*parts) Tables(context.Context) ([]web.Table, error) {
	return []web.Table{{Name: "clicks", Kind: "topic", Columns: maru.Schema{{Name: "ts", Type: maru.Timestamp}}}}, nil
}

func (*parts) List(context.Context) ([]web.StreamStatus, error) {
	return []web.StreamStatus{{Name: "a", State: "running", RowsIn: 1234567, RowsLate: 3, StateBytes: 5 << 20}}, nil
}

func (*parts) Status(_ context.Context, name string) (web.StreamStatus, error) {
	if name != "a" {
		return web.StreamStatus{}, maru.Errorf(maru.NotFound, "there is no stream %s", name)
	}
	return web.StreamStatus{Name: "a", State: "running", HeldBackBy: "clicks/1", Partitions: []web.StreamPartition{{Topic: "clicks", Partition: 1, Offset: 5, End: 9, Idle: true}}}, nil
}

func (*parts) Explain(context.Context, string) (string, error) {
	return "scan clicks\n  aggregate", nil
}
func (*parts) Reset(context.Context, string, web.ResetRequest) error { return nil }

func (*parts) Tail(context.Context, string, string) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("\n{\"op\":\"+\",\"row\":{\"path\":\"/a\",\"n\":1}}\n{\"op\":\"-\",\"row\":{\"path\":\"/long/path\",\"n\":null}}\n{\"op\":\"+\",\"row\":{\"path\":\"서울\",\"n\":3}}\n")), nil
}

func (*parts) Report(context.Context) (web.Report, error) {
	return web.Report{DataDir: "/data", Services: []run.ServiceStatus{{Name: "broker", State: run.Running, Restarts: 2}},
		Limits: []web.Limit{{Name: "queries", Used: 1, Max: 4}, {Name: "memory", Used: 1 << 20, Max: 1 << 30, Unit: "bytes"}},
		Disks:  []web.Disk{{Path: "/data", Free: 5e9, Total: 10e9}}}, nil
}
