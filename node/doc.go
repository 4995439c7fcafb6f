// Package node builds every part, starts them in order and stops them in
// reverse. node.go tells that story; the other files plug one part's needs
// into another.
package node
