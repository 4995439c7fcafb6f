package cli

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"maru"
	"maru/examples"
	"maru/internal/gen"
	"maru/node"
	"maru/web"
)

func serveVerb() *verb {
	return &verb{
		name: "serve", short: "run a server: the log, the streams, the collectors, SQL",
		long: `Runs all parts of the project until Ctrl-C and goes on where it stopped the next
time, also after a crash. Files of the project that change are taken at once; a
broken one leaves its last good version running. Both addresses must be on this
machine. There is one server to a data directory.`,
		examples: []example{{"maru serve --project shop", ""}, {"maru serve --project shop --http 127.0.0.1:8080 --kafka 127.0.0.1:19092", "on other ports"}},
		flags: func(fs *flag.FlagSet) {
			fs.String("project", "", "project `dir`; else this folder or the nearest one above that has a maru.yaml")
			fs.String("data", "", "data `dir`; else MARU_DATA, else .maru in the project")
			fs.String("http", web.DefaultAddr, "`address` for HTTP")
			fs.String("kafka", defaultKafka, "`address` for Kafka clients")
			fs.Bool("verbose", false, "log more")
		},
		run: runServeVerb,
	}
}

func runServeVerb(ctx context.Context, c *call) error {
	o, err := c.serveOptions()
	if err != nil {
		return err
	}
	return node.Run(ctx, o)
}

func (c *call) serveOptions() (node.Config, error) {
	level := slog.LevelInfo
	if c.bool("verbose") {
		level = slog.LevelDebug
	}
	o := node.Config{Sample: sampleProject(), HTTPAddr: c.text("http"), KafkaAddr: c.text("kafka"), Version: fullVersion(),
		Log: serverLog(c.err, level)}
	dir := c.text("project")
	if dir != "" && !isDir(dir) {
		return o, maru.Errorf(maru.NotFound, "there is no project folder %s: make one with maru init %s", dir, dir)
	}
	if dir == "" {
		dir = projectDir()
	}
	data, err := serveData(c.text("data"), dir)
	if err != nil {
		return o, err
	}
	if o.DataDir, err = filepath.Abs(data); err != nil {
		return o, fmt.Errorf("data directory %s: %w", data, err)
	}
	if dir != "" {
		if o.ProjectDir, err = filepath.Abs(dir); err != nil {
			return o, fmt.Errorf("project %s: %w", dir, err)
		}
	}
	o.Ready = func(httpAddr, _ string) {
		// Clients in other folders find the token by this; without it they
		// need --data.
		if err := rememberServer(httpAddr, o.DataDir); err != nil {
			o.Log.Debug("the server is not remembered for clients in other folders", "error", err)
		}
	}
	return o, nil
}

func serveData(named, projectDir string) (string, error) {
	if named != "" {
		return named, nil
	}
	if env := envData(); env != "" {
		return env, nil
	}
	if projectDir == "" {
		return "", &useError{verb: "serve", message: "there is no project here: name one with --project, make one with maru init DIR, or name a data directory with --data"}
	}
	return filepath.Join(projectDir, stateFolder), nil
}

// sampleProject is what the first steps of the window put into an empty
// folder: the example, with a log of some hours that goes on.
func sampleProject() *node.Sample {
	return &node.Sample{Files: examples.APILog(), Log: "log/api.ndjson", View: "requests_1m", Board: "api", Write: func(ctx context.Context, file string) error {
		c := gen.Believable()
		c.Follow, c.Since, c.Rate, c.Seed, c.Out, c.RotateBytes = true, samplePast, sampleRate, 1, file, sampleRotate
		_, err := gen.Run(ctx, c, nil)
		return err
	}}
}

// The log of the sample: its past is written and read within seconds.
const (
	samplePast   = 6 * time.Hour
	sampleRate   = 3 // rows a second
	sampleRotate = 64 << 20
)
