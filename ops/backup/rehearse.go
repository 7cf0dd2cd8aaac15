package backup

import (
	"context"
	"slices"
	"time"

	"vigie/ops"
)

type rehearseParams struct {
	What string `doc:"one item; all of them if left out" fr:"un élément ; tous si rien n’est dit" names:"backup-rehearsed" optional:"true"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "backup.rehearse", Command: "rehearse", Theme: themeBackup, Risk: ops.Reversible, Examples: []string{""},
	Doc: ops.T("Restore the newest backup into something that is thrown away, and check it; nothing live is touched.",
		"Restaurer la dernière sauvegarde dans un endroit jetable, et la vérifier ; rien de vivant n’est touché."),
	Phrases: []ops.Text{
		ops.T("rehearse a restore", "essaie de restaurer"), ops.T("test the backups", "teste les sauvegardes"), ops.T("prove the backups", "prouve les sauvegardes"),
		ops.T("prove that the backups work", "prouve que les sauvegardes marchent"), ops.T("do the backups restore", "les sauvegardes se restaurent-elles"),
	},
}, func(ctx context.Context, s *System, p rehearseParams) (ops.Plan, error) {
	v := s.see(ctx)
	if err := ctx.Err(); err != nil {
		return ops.Plan{}, err
	}
	names := v.rehearsable()
	if p.What != "" {
		if !slices.Contains(names, p.What) {
			return ops.Plan{}, &ops.Error{Kind: ops.NotFound, Param: "what", Choices: v.choices(names), Say: ops.T("There is no backup of %s that can be rehearsed.", "Il n’y a pas de sauvegarde de %s à essayer.", ops.Name(p.What))}
		}
		names = []string{p.What}
	}
	if len(names) == 0 {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("There is no backup that can be rehearsed.", "Il n’y a aucune sauvegarde à essayer."), nil)
	}
	plan := ops.Plan{Target: s.o.Stack, Locks: []string{"backup:files"}, Title: ops.T("Rehearse the restore of %s", "Essayer de restaurer %s", listed(names, 3)),
		Done: ops.T("proved restorable", "restauration prouvée"), Steps: []ops.Step{rehearse.Do(rehearseArgs{names})}}
	size := int64(0)
	for _, name := range names {
		c, _ := v.newest(name)
		size += c.size
		plan.Facts = append(plan.Facts, ops.Fact{Name: name, Value: c.key(), Label: ops.T("the newest backup of %s", "la dernière sauvegarde de %s", ops.Name(name))})
	}
	plan.Costs = []ops.Text{ops.T("Room for what is restored, one after the other, from %s; it is thrown away afterwards. Nothing live is touched.",
		"De la place pour ce qui est restauré, l’un après l’autre, depuis %s ; jeté ensuite. Rien de vivant n’est touché.", ops.Size(size))}
	return plan, nil
})

var _ = ops.Names(&set, "backup-rehearsed", func(ctx context.Context, s *System) ([]ops.Choice, error) {
	v := s.see(ctx)
	return v.choices(v.rehearsable()), nil
})

// rehearsable is what has a copy and somebody who can rehearse it, in name order.
func (v view) rehearsable() (names []string) {
	for name, src := range v.sources {
		if _, ok := v.newest(name); ok && src.Rehearse != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

type rehearseArgs struct {
	Names []string `json:"names"`
}

var rehearse = ops.Declare(&set, "backup.rehearse", func(a rehearseArgs) ops.Text {
	return ops.T("restore the newest backup of %s into something that is thrown away, and check it", "restaurer la dernière sauvegarde de %s dans un endroit jetable, et vérifier", listed(a.Names, 6))
}, func(ctx context.Context, s *System, a rehearseArgs) error {
	failed, begun := []ops.Text(nil), now()
	for i, name := range a.Names {
		if len(a.Names) > 1 {
			ops.Progress(ctx, ops.T("%d of %d proved · %s", "%d sur %d prouvés · %s", i-len(failed), len(a.Names), ops.Name(name)))
		}
		seen, err := s.rehearse(ctx, name)
		if err != nil {
			return err
		}
		if !seen.Why.IsZero() {
			failed = append(failed, ops.T("%s: %s", "%s : %s", ops.Name(name), seen.Why))
		} else if len(a.Names) == 1 {
			ops.Progress(ctx, ops.Join(" · ", ops.T("%s in %s", "%s en %s", ops.Name(base(seen.Path)), ops.Span(seen.Took.Truncate(100*time.Millisecond))), seen.Says))
		}
	}
	if len(failed) > 0 {
		return ops.Fail(ops.Failed, ops.T("%d of %d are not proved: %s", "%d sur %d pas prouvés : %s", len(failed), len(a.Names), ops.Join("; ", failed[:min(4, len(failed))]...)), nil)
	}
	if len(a.Names) > 1 {
		ops.Progress(ctx, ops.T("%d of %d in %s", "%d sur %d en %s", len(a.Names), len(a.Names), ops.Span(now().Sub(begun).Truncate(100*time.Millisecond))))
	}
	return nil
})

// rehearse restores the newest copy of one artefact into something that is thrown away, and remembers what came of it. The
// error is that it could not even be tried, or was cut short: then nothing is remembered.
func (s *System) rehearse(ctx context.Context, name string) (look, error) {
	leave, err := s.alone(ctx)
	if err != nil {
		return look{}, err
	}
	defer leave()
	v := s.see(ctx)
	if err := ctx.Err(); err != nil {
		return look{}, err
	}
	c, there := v.newest(name)
	src := v.sources[name]
	seen := look{Key: c.key(), Path: c.path}
	begun := now()
	var r Rehearsal
	switch {
	case !there:
		return look{}, ops.Fail(ops.NotFound, ops.T("there is no backup of %s any more", "il n’y a plus de sauvegarde de %s", ops.Name(name)), nil)
	case src.Rehearse == nil:
		err = ops.Fail(ops.Unavailable, ops.T("nobody can rehearse it now", "personne ne peut l’essayer en ce moment"), v.blind[kindOf(name)])
	default:
		if err = c.same(ctx); err == nil {
			r, err = src.Rehearse(ctx, c.path)
		}
	}
	if ctx.Err() != nil {
		return look{}, ctx.Err()
	}
	seen.At, seen.Took, seen.Says = now().UTC(), now().Sub(begun), short(r.Says)
	if err != nil {
		seen.Why, seen.Unsure = short(ops.SayOf(err)), doubtful(err)
	}
	s.remember(ctx, name, func(m *memory) {
		m.Tried = seen
		if seen.good() {
			m.Proved = seen
			m.Read = look{Key: seen.Key, Path: seen.Path, At: seen.At, Took: seen.Took, Says: firstOf(m.Read.Says, seen.Says)}
		}
	})
	s.learnt()
	return seen, nil
}
