package backup

import (
	"context"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// sources are all that can be saved now, by name, and what could not be asked.
func (s *System) sources(ctx context.Context) (map[string]Source, map[string]error) {
	all, blind := map[string]Source{}, map[string]error{}
	for _, from := range s.o.Sources {
		list, err := from.List(ctx)
		if err != nil {
			blind[from.Name] = err
		}
		for _, src := range list {
			if !s.skipped(src.Name) {
				all[src.Name] = src
			}
		}
	}
	return all, blind
}

func (s *System) skipped(artefact string) bool {
	return len(s.o.Skip) > 0 && ops.GlobAny(s.o.Skip, artefact)
}

// liveness stands among the kinds for the list of everything that is live.
const liveness = "live"

// live are the artefacts that exist now; where that cannot be asked, those that did when it last could.
func (s *System) live(ctx context.Context, v *view) []string {
	var list []string
	for name := range v.sources {
		list = append(list, name)
	}
	if s.o.Live != nil {
		names, err := s.o.Live(ctx)
		if err != nil {
			v.blind[liveness] = err
		}
		list = append(list, names...)
	}
	s.mu.Lock()
	for _, name := range s.known.Live {
		if v.blind[kindOf(name)] != nil || v.blind[liveness] != nil {
			list = append(list, name)
		}
	}
	s.mu.Unlock()
	list = slices.DeleteFunc(list, s.skipped)
	slices.Sort(list)
	return slices.Compact(list)
}

// lately is for how long what the script saved counts as wanted, if nobody can say whether it still exists.
const lately = 7 * 24 * time.Hour

// want are the artefacts that must have a backup: what is live, and what the script saves beside it. A database that was
// dropped is no longer wanted; its copies stay.
func (s *System) want(v view, live []string) []string {
	list := slices.Clone(live)
	told := func(kind string) bool {
		return slices.ContainsFunc(live, func(l string) bool { return kindOf(l) == kind })
	}
	for _, rule := range s.o.Files {
		if !strings.Contains(rule.Artefact, nameHole) {
			list = append(list, rule.Artefact)
		}
	}
	for name, copies := range v.copies {
		if !told(kindOf(name)) && v.at.Sub(copies[0].at) < lately {
			list = append(list, name)
		}
	}
	list = slices.DeleteFunc(list, s.skipped)
	slices.Sort(list)
	return slices.Compact(list)
}

// kindOf is what stands before the colon: "postgres" of "postgres:n8n".
func kindOf(artefact string) string {
	kind, _, _ := strings.Cut(artefact, ":")
	return kind
}
