package config

import (
	"maps"
	"slices"
	"time"

	"vigie/ops"
)

// repairOps are the ops that Vigie may do on its own, by the commands that the file names them with.
var repairOps = map[string]string{"/restart": "docker.restart", "/start": "docker.start", "/recreate": "docker.recreate"}

const (
	defaultRepairs      = 2
	defaultRepairWithin = Duration(time.Hour)
)

// checkRepairs is strict where others have defaults: nothing is done without a person that is not written in full.
func (l *loader) checkRepairs() {
	taken := map[[2]string]bool{}
	for i := range l.cfg.Alerts.Repairs {
		r, at := &l.cfg.Alerts.Repairs[i], element("alerts.repair", i)
		l.checkRepair(at, r)
		for j, service := range r.Service {
			for _, kind := range r.Kind {
				pair := [2]string{service, kind}
				if taken[pair] {
					l.add(l.wordAt(child(at, "service"), j), ops.T("%s is repaired already when it is %s; keep one of the two", "%s est déjà réparé quand il est %s ; garde l’un des deux", quoted(service), quoted(kind)))
				}
				taken[pair] = true
			}
		}
	}
}

func (l *loader) checkRepair(at string, r *Repair) {
	services := child(at, "service")
	if len(r.Service) == 0 {
		l.add(services, ops.T(`it does not say what is repaired; write service = ["n8n"]`, `on ne sait pas quoi réparer ; écris service = ["n8n"]`))
	}
	for i, s := range r.Service {
		key := l.wordAt(services, i)
		switch {
		case !serviceName.MatchString(s):
			l.add(key, ops.T("%s is no service; write its exact name, as the compose file has it", "%s n’est pas un service ; écris son nom exact, comme dans le fichier compose", quoted(s)))
		case slices.Contains(l.cfg.Stack.Protect, s) && r.Command != "/start":
			l.add(key, ops.T("%s is protected below [stack], so nothing may stop it, and this would; take it out of one of the two", "%s est protégé sous [stack], donc rien ne peut l’arrêter, et ceci le ferait ; enlève-le de l’un des deux", quoted(s)))
		case slices.Contains(l.cfg.Stack.Off, s):
			l.add(key, ops.T("%s is off on purpose below [stack], so there is nothing to repair; take it out of one of the two", "%s est éteint exprès sous [stack], donc il n’y a rien à réparer ; enlève-le de l’un des deux", quoted(s)))
		}
	}
	if len(r.Kind) == 0 {
		l.add(child(at, "kind"), ops.T(`it does not say of what it is repaired; write kind = ["unhealthy", "died"]`, `on ne sait pas de quoi le réparer ; écris kind = ["unhealthy", "died"]`))
	}
	l.checkKinds(child(at, "kind"), r.Kind)
	if r.Op = repairOps[r.Command]; r.Command == "" {
		l.add(child(at, "op"), ops.T(`it does not say what to do; write op = "/restart"`, `on ne sait pas quoi faire ; écris op = "/restart"`))
	} else if r.Op == "" {
		l.add(child(at, "op"), ops.T(`%s is not done without a person; write op = "/restart", or one of %s`, `%s ne se fait pas sans personne ; écris op = "/restart", ou l’une de %s`, quoted(r.Command), list(slices.Sorted(maps.Keys(repairOps)))))
	}
	l.checkNumber(child(at, "at_most"), &r.AtMost, defaultRepairs, 1, 10)
	l.checkSpan(child(at, "within"), &r.Within, defaultRepairWithin)
}
