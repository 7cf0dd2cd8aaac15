package studio

import (
	"context"
	"slices"
	"time"

	"vigie/ops"
)

// What the plans here have in common.

const undoFor = 24 * time.Hour

type serviceParams struct {
	Service string `doc:"which service; all without" fr:"quel service ; tous sinon" names:"studio_service" optional:"true"`
}

// see reads the machine, and the services that are meant. The machine comes first: where it is away, it says so best.
func (s *System) see(ctx context.Context, service string) (Reading, []Service, error) {
	r, err := s.o.Machine.Read(ctx)
	if err != nil {
		return r, nil, err
	}
	list, err := s.choose(ctx, service)
	return r, list, err
}

func targets(list []Service) []target {
	out := make([]target, len(list))
	for i, o := range list {
		out[i] = target{Service: o.Name, Container: o.Container, Checked: o.Checked}
	}
	return out
}

// since are targets that must have been started anew if they run now.
func since(list []Service) []target {
	out := targets(list)
	for i, o := range list {
		if o.State == "running" {
			out[i].Was = o.Started.UTC()
		}
	}
	return out
}

func running(list []Service) []Service {
	return slices.DeleteFunc(slices.Clone(list), func(o Service) bool { return !o.running() })
}

func resting(list []Service) []Service {
	return slices.DeleteFunc(slices.Clone(list), Service.running)
}

// what is what a plan is called after: the one service, or the studio.
func what(service string) ops.Text {
	if service != "" {
		return ops.Raw(ops.Name(service).String())
	}
	return ops.T("the studio", "le studio")
}

// plan is a plan on list, with the facts that every decision about it rests on. They are the containers and the machine's start.
func (s *System) plan(service string, list []Service, r Reading) ops.Plan {
	p := ops.Plan{Target: service, Locks: []string{s.lock()}}
	if p.Target == "" {
		p.Target = "studio"
	}
	if r.Boot != "" {
		p.Facts = append(p.Facts, r.bootFact())
	}
	for _, o := range list {
		p.Facts = append(p.Facts, o.fact())
		p.Locks = append(p.Locks, lock(s.o.Here, o.Container))
	}
	return p
}

// act is what is done to list, planned on r.
func (s *System) act(list []target, r Reading) actArgs {
	return actArgs{Targets: list, Boot: r.Boot, Here: s.o.Here}
}

// undoing is what is done to list to put something back, whatever has become of the machine.
func (s *System) undoing(list []target) actArgs { return actArgs{Targets: list, Here: s.o.Here} }

// proofs are the checks that list is up: its health, and what its programs say themselves. Where a health check has shown that a
// program is well, and it cannot be heard from here, a person decides: the way to it may be what is broken.
func (s *System) proofs(list []target) (steps []ops.Step) {
	steps = append(steps, healthy.Verify(provedArgs{list}))
	for _, t := range list {
		if s.program(t.Service) == nil {
			continue
		}
		check := answers.Verify(answersArgs{t.Service})
		if t.Checked {
			check = check.Staying()
		}
		steps = append(steps, check)
	}
	return steps
}

// work is what would be lost if list were stopped: whether nothing is under way as far as is known, what a decision rests on, and what
// to tell.
func (s *System) work(ctx context.Context, list []Service) (idle bool, facts []ops.Fact, costs []ops.Text) {
	idle = true
	for _, o := range list {
		api := s.program(o.Name)
		if api == nil || o.State != "running" {
			continue
		}
		h := ask(ctx, api)
		value := "none"
		switch {
		case h.err != nil || h.unsure:
			value = "unknown"
			costs = append(costs, ops.T("🟠 %s does not say what it is doing: what is under way is lost", "🟠 %s ne dit pas ce qu’il fait : ce qui est en cours sera perdu", ops.Name(o.Name)))
		case h.running+h.waiting > 0:
			value, idle = "some", false
			costs = append(costs, ops.T("🟠 %s has work: %s. It is lost for good", "🟠 %s a du travail : %s. C’est perdu pour de bon", ops.Name(o.Name), h.jobs()))
		}
		facts = append(facts, ops.Fact{Name: "jobs " + o.Name, Value: value, Label: ops.T("work of %s", "travail de %s", ops.Name(o.Name))})
	}
	return idle, facts, costs
}
