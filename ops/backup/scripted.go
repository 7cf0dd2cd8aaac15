package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"vigie/ops"
)

// stamps are times in file names: 20060102_150405 and the like.
var stamps = regexp.MustCompile(`(?:19|20)\d{2}[._-]?(?:0[1-9]|1[0-2])[._-]?(?:0[1-9]|[12]\d|3[01])(?:[T._-]?\d{2}[:._-]?\d{2}(?:[:._-]?\d{2})?)?`)

// find lists what a rule's pattern stands for.
func (f Files) find() (list []clone, err error) {
	dir, base := filepath.Split(f.Pattern)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing what the script left: %w", err)
	}
	for _, e := range entries {
		own, ok := f.match(base, e.Name())
		if !ok {
			continue
		}
		c := clone{artefact: strings.ReplaceAll(f.Artefact, nameHole, own), path: filepath.Join(dir, e.Name())}
		if c.measure() {
			list = append(list, c)
		}
	}
	return list, nil
}

// match reports whether a file's name fits base, and what {name} stands for in it.
func (f Files) match(base, name string) (own string, ok bool) {
	head, tail, holed := strings.Cut(base, nameHole)
	if !holed {
		return "", ops.Glob(base, name)
	}
	at := stamps.FindAllStringIndex(name, -1)
	if at == nil || !strings.HasPrefix(name, head) {
		return "", false
	}
	own = strings.TrimRight(strings.TrimPrefix(name[:at[len(at)-1][0]], head), "._-")
	return own, own != "" && ops.Glob(head+own+tail, name)
}

// measure fills in size and times; it reports false for what went meanwhile, and for what is neither file nor folder.
func (c *clone) measure() bool {
	info, err := os.Stat(c.path)
	if err != nil || !info.Mode().IsRegular() && !info.IsDir() {
		return false
	}
	c.size, c.changed, c.bare = info.Size(), info.ModTime().Round(0), info.IsDir()
	if c.bare {
		c.size = 0
		entries, _ := os.ReadDir(c.path) // none: an empty one, of size 0
		for _, e := range entries {
			if inner, err := e.Info(); err == nil && inner.Mode().IsRegular() {
				c.size += inner.Size()
				c.changed = later(c.changed, inner.ModTime().Round(0))
			}
		}
	}
	c.at = c.changed
	if stamped, ok := stampOf(filepath.Base(c.path)); ok && c.changed.Sub(stamped) > 24*time.Hour {
		c.at = stamped // a copy of an old file is not a new one
	}
	return true
}

// stampOf is the time that stands last in a file's name, as if it were of UTC: a day is as exactly as it is needed.
func stampOf(name string) (time.Time, bool) {
	all := stamps.FindAllString(name, -1)
	if all == nil {
		return time.Time{}, false
	}
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, all[len(all)-1])
	at, err := time.Parse("20060102150405"[:min(len(digits), 14)], digits)
	return at, err == nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
