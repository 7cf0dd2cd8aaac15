package docker

import (
	"strings"
	"time"

	"vigie/ops"
)

// What is told does not age: no sentence here says how long ago something was, since nobody says it anew.

// title is what is wrong, in one line.
func (s scene) title(kind string) ops.Text {
	name, k := ops.Name(s.name), s.k
	switch kind {
	case "missing":
		return ops.T("%s has no container", "%s n’a pas de conteneur", name)
	case "dead":
		return ops.T("%s dead: the engine can neither run nor remove it", "%s mort : le moteur ne peut ni le lancer ni le retirer", name)
	case "exhausted":
		return ops.T("%s given up by the engine after %s · %s", "%s abandonné par le moteur après %s · %s", name, restarts(k.tries()), s.code())
	case "loop":
		return ops.T("%s in a crash loop: ended %s in %s · %s", "%s redémarre en boucle : %s en %s · %s", name, ends(len(k.ends)),
			wide(k.ends), s.code())
	case "unhealthy":
		return ops.Join(" · ", ops.T("%s unhealthy", "%s en mauvaise santé", name), ops.Raw(clip(s.sickness(), 60)))
	case "paused":
		return ops.T("%s paused: somebody froze it", "%s en pause : quelqu’un l’a figé", name)
	case "created":
		return ops.T("%s made but never started", "%s créé mais jamais démarré", name)
	case "stopped":
		switch {
		case k.unseen:
			return ops.T("%s stopped while I could not see Docker", "%s arrêté pendant que je ne voyais pas Docker", name)
		case k.byHand():
			return ops.T("%s stopped by hand", "%s arrêté à la main", name)
		}
		return ops.T("%s ended by itself · exit %d", "%s terminé de lui-même · code %d", name, max(k.ExitCode, 0))
	}
	return ops.T("%s died · %s", "%s s’est arrêté · %s", name, s.code())
}

// code is how the container ended, in a few words.
func (s scene) code() ops.Text {
	code := ops.T("exit %d", "code %d", s.lastCode())
	if s.k.starved() {
		return ops.T("%s, out of memory", "%s, mémoire insuffisante", code)
	}
	return code
}

// lastCode is the exit code of the last end, also of one that runs again by now.
func (s scene) lastCode() int { return max(s.k.code, 0) }

// sickness is what the failing health check printed, where that is known.
func (s scene) sickness() string {
	if s.k.detail.Health != "unhealthy" {
		return ""
	}
	return s.k.detail.sickness()
}

// lines are what else is to know of it, most important first.
func (s scene) lines(kind string, at time.Time) (lines []ops.Text) {
	add := func(t ops.Text) {
		if !t.IsZero() {
			lines = append(lines, t)
		}
	}
	k := s.k
	if k == nil {
		if s.file != "" {
			add(ops.T("expected by %s, image %s", "attendu par %s, image %s", ops.Name(s.file), ops.Name(s.ref())))
		}
		return lines
	}
	likely := ops.Text{}
	if k.found.kind == kind {
		likely = k.found.likely
	}
	switch kind {
	case "unhealthy":
		out := clip(s.sickness(), 160)
		if len([]rune(out)) > 60 && !strings.Contains(likely.En, clip(out, 60)) {
			add(ops.T("health check: %s", "test de santé : %s", quote(out)))
		}
		if s.is == starting {
			add(ops.T("restarted since; its health check has not answered yet", "redémarré depuis ; son test de santé n’a pas encore répondu"))
		}
	case "died", "exhausted":
		add(exitMeaning(s.lastCode(), k.starved()))
	case "loop":
		add(exitMeaning(s.lastCode(), k.starved()))
		if n := k.restarts + k.uncounted; n > len(k.ends) {
			add(ops.T("%s since it was made", "%s depuis sa création", restarts(n)))
		}
	case "stopped":
		if k.ExitCode == 137 {
			add(ops.T("it was killed: exit 137", "il a été tué : code 137"))
		}
		if k.unseen {
			add(k.notStarted())
		}
	}
	if kind == "created" || kind == "dead" || kind == "died" {
		if e := k.detail.Error; e != "" && (k.State == "created" || k.seen >= k.stirred) {
			add(ops.T("the engine says: %s", "le moteur dit : %s", quote(clip(e, 160))))
		}
	}
	add(s.changed(at))
	add(s.stirredNeed(at))
	if !likely.IsZero() {
		add(ops.T("likely: %s", "probablement : %s", likely))
	}
	return lines
}

// offers are what would mend it, and what shows more.
func (s scene) offers(kind string) (list []ops.Button) {
	add := func(en, fr, op string) {
		list = append(list, ops.AskFor(ops.T(en, fr, s.name), op, "service", s.name))
	}
	switch kind {
	case "unhealthy", "loop":
		add("Restart %s", "Redémarrer %s", "docker.restart")
	case "died", "stopped", "exhausted", "created", "missing":
		add("Start %s", "Démarrer %s", "docker.start")
	case "dead", "stale-env":
		if s.want == nil {
			break // there is no file to make it from
		}
		add("Recreate %s", "Recréer %s", "docker.recreate")
	case "image":
		add("Fetch its image", "Télécharger son image", "docker.pull")
	}
	list = append(list, ops.AskFor(ops.T("Why?", "Pourquoi ?"), "docker.diagnose", "service", s.name))
	if s.k != nil && kind != "weak-check" && kind != "stale-env" && kind != "image" {
		list = append(list, ops.AskFor(ops.T("Logs", "Journaux"), "docker.logs", "service", s.name))
	}
	return list
}

// wide is how far the first and the last of some times are apart.
func wide(at []time.Time) ops.Span {
	return ops.Span(max(at[len(at)-1].Sub(at[0]).Round(time.Second), time.Second))
}

func restarts(n int) ops.Count {
	return ops.Count{N: n, EnOne: "restart", EnMany: "restarts", FrOne: "redémarrage", FrMany: "redémarrages"}
}

func ends(n int) ops.Text {
	return ops.T("%s", "%s", ops.Count{N: n, EnOne: "time", EnMany: "times", FrOne: "arrêt", FrMany: "arrêts"})
}
