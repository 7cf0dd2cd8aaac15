package realtest

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
	"vigie/ops/docker"
)

type confirm struct{}

func (confirm) Decide(r ops.Request) ops.Verdict {
	if r.Risk == ops.Reads {
		return ops.Verdict{Demand: ops.Allow}
	}
	return ops.Verdict{Demand: ops.Confirm}
}

var ann = ops.Caller{ID: 1, Name: "ann", Role: ops.Admin}

func store(t *testing.T) ops.Store {
	t.Helper()
	store, err := data.Open(t.Context(), data.Options{Path: filepath.Join(t.TempDir(), "vigie.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// newGate opens a gate on bound; what ends is told.
func newGate(t *testing.T, bound ops.Bound) (*ops.Gate, chan ops.Run) {
	t.Helper()
	ended := make(chan ops.Run, 4)
	g := &ops.Gate{Policy: confirm{}, Store: store(t), Runner: runs.NewDirect(nil), TTL: time.Hour,
		Broken: func(err error) { t.Errorf("the gate broke: %v", err) },
		Watch: func(r ops.Run) {
			if r.Over() {
				ended <- r
			}
		}}
	if err := g.Open(bound); err != nil {
		t.Fatal(err)
	}
	if err := g.Runner.Launch(t.Context(), g.Advance); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return g, ended
}

// asking asks for an op as ann would, and approves nothing.
func asking(t *testing.T, bound ops.Bound, op string, pairs ...string) (*ops.Answer, *ops.Run, error) {
	t.Helper()
	g, _ := newGate(t, bound)
	return g.Ask(t.Context(), ann, *ops.AskFor(ops.Text{}, op, pairs...).Ask, "here")
}

// approve asks for an op as ann would, says yes, and returns how it ended.
func approve(t *testing.T, bound ops.Bound, op string, pairs ...string) ops.Run {
	t.Helper()
	g, ended := newGate(t, bound)
	_, r, err := g.Ask(t.Context(), ann, *ops.AskFor(ops.Text{}, op, pairs...).Ask, "here")
	if err != nil || r == nil {
		t.Fatalf("asking for %s: %v", op, err)
	}
	if _, err := g.Decide(t.Context(), ann, r.ID, ops.Decision{Yes: true}); err != nil {
		t.Fatal(err)
	}
	select {
	case over := <-ended:
		return over
	case <-time.After(3 * patience):
		t.Fatalf("%s never ended", op)
	}
	return ops.Run{}
}

// throughTheGate has the real op restart a container over ssh: planned, approved, done, and proved by its health.
func throughTheGate(t *testing.T, s *docker.Stack) {
	t.Helper()
	web := s.Project + "_web"
	before, err := s.Host.Inspect(t.Context(), web)
	if err != nil {
		t.Fatal(err)
	}
	r := approve(t, docker.Bind(s), "docker.restart", "service", "web")
	if r.State != ops.Succeeded {
		t.Errorf("the restart is %s: %s", r.State, r.Why.En)
	}
	after, err := s.Host.Inspect(t.Context(), web)
	if err != nil || !after.Started.After(before.Started) || after.Health != "healthy" {
		t.Errorf("it was started at %v, and is since %v, %s, %v", before.Started, after.Started, after.Health, err)
	}
}

// inside runs programs in a container over ssh: what goes in comes out whole, and the exit code is theirs.
func inside(t *testing.T, e *docker.Engine, web string) {
	t.Helper()
	sent := bytes.Repeat([]byte("it's $(reboot) \x00\xff\n"), 20_000)
	var out, errs bytes.Buffer
	exit, err := e.Exec(t.Context(), web, docker.Exec{Argv: []string{"sh", "-c", "cat; echo end >&2; exit 41"}, Stdin: bytes.NewReader(sent), Stdout: &out, Stderr: &errs})
	if err != nil || exit != 41 || !bytes.Equal(out.Bytes(), sent) || strings.TrimSpace(errs.String()) != "end" {
		t.Errorf("exec: exit %d, %d bytes of %d, %q, %v", exit, out.Len(), len(sent), errs.String(), err)
	}
	if _, err := e.Exec(t.Context(), web, docker.Exec{Argv: []string{"no-such-program"}}); ops.KindOf(err) != ops.Failed {
		t.Errorf("a program that is not there: %v", err)
	}
}
