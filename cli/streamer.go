package cli

import (
	"context"

	"maru/stream"
)

// streamerVerb is the process that runs streams. The server starts it.
func streamerVerb() *verb {
	return &verb{name: "streamer", short: "run streams for a server, which starts this itself", hidden: true, raw: true,
		run: func(ctx context.Context, c *call) error {
			return stream.RunStreamer(ctx, c.args)
		}}
}
