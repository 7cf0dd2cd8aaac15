package postgres

import (
	"context"
	"slices"
	"strings"
)

// An overview is the databases of apps with their dumps, and what is kept of earlier restores.
type overview struct {
	live  []Database
	dumps map[string][]File // by database, newest first
	gone  []string          // databases that there are only dumps of
	kept  []Database
}

func (s *System) overview(ctx context.Context) (v overview, err error) {
	all, err := s.Server.Databases(ctx)
	if err != nil {
		return v, err
	}
	files, err := s.Dumps(ctx)
	if err != nil {
		return v, err
	}
	for _, d := range all {
		switch {
		case d.Mark.Role == Kept || d.Mark.Role == Undone || d.Mark.Role == Scratch:
			v.kept = append(v.kept, d)
		case !d.system() && !d.ours():
			v.live = append(v.live, d)
		}
	}
	v.dumps = map[string][]File{}
	for _, f := range files {
		v.dumps[f.Database] = append(v.dumps[f.Database], f)
		if !slices.ContainsFunc(v.live, func(d Database) bool { return d.Name == f.Database }) && !slices.Contains(v.gone, f.Database) {
			v.gone = append(v.gone, f.Database)
		}
	}
	slices.Sort(v.gone)
	return v, nil
}

// uncovered are the live databases that nobody dumps: a safety dump of ours is made once, not every night.
func (v overview) uncovered() (names []string) {
	for _, d := range v.live {
		if !slices.ContainsFunc(v.dumps[d.Name], func(f File) bool { return !f.Ours }) {
			names = append(names, d.Name)
		}
	}
	return names
}

// estimate is how large a dump of d will be: somewhat more than the newest one that is there.
func (v overview) estimate(d Database) int64 {
	if f := v.dumps[d.Name]; len(f) > 0 {
		return f[0].Size + f[0].Size/5
	}
	return d.Size / 2
}

// liveOf is the live database that a kept one belongs to, as its name tells; "" if there is none.
func (v overview) liveOf(kept Database) string {
	for _, d := range v.live {
		for _, sort := range []string{"_before_", "_undone_", "_restore_"} {
			if strings.HasPrefix(kept.Name, shortened(d.Name)+sort+kept.Mark.Key) {
				return d.Name
			}
		}
	}
	return ""
}
