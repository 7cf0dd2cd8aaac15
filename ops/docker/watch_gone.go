package docker

import (
	"maps"
	"time"

	"vigie/ops"
)

// An engine that ends takes the containers with it. What it does to them looks like what a person does: it asks each to end,
// and says so in its events, for as long as the slowest of them takes; it refuses new calls all the while. One that was killed
// does it when it is back, before it answers anybody, and 20.10 then takes those that are to run «unless stopped» for stopped.
// So of an end just before or while the engine is away, nobody can say that it was by hand.

const (
	atOnce = 5 * time.Second // a call that is refused is so at once; one that is not answered takes longer to fail
	dying  = 5 * time.Second // how much longer than it may take an end takes at most
)

// lose notes since when something may happen unseen.
func (l *lookout) lose(at time.Time) {
	if l.lost.IsZero() {
		l.lost = at
		l.doubt()
		l.before = l.snapshot()
	}
}

// doubt takes back that containers ended which did so just before nothing could be seen any more, and nobody was told of yet.
// What is so the next sweep tells, or the engine's events, if it is still the same engine: it is asked for them again.
func (l *lookout) doubt() {
	again := map[string]time.Time{}
	for id, k := range l.boxes {
		window := waits["died"]
		if !k.asked.IsZero() {
			window = waits["stopped"]
		}
		if k.State != "exited" || k.before == nil || l.lost.Sub(k.ended) >= window {
			continue
		}
		from := k.ended
		if !k.asked.IsZero() && k.asked.Before(from) {
			from = k.asked
		}
		again[id] = from
		if from.Before(l.newest) {
			l.newest = from
		}
		l.count++
		k.revive(l.count)
	}
	maps.DeleteFunc(l.heard, func(key heardKey, _ bool) bool {
		from, is := again[key.id]
		return is && key.at >= from.UnixNano()
	})
}

// old reports whether an event of that time is one of the past, which a new stream tells. A stream may be asked for before the
// engine is there to hear it.
func (l *lookout) old(at time.Time) bool { return at.Before(l.begun) || !at.After(l.sound) }

// inTheDark reports whether the engine was gone then.
func (l *lookout) inTheDark(at time.Time) bool {
	return l.gone && at.After(l.lost) || at.After(l.dark[0]) && at.Before(l.dark[1])
}

// copied is what is known of it now.
func (k *memo) copied() *memo {
	c := *k
	c.asked, c.ends, c.before = time.Time{}, append([]time.Time(nil), k.ends...), nil
	return &c
}

// revive takes back its last end; count is the number of that change.
func (k *memo) revive(count int) {
	asked, row, queued, looking := k.asked, k.row, k.queued, k.looking
	*k = *k.before
	k.doubted, k.felled, k.stirred, k.row, k.queued, k.looking = true, asked, count, row, queued, looking
}

// settle ends what is open about its last end.
func (k *memo) settle() { k.unseen, k.before, k.doubted, k.felled = false, nil, false, time.Time{} }

// unheard notes that it ended, which the list shows and no event told.
func (l *lookout) unheard(k *memo) {
	asked, unseen := k.felled, l.gone || l.away
	k.settle()
	if unseen {
		k.unseen, k.asked = true, asked
	}
}

// swept reports whether it may be the engine that made it end, and not its own work that was done.
func (k *memo) swept() bool {
	if k.State != "exited" || !k.unseen || k.starved() {
		return false
	}
	switch k.ExitCode {
	case 130, 137, 143, 255: // by a signal; with 255 if the engine was not there to see how
		return true
	}
	return !k.asked.IsZero()
}

// goesDown reports whether its end is to be told by the next sweep: it was asked for, and the engine takes no calls.
func (l *lookout) goesDown(k *memo) bool { return l.gone && k.State == "exited" && !k.asked.IsZero() }

// ending reports whether it was asked to end, and is to have ended soon.
func (k *memo) ending(at time.Time) bool {
	return !k.asked.IsZero() && at.Sub(k.asked) < k.detail.Grace+dying
}

// refused takes notice of a close look, begun at a time, that the engine refused, at one that was asked to end just before: the
// engine ends. One that only takes long to answer does not.
func (l *lookout) refused(id string, asked time.Time, err error) {
	if ops.KindOf(err) != ops.Unavailable || time.Since(asked) > atOnce {
		return
	}
	l.mu.Lock()
	k := l.boxes[id]
	ends := k != nil && k.State == "exited" && k.ending(asked)
	l.mu.Unlock()
	if ends {
		l.cannot(asked, err)
		poke(l.sweep)
	}
}

// notStarted says why the engine, which is back, has not started it again.
func (k *memo) notStarted() ops.Text {
	policy := ops.Name(clip(k.detail.Policy, 40))
	switch {
	case k.always():
		return ops.T("unless somebody stopped it meanwhile, Docker should have started it again: its restart policy is %s",
			"sauf si quelqu’un l’a arrêté entre-temps, Docker aurait dû le relancer : sa politique de redémarrage est %s", policy)
	case k.detail.Policy == "no":
		return ops.T("Docker does not start it again by itself: its restart policy is %s", "Docker ne le relance pas de lui-même : sa politique de redémarrage est %s", policy)
	}
	return ops.Text{}
}

// lives reports whether a container in that state has a process.
func lives(state string) bool { return state == "running" || state == "paused" }
