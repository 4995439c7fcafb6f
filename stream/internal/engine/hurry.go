package engine

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
)

// crowd sets how many threads DuckDB has. Small batches of several queries
// keep the cores busy by themselves, and spreading one of them over threads
// costs more than it does: measured, twice the CPU. A query that catches up
// has batches that are worth it.
type crowd struct {
	most int // threads of a catch-up

	mu      sync.Mutex // guards hurried, held while the setting is changed
	hurried int        // queries that catch up
}

// enter and leave count a query that catches up; exec runs SQL.
func (c *crowd) enter(exec func(sql string) error) error { return c.change(1, exec) }
func (c *crowd) leave(exec func(sql string) error) error { return c.change(-1, exec) }

func (c *crowd) change(by int, exec func(sql string) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.hurried
	c.hurried += by
	if before > 0 && c.hurried > 0 {
		return nil
	}
	threads := c.most
	if c.hurried == 0 {
		threads = 1
		debug.FreeOSMemory() // big fetches and batches are over: what they took goes back now, not in minutes
	}
	return exec(fmt.Sprintf("SET threads = %d", threads))
}

// hurry notes whether the query catches up: whether its batch is a big one.
func (q *Query) hurry(ctx context.Context, big bool) error {
	exec := func(sql string) error { return q.c.Exec(ctx, sql) }
	switch {
	case big == q.hurried:
		return nil
	case big:
		q.hurried = true
		return q.crowd.enter(exec)
	}
	q.hurried = false
	return q.crowd.leave(exec)
}
