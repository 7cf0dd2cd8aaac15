package config

import (
	"slices"
	"strings"

	"vigie/ops"
	"vigie/policies"
)

func (l *loader) checkRoutes() {
	routes := l.cfg.Alerts.Routes
	for i := range routes {
		r, at := &routes[i], element("alerts.route", i)
		l.checkSubjects(child(at, "subject"), r.Subject)
		l.checkKinds(child(at, "kind"), r.Kind)
		l.checkLeast(child(at, "severity"), r)
		r.Recipients = l.recipients(child(at, "to"), r.To)
		if len(r.To) == 0 {
			if r.To = (policies.Words{}); !l.doc.has(child(at, "to")) { // and not nil: nobody is written down as nobody
				l.add(child(at, "to"), ops.T(`it does not say who is told; write to = ["ann"], or to = [] so that nobody is`, `on ne sait pas qui prévenir ; écris to = ["ann"], ou to = [] pour que personne ne le soit`))
			}
		}
		if len(r.Subject)+len(r.Kind) == 0 && r.Severity == "" && !l.anyTold(at, "subject", "kind", "severity") {
			l.add(at, ops.T("it does not say what it is about; write subject, kind or severity; who is told of everything else stands in [alerts] to",
				"on ne sait pas de quoi elle parle ; écris subject, kind ou severity ; qui est prévenu du reste se dit dans [alerts] to"))
		}
		for j := range i {
			if earlier := &routes[j]; !l.below(at) && !l.below(element("alerts.route", j)) && earlier.hides(r) {
				l.add(at, ops.T("this route never decides: route %d stands before it and matches all that it matches; move it up, or remove one",
					"cette route ne décide jamais : la route %d la précède et couvre tout ce qu’elle couvre ; remonte-la, ou enlève l’une des deux", j+1))
				break
			}
		}
	}
}

// hides says whether r matches all that later does. In doubt it says no.
func (r *Route) hides(later *Route) bool {
	for _, s := range severities {
		if later.speaksOf(s) && !r.speaksOf(s) {
			return false
		}
	}
	return coversAll(r.Subject, later.Subject) && coversAll(r.Kind, later.Kind)
}

func (r *Route) speaksOf(s ops.Severity) bool {
	return r.Least == "" || s == r.Least || !r.Exactly && s.AtLeast(r.Least)
}

// coversAll takes no patterns for every name.
func coversAll(wide, narrow []string) bool {
	if len(wide) == 0 {
		return true
	}
	if len(narrow) == 0 {
		narrow = []string{"*"}
	}
	return !slices.ContainsFunc(narrow, func(n string) bool {
		return !slices.ContainsFunc(wide, func(w string) bool { return covers(w, n) })
	})
}

// covers says whether wide matches everything that narrow does: a ? of wide must not stand for a * of narrow.
func covers(wide, narrow string) bool {
	return ops.Wild([]rune(wide), []rune(narrow), func(p, c rune) bool { return c != '*' && (p == '?' || p == c) })
}

// checkSubjects reads patterns of subjects. One that could match no subject is a mistake.
func (l *loader) checkSubjects(key string, words policies.Words) {
	for i, w := range words {
		words[i] = strings.TrimSpace(w)
		if !strings.ContainsAny(words[i], ":*") {
			l.add(l.wordAt(key, i), ops.T(`%[1]s is no subject; a subject is a sort, a colon and a name, such as "container:n8n", and "*:n8n" is everything called so`,
				`%[1]s n’est pas un objet d’alerte ; c’est une sorte, deux-points et un nom, comme "container:n8n", et "*:n8n" est tout ce qui s’appelle ainsi`, quoted(w)))
		}
	}
}

func (l *loader) checkKinds(key string, words policies.Words) {
	for i, w := range words {
		if words[i] = strings.TrimSpace(w); words[i] == "" {
			l.add(l.wordAt(key, i), ops.T(`a kind of trouble is a word such as "unhealthy"; leave the key out for every kind`, `une sorte de problème est un mot comme "unhealthy" ; enlève la clé pour toutes les sortes`))
		}
	}
}

// checkLeast reads "critical", or "warning+" for that and graver.
func (l *loader) checkLeast(key string, r *Route) {
	name, above := strings.CutSuffix(r.Severity, "+")
	switch {
	case r.Severity == "":
	case !slices.Contains(severities, ops.Severity(name)):
		l.add(key, ops.T("%s is no severity; use notice (to be known), warning (at risk) or critical (broken), or warning+ for that and graver",
			"%s n’est pas une gravité ; utilise notice (à savoir), warning (à risque) ou critical (cassé), ou warning+ pour cela et plus grave", quoted(r.Severity)))
	default:
		r.Least, r.Exactly = ops.Severity(name), !above
	}
}
