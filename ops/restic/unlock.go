package restic

import (
	"context"
	"io"
	"slices"
	"strings"

	"vigie/ops"
)

type unlockParams struct {
	Repository string `doc:"which repository" fr:"quel dépôt" names:"restic" optional:"true"`
}

type unlockArgs struct {
	Repository string   `json:"repository"`
	Locks      []string `json:"locks"` // ids of those that nobody holds
}

var _ = ops.Add(&set, ops.Spec{
	Name: "restic.unlock", Command: "restic_unlock", Theme: theme, Risk: ops.Disruptive, Examples: []string{"vpai-backups"},
	Doc: ops.T("Remove the locks that a restic left in a repository when it was killed.", "Retirer les verrous qu’un restic tué a laissés dans un dépôt."),
	Phrases: []ops.Text{
		ops.T("unlock the backup repository", "déverrouille le dépôt de sauvegarde"), ops.T("the backup says that it is locked", "la sauvegarde dit que c’est verrouillé"),
		ops.T("unlock restic", "déverrouille restic"),
	},
}, func(ctx context.Context, s *System, p unlockParams) (ops.Plan, error) {
	r, err := s.pick(p.Repository)
	if err != nil {
		return ops.Plan{}, err
	}
	g := s.glance(ctx, r)
	switch {
	case g.err != nil:
		return ops.Plan{}, g.err
	case len(g.locks) == 0:
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s is not locked.", "%s n’est pas verrouillé.", ops.Name(r.Name)), nil)
	case len(g.gone) == 0:
		return ops.Plan{}, ops.Fail(ops.Invalid, s.lockedText(r, g.locks[0]), nil)
	}
	args, who := unlockArgs{Repository: r.Name}, []ops.Text{}
	for _, l := range g.gone {
		args.Locks = append(args.Locks, l.ID)
		who = append(who, ops.T("%s, last sign of life %s ago", "%s, dernier signe de vie il y a %s", l.who(), ops.Since(l.At)))
	}
	plan := ops.Plan{
		Title:  ops.T("Unlock %s, locked by %s, which is gone", "Déverrouiller %s, verrouillé par %s, disparu", ops.Name(r.Name), g.gone[0].who()),
		Target: r.Name, Locks: []string{"restic:" + r.Name},
		Facts: []ops.Fact{{Name: "locks", Value: strings.Join(args.Locks, " "), Label: ops.T("the locks", "les verrous")}},
		Costs: append(who, ops.T("A lock that somebody still holds stays: restic itself judges that again.", "Un verrou encore tenu reste : restic en juge lui-même une dernière fois.")),
		Steps: []ops.Step{unlock.Do(args), unlocked.Verify(args)},
		Done:  ops.T("%s unlocked", "%s déverrouillé", ops.Name(r.Name)),
	}
	return plan, nil
})

var (
	unlock = ops.Declare(&set, "restic.unlock", func(a unlockArgs) ops.Text {
		return ops.T("remove %s from %s that nobody holds", "retirer de %[2]s %[1]s que personne ne tient", locksOf(len(a.Locks)), ops.Name(a.Repository))
	}, func(ctx context.Context, s *System, a unlockArgs) error {
		r, err := s.repo(a.Repository)
		if err != nil {
			return err
		}
		got, err := s.run(ctx, r, call{args: []string{"unlock"}, out: io.Discard})
		if err == nil && got.exit != 0 {
			err = s.explain(r, got)
		}
		return err
	})

	unlocked = ops.Declare(&set, "restic.unlocked", func(a unlockArgs) ops.Text {
		return ops.T("%s is no longer locked by who is gone", "%s n’est plus verrouillé par qui a disparu", ops.Name(a.Repository))
	}, func(ctx context.Context, s *System, a unlockArgs) error {
		r, err := s.repo(a.Repository)
		if err != nil {
			return err
		}
		now, err := s.locks(ctx, r)
		if err != nil {
			return err
		}
		for _, l := range now {
			if slices.Contains(a.Locks, l.ID) {
				return ops.Fail(ops.Failed, ops.T("%s is still locked by %s", "%s est toujours verrouillé par %s", ops.Name(r.Name), l.who()), nil)
			}
		}
		ops.Progress(ctx, ops.T("%s left, held by somebody alive", "reste %s, tenus par quelqu’un de vivant", locksOf(len(now))))
		if len(now) == 0 {
			ops.Progress(ctx, ops.T("no lock is left", "il ne reste aucun verrou"))
		}
		return nil
	})
)
