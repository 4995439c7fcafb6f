package cli

import (
	"context"

	"maru/node"
	"maru/query"
	"maru/stream"
)

func init() {
	runServe = func(ctx context.Context, o serveOptions) error {
		return node.Run(ctx, node.Config{ProjectDir: o.ProjectDir, DataDir: o.DataDir, HTTPAddr: o.HTTPAddr, KafkaAddr: o.KafkaAddr, Version: o.Version, Log: o.Log, Ready: o.Ready})
	}
	runWorker = query.RunWorker
	runStreamer = stream.RunStreamer
}
