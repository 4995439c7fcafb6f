package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"maru"
	"maru/duck"
	"maru/run"
)

// stateVersion is the layout of a state file; a file of another one is rebuilt.
const stateVersion = 1

// checkpoint is the one row of table mark: everything but the operators' own
// tables. It changes in the transaction that changes them.
type checkpoint struct {
	Version   int                   `json:"version"`
	Signature string                `json:"signature"` // of the plan
	Def       Definition            `json:"definition"`
	Topic     string                `json:"topic"`
	TopicID   string                `json:"topic_id"`
	Parts     map[int32]partitionAt `json:"partitions"`
	Mark      int64                 `json:"mark"`
	Counts    Counts                `json:"counts"`
	Seq       int64                 `json:"seq"` // batches committed
	At        time.Time             `json:"at"`
	OutSeq    int64                 `json:"out_seq"` // last row of the outbox
	TurnSeq   int64                 `json:"turn_seq"`
	Turn      *turn                 `json:"turn,omitempty"` // the one that has not ended
}

type partitionAt struct {
	Next    int64 `json:"next"`
	Max     int64 `json:"max"`
	Replay  int64 `json:"replay"` // rows from here on may still wait for the watermark
	Started int64 `json:"started"`
	Idle    bool  `json:"idle,omitempty"`
}

// Counts of rows since the state began.
type Counts struct {
	In       int64 `json:"rows_in"`
	Out      int64 `json:"rows_out"`
	Late     int64 `json:"rows_late"`
	Rejected int64 `json:"rows_rejected"`
	Bytes    int64 `json:"bytes_in"`
}

// state is an attached state file.
type state struct {
	c     *duck.Conn
	name  string // attached as
	path  string
	saved *duck.Stmt
}

// table names a table of the file.
func (s *state) table(name string) string { return maru.Quote(s.name) + "." + name }

// attach opens the file, making it if needed, and reads its checkpoint; ok is
// false for a new file.
func attach(ctx context.Context, c *duck.Conn, name, path string) (s *state, ck checkpoint, ok bool, err error) {
	s = &state{c: c, name: "s_" + strings.TrimSuffix(filepath.Base(path), ".duckdb"), path: path}
	if err := attachFile(ctx, c, s); err != nil {
		return nil, ck, false, fmt.Errorf("open state file %s: %w", path, err)
	}
	if err := c.Exec(ctx, fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (doc VARCHAR)", s.table("mark"))); err != nil {
		return s, ck, false, err
	}
	doc, ok, err := c.Text(ctx, "SELECT doc FROM "+s.table("mark"))
	if err != nil || !ok {
		return s, ck, false, err
	}
	if err := json.Unmarshal([]byte(doc), &ck); err != nil {
		return s, ck, false, maru.Errorf(maru.Corrupt, "state file %s: its checkpoint does not read: %v. `maru stream reset %s` makes it anew from the topic", path, err, name)
	}
	return s, ck, true, nil
}

// attachWait is how long a file may still be in use by a reader of the view
// that it was before: DuckDB lets go of it with the last one.
const attachWait = 5 * time.Second

func attachFile(ctx context.Context, c *duck.Conn, s *state) error {
	deadline := time.Now().Add(attachWait)
	for {
		err := c.Exec(ctx, fmt.Sprintf("ATTACH %s AS %s", maru.Literal(s.path), maru.Quote(s.name)))
		var e *duck.Error
		if err == nil || !errors.As(err, &e) || e.Class != "Binder" || time.Now().After(deadline) {
			return err
		}
		if run.Sleep(ctx, 10*time.Millisecond) != nil {
			return err
		}
	}
}

// save writes the checkpoint inside the open transaction.
func (s *state) save(ctx context.Context, ck checkpoint) error {
	doc, err := json.Marshal(ck)
	if err != nil {
		return err
	}
	if s.saved == nil {
		if s.saved, err = s.c.Prepare(ctx, fmt.Sprintf("UPDATE %s SET doc = ?::VARCHAR", s.table("mark"))); err != nil {
			return err
		}
	}
	n, err := s.saved.Exec(ctx, string(doc))
	if err == nil && n == 0 {
		err = s.c.Exec(ctx, fmt.Sprintf("INSERT INTO %s VALUES (?::VARCHAR)", s.table("mark")), string(doc))
	}
	return err
}

// detach closes the file; DuckDB checkpoints it.
func (s *state) detach(ctx context.Context) error {
	if s.saved != nil {
		s.saved.Close()
		s.saved = nil
	}
	return s.c.Exec(ctx, "DETACH "+maru.Quote(s.name))
}
