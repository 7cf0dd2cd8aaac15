package backup

import (
	"context"

	"vigie/ops"
)

type smokeParams struct{}

var _ = ops.Add(&set, ops.Spec{
	Name: "backup.smoke", Command: "smoke", Theme: themeBackup, Risk: ops.Reversible, Examples: []string{""},
	Doc: ops.T("Run the stack's smoke test and read it; it may cost money.", "Lancer le test de fumée de la pile et le lire ; il peut coûter de l’argent."),
	Phrases: []ops.Text{
		ops.T("run the smoke test", "lance le test de fumée"), ops.T("does everything work", "est-ce que tout marche"),
		ops.T("smoke test", "test de fumée"), ops.T("start the smoke test", "fais un smoke test"),
	},
}, func(_ context.Context, s *System, _ smokeParams) (ops.Plan, error) {
	if s.o.Smoke.Script == nil {
		return ops.Plan{}, noScript(ops.T("smoke test", "test de fumée"))
	}
	return ops.Plan{
		Title: ops.T("Run the smoke test of %s", "Lancer le test de fumée de %s", ops.Name(s.o.Stack)), Target: s.o.Stack,
		Locks: []string{"backup:smoke"}, Costs: []ops.Text{s.smokeCosts()},
		Facts: []ops.Fact{{Name: "known", Value: join(s.o.Smoke.Known), Label: ops.T("tests that are known to fail", "tests dont l’échec est connu")}},
		Steps: []ops.Step{smoke.Do(smokeArgs{Known: s.o.Smoke.Known})}, Done: ops.T("the smoke test passed", "le test de fumée est passé"),
	}, nil
})

func (s *System) smokeCosts() ops.Text {
	return firstOf(s.o.Smoke.Costs, ops.T("It may cost money: such scripts ask LiteLLM's /health, which asks every model for an answer that is billed. It takes a minute or more.",
		"Cela peut coûter de l’argent : de tels scripts interrogent /health de LiteLLM, qui demande à chaque modèle une réponse facturée. Compter une minute ou plus."))
}

func noScript(what ops.Text) error {
	return ops.Fail(ops.Invalid, ops.T("No %s is configured: name its script in the configuration.", "Aucun %s n’est configuré : nomme son script dans la configuration.", what), nil)
}

type smokeArgs struct {
	Known []string `json:"known,omitempty"`
	// Stays says that what was done before stays when a test fails: a person decides whether it is put back.
	Stays bool `json:"stays,omitempty"`
}

// It is no check: running it again costs again.
var smoke = ops.Declare(&set, "backup.smoke", func(a smokeArgs) ops.Text {
	if len(a.Known) > 0 {
		return ops.T("run the smoke test; known to fail: %s", "lancer le test de fumée ; échecs connus : %s", listed(a.Known, 3))
	}
	return ops.T("run the smoke test", "lancer le test de fumée")
}, func(ctx context.Context, s *System, a smokeArgs) error {
	err := s.smoke(ctx, a)
	if err == nil || !a.Stays || ctx.Err() != nil {
		return err
	}
	return ops.Fail(ops.Unknown, ops.T("%s. All else is done, and stays unless you put it back.", "%s. Tout le reste est fait, et le reste sauf si tu remets en place.", ops.SayOf(err)), err)
})

// smoke runs the smoke test, and fails unless all of it passes but for what is known to fail.
func (s *System) smoke(ctx context.Context, a smokeArgs) error {
	if s.o.Smoke.Script == nil {
		return noScript(ops.T("smoke test", "test de fumée"))
	}
	var t Tested
	begun := now()
	exit, err := s.o.Smoke.Script.Run(ctx, func(line string) {
		before := len(t.Tests)
		if t.take(line, a.Known); len(t.Tests) > before {
			failed, _ := t.failed()
			ops.Progress(ctx, ops.T("%d passed, %d failed · %s", "%d réussis, %d en échec · %s", t.count(pass), len(failed), t.Tests[before].Name))
		}
	})
	if err != nil {
		return ranBadly(ops.T("the smoke test", "le test de fumée"), err)
	}
	t.At, t.Took, t.Exit = now().UTC(), now().Sub(begun), exit
	s.note(ctx, func(k *known) { k.Smoke = &t })
	ops.Progress(ctx, t.says())
	if why := t.verdict(); !why.IsZero() {
		return ops.Fail(ops.Failed, ops.T("%s · /backups smoke shows every test", "%s · /backups smoke montre chaque test", why), nil)
	}
	return nil
}

// ranBadly is that a script could not be run, or that nobody knows how it ended. What the runner itself says goes first.
func ranBadly(what ops.Text, err error) error {
	if ops.KindOf(err) != ops.Failed {
		return err
	}
	return ops.Fail(ops.Failed, ops.T("%s could not be run: %s", "impossible de lancer %s : %s", what, short(ops.SayOf(err))), err)
}

// lastSmoke shows the last smoke test as a table.
func (s *System) lastSmoke() (ops.Answer, error) {
	s.mu.Lock()
	t := s.known.Smoke
	s.mu.Unlock()
	if t == nil {
		return ops.Say(ops.T("⚪ no smoke test was run yet: /smoke runs one", "⚪ aucun test de fumée n’a encore été lancé : /smoke en lance un")), nil
	}
	mark, why := ops.Fine, t.verdict()
	if !why.IsZero() {
		mark = ops.Broken
	}
	a := ops.Say(ops.T("%s smoke test %s ago: %s", "%s test de fumée, il y a %s : %s", mark, coarse(now().Sub(t.At)), firstOf(why, t.says())))
	if !why.IsZero() {
		a.Line(t.says())
	}
	if len(t.Tests) > 0 {
		a.Blocks = append(a.Blocks, ops.Block{Table: t.table(), Fold: len(t.Tests) > shownRows})
	}
	return *a.Row(ops.AskFor(ops.T("Run it again", "Le relancer"), "backup.smoke"), ops.AskFor(refresh, "backup.list", "what", viewSmoke)), nil
}
