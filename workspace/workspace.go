package workspace

import (
	"context"
	"database/sql"

	"maru"
	"maru/meta"
)

// Workspace keeps things of people. All methods may be called at the same time.
type Workspace struct {
	cfg   Config
	db    *meta.DB
	clock maru.Clock
}

// Open begins to keep things in needs.DB, which must stay open.
func Open(_ context.Context, cfg Config, needs Needs) (*Workspace, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if needs.DB == nil {
		return nil, maru.Errorf(maru.Invalid, "workspace: no database was given: open meta.db first")
	}
	w := &Workspace{cfg: cfg.withDefaults(), db: needs.DB, clock: needs.Clock}
	if w.clock == nil {
		w.clock = maru.SystemClock
	}
	return w, nil
}

// Forget deletes what was kept of owner alone. Queries that others use stay:
// an admin may delete them.
func (w *Workspace) Forget(ctx context.Context, owner string) error {
	return w.db.Write(ctx, func(tx *sql.Tx) error {
		for _, q := range []string{"DELETE FROM workspace_preference WHERE owner = ?", "DELETE FROM workspace_run WHERE owner = ?",
			"DELETE FROM workspace_query WHERE owner = ? AND shared = 0"} {
			if _, err := tx.Exec(q, owner); err != nil {
				return err
			}
		}
		return nil
	})
}
