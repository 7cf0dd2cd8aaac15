package alerts

import (
	"context"
	"regexp"
	"strings"
	"time"

	"vigie/ops"
)

type muteParams struct {
	What string        `doc:"what to hear nothing of, or all" fr:"ce dont tu ne veux rien entendre, ou all" names:"subject"`
	For  time.Duration `doc:"for how long" fr:"pendant combien de temps" default:"1h"`
	Kind string        `doc:"only this kind: unhealthy, died, full…" fr:"seulement ce genre : unhealthy, died, full…" optional:"true"`
}

// kindShape is what kinds of trouble look like.
var kindShape = regexp.MustCompile(`^[a-z][a-z-]*$`)

// mostMute bounds a mute: what is muted for longer is forgotten.
const mostMute = 30 * 24 * time.Hour

var _ = ops.Look(&set, ops.Spec{
	Name: "alerts.mute", Command: "mute", Theme: theme, Acts: true, Examples: []string{"all 1h"},
	Doc: ops.T("Hear nothing of a thing for a while. What is still wrong then is told.", "Ne rien entendre d’une chose pendant un temps. Ce qui ne va toujours pas ensuite est dit."),
	Phrases: []ops.Text{
		ops.T("mute n8n for an hour", "mets n8n en sourdine une heure"), ops.T("snooze that", "laisse-moi tranquille avec ça"),
		ops.T("silence the alerts of n8n", "coupe les alertes de n8n"), ops.T("silence n8n", "fais taire n8n"),
		ops.T("mute n8n", "mets n8n en sourdine"), ops.T("mute everything", "mets tout en sourdine"),
	},
}, func(ctx context.Context, e *Engine, p muteParams) (ops.Answer, error) {
	who, err := operator(ctx, ops.T("Muting", "Mettre en sourdine"))
	if err != nil {
		return ops.Answer{}, err
	}
	kind := strings.ToLower(p.Kind)
	if kind != "" && !kindShape.MatchString(kind) {
		return ops.Answer{}, &ops.Error{Kind: ops.Invalid, Param: "for", Say: ops.T("%s is no length of time such as 30m, 2h or 3d, and no kind of trouble either.",
			"%s n’est pas une durée comme 30m, 2h ou 3j, ni un genre d’ennui.", ops.Name(kind))}
	}
	return e.silence(ctx, Mute{Subject: pattern(p.What), Kind: kind, By: who.Name}, p.For)
})

type maintenanceParams struct {
	For  time.Duration `doc:"for how long" fr:"pendant combien de temps" default:"30m"`
	What string        `doc:"what is worked on, or all" fr:"ce sur quoi on travaille, ou all" names:"subject" default:"all"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "alerts.maintenance", Command: "maintenance", Theme: theme, Acts: true, Examples: []string{"30m", "1h all"},
	Doc: ops.T("Work in peace: what breaks meanwhile is told at the end, if it is still broken.", "Travailler en paix : ce qui casse entre-temps est dit à la fin, si c’est encore cassé."),
	Phrases: []ops.Text{
		ops.T("maintenance for 30 minutes", "maintenance pendant 30 minutes"), ops.T("I am working on n8n", "je travaille sur n8n"),
		ops.T("maintenance mode", "mode maintenance"), ops.T("start a maintenance window", "ouvre une maintenance"),
		ops.T("I am going to work on n8n", "je vais travailler sur n8n"),
	},
}, func(ctx context.Context, e *Engine, p maintenanceParams) (ops.Answer, error) {
	who, err := operator(ctx, ops.T("Opening a maintenance window", "Ouvrir une maintenance"))
	if err != nil {
		return ops.Answer{}, err
	}
	return e.silence(ctx, Mute{Subject: pattern(p.What), By: who.Name, Upkeep: true}, p.For)
})

func pattern(what string) string {
	if what == everything {
		return "*"
	}
	return what
}

// silence keeps a mute, in place of one of the same subject and kind.
func (e *Engine) silence(ctx context.Context, m Mute, lasts time.Duration) (ops.Answer, error) {
	if lasts > mostMute {
		return ops.Answer{}, &ops.Error{Kind: ops.Invalid, Param: "for", Say: ops.T("At most 30 days: what is muted for longer is forgotten.",
			"30 jours au plus : ce qui reste muet plus longtemps, on l’oublie.")}
	}
	now := time.Now()
	m.Until = now.Add(lasts)
	what := ops.Raw(ops.Name(short(m.Subject)).String())
	if m.Subject == "*" {
		what = ops.T("everything", "tout")
	}
	if m.Kind != "" {
		what = ops.T("%s (%s only)", "%s (%s seulement)", what, ops.Name(m.Kind))
	}
	var until string
	err := e.with(ctx, true, func(b *book) {
		until = b.clock(m.Until, now)
		old := b.mutes[m.key()]
		if old == nil {
			old = &m
			b.mutes[m.key()] = old
		} else {
			m.kept = old.kept
			*old = m
		}
		b.saver.touch(old)
	})
	if err != nil {
		return ops.Answer{}, err
	}
	a := ops.Say(ops.T("⚪ %s is muted until %s. What is still wrong then is told.", "⚪ %s : en sourdine jusqu’à %s. Ce qui n’ira toujours pas sera dit alors.", what, until))
	if m.Upkeep {
		a = ops.Say(ops.T("⚪ Maintenance of %s until %s. What is still broken then is told.", "⚪ Maintenance de %s jusqu’à %s. Ce qui sera encore cassé sera dit alors.", what, until))
	}
	a.Brief = true
	value := m.Subject
	if value == "*" {
		value = everything
	}
	return *a.Row(ops.AskFor(ops.T("End it now", "Y mettre fin"), "alerts.unmute", "what", value)), nil
}

type unmuteParams struct {
	What string `doc:"what to hear of again, or all" fr:"ce dont tu veux de nouveau entendre parler, ou all" names:"subject" default:"all"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "alerts.unmute", Command: "unmute", Theme: theme, Acts: true, Examples: []string{"all"},
	Doc: ops.T("End a mute, or a maintenance.", "Mettre fin à une sourdine, ou à une maintenance."),
	Phrases: []ops.Text{
		ops.T("unmute n8n", "réactive n8n"), ops.T("end the maintenance", "fin de la maintenance"),
		ops.T("turn the alerts of n8n back on", "réactive les alertes de n8n"), ops.T("stop the maintenance", "termine la maintenance"),
	},
}, func(ctx context.Context, e *Engine, p unmuteParams) (ops.Answer, error) {
	if _, err := operator(ctx, ops.T("Unmuting", "Réactiver")); err != nil {
		return ops.Answer{}, err
	}
	n := 0
	err := e.with(ctx, true, func(b *book) {
		for key, m := range b.mutes {
			if p.What == everything || m.Subject == p.What || ops.Glob(m.Subject, p.What) {
				delete(b.mutes, key)
				m.Ended = true
				b.saver.touch(m)
				b.hasten(m)
				n++
			}
		}
	})
	if err != nil {
		return ops.Answer{}, err
	}
	a := ops.Say(ops.T("🟢 You hear of it again.", "🟢 Tu en entends de nouveau parler."))
	if n == 0 {
		a = ops.Say(ops.T("⚪ Nothing of that was muted. Windows of the configuration end by themselves.", "⚪ Rien de cela n’était en sourdine. Les fenêtres de la configuration finissent seules."))
	}
	a.Brief = true
	return a, nil
})

// hasten tells of what came and went during a mute that ends early.
func (b *book) hasten(m *Mute) {
	for _, i := range b.incidents {
		if i.State == Over && !i.Later.IsZero() && ops.Glob(m.Subject, i.Subject) {
			i.Later = time.Time{}
			b.changed(i)
		}
	}
}
