package openclaw

import (
	"context"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/openclaw/openclawtest"
	"vigie/ops/opstest"
)

// suite is what holds of every OpenClaw: the real programs and the stand-in. No gateway runs.
func suite(t *testing.T, p place) {
	s, err := New(Options{Container: p.container()})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, s)
	if _, _, err := w.Ask("openclaw.pair"); ops.KindOf(err) != ops.NotFound || !strings.Contains(err.Error(), "Nobody waits") {
		t.Errorf("nobody waits: %v", err)
	}
	p.asks("123456789", "alice", "ABCDEFGH", time.Minute)
	p.asks("55", "bob", "JKLMNPQR", 2*time.Minute)
	p.asks("66", "old", "ZZZZZZZZ", 2*time.Hour)
	_, _, err = w.Ask("openclaw.pair")
	list, ok := err.(*ops.Error)
	if !ok || len(list.Choices) != 2 || list.Choices[0].Value != "ABCDEFGH" || !strings.Contains(list.Choices[0].Label.En, "@alice") {
		t.Fatalf("two wait, the newest first: %v", err)
	}
	for code, kind := range map[string]ops.ErrorKind{"abcd": ops.Invalid, "AAAAAAAA": ops.NotFound, "--notify": ops.Invalid} {
		if _, _, err := w.Ask("openclaw.pair", "code", code); ops.KindOf(err) != kind {
			t.Errorf("%s: %v", code, err)
		}
	}
	if got := w.sightings(); got["pairing:telegram/123456789"].Kind != "waiting" || got["pairing:telegram/55"].Severity != ops.Notice || got[gatewaySubject].Kind != "down" {
		t.Errorf("who waits is a notice, a gateway that is down a trouble: %+v", got)
	}

	r := w.Do("openclaw.pair", "code", "abcdefgh") // small letters will do
	if r.State != ops.Succeeded || r.Plan.Risk != ops.Destructive || !strings.Contains(r.Plan.Costs[0].En, "no owner yet") || !strings.Contains(opstest.How(r), "Command owner configured telegram:123456789") {
		t.Errorf("the first one becomes owner, which is said and asks for more: %s %v", opstest.How(r), r.Plan.Risk)
	}
	r = w.Do("openclaw.pair", "code", "JKLMNPQR")
	if r.State != ops.Succeeded || r.Plan.Risk != ops.Disruptive || !strings.Contains(opstest.How(r), "Approved telegram sender 55") || strings.Contains(opstest.How(r), "owner") {
		t.Errorf("the second one does not: %s %v", opstest.How(r), r.Plan.Risk)
	}
	if _, _, err := w.Ask("openclaw.pair", "code", "JKLMNPQR"); ops.KindOf(err) != ops.NotFound || !strings.Contains(err.Error(), "no longer is") {
		t.Errorf("a used code is told apart from an unknown one: %v", err)
	}
	if err := w.approve(t.Context(), pairArgs{Channel: "telegram", Code: "AAAAAAAA", ID: "1", Who: "x"}); ops.KindOf(err) != ops.Failed || !strings.Contains(err.Error(), "No pending pairing request") {
		t.Errorf("what OpenClaw refuses is told in its words: %v", err)
	}

	a, _, err := w.Ask("openclaw.agents")
	if err != nil || !strings.Contains(opstest.Words(a), "none answers") || !strings.Contains(opstest.Words(a), "main") {
		t.Errorf("agents without a gateway: %v %v", a, err)
	}
	a, _, err = w.Ask("openclaw.loaded")
	if err != nil || !strings.Contains(opstest.Words(a), "plugins: ") {
		t.Errorf("%v %v", a, err)
	}
}

// A standIn is the fake program in its container.
type standIn struct{ *openclawtest.Program }

func (s standIn) container() Container { return s }

func (s standIn) asks(id, username, code string, ago time.Duration) { s.Ask(id, username, code, ago) }

func (s standIn) Exec(_ context.Context, x Exec) (int, error) {
	return s.Run(x.Argv[2:], x.Stdout, x.Stderr), nil
}

func TestStandIn(t *testing.T) {
	for name, old := range map[string]bool{"2026.5": true, "2026.9": false} {
		t.Run(name, func(t *testing.T) {
			p := openclawtest.New()
			p.Old = old
			p.Down(true)
			suite(t, standIn{p})
		})
	}
}

// A code that was seen and whose hour is over is said to have expired; one that was never seen is unknown.
func TestExpired(t *testing.T) {
	p := openclawtest.New()
	s, err := New(Options{Container: standIn{p}})
	if err != nil {
		t.Fatal(err)
	}
	s.remember([]request{{Code: "ZZZZZZZZ", Created: time.Now().Add(-2 * time.Hour)}}, time.Now().Add(-90*time.Minute))
	if _, err := s.find(nil, "zzzzzzzz"); ops.KindOf(err) != ops.Expired || !strings.Contains(err.Error(), "1 h ago") {
		t.Error(err)
	}
	if _, err := s.find(nil, "YYYYYYYY"); ops.KindOf(err) != ops.NotFound || !strings.Contains(err.Error(), "never saw it") {
		t.Error(err)
	}
}

// If the owner goes away between the plan and the approval, somebody becomes it whom nobody meant to: that is said.
func TestUnexpectedOwner(t *testing.T) {
	p := openclawtest.New()
	p.Ask("55", "bob", "JKLMNPQR", 0)
	s, err := New(Options{Container: standIn{p}})
	if err != nil {
		t.Fatal(err)
	}
	err = s.approve(t.Context(), pairArgs{Channel: "telegram", Code: "JKLMNPQR", ID: "55", Who: "bob"})
	if ops.KindOf(err) != ops.Failed || !strings.Contains(err.Error(), "made them its owner") {
		t.Error(err)
	}
}

func TestDevices(t *testing.T) {
	p := openclawtest.New()
	id := strings.Repeat("c1", 32)
	p.AskDevice("fd059083-5c88-412a-86d3-69f928524ce0", id, "browser", "operator.admin")
	s, err := New(Options{Container: standIn{p}})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, s)
	a, _, err := w.Ask("openclaw.devices")
	if err != nil || !strings.Contains(opstest.Words(a), "1 asking to steer") || !strings.Contains(opstest.Words(a), "operator.admin") {
		t.Fatal(opstest.Words(a), err)
	}
	if r := w.Do("openclaw.device_approve", "device", "fd059083-5c88-412a-86d3-69f928524ce0"); r.State != ops.Succeeded {
		t.Error(opstest.How(r))
	}
	if r := w.Do("openclaw.device_remove", "device", id); r.State != ops.Succeeded {
		t.Error(opstest.How(r))
	}
	if a, _, err = w.Ask("openclaw.devices"); err != nil || !strings.Contains(opstest.Words(a), "0 devices steer") {
		t.Error(opstest.Words(a), err)
	}
}

// A program that hangs is given up on; one that is killed is said to lack memory; one that floods is cut.
func TestBadProgram(t *testing.T) {
	killed, err := New(Options{Container: exits(137)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := killed.pending(t.Context()); ops.KindOf(err) != ops.Unavailable || !strings.Contains(err.Error(), "memory limit") {
		t.Error(err)
	}
	silent, err := New(Options{Container: exits(0)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := silent.pending(t.Context()); ops.KindOf(err) != ops.Unavailable {
		t.Errorf("no answer is no empty list: %v", err)
	}
	var c capped
	if n, err := c.Write(make([]byte, mostOutput+5)); n != mostOutput+5 || err != nil || c.Len() != mostOutput {
		t.Error(n, err, c.Len())
	}
}

type exits int

func (e exits) Exec(context.Context, Exec) (int, error) { return int(e), nil }
