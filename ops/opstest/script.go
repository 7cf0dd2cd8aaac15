package opstest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/tools/txtar"

	"vigie/ops"
)

// Scripts plays the scripts of testdata/ops, each in a bubble and in both languages, and compares what play says with what stands
// behind it in the file, under the language's name; with update, that is written anew.
func Scripts(t *testing.T, update bool, play func(t *testing.T, world, script string, lang ops.Lang) string) {
	files, err := filepath.Glob("testdata/ops/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in testdata/ops: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			world, script := section(ar, "world"), section(ar, "script")
			for _, lang := range []ops.Lang{ops.English, ops.French} {
				var got string
				synctest.Test(t, func(t *testing.T) { got = play(t, world, script, lang) })
				if update {
					write(ar, string(lang), got)
				} else {
					compare(t, string(lang), got, section(ar, string(lang)))
				}
			}
			if update {
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func section(ar *txtar.Archive, name string) string {
	if i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == name }); i >= 0 {
		return string(ar.Files[i].Data)
	}
	return ""
}

func write(ar *txtar.Archive, name, text string) {
	i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		ar.Files = append(ar.Files, txtar.File{Name: name})
		i = len(ar.Files) - 1
	}
	ar.Files[i].Data = []byte(text)
}

// compare tells of the first line that differs.
func compare(t *testing.T, name, got, want string) {
	t.Helper()
	gots, wants := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(gots), len(wants)) {
		g, w := "(the end)", "(the end)"
		if i < len(gots) {
			g = gots[i]
		}
		if i < len(wants) {
			w = wants[i]
		}
		if g != w {
			t.Errorf("%s, line %d:\n got %s\nwant %s\n(-update rewrites it)", name, i+1, g, w)
			return
		}
	}
}

// A Printer writes what a gate answers, for scripts.
type Printer struct {
	strings.Builder
	Lang   ops.Lang
	Button func(ops.Ask) string // what a button asks for, in short
}

func (p *Printer) say(t ops.Text) string {
	return strings.NewReplacer(ops.MarkOpen, "`", ops.MarkClose, "`").Replace(t.In(p.Lang))
}

// Error writes an error and what may be chosen instead.
func (p *Printer) Error(err error) {
	fmt.Fprintf(p, "%s: %s\n", ops.KindOf(err), p.say(ops.SayOf(err)))
	if e, ok := err.(*ops.Error); ok {
		for _, c := range e.Choices {
			p.WriteString(strings.TrimSpace(fmt.Sprintf("[%s] %s", c.Value, p.say(c.Hint))) + "\n")
		}
	}
}

// Asked writes what became of an ask: an error, an answer, or a plan.
func (p *Printer) Asked(a *ops.Answer, r *ops.Run, err error) {
	switch {
	case err != nil:
		p.Error(err)
	case a != nil:
		p.answer(*a)
	default:
		p.plan(r.Plan)
	}
}

func (p *Printer) answer(a ops.Answer) {
	for _, block := range a.Blocks {
		fold := ""
		if block.Fold {
			fold = "▸ "
		}
		switch {
		case block.Code != "":
			fmt.Fprintf(p, "  %s| %s\n", fold, strings.ReplaceAll(block.Code, "\n", "\n  "+fold+"| "))
		case block.Table != nil:
			for _, cells := range block.Table {
				fmt.Fprintf(p, "  %s[ %s ]\n", fold, strings.Join(cells, " | "))
			}
		case block.File != nil:
			fmt.Fprintf(p, "  (file %s, %s, %d lines)\n", block.File.Name, block.File.Type, strings.Count(string(block.File.Data), "\n"))
		default:
			fmt.Fprintf(p, "%s%s\n", fold, p.say(block.Line))
		}
	}
	for _, row := range a.Buttons {
		for _, button := range row {
			fmt.Fprintf(p, "[%s: %s] ", p.say(button.Label), p.Button(*button.Ask))
		}
		p.WriteString("\n")
	}
}

func (p *Printer) plan(plan ops.Plan) {
	fmt.Fprintf(p, "🔒 %s\n", p.say(plan.Title))
	for i, s := range plan.Steps {
		check := ""
		if s.Check {
			check = "check: "
		}
		fmt.Fprintf(p, "%d %s%s\n", i+1, check, p.say(s.Text))
		for _, u := range s.Undo {
			fmt.Fprintf(p, "   ↩️ %s\n", p.say(u.Text))
		}
	}
	for _, c := range plan.Costs {
		fmt.Fprintf(p, "%s\n", p.say(c))
	}
	if plan.UndoFor > 0 {
		fmt.Fprintf(p, "undo: %s\n", plan.UndoFor)
	}
	var facts []string
	for _, f := range plan.Facts {
		facts = append(facts, f.Name)
	}
	fmt.Fprintf(p, "(%s, target %s, locks %s, facts %s)\n", plan.Risk, plan.Target, strings.Join(plan.Locks, " "), strings.Join(facts, ", "))
}

// Run writes how a run ended.
func (p *Printer) Run(r ops.Run, err error) {
	if err != nil {
		p.Error(err)
		return
	}
	took := ""
	if !r.Began.IsZero() {
		took = fmt.Sprintf(" (%s)", r.Ended.Sub(r.Began))
	}
	fmt.Fprintf(p, "%s: %s%s\n", r.State, p.say(r.Plan.Done), took)
	for i, s := range r.Steps {
		if s.State != "" {
			fmt.Fprintf(p, "%d %s: %s · %s\n", i+1, s.State, p.say(s.Step.Text), p.say(s.Note))
		}
	}
	if !r.Why.IsZero() {
		fmt.Fprintf(p, "why: %s\n", p.say(r.Why))
	}
	for _, s := range r.Undone {
		fmt.Fprintf(p, "↩️ %s: %s · %s\n", s.State, p.say(s.Step.Text), p.say(s.Note))
	}
}
