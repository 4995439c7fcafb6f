package meta

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"maru"
)

// EventsMax is how many events are kept: the newest.
const EventsMax = 10_000

// eventTextMax bounds the text of an event, in bytes.
const eventTextMax = 4 << 10

// Event is something that happened to a service.
type Event struct {
	At      time.Time `json:"at"`
	Service string    `json:"service"`
	Kind    string    `json:"kind"` // a state of the service, or a word of its own
	Text    string    `json:"text"`
}

// AddEvent keeps ev and forgets those beyond EventsMax. A longer text is cut.
func (db *DB) AddEvent(ctx context.Context, ev Event) error {
	// Statements of a write take no ctx: interrupting one would break the
	// transaction that others share.
	return db.Write(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec("INSERT INTO event(at, service, kind, text) VALUES (?, ?, ?, ?)",
			ev.At.UnixMicro(), ev.Service, ev.Kind, cut(ev.Text, eventTextMax))
		if err != nil {
			return err
		}
		id, err := res.LastInsertId()
		if err != nil {
			return err
		}
		_, err = tx.Exec("DELETE FROM event WHERE id <= ?", id-EventsMax)
		return err
	})
}

// Events gives the newest n events, newest first; of one service when it is named.
func (db *DB) Events(ctx context.Context, service string, n int) (out []Event, err error) {
	err = db.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx,
			"SELECT at, service, kind, text FROM event WHERE ?1 IN ('', service) ORDER BY id DESC LIMIT ?2",
			service, max(0, min(n, EventsMax)))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var ev Event
			var at int64
			if err := rows.Scan(&at, &ev.Service, &ev.Kind, &ev.Text); err != nil {
				return err
			}
			ev.At = time.UnixMicro(at)
			out = append(out, ev)
		}
		return rows.Err()
	})
	return out, err
}

// Setting gives the value of key; maru.NotFound when it was never set.
func (db *DB) Setting(ctx context.Context, key string) (value string, err error) {
	err = db.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT value FROM setting WHERE key = ?", key).Scan(&value)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", maru.Errorf(maru.NotFound, "setting %s is not set", key)
	}
	return value, err
}

// Set gives key a value, as of now.
func (db *DB) Set(ctx context.Context, key, value string, now time.Time) error {
	return db.Write(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO setting(key, value, updated_at) VALUES (?, ?, ?)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
			key, value, now.UnixMicro())
		return err
	})
}

func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}
