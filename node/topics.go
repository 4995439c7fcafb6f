package node

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"maru"
	"maru/kafka"
	"maru/project"
	"maru/stream"
	"maru/web"
)

// topics is the log as web wants it.
type topics struct{ n *node }

// retentionKeys are the configs that say how long records are kept.
var retentionKeys = []string{"retention.ms", "retention.bytes"}

func retentionOf(configs map[string]string) (r web.Retention) {
	read := func(key string) *int64 {
		if v, err := strconv.ParseInt(configs[key], 10, 64); err == nil && v > 0 {
			return &v
		}
		return nil
	}
	return web.Retention{MS: read("retention.ms"), Bytes: read("retention.bytes")}
}

func configOf(r web.Retention) map[string]string {
	orForever := func(v *int64) int64 {
		if v == nil {
			return -1
		}
		return *v
	}
	return retentionConfig(orForever(r.MS), orForever(r.Bytes))
}

// silentAfter is after how long without a record a topic that is filled
// counts as late.
const silentAfter = 10 * time.Minute

// Topics lists them by name.
func (t *topics) Topics(ctx context.Context) ([]web.Topic, error) {
	all, _, err := t.list(ctx)
	return all, err
}

// list gives topics, all when none is named, and their partitions.
func (t *topics) list(ctx context.Context, names ...string) ([]web.Topic, map[string][]kafka.PartitionInfo, error) {
	parts, err := t.n.kafka.Overview(ctx, names...)
	if err != nil {
		return nil, nil, err
	}
	names = slices.Sorted(maps.Keys(parts))
	configs, err := t.n.kafka.Configs(ctx, retentionKeys, names...)
	if err != nil {
		return nil, nil, err
	}
	lags := map[string][]web.GroupLag{}
	groups, err := t.n.kafka.Groups(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, g := range groups {
		by := map[string]int64{}
		for _, o := range g.Offsets {
			by[o.Topic] += o.Lag
		}
		for topic, lag := range by {
			lags[topic] = append(lags[topic], web.GroupLag{ID: g.ID, Lag: lag, State: g.State})
		}
	}
	p := t.n.folder.project()
	out := make([]web.Topic, len(names))
	for i, name := range names {
		out[i] = t.topic(p, name, parts[name])
		out[i].Groups, out[i].Retention = lags[name], retentionOf(configs[name])
		if out[i].Groups == nil {
			out[i].Groups = []web.GroupLag{}
		}
	}
	return out, parts, nil
}

func (t *topics) topic(p *project.Project, name string, parts []kafka.PartitionInfo) web.Topic {
	out := web.Topic{Name: name, Partitions: len(parts), Internal: strings.HasPrefix(name, "__")}
	for _, s := range p.Streams {
		out.Internal = out.Internal || name == sideName(s.Name, stream.Late) || name == sideName(s.Name, stream.Rejected)
	}
	for _, d := range p.Topics {
		if d.Name == name {
			out.Declared = d.File
		}
	}
	for _, part := range parts {
		out.Records += part.End - part.Start
		out.Bytes += part.Bytes
		r := t.n.samples.partition(name, part.ID)
		out.Rate += r.rate
		out.BytesRate += r.bytes
		if r.newest.After(out.Newest) {
			out.Newest = r.newest
		}
	}
	filled := slices.ContainsFunc(p.Collectors, func(c project.Collector) bool { return c.Topic == name })
	out.Late = filled && !out.Newest.IsZero() && time.Since(out.Newest) > silentAfter
	return out
}

// Topic is one with its partitions.
func (t *topics) Topic(ctx context.Context, name string) (web.TopicDetail, error) {
	if _, err := t.n.kafka.Topic(ctx, name); err != nil {
		return web.TopicDetail{}, err
	}
	all, parts, err := t.list(ctx, name)
	if err != nil || len(all) == 0 {
		return web.TopicDetail{}, cmp.Or(err, maru.Errorf(maru.NotFound, "there is no topic %s", name))
	}
	out := web.TopicDetail{Topic: all[0], Parts: []web.TopicPartition{}, Columns: maru.Schema{}}
	for _, p := range parts[name] {
		r := t.n.samples.partition(name, p.ID)
		out.Parts = append(out.Parts, web.TopicPartition{Partition: p.ID, Start: p.Start, End: p.End, Bytes: p.Bytes, Newest: r.newest, Rate: r.rate})
	}
	pr := t.n.folder.project()
	if tab, err := (&tables{t.n}).topic(ctx, pr, name); err == nil && tab.Columns != nil {
		out.Columns = tab.Columns
	}
	out.UsedBy = t.n.usedBy(ctx, name)
	for _, g := range out.Groups {
		out.UsedBy = append(out.UsedBy, web.UsedBy{Kind: "group", Name: g.ID})
	}
	return out, nil
}

// CreateTopic makes one.
func (t *topics) CreateTopic(ctx context.Context, in web.TopicNew) (web.TopicDetail, error) {
	if err := t.n.kafka.CreateTopic(ctx, in.Name, in.Partitions, configOf(in.Retention)); err != nil {
		return web.TopicDetail{}, err
	}
	return t.Topic(ctx, in.Name)
}

// ChangeTopic changes what is given.
func (t *topics) ChangeTopic(ctx context.Context, name string, c web.TopicChange) (web.TopicDetail, error) {
	now, err := t.n.kafka.Topic(ctx, name)
	if err != nil {
		return web.TopicDetail{}, err
	}
	if c.Partitions != nil && int(*c.Partitions) < len(now.Partitions) {
		return web.TopicDetail{}, maru.Errorf(maru.Invalid, "topic %s has %d partitions, and their number never falls", name, len(now.Partitions))
	}
	if c.Retention != nil {
		if err := t.n.kafka.SetConfigs(ctx, name, configOf(*c.Retention)); err != nil {
			return web.TopicDetail{}, err
		}
	}
	if c.Partitions != nil && int(*c.Partitions) > len(now.Partitions) {
		if err := t.n.kafka.AddPartitions(ctx, name, int(*c.Partitions)); err != nil {
			return web.TopicDetail{}, err
		}
	}
	return t.Topic(ctx, name)
}

// DeleteTopic refuses a topic that the project makes: it would come back.
func (t *topics) DeleteTopic(ctx context.Context, name string) error {
	p := t.n.folder.project()
	for _, d := range p.Topics {
		if d.Name == name {
			return maru.Errorf(maru.Conflict, "%s declares topic %s, so it would be made again: delete the file first", d.File, name)
		}
	}
	for _, c := range p.Collectors {
		if c.Topic == name {
			return maru.Errorf(maru.Conflict, "the collector %s fills topic %s, so it would be made again: remove %s first", c.Name, name, c.File)
		}
	}
	return t.n.kafka.DeleteTopic(ctx, name)
}

// Produce appends one record.
func (t *topics) Produce(ctx context.Context, name string, in web.RecordNew) (web.RecordPlace, error) {
	now, err := t.n.kafka.Topic(ctx, name)
	if err != nil {
		return web.RecordPlace{}, err
	}
	r := kafka.NewRecord{Topic: name, Partition: -1}
	if in.Partition != nil {
		if r.Partition = *in.Partition; int(r.Partition) >= len(now.Partitions) {
			return web.RecordPlace{}, maru.Errorf(maru.Invalid, "topic %s has %d partitions, from 0", name, len(now.Partitions))
		}
	}
	if in.Key != nil {
		r.Key = []byte(*in.Key)
	}
	if in.Value != nil {
		r.Value = []byte(*in.Value)
	}
	for _, h := range in.Headers {
		r.Headers = append(r.Headers, kafka.Header{Key: h.Name, Value: []byte(h.Value)})
	}
	p, at, err := t.n.kafka.Produce(ctx, r)
	return web.RecordPlace{Partition: p, Offset: at}, err
}

func webGroup(g kafka.Group) web.Group {
	seen := map[string]bool{}
	for _, o := range g.Offsets {
		seen[o.Topic] = true
	}
	names := slices.Sorted(maps.Keys(seen))
	if names == nil {
		names = []string{}
	}
	return web.Group{ID: g.ID, State: g.State, Members: len(g.Members), Topics: names, Lag: g.Lag()}
}

// Groups lists them.
func (t *topics) Groups(ctx context.Context) ([]web.Group, error) {
	all, err := t.n.kafka.Groups(ctx)
	out := make([]web.Group, len(all))
	for i, g := range all {
		out[i] = webGroup(g)
	}
	return out, err
}

func (t *topics) group(ctx context.Context, id string) (kafka.Group, error) {
	all, err := t.n.kafka.Groups(ctx, id)
	if err != nil || len(all) == 0 {
		return kafka.Group{}, cmp.Or(err, maru.Errorf(maru.NotFound, "there is no group %s", id))
	}
	return all[0], nil
}

// Group is one with its members.
func (t *topics) Group(ctx context.Context, id string) (web.GroupDetail, error) {
	g, err := t.group(ctx, id)
	if err != nil {
		return web.GroupDetail{}, err
	}
	out := web.GroupDetail{Group: webGroup(g), Protocol: g.Protocol, MembersList: []web.GroupMember{}, Offsets: []web.GroupOffset{}}
	for _, m := range g.Members {
		one := web.GroupMember{ID: m.ID, Client: m.Client, Host: m.Host, Assigned: []web.Assigned{}}
		for _, topic := range slices.Sorted(maps.Keys(m.Assigned)) {
			one.Assigned = append(one.Assigned, web.Assigned{Topic: topic, Partitions: m.Assigned[topic]})
		}
		out.MembersList = append(out.MembersList, one)
	}
	for _, o := range g.Offsets {
		out.Offsets = append(out.Offsets, web.GroupOffset{Topic: o.Topic, Partition: o.Partition, Start: o.Start, End: o.End, Committed: committed(o), Lag: o.Lag, Member: o.Member})
	}
	return out, nil
}

func committed(o kafka.GroupOffset) *int64 {
	if o.Committed < 0 {
		return nil
	}
	return &o.Committed
}

// ResetGroup sets offsets of a group without members; a dry run only says what
// it would do.
func (t *topics) ResetGroup(ctx context.Context, id string, r web.OffsetReset) ([]web.OffsetChange, error) {
	g, err := t.group(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(g.Members) > 0 && !r.DryRun {
		return nil, maru.Errorf(maru.Conflict, "group %s has %d members now: stop its consumers first", id, len(g.Members))
	}
	byTime := map[string]map[int32]int64{}
	var out []web.OffsetChange
	set := map[string]map[int32]int64{}
	for _, o := range g.Offsets {
		if r.Topic != "" && o.Topic != r.Topic || len(r.Partitions) > 0 && !slices.Contains(r.Partitions, o.Partition) {
			continue
		}
		to, err := t.resetTo(ctx, r, o, byTime)
		if err != nil {
			return nil, err
		}
		out = append(out, web.OffsetChange{Topic: o.Topic, Partition: o.Partition, From: committed(o), To: to})
		if set[o.Topic] == nil {
			set[o.Topic] = map[int32]int64{}
		}
		set[o.Topic][o.Partition] = to
	}
	if len(out) == 0 {
		return nil, maru.Errorf(maru.NotFound, "group %s has no offsets there", id)
	}
	if r.DryRun {
		return out, nil
	}
	return out, t.n.kafka.SetOffsets(ctx, id, set)
}

// resetTo is where a partition goes; never outside of it.
func (t *topics) resetTo(ctx context.Context, r web.OffsetReset, o kafka.GroupOffset, byTime map[string]map[int32]int64) (int64, error) {
	switch r.To {
	case "start":
		return o.Start, nil
	case "end":
		return o.End, nil
	case "offset":
		return min(max(r.Offset, o.Start), o.End), nil
	}
	at, err := time.Parse(time.RFC3339, r.At)
	if err != nil {
		return 0, maru.Errorf(maru.Invalid, "at %.40q: write a time such as 2026-01-31T09:30:00Z", r.At)
	}
	if byTime[o.Topic] == nil {
		if byTime[o.Topic], err = t.n.kafka.Offsets(ctx, o.Topic, max(at.UnixMilli(), 0)); err != nil {
			return 0, err
		}
	}
	return min(max(byTime[o.Topic][o.Partition], o.Start), o.End), nil
}
