package ops

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// A Gate is the only door to an effect: policy, approval, journal, steps, proof, undo.
//
// What it holds to: only it can run a step, and only of a plan that is stored as approved (one door). The
// journal is written before the step, or the step does not run (written before done). It plans again
// before it runs, and a different hash stops it (approve the thing). An approval is one compare-and-set
// on the stored run (once). A step that began and never reported is unknown and is not repeated by
// itself. One plan at a time on a target; looking never waits. What the never-rules forbid, nobody can
// approve.
//
// Fill in the exported fields before the first call and leave them alone afterwards.
type Gate struct {
	Policy Policy
	Store  Store
	Runner Runner
	Codes  Codes // nil: a verdict that demands a code is refused
	People People
	// Redact takes secrets out of everything the journal keeps.
	Redact func(string) string
	// Watch is told of every change of a run, in order for one run. It must not block for long.
	Watch func(Run)
	// Broken is told of what the operator of the bot must know: a journal that cannot be written.
	Broken func(error)
	// TTL is how long an approval is waited for; 0 means 10 minutes.
	TTL time.Duration
	// Zone is where the stack's nights are nights.
	Zone *time.Location
	// Protected names what no plan may stop, and why: keys as in [Stops].
	Protected func(what string) (why Text, protected bool)
	// NeverArgs are argument values that no op may be asked with, such as the name of a key that must never
	// be rotated, and why.
	NeverArgs map[string]Text

	ops      map[string]Op
	commands map[string]string
	names    map[string]func(context.Context) ([]Choice, error)
	runners  map[string]runner
	locks    locks

	mu       sync.Mutex // guards what follows; held for moments only
	live     map[string]*liveRun
	draining bool

	notes sync.WaitGroup // journal lines of reads that are still being written
}

// Open lets the gate operate these systems. It is called once.
func (g *Gate) Open(systems ...Bound) error {
	g.ops, g.commands, g.runners = map[string]Op{}, map[string]string{}, map[string]runner{}
	g.names, g.live = map[string]func(context.Context) ([]Choice, error){}, map[string]*liveRun{}
	for _, b := range append(systems, g.again()) {
		for _, op := range b.Ops {
			if g.ops[op.Name].Name != "" || g.commands[op.Command] != "" {
				return fmt.Errorf("two ops are called %s or /%s", op.Name, op.Command)
			}
			g.ops[op.Name], g.commands[op.Command] = op, op.Name
		}
		for kind, r := range b.runners {
			if _, twice := g.runners[kind]; twice {
				return fmt.Errorf("two systems have steps called %s", kind)
			}
			g.runners[kind] = r
		}
		for sort, list := range b.names {
			if _, twice := g.names[sort]; twice {
				return fmt.Errorf("two systems have names of sort %q", sort)
			}
			g.names[sort] = list
		}
	}
	return nil
}

// Ops lists every op in name order.
func (g *Gate) Ops() []Op {
	return slices.SortedFunc(maps.Values(g.ops), func(a, b Op) int { return cmp.Compare(a.Name, b.Name) })
}

// Op finds an op by its name or its slash word.
func (g *Gate) Op(name string) (Op, bool) {
	if full, ok := g.commands[name]; ok {
		name = full
	}
	op, ok := g.ops[name]
	return op, ok
}

// Choices lists the names of one sort that exist now.
func (g *Gate) Choices(ctx context.Context, sort string) ([]Choice, error) {
	list, ok := g.names[sort]
	if !ok {
		return nil, fmt.Errorf("nothing here has names of sort %q", sort)
	}
	return list(ctx)
}

// Judge is what the policy says of op for who, were it asked now, with nothing known of the target.
func (g *Gate) Judge(who Caller, op Spec) Verdict {
	return g.judge(who, op, nil, Plan{Risk: op.Risk})
}

func (g *Gate) judge(who Caller, op Spec, args Args, p Plan) Verdict {
	if who.Role == Nobody {
		return Verdict{Demand: Deny, Rule: "strangers", Why: T("I don't know you", "je ne te connais pas")}
	}
	if v := g.secret(who, op); v.Demand == Deny {
		return v
	}
	at := time.Now()
	if g.Zone != nil {
		at = at.In(g.Zone)
	}
	v := g.Policy.Decide(Request{Who: who, Op: op, Args: args, Target: p.Target, Risk: max(p.Risk, op.Risk), Time: at})
	if first, ok := g.ops[p.Origin]; ok && p.Risk > Reads { // undoing or continuing is no way round a rule about the op itself
		first.Risk = p.Risk
		v = stricter(v, g.Policy.Decide(Request{Who: who, Op: first.Spec, Args: args, Target: p.Target, Risk: p.Risk, Time: at}))
	}
	return v
}

// stricter is the verdict that asks for more; a code that either asks for is asked for.
func stricter(a, b Verdict) Verdict {
	order := []Demand{Allow, Confirm, Typed, Others, Deny}
	code := a.Code || b.Code
	if i, j := slices.Index(order, a.Demand), slices.Index(order, b.Demand); j > i || i == j && b.N > a.N {
		a = b
	}
	a.Code = code && a.Demand != Deny
	return a
}

// Ask looks, or plans and shows the plan. Exactly one of the results is set, unless there is an error:
// an answer for an op that looks, a run for one that changes something: waiting for its approval, or on
// its way where the policy asks for none. Words that come a second time (see [Once]) give the run that they made the
// first time, as it is now, with Again set. place is where the run will be told of.
func (g *Gate) Ask(ctx context.Context, who Caller, ask Ask, place Place) (*Answer, *Run, error) {
	op, ok := g.Op(ask.Op)
	if !ok {
		return nil, nil, Fail(NotFound, T("there is no command %s", "il n’y a pas de commande %s", Name(ask.Op)), nil)
	}
	ask.Op = op.Name
	ctx = context.WithValue(withCaller(ctx, who), placeKey{}, place)
	if op.look != nil {
		a, err := g.look(ctx, who, op, ask)
		return a, nil, err
	}
	// Judged before planning too: somebody who may not ask does not get to know what it would do.
	if v := g.judge(who, op.Spec, ask.Args, Plan{Risk: op.Risk}); v.Demand == Deny {
		return nil, nil, g.refuse(ctx, who, op, "", v)
	}
	plan, err := op.plan(ctx, ask.Args)
	if err != nil {
		return nil, nil, err
	}
	if err := g.never(plan); err != nil {
		return nil, nil, g.refuse(ctx, who, op, plan.Hash(), Verdict{Demand: Deny, Rule: "never", Why: err.Say})
	}
	v := g.judge(who, op.Spec, plan.Args, plan)
	if v.Demand == Deny {
		return nil, nil, g.refuse(ctx, who, op, plan.Hash(), v)
	}
	r, err := g.ask(ctx, who, op, plan, v, place)
	return nil, r, err
}

func (g *Gate) look(ctx context.Context, who Caller, op Op, ask Ask) (*Answer, error) {
	if v := g.judge(who, op.Spec, ask.Args, Plan{}); v.Demand != Allow {
		return nil, g.refuse(ctx, who, op, "", v)
	}
	if err := g.secrecy(ctx, who, op); err != nil {
		return nil, err
	}
	if op.Secret {
		if _, err := g.Store.Append(ctx, Entry{Time: now(), Who: who.ID, Name: who.Name, Via: who.Via, What: Read, Op: op.Name, Note: Hidden}); err != nil {
			return nil, g.unwritten(err)
		}
		a, _, err := op.look(ctx, ask.Args)
		return &a, err
	}
	a, args, err := op.look(ctx, ask.Args)
	note := ""
	for _, p := range op.Params {
		if args[p.Name] != "" && args[p.Name] != p.Default {
			note += " " + p.Name + "=" + args[p.Name]
		}
	}
	if err != nil {
		note = " " + err.Error()
	}
	g.note(Entry{Time: now(), Who: who.ID, Name: who.Name, Via: who.Via, What: Read, Op: op.Name, Note: g.redact(Unmark(note))})
	if err != nil {
		return nil, err
	}
	return &a, nil
}

// ask stores the plan as a run that waits for its approval, or starts it where none is asked for.
func (g *Gate) ask(ctx context.Context, who Caller, op Op, plan Plan, v Verdict, place Place) (*Run, error) {
	if g.ending() {
		return nil, Fail(Unavailable, T("I am about to restart; ask again in a moment.", "Je suis sur le point de redémarrer ; redemande dans un instant."), nil)
	}
	if v.Code && g.Codes == nil {
		return nil, g.refuse(ctx, who, op, plan.Hash(), Verdict{Demand: Deny, Rule: v.Rule,
			Why: T("the policy asks for a one-time code, and none is set up", "la politique demande un code à usage unique, et aucun n’est configuré")})
	}
	if v.Demand == Others && g.reachable(who, v) < max(v.N, 1) {
		return nil, g.refuse(ctx, who, op, plan.Hash(), Verdict{Demand: Deny, Rule: v.Rule,
			Why: T("it needs %d more of role %s to approve, and there are not as many", "il faut l’accord de %d autres (%s), et il n’y en a pas autant", max(v.N, 1), v.Role)})
	}
	r := &Run{ID: runID(ctx), Ask: Ask{op.Name, plan.Args}, Plan: plan, Hash: plan.Hash(), Who: who, Verdict: v, State: Waiting,
		Place: place, Created: now(), Expires: now().Add(g.ttl()), Of: plan.Args["run"]}
	for _, s := range plan.Steps {
		r.Steps = append(r.Steps, StepRun{Step: s})
	}
	told := []Entry{g.entry(r, who, Asked, plan.Title.En)}
	if v.Demand == Allow {
		r.State = Queued
		told = append(told, g.entry(r, who, Approved, "no approval needed: "+v.Rule))
	}
	err := g.save(ctx, r, told...)
	if errors.Is(err, ErrConflict) { // the same words again: see Once
		first, err := g.load(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		first.Again = true
		return first, nil
	}
	if err != nil {
		return nil, g.unwritten(err)
	}
	if r.State == Queued {
		return r, g.start(ctx, r)
	}
	return r, nil
}

func (g *Gate) reachable(asker Caller, v Verdict) (n int) {
	if g.People == nil {
		return 0
	}
	for _, c := range g.People.ByRole(v.Role) {
		if c.ID != asker.ID && c.ID != asker.OnBehalfOf {
			n++
		}
	}
	return n
}

func (g *Gate) refuse(ctx context.Context, who Caller, op Op, hash string, v Verdict) error {
	_, err := g.Store.Append(ctx, Entry{Time: now(), Who: who.ID, Name: who.Name, Via: who.Via, What: Refused,
		Op: op.Name, Plan: hash, Note: g.redact(Unmark(v.Rule + ": " + v.Why.En))})
	if err != nil {
		g.broken(fmt.Errorf("writing a refusal to the journal: %w", err))
	}
	return &Error{Kind: Denied, Say: v.Why, Param: string(v.Role)}
}

// note writes a journal line of something that changed nothing, without making its reader wait for the disk.
func (g *Gate) note(e Entry) {
	g.notes.Add(1)
	go func() { // waited for in Close
		defer g.notes.Done()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if _, err := g.Store.Append(ctx, e); err != nil {
			g.broken(fmt.Errorf("writing to the journal: %w", err))
		}
	}()
}

// Tell writes a line of the bot's own life, or of a stranger, to the journal.
func (g *Gate) Tell(who Caller, what, note string) {
	g.note(Entry{Time: now(), Who: who.ID, Name: who.Name, Via: who.Via, What: what, Note: g.redact(Unmark(note))})
}

func (g *Gate) unwritten(err error) error {
	g.broken(fmt.Errorf("writing to the journal: %w", err))
	return Fail(Unavailable, T("I cannot write my journal, so I do nothing. Look at the disk of the machine that I run on.",
		"Je ne peux pas écrire mon journal, donc je ne fais rien. Regarde le disque de la machine où je tourne."), err)
}

func (g *Gate) broken(err error) {
	if g.Broken != nil && !errors.Is(err, context.Canceled) {
		g.Broken(err)
	}
}

func (g *Gate) redact(s string) string {
	if g.Redact == nil {
		return s
	}
	return g.Redact(s)
}

// hide takes secrets out of what a system said before it is stored or shown.
func (g *Gate) hide(t Text) Text { return Text{g.redact(t.En), g.redact(t.Fr)} }

func (g *Gate) ttl() time.Duration { return cmp.Or(g.TTL, 10*time.Minute) }

func newID() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails: see crypto/rand
	return fmt.Sprintf("%x", b)
}
