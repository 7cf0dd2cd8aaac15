package backup

import (
	"context"
	"maps"
	"slices"

	"vigie/ops"
)

// leavings is the newest file that the script left of each artefact.
func (s *System) leavings() (map[string]clone, error) {
	newest := map[string]clone{}
	for _, rule := range s.o.Files {
		list, err := rule.find()
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			if n := newest[c.artefact]; n.path == "" || c.at.After(n.at) {
				newest[c.artefact] = c
			}
		}
	}
	return newest, nil
}

// left says which file that is, for what is still wanted and for what a rule names: "" if there was never one.
func (s *System) left(v view) map[string]string {
	was := map[string]string{}
	newest, _ := s.leavings() // what cannot be listed is told of by the view
	for _, name := range v.wanted {
		named := slices.ContainsFunc(s.o.Files, func(f Files) bool { return f.Artefact == name })
		if c, ok := newest[name]; ok {
			was[name] = c.key()
		} else if named {
			was[name] = ""
		}
	}
	return was
}

// passedOver is what is live and of a kind that the script saves, and that it has never saved.
func (s *System) passedOver(v view, was map[string]string) (names []string) {
	for _, name := range v.wanted {
		ofKind := slices.ContainsFunc(s.o.Files, func(f Files) bool { return kindOf(f.Artefact) == kindOf(name) })
		if ofKind && was[name] == "" {
			names = append(names, name)
		}
	}
	return names
}

type leftArgs struct {
	Was map[string]string `json:"was"` // the newest of each artefact before the script ran
}

// The check judges the script by its files: there must be a new one of each artefact that it has ever saved, and each whole.
var leftStep = ops.Declare(&set, "backup.left", func(a leftArgs) ops.Text {
	return ops.T("there is a new, whole file of each of %s", "il y a un nouveau fichier, entier, pour chacun des %s", artefacts(len(a.Was)))
}, func(ctx context.Context, s *System, a leftArgs) error {
	v := s.see(ctx)
	newest, err := s.leavings()
	if err != nil {
		return refused(s.o.Files[0].Pattern, err)
	}
	var missing []ops.Text
	good, size := 0, int64(0)
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(newest)), func(name string) bool { return a.Was[name] != "" || !slices.Contains(v.wanted, name) }) // for the first time
	names = append(names, slices.Sorted(maps.Keys(a.Was))...)
	slices.Sort(names)
	names = slices.Compact(names)
	for i, name := range names {
		c := newest[name]
		ops.Progress(ctx, ops.T("%d of %d read back", "%d sur %d relus", i, len(names)))
		if c.path == "" || c.key() == a.Was[name] {
			missing = append(missing, ops.T("%s (no new file)", "%s (pas de nouveau fichier)", ops.Name(name)))
			continue
		}
		seen := s.read(ctx, v.sources[name], c)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.remember(ctx, name, func(m *memory) { m.Read = seen })
		if !seen.Why.IsZero() {
			missing = append(missing, ops.T("%s (%s)", "%s (%s)", ops.Name(name), seen.Why))
			continue
		}
		good, size = good+1, size+c.size
	}
	s.learnt()
	return s.leftSays(ctx, s.passedOver(v, s.left(v)), missing, good, size)
})

// leftSays says how many of the files are good, which are not, and what the script does not even try to save.
func (s *System) leftSays(ctx context.Context, none []string, missing []ops.Text, good int, size int64) error {
	over, all := ops.Text{}, good+len(missing)
	if len(none) > 0 {
		over = ops.T("it does not save %s", "il ne sauvegarde pas %s", listed(none, 4))
	}
	if n := len(missing); n > 0 {
		list := missing[:min(n, 4)]
		if n > 4 {
			list = append(slices.Clone(list), ops.T("and %d more", "et %d de plus", n-4))
		}
		return ops.Fail(ops.Failed, ops.Join(" · ", ops.T("partial: %d of %d are new and whole; not %s", "partiel : %d sur %d nouveaux et entiers ; pas %s", good, all, ops.Join(", ", list...)), s.explained(), over), nil)
	}
	if all == 0 {
		return ops.Fail(ops.Failed, ops.T("it left no file that I know of; tell me in the configuration what it leaves", "il n’a laissé aucun fichier que je connaisse ; dis dans la configuration ce qu’il laisse"), nil)
	}
	ops.Progress(ctx, ops.Join(" · ", ops.T("%d of %d new and whole, %s", "%d sur %d nouveaux et entiers, %s", good, all, ops.Size(size)), s.explained(), over))
	return nil
}

// explained is what is known of why the script does what it does.
func (s *System) explained() ops.Text {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known.Script == nil || len(s.known.Script.Report.Bugs) == 0 {
		return ops.Text{}
	}
	return s.known.Script.Report.Bugs[0].Says
}
