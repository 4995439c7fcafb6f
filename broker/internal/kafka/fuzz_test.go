package kafka

import (
	"context"
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// nowhere takes every byte and has an address.
type nowhere struct{ net.Conn }

func (nowhere) Write(b []byte) (int, error)      { return len(b), nil }
func (nowhere) SetWriteDeadline(time.Time) error { return nil }
func (nowhere) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9092} }
func (nowhere) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }
func (nowhere) Close() error                     { return nil }

// seeds are well-formed requests of every API in its lowest and highest version.
func seeds() [][]byte {
	var out [][]byte
	for _, a := range apis {
		for _, v := range []int16{a.min, a.max} {
			req := kmsg.RequestForKey(a.key)
			req.SetVersion(v)
			b := binary.BigEndian.AppendUint16(nil, uint16(a.key))
			b = binary.BigEndian.AppendUint16(b, uint16(v))
			b = append(b, 0, 0, 0, 1, 0, 1, 'c')
			if req.IsFlexible() {
				b = append(b, 0)
			}
			out = append(out, req.AppendTo(b))
		}
	}
	return append(out, produceSeed(), []byte{}, []byte{0, 18, 0x7f, 0xff, 0, 0, 0, 1})
}

func produceSeed() []byte {
	req := kmsg.NewPtrProduceRequest()
	req.Version, req.Acks, req.TimeoutMillis = 9, -1, 100
	p := kmsg.NewProduceRequestTopicPartition()
	p.Records = batch(20)
	t := kmsg.NewProduceRequestTopic()
	t.Topic, t.Partitions = "seed", append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return req.AppendTo([]byte{0, 0, 0, 9, 0, 0, 0, 1, 0, 1, 'c', 0})
}

// Whatever a client sends, the server answers or closes; it never panics.
func FuzzRequest(f *testing.F) {
	for _, b := range seeds() {
		f.Add(b)
	}
	s := newServer(f, Config{PartitionsMax: 50})
	if _, commit, err := s.makeTopic("seed", 1, s.topicConfig(nil)); err != nil || commit.Wait(context.Background()) != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := newConn(s, nowhere{})
		// Long polls and joins end at once: nobody listens.
		poll, unpoll := context.WithCancel(t.Context())
		unpoll()
		k := &call{c: c, s: s, frame: append([]byte(nil), b...)}
		if s.start(k) == nil {
			_ = s.finish(t.Context(), poll, k)
		}
		k.release()
	})
}

func FuzzCursor(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9}, []byte{0, 1, 2, 3, 4, 5, 6, 7})
	f.Fuzz(func(t *testing.T, b, steps []byte) {
		c := cursor{b: b}
		for _, s := range steps {
			before := len(c.b)
			switch s % 8 {
			case 0:
				c.int16()
			case 1:
				c.int32()
			case 2:
				c.uvarint()
			case 3:
				c.str(s&8 != 0)
			case 4:
				c.bytes(s&8 != 0)
			case 5:
				if n := c.array(s&8 != 0); n > len(c.b) {
					t.Fatalf("an array of %d elements in %d bytes", n, len(c.b))
				}
			case 6:
				c.tags()
			case 7:
				c.span(int(int8(s)))
			}
			if len(c.b) > before {
				t.Fatal("the cursor went back")
			}
		}
	})
}
