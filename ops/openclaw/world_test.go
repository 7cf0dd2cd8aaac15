package openclaw

import (
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

// A place is an OpenClaw for the suite: a real program, or the stand-in.
type place interface {
	container() Container
	asks(id, username, code string, ago time.Duration) // somebody wrote to it for the first time
	configured(agents map[string]string)               // what its configuration says of agents' models, by id, as JSON; "" is nothing
}

// A world is a gate on a system.
type world struct {
	*System
	*opstest.World
	t *testing.T
}

func newWorld(t *testing.T, s *System) *world {
	t.Helper()
	w := &world{System: s, t: t}
	w.World = opstest.Open(t, Bind(w.System))
	return w
}

// sightings is what one look of the watcher tells, by subject.
func (w *world) sightings() map[string]ops.Trouble {
	got := map[string]ops.Trouble{}
	w.Watcher().(*watcher).lookOnce(w.t.Context(), func(s ops.Sighting) {
		for _, t := range s.Troubles {
			got[t.Subject] = t
		}
	})
	return got
}
