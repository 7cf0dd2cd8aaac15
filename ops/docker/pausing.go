package docker

import (
	"cmp"
	"context"
	"slices"

	"vigie/ops"
)

// A Pause stops services round a change and starts them again, as parts of somebody's plan: Stop before the steps of the
// change, Start after them. If a step fails, what was stopped is started again by the undo of its stop, after the change is undone; and
// what was started again already is stopped before that, by the undo of its start.
type Pause struct {
	Stop, Start []ops.Step
	Facts       []ops.Fact // which containers, and whether each runs: one that does not stays so
	Locks       []string   // the containers, those that stay stopped too: nobody may start them meanwhile
}

// Pausing looks at services, by their names or their containers', and plans to stop them: what needs others goes first,
// and comes back last. After each rank of services that do not need each other stands the check that all of them are up
// again, by health where they have a health check. Services that do not run are left as they are; a replicated one is
// stopped whole. The same stack gives the same Pause.
//
// Its errors are NotFound for a service that the stack does not have, Invalid for one that is paused by hand (it would not
// be so afterwards) or does a job once (it would do it again), and those of [Host]. What may never be stopped is refused by the gate.
func (s *Stack) Pausing(ctx context.Context, services []string) (Pause, error) {
	v, err := s.see(ctx)
	if err != nil {
		return Pause{}, err
	}
	chosen, err := v.chosen(services)
	if err != nil {
		return Pause{}, err
	}
	var p Pause
	ranks := map[int][]member{}
	for _, r := range chosen {
		e := evidence{row: r}
		if r.box != nil {
			if e.d, err = s.Host.Inspect(ctx, r.id()); err != nil {
				return Pause{}, err
			}
			e.row = r.with(e.d)
		}
		if err := e.pausable(); err != nil {
			return Pause{}, err
		}
		p.Locks, p.Facts = append(p.Locks, "container:"+r.container()), append(p.Facts, e.pauseFact())
		if e.running() {
			n := v.rank(r, chosen, map[string]bool{})
			ranks[n] = append(ranks[n], e.member())
		}
	}
	for n := range len(chosen) { // no rank is higher
		p.add(ranks[n])
	}
	return p, nil
}

// add puts a rank into p, whose services need only those that are in it already.
func (p *Pause) add(members []member) {
	if len(members) == 0 {
		return
	}
	var stops []ops.Step
	for _, m := range slices.Backward(members) {
		stops = append(stops, stop.Do(m).Undoing(start.Do(m)), isStopped.Verify(m))
	}
	p.Stop = append(stops, p.Stop...)
	for _, m := range members {
		p.Start = append(p.Start, start.Do(m).Undoing(stop.Do(m), isStopped.Verify(m)))
	}
	p.Start = append(p.Start, healthy.Verify(healthyArgs{members}))
}

// chosen are the rows that names mean, each once, in the order of the stack.
func (v view) chosen(names []string) (rows []row, _ error) {
	means := func(r row, name string) bool {
		return r.name == name || r.serviceName() == name || r.container() == name
	}
	for _, name := range names {
		if !slices.ContainsFunc(v.rows, func(r row) bool { return means(r, name) }) {
			_, err := v.find(name)
			return nil, err
		}
	}
	for _, r := range v.rows {
		if slices.ContainsFunc(names, func(name string) bool { return means(r, name) }) {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// rank is how many of the chosen rows stand above one another under r, counting through services that are not chosen.
// Services that need each other in a circle are ranked as if they did not.
func (v view) rank(r row, chosen []row, above map[string]bool) (n int) {
	name := r.serviceName()
	if above[name] {
		return 0
	}
	above[name] = true
	defer delete(above, name)
	for _, o := range v.needs(r) {
		under := v.rank(o, chosen, above)
		if !above[o.serviceName()] && slices.ContainsFunc(chosen, func(c row) bool { return c.want == o.want }) {
			under++
		}
		n = max(n, under)
	}
	return n
}

// pausable says why the container cannot be stopped for a while and be the same afterwards, or nil.
func (e evidence) pausable() error {
	name := ops.Name(e.name)
	switch {
	case !e.running():
		return nil
	case e.box.State == "paused":
		return ops.Fail(ops.Invalid, ops.T("%s is paused; somebody froze it by hand. Unpause it on the machine first.",
			"%s est en pause ; quelqu’un l’a figé à la main. Relance-le d’abord sur la machine (unpause).", name), nil)
	case e.once():
		return ops.Fail(ops.Invalid, ops.T("%s does its job right now, once: stopped, it would do it again from the beginning. Wait until it has ended.",
			"%s fait son travail en ce moment, une seule fois : arrêté, il le recommencerait. Attends qu’il ait fini.", name), nil)
	}
	return nil
}

// pauseFact is which container there is and whether it runs. What a crash loop does at the moment is left out, and so is
// when it was started: neither changes what is planned.
func (e evidence) pauseFact() ops.Fact {
	f := ops.Fact{Name: "container " + e.container(), Value: "none", Label: ops.T("%s", "%s", ops.Name(e.name))}
	if e.box == nil || !e.running() {
		f.Label = ops.T("%s, which stays stopped", "%s, qui reste arrêté", ops.Name(e.name))
	}
	if e.box != nil {
		state := e.d.State
		if e.d.looping() {
			state = "running"
		}
		f.Value = short(e.d.ID) + " " + cmp.Or(state, e.box.State)
	}
	return f
}
