// Package serve is the streamer's side of its socket: definitions in, views,
// changes and status out.
package serve
