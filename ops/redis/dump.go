package redis

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"vigie/ops"
)

// Info is what is known of a dump that was read from end to end.
type Info struct {
	Size      int64
	SHA256    string // in hex
	Format    int    // the version of the RDB notation: 10 is Redis 7.0, 12 is 7.4 and 8.0
	Version   string // the server that wrote it: "7.0.15"; "" if it does not say
	Made      time.Time
	Memory    int64         // bytes that the server used when it wrote it
	Keys      int64         // -1 if the notation is newer than is known here: then only its end and its check sum were looked at
	Volatile  int64         // those of Keys that expire one day
	Expired   int64         // those of Volatile that have expired by now; Redis drops them while loading
	DBs       map[int]int64 // Keys by database
	Functions int           // libraries
	Summed    bool          // it has a check sum, and the check sum is right
}

// aux takes in one of the fields that a server writes about itself.
func (i *Info) aux(name, value string) {
	n, _ := strconv.ParseInt(value, 10, 64)
	switch name {
	case "redis-ver", "valkey-ver":
		i.Version = value
	case "ctime":
		i.Made = time.Unix(n, 0).UTC()
	case "used-mem":
		i.Memory = n
	}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// seen is one state of one file: as long as it is the same, so is what is inside.
type seen struct {
	path             string
	size             int64
	modified, change int64 // in ns; change also tells of a file put in its place
	inode            uint64
}

// A dump is a file that could be restored.
type dump struct {
	seen
	name string // without the folder
}

func (d dump) at() time.Time { return time.Unix(0, d.modified) }

// stat looks at a file without reading it.
func stat(path string) (seen, error) {
	f, err := os.Stat(path)
	if err != nil {
		return seen{}, err
	}
	if !f.Mode().IsRegular() {
		return seen{}, fmt.Errorf("%s is no plain file", path)
	}
	was := seen{path: path, size: f.Size(), modified: f.ModTime().UnixNano()}
	if sys, ok := f.Sys().(*syscall.Stat_t); ok {
		was.change, was.inode = sys.Ctim.Nano(), sys.Ino
	}
	return was, nil
}

// Verify reads the dump at path from end to end. Its error says in words what is wrong with the file, and is of kind Invalid;
// or that it could not be read, and is of kind Unavailable. What was read once is remembered for as long as the file is
// the same.
func (s *System) Verify(ctx context.Context, path string) (Info, error) {
	was, err := stat(path)
	if err != nil {
		return Info{}, unreadable(path, err)
	}
	s.mu.Lock()
	info, known := s.known[was]
	s.mu.Unlock()
	if known {
		return info, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return Info{}, unreadable(path, err)
	}
	defer f.Close()
	info, err = walk(ctx, f, time.Now())
	if err != nil {
		return info, broken(ctx, path, info, err)
	}
	if after, err := stat(path); err != nil || after != was {
		return info, ops.Fail(ops.Unavailable, ops.T("%s changed while I read it. Ask again in a moment.", "%s a changé pendant que je le lisais. Redemande dans un instant.",
			ops.Name(filepath.Base(path))), err)
	}
	s.mu.Lock()
	if len(s.known) > 500 {
		clear(s.known)
	}
	s.known[was] = info
	s.mu.Unlock()
	return info, nil
}

// broken says what is wrong with a dump.
func broken(ctx context.Context, path string, info Info, err error) error {
	name := ops.Name(filepath.Base(path))
	bad := func(why ops.Text) error { return ops.Fail(ops.Invalid, why, err) }
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("reading %s: %w", path, ctx.Err())
	case errors.Is(err, errNotRDB) && info.Size == 0:
		return bad(ops.T("%s is empty. Choose another dump.", "%s est vide. Choisis une autre sauvegarde.", name))
	case errors.Is(err, errNotRDB):
		return bad(ops.T("%s is no Redis dump: it does not begin like one.", "%s n’est pas une sauvegarde de Redis : il ne commence pas comme il faut.", name))
	case errors.Is(err, errCutOff):
		return bad(ops.T("%s is cut off: it ends after %s, in the middle. Choose another dump.", "%s est tronqué : il s’arrête au milieu, après %s. Choisis une autre sauvegarde.", name, ops.Size(info.Size)))
	case errors.Is(err, errFollows):
		return bad(ops.T("%s goes on after the end of the dump: that is an append-only file or two files in one.", "%s continue après la fin de la sauvegarde : c’est un fichier AOF, ou deux fichiers en un.", name))
	case errors.Is(err, errSum), errors.Is(err, errNonsense):
		return bad(ops.T("%s is damaged: %s. Choose another dump.", "%s est abîmé : %s. Choisis une autre sauvegarde.", name, damage(err)))
	}
	return unreadable(path, err)
}

func damage(err error) ops.Text {
	if errors.Is(err, errSum) {
		return ops.T("its check sum is wrong", "sa somme de contrôle est fausse")
	}
	return ops.T("what it holds makes no sense", "son contenu n’a pas de sens")
}

func unreadable(path string, err error) error {
	name := ops.Name(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ops.Fail(ops.NotFound, ops.T("There is no %s any more.", "%s n’existe plus.", name), err)
	case errors.Is(err, fs.ErrPermission):
		return ops.Fail(ops.Unavailable, ops.T("I may not read %s. Let the user that I run as read it.", "Je n’ai pas le droit de lire %s. Donne ce droit à l’utilisateur sous lequel je tourne.", name), err)
	}
	return ops.Fail(ops.Unavailable, ops.T("I cannot read %s: %s", "Je n’arrive pas à lire %s : %s", name, ops.Clean(err.Error())), err)
}

// dumps lists what matches the patterns, newest first.
func (s *System) dumps() (list []dump) {
	for _, pattern := range s.o.Dumps {
		found, _ := filepath.Glob(pattern) // the pattern was checked with the configuration
		for _, path := range found {
			if was, err := stat(path); err == nil {
				list = append(list, dump{was, filepath.Base(path)})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b dump) int { return int(min(max(b.modified-a.modified, -1), 1)) })
	return list
}

// find is the dump called name, or the newest if name is empty.
func (s *System) find(name string) (dump, error) {
	all := s.dumps()
	if len(all) == 0 {
		return dump{}, ops.Fail(ops.NotFound, ops.T("There is no dump of %s where I look for them.", "Il n’y a aucune sauvegarde de %s là où je les cherche.", s.name()), nil)
	}
	for _, d := range all {
		if name == "" || d.name == name || d.path == name {
			return d, nil
		}
	}
	e := ops.Fail(ops.NotFound, ops.T("There is no dump called %s.", "Il n’y a pas de sauvegarde nommée %s.", ops.Name(name)), nil)
	e.Param, e.Choices = "dump", choices(all)
	return dump{}, e
}

func choices(all []dump) (list []ops.Choice) {
	for _, d := range all[:min(len(all), 20)] {
		list = append(list, ops.Choice{Value: d.name, Hint: ops.T("%s, %s ago", "%s, il y a %s", ops.Size(d.size), ops.Since(d.at()))})
	}
	return list
}

var _ = ops.Names(&set, "redis-dump", func(_ context.Context, s *System) ([]ops.Choice, error) { return choices(s.dumps()), nil })
