package node

import (
	"context"
	"database/sql"
	"time"
)

// Bounds of what is kept of the last days.
const (
	samplesFor     = 48 * time.Hour
	samplesAMinute = 1000 // services of one minute that are kept
	samplesTimeout = 5 * time.Second
)

// sampleRow is a minute of one service, as meta.db has it.
type sampleRow struct {
	kind, name string
	minute
}

// load takes the last 24 hours from meta.db, so that they survive a restart.
func (s *samples) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, samplesTimeout)
	defer cancel()
	var all []sampleRow
	err := s.n.meta.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT at, kind, name, state, coalesce(rate, -1), late, lag, restarts FROM sample WHERE at > ? ORDER BY at", time.Now().Add(-24*time.Hour).UnixMicro())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r sampleRow
			var at int64
			if err := rows.Scan(&at, &r.kind, &r.name, &r.state, &r.rate, &r.late, &r.lag, &r.restarts); err != nil {
				return err
			}
			r.end = time.UnixMicro(at)
			all = append(all, r)
		}
		return rows.Err()
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range all {
		s.of(r.kind, r.name).add(r.minute)
	}
	return err
}

// store writes one minute, and forgets what is older than samplesFor.
func (s *samples) store(ctx context.Context, now time.Time, all []sampleRow) error {
	ctx, cancel := context.WithTimeout(ctx, samplesTimeout)
	defer cancel()
	return s.n.meta.Write(ctx, func(tx *sql.Tx) error {
		for _, r := range all[:min(len(all), samplesAMinute)] {
			rate := sql.NullFloat64{Float64: r.rate, Valid: r.rate >= 0}
			if _, err := tx.Exec("INSERT OR REPLACE INTO sample(at, kind, name, state, rate, late, lag, restarts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
				now.UnixMicro(), r.kind, r.name, r.state, rate, r.late, r.lag, r.restarts); err != nil {
				return err
			}
		}
		_, err := tx.Exec("DELETE FROM sample WHERE at < ?", now.Add(-samplesFor).UnixMicro())
		return err
	})
}
