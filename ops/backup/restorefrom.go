package backup

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"vigie/ops"
)

// A building is a plan that is being made.
type building struct {
	plan   ops.Plan
	expect []string
}

func (b *building) add(steps []ops.Step, facts []ops.Fact, locks []string, under string) {
	b.plan.Steps = append(b.plan.Steps, steps...)
	for _, f := range facts {
		f.Name = under + " " + f.Name // two databases may both have an "oid"
		b.plan.Facts = append(b.plan.Facts, f)
	}
	for _, l := range locks {
		if !slices.Contains(b.plan.Locks, l) {
			b.plan.Locks = append(b.plan.Locks, l)
		}
	}
}

// planFolder begins with one backup of ours, byte for byte as it was saved.
func (s *System) planFolder(ctx context.Context, stamp string, b *building) (func(string) string, error) {
	list, err := s.folders()
	if err != nil {
		return nil, refused(s.o.Root, err)
	}
	at := slices.IndexFunc(list, func(f folder) bool { return f.stamp == stamp })
	if at < 0 || !list[at].finished || !list[at].wrong.IsZero() {
		return nil, &ops.Error{Kind: ops.NotFound, Param: "from", Choices: s.pointChoices(list), Say: ops.T("%s is no whole backup of mine.", "%s n’est pas une de mes sauvegardes entières.", ops.Name(stamp))}
	}
	f := list[at]
	for _, name := range s.o.Restore.Expect {
		if _, there := f.of(name); there {
			b.expect = append(b.expect, name)
		}
	}
	for _, file := range f.Files {
		if !slices.Contains(b.expect, file.Artefact) {
			b.expect = append(b.expect, file.Artefact)
		}
	}
	b.plan.Steps = append(b.plan.Steps, intact.Verify(intactArgs{stamp, f.digest, len(f.Files), s.attempt(ctx)}))
	b.plan.Facts = append(b.plan.Facts, ops.Fact{Name: "manifest", Value: f.digest, Label: ops.T("backup %s", "sauvegarde %s", ops.Name(stamp))})
	b.plan.Costs = append(b.plan.Costs, ops.T("what was written in the last %s is lost", "ce qui a été écrit depuis %s est perdu", coarse(now().Sub(f.Started))))
	if len(f.Missing) > 0 {
		b.plan.Costs = append(b.plan.Costs, ops.T("🟠 it is partial, and does not bring back %s", "🟠 elle est partielle, et ne ramène pas %s", f.missing(4)))
	}
	return func(artefact string) string {
		file, _ := f.of(artefact)
		return filepath.Join(f.path, file.Name)
	}, nil
}

// planData brings the phases up in order, and restores the data between the one that holds it and the next.
func (s *System) planData(ctx context.Context, b *building, path func(string) string) error {
	r := s.o.Restore
	attempt := s.attempt(ctx)
	restore := func() error {
		var left []string
		for _, name := range b.expect {
			steps, facts, locks, err := r.Into.Steps(ctx, name, path(name), attempt)
			if err != nil {
				return fmt.Errorf("planning the restore of %s: %w", name, err)
			}
			if len(steps) == 0 {
				left = append(left, name)
			}
			b.add(steps, facts, locks, name)
		}
		if len(left) > 0 {
			b.plan.Costs = append(b.plan.Costs, ops.T("not restored by me, only checked: %s", "pas restauré par moi, seulement vérifié : %s", listed(left, 6)))
		}
		return nil
	}
	if r.Data == "" {
		if err := restore(); err != nil {
			return err
		}
	}
	late := r.Data == ""
	for _, phase := range r.Phases {
		rise, err := r.Bring.Up(ctx, phase)
		if err != nil {
			return fmt.Errorf("planning phase %s: %w", phase, err)
		}
		if late && len(rise.Runs) > 0 { // it would go on with what it remembers of other data
			return ops.Fail(ops.Invalid, ops.T("%s of phase %s run, on the data that is to be replaced. /down %s first, then ask again.", "%s de la phase %s tournent, sur les données à remplacer. /down %s d’abord, puis redemande.",
				listed(rise.Runs, 4), ops.Name(phase), ops.Name(phase)), nil)
		}
		steps := rise.Steps
		if late { // the data is back: one container that is slow to get well must not throw it away
			for i := range steps {
				steps[i] = steps[i].Staying()
			}
		}
		b.add(steps, rise.Facts, rise.Locks, phase)
		late = late || phase == r.Data
		if phase == r.Data {
			if err := restore(); err != nil {
				return err
			}
		}
	}
	return nil
}

var _ = ops.Names(&set, "backup-point", func(_ context.Context, s *System) ([]ops.Choice, error) {
	list, err := s.folders()
	if err != nil {
		return nil, err
	}
	return append([]ops.Choice{{Value: offsite, Hint: ops.T("a person brings it", "une personne l’apporte")}}, s.pointChoices(list)...), nil
})

func (s *System) pointChoices(list []folder) (choices []ops.Choice) {
	for _, f := range list {
		if f.finished && f.wrong.IsZero() {
			choices = append(choices, ops.Choice{Value: f.stamp, Hint: ops.T("%s, %s ago, %s", "%s, il y a %s, %s", artefacts(len(f.Files)), coarse(now().Sub(f.at)), ops.Size(f.size()))})
		}
	}
	return choices
}

type intactArgs struct {
	Stamp  string `json:"stamp"`
	Digest string `json:"digest"` // SHA-256 of its manifest
	Files  int    `json:"files"`
	// Attempt is used up by this: the next plan has another.
	Attempt string `json:"attempt,omitempty"`
}

var intact = ops.Declare(&set, "backup.intact", func(a intactArgs) ops.Text {
	return ops.T("backup %s is there, each of %s byte for byte as saved", "la sauvegarde %s est là, chacun des %s octet pour octet", ops.Name(a.Stamp), artefacts(a.Files))
}, func(ctx context.Context, s *System, a intactArgs) error {
	s.attempted(ctx, a.Attempt)
	f, err := s.folder(a.Stamp)
	if err != nil {
		return err
	}
	if f.digest != a.Digest || !f.wrong.IsZero() {
		return ops.Fail(ops.Failed, ops.T("%s is not the backup that the plan was made of %s", "%s n’est plus la sauvegarde du plan %s", ops.Name(a.Stamp), f.wrong), nil)
	}
	return f.rereads(ctx)
})
