package kafka

import (
	"context"
	"math"
	"path/filepath"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"maru/run"
)

// DescribeLogDirs: v2: flexible. v3: a top-level error. v4: the disk's size.
// v5: cordoned directories, of which there are none.
//
// What is not there is left out, as Kafka does.
var describeLogDirsAPI = api{key: 35, min: 1, max: 5, handle: on(describeLogDirs)}

func describeLogDirs(_ context.Context, k *call, req *kmsg.DescribeLogDirsRequest, resp *kmsg.DescribeLogDirsResponse) {
	s := k.s
	dir := kmsg.NewDescribeLogDirsResponseDir()
	dir.Dir = s.cfg.Dir
	if abs, err := filepath.Abs(dir.Dir); err == nil {
		dir.Dir = abs
	}
	if free, total, err := run.DiskFree(dir.Dir); err == nil {
		dir.TotalBytes, dir.UsableBytes = int64(min(total, math.MaxInt64)), int64(min(free, math.MaxInt64))
	}
	if req.Topics == nil {
		for _, t := range s.store.Topics() {
			all := make([]int32, t.Partitions)
			for i := range all {
				all[i] = int32(i)
			}
			dir.Topics = append(dir.Topics, s.sizes(t.Name, all)...)
		}
	}
	for i := range req.Topics {
		t := &req.Topics[i]
		slices.Sort(t.Partitions)
		dir.Topics = append(dir.Topics, s.sizes(t.Topic, slices.Compact(t.Partitions))...)
	}
	resp.Dirs = append(resp.Dirs, dir)
}

// sizes gives the partitions of a topic that are there; none gives no topic.
func (s *Server) sizes(topic string, partitions []int32) []kmsg.DescribeLogDirsResponseDirTopic {
	rt := kmsg.NewDescribeLogDirsResponseDirTopic()
	rt.Topic = topic
	for _, n := range partitions {
		log, ok := s.store.Partition(topic, n)
		if !ok {
			continue
		}
		rp := kmsg.NewDescribeLogDirsResponseDirTopicPartition()
		rp.Partition, rp.Size = n, log.Size()
		rt.Partitions = append(rt.Partitions, rp)
	}
	if len(rt.Partitions) == 0 {
		return nil
	}
	return []kmsg.DescribeLogDirsResponseDirTopic{rt}
}
