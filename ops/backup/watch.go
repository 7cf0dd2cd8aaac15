package backup

import (
	"context"
	"time"

	"vigie/ops"
)

const (
	every = 10 * time.Minute // between two looks: a listing of each folder, and a question to each source
	late  = time.Minute      // how long after a start a rehearsal that was missed begins: let the stack come up first
)

// lookout tells of everything after each look at it; new copies are read in between, one at a time.
func (s *System) lookout(ctx context.Context, tell func(ops.Sighting)) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	told := teller{}
	for {
		v := s.see(ctx)
		if ctx.Err() != nil {
			return
		}
		s.settle(ctx, v)
		found := s.judgeAll(v)
		list, blind := s.troubles(found), s.blindTroubles(v)
		if why := s.beat(ctx, v, found); why != nil {
			blind = append(blind, *why)
		}
		for _, seen := range told.sightings(list, blind, found) {
			tell(seen)
		}
		if s.readOne(ctx, v) {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.poke:
		case <-ticks.C:
		}
	}
}

// readOne reads one copy that nobody has read yet, and reports whether that told anything new.
func (s *System) readOne(ctx context.Context, v view) bool {
	for _, c := range s.unread(v) {
		if v.blind[kindOf(c.artefact)] != nil {
			continue // who could read it is away; later
		}
		select {
		case s.busy <- struct{}{}:
		default:
			return false // whoever is at work says so when it is done
		}
		seen := s.read(ctx, v.sources[c.artefact], c)
		<-s.busy
		if ctx.Err() != nil {
			return false
		}
		was := s.memories()[c.artefact].Read
		s.remember(ctx, c.artefact, func(m *memory) { m.Read = seen })
		if seen.Unsure && was.Unsure && was.Key == seen.Key {
			continue // tried again at the next look
		}
		return true
	}
	return false
}

// rounds rehearses everything at the times that were asked for. A round that was missed is held soon after the start.
func (s *System) rounds(ctx context.Context) {
	for {
		s.mu.Lock()
		last := s.known.Round
		s.mu.Unlock()
		if last.IsZero() {
			last = now()
			s.note(ctx, func(k *known) { k.Round = last.UTC() }) // else a bot that restarts every hour never holds one
		}
		next := s.when.Next(last.In(s.o.Zone))
		if next.IsZero() {
			return // a date that never comes, such as 30 February
		}
		timer := time.NewTimer(max(next.Sub(now()), late))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		begun, v := now().UTC(), s.whenListed(ctx)
		for _, name := range v.rehearsable() {
			if _, err := s.rehearse(ctx, name); err != nil && ctx.Err() != nil {
				return // held again after the next start
			}
		}
		s.note(ctx, func(k *known) { k.Round = begun })
	}
}

// whenListed is everything there is, once all sources can be asked, or after an hour what can be.
func (s *System) whenListed(ctx context.Context) view {
	for tries := 0; ; tries++ {
		v := s.see(ctx)
		if len(v.blind) == 0 || tries == 6 {
			return v
		}
		select {
		case <-ctx.Done():
			return v
		case <-time.After(every):
		}
	}
}

// beat calls the heartbeat if every proof holds, and says why that could not be done.
func (s *System) beat(ctx context.Context, v view, found []finding) *ops.Trouble {
	if s.o.Heartbeat == nil || len(found) == 0 || len(v.blind) > 0 || v.lost != nil || s.missed(v) != nil {
		return nil
	}
	for _, f := range found {
		if !f.holds {
			return nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	err := s.o.Heartbeat(ctx)
	if err == nil {
		return nil
	}
	return &ops.Trouble{Subject: watchSubject, Kind: "heartbeat", Severity: ops.Warning, Wait: every + every/2,
		Title: ops.T("the heartbeat of the backups cannot be sent", "le battement des sauvegardes ne part pas"), Lines: []ops.Text{short(ops.SayOf(err))}}
}
