package cli

import (
	"context"

	"maru/query"
)

// workerVerb is the process that runs queries. The server starts it.
func workerVerb() *verb {
	return &verb{name: "worker", short: "run queries for a server, which starts this itself", hidden: true, raw: true,
		run: func(ctx context.Context, c *call) error {
			return query.RunWorker(ctx, c.args)
		}}
}
