package ops

import "context"

// Preview plans, or looks, for who, and keeps nothing: what `vigie check` and tests see an op by. It passes the
// never-rules but no policy, and nothing can be run from what it returns.
func (g *Gate) Preview(ctx context.Context, who Caller, ask Ask) (Plan, *Answer, error) {
	op, ok := g.Op(ask.Op)
	if !ok {
		return Plan{}, nil, Fail(NotFound, T("there is no command %s", "il n’y a pas de commande %s", Name(ask.Op)), nil)
	}
	ctx = withCaller(ctx, who)
	if op.look != nil {
		a, _, err := op.look(ctx, ask.Args)
		return Plan{}, &a, err
	}
	plan, err := op.plan(ctx, ask.Args)
	if err != nil {
		return Plan{}, nil, err
	}
	if err := g.never(plan); err != nil {
		return Plan{}, nil, err
	}
	return plan, nil, nil
}
