// Package live tells many readers what changes: a topic is looked at once a
// moment while somebody listens, however many they are, and what is new is
// sent. A reader that is slow skips to the newest.
package live
