package host

import (
	"context"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

type probeParams struct {
	Probe string `doc:"which command that only looks, as host/name" fr:"quelle commande qui ne fait que regarder, sous la forme machine/nom" names:"probe" rest:"true"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "host.probe", Command: "probe", Theme: themeLook,
	Doc: ops.T("Run a listed command of a machine that only looks, and show what it says.", "Lancer une commande listée d’une machine qui ne fait que regarder, et montrer ce qu’elle dit."),
	Phrases: []ops.Text{
		ops.T("what does the tailnet command on the pi say", "que dit la commande tailnet du pi"), ops.T("run the firewall probe", "lance la sonde du pare-feu"),
	},
}, func(ctx context.Context, s *System, p probeParams) (ops.Answer, error) {
	m, name, c, err := s.findCommand(p.Probe, true)
	if err != nil {
		return ops.Answer{}, err
	}
	began := time.Now()
	said, err := m.run(ctx, name, c)
	if err != nil && ops.KindOf(err) != ops.Failed {
		return ops.Answer{}, err
	}
	took := ops.Text{}
	if d := time.Since(began); d >= time.Second { // else it was at once
		took = ops.T(" after %s", " après %s", ops.Span(d))
	}
	var a ops.Answer
	switch one := !strings.Contains(said, "\n"); {
	case err != nil:
		a.Line(ops.T("%s %s", "%s %s", ops.AtRisk, ops.SayOf(err)))
		if !one {
			a.Code(clip(said, 3000), strings.Count(said, "\n") > 10)
		}
	case said == "":
		a.Line(ops.T("%s %s ended with 0%s and said nothing", "%s %s s’est terminé avec 0%s, sans rien dire", ops.Fine, ops.Name(p.Probe), took))
	case one && len(said) <= 200:
		a.Line(ops.T("%s %s: %s", "%s %s : %s", ops.Fine, ops.Name(p.Probe), ops.Raw(said)))
	default:
		a.Line(ops.T("%s %s says%s:", "%s %s dit%s :", ops.Fine, ops.Name(p.Probe), took))
		a.Code(clip(said, 3000), strings.Count(said, "\n") > 25)
	}
	a.Row(ops.AskFor(ops.Raw("↻"), "host.probe", "probe", p.Probe))
	return a, nil
})

type runParams struct {
	Name string `doc:"which listed command, as host/name" fr:"quelle commande listée, sous la forme machine/nom" names:"listed" rest:"true"`
}

// runArgs hold the program itself: what was approved is what runs, or nothing does.
type runArgs struct {
	Host string   `json:"host"`
	Name string   `json:"name"`
	Argv []string `json:"argv"`
}

func (a runArgs) word() string { return a.Host + "/" + a.Name }

var (
	commandRun = ops.Declare(&set, "host.run", func(a runArgs) ops.Text {
		return ops.T("run %s on %s", "lancer %s sur %s", ops.Name(clip(strings.Join(a.Argv, " "), 200)), ops.Name(a.Host))
	}, func(ctx context.Context, s *System, a runArgs) error { return s.runListed(ctx, a, false) })

	commandTook = ops.Declare(&set, "host.command-took", func(a runArgs) ops.Text {
		return ops.T("%s on %s ends with 0", "%s sur %s se termine avec 0", ops.Name(clip(strings.Join(a.Argv, " "), 200)), ops.Name(a.Host))
	}, func(ctx context.Context, s *System, a runArgs) error { return s.runListed(ctx, a, true) })
)

// runListed runs what was approved, if the list still says the same of it.
func (s *System) runListed(ctx context.Context, a runArgs, looks bool) error {
	m, name, c, err := s.findCommand(a.word(), looks)
	if err != nil {
		return err
	}
	if !slices.Equal(c.Argv, a.Argv) {
		return ops.Fail(ops.Drifted, ops.T("the configuration says something else of %s by now: ask again", "la configuration dit autre chose de %s désormais : redemande", ops.Name(a.word())), nil)
	}
	said, err := m.run(ctx, name, c)
	if err != nil {
		return err
	}
	if said != "" {
		ops.Progress(ctx, ops.Raw(lastLine(said)))
	}
	return nil
}

var _ = ops.Add(&set, ops.Spec{
	Name: "host.run", Command: "run", Theme: ops.T("Repair a service", "Réparer un service"), Risk: ops.Reversible,
	Doc: ops.T("Run a command that the configuration lists for a machine.", "Lancer une commande que la configuration liste pour une machine."),
	Phrases: []ops.Text{
		ops.T("run the command reload-firewall on the pi", "lance la commande reload-firewall sur le pi"), ops.T("run a listed command", "lance une commande listée"),
	},
}, func(_ context.Context, s *System, p runParams) (ops.Plan, error) {
	m, name, c, err := s.findCommand(p.Name, false)
	if err != nil {
		return ops.Plan{}, err
	}
	word := ops.Name(m.Name + "/" + name)
	pl := ops.Plan{Title: ops.T("Run %s", "Lancer %s", word), Target: m.Name + "/" + name, Risk: c.Risk, Locks: []string{"command:" + m.Name + "/" + name},
		Done: ops.T("%s ran", "%s a été lancé", word)}
	if c.Doc != "" {
		pl.Title = ops.T("%s (%s)", "%s (%s)", pl.Title, ops.Clean(c.Doc))
	}
	step := commandRun.Do(runArgs{m.Name, name, c.Argv})
	if c.Undo != "" {
		step = step.Undoing(commandRun.Do(runArgs{m.Name, c.Undo, m.Commands[c.Undo].Argv}))
		pl.UndoFor, pl.Locks = 24*time.Hour, append(pl.Locks, "command:"+m.Name+"/"+c.Undo)
	}
	pl.Steps = []ops.Step{step}
	if c.Check != "" {
		pl.Steps = append(pl.Steps, commandTook.Verify(runArgs{m.Name, c.Check, m.Commands[c.Check].Argv}))
	} else {
		pl.Costs = append(pl.Costs, ops.T("nothing checks its effect but its own exit code: no check is configured", "rien ne vérifie son effet à part son code de sortie : aucun check n’est configuré"))
	}
	return pl, nil
})
