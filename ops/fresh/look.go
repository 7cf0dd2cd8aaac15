package fresh

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A match is a file that a target's pattern stands for.
type match struct {
	path string
	size int64
	at   time.Time // when it was changed
	name string    // the digits of the time in its name; "" if there is none
}

// A sight is what was found of one target.
type sight struct {
	matches []match // newest first
	folders int     // how many folders match; they do not count
	mount   string  // the mount point that its plain folder is on
	err     error   // why it cannot be told
}

// patience is how long a look at one rule may take. Listing a folder of ten thousand files takes 0.1 s; a dead network
// mount takes for ever.
const patience = 20 * time.Second

// errStuck is a look that does not come back.
var errStuck = errors.New("the disk does not answer")

// look looks at the given targets, and reads the names, sizes and times of files only. A look that hangs is left behind and
// joined by later ones; what is left behind ends when the disk answers.
func (s *System) look(ctx context.Context, targets []target) map[string]sight {
	found := map[string]sight{}
	for _, group := range chunks(targets) {
		rule := group[0].rule.Name
		done := s.glances.DoChan(rule, func() (any, error) { return s.scan(s.of(rule)), nil })
		timer := time.NewTimer(patience)
		select {
		case r := <-done:
			for id, seen := range r.Val.(map[string]sight) {
				found[id] = seen
			}
		case <-timer.C:
			for _, t := range group {
				found[t.id] = sight{err: &fs.PathError{Op: "list", Path: plainFolder(t.pattern), Err: errStuck}}
			}
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return found
}

// chunks splits targets rule by rule.
func chunks(targets []target) (groups [][]target) {
	for i, t := range targets {
		if i > 0 && targets[i-1].rule == t.rule {
			groups[len(groups)-1] = append(groups[len(groups)-1], t)
		} else {
			groups = append(groups, []target{t})
		}
	}
	return groups
}

// of are the targets of one rule.
func (s *System) of(rule string) (list []target) {
	for _, t := range s.targets {
		if t.rule.Name == rule {
			list = append(list, t)
		}
	}
	return list
}

func (s *System) scan(targets []target) map[string]sight {
	found := map[string]sight{}
	disk := s.on(targets[0].rule)
	g := glob{disk: disk, read: map[string]folder{}}
	for _, t := range targets {
		paths, err := g.find(t.pattern)
		seen := sight{err: err}
		for _, p := range paths {
			before, digits := stamp(p)
			if t.each != "" && !belongs(before, digits, t) {
				continue
			}
			info, err := disk.Stat(p)
			switch {
			case errors.Is(err, fs.ErrNotExist): // it went meanwhile, or is a link to nothing
			case err != nil:
				seen.err = cmp.Or(seen.err, err)
			case info.IsDir():
				seen.folders++
			default:
				seen.matches = append(seen.matches, match{p, info.Size(), info.ModTime().Round(0), digits})
			}
		}
		if len(seen.matches) > 0 {
			seen.err = nil
		}
		newestFirst(seen.matches)
		seen.err = refusalOf(disk, seen.err)
		seen.mount = mountOf(disk, plainFolder(t.pattern))
		found[t.id] = seen
	}
	return found
}

// on is the disk that a rule's files are on.
func (s *System) on(rule *FileRule) Disk {
	if rule.Disk != nil {
		return rule.Disk
	}
	return s.disk
}

// mountOf is the folder where the file system that at is on begins; "" if at is not there.
func mountOf(disk Disk, at string) string {
	info, err := disk.Stat(at)
	if err != nil {
		return ""
	}
	here, ok := device(info)
	for ok && at != "/" {
		above, err := disk.Stat(path.Dir(at))
		if err != nil {
			return ""
		}
		if there, known := device(above); !known || there != here {
			return at
		}
		at = path.Dir(at)
	}
	return "/"
}

// stamps are times in file names, from the year to whatever follows of them.
var stamps = regexp.MustCompile(`(?:19|20)\d{2}([._-]?)(?:0[1-9]|1[0-2])([._-]?)(?:0[1-9]|[12]\d|3[01])(?:[T._-]?\d{2}[:._-]?\d{2}(?:[:._-]?\d{2})?)?`)

// stamp finds the time in a file's name, as digits that sort, and what stands before it. A name may hold other numbers
// before it: the last one counts.
func stamp(file string) (before, digits string) {
	base := path.Base(file)
	all := stamps.FindAllStringIndex(base, -1)
	if all == nil {
		return base, ""
	}
	at := all[len(all)-1]
	digits = strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, base[at[0]:at[1]])
	return base[:at[0]], digits
}

// belongs reports whether a file that matches the pattern of a name is one of that name, and not of a longer one that
// begins alike: before stands before the time in its name. Where the name stands in a folder's name, or files have no time
// in theirs, the pattern alone decides.
func belongs(before, digits string, t target) bool {
	head, tail, ok := strings.Cut(path.Base(t.rule.Pattern), eachName)
	if !ok || digits == "" || wild(head) {
		return true
	}
	after, _, starred := strings.Cut(tail, "*")
	if !starred || strings.Trim(after, "._-") != "" {
		return true
	}
	return strings.TrimRight(before, "._-") == head+t.each
}

// newestFirst orders by the time in the names, if all have one, else by the time of the last change.
func newestFirst(list []match) {
	stamped := !slices.ContainsFunc(list, func(m match) bool { return m.name == "" })
	slices.SortStableFunc(list, func(a, b match) int {
		if c := strings.Compare(b.name, a.name); stamped && c != 0 {
			return c
		}
		return cmp.Or(b.at.Compare(a.at), strings.Compare(a.path, b.path))
	})
}
