package docker

import (
	"cmp"
	"slices"
	"time"

	"vigie/ops"
)

// A condition is what a service's state means, once it is known what is expected of it. The worst stands first.
type condition int

const (
	dead      condition = iota // the engine could neither run nor remove it
	looping                    // it ends and is started again and again
	failed                     // it ended with an error
	unhealthy                  // it runs, and its health check says no
	missing                    // a file expects it, and it has no container
	created                    // made, never started: its start failed or was cut short
	stopped                    // it ended in order, and nobody said that it should be off
	paused
	starting // running, its health not known yet; or on its way out
	fine
	done // a one-shot that ended with exit 0
	over // exit 0, and nothing says what was expected
	off  // absent or stopped on purpose
)

// needsYou reports whether somebody must look.
func (c condition) needsYou() bool { return c <= paused }

func (c condition) mark() string {
	switch {
	case c <= missing:
		return ops.Broken
	case c <= paused:
		return ops.AtRisk
	case c == starting:
		return ops.Working
	case c <= done:
		return ops.Fine
	}
	return ops.Off
}

// judge says what container c means where w is expected; c is nil if there is none, w if no file names it.
func judge(c *Container, w *Service, isOff bool) condition {
	onDemand := w != nil && len(w.Profiles) > 0
	if c == nil {
		if isOff || onDemand {
			return off
		}
		return missing
	}
	switch c.State {
	case "running":
		switch c.Health { // of a container that does not run, the health is a relic that means nothing
		case "unhealthy":
			return unhealthy
		case "starting":
			return starting
		}
		return fine
	case "restarting":
		return looping
	case "paused":
		return paused
	case "dead":
		return dead
	case "removing":
		return starting
	}
	inOrder := c.ExitCode == 0 || c.ExitCode == 143 || c.ExitCode == 130 || c.ExitCode < 0
	switch {
	case isOff, onDemand && (inOrder || c.State == "created"):
		return off
	case c.State == "created":
		return created
	case c.ExitCode == 0 && w != nil && w.OneShot:
		return done
	case c.ExitCode == 0 && w == nil:
		return over
	case inOrder:
		return stopped
	}
	return failed
}

// with adds what a close look saw, and corrects what the list could not know.
func (r row) with(d Detail) row {
	r.detail = &d
	if r.box != nil {
		c := *r.box
		c.State, c.Health, c.ExitCode = d.State, d.Health, d.ExitCode
		r.box = &c
	}
	if d.looping() && !r.is.needsYou() && r.is != off {
		r.is = looping
	}
	return r
}

// settled is how long a container must have run before its earlier restarts are history.
const settled = time.Minute

// looping reports whether the engine keeps starting it again. Between two ends such a container is «running»,
// even «starting», so the list alone does not show it.
func (d Detail) looping() bool {
	return d.State == "restarting" || d.State == "running" && d.Restarts >= 2 && time.Since(d.Started) < settled
}

// says is the row's state in a few words.
func (r row) says() ops.Text {
	var since age
	var code int
	if r.box != nil {
		since, code = age(r.box.Since), r.box.ExitCode
	}
	d := cmp.Or(r.detail, &Detail{})
	switch r.is {
	case dead:
		return ops.T("dead: the engine can neither run nor remove it", "mort : le moteur ne peut ni le lancer ni le retirer")
	case looping:
		return r.saysLooping(d)
	case failed:
		return ops.T("exited %d, %s ago", "arrêté avec le code %d, il y a %s", code, since)
	case unhealthy:
		if d.Streak > 0 {
			return ops.T("unhealthy for %s", "en mauvaise santé depuis %s", ops.Span(d.sick()))
		}
		return ops.T("unhealthy", "en mauvaise santé")
	case missing:
		return ops.T("missing: it has no container", "absent : il n’a pas de conteneur")
	case created:
		return ops.T("made but never started", "créé mais jamais démarré")
	case stopped:
		return ops.T("stopped %s ago", "arrêté depuis %s", since)
	case paused:
		return ops.T("paused", "en pause")
	case starting:
		if r.box.State == "removing" {
			return ops.T("being removed", "en cours de retrait")
		}
		return ops.T("starting for %s", "démarre depuis %s", since)
	case fine:
		if r.box.Health == "healthy" {
			return ops.T("healthy, up %s", "en bonne santé, lancé depuis %s", since)
		}
		return ops.T("running, up %s", "en marche, lancé depuis %s", since)
	case done:
		return ops.T("done: it runs once", "terminé : il ne tourne qu’une fois")
	case over:
		return ops.T("ended with exit 0, %s ago", "terminé avec le code 0, il y a %s", since)
	}
	if r.box == nil && r.want != nil && len(r.want.Profiles) > 0 {
		return ops.T("off: only on demand (profile %s)", "éteint : seulement à la demande (profil %s)", r.want.Profiles[0])
	}
	return ops.T("off on purpose", "éteint volontairement")
}

func (r row) saysLooping(d *Detail) ops.Text {
	t := ops.T("crash loop", "redémarre en boucle")
	if d.Restarts > 0 {
		t = ops.T("%s: ended %s", "%s : %s", t, ops.Count{N: d.Restarts, EnOne: "time", EnMany: "times", FrOne: "arrêt", FrMany: "arrêts"})
	}
	if d.State == "running" || r.box.State == "running" {
		return t // between two ends the engine does not say how the last one was
	}
	return ops.T("%s, exit %d", "%s, code %d", t, r.box.ExitCode)
}

// why is the reason that stands in plain sight, if one does: health output, lack of memory, the engine's own words.
func (r row) why() ops.Text {
	d := r.detail
	switch {
	case d == nil:
		return ops.Text{}
	case r.is == unhealthy:
		return ops.Raw(clip(d.sickness(), 80))
	case d.OOM && (r.is == looping || r.is == failed):
		return ops.T("out of memory", "mémoire insuffisante")
	case d.Error != "" && r.is.needsYou():
		return ops.Raw(clip(d.Error, 100))
	}
	return ops.Text{}
}

// sick is how long the health check has been failing. The engine keeps the last few results only, so beyond
// those it is reckoned from their number.
func (d Detail) sick() time.Duration {
	if len(d.HealthLog) == 0 {
		return time.Duration(max(d.Streak-1, 0)) * d.HealthEvery
	}
	last := d.HealthLog[len(d.HealthLog)-1].At
	return max(time.Since(last), 0) + time.Duration(max(d.Streak-1, 0))*d.HealthEvery
}

// sickness is what the newest failing health check printed.
func (d Detail) sickness() string {
	for _, h := range slices.Backward(d.HealthLog) {
		if h.Exit != 0 {
			return h.Output
		}
	}
	return ""
}
