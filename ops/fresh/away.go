package fresh

import (
	"context"
	"slices"
	"time"
)

// asleep is how much longer than [each] we may be silent before we count as having been away: suspended, or frozen.
const asleep = 3 * each

// present takes up what was kept of the heartbeats, notes if we were away, and keeps that we are here.
func (s *System) present(ctx context.Context) {
	at := now()
	s.mu.Lock()
	before, tired := s.alive, s.tired
	s.mu.Unlock()
	switch {
	case len(s.o.Beats) == 0:
		if tired != nil { // does it work again?
			s.sign(ctx, at)
		}
		return
	case !before.IsZero() && at.Sub(before) < each/2: // beats that come fast are no reason to write it often
		return
	case before.IsZero():
		if !s.recallBeats(ctx, at) {
			return // it is tried again at the next look; until then nothing is known to be late
		}
	case at.Sub(before) > asleep:
		s.mu.Lock()
		for i := range s.o.Beats {
			s.beat(s.o.Beats[i].Name).missed(&s.o.Beats[i], before, at)
		}
		s.mu.Unlock()
	}
	s.sign(ctx, at)
}

// sign keeps that we are here.
func (s *System) sign(ctx context.Context, at time.Time) {
	s.mu.Lock()
	s.alive = at
	s.mu.Unlock()
	_ = s.keep(ctx, aliveKept, func() any { // if it fails, it is told of and tried again
		p := presence{At: at}
		for _, b := range s.o.Beats {
			p.Beats = append(p.Beats, b.Name)
		}
		return p
	})
}

// leave keeps until when exactly we were here.
func (s *System) leave(ctx context.Context) {
	s.mu.Lock()
	here := !s.alive.IsZero()
	s.mu.Unlock()
	if !here {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	s.sign(ctx, now())
}

// recallBeats takes up what was kept, once all of it can be read, and reports whether it could.
func (s *System) recallBeats(ctx context.Context, at time.Time) bool {
	var was presence
	if err := s.load(ctx, aliveKept, &was); err != nil {
		return false
	}
	kept := make([]heard, len(s.o.Beats))
	for i, b := range s.o.Beats {
		if err := s.load(ctx, beatKept+b.Name, &kept[i]); err != nil {
			return false
		}
	}
	s.mu.Lock()
	for i := range s.o.Beats {
		b := &s.o.Beats[i]
		h := s.beat(b.Name)
		if h.known { // a beat that came at the same time was quicker
			continue
		}
		expected := slices.Contains(was.Beats, b.Name)
		if expected && !was.At.IsZero() && h.Runs == 0 {
			kept[i].missed(b, was.At, at)
		}
		h.join(kept[i], b, expected, at)
	}
	s.mu.Unlock()
	for _, b := range s.o.Beats {
		_ = s.keepBeat(ctx, b.Name) // if it fails, it is told of
	}
	return true
}

// beat is what is known of one heartbeat. The caller holds mu.
func (s *System) beat(name string) *heard {
	if s.beats[name] == nil {
		s.beats[name] = &heard{}
	}
	return s.beats[name]
}

func (s *System) keepBeat(ctx context.Context, name string) error {
	return s.keep(ctx, beatKept+name, func() any {
		s.mu.Lock()
		defer s.mu.Unlock()
		return *s.beat(name)
	})
}
