// Package ops is the kernel: what can be done, to what, at what risk, and the one door to doing it.
// It imports only the standard library, and every other package imports it.
//
// Read op.go (what can be done), plan.go and step.go (what would happen), policy.go (may it), gate.go and
// run.go (the door), journal.go (what is kept). The rules that must hold are named in gate.go.
package ops

import (
	"cmp"
	"context"
	"reflect"
	"slices"
)

// A Spec is everything that a person, a model or a policy can know about an op before running it.
type Spec struct {
	Name     string // "docker.restart": system.verb
	Command  string // "restart": the slash word
	Doc      Text   // one sentence, for /help, for the model and for the docs
	Theme    Text   // the heading of /help that it stands under
	Risk     Risk
	Examples []string // what follows the slash word: "n8n", "n8n 100 2h". Each is parsed by a test
	// Phrases are how people say it in plain words. One that ends in «…» says that all that follows is the parameter that takes all the
	// words that are left: «draw …»; in «…?», that people also begin so what is no request: it is offered then.
	Phrases []Text
	// Acts says of an op that looks that it does something all the same, such as muting: plain words must ask for it as
	// plainly as for a change.
	Acts bool
	// Secret says of an op that looks that its answer is for one admin alone: it is refused to all others whatever the rules say, and
	// outside that person's own chat; no model has it; that it was asked is in the journal before it is answered.
	Secret bool
}

// An Op is a Spec bound to the system that it operates.
// Planning and looking never touch; only the [Gate] can run what a plan says.
type Op struct {
	Spec
	Params []Param
	plan   func(ctx context.Context, args Args) (Plan, error)
	look   func(ctx context.Context, args Args) (Answer, Args, error)
}

// A Choice is one name that a parameter may take now, with what a person knows it by.
type Choice struct {
	Value string
	Also  []string // other names for it: the container's, an alias
	Hint  Text     // "unhealthy", "412 MB, 3 h ago"
	Label Text     // how a button calls it, where Value says nothing to a person; zero: Value
}

// A runner carries out one kind of step on a bound system.
type runner struct {
	run   func(ctx context.Context, args []byte) error
	text  func(args []byte) (Text, error)
	stops func(args []byte) []string // what it stops or removes, for the never-rules
}

// A Set holds the ops, the step kinds and the names of one operated system S. Each file adds its own.
type Set[S any] struct {
	ops   []func(S) Op
	kinds map[string]func(S) runner
	names map[string]func(context.Context, S) ([]Choice, error)
}

// A Bound is a Set on one system: what it can do, and (for the Gate alone) how.
type Bound struct {
	Ops     []Op
	names   map[string]func(context.Context) ([]Choice, error)
	runners map[string]runner
}

// Bind returns the set, operating s, in name order.
func (set *Set[S]) Bind(s S) Bound {
	b := Bound{runners: map[string]runner{}, names: map[string]func(context.Context) ([]Choice, error){}}
	for _, bind := range set.ops {
		b.Ops = append(b.Ops, bind(s))
	}
	for name, bind := range set.kinds {
		b.runners[name] = bind(s)
	}
	for sort, list := range set.names {
		b.names[sort] = func(ctx context.Context) ([]Choice, error) { return list(ctx, s) }
	}
	slices.SortFunc(b.Ops, func(a, b Op) int { return cmp.Compare(a.Name, b.Name) })
	return b
}

// Add declares an op that changes something on systems of type S, taking params of type P.
func Add[S, P any](set *Set[S], spec Spec, plan func(context.Context, S, P) (Plan, error)) struct{} {
	if spec.Risk == Reads {
		panic(spec.Name + " changes something: say its risk")
	}
	params := paramsOf(reflect.TypeFor[P]())
	set.ops = append(set.ops, func(s S) Op {
		return Op{Spec: spec, Params: params, plan: func(ctx context.Context, args Args) (Plan, error) {
			var p P
			canonical, err := fill(reflect.ValueOf(&p).Elem(), params, args)
			if err != nil {
				return Plan{}, err
			}
			pl, err := plan(ctx, s, p)
			pl.Op, pl.Args, pl.Risk = spec.Name, canonical, max(pl.Risk, spec.Risk)
			return pl, err
		}}
	})
	return struct{}{}
}

// Look declares an op that only looks.
func Look[S, P any](set *Set[S], spec Spec, look func(context.Context, S, P) (Answer, error)) struct{} {
	params := paramsOf(reflect.TypeFor[P]())
	spec.Risk = Reads
	set.ops = append(set.ops, func(s S) Op {
		return Op{Spec: spec, Params: params, look: func(ctx context.Context, args Args) (Answer, Args, error) {
			var p P
			canonical, err := fill(reflect.ValueOf(&p).Elem(), params, args)
			if err != nil {
				return Answer{}, nil, err
			}
			a, err := look(ctx, s, p)
			return a, canonical, err
		}}
	})
	return struct{}{}
}

// Names declares where the names of one sort ("service") come from.
func Names[S any](set *Set[S], sort string, list func(context.Context, S) ([]Choice, error)) struct{} {
	if set.names == nil {
		set.names = map[string]func(context.Context, S) ([]Choice, error){}
	}
	set.names[sort] = list
	return struct{}{}
}
