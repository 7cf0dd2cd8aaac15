package postgres

import (
	"cmp"
	"context"
	"time"

	"vigie/ops"
)

// prove shows that the restored database is the one that answers, to the app's own user.
func (s *System) prove(ctx context.Context, c Copy) error {
	until := time.Now()
	all, err := s.Databases(ctx)
	if err != nil {
		return err
	}
	live := find(all, c.Database)
	name := ops.Name(c.Database)
	switch {
	case live == nil:
		return noDatabase(c.Database)
	case !live.Mark.is(Live, c.Key) && !live.Mark.is(Replaced, c.Key):
		return ops.Fail(ops.Failed, ops.T("%s is the one from before", "%s est celle d’avant", name), nil)
	case !live.Open:
		return ops.Fail(ops.Failed, ops.T("%s takes no connections", "%s n’accepte pas de connexions", name), nil)
	}
	known := s.o.Databases[c.Database]
	p := Probe{User: cmp.Or(known.AppUser, live.Owner), Password: known.AppPassword, SQL: known.Probe}
	if err := s.Try(ctx, c.Database, p); err != nil {
		return ops.Fail(ops.KindOf(err), ops.T("%s does not answer %s: %s", "%s ne répond pas à %s : %s", name, ops.Name(p.User), because(err)), err)
	}
	got, err := s.Census(ctx, c.Database, time.Time{})
	if err != nil {
		return err
	}
	found, err := s.contents(ctx, c)
	if err != nil && ops.KindOf(err) != ops.NotFound {
		return err
	}
	said := s.summary(got)
	if err == nil && same(found, got) == nil {
		said = ops.T("%s, as in the dump", "%s, comme dans le dump", said)
	} else {
		said = ops.T("%s, written to since", "%s, modifiées depuis", said)
	}
	ops.Progress(ctx, ops.Join(" · ", s.down(c, until), said))
	return nil
}

// wellPast is longer than any service takes to stop and start: who sees more than that looks again, much later.
const wellPast = 10 * time.Minute

// down says for how long nobody was answered at most, if that is known.
func (s *System) down(c Copy, until time.Time) ops.Text {
	s.mu.Lock()
	defer s.mu.Unlock()
	since, ok := s.downed[c.Key]
	delete(s.downed, c.Key)
	if d := until.Sub(since); ok && d < wellPast {
		return ops.T("%s down", "%s d’arrêt", ops.Span(d.Round(100*time.Millisecond)))
	}
	return ops.Text{}
}

// putBack undoes a restore in place: the safety dump goes into a copy, and that takes the database's name. Where nothing was restored
// over the database, there is nothing to put back.
func (s *System) putBack(ctx context.Context, b backArgs) error {
	all, err := s.Databases(ctx)
	if err != nil {
		return err
	}
	key := keyFor(b.Key, "back")
	live := find(all, b.Database)
	switch {
	case live == nil:
		return noDatabase(b.Database)
	case live.Mark.is(Live, key):
		ops.Progress(ctx, ops.T("it was put back already", "elle a déjà été remise en place"))
		return nil
	case !live.Mark.is(Replaced, b.Key):
		ops.Progress(ctx, ops.T("nothing was restored over it", "rien n’a été restauré par-dessus"))
		return nil
	}
	f, err := s.file(ctx, b.Safety)
	if err != nil {
		return err
	}
	found, err := s.read(ctx, f, nil)
	if err != nil {
		return err
	}
	base := shortened(b.Database)
	c := Copy{Database: b.Database, Scratch: base + "_restore_" + key, Before: base + "_before_" + key, Dump: f.Path, SHA256: found.SHA256, Key: key}
	if err := s.fill(ctx, c); err != nil {
		return err
	}
	if err := s.compare(ctx, c); err != nil {
		return err
	}
	return s.Swap(ctx, c)
}
