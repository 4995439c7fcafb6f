package crashfs

import (
	"io"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"maru/broker/internal/commitlog"
)

// sector is what the disk writes whole or not at all.
const sector = 512

// FS implements commitlog.FS.
type FS struct {
	mu    sync.Mutex
	dirs  map[string]*dir
	epoch int   // files of an earlier one are dead
	boots int   // times that the power has come back
	used  int64 // bytes of all files, reserves included

	limit    int64 // of used; 0 = none
	failSync func(name string) error
}

var _ commitlog.FS = (*FS)(nil)

type dir struct {
	live, durable map[string]*node
}

// node is a file's content: what is seen, and what would be left.
type node struct {
	live, durable []byte
	dirty         map[int64]bool // sectors written since the last sync
	reserved      int64
}

// New is an empty file system.
func New() *FS { return &FS{dirs: map[string]*dir{}} }

// Limit makes writes fail with ENOSPC when all files together would take more;
// 0 takes the limit away.
func (f *FS) Limit(bytes int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limit = bytes
}

// Used is the bytes of all files.
func (f *FS) Used() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.used
}

// FailSync makes fn decide about every sync; nil ends that.
func (f *FS) FailSync(fn func(name string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failSync = fn
}

// Kill makes every open file dead, as the end of a process does. Nothing
// written is forgotten.
func (f *FS) Kill() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.epoch++
}

// Crash is a power cut: open files are dead, and of every sector and name
// that was not synced rng decides whether it is there. Without rng all is
// forgotten.
func (f *FS) Crash(rng *rand.Rand) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.boots++
	f.epoch++
	keep := func() bool { return rng != nil && rng.Intn(2) == 0 }
	for _, name := range sortedKeys(f.dirs) {
		d := f.dirs[name]
		for _, base := range unionKeys(d.live, d.durable) {
			if d.live[base] == d.durable[base] || !keep() {
				continue
			}
			if n := d.live[base]; n != nil {
				d.durable[base] = n
			} else {
				delete(d.durable, base)
			}
		}
		d.live = map[string]*node{}
		for base, n := range d.durable {
			d.live[base] = n
		}
	}
	f.used = 0
	for _, name := range sortedKeys(f.dirs) {
		d := f.dirs[name]
		for _, base := range sortedKeys(d.live) {
			d.live[base].crash(keep)
			f.used += d.live[base].size()
		}
	}
}

func (n *node) size() int64 { return max(int64(len(n.live)), n.reserved) }

// crash leaves the durable bytes and such unsynced sectors as keep says.
func (n *node) crash(keep func() bool) {
	out := slices.Clone(n.durable)
	sectors := make([]int64, 0, len(n.dirty))
	for s := range n.dirty {
		sectors = append(sectors, s)
	}
	slices.Sort(sectors)
	for _, s := range sectors {
		from := s * sector
		if !keep() || from >= int64(len(n.live)) {
			continue
		}
		to := min(from+sector, int64(len(n.live)))
		if int64(len(out)) < to {
			out = append(out, make([]byte, to-int64(len(out)))...)
		}
		copy(out[from:to], n.live[from:to])
	}
	n.live, n.durable, n.dirty, n.reserved = out, slices.Clone(out), nil, 0
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func unionKeys(a, b map[string]*node) []string {
	out := sortedKeys(a)
	for k := range b {
		if _, ok := a[k]; !ok {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

func split(name string) (string, string) {
	return filepath.Dir(filepath.Clean(name)), filepath.Base(name)
}

// BootID tells the times between two calls of Crash apart.
func (f *FS) BootID() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strconv.Itoa(f.boots)
}

// Flip turns over one bit of a file, on the disk and in the cache.
func (f *FS) Flip(name string, byteAt int64, bit uint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, base := split(name)
	n := f.dirs[d].live[base]
	n.live[byteAt] ^= 1 << bit
	if byteAt < int64(len(n.durable)) {
		n.durable[byteAt] ^= 1 << bit
	}
}

// Glob gives the files below dir whose name ends with suffix, sorted.
func (f *FS) Glob(root, suffix string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for name, d := range f.dirs {
		if name != root && !strings.HasPrefix(name, root+string(filepath.Separator)) {
			continue
		}
		for base := range d.live {
			if strings.HasSuffix(base, suffix) {
				out = append(out, filepath.Join(name, base))
			}
		}
	}
	slices.Sort(out)
	return out
}

// Size is the length of a file.
func (f *FS) Size(name string) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, base := split(name)
	return int64(len(f.dirs[d].live[base].live))
}

// MkdirAll makes directories; that they are there needs no sync here.
func (f *FS) MkdirAll(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for d := filepath.Clean(name); f.dirs[d] == nil; d = filepath.Dir(d) {
		f.dirs[d] = &dir{live: map[string]*node{}, durable: map[string]*node{}}
	}
	return nil
}

// Open opens or creates a file.
func (f *FS) Open(name string, create bool) (commitlog.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	dirName, base := split(name)
	d := f.dirs[dirName]
	if d == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	n := d.live[base]
	if n == nil {
		if !create {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		n = &node{}
		d.live[base] = n
	}
	return &file{fs: f, node: n, name: name, epoch: f.epoch}, nil
}

// Remove removes a file.
func (f *FS) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	dirName, base := split(name)
	d := f.dirs[dirName]
	if d == nil || d.live[base] == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	f.used -= d.live[base].size()
	delete(d.live, base)
	return nil
}

// RemoveAll removes a directory and all below it, for good.
func (f *FS) RemoveAll(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	name = filepath.Clean(name)
	for d := range f.dirs {
		if d == name || strings.HasPrefix(d, name+string(filepath.Separator)) {
			for _, n := range f.dirs[d].live {
				f.used -= n.size()
			}
			delete(f.dirs, d)
		}
	}
	return nil
}

// Rename gives a file another name in the same directory.
func (f *FS) Rename(from, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	dirName, base := split(from)
	_, target := split(to)
	d := f.dirs[dirName]
	if d == nil || d.live[base] == nil {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	if old := d.live[target]; old != nil {
		f.used -= old.size()
	}
	d.live[target] = d.live[base]
	delete(d.live, base)
	return nil
}

// ReadDir lists files and directories of name.
func (f *FS) ReadDir(name string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name = filepath.Clean(name)
	d := f.dirs[name]
	if d == nil {
		return nil, nil
	}
	out := sortedKeys(d.live)
	for sub := range f.dirs {
		if filepath.Dir(sub) == name && sub != name {
			out = append(out, filepath.Base(sub))
		}
	}
	slices.Sort(out)
	return out, nil
}

// SyncDir makes the names in a directory durable.
func (f *FS) SyncDir(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failSync != nil {
		if err := f.failSync(name); err != nil {
			return err
		}
	}
	if d := f.dirs[filepath.Clean(name)]; d != nil {
		d.durable = map[string]*node{}
		for base, n := range d.live {
			d.durable[base] = n
		}
	}
	return nil
}

// file is an open file.
type file struct {
	fs    *FS
	node  *node
	name  string
	epoch int
}

func (o *file) OS() *os.File { return nil }
func (o *file) Close() error { return nil }

// begin locks; an error means the process that opened o has ended.
func (o *file) begin() error {
	o.fs.mu.Lock()
	if o.epoch != o.fs.epoch {
		o.fs.mu.Unlock()
		return &fs.PathError{Op: "use", Path: o.name, Err: fs.ErrClosed}
	}
	return nil
}

func (o *file) ReadAt(b []byte, at int64) (int, error) {
	if err := o.begin(); err != nil {
		return 0, err
	}
	defer o.fs.mu.Unlock()
	if at >= int64(len(o.node.live)) {
		return 0, io.EOF
	}
	n := copy(b, o.node.live[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (o *file) WriteAt(b []byte, at int64) (int, error) {
	if err := o.begin(); err != nil {
		return 0, err
	}
	defer o.fs.mu.Unlock()
	n, room := o.node, len(b)
	if over := o.fs.over(n, at+int64(len(b))); over > 0 {
		room = max(0, len(b)-int(over)) // a full disk takes what fits
	}
	end := at + int64(room)
	before := n.size()
	if int64(len(n.live)) < end {
		n.live = append(n.live, make([]byte, end-int64(len(n.live)))...)
	}
	copy(n.live[at:end], b)
	if n.dirty == nil {
		n.dirty = map[int64]bool{}
	}
	for s := at / sector; s*sector < end; s++ {
		n.dirty[s] = true
	}
	o.fs.used += n.size() - before
	if room < len(b) {
		return room, &fs.PathError{Op: "write", Path: o.name, Err: syscall.ENOSPC}
	}
	return room, nil
}

// over is by how much n, grown to end, would go beyond the limit.
func (f *FS) over(n *node, end int64) int64 {
	grow := end - n.size()
	if f.limit == 0 || grow <= 0 {
		return 0
	}
	return max(0, f.used+grow-f.limit)
}

func (o *file) Size() (int64, error) {
	if err := o.begin(); err != nil {
		return 0, err
	}
	defer o.fs.mu.Unlock()
	return int64(len(o.node.live)), nil
}

func (o *file) Truncate(size int64) error {
	if err := o.begin(); err != nil {
		return err
	}
	defer o.fs.mu.Unlock()
	n := o.node
	before := n.size()
	n.reserved = 0
	if size < int64(len(n.live)) {
		n.live = n.live[:size:size]
	} else {
		n.live = append(n.live, make([]byte, size-int64(len(n.live)))...)
	}
	o.fs.used += n.size() - before
	return nil
}

func (o *file) Allocate(upTo int64) error {
	if err := o.begin(); err != nil {
		return err
	}
	defer o.fs.mu.Unlock()
	if o.fs.over(o.node, upTo) > 0 {
		return &fs.PathError{Op: "allocate", Path: o.name, Err: syscall.ENOSPC}
	}
	before := o.node.size()
	o.node.reserved = max(o.node.reserved, upTo)
	o.fs.used += o.node.size() - before
	return nil
}

func (o *file) Sync() error {
	if err := o.begin(); err != nil {
		return err
	}
	defer o.fs.mu.Unlock()
	if o.fs.failSync != nil {
		if err := o.fs.failSync(o.name); err != nil {
			return err
		}
	}
	o.node.flush()
	return nil
}

// flush copies what has changed.
func (n *node) flush() {
	if len(n.durable) > len(n.live) {
		n.durable = n.durable[:len(n.live)]
	}
	if grow := len(n.live) - len(n.durable); grow > 0 {
		n.durable = append(n.durable, make([]byte, grow)...)
	}
	for s := range n.dirty {
		from := s * sector
		if from < int64(len(n.live)) {
			to := min(from+sector, int64(len(n.live)))
			copy(n.durable[from:to], n.live[from:to])
		}
	}
	n.dirty = nil
}
