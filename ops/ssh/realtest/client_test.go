package realtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/host"
	"vigie/ops/ssh"
)

func said(err error) string { return ops.Unmark(ops.SayOf(err).En) }

func TestManyCallersOneConnection(t *testing.T) {
	p := newPi(t, "", "")
	c := p.client(t, nil)
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			want := fmt.Sprintf("it's %d; $(reboot) `x` \n\\ \"", i)
			r, err := c.Run(t.Context(), []string{"printf", "%s", want}, 1000)
			if err != nil || string(r.Out) != want || r.Exit != 0 {
				t.Errorf("got %q, %d, %v", r.Out, r.Exit, err)
			}
		})
	}
	all.Wait()
	if logins := p.logins(t); logins != 1 {
		t.Errorf("%d logins for 30 commands at the same time", logins)
	}
	r, err := c.Run(t.Context(), []string{"sh", "-c", "echo out; echo err >&2; exit 41"}, 100)
	if err != nil || r.Exit != 41 || string(r.Out) != "out\n" || string(r.Err) != "err\n" {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err = c.Run(t.Context(), []string{"head", "-c", "1000000", "/dev/zero"}, 1000); err != nil || !r.Cut || len(r.Out) != 1000 {
		t.Errorf("kept %d bytes, cut %v, %v", len(r.Out), r.Cut, err)
	}
}

func TestHostKeys(t *testing.T) {
	p := newPi(t, "", "")
	p.trust(t, p.newKey(t, "other"))
	c := p.client(t, nil)
	for range 5 {
		_, err := c.Run(t.Context(), []string{"true"}, 10)
		if !strings.Contains(said(err), "is not the one that is known (SHA256:") || ops.KindOf(err) != ops.Unavailable {
			t.Fatalf("a changed host key: %v", err)
		}
	}
	p.write(t, "known_hosts", "# nothing\n")
	if _, err := p.client(t, nil).Run(t.Context(), []string{"true"}, 10); !strings.Contains(said(err), "is unknown (SHA256:") || !strings.Contains(said(err), "ssh-keygen -lf") {
		t.Errorf("an unknown host key: %v", err)
	}
	if err := os.Remove(p.file("known_hosts")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.client(t, nil).Run(t.Context(), []string{"true"}, 10); !strings.Contains(said(err), "known host keys") {
		t.Errorf("no known_hosts: %v", err)
	}
	if logins := p.logins(t); logins != 0 {
		t.Errorf("%d logins at a machine that was not proved", logins)
	}
}

// TestWrongKeyIsOneAttempt: fail2ban counts, so a refused key is not offered again for minutes, however often we are asked.
func TestWrongKeyIsOneAttempt(t *testing.T) {
	p := newPi(t, "", "")
	c := p.client(t, func(o *ssh.Options) { o.Identity = []string{p.file("stranger")} })
	for i := range 50 {
		_, err := c.Run(t.Context(), []string{"true"}, 10)
		if !strings.Contains(said(err), "does not accept my key") || i > 0 && !strings.Contains(said(err), "Next attempt in") {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	ended := func() int {
		log, _ := os.ReadFile(p.file("log"))
		return strings.Count(string(log), "Connection closed by authenticating user")
	}
	until(t, "the server wrote it down", func() bool { return ended() > 0 })
	if n := ended(); n != 1 {
		t.Errorf("the server saw %d failed logins", n)
	}
}

func TestReconnects(t *testing.T) {
	p := newPi(t, "", "")
	var mu sync.Mutex
	failures := 0
	c := p.client(t, func(o *ssh.Options) {
		o.Waits = ssh.Waits{Away: 100 * time.Millisecond, LongestAway: 400 * time.Millisecond}
		o.Failed = func(error) { mu.Lock(); failures++; mu.Unlock() }
	})
	if _, err := c.Run(t.Context(), []string{"true"}, 10); err != nil {
		t.Fatal(err)
	}
	p.stop()
	asked := 0
	until(t, "it noticed", func() bool {
		_, err := c.Run(t.Context(), []string{"true"}, 10)
		asked++
		return err != nil && strings.Contains(said(err), "nobody listens")
	})
	until(t, "a few attempts were made", func() bool {
		if _, err := c.Run(t.Context(), []string{"true"}, 10); err == nil {
			t.Fatal("it runs on a server that is gone")
		}
		asked++
		mu.Lock()
		defer mu.Unlock()
		return failures >= 5
	})
	mu.Lock()
	if failures*3 > asked {
		t.Errorf("asked %d times, it made %d attempts: it does not wait", asked, failures)
	}
	mu.Unlock()
	p.start(t)
	until(t, "it is back", func() bool { _, err := c.Run(t.Context(), []string{"true"}, 10); return err == nil })
	if logins := p.logins(t); logins != 2 {
		t.Errorf("%d logins for two connections", logins)
	}
}

// TestLostInTheMiddleIsUnknown: what was sent and not answered may have happened, and is not sent again.
func TestLostInTheMiddleIsUnknown(t *testing.T) {
	p := newPi(t, "", "")
	c := p.client(t, nil)
	done := make(chan error, 1)
	go func() {
		_, err := c.Run(context.Background(), []string{"sh", "-c", `echo x >>"$1"; exec sleep 1000`, "-", p.file("runs")}, 10)
		done <- err
	}()
	until(t, "it began", func() bool { b, _ := os.ReadFile(p.file("runs")); return len(b) > 0 })
	p.drop()
	select {
	case err := <-done:
		if ops.KindOf(err) != ops.Unknown {
			t.Errorf("got %v", err)
		}
	case <-time.After(patience):
		t.Fatal("it never noticed")
	}
	if b, _ := os.ReadFile(p.file("runs")); string(b) != "x\n" {
		t.Errorf("it was run %d times", len(b)/2)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	<-ctx.Done()
	if _, err := c.Run(ctx, []string{"true"}, 10); ops.KindOf(err) != ops.Unavailable {
		t.Errorf("before it was sent: %v", err)
	}
}

// TestNobodyWaitsForAProgram: who gives up is told so at once, whatever the program does; its session is in use until it ends.
func TestNobodyWaitsForAProgram(t *testing.T) {
	p := newPi(t, "", "")
	c := p.client(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := c.Run(ctx, []string{"sh", "-c", `echo $$ >"$1"; exec sleep 1000`, "-", p.file("pid")}, 10)
		done <- err
	}()
	until(t, "it began", func() bool { b, _ := os.ReadFile(p.file("pid")); return len(b) > 1 })
	cancel()
	select {
	case err := <-done:
		if ops.KindOf(err) != ops.Unknown {
			t.Errorf("got %v", err)
		}
	case <-time.After(patience):
		t.Error("it waits for the program")
	}
	pid, err := os.ReadFile(p.file("pid"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Run(t.Context(), []string{"kill", strings.TrimSpace(string(pid))}, 100); err != nil { // where root logs in, sshd passes no signal on
		t.Error(err)
	}
}

// TestHalfDeadWire: packets vanish without a word; the keep-alive finds out.
func TestHalfDeadWire(t *testing.T) {
	p := newPi(t, "", "")
	wall := newWall(t, p.addr)
	host, port, _ := net.SplitHostPort(wall.addr())
	known, err := os.ReadFile(p.file("known_hosts"))
	if err != nil {
		t.Fatal(err)
	}
	_, key, _ := strings.Cut(string(known), " ")
	p.write(t, "known_hosts", fmt.Sprintf("[%s]:%s %s", host, port, key))
	c := p.client(t, func(o *ssh.Options) {
		o.Addr = wall.addr()
		o.Waits = ssh.Waits{Alive: 100 * time.Millisecond, Away: time.Millisecond, LongestAway: 10 * time.Millisecond}
	})
	if _, err := c.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	wall.swallow(true)
	if _, err := c.Run(t.Context(), []string{"true"}, 10); err == nil {
		t.Fatal("it got an answer through a wall")
	}
	wall.swallow(false)
	until(t, "it is back", func() bool { _, err := c.Run(t.Context(), []string{"true"}, 10); return err == nil })
}

func TestJump(t *testing.T) {
	bastion, inner := newPi(t, "", ""), newPi(t, "", "")
	through := bastion.client(t, func(o *ssh.Options) { o.Name = "bastion" })
	c := inner.client(t, func(o *ssh.Options) { o.Jump = through })
	r, err := c.Run(t.Context(), []string{"echo", "hello"}, 100)
	if err != nil || string(r.Out) != "hello\n" {
		t.Fatalf("got %q, %v", r.Out, err)
	}
	if logins := bastion.logins(t); logins != 1 {
		t.Errorf("%d logins at the bastion", logins)
	}
	closed := newPi(t, "", "AllowTcpForwarding no")
	c = inner.client(t, func(o *ssh.Options) { o.Jump = closed.client(t, func(o *ssh.Options) { o.Name = "bastion" }) })
	if _, err := c.Run(t.Context(), []string{"true"}, 10); !strings.Contains(said(err), "AllowTcpForwarding") {
		t.Errorf("a bastion that forwards nothing: %v", err)
	}
}

func TestFiguresOverSSH(t *testing.T) {
	p := newPi(t, "", "")
	s, err := host.New(host.Options{Hosts: []host.Host{{Name: "pi", Over: p.client(t, nil)}, {Name: "here"}}})
	if err != nil {
		t.Fatal(err)
	}
	g := &ops.Gate{Policy: everything{}}
	if err := g.Open(host.Bind(s)); err != nil {
		t.Fatal(err)
	}
	_, a, err := g.Preview(t.Context(), ops.Caller{ID: 1, Name: "ann", Role: ops.Admin}, ops.Ask{Op: "host.list"})
	if err != nil {
		t.Fatal(err)
	}
	// Both are this machine, so both must have the same boot and say the same of its memory.
	var boots, text []string
	for _, b := range a.Blocks {
		line := ops.Unmark(b.Line.En)
		text = append(text, line)
		if _, boot, ok := strings.Cut(line, "boot "); ok {
			boots = append(boots, boot)
		}
	}
	if len(boots) != 2 || boots[0] != boots[1] || !strings.Contains(strings.Join(text, "\n"), "answers in") || strings.Contains(strings.Join(text, "\n"), "/ 0 %") {
		t.Errorf("got:\n%s", strings.Join(text, "\n"))
	}
}

type everything struct{}

func (everything) Decide(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Allow} }
