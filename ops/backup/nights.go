package backup

import (
	"context"
	"time"

	"vigie/ops"
)

// A Missed is a backup that should have been made at a time, and was not.
type Missed struct {
	At  time.Time `json:"at"`
	Why ops.Text  `json:"why"`
}

// nights has everything saved at the times that were asked for. One that was missed is made up for soon after the start.
func (s *System) nights(ctx context.Context) {
	for {
		s.mu.Lock()
		last := s.known.Night
		s.mu.Unlock()
		if last.IsZero() {
			last = now()
			s.note(ctx, func(k *known) { k.Night = last.UTC() }) // else a bot that restarts every hour never makes one
		}
		next := s.saves.Next(last.In(s.o.Zone))
		if next.IsZero() {
			return // a date that never comes
		}
		timer := time.NewTimer(max(next.Sub(now()), late))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		begun := now().UTC()
		err := s.o.Ask(ctx)
		if ctx.Err() != nil {
			return // made up for after the next start
		}
		s.note(ctx, func(k *known) {
			k.Night, k.Missed = begun, nil
			if err != nil {
				k.Missed = &Missed{begun, ops.SayOf(err)}
			}
		})
		s.wake()
	}
}

// wake has everything looked at now.
func (s *System) wake() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// missed is the backup that was not made at its time, unless one was made since.
func (s *System) missed(v view) *Missed {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.known.Missed
	if m == nil || s.saves == nil {
		return nil
	}
	for _, f := range v.folders {
		if f.finished && f.at.After(m.At) && len(f.Files) >= len(v.saveable()) {
			return nil
		}
	}
	return m
}

func (s *System) missedTrouble(m *Missed) ops.Trouble {
	return ops.Trouble{Subject: watchSubject, Kind: "schedule", Severity: ops.Critical, At: m.At, Locks: []string{"backup:files"},
		Title:  ops.T("the backup of %s was not made whole", "la sauvegarde de %s n’a pas été faite en entier", ops.Raw(m.At.In(s.o.Zone).Format("15:04"))),
		Lines:  []ops.Text{short(m.Why)},
		Offers: []ops.Button{ops.AskFor(ops.T("Back up now", "Sauvegarder maintenant"), "backup.now", "what", byOwn)}}
}
