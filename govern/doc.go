// Package govern says who somebody is and what role they have: users, their
// passwords, and the sessions of their browsers.
//
// In: names and passwords at the door; the token of a session with each request.
// Out: a maru.Principal with one role (viewer, editor, admin); errors for people.
// Keeps: users and sessions in meta.db: passwords as argon2id, tokens as SHA-256.
// Speaks: Go calls; PHC strings for passwords.
// Swap: an OpenID Connect provider or LDAP in front, which says who signs in.
//
// It decides who somebody is, not what a request may do: the caller asks for
// the role that an action needs before it calls AddUser and its like.
package govern
