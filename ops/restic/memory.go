package restic

import (
	"context"
	"encoding/json"
	"time"
)

// An outcome is how the last backup through us went, as far as that stays interesting.
type outcome struct {
	Snapshot string    `json:"snapshot"`
	At       time.Time `json:"at"`
	Line     string    `json:"line"` // of which host and paths
	Failed   []string  `json:"failed,omitempty"`
	Lost     int       `json:"lost,omitempty"`
	Partial  bool      `json:"partial,omitempty"`
}

// remember keeps how a backup went: a snapshot does not tell that it lacks something. What cannot be kept is forgotten with the
// process; the backup is no worse for it.
func (s *System) remember(ctx context.Context, r *Repository, sum Summary) {
	o := outcome{sum.Snapshot.ID, sum.Snapshot.At, sum.Snapshot.line(), sum.Failed, sum.Lost, sum.Partial}
	s.mu.Lock()
	s.last[r.Name] = o
	s.mu.Unlock()
	if body, err := json.Marshal(o); err == nil && s.o.Kept != nil {
		_ = s.o.Kept.Save(ctx, r.Name, body)
	}
}

// recall is what is known of the last backup of r.
func (s *System) recall(ctx context.Context, r *Repository) outcome {
	s.mu.Lock()
	o, known := s.last[r.Name]
	s.mu.Unlock()
	if known || s.o.Kept == nil {
		return o
	}
	body, err := s.o.Kept.Load(ctx, r.Name)
	if err != nil || json.Unmarshal(body, &o) != nil {
		return outcome{} // asked again at the next look
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now, known := s.last[r.Name]; known {
		return now
	}
	s.last[r.Name] = o
	return o
}

// partial is the last backup through us if it lacks something and nothing newer of the same paths is there.
func (s *System) partial(ctx context.Context, g glance) (outcome, bool) {
	o := s.recall(ctx, g.r)
	if !o.Partial {
		return o, false
	}
	for _, one := range g.list {
		if one.line() == o.Line && one.At.After(o.At) {
			return o, false
		}
	}
	return o, true
}
