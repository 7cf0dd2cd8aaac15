package redis

import (
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A leftover is all that one restore left in the data directory.
type leftover struct {
	tag   string
	names []string // below the data directory
	size  int64    // a file with two names counts twice
	made  time.Time
	half  bool // the piece is not in its place: what is kept may be all there is
}

// made is the file that tells when a restore began: a second name changes nothing about a file's own time.
func (p piece) made() string { return p.with("made") }

// leftovers lists what restores and rehearsals left, oldest first. What the server uses now is not among it.
func leftovers(ctx context.Context, st store, v survey) ([]leftover, error) {
	byTag := map[string]*leftover{}
	used, err := partNames(ctx, st, v.manifestName())
	if err != nil {
		return nil, err
	}
	for _, dir := range []string{".", path.Dir(v.manifestName())} {
		names, err := st.list(ctx, dir)
		if err != nil && dir == "." {
			return nil, err
		}
		for _, name := range names {
			full := path.Join(dir, name)
			live, rest, found := strings.Cut(name, ourMark)
			if !found || slices.Contains(used, full) {
				continue
			}
			tag, what, _ := strings.Cut(rest, ".")
			k := byTag[tag]
			if k == nil {
				k = &leftover{tag: tag}
				byTag[tag] = k
			}
			if err := k.add(ctx, st, full, what); err != nil {
				return nil, err
			}
			k.half = k.half || what == "before" && !slices.Contains(names, live)
		}
	}
	var list []leftover
	for _, k := range byTag {
		k.names = slices.DeleteFunc(k.names, func(name string) bool { return slices.Contains(used, name) })
		slices.Sort(k.names)
		list = append(list, *k)
	}
	slices.SortFunc(list, func(a, b leftover) int {
		if c := a.made.Compare(b.made); c != 0 {
			return c
		}
		return strings.Compare(a.tag, b.tag)
	})
	return list, nil
}

// add takes in a file, and, if that is a manifest that was kept, the parts that it names.
func (k *leftover) add(ctx context.Context, st store, name, what string) error {
	more := []string{name}
	if strings.HasSuffix(strings.TrimSuffix(name, "."+what), ".manifest"+ourMark+k.tag) && (what == "before" || what == "after") {
		parts, err := partNames(ctx, st, name)
		if err != nil {
			return err
		}
		more = append(more, parts...)
	}
	for _, name := range more {
		info, found, err := exists(ctx, st, name)
		if err != nil {
			return err
		}
		if !found || slices.Contains(k.names, name) {
			continue
		}
		k.names, k.size = append(k.names, name), k.size+info.Size
		if what == "made" || what == "" { // a rehearsal's directory has no second name
			k.made = info.Modified
		}
	}
	return nil
}

// partNames are the parts that a manifest names, below the data directory; none if there is no such manifest.
func partNames(ctx context.Context, st store, manifest string) (names []string, err error) {
	if _, found, err := exists(ctx, st, manifest); err != nil || !found {
		return nil, err
	}
	parts, err := readManifest(ctx, st, manifest)
	for _, p := range parts {
		names = append(names, path.Join(path.Dir(manifest), p.name))
	}
	return names, err
}

// old is after how long what a restore kept may be removed: when it can no longer be undone by a tap.
const old = keptFor + time.Hour

// removable reports whether nothing needs it any more.
func (k leftover) removable() bool {
	return !k.half && !k.made.IsZero() && time.Since(k.made) > old
}

// kept tells of what earlier restores left in the data directory.
func (s *System) kept(ctx context.Context, a *ops.Answer, v survey) {
	st := s.store(v.dir)
	defer st.close()
	sets, err := leftovers(ctx, st, v)
	if err != nil || len(sets) == 0 {
		return // what cannot be seen now is no reason to say less of the rest
	}
	bytes := int64(0)
	for _, k := range sets {
		bytes += k.size
	}
	last := sets[len(sets)-1].made
	a.Line(ops.T("kept of earlier restores: %s, the last %s ago", "gardé de restaurations passées : %s, la dernière il y a %s", ops.Size(bytes), ops.Since(last)))
	if sets[0].removable() {
		a.Row(ops.AskFor(ops.T("Remove what is old…", "Retirer l’ancien…"), "redis.tidy"))
	}
}
