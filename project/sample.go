package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"maru"
)

// AddSample writes files into dir, all of which must be free: maru.Conflict
// when the project has a collector, a topic or a stream, or one of the files.
// Settings, and what begins with a dot, are left as they are when they are there. It gives what was
// written; after an error that may be some.
func AddSample(dir string, files fs.FS) ([]string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open project: %w", err)
	}
	defer root.Close()
	if err := untouched(root); err != nil {
		return nil, err
	}
	var names []string
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch _, err := root.Lstat(name); {
		case err == nil && (name == SettingsFile || strings.HasPrefix(name, ".")):
			return nil
		case err == nil:
			return maru.Errorf(maru.Conflict, "the project has a file %s already: sample data is for an empty one", name)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
		names = append(names, name)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		text, err := fs.ReadFile(files, name)
		if err == nil {
			err = replaceIn(root, name, text)
		}
		if err != nil {
			return names[:i], fmt.Errorf("write %s: %w", name, err)
		}
	}
	return names, nil
}

// untouched says whether nobody has begun to define anything, right or wrong.
func untouched(root *os.Root) error {
	for _, k := range []kind{collectorKind, topicKind, streamKind} {
		entries, err := fs.ReadDir(root.FS(), k.folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), ".") {
				return maru.Errorf(maru.Conflict, "the project is not empty: there is %s/%s. Sample data would stand between what is yours; start a server with an empty folder for it", k.folder, e.Name())
			}
		}
	}
	return nil
}
