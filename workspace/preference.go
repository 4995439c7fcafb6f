package workspace

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"

	"maru"
)

// Preferences are what the pages keep of a person.
type Preferences struct {
	Body []byte // one JSON object
	Tag  string // changes when Body does
}

// Newer is the error of a change to preferences that somebody else, most often
// another window, has changed since they were read. Its kind is maru.Conflict.
type Newer struct{ Now Preferences }

func (e *Newer) Error() string {
	return "the preferences have been changed elsewhere since they were read: take the newer ones and change those"
}

// Unwrap gives the kind.
func (e *Newer) Unwrap() error { return &maru.Error{Kind: maru.Conflict, Op: e.Error()} }

func preferences(body []byte) Preferences {
	sum := sha256.Sum256(body)
	return Preferences{Body: body, Tag: hex.EncodeToString(sum[:8])}
}

// Preferences of owner; {} when nothing was kept.
func (w *Workspace) Preferences(ctx context.Context, owner string) (p Preferences, err error) {
	err = w.db.Read(ctx, func(tx *sql.Tx) error {
		p, err = preferencesIn(tx, owner)
		return err
	})
	return p, err
}

func preferencesIn(tx *sql.Tx, owner string) (Preferences, error) {
	var body []byte
	err := tx.QueryRow("SELECT body FROM workspace_preference WHERE owner = ?", owner).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return preferences([]byte("{}")), nil
	}
	return preferences(body), err
}

// SetPreferences replaces what owner keeps. With a tag it is a *Newer when the
// tag is no longer that of what is kept.
func (w *Workspace) SetPreferences(ctx context.Context, owner string, body []byte, tag string) (out Preferences, err error) {
	if len(body) > PreferencesBytesMax {
		return out, maru.Errorf(maru.TooLarge, "the preferences have %d bytes, at most %d are kept", len(body), PreferencesBytesMax)
	}
	if text := bytes.TrimSpace(body); !json.Valid(body) || text[0] != '{' {
		return out, maru.Errorf(maru.Invalid, "preferences are one JSON object, such as {\"theme\": \"dark\"}")
	}
	out = preferences(body)
	return out, w.db.Write(ctx, func(tx *sql.Tx) error {
		if tag != "" {
			now, err := preferencesIn(tx, owner)
			if err != nil {
				return err
			}
			if now.Tag != tag && now.Tag != out.Tag {
				return &Newer{now}
			}
		}
		_, err := tx.Exec(`INSERT INTO workspace_preference(owner, body, changed_at) VALUES (?, ?, ?)
			ON CONFLICT (owner) DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at`, owner, string(body), w.clock.Now().UnixMicro())
		return err
	})
}
