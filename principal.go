package maru

import "context"

// Principal is who asks. Every request carries one in its context from the
// first day, so that rights can be added without changing a signature.
type Principal struct {
	ID    string   // "local" for the holder of the data directory's token
	Kind  string   // "user", "service"
	Roles []string // "admin", "editor", "viewer"
}

// Local is the holder of the data directory's token: an administrator.
var Local = Principal{ID: "local", Kind: "user", Roles: []string{"admin"}}

type principalKey struct{}

// WithPrincipal gives ctx a principal.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalOf says who asks; false when nobody was named, which grants nothing.
func PrincipalOf(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}
