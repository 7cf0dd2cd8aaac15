package docker

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vigie/ops"
)

// ownTroubles are what the watch itself cannot do, and what it could not.
func (l *lookout) ownTroubles() (list []ops.Trouble) {
	add := func(kind string, severity ops.Severity, at time.Time, title ops.Text, why error) {
		if old, ok := l.told[what{aboutWatch, kind}]; ok && at.IsZero() {
			at = old.At
		}
		if at.IsZero() {
			at = time.Now()
		}
		list = append(list, ops.Trouble{Subject: aboutWatch, Kind: kind, Severity: severity, At: at, Title: title, Lines: []ops.Text{inLine(ops.SayOf(why))}, Wait: waits[kind]})
	}
	if l.why != nil {
		add("blind", ops.Critical, l.blind, ops.T("I cannot see Docker", "je ne vois plus Docker"), l.why)
	}
	if l.deaf != nil && l.why == nil {
		add("deaf", ops.Warning, time.Time{}, ops.T("I cannot follow what Docker says, and look every %s instead", "je ne peux pas suivre les événements de Docker ; je regarde toutes les %s à la place",
			ops.Span(l.o.Every)), l.deaf)
	}
	if l.unread != nil {
		add("files", ops.Warning, time.Time{}, ops.T("the compose files cannot be read, so I may not see what is missing",
			"les fichiers compose sont illisibles : je peux ne pas voir ce qui manque"), l.unread)
	}
	if !l.gap.At.IsZero() {
		if time.Since(l.gap.At) < l.gap.Fades {
			return append(list, l.gap)
		}
		l.gap = ops.Trouble{}
	}
	return list
}

// inLine is a sentence as a line has it: in lower case at its beginning, unless that is a name.
func inLine(t ops.Text) ops.Text {
	lower := func(s string) string {
		word, _, _ := strings.Cut(s, " ")
		if r, n := utf8.DecodeRuneInString(s); len(word) > 1 && !strings.HasPrefix(word, "Docker") {
			return string(unicode.ToLower(r)) + s[n:]
		}
		return s
	}
	return ops.Text{En: lower(t.En), Fr: lower(t.Fr)}
}

// overs says that old is over, and how it is now.
func (l *lookout) overs(old ops.Trouble, s scene, at time.Time) ops.Trouble {
	t := ops.Trouble{Subject: old.Subject, Kind: old.Kind, Over: true, Severity: old.Severity, At: at, Locks: old.Locks, Needs: old.Needs, Calm: old.Calm}
	if old.Subject == aboutWatch {
		t.Title = l.ownOver(old)
		return t
	}
	if s.l == nil { // its row is gone with it
		_, name, _ := strings.Cut(old.Subject, ":")
		t.Title = ops.T("%s is gone", "%s n’est plus là", ops.Name(name))
		return t
	}
	t.Title = s.overTitle(old.Kind)
	if s.k != nil && s.k.found.kind == old.Kind {
		s.k.found = found{usage: s.k.found.usage, alive: s.k.found.alive} // the next time is to be looked at anew
	}
	if k := s.k; k != nil && k.State == "running" && !k.started.IsZero() && !k.started.Before(old.At) && old.Kind != "unhealthy" && k.started.Before(at) {
		t.At = k.started
	}
	return t
}

func (l *lookout) ownOver(old ops.Trouble) ops.Text {
	switch old.Kind {
	case "blind":
		return ops.T("I see Docker again", "je vois de nouveau Docker")
	case "deaf":
		return ops.T("I follow what Docker says again", "je suis de nouveau les événements de Docker")
	}
	return ops.T("the compose files can be read again", "les fichiers compose sont de nouveau lisibles")
}

// overTitle is how the row is, now that it is no longer what kind says.
func (s scene) overTitle(kind string) ops.Text {
	name := ops.Name(s.name)
	switch {
	case kind == "image":
		return ops.T("the image of %s is there again", "l’image de %s est de nouveau là", name)
	case kind == "stale-env":
		return ops.T("%s no longer runs with an old env file", "%s ne tourne plus avec un ancien fichier env", name)
	case kind == "weak-check":
		return ops.T("the health check of %s can fail now", "le test de santé de %s peut maintenant échouer", name)
	case s.is == off:
		return ops.T("%s is off", "%s est éteint", name)
	case s.k == nil:
		return ops.T("%s has no container any more", "%s n’a plus de conteneur", name)
	case s.k.doubted:
		return ops.T("it is not known right now whether %s runs", "on ne sait pas pour l’instant si %s tourne", name)
	case s.k.State == "running" && kind == "loop":
		return ops.T("%s has run for %s without a restart", "%s tourne depuis %s sans redémarrer", name, ops.Span(calmed))
	case s.k.State == "running" && s.k.Health == "healthy":
		return ops.T("%s healthy again", "%s de nouveau en bonne santé", name)
	case s.k.State == "running":
		return ops.T("%s runs again", "%s tourne de nouveau", name)
	case s.k.loop:
		return ops.T("%s ends again and again", "%s s’arrête sans cesse", name)
	case s.k.State == "exited":
		return ops.T("%s is stopped", "%s est arrêté", name)
	}
	return ops.T("%s: %s", "%s : %s", name, s.says())
}
