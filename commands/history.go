package commands

import (
	"context"
	"fmt"
	"time"

	"vigie/ops"
)

var recordTheme = ops.T("Approvals and history", "Accords et historique")

var _ = ops.Look(&set, ops.Spec{
	Name: "vigie.pending", Command: "pending", Theme: recordTheme, Examples: []string{""},
	Doc: ops.T("What waits for an approval, and what is running.", "Ce qui attend un accord, et ce qui tourne."),
	Phrases: []ops.Text{
		ops.T("what is waiting?", "qu’est-ce qui attend ?"),
		ops.T("what is waiting for me", "qu’est-ce qui m’attend"), ops.T("pending approvals", "accords en attente"),
		ops.T("what waits for approval", "qu’est-ce qui attend un accord"),
	},
}, func(ctx context.Context, d *Desk, _ struct{}) (ops.Answer, error) {
	runs, err := d.Gate.Runs(ctx, ops.Waiting, ops.Queued, ops.Running, ops.Undoing)
	if err != nil {
		return ops.Answer{}, err
	}
	a := ops.Say(ops.T("%s open", "%s en cours", ops.Count{N: len(runs), EnOne: "matter", EnMany: "matters", FrOne: "affaire", FrMany: "affaires"}))
	if len(runs) == 0 {
		return ops.Say(ops.T("🟢 Nothing waits and nothing runs.", "🟢 Rien n’attend et rien ne tourne.")), nil
	}
	for _, r := range runs {
		mark, verb := ops.Working, "s"
		label := ops.T("Stop: %s", "Arrêter : %s", r.Plan.Headline())
		if r.State == ops.Waiting {
			mark, verb = ops.Guarded, "n"
			label = ops.T("Call off: %s", "Annuler : %s", r.Plan.Headline())
		}
		a.Line(ops.T("%s %s · %s, %s ago", "%s %s · %s, il y a %s", mark, r.Plan.Title, r.Who.Name, ops.Since(r.Created)))
		if r.State == ops.Waiting && r.Verdict.Demand != ops.Typed && !r.Verdict.Code {
			a.Row(button(r.Plan.Headline(), r.ID, "y"), button(label, r.ID, verb))
		} else {
			a.Row(button(label, r.ID, verb))
		}
	}
	return a, nil
})

type historyParams struct {
	Count int `doc:"how many operations" fr:"combien d’opérations" default:"10" min:"1" max:"100"`
}

// outcomes are the journal's words for how a change ended.
var outcomes = map[string]string{
	ops.RunDone: ops.Fine, ops.RunFailed: ops.Broken, ops.StepUnknown: ops.AtRisk, ops.Interrupted: ops.AtRisk, ops.Stopped: ops.AtRisk,
	ops.UndoEnded: ops.Undone, ops.Declined: ops.Off, ops.Lapsed: ops.Off, ops.HasDrifted: ops.Off, ops.Refused: ops.Guarded,
}

var _ = ops.Look(&set, ops.Spec{
	Name: "vigie.history", Command: "history", Theme: recordTheme, Examples: []string{"", "30"},
	Doc: ops.T("What was changed, when, by whom, and how it ended.", "Ce qui a été modifié, quand, par qui, et comment ça a fini."),
	Phrases: []ops.Text{
		ops.T("what happened?", "que s’est-il passé ?"),
		ops.T("what changed", "qu’est-ce qui a changé"), ops.T("who restarted n8n", "qui a redémarré n8n"),
		ops.T("who stopped n8n", "qui a arrêté n8n"), ops.T("what did you do", "qu’as-tu fait"),
		ops.T("the last changes", "les derniers changements"), ops.T("show the history", "montre l’historique"),
		ops.T("what did you change", "tu as fait quoi"),
	},
}, func(ctx context.Context, d *Desk, p historyParams) (ops.Answer, error) {
	what := make([]string, 0, len(outcomes))
	for w := range outcomes {
		what = append(what, w)
	}
	entries, err := d.Store.Entries(ctx, ops.Query{What: what, Limit: p.Count})
	if err != nil {
		return ops.Answer{}, err
	}
	if len(entries) == 0 {
		return ops.Say(ops.T("⚪ Nothing was changed through me so far.", "⚪ Rien n’a encore été modifié par moi.")), nil
	}
	a := ops.Say(ops.T("The last %d, newest first · times in %s", "Les %d dernières, les plus récentes d’abord · heures de %s", len(entries), d.zone().String()))
	for _, e := range entries {
		title := e.Op
		if r, err := d.Gate.Run(ctx, e.Run); e.Run != "" && err == nil {
			title = r.Plan.Headline().In(ops.Who(ctx).Lang)
		}
		a.Line(ops.T("%s %s %s · %s · %s", "%s %s %s · %s · %s", outcomes[e.What], d.at(e.Time), title, e.Name, said(e.What)))
	}
	return a, nil
})

// said is a journal word in both languages.
func said(what string) ops.Text {
	fr := map[string]string{
		ops.RunDone: "fait", ops.RunFailed: "échec", ops.StepUnknown: "inconnu", ops.Interrupted: "interrompu", ops.Stopped: "arrêté", ops.UndoEnded: "remis en place",
		ops.Declined: "annulé", ops.Lapsed: "expiré", ops.HasDrifted: "situation changée", ops.Refused: "refusé",
	}[what]
	en := map[string]string{ops.RunFailed: "failed", ops.Declined: "called off", ops.Refused: "not allowed", ops.HasDrifted: "things had changed"}[what]
	if en == "" {
		en = what
	}
	return ops.Text{En: en, Fr: fr}
}

func (d *Desk) zone() *time.Location {
	if d.Zone == nil {
		return time.UTC
	}
	return d.Zone
}

// at is an absolute time, as only /history shows them.
func (d *Desk) at(t time.Time) string { return t.In(d.zone()).Format("02/01 15:04") }

type detailsParams struct {
	Run string `doc:"which operation" fr:"quelle opération" names:"operation"`
}

var _ = ops.Names(&set, "operation", func(ctx context.Context, d *Desk) (list []ops.Choice, _ error) {
	runs, err := d.Gate.Runs(ctx)
	for i := len(runs) - 1; i >= 0 && len(list) < 10; i-- {
		list = append(list, ops.Choice{Value: runs[i].ID, Hint: ops.T("%s, %s ago", "%s, il y a %s", runs[i].Plan.Headline(), ops.Since(runs[i].Created))})
	}
	return list, err
})

var _ = ops.Look(&set, ops.Spec{
	Name: "vigie.details", Command: "details", Theme: recordTheme, Examples: []string{""},
	Doc: ops.T("Everything about one operation, line by line as it was journaled.", "Tout sur une opération, ligne par ligne comme au journal."),
	Phrases: []ops.Text{
		ops.T("show the details", "montre les détails"),
		ops.T("details of the last operation", "détails de la dernière opération"),
	},
}, func(ctx context.Context, d *Desk, p detailsParams) (ops.Answer, error) {
	r, err := d.Gate.Run(ctx, p.Run)
	if err != nil {
		return ops.Answer{}, ops.Fail(ops.NotFound, ops.T("I know of no such operation.", "Je ne connais pas cette opération."), err)
	}
	entries, err := d.Store.Entries(ctx, ops.Query{Run: r.ID, Limit: 200})
	if err != nil {
		return ops.Answer{}, err
	}
	a := ops.Say(ops.T("%s · plan %s", "%s · plan %s", r.Plan.Title, ops.Name(r.Hash[:8])))
	for _, f := range r.Plan.Facts {
		a.Line(ops.T("%s: %s", "%s : %s", f.Label, ops.Name(shorten(f.Value, 60))))
	}
	log := ""
	for i := len(entries) - 1; i >= 0; i-- {
		e := entries[i]
		log += fmt.Sprintf("%s %s %s %s\n", e.Time.In(d.zone()).Format("15:04:05"), e.What, e.Name, e.Note)
	}
	a.Code(log, true)
	return a, nil
})
