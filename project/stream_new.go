package project

import (
	"fmt"
	"os"
	"strings"

	"maru"
)

// NewStream is a text as it would be written to streams/NAME.sql, and what it
// says. Without a header it gets an empty one, on added lines of its own.
func NewStream(name, sql string) (s Stream, text string, added int, problems []Problem) {
	text = strings.TrimRight(strings.ReplaceAll(sql, "\r\n", "\n"), " \t\n") + "\n"
	if headerOpens.FindStringIndex(text) == nil {
		text, added = "/* maru\n*/\n"+text, 2
	}
	r := &reader{file: streamKind.folder + "/" + name + streamKind.ext}
	if _, ok := r.checkText([]byte(text)); ok {
		s = r.stream([]byte(text), name)
	}
	s.Name, s.File = name, r.file
	return s, text, added, r.problems
}

// AddStream writes streams/NAME.sql below dir, whole or not at all; it is
// maru.Conflict when there is one.
func AddStream(dir, name, text string) (file string, err error) {
	if err := maru.CheckName(name); err != nil {
		return "", &maru.Error{Op: "stream", Kind: maru.Invalid, Err: err}
	}
	if len(text) > definitionBytesMax {
		return "", maru.Errorf(maru.TooLarge, "the stream has %d bytes, at most %d are allowed", len(text), definitionBytesMax)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fmt.Errorf("open project: %w", err)
	}
	defer root.Close()
	file = streamKind.folder + "/" + name + streamKind.ext
	if err := unchanged(root, file, ""); err != nil {
		return "", err
	}
	if err := replaceIn(root, file, []byte(text)); err != nil {
		return "", fmt.Errorf("write %s: %w", file, err)
	}
	return file, nil
}
