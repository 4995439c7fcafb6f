package spool

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
)

// Source gives rows once, in batches of any size. One goroutine uses it.
type Source interface {
	Schema() *arrow.Schema
	// Next gives the next batch, io.EOF after the last. The caller releases it.
	Next() (arrow.RecordBatch, error)
	Close() error
}

// Truncater is a Source that knows, after its end, that it was cut short.
type Truncater interface{ Truncated() bool }

// Warner is a Source that has something to say to the reader of its rows.
type Warner interface{ Warnings() []string }

// Opener starts what a result is made of. Its ctx, and with it the source's
// Next, ends within 500 ms when the result is cancelled or dropped.
type Opener func(ctx context.Context) (Source, error)

// Opened is the Opener of a source that is there already. Its Next should end
// when whoever made it ends it: cancel is called for that, if it is not nil.
func Opened(src Source, cancel func()) Opener {
	return func(ctx context.Context) (Source, error) {
		if cancel != nil {
			context.AfterFunc(ctx, cancel)
		}
		return src, nil
	}
}
