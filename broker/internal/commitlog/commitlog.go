package commitlog

import (
	"context"
	"os"
	"time"

	"maru"
)

// Durability says what an acknowledged acks=all append has reached.
type Durability string

const (
	Fsync Durability = "fsync" // the disk: one fdatasync serves all waiters
	OS    Durability = "os"    // the page cache: survives kill -9, not a power cut
)

// Config of a Store; the zero value of all but Dir works.
type Config struct {
	Dir          string
	Durability   Durability // Fsync
	WALBytes     int64      // size of one write-ahead file, 64 MiB
	SegmentBytes int64      // default of TopicConfig.SegmentBytes, 1 GiB
	FS           FS         // the real one; tests pass one that forgets unsynced bytes
	Clock        maru.Clock
	Warn         func(error)   // told of what recovery or retention had to give up; may be nil
	CheckEvery   time.Duration // how often Run looks at retention and at what to sync, 1 s
}

// TopicConfig is what retention and segments go by. -1 = no limit.
type TopicConfig struct {
	RetentionMs, RetentionBytes int64
	SegmentBytes, SegmentMs     int64
	MaxMessageBytes             int
	// Under Durability OS: an append waits for the disk once so many messages
	// are not on it, and what is older than so long is synced beside it (as
	// often as CheckEvery). 0 = never.
	FlushMessages, FlushMs int64
	Raw                    map[string]string // configs as the client set them, for DescribeConfigs
}

// Topic is one topic's metadata.
type Topic struct {
	Name       string
	ID         [16]byte
	Partitions int32
	Config     TopicConfig
}

// Appended is where a batch set landed. Commit.Wait returns when it is as
// durable as the store's mode promises; consumers see it only then.
type Appended struct {
	BaseOffset     int64
	LogStartOffset int64
	AppendTimeMs   int64 // -1 under CreateTime
	Duplicate      bool  // an idempotent retry: BaseOffset is the original one
	Commit         *Commit
}

// Commit is a promise of durability shared by everything in one flush.
type Commit struct {
	done chan struct{}
	err  error
}

// Wait blocks until the flush has ended, or ctx has. An error other than
// ctx's is final: the partition refuses further appends until restart.
func (c *Commit) Wait(ctx context.Context) error {
	if c == nil {
		return nil
	}
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Done is closed when Wait would not block.
func (c *Commit) Done() <-chan struct{} { return c.done }

// Slice is a run of whole batches in one segment file, for sendfile or pread.
// Release must be called, once: it lets retention close the file.
type Slice struct {
	File    *os.File
	Pos     int64
	Len     int
	Bytes   []byte // set instead of File when the batches are at hand in memory
	Release func()
}
