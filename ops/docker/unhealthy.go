package docker

import (
	"context"

	"vigie/ops"
)

// likelyLooks is how many services /unhealthy looks at closely.
const likelyLooks = 8

var _ = ops.Look(&set, ops.Spec{
	Name: "docker.unhealthy", Command: "unhealthy", Theme: themeLook, Examples: []string{""},
	Doc: ops.T("Only what needs you, with its likely cause.", "Seulement ce qui demande attention, avec la cause probable."),
	Phrases: []ops.Text{
		ops.T("what is broken", "qu’est-ce qui est cassé"), ops.T("what is unhealthy", "qu’est-ce qui va mal"),
		ops.T("what needs attention", "qu’est-ce qui demande attention"), ops.T("any problems", "des problèmes"),
		ops.T("which services are down", "quels services sont en panne"), ops.T("show what is broken", "montre ce qui est en panne"),
		ops.T("is anything down", "quelque chose est tombé"),
	},
}, func(ctx context.Context, s *Stack, _ struct{}) (ops.Answer, error) {
	v, err := s.see(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	s.closer(ctx, &v)
	t, needing := v.tally(), v.needing()
	if len(needing) == 0 {
		a := ops.Say(ops.T("🟢 nothing needs you: %d of %d fine · %s", "🟢 rien à signaler : %d sur %d en ordre · %s", t.good, t.counted, s.title()))
		if len(t.waking) > 0 {
			a.Line(ops.T("⏳ starting: %s", "⏳ au démarrage : %s", list(4, t.waking...)))
		}
		return *a.Row(ops.AskFor(ops.T("All", "Tout"), "docker.status", "show", "all"), ops.AskFor(ops.Raw("↻"), "docker.unhealthy")), nil
	}
	found := make([]evidence, min(len(needing), likelyLooks))
	at := make([]int, len(found))
	for i := range at {
		at[i] = i
	}
	each(ctx, closeLimit, likelyLooks, at, func(ctx context.Context, i int) {
		found[i] = evidence{row: needing[i]}
		if e, err := s.gather(ctx, v, needing[i], false); err == nil { // else what the list said stands
			found[i] = e
		}
	})
	a := ops.Say(s.headline(t))
	for i, r := range needing {
		if i < len(found) {
			r = found[i].row
		}
		fold := len(a.Blocks) > shownRows
		a.Blocks = append(a.Blocks, ops.Block{Line: r.line(), Fold: fold})
		if i >= len(found) {
			continue
		}
		if likely := found[i].likely(); !likely.IsZero() {
			a.Blocks = append(a.Blocks, ops.Block{Line: ops.T("likely: %s", "probablement : %s", likely), Fold: fold})
		}
	}
	a.Row(inspectButtons(needing, 24)...)
	return *a.Row(ops.AskFor(ops.Raw("↻"), "docker.unhealthy")), nil
})
