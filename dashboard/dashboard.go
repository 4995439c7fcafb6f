package dashboard

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"maru"
	"maru/spec"
)

// Dashboards are those of one project. All methods may be called at the same
// time.
type Dashboards struct {
	needs Needs
	cfg   Config
	cache *cache

	files sync.Mutex           // held from reading a file to noting its version, so that no version is noted twice
	mu    sync.Mutex           // guards fresh; comes after files
	fresh map[string]freshFile // files that were written here, until the project has read them

	wordsMu sync.Mutex
	words   map[string]fileWords // by name: open pages ask ten times a second
}

// fileWords are the words of a text's SQL.
type fileWords struct {
	etag  string // of the text
	words map[string]bool
}

// wordsMax bounds the texts whose words are kept.
const wordsMax = 1000

// Open begins to answer over needs.DB, which must stay open until Close.
func Open(_ context.Context, cfg Config, needs Needs) (*Dashboards, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if needs.DB == nil || needs.SQL == nil || needs.Views == nil || needs.Files == nil {
		return nil, maru.Errorf(maru.Internal, "dashboard: one of DB, SQL, Views and Files is missing")
	}
	if needs.Clock == nil {
		needs.Clock = maru.SystemClock
	}
	if needs.Log == nil {
		needs.Log = slog.Default()
	}
	cfg = cfg.withDefaults()
	return &Dashboards{needs: needs, cfg: cfg, cache: newCache(cfg, needs), fresh: map[string]freshFile{}, words: map[string]fileWords{}}, nil
}

// Close ends what is being executed.
func (d *Dashboards) Close() error {
	d.cache.close()
	return nil
}

// Live is what a dashboard's page is told when something has changed.
type Live struct {
	ETag  string           `json:"etag"`
	Views map[string]int64 `json:"views"` // rows_out of each view that it may read
}

// Live says how far everything is that a dashboard shows.
func (d *Dashboards) Live(ctx context.Context, name string) (Live, error) {
	at, err := d.read(name)
	if err != nil {
		return Live{}, err
	}
	words, err := d.wordsAt(ctx, at)
	if err != nil {
		return Live{}, err
	}
	states, err := d.needs.Views.States(ctx)
	if err != nil {
		return Live{}, err
	}
	out := Live{ETag: at.etag, Views: map[string]int64{}}
	for name, st := range states {
		if words[strings.ToLower(name)] {
			out.Views[name] = st.Rows
		}
	}
	return out, nil
}

// wordsAt are the words of what a file shows; its text is taken apart once.
func (d *Dashboards) wordsAt(ctx context.Context, at fileAt) (map[string]bool, error) {
	d.wordsMu.Lock()
	known := d.words[at.name]
	d.wordsMu.Unlock()
	if known.etag == at.etag {
		return known.words, nil
	}
	shown, _, err := d.shown(ctx, at)
	if err != nil {
		return nil, err
	}
	known = fileWords{at.etag, wordsOf(shown)}
	d.wordsMu.Lock()
	defer d.wordsMu.Unlock()
	if len(d.words) >= wordsMax {
		clear(d.words)
	}
	d.words[at.name] = known
	return known.words, nil
}

// wordsOf are the words in the SQL of all tiles. A view that is only named in
// a text or a comment is told of for nothing, which does no harm.
func wordsOf(d spec.Dashboard) map[string]bool {
	out := map[string]bool{}
	for _, t := range d.Tiles {
		for _, w := range strings.FieldsFunc(t.SQL, func(r rune) bool {
			return r < 0x80 && !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_')
		}) {
			out[strings.ToLower(w)] = true
		}
	}
	return out
}

// find is the dashboard that is in force under name.
func (d *Dashboards) find(name string) (spec.Dashboard, bool) {
	all := d.needs.Files.Dashboards()
	i := slices.IndexFunc(all, func(s spec.Dashboard) bool { return s.Name == name })
	if i < 0 {
		return spec.Dashboard{}, false
	}
	return all[i], true
}
