package commands

import (
	"context"
	"slices"
	"sync"
	"time"

	"vigie/ops"
)

// around are the ops that a diagnosis looks with besides the service itself: what surrounds a service and may explain it. Those
// that this bot has not are left out.
var around = []string{"host.show", "alerts.list", "checks.list", "fresh.list", "litellm.budget", "bots.list"}

// How long a diagnosis looks around, in all: what has not come by then is told of as not looked at.
const aroundLimit = 6 * time.Second

// LookAround looks with what may explain trouble of services of these names, as the person who asked: the policy judges each look.
func (d *Desk) LookAround(ctx context.Context, names []string) []ops.Looked {
	return d.lookAround(ctx, ops.Who(ctx), names)
}

func (d *Desk) lookAround(ctx context.Context, who ops.Caller, names []string) []ops.Looked {
	ctx, cancel := context.WithTimeout(ctx, aroundLimit)
	defer cancel()
	list := make([]ops.Looked, 0, len(around)+1)
	for _, name := range around {
		if op, ok := d.Gate.Op(name); ok && op.Risk == ops.Reads && d.may(who, op) {
			list = append(list, ops.Looked{Ask: ops.Ask{Op: name}})
		}
	}
	var group sync.WaitGroup
	for i := range list {
		group.Go(func() {
			a, _, err := d.Gate.Ask(ctx, who, list[i].Ask, ops.Where(ctx))
			if list[i].Err = err; a != nil {
				list[i].Answer = *a
			}
		})
	}
	group.Wait()
	if done := d.doneTo(ctx, names); len(done.Answer.Blocks) > 0 {
		list = append(list, done)
	}
	return list
}

// May reports whether the person who asked may have op at all.
func (d *Desk) May(ctx context.Context, name string) bool {
	op, ok := d.Gate.Op(name)
	return ok && d.may(ops.Who(ctx), op)
}

func (d *Desk) may(who ops.Caller, op ops.Op) bool {
	return d.Gate.Judge(who, op.Spec).Demand != ops.Deny
}

// lately is how far back something that was done may explain what is wrong now.
const lately = 6 * time.Hour

// doneTo tells of the runs that touched services of these names lately, the newest first: at most three.
func (d *Desk) doneTo(ctx context.Context, names []string) ops.Looked {
	l := ops.Looked{Ask: ops.Ask{Op: "vigie.history"}}
	runs, err := d.Gate.Runs(ctx)
	if l.Err = err; err != nil {
		return l
	}
	for _, r := range slices.Backward(runs) {
		if r.Began.IsZero() || time.Since(r.Began) > lately || !touches(r, names) || len(l.Answer.Blocks) == 3 {
			continue
		}
		if l.Ask.Args == nil {
			l.Ask.Args = ops.Args{"last": r.Ask.Op}
		}
		l.Answer.Line(ops.T("%s · %s, %s ago", "%s · %s, il y a %s", r.Plan.Headline(), r.Who.Name, ops.Since(r.Began)))
	}
	return l
}

// touches reports whether a run worked on something of these names.
func touches(r ops.Run, names []string) bool {
	for _, v := range r.Ask.Args {
		if slices.Contains(names, v) || v == "all" {
			return true
		}
	}
	return slices.Contains(names, r.Plan.Target)
}
