package postgres

import (
	"context"
	"slices"

	"vigie/ops"
)

var _ = ops.Names(&set, "database", func(ctx context.Context, s *System) ([]ops.Choice, error) {
	list, _, err := s.names(ctx)
	return list, err
})

var _ = ops.Names(&set, "dumpable", func(ctx context.Context, s *System) ([]ops.Choice, error) {
	list, live, err := s.names(ctx)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(c ops.Choice) bool { return !slices.Contains(live, c.Value) })
	if len(list) > 1 {
		list = append(list, ops.Choice{Value: everything, Hint: ops.T("every one of them", "toutes")})
	}
	return list, nil
})

var _ = ops.Names(&set, "dump", func(ctx context.Context, s *System) ([]ops.Choice, error) {
	all, err := s.Dumps(ctx)
	if err != nil {
		return nil, err
	}
	return s.dumpChoices(all, false), nil
})

// everything stands for all databases.
const everything = "all"

// names are the databases of apps, those that are live and those that there are only dumps of.
func (s *System) names(ctx context.Context) (list []ops.Choice, live []string, err error) {
	all, err := s.Server.Databases(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range all {
		if !d.system() && !d.ours() {
			live = append(live, d.Name)
			list = append(list, ops.Choice{Value: d.Name, Hint: ops.T("%s", "%s", ops.Size(d.Size))})
		}
	}
	files, err := s.Dumps(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		known := func(c ops.Choice) bool { return c.Value == f.Database }
		if !slices.ContainsFunc(list, known) && !(Database{Name: f.Database}).system() {
			list = append(list, ops.Choice{Value: f.Database, Hint: ops.T("only a dump", "seulement un dump")})
		}
	}
	return list, live, nil
}
