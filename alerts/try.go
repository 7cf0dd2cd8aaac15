package alerts

import (
	"context"
	"strings"
	"time"

	"vigie/ops"
)

// testLasts is how long a test alert stays open: long enough to try its buttons.
const testLasts = 5 * time.Minute

type testParams struct {
	Severity string `doc:"how grave" fr:"quelle gravité" choices:"notice,warning,critical" default:"warning"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "alerts.test", Command: "test_alert", Theme: theme, Acts: true, Examples: []string{"", "critical"},
	Doc: ops.T("Send a test alert, the way that a real one goes.", "Envoyer une alerte d’essai, par le chemin d’une vraie."),
	Phrases: []ops.Text{
		ops.T("send me a test alert", "envoie-moi une alerte d’essai"),
		ops.T("test the alerts", "teste les alertes"), ops.T("send a test alert", "envoie une alerte de test"),
	},
}, func(ctx context.Context, e *Engine, p testParams) (a ops.Answer, _ error) {
	who, err := operator(ctx, ops.T("Sending a test alert", "Envoyer une alerte d’essai"))
	if err != nil {
		return ops.Answer{}, err
	}
	err = e.with(ctx, true, func(b *book) {
		now := time.Now()
		t := ops.Trouble{Subject: "test:" + who.Name, Kind: "test", Severity: ops.Severity(p.Severity), At: now, Fades: testLasts,
			Title: ops.T("a test alert, asked for by %s: nothing is wrong", "une alerte d’essai, demandée par %s : rien ne va mal", who.Name),
			Lines: []ops.Text{ops.T("it went the way of a real one; it ends by itself in %s", "elle a pris le chemin d’une vraie ; elle s’éteint seule dans %s", ops.Span(testLasts))}}
		if old := b.incidents[t.Subject]; old != nil && old.State == Over {
			delete(b.incidents, t.Subject) // each test is a new one
		}
		b.trouble("vigie", t, now)
		b.advance(b.incidents[t.Subject], now)
		a = b.testSaid(b.incidents[t.Subject], now)
	})
	return a, err
})

// testSaid says whom a test goes to, and what keeps it back if something does.
func (b *book) testSaid(i *Incident, now time.Time) ops.Answer {
	if i.Hold != nil {
		return ops.Say(ops.T("⚪ The test is held back: %s", "⚪ L’essai est retenu : %s", b.holdText(i.Hold, now)))
	}
	keys := b.readers(i)
	if len(keys) == 0 {
		return ops.Say(ops.T("🟠 No route leads to anybody for this: see %s in the configuration.", "🟠 Aucune route ne mène à quelqu’un pour ceci : voir %s dans la configuration.", ops.Name("[alerts]")))
	}
	a := ops.Say(ops.T("🟢 The test goes to %s.", "🟢 L’essai part vers %s.", strings.Join(keys, ", ")))
	for _, key := range keys {
		r, ok := b.e.o.recipient(key)
		if !ok {
			continue
		}
		if until, quiet := r.Quiet.at(now.In(b.e.o.zone())); quiet && i.severity() != ops.Critical {
			a.Line(ops.T("⚪ %s has quiet hours until %s: it comes then", "⚪ %s est au calme jusqu’à %s : il arrivera alors", ops.Name(key), b.clock(until, now)))
		}
		if f := b.flow[key]; f != nil && !f.refused.IsZero() {
			a.Line(ops.T("🟠 the chat with %s refuses my messages", "🟠 la discussion avec %s refuse mes messages", ops.Name(key)))
		}
	}
	return a
}
