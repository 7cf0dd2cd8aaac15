package n8n

import (
	"context"
	"time"

	"vigie/ops"
)

type showParams struct {
	Since time.Duration `doc:"how far back" fr:"depuis combien de temps" default:"24h"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "n8n.show", Command: "n8n", Theme: theme, Examples: []string{"", "2h"},
	Doc: ops.T("n8n: which workflows fail and why, what is edited and not published, webhooks that are not registered.", "n8n : quels workflows échouent et pourquoi, ce qui est modifié sans être publié, les webhooks non enregistrés."),
	Phrases: []ops.Text{
		ops.T("which workflows failed", "quels workflows ont échoué"), ops.T("how is n8n", "comment va n8n"), ops.T("did a workflow fail in the last 2 hours", "un workflow a-t-il échoué ces 2 dernières heures"),
	},
}, func(ctx context.Context, s *System, p showParams) (ops.Answer, error) {
	pic, err := s.picture(ctx, time.Now().Add(-p.Since))
	if err != nil {
		return ops.Answer{}, err
	}
	return pic.answer(p.Since), nil
})

const shownFailing = 6

func (p picture) answer(span time.Duration) ops.Answer {
	a := ops.Say(p.head(span))
	for _, d := range p.deaf[:min(len(p.deaf), 4)] {
		a.Line(ops.T("%s webhook %s %s of %s is not registered: what is sent there gets 404", "%s le webhook %s %s de %s n’est pas enregistré : ce qui y est envoyé reçoit 404", ops.Broken, d.Method, ops.Name(clip(d.Path, 60)), ops.Name(d.title())))
	}
	for i, f := range p.failing {
		a.Blocks = append(a.Blocks, ops.Block{Line: ops.T("%s %s failed %d× · newest %s ago%s", "%s %s en échec %d× · dernier il y a %s%s", f.mark(), ops.Name(f.title()), f.Count, ops.Since(f.Newest.Started), f.says()), Fold: i >= shownFailing})
	}
	for _, w := range p.workflows {
		if w.stale() && !w.Archived {
			a.Line(ops.T("%s %s was edited %s ago and not published: what runs is older", "%s %s a été modifié il y a %s sans être publié : ce qui tourne est plus ancien", ops.AtRisk, ops.Name(w.title()), ops.Since(w.Updated)))
		}
	}
	if p.cut {
		a.Line(ops.T("only the newest %d failures were counted", "seuls les %d derniers échecs sont comptés", mostFailures))
	}
	var row []ops.Button
	for _, f := range p.failing[:min(len(p.failing), 2)] {
		row = append(row, retryButton(f))
	}
	a.Row(row...)
	return *a.Row(ops.AskFor(ops.Raw("↻"), "n8n.show", "since", span.String()))
}

func retryButton(f failing) ops.Button {
	return ops.AskFor(ops.T("Retry %s…", "Relancer %s…", clip(f.title(), 24)), "n8n.retry", "execution", string(f.Newest.ID))
}

func (f failing) mark() string {
	if f.Handled {
		return ops.AtRisk
	}
	return ops.Broken
}

// says is why the newest one failed, as far as is known.
func (f failing) says() ops.Text {
	if f.Why.Message == "" && f.Why.Node == "" {
		return ops.Text{}
	}
	return ops.T(" · in %s: «%s»", " · dans %s : « %s »", ops.Name(f.Why.Node), f.Why.Message)
}

// head is the one line that says how all of it stands.
func (p picture) head(span time.Duration) ops.Text {
	active, stale := 0, 0
	for _, w := range p.workflows {
		if w.Active {
			active++
		}
		if w.stale() {
			stale++
		}
	}
	of := ops.Count{N: active, EnOne: "active workflow", EnMany: "active workflows", FrOne: "workflow actif", FrMany: "workflows actifs"}
	switch {
	case !p.ready:
		return ops.T("%s n8n is not ready: its database is away or not migrated, however green /healthz is", "%s n8n n’est pas prêt : sa base est absente ou pas migrée, même si /healthz est vert", ops.Broken)
	case len(p.deaf) > 0:
		return ops.T("%s n8n does not hear %s: a restart registers its webhooks again · %s", "%s n8n n’entend pas %s : un redémarrage réenregistre ses webhooks · %s", ops.Broken,
			ops.Count{N: len(p.deaf), EnOne: "webhook", EnMany: "webhooks", FrOne: "webhook", FrMany: "webhooks"}, of)
	case len(p.failing) > 0:
		return ops.T("%s %s failed in %s · %s", "%s %s en échec en %s · %s", p.failing[0].mark(), ops.Count{N: len(p.failing), EnOne: "workflow", EnMany: "workflows", FrOne: "workflow", FrMany: "workflows"}, ops.Span(span), of)
	case stale > 0:
		return ops.T("%s %s, %d not published since they were edited", "%s %s, dont %d modifiés sans être publiés", ops.AtRisk, of, stale)
	}
	return ops.T("%s %s, none failed in %s", "%s %s, aucun échec en %s", ops.Fine, of, ops.Span(span))
}
