// Package file is a store in a folder of the local file system.
//
// An object is a file of its name. It is written to a temporary file, synced, and only then given its name, whereupon the
// folder is synced too: after a crash there is the old object, the new one or none. Temporary files live in a folder that
// no name can reach; what a crash leaves there is removed when the store is opened a day later.
//
// The folder and everything in it is readable by its owner alone. No name leads out of it, not even through symbolic links.
// One limit is that of file systems: an object's name cannot at the same time be the folder of other objects, and a part of
// a name has 255 bytes at most.
package file

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"stowage/blob"
)

const (
	dirMode  = 0o700
	fileMode = 0o600
	// tempDir begins with a dot, as no part of a name does. It lies inside the store so that a rename never crosses file systems.
	tempDir = ".tmp"
	// tempAge is when a temporary file is taken for a leftover. No write takes that long.
	tempAge = 24 * time.Hour
	// maxPart is NAME_MAX of Linux and macOS.
	maxPart = 255
)

// Store is a blob.Store in a folder. Use Open or Create, and Close.
type Store struct {
	root *os.Root
	// dirs are the folders known to exist and to be durable.
	dirs sync.Map
}

var _ blob.Store = (*Store)(nil)

// Create opens the store in a folder, which is made when it does not exist.
func Create(dir string) (*Store, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, fmt.Errorf("make the folder of the store: %w", translate(err))
	}
	return Open(dir)
}

// Open opens the store in a folder that exists.
func Open(dir string) (*Store, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder of the store: %w", err)
	}
	s := &Store{root: root}
	s.sweep(time.Now())
	return s, nil
}

// Close lets go of the folder.
func (s *Store) Close() error { return s.root.Close() }

// sweep removes what crashes left. What cannot be removed stays for the next time: the store works all the same.
func (s *Store) sweep(now time.Time) {
	entries, err := fs.ReadDir(s.root.FS(), tempDir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > tempAge {
			_ = s.root.Remove(path.Join(tempDir, e.Name()))
		}
	}
}

// Put stores data under name, replacing what is there.
func (s *Store) Put(ctx context.Context, name string, data []byte) error {
	if err := check(ctx, name); err != nil {
		return err
	}
	err := s.write(ctx, name, data, func(temp string) error { return s.root.Rename(temp, name) })
	if err != nil {
		return fmt.Errorf("put %s: %w", name, translate(err))
	}
	return nil
}

// PutIfAbsent stores data unless the name is taken. A hard link takes a name or finds it taken, in one step.
func (s *Store) PutIfAbsent(ctx context.Context, name string, data []byte) (bool, error) {
	if err := check(ctx, name); err != nil {
		return false, err
	}
	if _, err := s.root.Lstat(name); err == nil {
		return false, nil
	}
	taken := false
	err := s.write(ctx, name, data, func(temp string) error {
		err := s.root.Link(temp, name)
		if errors.Is(err, fs.ErrExist) {
			taken = true
			err = nil
		}
		return errors.Join(err, s.root.Remove(temp))
	})
	if err != nil {
		return false, fmt.Errorf("put %s: %w", name, translate(err))
	}
	return !taken, nil
}

// write writes a temporary file and calls place to give it its name.
func (s *Store) write(ctx context.Context, name string, data []byte, place func(temp string) error) (err error) {
	dir := path.Dir(name)
	if err := s.makeDir(dir); err != nil {
		return err
	}
	temp, err := s.writeTemp(data)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), s.root.Remove(temp))
	}
	err = place(temp)
	if errors.Is(err, fs.ErrNotExist) {
		// Somebody removed the folder since it was last seen.
		s.dirs.Clear()
		if err = s.makeDir(dir); err == nil {
			err = place(temp)
		}
	}
	if err != nil {
		_ = s.root.Remove(temp)
		return err
	}
	return s.syncDir(dir)
}

// writeTemp writes a temporary file that is on the disk when it returns.
func (s *Store) writeTemp(data []byte) (name string, err error) {
	name = path.Join(tempDir, rand.Text())
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if errors.Is(err, fs.ErrNotExist) {
		if err := s.makeDir(tempDir); err != nil {
			return "", err
		}
		f, err = s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	}
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = s.root.Remove(name)
		return "", err
	}
	return name, nil
}

// makeDir makes a folder and those above it, durably.
func (s *Store) makeDir(dir string) error {
	if dir == "." {
		return nil
	}
	if _, ok := s.dirs.Load(dir); ok {
		return nil
	}
	above := path.Dir(dir)
	if err := s.makeDir(above); err != nil {
		return err
	}
	if err := s.root.Mkdir(dir, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// Also when it existed: whoever made it may have crashed before it was synced.
	if err := s.syncDir(above); err != nil {
		return err
	}
	s.dirs.Store(dir, struct{}{})
	return nil
}

func (s *Store) syncDir(dir string) error {
	d, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get returns the whole object.
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	if err := check(ctx, name); err != nil {
		return nil, err
	}
	data, err := s.root.ReadFile(name)
	if errors.Is(err, syscall.EISDIR) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", name, translate(err))
	}
	return data, nil
}

// Stat describes an object.
func (s *Store) Stat(ctx context.Context, name string) (blob.Info, error) {
	if err := check(ctx, name); err != nil {
		return blob.Info{}, err
	}
	info, err := s.root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return blob.Info{}, fmt.Errorf("stat %s: %w", name, translate(err))
	}
	return blob.Info{Name: name, Size: info.Size()}, nil
}

// Delete removes an object. Folders stay.
func (s *Store) Delete(ctx context.Context, name string) error {
	if err := check(ctx, name); err != nil {
		return err
	}
	info, err := s.root.Lstat(name)
	if err == nil && info.IsDir() {
		return nil
	}
	if err == nil {
		err = s.root.Remove(name)
	}
	if err == nil {
		err = s.syncDir(path.Dir(name))
	}
	if err != nil && !absent(err) {
		return fmt.Errorf("delete %s: %w", name, translate(err))
	}
	return nil
}

// List yields the objects below prefix in the order of their names.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		if err := blob.CheckPrefix(prefix); err != nil {
			yield(blob.Info{}, err)
			return
		}
		dir := strings.TrimSuffix(prefix, "/")
		if dir == "" {
			dir = "."
		}
		if _, err := s.list(ctx, dir, yield); err != nil {
			yield(blob.Info{}, fmt.Errorf("list %s: %w", prefix, translate(err)))
		}
	}
}

// list yields what is in a folder and says whether to go on.
func (s *Store) list(ctx context.Context, dir string, yield func(blob.Info, error) bool) (bool, error) {
	entries, err := fs.ReadDir(s.root.FS(), dir)
	if absent(err) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	// A folder sorts where its content does: after "a-b" and before "a0".
	sortName := func(e fs.DirEntry) string {
		if e.IsDir() {
			return e.Name() + "/"
		}
		return e.Name()
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(sortName(a), sortName(b)) })
	for _, e := range entries {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		name := path.Join(dir, e.Name())
		if blob.CheckName(name) != nil {
			// Not ours: temporary files, and what others put here.
			continue
		}
		if e.IsDir() {
			if more, err := s.list(ctx, name, yield); err != nil || !more {
				return false, err
			}
			continue
		}
		info, err := e.Info()
		if absent(err) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err != nil {
			return false, err
		}
		if !yield(blob.Info{Name: name, Size: info.Size()}, nil) {
			return false, nil
		}
	}
	return true, nil
}

func check(ctx context.Context, name string) error {
	if err := blob.CheckName(name); err != nil {
		return err
	}
	for part := range strings.SplitSeq(name, "/") {
		if len(part) > maxPart {
			return fmt.Errorf("%w: a part of %d bytes", blob.ErrInvalidName, len(part))
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// absent says that there is no such file; a file where a folder would have to be comes to the same.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// translate adds what blob calls an error of the file system.
func translate(err error) error {
	var to error
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		to = blob.ErrFull
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		to = blob.ErrReadOnly
	case absent(err):
		to = blob.ErrNotFound
	case errors.Is(err, syscall.EISDIR), errors.Is(err, fs.ErrExist):
		to = blob.ErrInvalidName
	default:
		return err
	}
	return fmt.Errorf("%w: %w", to, err)
}
