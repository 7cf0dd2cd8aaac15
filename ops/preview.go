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
	if op.Secret {
		return Plan{}, nil, Fail(Denied, T("/%s shows a secret, and is not tried out", "/%s montre un secret, et n’est pas essayé", op.Command), nil)
	}
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

// Foresee is what the policy says of an ask as it would be planned now. Nothing is kept, and nothing can be run from it.
func (g *Gate) Foresee(ctx context.Context, who Caller, ask Ask) (Verdict, error) {
	op, ok := g.Op(ask.Op)
	if !ok {
		return Verdict{}, Fail(NotFound, T("there is no command %s", "il n’y a pas de commande %s", Name(ask.Op)), nil)
	}
	if op.look != nil {
		return g.judge(who, op.Spec, ask.Args, Plan{}), nil
	}
	plan, _, err := g.Preview(ctx, who, ask)
	if err != nil {
		return Verdict{}, err
	}
	return g.judge(who, op.Spec, plan.Args, plan), nil
}
