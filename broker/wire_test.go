package broker

import (
	"encoding/binary"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func dial(t testing.TB, b *running) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// frame is a request as it stands on the wire.
func frame(key, version int16, correlation int32, body ...byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(10+len(body)))
	b = binary.BigEndian.AppendUint16(b, uint16(key))
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	b = binary.BigEndian.AppendUint32(b, uint32(correlation))
	return append(append(b, 0xff, 0xff), body...)
}

// answer reads one frame and gives its correlation id and body.
func answer(t testing.TB, r io.Reader) (int32, []byte) {
	t.Helper()
	var n int32
	if err := binary.Read(r, binary.BigEndian, &n); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		t.Fatal(err)
	}
	return int32(binary.BigEndian.Uint32(b)), b[4:]
}

func TestBrokenFrames(t *testing.T) {
	b := begin(t, Config{})
	for _, tc := range []struct {
		name, send, want string
	}{
		{"http", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "speaks HTTP"},
		{"tls", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "speaks TLS"},
		{"oversized", "\x7f\xff\xff\xff\x00\x00\x00\x0d", "socket.request.max.bytes"},
		{"negative", "\xff\xff\xff\xff\x00\x00\x00\x0d", "no Kafka request"},
		{"tiny", "\x00\x00\x00\x02\x00\x00", "no Kafka request"},
		{"unknown key", string(frame(999, 0, 1)), "API key 999"},
		{"inter-broker key", string(frame(4, 0, 1)), "LeaderAndISR"},
		{"unknown version", string(frame(3, 99, 1)), "Metadata version 99 is not served, only 0 to 13"},
		{"large metadata", "\x04\x00\x00\x00\x00\x03\x00\x01", "beyond the limit"},
		{"garbage body", string(frame(3, 1, 1, 0x7f, 0xff, 0xff, 0xff)), "Metadata version 1 cannot be read"},
		{"garbage produce", string(frame(0, 7, 1, 9, 9, 9, 9, 9)), "Produce version 7 cannot be read"},
		{"cut client id", "\x00\x00\x00\x0a\x00\x03\x00\x01\x00\x00\x00\x01\x00\x50", "middle of a field"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := dial(t, b)
			if _, err := c.Write([]byte(tc.send)); err != nil {
				t.Fatal(err)
			}
			if rest, _ := io.ReadAll(c); len(rest) != 0 {
				t.Errorf("answered %q", rest)
			}
			eventually(t, "the log says "+tc.want, func() bool { return b.log.has(tc.want) })
		})
	}
	if err := b.client(t).Ping(t.Context()); err != nil {
		t.Errorf("others are harmed: %v", err)
	}
	if got := b.Stats().FramesBroken; got != 12 {
		t.Errorf("%d broken frames counted, want 12", got)
	}
}

func TestApiVersions(t *testing.T) {
	b := begin(t, Config{})
	c := dial(t, b)
	// A version of the future, as a client of the future would begin.
	if _, err := c.Write(frame(18, 99, 7, 1, 2, 3)); err != nil {
		t.Fatal(err)
	}
	id, body := answer(t, c)
	resp := kmsg.NewPtrApiVersionsResponse()
	if err := resp.ReadFrom(body); err != nil || id != 7 || resp.ErrorCode != 35 || len(resp.ApiKeys) != 1 {
		t.Errorf("unknown version: %+v %v", resp, err)
	}
	// Version 3 is flexible but its response header is not.
	req := kmsg.NewPtrApiVersionsRequest()
	req.Version, req.ClientSoftwareName, req.ClientSoftwareVersion = 3, "test", "1.0"
	if _, err := c.Write(frame(18, 3, 8, append([]byte{0}, req.AppendTo(nil)...)...)); err != nil {
		t.Fatal(err)
	}
	_, body = answer(t, c)
	resp = kmsg.NewPtrApiVersionsResponse()
	resp.Version = 3
	if err := resp.ReadFrom(body); err != nil || resp.ErrorCode != 0 || len(resp.ApiKeys) < 20 {
		t.Errorf("version 3: %+v %v", resp, err)
	}
	req.ClientSoftwareName = "no spaces allowed"
	if _, err := c.Write(frame(18, 3, 9, append([]byte{0}, req.AppendTo(nil)...)...)); err != nil {
		t.Fatal(err)
	}
	_, body = answer(t, c)
	if code := int16(binary.BigEndian.Uint16(body)); code != 42 {
		t.Errorf("a bad software name gives code %d, want INVALID_REQUEST", code)
	}
}

// Requests sent together are answered in their order, a long poll included.
func TestPipeline(t *testing.T) {
	b := begin(t, Config{})
	c := dial(t, b)
	var all []byte
	for i := range int32(500) {
		all = append(all, frame(3, 1, i, 0xff, 0xff, 0xff, 0xff)...)
	}
	if _, err := c.Write(all); err != nil {
		t.Fatal(err)
	}
	for i := range int32(500) {
		if id, _ := answer(t, c); id != i {
			t.Fatalf("answer %d is to request %d", i, id)
		}
	}
}

// A client that sends and shuts its side still gets its answers.
func TestHalfClosed(t *testing.T) {
	b := begin(t, Config{})
	c := dial(t, b)
	if _, err := c.Write(frame(3, 1, 1, 0xff, 0xff, 0xff, 0xff)); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer(t, c)
	if rest, err := io.ReadAll(c); len(rest) != 0 || err != nil {
		t.Errorf("after the answer: %q %v", rest, err)
	}
}

func TestProduceOldVersion(t *testing.T) {
	b := begin(t, Config{})
	b.topic(t, "a", 1)
	c := dial(t, b)
	body := []byte{0, 1, 0, 0, 0, 100, 0, 0, 0, 1, 0, 1, 'a', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}
	if _, err := c.Write(frame(0, 2, 5, body...)); err != nil {
		t.Fatal(err)
	}
	_, got := answer(t, c)
	resp := kmsg.NewPtrProduceResponse()
	resp.Version = 2
	if err := resp.ReadFrom(got); err != nil || resp.Topics[0].Partitions[0].ErrorCode != 35 {
		t.Errorf("%+v %v, want UNSUPPORTED_VERSION", resp, err)
	}
}

func TestConnectionsMax(t *testing.T) {
	b := begin(t, Config{ConnectionsMax: 3})
	for range 3 {
		dial(t, b)
	}
	eventually(t, "three connections", func() bool { return b.Stats().Connections == 3 })
	if _, err := dial(t, b).Read(make([]byte, 1)); err == nil {
		t.Error("a fourth connection stays")
	}
	eventually(t, "a reason in the log", func() bool { return b.log.has("broker.connections_max=3") })
	if got := b.Stats().ConnectionsRefused; got != 1 {
		t.Errorf("%d refused", got)
	}
}

func TestKcat(t *testing.T) {
	path, err := exec.LookPath("kcat")
	if err != nil {
		t.Skip("kcat is not installed: apt install kcat")
	}
	b := begin(t, Config{})
	kcat := func(in string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), path, append([]string{"-b", b.Addr()}, args...)...)
		cmd.Stdin = strings.NewReader(in)
		var errs strings.Builder
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("kcat %v: %v\n%s", args, err, errs.String())
		}
		if strings.Contains(errs.String(), "not support") {
			t.Errorf("kcat %v complains: %s", args, errs.String())
		}
		return string(out)
	}
	want := strings.Join(values("k", 200), "\n") + "\n"
	for _, codec := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		kcat(want, "-P", "-t", codec, "-z", codec)
		if got := kcat("", "-C", "-t", codec, "-e", "-q"); got != want {
			t.Errorf("%s: %d bytes came back, want %d", codec, len(got), len(want))
		}
	}
	if out := kcat("", "-L"); !strings.Contains(out, `topic "zstd" with 1 partitions`) {
		t.Errorf("list: %s", out)
	}
	if out := kcat("", "-X", "auto.offset.reset=earliest", "-e", "-q", "-G", "g", "none"); out != want {
		t.Errorf("group: %d bytes", len(out))
	}
}

func TestStopIsQuick(t *testing.T) {
	b := begin(t, Config{})
	b.topic(t, "a", 1)
	c := b.client(t, kgo.ConsumeTopics("a"), kgo.ConsumerGroup("g"), kgo.FetchMaxWait(time.Minute))
	go func() { c.PollFetches(t.Context()) }()
	eventually(t, "a fetch waits", func() bool { return b.Stats().Requests["Fetch"] > 0 })
	began := time.Now()
	b.stop()
	if took := time.Since(began); took > time.Second {
		t.Errorf("stopping took %s", took)
	}
	c.Close()
}
