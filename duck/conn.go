package duck

import (
	"context"
	"fmt"
	"sync"
	"time"

	bind "github.com/duckdb/duckdb-go-bindings"

	"maru"
)

// Conn is a connection; one goroutine at a time uses it.
type Conn struct {
	db   *DB
	conn bind.Connection
	once sync.Once
}

// Close ends the connection. It must have no open Rows or Stmt.
func (c *Conn) Close() {
	c.once.Do(func() {
		bind.Disconnect(&c.conn)
		c.db.mu.Lock()
		delete(c.db.conns, c)
		c.db.mu.Unlock()
	})
}

// watch interrupts the connection for as long as ctx is over and work is not.
func (c *Conn) watch(ctx context.Context) (stop func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Add(1)
	cancel := context.AfterFunc(ctx, func() {
		defer wg.Done()
		t := time.NewTicker(interruptEvery)
		defer t.Stop()
		for {
			bind.Interrupt(c.conn)
			select {
			case <-done:
				return
			case <-t.C:
			}
		}
	})
	return func() {
		close(done)
		if !cancel() {
			wg.Wait()
		}
	}
}

// Exec runs every statement of sql; args are bound to the last one.
func (c *Conn) Exec(ctx context.Context, sql string, args ...any) error {
	_, err := c.ExecCount(ctx, sql, args...)
	return err
}

// ExecCount is Exec and gives the rows changed by the last statement.
func (c *Conn) ExecCount(ctx context.Context, sql string, args ...any) (int64, error) {
	stmts, n, err := c.extract(ctx, sql)
	if err != nil {
		return 0, err
	}
	defer bind.DestroyExtracted(&stmts)
	var changed int64
	for i := bind.IdxT(0); i < n; i++ {
		var s Stmt
		if err := s.prepare(c, stmts, i); err != nil {
			return 0, err
		}
		a := args
		if i+1 < n {
			a = nil
		}
		changed, err = s.Exec(ctx, a...)
		s.Close()
		if err != nil {
			return 0, err
		}
	}
	return changed, nil
}

func (c *Conn) extract(ctx context.Context, sql string) (bind.ExtractedStatements, bind.IdxT, error) {
	var stmts bind.ExtractedStatements
	if err := ctx.Err(); err != nil {
		return stmts, 0, err
	}
	n := bind.ExtractStatements(c.conn, sql, &stmts)
	if n == 0 {
		msg := bind.ExtractStatementsError(stmts)
		bind.DestroyExtracted(&stmts)
		if msg == "" {
			return stmts, 0, maru.Errorf(maru.Invalid, "there is no statement to run")
		}
		return stmts, 0, newError(bind.ErrorTypeParser, msg)
	}
	return stmts, n, nil
}

// Stmt is a prepared statement. It must be closed before its connection: one
// left open keeps the instance alive for good.
type Stmt struct {
	c    *Conn
	stmt bind.PreparedStatement
	sql  string // of Prepare
}

// Prepare plans one statement.
func (c *Conn) Prepare(ctx context.Context, sql string) (*Stmt, error) {
	stmts, n, err := c.extract(ctx, sql)
	if err != nil {
		return nil, err
	}
	defer bind.DestroyExtracted(&stmts)
	if n != 1 {
		return nil, maru.Errorf(maru.Invalid, "%d statements where one is expected", n)
	}
	s := &Stmt{sql: sql}
	if err := s.prepare(c, stmts, 0); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Stmt) prepare(c *Conn, stmts bind.ExtractedStatements, i bind.IdxT) error {
	s.c = c
	if bind.PrepareExtractedStatement(c.conn, stmts, i, &s.stmt) == bind.StateError {
		err := newError(bind.ErrorTypeInvalid, bind.PrepareError(s.stmt))
		bind.DestroyPrepare(&s.stmt)
		return err
	}
	return nil
}

// Close frees the statement.
func (s *Stmt) Close() { bind.DestroyPrepare(&s.stmt) }

// Exec runs the statement and gives the number of rows changed.
func (s *Stmt) Exec(ctx context.Context, args ...any) (int64, error) {
	if err := s.bind(args); err != nil {
		return 0, err
	}
	stop := s.c.watch(ctx)
	defer stop()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	var res bind.Result
	st := bind.ExecutePrepared(s.stmt, &res)
	defer bind.DestroyResult(&res)
	if st == bind.StateError {
		return 0, resultError(ctx, &res)
	}
	return int64(bind.RowsChanged(&res)), nil
}

// resultError prefers the context's word: an interrupt is what cancelling looks like.
func resultError(ctx context.Context, res *bind.Result) error {
	err := newError(bind.ResultErrorType(res), bind.ResultError(res))
	if ctx.Err() != nil && maru.KindOf(err) == maru.Canceled {
		return ctx.Err()
	}
	return err
}

func (s *Stmt) bind(args []any) error {
	if n := int(bind.NParams(s.stmt)); n != len(args) {
		return maru.Errorf(maru.Invalid, "the statement has %d parameters, %d were given", n, len(args))
	}
	for i, a := range args {
		if err := bindOne(s.stmt, bind.IdxT(i+1), a); err != nil {
			return err
		}
	}
	return nil
}

func bindOne(s bind.PreparedStatement, i bind.IdxT, a any) error {
	st := bind.StateSuccess
	switch v := a.(type) {
	case nil:
		st = bind.BindNull(s, i)
	case bool:
		st = bind.BindBoolean(s, i, v)
	case int:
		st = bind.BindInt64(s, i, int64(v))
	case int32:
		st = bind.BindInt32(s, i, v)
	case int64:
		st = bind.BindInt64(s, i, v)
	case float64:
		st = bind.BindDouble(s, i, v)
	case string:
		st = bind.BindVarcharLength(s, i, v, bind.IdxT(len(v)))
	case []byte:
		st = bind.BindBlob(s, i, v)
	case time.Time:
		st = bind.BindTimestampTZ(s, i, bind.NewTimestamp(v.UnixMicro()))
	default:
		return fmt.Errorf("parameter %d: a %T cannot be bound", i, a)
	}
	if st == bind.StateError {
		return maru.Errorf(maru.Invalid, "parameter %d cannot be bound: %s", i, bind.PrepareError(s))
	}
	return nil
}
