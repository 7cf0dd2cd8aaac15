package commands

import (
	"context"
	"fmt"
	"time"

	"vigie/ops"
)

// outcome is a run that is over: how it ended, what proves it or what went wrong, and what can be done now.
func (d *Desk) outcome(r ops.Run) ops.Answer {
	switch r.State {
	case ops.Succeeded:
		return d.success(r)
	case ops.Broke:
		return d.failure(r)
	case ops.Uncertain, ops.Left, ops.Halted:
		return d.midway(r, nil)
	case ops.PutBack:
		return ops.Say(ops.T("↩️ Undone: %s", "↩️ Défait : %s", r.Plan.Headline()))
	case ops.Continued:
		return ops.Say(ops.T("⚪ %s · went on below", "⚪ %s · repris plus bas", r.Plan.Headline()))
	case ops.Cancelled:
		return ops.Say(ops.T("⚪ Nothing was done: %s · %s", "⚪ Rien n’a été fait : %s · %s", r.Plan.Headline(), r.Why))
	case ops.TimedOut:
		a := ops.Say(ops.T("⚪ Nothing was done, nobody answered in time: %s", "⚪ Rien n’a été fait, personne n’a répondu à temps : %s", r.Plan.Headline()))
		return *a.Row(d.askAgain(r))
	case ops.Outdated:
		a := ops.Say(ops.T("⚪ Nothing was done: %s", "⚪ Rien n’a été fait : %s", r.Plan.Headline()), r.Why)
		return *a.Row(d.askAgain(r))
	}
	return d.progress(r)
}

func (d *Desk) askAgain(r ops.Run) ops.Button {
	return ops.Button{Label: ops.T("Plan it again", "Refaire le plan"), Ask: &r.Ask}
}

// success leads with the proof: what the last check saw.
func (d *Desk) success(r ops.Run) ops.Answer {
	proof := ops.Text{}
	for _, s := range r.Steps {
		if !s.Note.IsZero() && s.State == ops.StepEnded { // what a step said before its outcome was lost proves nothing
			proof = s.Note
		}
	}
	if r.By != "" {
		proof = ops.T("unknown at first, it held when it was checked again", "d’abord inconnu, confirmé en vérifiant de nouveau")
	}
	a := ops.Say(ops.Join(" · ", ops.Join(" ", ops.Raw(ops.Fine), r.Plan.Done), proof))
	if many := r.Ended.Sub(r.Began); many >= time.Second && r.By == "" {
		a.Line(ops.T("%s in %s", "%s en %s", ops.Count{N: len(r.Steps), EnOne: "step", EnMany: "steps", FrOne: "étape", FrMany: "étapes"}, ops.Span(many.Truncate(100*time.Millisecond))))
	}
	var row []ops.Button
	if r.Undoable(time.Now()) {
		left := r.Plan.UndoFor.Round(time.Hour)
		row = append(row, ops.AskFor(ops.T("Undo (%s)", "Défaire (%s)", ops.Span(left)), "vigie.undo", "run", r.ID))
	}
	row = append(row, ops.AskFor(ops.T("Details", "Détails"), "vigie.details", "run", r.ID))
	return *a.Row(row...)
}

// failure says what failed, what it means, and what was put back.
func (d *Desk) failure(r ops.Run) ops.Answer {
	at := min(r.At, len(r.Steps)-1)
	a := ops.Say(ops.T("🔴 %s: failed at step %d of %d", "🔴 %s : échec à l’étape %d sur %d", r.Plan.Headline(), at+1, len(r.Steps)))
	a.Line(r.Why)
	back, not := 0, 0
	for _, u := range r.Undone {
		line := ops.T("↩️ put back: %s", "↩️ remis en place : %s", u.Step.Text)
		if u.State != ops.StepEnded {
			not++
			line = ops.T("🔴 not put back: %s · %s", "🔴 pas remis en place : %s · %s", u.Step.Text, u.Note)
		} else {
			back++
		}
		a.Line(line)
	}
	if back+not == 0 && r.Ask.Op != "vigie.verify" {
		a.Line(ops.T("There was nothing to put back.", "Il n’y avait rien à remettre en place."))
	}
	return *a.Row(append(d.nextLooks(r), ops.AskFor(ops.T("Details", "Détails"), "vigie.details", "run", r.ID))...)
}

// nextLooks are the reads that help after something went wrong with a service.
func (d *Desk) nextLooks(r ops.Run) (row []ops.Button) {
	service := r.Plan.Args["service"]
	if service == "" {
		return nil
	}
	for _, command := range []struct {
		word  string
		label ops.Text
	}{{"logs", ops.T("Logs", "Journaux")}, {"inspect", ops.T("Why?", "Pourquoi ?")}} {
		if op, ok := d.Gate.Op(command.word); ok {
			row = append(row, ops.AskFor(command.label, op.Name, "service", service))
		}
	}
	return row
}

// midway is a run that stands in the middle: stopped, interrupted, or with a step whose outcome nobody knows.
// seen is how its checks come out now, if they were looked at.
func (d *Desk) midway(r ops.Run, seen []ops.StepRun) ops.Answer {
	at := min(r.At, len(r.Steps)-1)
	var a ops.Answer
	switch {
	case r.State == ops.Halted && r.Began.IsZero():
		return ops.Say(ops.T("⚪ Not started: %s", "⚪ Pas commencé : %s", r.Plan.Title), r.Why)
	case r.State == ops.Halted && r.Halting:
		a.Line(ops.T("⚪ Stopped, and put back: %s", "⚪ Arrêté, et remis en place : %s", r.Plan.Headline()))
	case r.State == ops.Halted:
		a.Line(ops.T("🟠 Stopped before step %d of %d: %s", "🟠 Arrêté avant l’étape %d sur %d : %s", at+1, len(r.Steps), r.Plan.Headline()))
	case r.State == ops.Left:
		a.Line(ops.T("🟠 I was stopped before step %d of %d: %s", "🟠 J’ai été arrêté avant l’étape %d sur %d : %s", at+1, len(r.Steps), r.Plan.Headline()))
	default:
		a.Line(ops.T("🟠 Unknown whether step %d of %d took: %s", "🟠 Impossible de savoir si l’étape %d sur %d a pris : %s", at+1, len(r.Steps), r.Plan.Headline()))
	}
	a.Line(r.Why)
	stepLines(&a, r)
	for _, s := range seen {
		mark := ops.Fine
		if s.State != ops.StepEnded {
			mark = ops.Broken
		}
		a.Line(ops.T("now: %s %s · %s", "maintenant : %s %s · %s", mark, s.Step.Text, s.Note))
	}
	var row []ops.Button
	if r.State == ops.Uncertain {
		row = append(row, ops.AskFor(ops.T("Verify again", "Vérifier encore"), "vigie.verify", "run", r.ID))
	}
	if len(r.Undone) == 0 && r.At < len(r.Steps) {
		row = append(row, ops.AskFor(ops.T("Go on from step %d", "Reprendre à l’étape %d", at+1), "vigie.resume", "run", r.ID))
	}
	if r.Undoable(time.Now()) {
		row = append(row, ops.AskFor(ops.T("Put it back", "Remettre en place"), "vigie.undo", "run", r.ID))
	}
	row = append(row, ops.AskFor(ops.T("Details", "Détails"), "vigie.details", "run", r.ID))
	return *a.Row(row...)
}

// glance is how long each check may take when the bot looks at what was left: some looks of a second each, not the
// whole wait. It falls between two of them.
const glance = 9500 * time.Millisecond

// Resume tells people, after a start, of the runs that the last process left: where those in the middle stand, what their
// checks see now, and what is safe; and how those ended that it could not tell of any more.
func (d *Desk) Resume(ctx context.Context, left []ops.Run) {
	for _, r := range left {
		if err := d.resume(ctx, r); err != nil {
			d.broken(fmt.Errorf("telling of a run that was left: %w", err)) // told at the next start
			continue
		}
		if err := d.Gate.Told(ctx, r.ID); err != nil {
			d.broken(err)
		}
	}
}

func (d *Desk) resume(ctx context.Context, r ops.Run) error {
	screen := d.screen(r.Place)
	if r.State != ops.Left && r.State != ops.Uncertain {
		return d.finish(ctx, r, d.outcome(r))
	}
	a := d.midway(r, d.Gate.Glance(ctx, r, glance))
	a.Loud = true
	if _, err := screen.Show(ctx, screen.Chat(r.Place), r.Who.Lang, a); err != nil {
		return err
	}
	if r.Place != screen.Chat(r.Place) {
		screen.Update(r.Place, r.Who.Lang, ops.Say(ops.T("⚪ %s · interrupted, see below", "⚪ %s · interrompu, voir plus bas", r.Plan.Title)))
	}
	return nil
}
