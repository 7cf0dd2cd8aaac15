package postgres

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// inside begins the path of a dump that is in the container.
const inside = "container:"

// partial ends the name of a dump that is being written.
const partial = ".vigie-partial"

// safety begins, after the hyphen, what tells a safety dump from others of the same database.
const safety = "vigie_before_"

// endings are what dump files end with; a file may have two.
var endings = []string{".gz", ".zst", ".zstd", ".dump", ".sql", ".pgdump", ".backup", ".custom", ".tar", ".dir", ".pg"}

// stem is a file's name without its endings.
func stem(base string) string {
	for again := true; again; {
		again = false
		for _, e := range endings {
			if len(base) > len(e) && strings.HasSuffix(strings.ToLower(base), e) {
				base, again = base[:len(base)-len(e)], true
			}
		}
	}
	return base
}

var stamp = regexp.MustCompile(`^(\d{8})[_T]?(\d{4}(?:\d{2})?)?$`)

// named reads a dump's database and time off its name. A database's name has no hyphen in it as a rule, but may: what stands behind the
// last one is not part of it, unless a database of exactly that name is known.
func named(base string, known []string, zone *time.Location) (database string, made time.Time, ours bool) {
	whole := stem(base)
	if slices.Contains(known, whole) {
		return whole, time.Time{}, false
	}
	at := strings.LastIndexByte(whole, '-')
	if at <= 0 {
		return whole, time.Time{}, false
	}
	database, tag := whole[:at], whole[at+1:]
	if found := stamp.FindStringSubmatch(tag); found != nil {
		layout, words := "20060102", found[1]
		if found[2] != "" {
			layout, words = layout+"150405"[:len(found[2])], words+found[2]
		}
		if t, err := time.ParseInLocation(layout, words, zone); err == nil && found[2] != "" {
			made = t
		}
	}
	return database, made, strings.HasPrefix(tag, safety)
}

// file makes a File of what was found.
func (c *cluster) file(p string, size int64, modified time.Time, known []string) File {
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	f := File{Path: p, Name: path.Base(p), Size: size, Modified: modified.UTC(), Made: modified.UTC()}
	var made time.Time
	f.Database, made, f.Ours = named(f.Name, known, zone)
	if !made.IsZero() && made.Before(modified) { // a copy of a file is younger than the dump in it
		f.Made = made.UTC()
	}
	return f
}

func (c *cluster) Dumps(ctx context.Context) ([]File, error) {
	var known []string
	if all, err := c.Databases(ctx); err == nil { // files can be listed without the server
		for _, d := range all {
			known = append(known, d.Name)
		}
	}
	byPath := map[string]File{}
	for _, pattern := range c.Options.Dumps {
		found, err := c.match(ctx, pattern, known)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if !strings.HasSuffix(f.Name, partial) {
				byPath[f.Path] = f
			}
		}
	}
	list := make([]File, 0, len(byPath))
	for _, f := range byPath {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b File) int {
		if d := b.Made.Compare(a.Made); d != 0 {
			return d
		}
		return strings.Compare(a.Path, b.Path)
	})
	return list, nil
}

func (c *cluster) match(ctx context.Context, pattern string, known []string) (list []File, err error) {
	if in, ok := strings.CutPrefix(pattern, inside); ok {
		return c.matchInside(ctx, in, known)
	}
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, ops.Fail(ops.Invalid, ops.T("%s is no pattern of file names", "%s n’est pas un motif de noms de fichiers", ops.Name(pattern)), err)
	}
	for _, p := range paths {
		size, modified, err := measure(p)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNoDump) {
			continue
		}
		if err != nil {
			return nil, unreadable(p, err)
		}
		list = append(list, c.file(p, size, modified, known))
	}
	return list, nil
}

// matchInside looks for files in the container: find gives the names, stat what they are.
func (c *cluster) matchInside(ctx context.Context, pattern string, known []string) (list []File, err error) {
	root := pattern
	if at := strings.IndexAny(root, `*?[\`); at >= 0 {
		root = root[:at]
	}
	root = path.Dir(root + "x")
	var out bytes.Buffer
	depth := strconv.Itoa(strings.Count(pattern, "/") - strings.Count(strings.TrimSuffix(root, "/"), "/"))
	err = c.run(ctx, Exec{Argv: []string{"find", root, "-maxdepth", depth, "-type", "f", "-print0"}, Stdout: &limited{&out, 4 << 20}})
	if err != nil && strings.Contains(err.Error(), "No such file or directory") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	argv := []string{"stat", "-c", "%s %Y %n"}
	for p := range strings.SplitSeq(out.String(), "\x00") {
		if ok, err := path.Match(pattern, p); ok && err == nil && !strings.Contains(p, "\n") {
			argv = append(argv, p)
		}
	}
	if len(argv) == 3 {
		return nil, nil
	}
	out.Reset()
	if err := c.run(ctx, Exec{Argv: argv, Stdout: &limited{&out, 4 << 20}}); err != nil {
		return nil, err
	}
	for line := range strings.Lines(out.String()) {
		part := strings.SplitN(strings.TrimRight(line, "\n"), " ", 3)
		if len(part) != 3 {
			continue
		}
		size, err1 := strconv.ParseInt(part[0], 10, 64)
		epoch, err2 := strconv.ParseInt(part[1], 10, 64)
		if err1 == nil && err2 == nil {
			list = append(list, c.file(inside+part[2], size, time.Unix(epoch, 0), known))
		}
	}
	return list, nil
}

var errNoDump = errors.New("a directory that is no dump")

// measure is the size and the time of a dump on this machine: of a directory, that of its files and of the youngest.
func measure(p string) (size int64, modified time.Time, err error) {
	info, err := os.Stat(p)
	if err != nil || !info.IsDir() {
		if err != nil {
			return 0, time.Time{}, err
		}
		return info.Size(), info.ModTime(), nil
	}
	if _, err := os.Stat(filepath.Join(p, "toc.dat")); err != nil {
		return 0, time.Time{}, errNoDump
	}
	all, err := os.ReadDir(p)
	for _, e := range all {
		if i, err := e.Info(); err == nil && i.Mode().IsRegular() {
			size += i.Size()
			if i.ModTime().After(modified) {
				modified = i.ModTime()
			}
		}
	}
	return size, modified, err
}

func unreadable(p string, err error) error {
	kind := ops.Failed
	if errors.Is(err, fs.ErrNotExist) {
		kind = ops.NotFound
	}
	var why error = err
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		why = pe.Err
	}
	return ops.Fail(kind, ops.T("I cannot read %s: %s", "Je ne peux pas lire %s : %s", ops.Name(p), cut(why.Error(), 80)), err)
}
