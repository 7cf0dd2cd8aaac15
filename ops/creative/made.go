package creative

import (
	"context"
	"time"

	"vigie/ops"
)

const (
	lookEvery = 5 * time.Second
	// comes is how long after it was taken a maker may not know an order yet.
	comes = 2 * time.Minute
	// clocksApart is how far the clocks of this machine and of the register's may be apart.
	clocksApart = time.Minute
)

var made = ops.Declare(&set, "creative.made", func(o order) ops.Text {
	return ops.T("the result is there, and is whole: %s", "le résultat est là, entier : %s", ops.Name(o.Type))
}, func(ctx context.Context, s *System, o order) error { return s.follow(ctx, ops.Work(ctx)) })

// follow waits until an order's result is there, nothing will come of it, or the deadline has passed.
func (s *System) follow(ctx context.Context, work string) error {
	rec, ok, err := s.find(ctx, work)
	if err != nil {
		return err
	}
	if !ok || rec.State == refused {
		return ops.Fail(ops.Failed, ops.T("n8n did not take it, so there is nothing to wait for", "n8n ne l’a pas pris, donc rien à attendre"), nil)
	}
	for {
		over, says, err := s.look(ctx, rec)
		late := time.Since(rec.At) > s.o.Deadline
		switch {
		case over && err == nil:
			ops.Progress(ctx, says)
			return s.note(ctx, work, done, nil)
		case over:
			if kept := s.note(ctx, work, failed, nil); kept != nil {
				return kept
			}
			return ops.Fail(ops.Failed, ops.Join(" · ", ops.SayOf(err), stillCounted(rec)), err)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case rec.State == sent: // nothing is to be waited for that was perhaps never begun
			return ops.Fail(ops.Unavailable, ops.T("nothing of it is to be found so far: %s", "rien n’en est trouvé pour l’instant : %s", ops.SayOf(err)), err)
		case late:
			return ops.Fail(ops.Unavailable, ops.T("n8n took it %s ago, and nothing is there yet (%s). Verify looks again.", "n8n l’a pris il y a %s, et rien n’est là (%s). « Vérifier » regarde encore.", ops.Since(rec.At), waits(says, err)), err)
		}
		ops.Progress(ctx, waits(says, err))
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(lookEvery):
		}
	}
}

// waits says what is waited for.
func waits(says ops.Text, err error) ops.Text {
	if err != nil {
		return ops.SayOf(err)
	}
	if says.IsZero() {
		return ops.T("not there yet", "pas encore là")
	}
	return says
}

// look asks once how an order goes. over says that it ended; err is then how, if badly. An err that is not over says what keeps
// it from being known.
func (s *System) look(ctx context.Context, rec record) (over bool, says ops.Text, err error) {
	route, err := s.route(rec)
	if err != nil {
		return true, says, err
	}
	if rec.State == sent || rec.Answer == (answer{}) && s.o.Assets != nil {
		return s.registered(ctx, rec)
	}
	switch tracker := s.tracker(route); {
	case tracker != nil && rec.Answer.Render == "":
		return true, says, ops.Fail(ops.Failed, ops.T("n8n took it and names no render, so nobody can tell what becomes of it", "n8n l’a pris sans nommer de rendu, donc personne ne peut dire ce qu’il devient"), nil)
	case tracker != nil:
		return s.track(ctx, tracker, rec)
	case route.Result == byRegistration:
		return s.registered(ctx, rec)
	}
	return s.address(ctx, route, rec.Answer.URL)
}

func (s *System) tracker(r Route) Tracker {
	return map[string]Tracker{byComfyUI: s.o.Pictures, byRemotion: s.o.Videos}[r.Result]
}

// route is the one that an order took, as it is configured now.
func (s *System) route(rec record) (Route, error) {
	r, _, err := s.routeOf(rec.Order.Type, rec.Order.Model)
	if err != nil {
		return r, ops.Fail(ops.Failed, ops.T("its route is not configured any more, so I do not know where to look", "sa route n’est plus configurée, donc je ne sais pas où regarder"), nil)
	}
	return r, nil
}

// track asks the maker. One that does not know the order yet is given time to.
func (s *System) track(ctx context.Context, t Tracker, rec record) (over bool, says ops.Text, err error) {
	is, says, err := t.Track(ctx, rec.Answer.Render)
	switch kind := ops.KindOf(err); {
	case err == nil:
		return is, says, nil
	case kind == ops.NotFound && time.Since(rec.At) < comes:
		return false, ops.T("not with its maker yet", "pas encore chez qui le fait"), nil
	case kind == ops.NotFound:
		return true, says, ops.Fail(ops.Failed, ops.T("n8n said that it was taken, and who makes it does not know it: n8n answers before it knows.", "n8n a dit que c’était pris, et qui le fait ne le connaît pas : n8n répond avant de savoir."), err)
	case kind == ops.Unavailable || ctx.Err() != nil:
		return false, says, err
	}
	return true, says, err
}

// registered looks into the register of assets.
func (s *System) registered(ctx context.Context, rec record) (over bool, says ops.Text, err error) {
	if s.o.Assets == nil {
		return false, says, ops.Fail(ops.Unavailable, ops.T("no register of assets is configured to look it up in", "aucun registre des créations n’est configuré pour le chercher"), nil)
	}
	_, found, err := s.o.Assets.Find(ctx, rec.name(), rec.Answer.Render, rec.At.Add(-clocksApart))
	if err != nil || !found {
		return false, ops.T("not registered as an asset yet", "pas encore enregistré comme création"), err
	}
	return true, ops.T("registered as %s", "enregistré sous %s", ops.Name(rec.name())), nil
}
