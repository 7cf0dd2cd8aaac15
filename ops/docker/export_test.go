package docker

import (
	"context"
	"testing"

	"vigie/ops"
	"vigie/ops/opstest"
)

// What the tests on a real engine need of the harness; they live outside, because the laboratory imports this package.

func NewDesk(t *testing.T, s *Stack, lang ops.Lang) *desk { return newDesk(t, s, lang) }

func (d *desk) Ask(line string) (*ops.Answer, *ops.Run, error) { return d.ask(line) }
func (d *desk) Do(line string) (ops.Run, error)                { return d.do(line) }

// Lines is an answer as the scripts show it.
func Lines(a *ops.Answer) string { return lines(a) }

// Looks asks one op over and over, as everybody may.
func Looks(s *Stack, op string) func(context.Context, ops.Args) (*ops.Answer, error) {
	g := &ops.Gate{Policy: opstest.Confirm{}, Store: forgetful{}}
	if err := g.Open(Bind(s)); err != nil {
		panic(err)
	}
	return func(ctx context.Context, args ops.Args) (*ops.Answer, error) {
		a, _, err := g.Ask(ctx, ops.Caller{ID: 1, Role: ops.Admin}, ops.Ask{Op: op, Args: args}, "here")
		return a, err
	}
}

// forgetful takes journal lines and keeps none.
type forgetful struct{ ops.Store }

func (forgetful) Append(_ context.Context, entries ...ops.Entry) ([]ops.Entry, error) {
	return entries, nil
}
