// Package api is how an endpoint is declared: with a role, a Go type for what
// comes in and one for what goes out. The OpenAPI document, the test of who
// may do what, and the pages' typed client are made from the declarations.
package api
