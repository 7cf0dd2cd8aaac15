package postgres

import (
	"fmt"
	"strings"

	"vigie/ops"
)

func say(l ops.Lang, t ops.Text) string {
	return strings.NewReplacer(ops.MarkOpen, "`", ops.MarkClose, "`").Replace(t.In(l))
}

func printAsked(b *strings.Builder, l ops.Lang, a *ops.Answer, r *ops.Run, err error) {
	switch {
	case err != nil:
		printError(b, l, err)
	case a != nil:
		printAnswer(b, l, *a)
	default:
		printPlan(b, l, r.Plan)
	}
}

func printError(b *strings.Builder, l ops.Lang, err error) {
	fmt.Fprintf(b, "%s: %s\n", ops.KindOf(err), say(l, ops.SayOf(err)))
	if e, ok := err.(*ops.Error); ok {
		for _, c := range e.Choices {
			fmt.Fprintf(b, "[%s] %s\n", c.Value, say(l, c.Hint))
		}
	}
}

func printAnswer(b *strings.Builder, l ops.Lang, a ops.Answer) {
	for _, block := range a.Blocks {
		fold := ""
		if block.Fold {
			fold = "▸ "
		}
		fmt.Fprintf(b, "%s%s\n", fold, say(l, block.Line))
	}
	for _, row := range a.Buttons {
		for _, button := range row {
			fmt.Fprintf(b, "[%s: %s %s] ", say(l, button.Label), button.Ask.Op, button.Ask.Args["dump"])
		}
		b.WriteString("\n")
	}
}

func printPlan(b *strings.Builder, l ops.Lang, p ops.Plan) {
	fmt.Fprintf(b, "🔒 %s\n", say(l, p.Title))
	for i, s := range p.Steps {
		check := ""
		if s.Check {
			check = "check: "
		}
		fmt.Fprintf(b, "%d %s%s\n", i+1, check, say(l, s.Text))
		for _, u := range s.Undo {
			fmt.Fprintf(b, "   ↩️ %s\n", say(l, u.Text))
		}
	}
	for _, c := range p.Costs {
		fmt.Fprintf(b, "%s\n", say(l, c))
	}
	if p.UndoFor > 0 {
		fmt.Fprintf(b, "undo: %s\n", p.UndoFor)
	}
	facts := []string{}
	for _, f := range p.Facts {
		facts = append(facts, f.Name)
	}
	fmt.Fprintf(b, "(%s, target %s, locks %s, facts %s)\n", p.Risk, p.Target, strings.Join(p.Locks, " "), strings.Join(facts, ", "))
}

func printRun(b *strings.Builder, l ops.Lang, r ops.Run, err error) {
	if err != nil {
		printError(b, l, err)
		return
	}
	took := ""
	if !r.Began.IsZero() {
		took = fmt.Sprintf(" (%s)", r.Ended.Sub(r.Began))
	}
	fmt.Fprintf(b, "%s: %s%s\n", r.State, say(l, r.Plan.Done), took)
	for i, s := range r.Steps {
		if s.State != "" {
			fmt.Fprintf(b, "%d %s: %s · %s\n", i+1, s.State, say(l, s.Step.Text), say(l, s.Note))
		}
	}
	if !r.Why.IsZero() {
		fmt.Fprintf(b, "why: %s\n", say(l, r.Why))
	}
	for _, s := range r.Undone {
		fmt.Fprintf(b, "↩️ %s: %s · %s\n", s.State, say(l, s.Step.Text), say(l, s.Note))
	}
}
