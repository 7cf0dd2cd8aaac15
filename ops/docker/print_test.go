package docker

import (
	"fmt"
	"strings"

	"vigie/ops"
)

func say(l ops.Lang, t ops.Text) string {
	return strings.NewReplacer(ops.MarkOpen, "`", ops.MarkClose, "`").Replace(t.In(l))
}

func printError(b *strings.Builder, l ops.Lang, err error) {
	fmt.Fprintf(b, "%s: %s\n", ops.KindOf(err), say(l, ops.SayOf(err)))
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

func printAnswer(b *strings.Builder, l ops.Lang, a ops.Answer) {
	for _, block := range a.Blocks {
		fold := ""
		if block.Fold {
			fold = "▸ "
		}
		switch {
		case block.Code != "":
			fmt.Fprintf(b, "  %s| %s\n", fold, strings.ReplaceAll(block.Code, "\n", "\n  "+fold+"| "))
		case block.Table != nil:
			for _, cells := range block.Table {
				fmt.Fprintf(b, "  %s[ %s ]\n", fold, strings.Join(cells, " | "))
			}
		case block.File != nil:
			fmt.Fprintf(b, "  (file %s, %s, %d lines)\n", block.File.Name, block.File.Type, strings.Count(string(block.File.Data), "\n"))
		default:
			fmt.Fprintf(b, "%s%s\n", fold, say(l, block.Line))
		}
	}
	for _, row := range a.Buttons {
		for _, button := range row {
			args := ""
			for k, v := range button.Ask.Args {
				if k != "service" {
					args += " " + k + "=" + v
				}
			}
			fmt.Fprintf(b, "[%s: %s%s] ", say(l, button.Label), strings.TrimPrefix(button.Ask.Op, "docker."), args)
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
	fmt.Fprintf(b, "(%s, target %s, locks %s, facts %s)\n", p.Risk, p.Target, strings.Join(p.Locks, " "), strings.Join(facts, " "))
}

func printRun(b *strings.Builder, l ops.Lang, r ops.Run, err error) {
	if err != nil {
		printError(b, l, err)
		return
	}
	fmt.Fprintf(b, "%s: %s (%s)\n", r.State, say(l, r.Plan.Done), r.Ended.Sub(r.Began))
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
