package fresh

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// A Disk is what is read of one. What it does not find, or may not read, is an [fs.PathError] as of package os.
type Disk interface {
	ReadDir(folder string) ([]fs.DirEntry, error)
	Stat(file string) (fs.FileInfo, error) // follows links
	Open(file string) (io.ReadCloser, error)
}

type osDisk struct{}

func (osDisk) ReadDir(folder string) ([]fs.DirEntry, error) { return os.ReadDir(folder) }
func (osDisk) Stat(file string) (fs.FileInfo, error)        { return os.Stat(file) }
func (osDisk) Open(file string) (io.ReadCloser, error)      { return os.Open(file) }

// A glob finds what patterns stand for. Unlike [filepath.Glob] it tells «there is none» from «I may not look». It reads
// each folder once.
type glob struct {
	disk Disk
	read map[string]folder
}

type folder struct {
	entries []fs.DirEntry
	err     error
}

// find returns the paths that match pattern, which is absolute and clean. The error is about the folder that the pattern
// names without any wildcard; or, if nothing matched, about any that may not be read.
func (g *glob) find(pattern string) (found []string, err error) {
	parts := strings.Split(pattern[1:], "/")
	plain := slices.IndexFunc(parts, wild)
	if plain < 0 {
		plain = len(parts) - 1 // the file itself
	}
	base := "/" + strings.Join(parts[:plain], "/")
	if f := g.folder(base); f.err != nil {
		return nil, f.err
	}
	found, err = g.walk(base, parts[plain:])
	if len(found) > 0 {
		err = nil
	}
	return found, err
}

func (g *glob) walk(at string, rest []string) (found []string, err error) {
	f := g.folder(at)
	if f.err != nil {
		if errors.Is(f.err, fs.ErrNotExist) || notFolder(f.err) {
			return nil, nil
		}
		return nil, f.err
	}
	for _, e := range f.entries {
		if ok, _ := path.Match(rest[0], e.Name()); !ok { // the pattern was checked
			continue
		}
		next := path.Join(at, e.Name())
		if len(rest) == 1 {
			found = append(found, next)
			continue
		}
		if !e.IsDir() && e.Type()&fs.ModeSymlink == 0 {
			continue
		}
		more, failed := g.walk(next, rest[1:])
		found, err = append(found, more...), errors.Join(err, failed)
	}
	return found, err
}

func (g *glob) folder(at string) folder {
	f, ok := g.read[at]
	if !ok {
		f.entries, f.err = g.disk.ReadDir(at)
		g.read[at] = f
	}
	return f
}

func wild(s string) bool { return strings.ContainsAny(s, `*?[\`) }

// plainFolder is the part of a pattern that names a folder without any wildcard.
func plainFolder(pattern string) string {
	at := path.Dir(pattern)
	for wild(at) {
		at = path.Dir(at)
	}
	return at
}
