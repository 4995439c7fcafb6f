package kafka

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"maru/run"
)

const readBuffer = 16 << 10

// conn is one client's connection: a goroutine that reads requests and starts
// them, and one that finishes and answers them in order.
type conn struct {
	s      *Server
	nc     net.Conn
	in     *bufio.Reader
	local  string
	remote string
	queue  chan *call
	unpoll context.CancelFunc // ends long polls and waits for groups
	out    writer
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{s: s, nc: nc, local: nc.LocalAddr().String(), remote: nc.RemoteAddr().String(), queue: make(chan *call, inFlightMax)}
	c.in = bufio.NewReaderSize(nc, readBuffer)
	c.out = writer{nc: nc, sent: &s.counts.bytesOut, limit: s.cfg.WriteTimeout}
	return c
}

// host is the client's address without its port, as DescribeGroups shows it.
func (c *conn) host() string {
	h, _, err := net.SplitHostPort(c.remote)
	if err != nil {
		h = c.remote
	}
	return "/" + h
}

// serve ends when the client has gone or has been let go. base ends when the
// server is killed, poll when this client will send nothing more.
func (c *conn) serve(base, poll context.Context) {
	done := make(chan struct{})
	run.Go("broker.conn.answer", func() {
		defer close(done)
		// Closing here also ends a reader that waits for a client whose
		// answers can no longer be written.
		defer func() { _ = c.nc.Close() }()
		c.answer(base, poll)
	})
	err := c.read(base, poll)
	c.unpoll()
	close(c.queue)
	<-done
	// A panic in answer ends it early; what it left behind goes back here.
	for k := range c.queue {
		k.release()
	}
	if err != nil {
		c.s.counts.broken.Add(1)
		c.s.cfg.Log.Warn("connection closed: "+err.Error(), "client", c.remote)
	}
}

// stop makes the reader end; what it has read is still answered.
func (c *conn) stop() {
	c.unpoll()
	_ = c.nc.SetReadDeadline(time.Unix(1, 0))
}

// read starts requests until the client is gone (nil) or sends what cannot
// be understood.
func (c *conn) read(base, poll context.Context) error {
	for poll.Err() == nil {
		k, err := c.next(poll)
		if err != nil {
			return quiet(err)
		}
		if err := c.s.start(k); err != nil {
			k.release()
			return err
		}
		select {
		case c.queue <- k:
		case <-base.Done():
			k.release()
			return nil
		}
	}
	return nil
}

// quiet drops the errors of clients that simply went away, or never spoke.
func quiet(err error) error {
	var ne net.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), errors.Is(err, context.Canceled), errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	case errors.As(err, &ne):
		return nil
	}
	return err
}

// next reads one frame.
func (c *conn) next(poll context.Context) (*call, error) {
	if err := c.nc.SetReadDeadline(time.Now().Add(idleMax)); err != nil {
		return nil, err
	}
	if poll.Err() != nil {
		return nil, io.EOF // stop's deadline was overwritten just now
	}
	head, err := c.in.Peek(4)
	if err != nil {
		return nil, err
	}
	size := int64(int32(binary.BigEndian.Uint32(head)))
	if size < frameMin || size > int64(c.s.cfg.RequestMax) {
		return nil, c.strange(size)
	}
	if err := c.nc.SetReadDeadline(time.Now().Add(frameTimeout)); err != nil {
		return nil, err
	}
	head, err = c.in.Peek(8)
	if err != nil {
		return nil, err
	}
	key := int16(binary.BigEndian.Uint16(head[4:]))
	if err := c.s.admitFrame(key, size); err != nil {
		return nil, err
	}
	if _, err := c.in.Discard(4); err != nil {
		return nil, err
	}
	c.s.counts.bytesIn.Add(uint64(size) + 4)
	return c.body(poll, int(size))
}

func (c *conn) body(poll context.Context, size int) (*call, error) {
	k := &call{c: c, s: c.s}
	if size >= bigFrame {
		if err := c.s.bigFrames.Acquire(poll, int64(size)); err != nil {
			return nil, err
		}
		k.weight = int64(size)
	}
	b, err := c.s.frames.read(c.in, size)
	k.frame = b
	if err != nil {
		k.release()
		return nil, err
	}
	return k, nil
}

// strange says what a length that cannot be one probably is.
func (c *conn) strange(size int64) error {
	first, err := c.in.Peek(4)
	if err != nil {
		return err
	}
	switch {
	case first[0] == 0x16 && first[1] == 3:
		return fmt.Errorf("the client speaks TLS and this listener is plain: set security.protocol=PLAINTEXT")
	case string(first) == "GET " || string(first) == "POST" || string(first) == "HEAD" || string(first) == "PUT ":
		return fmt.Errorf("the client speaks HTTP (%q) and this is the Kafka port", first)
	case size < frameMin:
		return fmt.Errorf("a frame says it is %d bytes long, which is no Kafka request", size)
	}
	return fmt.Errorf("a frame says it is %d bytes long, the limit is socket.request.max.bytes=%d: send smaller requests (max.request.size, batch.size) or raise it",
		size, c.s.cfg.RequestMax)
}

// answer finishes and answers what read has started.
func (c *conn) answer(base, poll context.Context) {
	for k := range c.queue {
		err := c.s.finish(base, poll, k)
		k.release()
		if err == nil {
			continue
		}
		if err = quiet(err); err != nil {
			c.s.cfg.Log.Warn("connection closed: "+err.Error(), "client", c.remote, "api", k.name())
		} else if poll.Err() == nil {
			c.s.cfg.Log.Info("connection closed: the client takes no answers", "client", c.remote, "api", k.name())
		}
		_ = c.nc.Close()
		for k := range c.queue {
			k.release()
		}
		return
	}
}
