package postgres

import (
	"context"

	"vigie/ops"
)

// An arrival is a database that comes back as part of a restore of everything: when that is planned, neither the server may run nor the
// dump be there. So the steps name only what is certain, and look at the rest when they run.
type arrival struct {
	Database string `json:"database"`
	Path     string `json:"path"` // where the dump will be, on this machine
	Key      string `json:"key"`  // names this restore on the server, as [Copy.Key]
}

// Arriving are the steps that restore a database from a dump that will be at path on this machine, into a server that will run by then:
// beside whatever is called so, counted, then swapped. attempt is a word that no other restore has: it tells what this one left from
// what others did.
func (s *System) Arriving(database, path, attempt string) (steps []ops.Step, locks []string) {
	a := arrival{database, path, keyFor(attempt, database)}
	locks = []string{"postgres:" + database}
	if s.o.Name != "" {
		locks = append(locks, "container:"+s.o.Name)
	}
	return []ops.Step{
		arrive.Do(a).Undoing(turnAway.Do(a)),
		arriveSwap.Do(a).Undoing(arriveBack.Do(a)),
		arriveAnswers.Verify(a),
	}, locks
}

var (
	arrive = ops.Declare(&set, "postgres.arrive", func(a arrival) ops.Text {
		return ops.T("restore %s into a copy beside it, and count every row against the dump", "restaurer %s dans une copie à côté, et compter chaque ligne face au dump", ops.Name(a.Database))
	}, func(ctx context.Context, s *System, a arrival) error { return s.arrive(ctx, a) })

	turnAway = ops.Declare(&set, "postgres.turn-away", func(a arrival) ops.Text {
		return ops.T("drop the copy of %s", "supprimer la copie de %s", ops.Name(a.Database))
	}, func(ctx context.Context, s *System, a arrival) error {
		for _, c := range []Copy{a.copy(true), a.copy(false)} {
			if err := s.Drop(ctx, c.Scratch, Mark{Role: Scratch, Key: c.Key}); err != nil {
				return err
			}
		}
		return nil
	})

	arriveSwap = ops.Declare(&set, "postgres.arrive-swap", func(a arrival) ops.Text {
		return ops.T("give the copy the name %s; what was called so is kept", "donner à la copie le nom %s ; ce qui s’appelait ainsi est gardé", ops.Name(a.Database))
	}, func(ctx context.Context, s *System, a arrival) error {
		c, err := s.arrived(ctx, a)
		if err != nil {
			return err
		}
		return s.Swap(ctx, c)
	}, ops.Stops(arrivalStops))

	arriveBack = ops.Declare(&set, "postgres.arrive-back", func(a arrival) ops.Text {
		return ops.T("bring the earlier %s back; the restored one is kept aside", "remettre l’ancienne %s en place ; la base restaurée est gardée à côté", ops.Name(a.Database))
	}, func(ctx context.Context, s *System, a arrival) error {
		c, err := s.arrived(ctx, a)
		if err != nil {
			return err
		}
		kept, err := s.Unswap(ctx, c)
		if kept != "" {
			ops.Progress(ctx, ops.T("the restored one is kept as %s", "la base restaurée est gardée sous %s", ops.Name(kept)))
		}
		return err
	}, ops.Stops(arrivalStops))

	arriveAnswers = ops.Declare(&set, "postgres.arrive-answers", func(a arrival) ops.Text {
		return ops.T("%s answers its own user, with the rows of the dump", "%s répond à son propre utilisateur, avec les lignes du dump", ops.Name(a.Database))
	}, func(ctx context.Context, s *System, a arrival) error {
		c, err := s.arrived(ctx, a)
		if err == nil {
			c.SHA256, err = s.digest(ctx, a)
		}
		if err != nil {
			return err
		}
		return s.prove(ctx, c)
	})
)

func arrivalStops(a arrival) []string { return []string{"postgres:" + a.Database} }

// copy is the restore as the server knows it. Where nothing had the name before there is nothing to keep, and its key says so: what is
// to be put back must not depend on whether what was kept is still there.
func (a arrival) copy(replaces bool) Copy {
	base := shortened(a.Database)
	c := Copy{Database: a.Database, Dump: a.Path, Key: a.Key}
	if !replaces {
		c.Key = keyFor(a.Key, "first")
	}
	c.Scratch = base + "_restore_" + c.Key
	if replaces {
		c.Before = base + "_before_" + c.Key
	}
	return c
}

// arrived tells from the server which of the two it is.
func (s *System) arrived(ctx context.Context, a arrival) (Copy, error) {
	all, err := s.Databases(ctx)
	if err != nil {
		return Copy{}, err
	}
	first, live := a.copy(false), find(all, a.Database)
	if live == nil && find(all, a.copy(true).Before) == nil || live != nil && live.Mark.is(Live, first.Key) {
		return first, nil
	}
	return a.copy(true), nil
}

// arrive looks at all that a restore rests on, as planning one does, and fills the copy.
func (s *System) arrive(ctx context.Context, a arrival) error {
	e := &evidence{known: s.o.Databases[a.Database]}
	if err := s.server(ctx, e, a.Database); err != nil {
		return harmless(err)
	}
	d, err := s.VerifyAt(ctx, a.Database, a.Path)
	if err != nil {
		return harmless(err)
	}
	e.file, e.found = d.File, d.Contents
	if err := s.judge(ctx, e, a.Database); err != nil {
		return harmless(err)
	}
	if e.room, err = s.Room(ctx, a.Database); err != nil {
		return harmless(err)
	}
	if need := e.needs(); need > e.room.Data {
		return harmless(noRoom(need, e.room.Data, "PostgreSQL"))
	}
	c, err := s.arrived(ctx, a)
	if err != nil {
		return harmless(err)
	}
	if e.live != nil && e.live.Mark.is(Live, c.Key) { // the swap would take itself for done
		return ops.Fail(ops.Failed, ops.T("this very restore put today's %s in its place already; ask for it anew", "cette même restauration a déjà mis l’actuelle %s en place ; redemande-la", ops.Name(a.Database)), nil)
	}
	c.SHA256, c.Owner = d.SHA256, e.copy.Owner
	if err := s.fill(ctx, c); err != nil {
		return err
	}
	return harmless(s.compare(ctx, c))
}

// digest is what the dump is now.
func (s *System) digest(ctx context.Context, a arrival) (string, error) {
	d, err := s.VerifyAt(ctx, a.Database, a.Path)
	if ops.KindOf(err) == ops.NotFound { // let go of since: what is proved is that the database answers
		return "", nil
	}
	return d.SHA256, err
}
