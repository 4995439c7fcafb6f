package govern

import (
	"log/slog"

	"maru"
	"maru/meta"
)

// Needs is what govern takes from its surroundings. Only DB must be given.
type Needs struct {
	DB    *meta.DB     // users and sessions are kept here; govern does not close it
	Clock maru.Clock   // the machine's
	Log   *slog.Logger // slog.Default()
}
