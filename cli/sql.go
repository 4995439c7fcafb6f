package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"maru"
	"maru/web"
	"maru/web/encode"
)

// Bounds of maru sql.
const (
	sqlFileMax     = 16 << 20 // of a file of statements
	rowsShown      = 200      // of one result on a terminal
	sqlFormatsText = "table, csv, json or ndjson"
)

func sqlVerb() *verb {
	return &verb{
		name: "sql", short: "ask with SQL: views, topics, seeds and files", args: [2]int{0, 0},
		long: `Without -q and -f it is a shell: end a statement with ; and leave with \q. Every
stream's view, every topic and every seed is a table, and so is a file by its
path: FROM 'log/*.csv'. Relative paths are those of this folder. Files may be
read below this folder, below the project, and below what --root names. Only
statements that read are taken.

A result on a terminal is cut after --max-rows; other results are whole, and so
are those of --format csv, json and ndjson.`,
		examples: []example{
			{`maru sql -q "FROM repeated_calls_1m ORDER BY window_start DESC LIMIT 10"`, ""},
			{`maru sql -q "SELECT count(*) FROM 'log/*.ndjson'" --format csv`, "a file, for a script"},
			{"maru sql -f report.sql --format json", "every statement of a file"},
		},
		flags: func(fs *flag.FlagSet) {
			serverFlags(fs)
			fs.String("q", "", "run this `statement`")
			fs.String("f", "", "run the statements of this `file`; - is stdin")
			choose(fs, "format", "table", "how results are written", "table", "csv", "json", "ndjson")
			fs.Bool("json", false, "the same as --format json")
			fs.Int64("max-rows", -1, "show at most this `number` of rows, 0 is all; else 200 on a terminal and all elsewhere")
			fs.Var(&listFlag{}, "root", "files below this `dir` may be read, too; may be given again")
		},
		run: runSQL,
	}
}

func runSQL(ctx context.Context, c *call) error {
	if c.isSet("q") && c.isSet("f") {
		return c.wrong("give -q or -f, not both")
	}
	cl, err := c.findServer()
	if err != nil {
		return err
	}
	s, err := newSession(c, cl)
	if err != nil {
		return err
	}
	switch {
	case c.isSet("q"):
		return s.all(ctx, c.text("q"))
	case c.isSet("f"):
		text, err := c.readStatements(c.text("f"))
		if err != nil {
			return err
		}
		return s.all(ctx, text)
	}
	if in, ok := c.in.(*os.File); ok && isTerminal(in) {
		return s.shell(ctx, in)
	}
	text, err := c.readStatements("-")
	if err != nil {
		return err
	}
	return s.all(ctx, text)
}

func (c *call) readStatements(file string) (string, error) {
	in := c.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, sqlFileMax+1))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", file, err)
	}
	if len(text) > sqlFileMax {
		return "", maru.Errorf(maru.TooLarge, "%s is larger than %d bytes", file, sqlFileMax)
	}
	return strings.TrimPrefix(string(text), "\ufeff"), nil
}

// session is where statements are run and shown.
type session struct {
	client   *client
	out, err io.Writer
	dir      string
	roots    []string
	format   string
	maxRows  int64 // shown; 0: all
	terminal bool
	timing   bool
	expanded bool // \x
}

func newSession(c *call, cl *client) (*session, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("find this folder: %w", err)
	}
	s := &session{client: cl, out: c.out, err: c.err, dir: dir, format: c.text("format"), terminal: isTerminal(c.out)}
	if c.bool("json") {
		s.format = "json"
	}
	s.maxRows = c.int("max-rows")
	if s.maxRows < 0 {
		if s.maxRows = 0; s.terminal && s.format == "table" {
			s.maxRows = rowsShown
		}
	}
	roots := []string{dir}
	if p := projectDir(); p != "" && p != dir {
		roots = append(roots, p)
	}
	for _, r := range c.list("root") {
		abs, err := filepath.Abs(r)
		if err != nil {
			return nil, fmt.Errorf("root %s: %w", r, err)
		}
		if !isDir(abs) {
			return nil, c.wrong("--root %s: there is no such folder", r)
		}
		roots = append(roots, abs)
	}
	s.roots = roots
	return s, nil
}

// all runs every statement of text, up to the first that fails.
func (s *session) all(ctx context.Context, text string) error {
	statements, rest := splitStatements(text)
	if strings.TrimSpace(stripComments(rest.text)) != "" {
		statements = append(statements, rest)
	}
	if len(statements) == 0 {
		return &useError{verb: "sql", message: "there is no statement"}
	}
	for _, st := range statements {
		if err := s.one(ctx, st.text); err != nil {
			return s.report(st, err)
		}
	}
	return nil
}

// report shows an error of the server's under the statement; others go on up.
func (s *session) report(st statement, err error) error {
	var r *remoteError
	if !errors.As(err, &r) {
		return err
	}
	fmt.Fprint(s.err, caret(r.ErrorInfo, st))
	return errFailed
}

func (s *session) request(sql string) web.QueryRequest {
	req := web.QueryRequest{SQL: sql, Dir: s.dir, Roots: s.roots}
	if s.maxRows > 0 {
		req.MaxRows = s.maxRows + 1 // one more says that there are more
	}
	return req
}

// one runs a statement and shows its result.
func (s *session) one(ctx context.Context, sql string) error {
	rows, err := s.client.query(ctx, s.request(sql))
	if err != nil {
		return err
	}
	defer rows.Close()
	src := &capped{Source: rows, left: s.maxRows, unlimited: s.maxRows == 0}
	err = s.show(src)
	if err != nil {
		return err
	}
	if src.more {
		fmt.Fprintf(s.err, "… more rows: this shows %d of them; use LIMIT, or --max-rows 0 for all\n", s.maxRows)
	}
	return nil
}

func (s *session) show(src encode.Source) error {
	switch s.format {
	case "csv":
		return encode.CSV(s.out, src, encode.CSVStyle{Unix: true})
	case "json":
		return encode.JSON(s.out, src)
	case "ndjson":
		return encode.NDJSON(s.out, src)
	}
	if s.expanded {
		return writeExpanded(s.out, src, s.terminal)
	}
	return writeTable(s.out, src, s.terminal)
}
