package redis

import (
	"context"
	"path"
	"strings"

	"vigie/ops"
)

type tidyParams struct{}

var _ = ops.Add(&set, ops.Spec{
	Name: "redis.tidy", Command: "redis_tidy", Theme: theme, Risk: ops.Destructive, Examples: []string{""},
	Doc: ops.T("Remove what restores of Redis kept, once it is older than a day.", "Retirer ce que les restaurations de Redis ont gardé, passé un jour."),
	Phrases: []ops.Text{
		ops.T("remove the old redis files", "retire les anciens fichiers de redis"),
		ops.T("clean up after the redis restore", "fais le ménage de redis"),
	},
}, func(ctx context.Context, s *System, _ tidyParams) (ops.Plan, error) {
	v, err := s.survey(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	if v.down {
		return ops.Plan{}, ops.Fail(ops.Unavailable, ops.T("%s does not answer: what is kept of its data may still be needed.", "%s ne répond pas : ce qui est gardé de ses données peut encore servir.", s.name()), nil)
	}
	st := s.store(v.dir)
	defer st.close()
	sets, err := leftovers(ctx, st, v)
	if err != nil {
		return ops.Plan{}, dataError(err)
	}
	t := tidyArgs{Dir: v.dir}
	for _, k := range sets {
		if k.removable() {
			t.Names, t.Size = append(t.Names, k.names...), t.Size+k.size
		}
	}
	if len(t.Names) == 0 {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("There is nothing to remove: nothing that was kept is older than a day.", "Il n’y a rien à retirer : rien de ce qui est gardé n’a plus d’un jour."), nil)
	}
	return ops.Plan{
		Title:  ops.T("Remove what earlier restores of %s kept, %s", "Retirer ce que les restaurations de %s ont gardé, %s", s.name(), ops.Size(t.Size)),
		Target: s.o.Service, Locks: []string{"redis:" + s.o.Service},
		Facts: []ops.Fact{{Name: "container", Value: v.id, Label: ops.T("container", "conteneur")}},
		Costs: []ops.Text{ops.T("What was there before those restores cannot be put back any more.", "Ce qu’il y avait avant ces restaurations ne pourra plus être remis.")},
		Steps: []ops.Step{tidy.Do(t), answers.Verify(job{Service: s.o.Service})},
		Done:  ops.T("%s of %s removed", "%s de %s retirés", ops.Size(t.Size), s.name()),
	}, nil
})

type tidyArgs struct {
	Dir   string   `json:"dir"`
	Names []string `json:"names"` // below it
	Size  int64    `json:"size"`
}

var tidy = ops.Declare(&set, "redis.tidy", func(t tidyArgs) ops.Text {
	var names []string
	for _, n := range t.Names[:min(len(t.Names), 4)] {
		names = append(names, ops.Name(path.Base(n)).String())
	}
	list := strings.Join(names, ", ")
	if more := len(t.Names) - len(names); more > 0 {
		return ops.T("remove %s and %d more", "retirer %s et %d autres", list, more)
	}
	return ops.T("remove %s", "retirer %s", list)
}, func(ctx context.Context, s *System, t tidyArgs) error {
	st := s.store(t.Dir)
	defer st.close()
	return dataError(st.remove(ctx, t.Names...))
})
