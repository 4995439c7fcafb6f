package project

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"maru"
)

// DashboardFiles reads and writes the texts of a project's dashboards. Two
// writers that have read the same text do not overwrite each other: the
// second is maru.Conflict. An editor outside of this process can come between
// a check and its write, for the time of one rename.
type DashboardFiles struct {
	dir string
	mu  sync.Mutex // guards the time from a check to its write
}

// NewDashboardFiles gives those of the project in dir.
func NewDashboardFiles(dir string) *DashboardFiles { return &DashboardFiles{dir: dir} }

// DashboardFile is the file of a new dashboard, relative to the project.
func DashboardFile(name string) (string, error) {
	if err := maru.CheckName(name); err != nil {
		return "", &maru.Error{Op: "dashboard", Kind: maru.Invalid, Err: err}
	}
	return dashboardKind.folder + "/" + name + dashboardKind.ext, nil
}

// ETag names a text: equal texts have equal ones. It has no quotes.
func ETag(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// Read gives a dashboard's text and its ETag; maru.NotFound when there is no
// such file. file is relative to the project, as Dashboard.File.
func (f *DashboardFiles) Read(file string) (text []byte, etag string, err error) {
	root, err := f.open(file)
	if err != nil {
		return nil, "", err
	}
	defer root.Close()
	text, err = readIn(root, file)
	if err != nil {
		return nil, "", err
	}
	return text, ETag(text), nil
}

// Write puts text in the place of the one that etag names, whole or not at
// all; an empty etag makes a new file. maru.Conflict when the file has
// another text by now, or is there already. Once it returns the text
// outlives a crash.
func (f *DashboardFiles) Write(file, etag string, text []byte) (newTag string, err error) {
	if len(text) > definitionBytesMax {
		return "", tooLong(len(text))
	}
	root, err := f.open(file)
	if err != nil {
		return "", err
	}
	defer root.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := unchanged(root, file, etag); err != nil {
		return "", err
	}
	if err := replaceIn(root, file, text); err != nil {
		return "", fmt.Errorf("write %s: %w", file, err)
	}
	return ETag(text), nil
}

// Remove deletes the file whose text etag names.
func (f *DashboardFiles) Remove(file, etag string) error {
	root, err := f.open(file)
	if err != nil {
		return err
	}
	defer root.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	if etag == "" {
		return maru.Errorf(maru.Invalid, "remove %s: which text is to go must be said", file)
	}
	if err := unchanged(root, file, etag); err != nil {
		return err
	}
	if err := errors.Join(root.Remove(file), syncFolder(root, path.Dir(file))); err != nil {
		return fmt.Errorf("remove %s: %w", file, err)
	}
	return nil
}

// open gives the project's folder; a file name that could lead out of the
// dashboards is refused, and the root holds links to the same.
func (f *DashboardFiles) open(file string) (*os.Root, error) {
	p, problem := place(file)
	if problem.Message != "" || p.kind != dashboardKind || !filepath.IsLocal(file) || path.Clean(file) != file || strings.Contains(file, `\`) {
		return nil, maru.Errorf(maru.Invalid, "%.200q is no file of a dashboard: write dashboards/NAME.yaml", file)
	}
	if _, err := DashboardFile(p.name); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, fmt.Errorf("open project: %w", err)
	}
	return root, nil
}

func readIn(root *os.Root, file string) ([]byte, error) {
	info, err := root.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, maru.Errorf(maru.NotFound, "there is no %s", file)
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", file, err)
	case !info.Mode().IsRegular() || info.Size() > definitionBytesMax:
		return nil, maru.Errorf(maru.Invalid, "%s is no file of at most %d bytes", file, definitionBytesMax)
	}
	text, err := root.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return text, nil
}

func unchanged(root *os.Root, file, etag string) error {
	now, err := readIn(root, file)
	var known *maru.Error
	gone := errors.As(err, &known) && known.Kind == maru.NotFound
	switch {
	case etag == "" && gone:
		return nil
	case err != nil:
		return err
	case etag == "":
		return maru.Errorf(maru.Conflict, "%s is there already", file)
	case ETag(now) != etag:
		return maru.Errorf(maru.Conflict, "%s has been changed since it was read", file)
	}
	return nil
}

// replaceIn writes beside the file first, so that a reader sees the old text
// or the new one.
func replaceIn(root *os.Root, file string, text []byte) error {
	folder := path.Dir(file)
	if err := root.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	beside := path.Join(folder, "."+path.Base(file)+"."+rand.Text()[:8]+".tmp") // the watcher passes over it
	out, err := root.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = out.Write(text)
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil {
		err = root.Rename(beside, file)
	}
	if err != nil {
		return errors.Join(err, root.Remove(beside))
	}
	return syncFolder(root, folder)
}

// syncFolder makes the names in a folder outlive a crash.
func syncFolder(root *os.Root, folder string) error {
	d, err := root.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
