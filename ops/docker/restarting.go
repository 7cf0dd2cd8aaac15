package docker

import (
	"context"

	"vigie/ops"
)

// A Restart is a service made to read its settings anew, as part of somebody's plan.
type Restart struct {
	Steps []ops.Step // restart it, and see it well
	Again []ops.Step // the same as an undo: the container may be another one by then
	Since ops.Step   // the check alone, for a plan in which something else restarts it: that it was, and is well
	Facts []ops.Fact
	Locks []string
}

// Restarting plans to restart one service, as /restart does. Its errors are those of [Stack.Pausing].
func (s *Stack) Restarting(ctx context.Context, service string) (Restart, error) {
	v, r, err := s.one(ctx, service)
	if err != nil {
		return Restart{}, err
	}
	if r.box == nil {
		return Restart{}, ops.Fail(ops.NotFound, ops.T("%s has no container. /start %s makes one.", "%s n’a pas de conteneur. /start %s en crée un.", ops.Name(r.name), r.name), nil)
	}
	e, err := s.evidence(ctx, v, r)
	if err != nil {
		return Restart{}, err
	}
	if err := e.pausable(); err != nil {
		return Restart{}, err
	}
	if !e.running() {
		return Restart{}, ops.Fail(ops.Invalid, ops.T("%s does not run. /start %s starts it.", "%s ne tourne pas. /start %s le démarre.", ops.Name(r.name), r.name), nil)
	}
	m := e.member()
	proof := healthy.Verify(healthyArgs{[]member{e.since(m)}})
	return Restart{Steps: []ops.Step{restart.Do(m), proof}, Again: []ops.Step{restart.Do(m), healthy.Verify(healthyArgs{[]member{m}})}, Since: proof,
		Facts: e.facts(), Locks: []string{"container:" + r.container()}}, nil
}
