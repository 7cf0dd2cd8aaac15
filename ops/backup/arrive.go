package backup

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// deepest is how many folders below the target are looked into: what comes from off-site often has its whole old path.
const deepest = 12

// mostArrived is how many files are looked at; more than that is not a backup but a disk.
const mostArrived = 200_000

// arrived finds the newest copy of each artefact below target: in backups of ours, and by the names that the stack's script
// gives, wherever they lie.
func (s *System) arrived(ctx context.Context, target string) (map[string]clone, error) {
	found, seen := map[string]clone{}, 0
	add := func(c clone) {
		if n := found[c.artefact]; n.path == "" || c.at.After(n.at) {
			found[c.artefact] = c
		}
	}
	err := filepath.WalkDir(target, func(path string, d fs.DirEntry, err error) error {
		if seen++; err != nil || ctx.Err() != nil || seen > mostArrived {
			return firstErr(ctx.Err(), ignorable(path, target, err), fs.SkipAll)
		}
		rel, _ := filepath.Rel(target, path)
		if d.IsDir() && (rel == pinsName || strings.Count(rel, "/") > deepest) {
			return fs.SkipDir
		}
		if d.IsDir() {
			if at, err := time.Parse(stampForm, d.Name()); err == nil {
				if f := open(path, at); f.finished && f.wrong.IsZero() {
					for _, file := range f.Files {
						add(f.clone(file))
					}
				}
				return fs.SkipDir
			}
		}
		if c, ok := s.belongs(path, d); ok {
			add(c)
		}
		return nil
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, ops.Fail(ops.Unavailable, ops.T("%s cannot be looked through: %s", "impossible de parcourir %s : %s", ops.Name(target), clipped(err.Error(), 160)), err)
	}
	return found, nil
}

func firstErr(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// ignorable is nil for what can be passed over: a folder that came and went, or that only root may see. The target itself
// may not be there yet.
func ignorable(path, target string, err error) error {
	if err == nil || path != target {
		return nil
	}
	if isGone(err) {
		return fs.SkipAll
	}
	return err
}

// belongs reports whether a file is called as the stack's script calls them: in a folder that is called the same, or, where only one
// rule has such names, anywhere.
func (s *System) belongs(path string, d fs.DirEntry) (clone, bool) {
	var fit []clone
	for _, rule := range s.o.Files {
		dir, last := filepath.Split(rule.Pattern)
		own, ok := rule.match(last, d.Name())
		if !ok {
			continue
		}
		c := clone{artefact: strings.ReplaceAll(rule.Artefact, nameHole, own), path: path}
		if filepath.Base(dir) == filepath.Base(filepath.Dir(path)) {
			return c, c.measure() && c.size > 0
		}
		fit = append(fit, c)
	}
	if len(fit) != 1 {
		return clone{}, false
	}
	return fit[0], fit[0].measure() && fit[0].size > 0
}

// lacking are the expected artefacts that have not arrived, in their order.
func lacking(expect []string, found map[string]clone) (list []string) {
	for _, name := range expect {
		if found[name].path == "" {
			list = append(list, name)
		}
	}
	return list
}

// state names exactly what has arrived of what is expected, in one word.
func state(expect []string, found map[string]clone) string {
	h, n := sha256.New(), 0
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if slices.Contains(expect, name) {
			n++
			fmt.Fprintf(h, "%s %s %s\n", name, found[name].key(), found[name].digest)
		}
	}
	return fmt.Sprintf("%d/%d %x", n, len(expect), h.Sum(nil)[:8])
}

type arrivedArgs struct {
	Target string   `json:"target"`
	Expect []string `json:"expect"`
}

var arrivedStep = ops.Declare(&set, "backup.arrived", func(a arrivedArgs) ops.Text {
	return ops.T("%s in %s are there, and readable", "%s dans %s sont là, et lisibles", artefacts(len(a.Expect)), ops.Name(a.Target))
}, func(ctx context.Context, s *System, a arrivedArgs) error {
	found, err := s.arrived(ctx, a.Target)
	if err != nil {
		return err
	}
	if list := lacking(a.Expect, found); len(list) > 0 {
		return ops.Fail(ops.Failed, ops.T("not in %s: %s", "pas dans %s : %s", ops.Name(a.Target), listed(list, 6)), nil)
	}
	var bad []ops.Text
	size := int64(0)
	sources, _ := s.sources(ctx)
	for i, name := range a.Expect {
		c := found[name]
		ops.Progress(ctx, ops.T("%d of %d read · %s", "%d sur %d lus · %s", i, len(a.Expect), ops.Name(name)))
		if why := s.legible(ctx, sources[name], c); !why.IsZero() {
			bad = append(bad, ops.T("%s: %s", "%s : %s", ops.Name(name), why))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		size += c.size
	}
	if len(bad) > 0 {
		return ops.Fail(ops.Failed, ops.T("%d of %d cannot be read: %s. Nothing was changed; bring better copies, then ask again.", "%d sur %d sont illisibles : %s. Rien n’a été modifié ; apporte de meilleures copies, puis redemande.",
			len(bad), len(a.Expect), ops.Join("; ", bad[:min(4, len(bad))]...)), nil)
	}
	ops.Progress(ctx, ops.T("%d of %d there and readable, %s", "%d sur %d là et lisibles, %s", len(a.Expect), len(a.Expect), ops.Size(size)))
	return nil
})

// legible says why a copy cannot be read; zero if it can. Where who knows it best is not running yet, it is read as far as
// anybody can.
func (s *System) legible(ctx context.Context, src Source, c clone) ops.Text {
	seen := s.read(ctx, src, c)
	if seen.Unsure {
		seen = s.read(ctx, Source{}, c)
	}
	return seen.Why
}
