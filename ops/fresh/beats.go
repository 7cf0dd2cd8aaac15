package fresh

import (
	"cmp"
	"context"
	"time"

	"vigie/ops"
)

// What can be wrong with a heartbeat.
const (
	silent = "silent" // it did not come
	failed = "failed" // it came, and says that the job failed
)

// heard is what is known of one heartbeat. It outlives a restart.
type heard struct {
	First time.Time     `json:"first"` // since when it is expected
	Every time.Duration `json:"every"` // as it was then
	Last  time.Time     `json:"last,omitzero"`
	Up    time.Time     `json:"up,omitzero"` // the last one that told of no failure
	Down  bool          `json:"down,omitempty"`
	Msg   string        `json:"msg,omitempty"`
	Runs  int64         `json:"runs"`
	// Gone and Back are when we were away at a time at which it may have come. Zero otherwise.
	Gone time.Time `json:"gone,omitzero"`
	Back time.Time `json:"back,omitzero"`

	known bool // what was kept is in here
}

// presence is when we were last here, and what we were listening for. It outlives a restart.
type presence struct {
	At    time.Time `json:"at"`
	Beats []string  `json:"beats"`
}

// due is when the next one is late: after the last one or, if none came since it is expected, after that.
func (h *heard) due(b *Beat) time.Time {
	if h.Last.After(h.First) {
		return h.Last.Add(b.Every + b.Grace)
	}
	return h.First.Add(b.Every + b.Grace)
}

// missed notes that we were away, if the beat may have come meanwhile: around the time at which the next was expected, or
// at any time if none ever came. While it is excused already, only an absence that is longer than its grace counts again;
// else a bot that restarts daily would never see a daily job die.
func (h *heard) missed(b *Beat, gone, back time.Time) {
	due := h.due(b)
	from := due.Add(-2 * b.Grace)
	switch {
	case !h.Back.IsZero():
		from, due = h.Back, h.Back.Add(b.Every+b.Grace)
		if back.Sub(gone) <= b.Grace {
			return
		}
	case !h.Last.After(h.First):
		from = h.First
	}
	if gone.Before(due) && back.After(from) {
		if h.Back.IsZero() {
			h.Gone = gone
		}
		h.Back = back
	}
}

// A silence is what a heartbeat's not coming means.
type silence struct {
	late    bool
	excused bool // we were away when it should have come, and have not been back for long enough
	since   time.Time
	next    time.Time // when to look again if none comes; zero if nothing will change
}

func (h *heard) silence(b *Beat, at time.Time) silence {
	due := h.due(b)
	if at.Before(due) {
		return silence{next: due}
	}
	if !h.Back.IsZero() {
		if until := h.Back.Add(b.Every + b.Grace); at.Before(until) {
			return silence{late: true, excused: true, since: due, next: until}
		}
	}
	return silence{late: true, since: due}
}

// take notes a beat.
func (h *heard) take(at time.Time, down bool, msg string) {
	h.Last, h.Down, h.Msg, h.Gone, h.Back = at, down, msg, time.Time{}, time.Time{}
	h.Runs++
	if !down {
		h.Up = at
	}
}

// join takes up what was kept, under what came since we started.
func (h *heard) join(kept heard, b *Beat, expected bool, at time.Time) {
	mine := *h
	if *h = kept; mine.Runs > 0 {
		h.Last, h.Down, h.Msg, h.Gone, h.Back = mine.Last, mine.Down, mine.Msg, time.Time{}, time.Time{}
		h.Runs += mine.Runs
		if mine.Up.After(h.Up) {
			h.Up = mine.Up
		}
	}
	if h.First.IsZero() || !expected || h.Every != b.Every { // new, or new again, or expected at another pace
		h.First, h.Every, h.Gone, h.Back = at, b.Every, time.Time{}, time.Time{}
	}
	h.known = true
}

// troubles is what is wrong with one heartbeat.
func (h *heard) troubles(b *Beat, at time.Time) (list []ops.Trouble) {
	name := ops.Name(b.Name)
	base := ops.Trouble{Subject: beatSubject + b.Name, Severity: b.Severity, Offers: show(b.Name)}
	if quiet := h.silence(b, at); quiet.late {
		t := base
		t.Kind, t.At = silent, quiet.since
		span := coarse(at.Sub(h.Last))
		t.Title = ops.T("%s: no heartbeat for %s", "%s : aucun battement depuis %s", name, span)
		t.Lines = []ops.Text{ops.T("one is expected every %s, and %s later is still fine", "intervalle attendu : %s, avec %s de tolérance", ops.Span(b.Every), ops.Span(b.Grace))}
		if h.Last.IsZero() {
			span = coarse(at.Sub(h.First))
			t.Title = ops.T("%s: no heartbeat ever, expected for %s", "%s : jamais aucun battement, attendu depuis %s", name, span)
		}
		if quiet.excused {
			t.Severity = ops.Notice
			t.Title = ops.T("%s: no heartbeat for %s, but I was away", "%s : aucun battement depuis %s, mais j’étais absent", name, span)
			t.Lines = append([]ops.Text{ops.T("it may have come in the %s when I was not here; I will know in %s", "il a pu venir pendant mes %s d’absence ; je le saurai dans %s",
				ops.Span(h.Back.Sub(h.Gone)), coarse(quiet.next.Sub(at)))}, t.Lines...)
		}
		list = append(list, t)
	}
	if h.Down {
		t := base
		t.Kind, t.At = failed, h.Last
		t.Title = ops.T("%s failed", "%s a échoué", name)
		if h.Msg != "" {
			t.Title, t.Quote = ops.T("%s failed: %s", "%s a échoué : %s", name, clipped(h.Msg, 80)), h.Msg
		}
		if !h.Up.IsZero() {
			t.Lines = []ops.Text{ops.T("the last time it went well was %s before", "la dernière réussite remonte à %s plus tôt", coarse(h.Last.Sub(h.Up)))}
		} else {
			t.Lines = []ops.Text{ops.T("it has not gone well once since I watch it", "cette tâche n’a encore jamais réussi depuis que je la suis")}
		}
		list = append(list, t)
	}
	return list
}

// watchBeats tells of heartbeats when one comes, when one is late, and every minute.
func (s *System) watchBeats(ctx context.Context, tell func(ops.Sighting)) {
	told, own := teller{prefix: beatSubject}, teller{prefix: watchSubject}
	for ctx.Err() == nil {
		s.present(ctx)
		list, next, all := s.hear(now())
		seen := told.sighting(list, s.heardAgain)
		if !all { // what was late may be late still
			seen.Whole = ""
		}
		tell(seen)
		tell(own.sighting(s.weary(), func(ops.Trouble) ops.Text {
			return ops.T("what I know of backups and heartbeats is kept again", "ce que je sais des sauvegardes et des battements est gardé de nouveau")
		}))
		timer := time.NewTimer(min(each, max(next.Sub(now()), time.Millisecond)))
		select {
		case <-timer.C:
		case <-s.poke:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	s.leave(context.WithoutCancel(ctx))
}

// hear is what is wrong with the heartbeats, when that may next change, and whether it is known of all of them.
func (s *System) hear(at time.Time) (list []ops.Trouble, next time.Time, all bool) {
	next, all = at.Add(each), true
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.o.Beats {
		b := &s.o.Beats[i]
		h := s.beat(b.Name)
		if all = all && h.known; !h.known && h.Runs == 0 {
			continue
		}
		list = append(list, h.troubles(b, at)...)
		if when := h.silence(b, at).next; !when.IsZero() && when.Before(next) {
			next = when
		}
	}
	return list, next, all
}

// heardAgain says how it is now with a heartbeat that was in trouble.
func (s *System) heardAgain(t ops.Trouble) ops.Text {
	name := t.Subject[len(beatSubject):]
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.beats[name]
	switch {
	case t.Kind == failed:
		return ops.T("%s went well", "%s a réussi", ops.Name(name))
	case h == nil || cmp.Or(h.Last, h.First) == h.First:
		return ops.T("%s is not late any more", "%s n’est plus en retard", ops.Name(name))
	}
	return ops.T("%s beats again", "%s bat de nouveau", ops.Name(name))
}
