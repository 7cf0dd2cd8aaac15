package docker

import (
	"context"

	"vigie/ops"
)

// A Rise is how one phase of the stack comes up, as part of somebody's plan. It has no step where all of it runs already.
type Rise struct {
	Steps []ops.Step // ends with the check that what runs then is healthy
	Facts []ops.Fact
	Locks []string
	Runs  []string // its services that run now
}

// Bringing plans what starts the services of a phase that should run and do not, and proves it, as /up does. What it needs may be
// brought up by an earlier part of the same plan. The same stack gives the same Rise.
//
// Its errors are NotFound for a phase that the compose files do not have, Invalid where there are none, and those of [Host].
func (s *Stack) Bringing(ctx context.Context, which string) (Rise, error) {
	_, phases, err := s.phases(ctx, which)
	if err != nil {
		return Rise{}, err
	}
	var plan ops.Plan
	var rise Rise
	var begin []row
	for _, ph := range phases {
		for _, r := range ph.rows {
			switch {
			case r.toStart():
				begin = append(begin, r)
			case r.running():
				rise.Runs = append(rise.Runs, r.name)
			}
		}
	}
	if len(begin) > 0 {
		list, err := s.need(ctx, begin)
		if err != nil {
			return Rise{}, err
		}
		if plan.Facts, plan.Steps, err = ready(list); err != nil {
			return Rise{}, err
		}
		for _, ph := range phases {
			ph.up(&plan)
		}
	}
	rise.Steps, rise.Facts, rise.Locks = plan.Steps, plan.Facts, plan.Locks
	return rise, nil
}
