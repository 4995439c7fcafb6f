// Package ui holds the built pages: what `npm run build` in this directory
// has put into dist. A binary that was built without them has an empty tree.
package ui
