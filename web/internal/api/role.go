package api

import "maru"

// Role is what an endpoint wants of who asks. Each includes those before it.
type Role string

// The roles.
const (
	Open   Role = "open" // nobody in particular
	Viewer Role = "viewer"
	Editor Role = "editor"
	Admin  Role = "admin"
)

var rank = map[Role]int{Open: 0, Viewer: 1, Editor: 2, Admin: 3}

func (r Role) known() bool { _, ok := rank[r]; return ok }

// Allows says whether a principal has the role or a greater one.
func (r Role) Allows(p maru.Principal) bool {
	for _, has := range p.Roles {
		if rank[Role(has)] >= rank[r] {
			return true
		}
	}
	return r == Open
}
