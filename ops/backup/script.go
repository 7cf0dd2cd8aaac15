package backup

import (
	"context"
	"maps"
	"slices"
	"time"

	"vigie/ops"
)

// Ran is a run of the stack's script that Vigie made.
type Ran struct {
	At     time.Time     `json:"at,omitzero"` // when it ended
	Took   time.Duration `json:"took,omitempty"`
	Exit   int           `json:"exit"`
	Report Report        `json:"report"`
}

// planScript plans a run of the stack's own script, and what it must have left afterwards.
func (s *System) planScript(v view, plan *ops.Plan) {
	was := s.left(v)
	plan.Steps = append(plan.Steps, runScript.Do(scriptArgs{}), leftStep.Verify(leftArgs{was}))
	for _, name := range slices.Sorted(maps.Keys(was)) {
		plan.Facts = append(plan.Facts, ops.Fact{Name: "newest " + name, Value: was[name], Label: ops.T("the script's newest of %s", "le dernier du script pour %s", ops.Name(name))})
	}
	if none := s.passedOver(v, was); len(none) > 0 {
		plan.Costs = append(plan.Costs, ops.T("🟠 the script does not save %s", "🟠 le script ne sauvegarde pas %s", listed(none, 6)))
	}
	s.mu.Lock()
	ran := s.known.Script
	s.mu.Unlock()
	if ran != nil {
		for _, b := range ran.Report.Bugs {
			plan.Costs = append(plan.Costs, ops.T("🟠 last time: %s", "🟠 la dernière fois : %s", b.Says))
		}
	}
}

type scriptArgs struct{}

var runScript = ops.Declare(&set, "backup.script", func(scriptArgs) ops.Text {
	return ops.T("run the stack's backup script", "lancer le script de sauvegarde de la pile")
}, func(ctx context.Context, s *System, _ scriptArgs) error {
	if s.o.Script == nil {
		return noScript(ops.T("backup script", "script de sauvegarde"))
	}
	begun := now()
	var r Report
	exit, err := s.o.Script.Run(ctx, func(line string) {
		r.take(line)
		if dated.MatchString(line) {
			ops.Progress(ctx, ops.Raw(r.Last))
		}
	})
	if err != nil {
		return ranBadly(ops.T("the backup script", "le script de sauvegarde"), err)
	}
	r.close()
	ran := Ran{now().UTC(), now().Sub(begun), exit, r}
	s.note(ctx, func(k *known) { k.Script = &ran })
	s.learnt()
	ops.Progress(ctx, ran.says())
	return nil // its files decide
})

// says is what the script says of itself, which proves nothing.
func (r Ran) says() ops.Text {
	list := []ops.Text{ops.T("%s, exit %d", "%s, code %d", r.Report.says(), r.Exit)}
	if n := len(r.Report.Warnings) + len(r.Report.Errors) + r.Report.Dropped; n > 0 {
		list = append(list, ops.T("%s", "%s", ops.Count{N: n, EnOne: "complaint", EnMany: "complaints", FrOne: "plainte", FrMany: "plaintes"}))
	}
	for _, b := range r.Report.Bugs {
		list = append(list, b.Says)
	}
	return ops.Join(" · ", list...)
}
