//go:build peer

package peers

import (
	"strconv"
	"testing"
)

// client is one of the programs.
type client struct {
	name    string
	need    func(t *testing.T)
	codecs  []string
	produce func(t *testing.T, addr, topic, codec string, lines []string)
	// consume reads n values as a member of group, from the start or from
	// where the group has committed, and commits.
	consume func(t *testing.T, addr, topic, group string, n int) []string
	// member is the same until nothing has come for some seconds.
	member func(t *testing.T, addr, topic, group string) []string
}

const idleSeconds = 8 // longer than a group takes to share out its partitions

func clients() []client {
	return []client{kcat(), library("kafka-python"), library("confluent-kafka"), console()}
}

func kcat() client {
	group := func(addr, topic, group string, more ...string) []string {
		return append([]string{"-b", addr, "-q", "-X", "auto.offset.reset=earliest", "-G", group}, append(more, topic)...)
	}
	return client{
		name: "kcat", codecs: []string{"none", "gzip", "snappy", "lz4", "zstd"},
		need: func(t *testing.T) { needProgram(t, "kcat") },
		produce: func(t *testing.T, addr, topic, codec string, lines []string) {
			do(t, lines, "kcat", "-b", addr, "-P", "-t", topic, "-z", codec, "-X", "acks=all", "-X", "enable.idempotence=true")
		},
		consume: func(t *testing.T, addr, topic, g string, n int) []string {
			return do(t, nil, "kcat", group(addr, topic, g, "-c", strconv.Itoa(n))...)
		},
		member: func(t *testing.T, addr, topic, g string) []string {
			return do(t, nil, "timeout", append([]string{"--preserve-status", "-s", "INT", strconv.Itoa(idleSeconds + 2), "kcat"}, group(addr, topic, g)...)...)
		},
	}
}

func library(name string) client {
	run := func(t *testing.T, lines []string, verb string, args ...string) []string {
		t.Helper()
		return do(t, lines, "./clients.sh", append([]string{"python", "client.py", name, verb}, args...)...)
	}
	return client{
		name: name, codecs: []string{"none", "gzip", "snappy", "lz4", "zstd"},
		need: func(t *testing.T) { needFile(t, "kafka-clients/.stamp") },
		produce: func(t *testing.T, addr, topic, codec string, lines []string) {
			run(t, lines, "produce", addr, topic, codec)
		},
		consume: func(t *testing.T, addr, topic, group string, n int) []string {
			return run(t, nil, "consume", addr, topic, group, strconv.Itoa(n))
		},
		member: func(t *testing.T, addr, topic, group string) []string {
			return run(t, nil, "member", addr, topic, group, strconv.Itoa(idleSeconds))
		},
	}
}

// console is Apache Kafka's own console producer and consumer.
func console() client {
	return client{
		name: "Kafka console", codecs: []string{"none", "gzip", "snappy", "lz4", "zstd"},
		need: func(t *testing.T) {
			needProgram(t, "java")
			needFile(t, "kafka/tools-*/.complete")
		},
		produce: func(t *testing.T, addr, topic, codec string, lines []string) {
			do(t, lines, "./kafka.sh", "cli", "ConsoleProducer", "--bootstrap-server", addr, "--topic", topic,
				"--compression-codec", codec, "--command-property", "acks=all")
		},
		consume: func(t *testing.T, addr, topic, group string, n int) []string {
			return do(t, nil, "./kafka.sh", "cli", "ConsoleConsumer", "--bootstrap-server", addr, "--topic", topic, "--group", group,
				"--from-beginning", "--max-messages", strconv.Itoa(n))
		},
		member: func(t *testing.T, addr, topic, group string) []string {
			return do(t, nil, "./kafka.sh", "cli", "ConsoleConsumer", "--bootstrap-server", addr, "--topic", topic, "--group", group,
				"--from-beginning", "--timeout-ms", strconv.Itoa(idleSeconds*1000))
		},
	}
}
