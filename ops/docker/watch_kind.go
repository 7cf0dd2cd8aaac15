package docker

import (
	"time"

	"vigie/ops"
)

const (
	fresh  = 10 * time.Second // how long one that was made may take to be started
	hunger = 15 * time.Minute // how long it is told that one lacked memory
)

// kind is what is wrong with the state of the row's container; there is one such thing at a time. "" is nothing.
func (s scene) kind() string {
	k := s.k
	switch {
	case s.is == missing:
		return "missing"
	case k == nil, s.is == off:
		return ""
	case s.is == dead:
		return "dead"
	case k.exhausted():
		return "exhausted"
	case k.loop:
		return "loop"
	case s.is == unhealthy, s.is == starting && !k.sick.IsZero() && k.State == "running":
		return "unhealthy"
	case s.is == paused:
		return "paused"
	case s.is == created:
		return s.unstarted()
	case s.is == failed, s.is == stopped, s.is == looping, k.swept():
		return s.down()
	}
	return ""
}

// unstarted tells one that was just made from one that will not be started. The first may still be missing.
func (s scene) unstarted() string {
	_, wasMissing := s.l.told[what{aboutContainer + s.name, "missing"}]
	switch {
	case s.now.Sub(s.k.Created) <= fresh && wasMissing:
		return "missing"
	case s.now.Sub(s.k.Created) <= fresh, s.want == nil && s.k.detail.Error == "":
		return ""
	}
	return "created"
}

// down tells an end with an error from one that somebody asked for; of those, only the ends of what should run count, unless
// it may have been the engine that asked.
func (s scene) down() string {
	expected := s.want != nil && !s.once()
	switch {
	case s.k.swept():
		return "stopped"
	case s.k.byHand() && expected, s.is == stopped && expected:
		return "stopped"
	case s.k.byHand(), s.is == stopped:
		return ""
	}
	return "died"
}

// hungry reports whether it lacked memory a while ago.
func (s scene) hungry() bool {
	return s.k != nil && len(s.k.ooms) > 0 && s.now.Sub(s.k.ooms[len(s.k.ooms)-1]) < hunger
}

// since is when the trouble began; zero if nothing says it.
func (s scene) since(kind string) time.Time {
	switch k := s.k; kind {
	case "missing":
		return s.l.past[s.container()].Gone
	case "loop":
		return k.ends[0]
	case "unhealthy":
		return k.sick
	case "created":
		return k.Created
	case "died", "stopped", "exhausted", "dead":
		return k.ended
	}
	return time.Time{}
}

// grave is how much a kind matters for this row.
func (s scene) grave(kind string) ops.Severity {
	switch {
	case kind == "paused", kind == "stopped" && !s.k.unseen:
		return ops.Warning
	case kind == "missing" && s.once():
		return ops.Notice // its work may well be done
	case s.want == nil, len(s.want.Profiles) > 0, s.l.stack.Off[s.name]:
		return ops.Warning // nobody counts on it
	}
	return ops.Critical
}

// waits are how long kinds must last: what comes back by itself in that time is no incident.
var waits = map[string]time.Duration{
	"died": 10 * time.Second, "stopped": 20 * time.Second, "missing": 20 * time.Second, "created": 10 * time.Second, "paused": 30 * time.Second,
	"stale-env": 5 * time.Minute, "blind": 30 * time.Second, "deaf": 30 * time.Second,
}

// calms are how long kinds must have been over.
var calms = map[string]time.Duration{"unhealthy": 15 * time.Second, "died": 15 * time.Second, "exhausted": 15 * time.Second}
