package postgres

import (
	"context"
	"slices"
	"time"

	"vigie/ops"
)

// The kinds of step. All but the swap, the overwriting and the dropping of what was kept touch only what is ours.

// stops names a live database for the never-rules: what stands on it stops while its names are exchanged.
func stops(c Copy) []string { return []string{"postgres:" + c.Database} }

var (
	safetyDump = ops.Declare(&set, "postgres.safety-dump", func(d dumpArgs) ops.Text {
		return ops.T("safety dump of %s as it is now", "dump de sécurité de %s dans son état actuel", ops.Name(d.Database))
	}, func(ctx context.Context, s *System, d dumpArgs) error {
		return s.safety(ctx, d)
	})

	scratch = ops.Declare(&set, "postgres.scratch", func(c Copy) ops.Text {
		return ops.T("restore the dump into %s, beside it", "restaurer le dump dans %s, à côté", ops.Name(c.Scratch))
	}, func(ctx context.Context, s *System, c Copy) error {
		return s.fill(ctx, c)
	})

	dropScratch = ops.Declare(&set, "postgres.drop-scratch", func(c Copy) ops.Text {
		return ops.T("drop the copy %s", "supprimer la copie %s", ops.Name(c.Scratch))
	}, func(ctx context.Context, s *System, c Copy) error {
		return s.Drop(ctx, c.Scratch, Mark{Role: Scratch, Key: c.Key})
	})

	compared = ops.Declare(&set, "postgres.compared", func(c Copy) ops.Text {
		return ops.T("%s holds all that the dump holds", "%s contient tout ce que contient le dump", ops.Name(c.Scratch))
	}, func(ctx context.Context, s *System, c Copy) error {
		return s.compare(ctx, c)
	})

	swap = ops.Declare(&set, "postgres.swap", func(c Copy) ops.Text {
		if c.Before == "" {
			return ops.T("call it %s", "l’appeler %s", ops.Name(c.Database))
		}
		return ops.T("swap them: today's %s becomes %s", "les échanger : l’actuelle %s devient %s", ops.Name(c.Database), ops.Name(c.Before))
	}, func(ctx context.Context, s *System, c Copy) error {
		return s.Swap(ctx, c)
	}, ops.Stops(stops))

	unswap = ops.Declare(&set, "postgres.unswap", func(c Copy) ops.Text {
		if c.Before == "" {
			return ops.T("take %s away again", "retirer de nouveau %s", ops.Name(c.Database))
		}
		return ops.T("bring the earlier %s back", "remettre l’ancienne %s en place", ops.Name(c.Database))
	}, func(ctx context.Context, s *System, c Copy) error {
		kept, err := s.Unswap(ctx, c)
		if kept != "" {
			ops.Progress(ctx, ops.T("the restored one is kept as %s", "la base restaurée est gardée sous %s", ops.Name(kept)))
		}
		return err
	}, ops.Stops(stops))

	overwrite = ops.Declare(&set, "postgres.overwrite", func(c Copy) ops.Text {
		return ops.T("restore the dump over %s, in one transaction", "restaurer le dump par-dessus %s, en une transaction", ops.Name(c.Database))
	}, func(ctx context.Context, s *System, c Copy) error {
		begun := time.Now()
		err := s.Overwrite(ctx, c, func(t ops.Text) { ops.Progress(ctx, t) })
		if err == nil {
			ops.Progress(ctx, ops.T("all in, in %s", "tout y est, en %s", span(begun)))
		}
		return err
	}, ops.Stops(stops))

	putBack = ops.Declare(&set, "postgres.put-back", func(b backArgs) ops.Text {
		return ops.T("put %s back from the safety dump", "remettre %s en place depuis le dump de sécurité", ops.Name(b.Database))
	}, func(ctx context.Context, s *System, b backArgs) error {
		return s.putBack(ctx, b)
	}, ops.Stops(func(b backArgs) []string { return stops(b.Copy) }))

	answers = ops.Declare(&set, "postgres.answers", func(c Copy) ops.Text {
		return ops.T("%s answers its own user, with the rows of the dump", "%s répond à son propre utilisateur, avec les lignes du dump", ops.Name(c.Database))
	}, func(ctx context.Context, s *System, c Copy) error {
		return s.prove(ctx, c)
	})
)

type dumpArgs struct {
	Database string `json:"database"`
	Path     string `json:"path,omitempty"`   // of a safety dump
	Folder   string `json:"folder,omitempty"` // of any other
}

type backArgs struct {
	Copy
	Safety string `json:"safety"`
}

// around puts a change between the stopping and the starting of the apps, such that undoing it does so as well, and then checks that
// they came back.
func around(p Pause, change ops.Step, undo ops.Step) []ops.Step {
	stop, start := slices.Clone(p.Stop), slices.Clone(p.Start)
	has := func(steps []ops.Step) bool {
		return slices.ContainsFunc(steps, func(s ops.Step) bool { return len(s.Undo) > 0 })
	}
	var back []ops.Step
	if !has(start) {
		back = bare(stop)
	}
	if len(stop) > 0 { // its undo comes last
		again := slices.Clone(stop[0].Undo)
		for _, step := range bare(start) {
			if step.Check || !has(stop) {
				again = append(again, step)
			}
		}
		stop[0] = stop[0].Undoing(again...)
	}
	return slices.Concat(stop, []ops.Step{change.Undoing(append(back, undo)...)}, start)
}

// bare are the steps without what would undo them.
func bare(steps []ops.Step) []ops.Step {
	steps = slices.Clone(steps)
	for i := range steps {
		steps[i].Undo = nil
	}
	return steps
}
