// Package maru is the vocabulary of the platform: names, schemas, errors,
// time and principals. No input or output happens here.
//
// A type enters this package when three parts need it. Every other package
// may import it; it imports only the standard library.
package maru
