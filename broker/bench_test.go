package broker

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"maru/kafka"
)

// BenchmarkProduce sends ready-made Produce requests over TCP, five in flight
// as Kafka's producer does, so that the broker's share shows and not a
// client's. B/s are of batches.
func BenchmarkProduce(b *testing.B) {
	for _, mode := range []Durability{OS, Fsync} {
		for _, partitions := range []int{1, 8} {
			for _, acks := range []int16{1, -1} {
				b.Run(fmt.Sprintf("%s/partitions=%d/acks=%d", mode, partitions, acks), func(b *testing.B) { benchProduce(b, mode, partitions, acks) })
			}
		}
	}
}

const benchBatch = 16 << 10

func benchProduce(b *testing.B, mode Durability, partitions int, acks int16) {
	r := begin(b, Config{Durability: mode})
	r.topic(b, "bench", int32(partitions))
	frame := produceFrame(b, partitions, acks)
	nc, err := net.Dial("tcp", r.Addr())
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	b.SetBytes(int64(partitions) * benchBatch)
	slots := make(chan struct{}, 5)
	done := make(chan error, 1)
	b.ResetTimer()
	go func() { done <- readAnswers(nc, b.N, slots) }()
	for range b.N {
		slots <- struct{}{}
		if _, err := nc.Write(frame); err != nil {
			b.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	if got, want := r.Stats().Storage.Appends, int64(b.N*partitions); got != want {
		b.Fatalf("%d of %d batches were taken", got, want)
	}
}

func readAnswers(nc net.Conn, n int, slots <-chan struct{}) error {
	in := bufio.NewReader(nc)
	for range n {
		var size [4]byte
		if _, err := io.ReadFull(in, size[:]); err != nil {
			return err
		}
		if _, err := in.Discard(int(binary.BigEndian.Uint32(size[:]))); err != nil {
			return err
		}
		<-slots
	}
	return nil
}

// produceFrame is a request with one batch of benchBatch bytes for each partition.
func produceFrame(b *testing.B, partitions int, acks int16) []byte {
	b.Helper()
	var builder kafka.Builder
	builder.Add(time.Now().UnixMilli(), nil, make([]byte, benchBatch-100))
	batch, err := builder.AppendBatch(nil)
	if err != nil {
		b.Fatal(err)
	}
	req := kmsg.NewPtrProduceRequest()
	req.Version, req.Acks, req.TimeoutMillis = 9, acks, 30000
	t := kmsg.NewProduceRequestTopic()
	t.Topic = "bench"
	for i := range partitions {
		p := kmsg.NewProduceRequestTopicPartition()
		p.Partition, p.Records = int32(i), batch
		t.Partitions = append(t.Partitions, p)
	}
	req.Topics = append(req.Topics, t)
	return kmsg.NewRequestFormatter(kmsg.FormatterClientID("bench")).AppendRequest(nil, req, 1)
}

// BenchmarkFetch reads a topic again and again with kgo.
func BenchmarkFetch(b *testing.B) {
	r := begin(b, Config{Durability: OS})
	r.topic(b, "bench", 1)
	frame := produceFrame(b, 1, 1)
	nc, err := net.Dial("tcp", r.Addr())
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	slots := make(chan struct{}, 1000)
	for range cap(slots) {
		slots <- struct{}{}
		if _, err := nc.Write(frame); err != nil {
			b.Fatal(err)
		}
	}
	if err := readAnswers(nc, cap(slots), slots); err != nil {
		b.Fatal(err)
	}
	c := r.client(b)
	req := kmsg.NewPtrFetchRequest()
	req.MaxBytes, req.MinBytes = 50<<20, 1
	rt := kmsg.NewFetchRequestTopic()
	topics, err := r.admin(b).ListTopics(b.Context(), "bench")
	if err != nil {
		b.Fatal(err)
	}
	rt.Topic, rt.TopicID = "bench", topics["bench"].ID
	rp := kmsg.NewFetchRequestTopicPartition()
	rp.PartitionMaxBytes = 1 << 20
	rt.Partitions = append(rt.Partitions, rp)
	req.Topics = append(req.Topics, rt)
	b.SetBytes(1 << 20)
	for i := range b.N {
		req.Topics[0].Partitions[0].FetchOffset = int64(i % 900)
		resp, err := c.Broker(1).Request(b.Context(), req)
		if err != nil {
			b.Fatal(err)
		}
		if n := len(resp.(*kmsg.FetchResponse).Topics[0].Partitions[0].RecordBatches); n < 1<<19 {
			b.Fatalf("offset %d: %d bytes: %+v", i%900, n, resp.(*kmsg.FetchResponse).Topics[0].Partitions[0])
		}
	}
}
