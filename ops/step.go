package ops

import (
	"context"
	"encoding/json"
	"fmt"
)

// A Step is one effect, or one check of an effect, as data: it can be shown, hashed, stored and
// sent, but only the [Gate] can run it. A step may name a secret; it never holds one.
type Step struct {
	Kind  string          `json:"kind"`            // "docker.stop"
	Args  json.RawMessage `json:"args"`            // of that kind, in canonical JSON
	Text  Text            `json:"text"`            // derived from Args by the kind, never typed beside them
	Check bool            `json:"check,omitempty"` // looks only, so it may be repeated; fails unless the change took
	Stay  bool            `json:"stay,omitempty"`  // a check whose failure puts nothing back: a person decides, and what was done stays
	// Elsewhere: see [Step.GoingOnElsewhere].
	Elsewhere bool `json:"elsewhere,omitempty"`
	// AtOnce: see [Step.StoppingAtOnce].
	AtOnce bool   `json:"atOnce,omitempty"`
	Undo   []Step `json:"undo,omitempty"` // puts back what this step changed; each must be harmless when there is nothing to put back
}

// Undoing returns the step with what would put it back.
func (s Step) Undoing(undo ...Step) Step {
	s.Undo = undo
	return s
}

// Staying returns the check as one that comes after what must not be thrown away for it: when it fails the
// run halts there, and a person lets it go on, or puts everything back.
func (s Step) Staying() Step {
	s.Stay = s.Check
	return s
}

// GoingOnElsewhere returns the check as one that waits for what goes on without us, such as a picture being drawn: when the
// bot ends meanwhile, the wait is taken up again at its next start; a person who stops it has what was begun put back. It is
// for plans that hold no locks: what is locked is not locked while the bot is away.
func (s Step) GoingOnElsewhere() Step {
	s.Elsewhere = s.Check
	return s
}

// StoppingAtOnce returns the change as one that may be ended at any moment, such as a long download: a person who stops the run
// does not wait for its end. Its undo takes away what it had begun; without one it is like any other step. When the bot ends
// meanwhile, nobody knows how far it came, and a person decides.
func (s Step) StoppingAtOnce() Step {
	s.AtOnce = !s.Check && len(s.Undo) > 0
	return s
}

// Stoppable reports whether a person who stops the run need not wait for the step's end.
func (s Step) Stoppable() bool { return s.Elsewhere || s.AtOnce }

// A Kind is one sort of step on systems of type S with arguments of type A.
type Kind[S, A any] struct {
	name string
	text func(A) Text
}

// A KindOption says more about a kind.
type KindOption[A any] func(*kindOptions[A])

type kindOptions[A any] struct{ stops func(A) []string }

// Stops names what a step stops or removes ("container:javisi_redis"), so that the never-rules can see it.
func Stops[A any](what func(A) []string) KindOption[A] {
	return func(o *kindOptions[A]) { o.stops = what }
}

// Declare adds a kind of step: what it says and how it is run both come from the same arguments, so a
// preview cannot promise one thing and do another. Its run returns nil (done), an [Error] of kind
// [Unknown] or a context's error (nobody knows), or another error (it did not work). It tells what it
// is doing, and at last what it found, through [Progress].
func Declare[S, A any](set *Set[S], name string, text func(A) Text, run func(context.Context, S, A) error, options ...KindOption[A]) Kind[S, A] {
	var o kindOptions[A]
	for _, option := range options {
		option(&o)
	}
	if set.kinds == nil {
		set.kinds = map[string]func(S) runner{}
	}
	read := func(raw []byte) (a A, err error) {
		if err = json.Unmarshal(raw, &a); err != nil {
			err = fmt.Errorf("reading the arguments of %s: %w", name, err)
		}
		return a, err
	}
	set.kinds[name] = func(s S) runner {
		return runner{
			run: func(ctx context.Context, raw []byte) error {
				a, err := read(raw)
				if err != nil {
					return err
				}
				return run(ctx, s, a)
			},
			text: func(raw []byte) (Text, error) {
				a, err := read(raw)
				if err != nil {
					return Text{}, err
				}
				return text(a), nil
			},
			stops: func(raw []byte) []string {
				a, err := read(raw)
				if err != nil || o.stops == nil {
					return nil
				}
				return o.stops(a)
			},
		}
	}
	return Kind[S, A]{name, text}
}

// Do is a step that changes something.
func (k Kind[S, A]) Do(a A) Step { return k.step(a, false) }

// Verify is a step that fails unless the change took.
func (k Kind[S, A]) Verify(a A) Step { return k.step(a, true) }

func (k Kind[S, A]) step(a A, check bool) Step {
	raw, err := json.Marshal(a)
	if err != nil {
		panic(fmt.Sprintf("arguments of %s are not data: %v", k.name, err)) // a bug in the op, found by its first test
	}
	return Step{Kind: k.name, Args: raw, Text: k.text(a), Check: check}
}

type workKey struct{}

// Work names what a run is about: the same for every step and every undo of it, for the run that goes on with it after a
// crash, and for the one that only verifies it; never the same for two others. 32 hex digits, "" outside a run. What a step
// makes under this name it finds again, and does not make twice.
func Work(ctx context.Context) string {
	id, _ := ctx.Value(workKey{}).(string)
	return id
}

// WorkOf is what [Work] is for the steps of r.
func (g *Gate) WorkOf(ctx context.Context, r Run) string {
	for range 100 { // a chain of people going on and on with one run
		if r.Of == "" {
			break
		}
		first, err := g.load(ctx, r.Of)
		if err != nil {
			break // it is too old, and forgotten
		}
		r = *first
	}
	return r.ID
}

type (
	progressKey struct{}
	glimpseKey  struct{}
)

// Progress tells the people who watch what the running step is doing or has found; the last one said
// stays in the report. Outside a run it does nothing.
func Progress(ctx context.Context, t Text) {
	if say, ok := ctx.Value(progressKey{}).(func(Text)); ok {
		say(t)
	}
}

// Glimpse shows the people who watch a picture of what the running step makes, as far as it is; the next one takes its place. It
// is for their eyes only: it is not kept, and proves nothing. Outside a run it does nothing. f must not change afterwards.
func Glimpse(ctx context.Context, f File) {
	if show, ok := ctx.Value(glimpseKey{}).(func(File)); ok {
		show(f)
	}
}
