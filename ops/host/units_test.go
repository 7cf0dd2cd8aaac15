package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// A systemd is a machine with one unit, which does as systemd does.
type systemd struct {
	Machine
	state, result string
	starts        int
	breaks        bool // the next restart ends in failure
	away          error
}

func (b *systemd) Unit(_ context.Context, unit string) (string, error) {
	if b.away != nil {
		return "", b.away
	}
	return fmt.Sprintf("LoadState=loaded\nActiveState=%s\nSubState=x\nResult=%s\nInvocationID=%d\n", b.state, b.result, b.starts+1), nil
}

func (b *systemd) RestartUnit(context.Context, string) error {
	if b.starts++; b.breaks {
		b.state, b.result = "failed", "exit-code"
		return nil
	}
	b.state, b.result = "active", "success"
	return nil
}

func TestUnitRestartIsProved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &systemd{state: "active"}
		s := &System{hosts: []*machine{{Host: Host{Name: "pi", Over: b, Units: []string{"caddy.service"}}}}}
		old := unitArgs{"pi", "caddy.service", "1"}
		if err := s.proveUnit(t.Context(), old); ops.KindOf(err) != ops.Failed || !strings.Contains(ops.SayOf(err).En, "not started anew") {
			t.Errorf("one that was never restarted is proved: %v", err)
		}
		b.RestartUnit(t.Context(), "")
		if err := s.proveUnit(t.Context(), old); err != nil {
			t.Errorf("one that was restarted: %v", err)
		}
		b.breaks = true
		b.RestartUnit(t.Context(), "")
		if err := s.proveUnit(t.Context(), old); ops.KindOf(err) != ops.Failed || !strings.Contains(ops.SayOf(err).En, "exit-code") {
			t.Errorf("one that fails: %v", err)
		}
		if _, _, err := s.findUnit("pi/ssh.service"); ops.KindOf(err) != ops.NotFound {
			t.Errorf("a unit that is not listed: %v", err)
		}
	})
}

func TestUnitTroubles(t *testing.T) {
	b := &systemd{state: "active"}
	m := &machine{Host: Host{Name: "pi", Over: b, Units: []string{"caddy.service"}}}
	if err := m.complete(); err != nil {
		t.Fatal(err)
	}
	k := &known{growth: growth{}, Standing: ledger{}}
	judge := func() *opinion {
		r := fine()
		r.Units = m.readUnits(t.Context())
		o := m.judge(r, k)
		k.Standing = o.is
		return o
	}
	const down = "critical unit:pi:caddy.service down"
	for _, c := range []struct {
		state string
		away  error
		want  string
	}{{"active", nil, ""}, {"failed", nil, down}, {"activating", nil, down}, {"active", errors.New("no answer"), down}, {"active", nil, ""}, {"activating", nil, ""}, {"inactive", nil, down}} {
		b.state, b.away = c.state, c.away
		o := judge()
		held := ""
		if _, ok := o.is["unit:pi:caddy.service down"]; ok {
			held = down
		}
		if held != c.want {
			t.Errorf("%s (%v): held %q, want %q; told %s", c.state, c.away, held, c.want, open(o.list))
		}
	}
}

func FuzzOver(f *testing.F) {
	f.Add("/proc/meminfo:MemTotal: 1000 kB\n/proc/self/mountinfo:36 35 98:0 / / rw - ext4 /dev/sda1 rw\n", "a 1 2 3 4% /\n")
	f.Fuzz(func(t *testing.T, kernel, space string) {
		r, mounts, err := parseKernel(kernel, nil)
		if err != nil {
			return
		}
		r.At = time.Now()
		for _, d := range addSpace(r.Disks, space) {
			if d.Size < 0 || d.Free < 0 || d.Avail < 0 || d.Used() < 0 || d.Used() > 100 {
				t.Fatalf("%+v of %q", d, mounts)
			}
		}
	})
}
