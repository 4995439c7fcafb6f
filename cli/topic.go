package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"sort"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
)

func topicListVerb() *verb {
	return &verb{
		name: "topic list", short: "list the topics of the log",
		long: `ROWS counts offsets from the first that is kept to the end. SIZE is what the log
reports, or - where it does not.`,
		examples: []example{{"maru topic list", ""}, {"maru topic list --bootstrap kafka:9092 --json", "of a real Kafka, for a script"}},
		flags: func(fs *flag.FlagSet) {
			bootstrapFlag(fs)
			jsonFlag(fs)
			fs.Bool("internal", false, "show internal topics, too")
		},
		run: func(ctx context.Context, c *call) error { return c.withAdmin(ctx, c.listTopics) },
	}
}

// topicInfo is one topic of maru topic list --json.
type topicInfo struct {
	Topic      string `json:"topic"`
	Partitions int    `json:"partitions"`
	Rows       int64  `json:"rows"`
	Bytes      *int64 `json:"bytes,omitempty"`
	Error      string `json:"error,omitempty"`
}

func (c *call) listTopics(ctx context.Context, adm *kadm.Client) error {
	list := adm.ListTopics
	if c.bool("internal") {
		list = adm.ListTopicsWithInternal
	}
	topics, err := list(ctx)
	if err != nil {
		return fmt.Errorf("list topics: %w", err)
	}
	starts, ends, sizes, err := measure(ctx, adm, topics)
	if err != nil {
		return err
	}
	all := []topicInfo{}
	for _, t := range topics.Sorted() {
		i := topicInfo{Topic: t.Topic, Partitions: len(t.Partitions), Rows: rowsOf(starts, ends, t.Topic)}
		if t.Err != nil {
			i.Error = kafkaError(t.Topic, t.Err).Error()
		}
		if n, ok := sizes[t.Topic]; ok {
			i.Bytes = &n
		}
		all = append(all, i)
	}
	if c.bool("json") {
		return printJSON(c.out, all)
	}
	var rows [][]string
	for _, i := range all {
		size := "-"
		if i.Bytes != nil {
			size = bytesText(*i.Bytes)
		}
		rows = append(rows, []string{i.Topic, fmt.Sprint(i.Partitions), countText(i.Rows), size, i.Error})
	}
	grid(c.out, []string{"topic", "partitions", "rows", "size", ""}, rows)
	return nil
}

// measure finds offsets and sizes. A log that does not tell sizes is no error.
func measure(ctx context.Context, adm *kadm.Client, topics kadm.TopicDetails) (starts, ends kadm.ListedOffsets, sizes map[string]int64, err error) {
	names := topics.Names()
	if len(names) == 0 {
		return nil, nil, nil, nil
	}
	if starts, err = adm.ListStartOffsets(ctx, names...); err != nil {
		return nil, nil, nil, fmt.Errorf("list start offsets: %w", err)
	}
	if ends, err = adm.ListEndOffsets(ctx, names...); err != nil {
		return nil, nil, nil, fmt.Errorf("list end offsets: %w", err)
	}
	dirs, dirErr := adm.DescribeAllLogDirs(ctx, topics.TopicsSet())
	if dirErr != nil {
		return starts, ends, nil, nil
	}
	sizes = map[string]int64{}
	dirs.Each(func(d kadm.DescribedLogDir) {
		d.Topics.Each(func(p kadm.DescribedLogDirPartition) { sizes[p.Topic] += p.Size })
	})
	return starts, ends, sizes, nil
}

func rowsOf(starts, ends kadm.ListedOffsets, topic string) int64 {
	var n int64
	for p, end := range ends[topic] {
		if start, ok := starts.Lookup(topic, p); ok && end.Err == nil && start.Err == nil {
			n += end.Offset - start.Offset
		}
	}
	return n
}

func topicCreateVerb() *verb {
	return &verb{
		name: "topic create", synopsis: "TOPIC", short: "make a topic", args: [2]int{1, 1},
		long: `In a project, topics/TOPIC.yaml is the better place: it is kept with the rest. Any
setting of a Kafka topic may be given with --config.`,
		examples: []example{{"maru topic create clicks --partitions 4 --config retention.ms=86400000", ""}},
		flags: func(fs *flag.FlagSet) {
			bootstrapFlag(fs)
			fs.Int64("partitions", 1, "`number` of partitions")
			fs.Int64("replicas", -1, "`number` of copies; -1 is the log's default")
			fs.Var(&listFlag{}, "config", "a setting as `key=value`; may be given again")
		},
		run: runTopicCreate,
	}
}

func runTopicCreate(ctx context.Context, c *call) error {
	topic := c.args[0]
	if err := c.wantTopic(topic); err != nil {
		return err
	}
	const partitionsMax, replicasMax = 10_000, 100
	partitions, replicas := c.int("partitions"), c.int("replicas")
	if partitions < 1 || partitions > partitionsMax {
		return c.wrong("--partitions %d: use 1 to %d", partitions, partitionsMax)
	}
	if replicas < -1 || replicas == 0 || replicas > replicasMax {
		return c.wrong("--replicas %d: use -1, or 1 to %d", replicas, replicasMax)
	}
	configs := map[string]*string{}
	for _, kv := range c.list("config") {
		k, v, ok := strings.Cut(kv, "=")
		if !ok || k == "" {
			return c.wrong("--config %q: write key=value", kv)
		}
		configs[k] = &v
	}
	return c.withAdmin(ctx, func(ctx context.Context, adm *kadm.Client) error {
		r, err := adm.CreateTopic(ctx, int32(partitions), int16(replicas), configs, topic)
		if err != nil {
			return kafkaError(topic, withReason(err, r.ErrMessage))
		}
		c.note("topic %s has %s", topic, count(int(partitions), "partition"))
		return nil
	})
}

func topicDescribeVerb() *verb {
	return &verb{
		name: "topic describe", synopsis: "TOPIC", short: "show a topic's partitions and settings", args: [2]int{1, 1},
		long:     "Settings that are the log's defaults are counted, and shown with --all.",
		examples: []example{{"maru topic describe clicks", ""}, {"maru topic describe clicks --json", "with all settings"}},
		flags: func(fs *flag.FlagSet) {
			bootstrapFlag(fs)
			jsonFlag(fs)
			fs.Bool("all", false, "show all settings")
		},
		run: func(ctx context.Context, c *call) error {
			if err := c.wantTopic(c.args[0]); err != nil {
				return err
			}
			return c.withAdmin(ctx, c.describeTopic)
		},
	}
}

// topicDescription is maru topic describe --json.
type topicDescription struct {
	Topic      string                `json:"topic"`
	ID         string                `json:"id,omitempty"`
	Partitions []partitionInfo       `json:"partitions"`
	Configs    map[string]configInfo `json:"configs"`
}

type partitionInfo struct {
	Partition int32 `json:"partition"`
	Leader    int32 `json:"leader"`
	Start     int64 `json:"start"`
	End       int64 `json:"end"`
}

type configInfo struct {
	Value  string `json:"value"`
	Source string `json:"source"`
}

func (c *call) describeTopic(ctx context.Context, adm *kadm.Client) error {
	topic := c.args[0]
	topics, err := adm.ListTopics(ctx, topic)
	if err != nil {
		return kafkaError(topic, err)
	}
	t := topics[topic]
	if t.Err != nil {
		return kafkaError(topic, t.Err)
	}
	starts, err := adm.ListStartOffsets(ctx, topic)
	if err != nil {
		return kafkaError(topic, err)
	}
	ends, err := adm.ListEndOffsets(ctx, topic)
	if err != nil {
		return kafkaError(topic, err)
	}
	d := topicDescription{Topic: topic, Partitions: []partitionInfo{}, Configs: map[string]configInfo{}}
	if t.ID != (kadm.TopicID{}) {
		d.ID = t.ID.String()
	}
	for _, p := range t.Partitions.Sorted() {
		start, _ := starts.Lookup(topic, p.Partition)
		end, _ := ends.Lookup(topic, p.Partition)
		d.Partitions = append(d.Partitions, partitionInfo{p.Partition, p.Leader, start.Offset, end.Offset})
	}
	configs, err := adm.DescribeTopicConfigs(ctx, topic)
	if err != nil {
		return kafkaError(topic, err)
	}
	for _, r := range configs {
		for _, k := range r.Configs {
			d.Configs[k.Key] = configInfo{k.MaybeValue(), strings.ToLower(k.Source.String())}
		}
	}
	if c.bool("json") {
		return printJSON(c.out, d)
	}
	c.printTopic(d)
	return nil
}

func (c *call) printTopic(d topicDescription) {
	fmt.Fprintf(c.out, "topic  %s\n", d.Topic)
	if d.ID != "" {
		fmt.Fprintf(c.out, "id     %s\n", d.ID)
	}
	var rows [][]string
	for _, p := range d.Partitions {
		rows = append(rows, []string{fmt.Sprint(p.Partition), fmt.Sprint(p.Leader), countText(p.Start), countText(p.End), countText(p.End - p.Start)})
	}
	fmt.Fprintln(c.out)
	grid(c.out, []string{"partition", "leader", "start", "end", "rows"}, rows)
	var keys []string
	for k, v := range d.Configs {
		if c.bool("all") || v.Source != fromDefault {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	rows = nil
	for _, k := range keys {
		rows = append(rows, []string{k, cleanText(d.Configs[k].Value), d.Configs[k].Source})
	}
	if len(rows) > 0 {
		fmt.Fprintln(c.out)
		grid(c.out, []string{"setting", "value", "from"}, rows)
	}
	if n := len(d.Configs) - len(keys); n > 0 {
		c.note("%s at the default: --all shows them", count(n, "setting"))
	}
}

// fromDefault is the source of a setting that nobody has set.
const fromDefault = "default_config"

func topicDeleteVerb() *verb {
	return &verb{
		name: "topic delete", synopsis: "TOPIC…", short: "delete topics and all that is in them", args: [2]int{1, 100},
		long:     "It cannot be taken back, so it asks first; a script says --yes.",
		examples: []example{{"maru topic delete clicks --yes", ""}},
		flags: func(fs *flag.FlagSet) {
			bootstrapFlag(fs)
			fs.Bool("yes", false, "do not ask")
		},
		run: func(ctx context.Context, c *call) error {
			for _, t := range c.args {
				if err := c.wantTopic(t); err != nil {
					return err
				}
			}
			if err := c.confirm("Delete " + strings.Join(c.args, ", ") + " with all rows?"); err != nil {
				return err
			}
			return c.withAdmin(ctx, func(ctx context.Context, adm *kadm.Client) error {
				done, err := adm.DeleteTopics(ctx, c.args...)
				if err != nil {
					return fmt.Errorf("delete topics: %w", err)
				}
				var all error
				for _, r := range done.Sorted() {
					if r.Err != nil {
						all = errors.Join(all, kafkaError(r.Topic, r.Err))
						continue
					}
					c.note("topic %s is gone", r.Topic)
				}
				return all
			})
		},
	}
}
