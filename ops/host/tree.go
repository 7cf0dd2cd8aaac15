package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Measure implements [Measurer] by walking dir on its own file system. What is linked twice counts once.
func (l *local) Measure(ctx context.Context, dir string) (size int64, whole bool, err error) {
	top := l.root + dir
	info, err := os.Lstat(top)
	if err != nil {
		return 0, false, fmt.Errorf("measuring %s: %w", dir, err)
	}
	if _, err := os.ReadDir(top); err != nil {
		return 0, false, fmt.Errorf("measuring %s: %w", dir, err)
	}
	here, _ := info.Sys().(*syscall.Stat_t)
	seen := map[uint64]bool{} // inodes with more than one name
	whole = true
	err = filepath.WalkDir(top, func(_ string, e fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // gone meanwhile, or not ours to read
			whole = whole && errors.Is(err, fs.ErrNotExist)
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return nil
		}
		s, ok := info.Sys().(*syscall.Stat_t)
		if !ok || here == nil {
			return nil
		}
		if s.Dev != here.Dev {
			if e.IsDir() {
				return fs.SkipDir // another file system, such as a container's root that is mounted here
			}
			return nil
		}
		if s.Nlink > 1 && !e.IsDir() {
			if seen[s.Ino] {
				return nil
			}
			seen[s.Ino] = true
		}
		size += s.Blocks * 512 // st_blocks counts 512 bytes, whatever the file system's own blocks are
		return nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return size, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("measuring %s: %w", dir, err)
	}
	return size, whole, nil
}
