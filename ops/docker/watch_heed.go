package docker

import (
	"slices"
	"time"
)

// heed takes in one event, and tells what it changes. It reports whether the event was a new one.
func (l *lookout) heed(ev Event) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.isNew(ev) {
		return false
	}
	c := Container{ID: ev.ID, Name: ev.Container, Service: ev.Service, Project: ev.Project, OneOff: ev.OneOff, Image: ev.Image, Replaces: ev.Replaces, State: "running", ExitCode: -1}
	if !l.stack.ours(c) {
		return true
	}
	l.hears()
	l.count++
	k := l.boxes[ev.ID]
	if k == nil {
		if ev.Kind == "destroy" {
			return true
		}
		k = l.meet(c)
	}
	if k.Name != ev.Container {
		k.Name = ev.Container
		l.inherit(k)
	}
	k.stirred = l.count
	l.happened(k, ev)
	// Before everything was looked at once, nobody knows what the files say of it, and so not how grave it is.
	k.unsure = l.old(ev.At) || l.goesDown(k) || !l.looked
	if k.unsure {
		poke(l.sweep) // it tells what has come of it
		return true
	}
	l.report()
	if ev.Kind != "kill" && ev.Kind != "destroy" {
		l.want(k)
	}
	return true
}

func (l *lookout) happened(k *memo, ev Event) {
	switch ev.Kind {
	case "create":
		k.State, k.Created = "created", ev.At
	case "start":
		k.begins(ev.At)
	case "kill":
		if mortal(ev.Signal) {
			k.asked = ev.At
		}
	case "stop":
		l.stopped(k, ev.At)
	case "die":
		l.died(k, ev)
	case "oom":
		if n := len(k.ooms); n > 0 && ev.At.Sub(k.ooms[n-1]) < time.Second {
			break // the kernel says so more than once
		}
		k.ooms = append(k.ooms, ev.At)
		k.ooms = k.ooms[max(0, len(k.ooms)-mostEnds):]
		k.found.alive = false
	case "health":
		if k.State != "running" || ev.Health == "unhealthy" && k.ending(ev.At) {
			break // a check that fails because the container is being ended says nothing
		}
		k.healthIs(ev.Health, ev.At)
	case "pause":
		k.State = "paused"
	case "unpause":
		k.State = "running"
	case "destroy":
		l.destroyed[k.ID] = l.count
		l.leave(k)
	}
	k.turn(l.o, time.Now())
}

// mortal reports whether a signal asks for the end; the others are for reading settings again and the like.
func mortal(signal string) bool {
	return !slices.Contains([]string{"1", "10", "12", "18", "28", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH"}, signal)
}

// begins notes a start.
func (k *memo) begins(at time.Time) {
	if k.exhausted() {
		k.loop, k.ends = false, nil
		k.recount = true
	}
	if !k.asked.IsZero() {
		k.restarts, k.uncounted, k.ahead, k.recount = 0, 0, 0, true
	}
	k.State, k.ExitCode, k.Health, k.started, k.asked, k.heard = "running", -1, "", at, time.Time{}, false
	k.settle()
	if k.checked() {
		k.Health = "starting"
	}
}

// died notes an end.
func (l *lookout) died(k *memo, ev Event) {
	k.settle()
	if !l.old(ev.At) {
		k.before = k.copied()
	}
	k.State, k.ExitCode, k.Health, k.ended, k.code = "exited", ev.ExitCode, "", ev.At, ev.ExitCode
	k.heard, k.unseen = true, l.inTheDark(ev.At)
	if !k.asked.IsZero() && ev.At.Sub(k.asked) < k.detail.Grace+time.Minute {
		k.loop, k.ends = false, nil
		return
	}
	k.asked = time.Time{}
	if ev.ExitCode == 0 && !k.always() { // it had done its work
		return
	}
	if k.ahead > 0 && !ev.At.After(k.aheadTo.Add(time.Second)) {
		k.ahead--
		return
	}
	k.ends = append(k.ends, ev.At)
	k.uncounted++
}

// stopped notes that an end was asked for: engines say so after it. What they send first may be any signal.
func (l *lookout) stopped(k *memo, at time.Time) {
	if k.State != "exited" || !k.asked.IsZero() {
		return
	}
	k.asked = at
	k.loop, k.ends = false, nil
}

func (k *memo) healthIs(health string, at time.Time) {
	k.Health = health
	switch {
	case health == "unhealthy" && k.sick.IsZero():
		k.sick = at
	case health == "healthy", health == "":
		k.sick = time.Time{}
	} // starting says neither
}
