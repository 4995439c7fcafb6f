package workspace

import (
	"maru"
	"maru/meta"
)

// Needs is what workspace takes from its surroundings. Only DB must be given.
type Needs struct {
	DB    *meta.DB   // workspace does not close it
	Clock maru.Clock // the machine's
}
