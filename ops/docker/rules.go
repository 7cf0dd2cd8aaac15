package docker

import (
	"cmp"
	"slices"

	"vigie/ops"
)

// rules are what services say when they break, from what broke real stacks. The exact stands before the general: of two that fit,
// the first is told.
var rules = slices.Concat(startRules, dataRules, modelRules, linkRules)

// byState reads what the engine itself is certain of.
func byState(s inquiry) (found []finding) {
	add := func(rule string, sure certainty, means, do ops.Text, offers ...string) {
		found = append(found, finding{rule: rule, means: means, do: do, sure: sure, offers: offers})
	}
	switch {
	case s.is == off:
		add("off", certain, ops.T("it is off on purpose", "il est éteint volontairement"),
			ops.T("/start %s turns it on.", "/start %s l’allume.", s.name), "docker.start")
	case s.is == done:
		add("one-shot", certain, ops.T("nothing is wrong: it runs once, ended with exit 0, and that is how it should be",
			"rien d’anormal : il tourne une fois, a fini avec le code 0, et c’est normal"), ops.Text{})
	case s.is == paused:
		add("paused", certain, ops.T("somebody paused it", "quelqu’un l’a mis en pause"), ops.T("docker unpause lets it go on.", "docker unpause le relance."))
	case s.is == stopped:
		add("stopped", certain, ops.T("it was asked to stop, and did; nothing failed", "on lui a demandé de s’arrêter, et il l’a fait ; rien n’a échoué"),
			ops.T("Start it if nobody meant that; /history says whether it was done through me.", "Démarre-le si ce n’était pas voulu ; /history dit si c’est passé par moi."), "docker.start")
	}
	if s.starved() {
		f := finding{rule: "out of memory", sure: certain, means: memory(s.evidence), offers: []string{"docker.stats", "docker.restart"},
			do: ops.T("Raise its memory limit in the compose file and recreate; a restart gives it some time at most.",
				"Augmente sa limite de mémoire dans le fichier compose et recrée-le ; un redémarrage ne donne qu’un répit.")}
		if s.d.Memory == 0 {
			f.do = ops.T("It has no limit of its own: /host shows what the machine has left, /stats who takes it.", "Il n’a pas de limite propre : /host montre ce qu’il reste, /stats qui le prend.")
			f.offers = []string{"host.show", "docker.stats"}
		}
		found = append(found, f)
	}
	if e := s.needed.err; e != nil && s.is.needsYou() {
		found = append(found, finding{rule: "image gone", sure: certain, means: ops.T("its image %s is not here, and cannot be had", "son image %s n’est pas ici, et ne peut être obtenue", ops.Name(s.needed.ref)),
			quote: clip(ops.SayOf(e).En, 200), offers: []string{"docker.pull"},
			do: ops.T("Put a tag that exists into its compose file; take nothing else down before that.", "Mets une étiquette qui existe dans son fichier compose ; n’arrête rien d’autre avant.")})
	}
	found = append(found, s.phaseDown()...)
	if s.stale() && s.is.needsYou() {
		add("stale env", probable, staleEnv(s.evidence), ops.T("Recreate it.", "Recrée-le."), "docker.recreate")
	}
	if s.box == nil && s.is == missing {
		add("missing", certain, ops.T("it has no container: it was removed, or its last start broke off", "il n’a pas de conteneur : il a été retiré, ou son dernier démarrage a échoué"),
			ops.T("Start it; if many are missing, /up brings a phase back in order.", "Démarre-le ; s’il en manque plusieurs, /up relance une phase dans l’ordre."), "docker.start")
	}
	if s.is == off || s.is == done {
		found[0].benign = true
	}
	return append(found, s.blindHealth()...)
}

// phaseDown tells of a phase most of which is down: then it is no matter of one service.
func (s inquiry) phaseDown() []finding {
	if s.phase == "" || !s.is.needsYou() {
		return nil
	}
	all, down := 0, 0
	for _, r := range s.stack.rows {
		if r.phase == s.phase && r.is != off && r.is != done {
			all++
			if r.is == missing || r.is == stopped || r.is == failed || r.is == created {
				down++
			}
		}
	}
	if down < 3 || down*2 < all {
		return nil
	}
	f := finding{rule: "phase down", sure: certain, offers: []string{"docker.up", "docker.status"},
		means: ops.T("not it alone: %d of %d services of phase %s are down", "pas lui seul : %d des %d services de la phase %s sont arrêtés", down, all, ops.Name(s.phase)),
		do: ops.T("A deploy probably stopped them and did not bring them back. /up %s checks every image before it starts anything.",
			"Un déploiement les a sans doute arrêtés sans les relancer. /up %s vérifie chaque image avant de démarrer quoi que ce soit.", s.phase)}
	return []finding{f}
}

// blindHealth tells that nothing is wrong as far as can be seen, where that is not far.
func (s inquiry) blindHealth() []finding {
	if s.is == fine && s.box != nil && blind(s.d.HealthTest) {
		return []finding{{rule: "blind health", sure: maybe, quote: testLine(s.d.HealthTest),
			means: ops.T("its health check cannot fail, so «healthy» proves nothing", "son test de santé ne peut pas échouer, donc « en bonne santé » ne prouve rien"),
			do:    ops.T("Ask the service itself: /checks, or open it.", "Interroge le service lui-même : /checks, ou ouvre-le."), offers: []string{"checks.list", "docker.logs"}}}
	}
	return nil
}

// offer makes buttons of the ops that would help and that make sense now: at most two.
func (s inquiry) offer(list []string, about string) (row []ops.Button) {
	on := func(op string) bool {
		if about != "" {
			return true
		}
		switch op {
		case "docker.restart", "docker.stop":
			return s.running() && !s.once()
		case "docker.start":
			return !s.running()
		case "docker.recreate":
			return s.want != nil
		case "docker.logs", "docker.stats":
			return s.box != nil
		}
		return true
	}
	for _, op := range list {
		label, known := helpful[op]
		if len(row) == 2 || !known || !on(op) || s.has != nil && !s.has(op) {
			continue
		}
		switch op {
		case "docker.up":
			row = append(row, ops.AskFor(label, op, "phase", cmp.Or(s.phase, "all")))
		case "docker.restart", "docker.stop", "docker.start", "docker.recreate", "docker.logs", "docker.stats", "docker.pull", "docker.diagnose":
			if about != "" {
				label = ops.T("%s %s", "%s %s", label, about)
			}
			row = append(row, ops.AskFor(label, op, "service", cmp.Or(about, s.name)))
		default:
			row = append(row, ops.AskFor(label, op))
		}
	}
	return row
}

// helpful are the ops that a diagnosis may offer, as its buttons call them.
var helpful = map[string]ops.Text{
	"docker.restart": ops.T("Restart", "Redémarrer"), "docker.recreate": ops.T("Recreate", "Recréer"), "docker.start": ops.T("Start", "Démarrer"), "docker.stop": ops.T("Stop", "Arrêter"),
	"docker.logs": ops.T("Logs", "Journaux"), "docker.stats": ops.T("Figures", "Mesures"), "docker.pull": ops.T("Pull", "Télécharger"), "docker.up": ops.T("Bring it up", "Tout relancer"),
	"docker.diagnose": ops.T("Diagnose", "Diagnostiquer"),
	"docker.status":   ops.T("Status", "État"), "docker.ps": ops.T("All", "Tous"), "docker.prune": ops.T("Free space", "Libérer de la place"),
	"postgres.dumps": ops.T("Dumps", "Dumps"), "litellm.budget": ops.T("Budget", "Budget"), "litellm.costs": ops.T("Costs", "Coûts"),
	"bots.list": ops.T("Bots", "Bots"), "checks.list": ops.T("Checks", "Sondes"), "host.show": ops.T("Machine", "Machine"),
}
