package realtest

import (
	"bytes"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/opstest"
)

// asking asks for an op as ann would, and approves nothing.
func asking(t *testing.T, bound ops.Bound, op string, pairs ...string) (*ops.Answer, *ops.Run, error) {
	t.Helper()
	return opstest.Open(t, bound).Ask(op, pairs...)
}

// approve asks for an op as ann would, says yes, and returns how it ended.
func approve(t *testing.T, bound ops.Bound, op string, pairs ...string) ops.Run {
	t.Helper()
	return opstest.Open(t, bound).Do(op, pairs...)
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
