package docker

import (
	"cmp"
	"slices"
	"time"

	"vigie/ops"
)

const (
	gapLeast = 10 * time.Second // shorter ones are no news: a proxy that drops what is idle, a restart of ours
	gapFades = 15 * time.Minute
	// mostNamed is how many are named: what nobody is told of elsewhere must not be lost in a number, and a phone shows so many.
	mostNamed = 14
)

// regain notes that all is seen again, and what became of the containers meanwhile.
func (l *lookout) regain(now time.Time) {
	blind := now.Sub(l.lost)
	for _, r := range l.view().rows {
		if r.box != nil {
			l.boxes[r.box.ID].row = r.name
		}
	}
	news := l.meanwhile()
	switch {
	case blind < gapLeast, l.before == nil, l.away && len(news) == 0: // that the bot itself was away is told by who was missed with it
	default:
		l.gap = l.gapTrouble(now, blind, news)
	}
	if l.gone {
		l.dark = [2]time.Time{l.lost, now}
	}
	l.sound = now
	l.lost, l.before, l.away, l.gone = time.Time{}, nil, false, false
}

func (l *lookout) gapTrouble(now time.Time, blind time.Duration, news []ops.Text) ops.Trouble {
	span := ops.Span(blind.Round(time.Second))
	title := ops.T("blind for %s", "aveugle pendant %s", span)
	if l.away {
		title = ops.T("away for %s", "absent pendant %s", span)
	}
	switch n := len(news); {
	case n == 0:
		title = ops.T("%s; nothing happened meanwhile", "%s ; rien ne s’est passé entre-temps", title)
	case n <= 2:
		title = ops.T("%s; meanwhile: %s", "%s ; entre-temps : %s", title, ops.Join(", ", news...))
	default:
		title = ops.T("%s; meanwhile: %s and %d more", "%s ; entre-temps : %s et %d de plus", title, news[0], n-1)
	}
	t := ops.Trouble{Subject: aboutWatch, Kind: "gap", Severity: ops.Notice, At: now, Title: title, Fades: gapFades,
		Offers: []ops.Button{ops.AskFor(ops.T("Status", "État"), "docker.status")}}
	if n := len(news); n > 1 {
		t.Lines = news[:min(n, mostNamed)]
		if more := n - len(t.Lines); more > 0 {
			t.Lines = append(slices.Clone(t.Lines), ops.T("and %d more", "et %d de plus", more))
		}
	}
	return t
}

// A happening is what became of one container, the gravest first.
type happening struct {
	grave int
	text  ops.Text
}

// meanwhile is what became of the containers since before, the gravest first.
func (l *lookout) meanwhile() []ops.Text {
	var list []happening
	here := map[string]bool{}
	for _, k := range l.boxes {
		if halfMadeName(k.Name) {
			continue
		}
		here[k.Name] = true
		b, known := l.before[k.Name]
		h := happening{9, ops.T("%s made", "%s créé", ops.Name(k.called()))}
		if known {
			h = k.since(b)
		}
		if !h.text.IsZero() {
			list = append(list, h)
		}
	}
	for name, b := range l.before {
		if !here[name] && !halfMadeName(name) {
			list = append(list, happening{1, ops.T("%s removed", "%s retiré", ops.Name(b.As))})
		}
	}
	slices.SortFunc(list, func(a, b happening) int {
		return cmp.Or(cmp.Compare(a.grave, b.grave), cmp.Compare(a.text.En, b.text.En))
	})
	texts := make([]ops.Text, len(list))
	for i, h := range list {
		texts[i] = h.text
	}
	return texts
}

// since is what became of it since b; nothing if nothing did.
func (k *memo) since(b was) (h happening) {
	name := ops.Name(k.called())
	now := k.was()
	switch {
	case b.ID != now.ID && b.Ref != now.Ref && b.Ref != "" && now.Ref != "":
		from, to := versions(b.Ref, now.Ref)
		h = happening{4, ops.T("%s made anew (%s → %s)", "%s recréé (%s → %s)", name, from, to)}
	case b.ID != now.ID:
		h = happening{4, ops.T("%s made anew", "%s recréé", name)}
	case lives(b.State) && now.State == "exited" && k.byHand():
		h = happening{2, ops.T("%s stopped by hand", "%s arrêté à la main", name)}
	case lives(b.State) && now.State == "exited" && k.swept():
		h = happening{0, ops.T("%s stopped", "%s arrêté", name)}
	case lives(b.State) && now.State == "exited":
		h = happening{0, ops.T("%s ended with exit %d", "%s arrêté avec le code %d", name, now.Exit)}
	case now.Restarts > b.Restarts:
		h = happening{3, ops.T("%s restarted by the engine %s", "%s redémarré par le moteur %s", name, times(now.Restarts-b.Restarts))}
	case lives(b.State) && lives(now.State) && now.Started.Sub(b.Started) > time.Second && !b.Started.IsZero():
		h = happening{5, ops.T("%s restarted", "%s redémarré", name)}
	case !lives(b.State) && lives(now.State):
		h = happening{6, ops.T("%s started", "%s démarré", name)}
	case now.Health == "unhealthy" && b.Health != "unhealthy" && lives(now.State):
		h = happening{3, ops.T("%s became unhealthy", "%s en mauvaise santé", name)}
	}
	return h
}

func times(n int) ops.Count {
	return ops.Count{N: n, EnOne: "time", EnMany: "times", FrOne: "fois", FrMany: "fois"}
}

func halfMadeName(name string) bool { return ownNameOf.MatchString(name) }
