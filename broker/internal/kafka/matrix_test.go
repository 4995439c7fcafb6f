package kafka

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"maru"
	"maru/broker/internal/commitlog"
)

const matrixDoc = "../../../docs/compat/kafka.md"

// The table in docs/compat/kafka.md is the dispatch table.
func TestMatrixIsDocumented(t *testing.T) {
	doc, err := os.ReadFile(matrixDoc)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range bytes.Lines(doc) {
		if m := regexp.MustCompile(`^\| (\d+) \| (\w+) \| ([0-9-]+) \|`).FindSubmatch(line); m != nil {
			got = append(got, fmt.Sprintf("%s %s %s", m[1], m[2], m[3]))
		}
	}
	var want []string
	for _, a := range apis {
		versions := fmt.Sprintf("%d-%d", a.min, a.max)
		if a.min == a.max {
			versions = strconv.Itoa(int(a.min))
		}
		want = append(want, fmt.Sprintf("%d %s %s", a.key, kmsg.NameForKey(a.key), versions))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// One file per key, named by it.
func TestFilesAreNamedByKey(t *testing.T) {
	files, err := filepath.Glob("[0-9][0-9]_*.go")
	if err != nil {
		t.Fatal(err)
	}
	var keys []int
	for _, f := range files {
		n, err := strconv.Atoi(f[:2])
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, n)
		if name := strings.ToLower(kmsg.NameForKey(int16(n))); strings.ReplaceAll(strings.TrimSuffix(f[3:], ".go"), "_", "") != name {
			t.Errorf("%s holds %s", f, name)
		}
	}
	var want []int
	for _, a := range apis {
		want = append(want, int(a.key))
		if a.max > kmsg.RequestForKey(a.key).MaxVersion() {
			t.Errorf("%s %d cannot be decoded", kmsg.NameForKey(a.key), a.max)
		}
	}
	if !slices.Equal(keys, want) || !slices.IsSorted(want) {
		t.Errorf("files for keys %v, table %v", keys, want)
	}
}

func TestCodes(t *testing.T) {
	for k := maru.Internal; k <= maru.Corrupt; k++ {
		if kindCodes[k] == nil {
			t.Errorf("kind %s has no code", k)
		}
	}
	for r := commitlog.CorruptMessage; r <= commitlog.InvalidProducerEpoch; r++ {
		if refusalCodes[r] == nil {
			t.Errorf("refusal %d has no code", r)
		}
	}
	for _, tc := range []struct {
		err  error
		want *kerr.Error
	}{
		{kerr.InvalidTopicException, kerr.InvalidTopicException},
		{coded(kerr.InvalidConfig, maru.Errorf(maru.NotFound, "x")), kerr.InvalidConfig},
		{fmt.Errorf("append: %w", &commitlog.Refused{Refusal: commitlog.MessageTooLarge, Err: os.ErrInvalid}), kerr.MessageTooLarge},
		{&commitlog.OutOfRange{Offset: 3}, kerr.OffsetOutOfRange},
		{maru.Errorf(maru.OutOfSpace, "full"), kerr.KafkaStorageError},
		{os.ErrInvalid, kerr.UnknownServerError},
	} {
		if got := codeOf(tc.err); got != tc.want.Code {
			t.Errorf("%v has code %d, want %d", tc.err, got, tc.want.Code)
		}
	}
	if codeOf(nil) != 0 || messageOf(nil) != nil {
		t.Error("no error has a code")
	}
}

// Every default stands its own test, and every config has words.
func TestConfigTable(t *testing.T) {
	for i := range topicDefs {
		d := &topicDefs[i]
		if d.def != "" && d.check(d.def) != nil || d.doc == "" || i > 0 && topicDefs[i-1].name >= d.name {
			t.Errorf("config %s: default %q: %v", d.name, d.def, d.check(d.def))
		}
	}
}
