package backup

import (
	"maps"
	"slices"

	"vigie/ops"
)

// one is all that is known of one artefact.
func (s *System) one(v view, name string) (ops.Answer, error) {
	if !slices.Contains(v.everything(), name) {
		return ops.Answer{}, &ops.Error{Kind: ops.NotFound, Param: "what", Choices: v.choices(v.everything()),
			Say: ops.T("%s has no backup, and is nothing that I know.", "%s n’a pas de sauvegarde, et je ne connais rien de ce nom.", ops.Name(name))}
	}
	s.mu.Lock()
	m := s.known.Artefacts[name]
	s.mu.Unlock()
	f := judge(v, name, m, s.rules())
	if !slices.Contains(v.wanted, name) {
		f.wrongs = nil // it is no longer live: old copies are all there will be
	}
	a := ops.Say(f.row(v.at))
	for _, w := range f.wrongs {
		for _, l := range w.lines {
			a.Line(l)
		}
	}
	if f.there {
		a.Line(ops.T("%s", "%s", ops.Name(f.newest.path)))
		if len(f.wrongs) > 0 {
			a.Line(f.proved(v.at))
		}
		if says := ops.Join(" · ", firstOf(m.Read.Says, f.newest.proof), m.Proved.Says); !says.IsZero() {
			a.Line(says)
		}
		if saved := v.versions(f.newest); !saved.IsZero() {
			a.Line(saved)
		}
	}
	for i, c := range v.copies[name] {
		a.Blocks = append(a.Blocks, ops.Block{Fold: i > 2, Line: ops.T("%s, %s ago · %s", "%s, il y a %s · %s", ops.Size(c.size), coarse(v.at.Sub(c.at)), ops.Name(c.path))})
	}
	var row []ops.Button
	if src, ok := v.sources[name]; ok && s.savesOwn() {
		row = append(row, ops.AskFor(ops.T("Back up %s", "Sauvegarder %s", name), "backup.now", "what", name))
		if src.Rehearse != nil && f.there {
			row = append(row, ops.AskFor(ops.T("Rehearse its restore", "Essayer de le restaurer"), "backup.rehearse", "what", name))
		}
	}
	return *a.Row(row...).Row(ops.AskFor(ops.T("All", "Tout"), "backup.list"), ops.AskFor(refresh, "backup.list", "what", name)), nil
}

func firstOf(list ...ops.Text) ops.Text {
	for _, t := range list {
		if !t.IsZero() {
			return t
		}
	}
	return ops.Text{}
}

// versions says what made a copy, if its manifest tells.
func (v view) versions(c clone) ops.Text {
	for _, f := range v.folders {
		if saved, ok := f.of(c.artefact); ok && f.clone(saved).path == c.path {
			var list []ops.Text
			for _, what := range slices.Sorted(maps.Keys(saved.Versions)) {
				list = append(list, ops.Raw(clipped(what+" "+saved.Versions[what], 60)))
			}
			return ops.Join(", ", list...)
		}
	}
	return ops.Text{}
}
