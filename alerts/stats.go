package alerts

import (
	"context"
	"time"

	"vigie/ops"
)

// Stats count what is wrong now.
type Stats struct {
	Open     int // alerts that need somebody
	Critical int // those of them that are critical
	Held     int // muted, or under maintenance
	Untold   int // alerts that somebody is still to be told of
}

// Stats reads them. It fails when the engine does not run, or ctx ends.
func (e *Engine) Stats(ctx context.Context) (s Stats, err error) {
	err = e.with(ctx, false, func(b *book) {
		needs, held, _ := b.present()
		s.Open, s.Held = len(needs), len(held)
		for _, i := range needs {
			if i.severity() == ops.Critical {
				s.Critical++
			}
		}
		told := map[string]bool{}
		for key := range b.flow {
			for _, i := range b.owed(key, time.Now()) {
				told[i.ID] = true
			}
			for _, l := range b.letters[key] {
				if l.Closed || l.Place != "" && !l.Anew {
					continue
				}
				for _, i := range b.members(l) {
					told[i.ID] = true
				}
			}
		}
		s.Untold = len(told)
	})
	return s, err
}
