package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// When people are told again, where the file does not say.
const (
	defaultEscalate       = Duration(15 * time.Minute)
	defaultRemind         = Duration(24 * time.Hour)
	defaultRemindCritical = Duration(time.Hour)
	defaultStorm          = 5
	defaultFallbackAfter  = Duration(2 * time.Minute)
)

func (l *loader) checkAlerts() {
	a := &l.cfg.Alerts
	l.checkTold(a)
	if a.Lang == "" {
		a.Lang = ops.English
	} else if a.Lang != ops.English && a.Lang != ops.French {
		l.add("alerts.lang", ops.T(`%s is not spoken here; use "en" or "fr"`, `%s n’est pas parlé ici ; utilise "en" ou "fr"`, quoted(string(a.Lang))))
	}
	l.checkInterval("alerts.escalate_after", &a.EscalateAfter, defaultEscalate)
	l.checkInterval("alerts.remind_every", &a.RemindEvery, defaultRemind)
	l.checkInterval("alerts.remind_critical_every", &a.RemindCriticalEvery, defaultRemindCritical)
	l.checkNumber("alerts.storm", &a.Storm, defaultStorm, 2, 1000)
	for _, kind := range slices.Sorted(maps.Keys(a.Delay)) {
		at, d := child("alerts.delay", kind), a.Delay[kind]
		if strings.TrimSpace(kind) == "" {
			l.add(at, ops.T(`a delay is of a kind of trouble: unhealthy = "30s"`, `un délai est celui d’une sorte de problème : unhealthy = "30s"`))
		}
		l.checkSpanIn(at, &d, 0, 0, mostSpan)
	}
	l.checkRoutes()
	l.checkMaintenance()
	l.checkRepairs()
	l.checkFallback()
}

// checkTold is about who is told where no route says otherwise, and who is told again.
func (l *loader) checkTold(a *Alerts) {
	a.Recipients = l.recipients("alerts.to", a.To)
	a.Escalation = l.recipients("alerts.escalate_to", a.EscalateTo)
	if len(a.EscalateTo) > 0 && a.EscalateAfter == 0 && l.doc.has("alerts.escalate_after") {
		l.warn("alerts.escalate_to", ops.T("escalate_after is off, so nobody is told again; give it a length of time, or remove escalate_to",
			"escalate_after est sur off, donc personne n’est prévenu de nouveau ; donne-lui une durée, ou enlève escalate_to"))
	}
	switch {
	case l.doc.has("alerts.to") && len(a.To) == 0:
		l.add("alerts.to", ops.T("nobody would be told of anything; name somebody, or remove the key: then every operator and admin is told", "personne ne serait prévenu de rien ; nomme quelqu’un, ou enlève la clé : chaque opérateur et admin est alors prévenu"))
	case len(a.To) == 0:
		for _, p := range l.cfg.ByRole(ops.Operator) {
			a.Recipients = append(a.Recipients, Recipient{Person: p.ID})
		}
		if len(a.Recipients) == 0 && len(l.cfg.Users) > 0 && !l.below("users") {
			l.warn("users", ops.T("nobody is an operator or an admin, so nobody is told of alerts; name somebody: [alerts] to = [%q]",
				"personne n’est opérateur ou admin, donc personne n’est prévenu des alertes ; nomme quelqu’un : [alerts] to = [%q]", l.cfg.Users[0].Name))
		}
	}
}

func (l *loader) checkFallback() {
	f := &l.cfg.Alerts.Fallback
	f.URL = l.secretURL(EnvFallback, "alerts.fallback.url_file", &f.URLFile)
	switch there := l.doc.has("alerts.fallback"); {
	case f.URL.IsZero() && !there:
		return
	case f.URL.IsZero() && f.URLFile == "":
		l.add("alerts.fallback.url_file", ops.T("it needs an address to send to; put it into a file (chmod 600) and write its name: url_file = \"fallback.url\", or set %s",
			"il faut une adresse où envoyer ; mets-la dans un fichier (chmod 600) et écris son nom : url_file = \"fallback.url\", ou définis %s", EnvFallback))
	}
	if f.Format == "" {
		f.Format = "json"
	} else if f.Format != "json" && f.Format != "text" {
		l.add("alerts.fallback.format", ops.T(`%s is no format; use "json", or "text" for ntfy`, `%s n’est pas un format ; utilise "json", ou "text" pour ntfy`, quoted(f.Format)))
	}
	l.checkSpan("alerts.fallback.after", &f.After, defaultFallbackAfter)
}
