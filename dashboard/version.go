package dashboard

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"maru"
	"maru/spec"
)

// Kinds of versions.
const (
	KindSaved    = "saved"    // in the browser
	KindFile     = "file"     // the file was changed on disk
	KindRefused  = "refused"  // wanted, but somebody else was faster
	KindRestored = "restored" // an earlier one again
)

// Version is what a dashboard's file said once, or should have said.
type Version struct {
	Number int
	At     time.Time
	By     string // ID of the principal; empty: whoever wrote the file
	Kind   string
	Tiles  int
	ETag   string
	file   string
	text   string // not in lists
}

const versionColumns = "version, at, by, kind, tiles, etag, file"

// Versions are those of one dashboard, newest first, also of one that was
// deleted; maru.NotFound when there never was one.
func (d *Dashboards) Versions(ctx context.Context, name string) (out []Version, err error) {
	err = d.needs.DB.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT "+versionColumns+" FROM dashboard_version WHERE dashboard = ? ORDER BY version DESC LIMIT ?", name, VersionsMax)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var v Version
			if err := v.scan(rows.Scan); err != nil {
				return err
			}
			out = append(out, v)
		}
		return rows.Err()
	})
	if err == nil && len(out) == 0 {
		err = noDashboard(name)
	}
	return out, err
}

func (v *Version) scan(scan func(...any) error, more ...any) error {
	var at int64
	err := scan(append([]any{&v.Number, &at, &v.By, &v.Kind, &v.Tiles, &v.ETag, &v.file}, more...)...)
	v.At = time.UnixMicro(at).UTC()
	return err
}

// Version is one, with what it says and what is wrong with it.
func (d *Dashboards) Version(ctx context.Context, name string, number int) (Version, spec.Dashboard, []spec.Problem, error) {
	v, err := d.version(ctx, name, "version = ?", number)
	if err != nil {
		return v, spec.Dashboard{}, nil, err
	}
	said, problems := d.needs.Files.Parse(name, []byte(v.text))
	return v, said, problems, nil
}

// version is the newest that fits a condition, with its text.
func (d *Dashboards) version(ctx context.Context, name, where string, args ...any) (v Version, err error) {
	err = d.needs.DB.Read(ctx, func(tx *sql.Tx) error {
		return v.scan(tx.QueryRowContext(ctx, "SELECT "+versionColumns+", text FROM dashboard_version WHERE dashboard = ? AND "+where+" ORDER BY version DESC LIMIT 1",
			append([]any{name}, args...)...).Scan, &v.text)
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = maru.Errorf(maru.NotFound, "dashboard %.100q has no such version: the newest %d are kept", name, VersionsMax)
	}
	return v, err
}

// current is the version that the text is, noted now if it is new: somebody
// changed the file. The caller holds files.
func (d *Dashboards) current(ctx context.Context, at fileAt) (Version, error) {
	newest, err := d.version(ctx, at.name, "kind <> '"+KindRefused+"'")
	if err == nil && newest.ETag == at.etag {
		return newest, nil
	}
	if err != nil && maru.KindOf(err) != maru.NotFound {
		return Version{}, err
	}
	return d.note(ctx, at, KindFile, "")
}

// note keeps a text as a new version. The caller holds files.
func (d *Dashboards) note(ctx context.Context, at fileAt, kind, by string) (Version, error) {
	said, _ := d.needs.Files.Parse(at.name, at.text)
	v := Version{At: d.needs.Clock.Now().UTC().Truncate(time.Microsecond), By: by, Kind: kind, Tiles: len(said.Tiles), ETag: at.etag, file: at.file}
	err := d.needs.DB.Write(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRow("SELECT coalesce(max(version), 0) + 1 FROM dashboard_version WHERE dashboard = ?", at.name).Scan(&v.Number); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO dashboard_version(dashboard, version, at, by, kind, file, etag, tiles, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			at.name, v.Number, v.At.UnixMicro(), by, kind, at.file, at.etag, v.Tiles, string(at.text))
		if err != nil {
			return err
		}
		if _, err = tx.Exec("DELETE FROM dashboard_version WHERE dashboard = ? AND version <= ?", at.name, v.Number-VersionsMax); err != nil {
			return err
		}
		_, err = tx.Exec("DELETE FROM dashboard_version WHERE rowid IN (SELECT rowid FROM dashboard_version ORDER BY at LIMIT max(0, (SELECT count(*) FROM dashboard_version) - ?))", versionsAllMax)
		return err
	})
	return v, err
}

// Noticed notes what was changed on disk. The project calls it when it has
// read its files anew.
func (d *Dashboards) Noticed(ctx context.Context) error {
	names := map[string]bool{}
	for _, s := range d.needs.Files.Dashboards() {
		names[s.Name] = true
	}
	for _, p := range d.needs.Files.Problems() {
		names[nameOf(p.File)] = true
	}
	var first error
	for name := range names {
		if _, err := d.Get(ctx, name); err != nil && first == nil && maru.KindOf(err) != maru.NotFound {
			first = err
		}
	}
	return first
}

// latest are the newest versions of all dashboards, by name.
func (d *Dashboards) latest(ctx context.Context) (map[string]Version, error) {
	out := map[string]Version{}
	err := d.needs.DB.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT `+versionColumns+`, dashboard FROM dashboard_version AS v
			WHERE version = (SELECT max(version) FROM dashboard_version WHERE dashboard = v.dashboard AND kind <> 'refused')`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var v Version
			var name string
			if err := v.scan(rows.Scan, &name); err != nil {
				return err
			}
			out[name] = v
		}
		return rows.Err()
	})
	return out, err
}

func noDashboard(name string) error {
	return maru.Errorf(maru.NotFound, "there is no dashboard %.100q", name)
}
