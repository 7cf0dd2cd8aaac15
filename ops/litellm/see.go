package litellm

import (
	"context"
	"time"

	"vigie/ops"
)

const (
	// patience is how long an answer waits for the past to be read.
	patience = 6 * time.Second
	// finePatience is how long it waits for the rest, which tells what is usual. The watcher, where there is one, has seen to
	// that soon after the start.
	finePatience = time.Second
	// stale is how old figures may be that are shown, with their age, while the database cannot be read.
	stale = time.Hour
)

// see reads what is new, and what is missing back to the day need as far as patience goes. What cannot be read now is told
// beside the figures of a while ago, if there are any: as says how old they are.
func (s *System) see(ctx context.Context, need day) (as ops.Text, err error) {
	if err = s.refresh(ctx); err == nil {
		err = s.fill(ctx, need, false, time.Now().Add(patience))
	}
	if err == nil {
		_ = s.fill(ctx, dayOf(time.Now())-dayDays, true, time.Now().Add(finePatience)) // what this lacks is only something to compare with
		return ops.Text{}, nil
	}
	s.mu.RLock()
	age := time.Since(s.read)
	s.mu.RUnlock()
	if age > stale {
		return ops.Text{}, s.explain(err)
	}
	return ops.T("🟠 figures of %s ago: %s", "🟠 chiffres d’il y a %s : %s", ops.Span(age), ops.SayOf(s.explain(err))), nil
}
