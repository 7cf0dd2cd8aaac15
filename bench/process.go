package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A process is a bot that runs.
type process struct {
	cmd   *exec.Cmd
	began time.Time // just before it was executed
	log   string
	ended chan struct{} // closed once it has; then err is why
	err   error
}

// A home is a directory with a configuration and a store.
type home string

// home makes one for a bot that talks to r, and to Docker at the socket that is named. more is further configuration. What that
// routes to nobody is told to nobody: this machine's load, for one, must not be told in the midst of an answer.
func (b *bench) home(r *room, docker string, more ...string) (home, error) {
	dir, err := os.MkdirTemp(b.dir, "home-")
	if err != nil {
		return "", fmt.Errorf("making a home: %w", err)
	}
	var c strings.Builder
	fmt.Fprintf(&c, "[telegram]\ntoken_file = \"token\"\napi_url = %q\n[store]\npath = \"vigie.db\"\n[http]\nlisten = \"127.0.0.1:0\"\n", r.url)
	fmt.Fprintf(&c, "[hosts.here]\ndocker = \"unix://%s\"\n[stack]\nproject = %q\nhost = \"here\"\nfiles = [\"docker-compose.yml\"]\n", docker, b.town.project)
	for i := range chats {
		role := "viewer"
		if i < 2 {
			role = "admin"
		}
		fmt.Fprintf(&c, "[[users]]\nid = %d\nname = \"u%d\"\nrole = %q\n", firstChat+i, i, role)
	}
	c.WriteString(strings.Join(more, "") + route("*"))
	err = errors.Join(b.town.compose(dir),
		os.WriteFile(filepath.Join(dir, "vigie.toml"), []byte(c.String()), 0o644),
		os.WriteFile(filepath.Join(dir, "token"), []byte(token), 0o600))
	if err != nil {
		return "", fmt.Errorf("furnishing a home: %w", err)
	}
	return home(dir), nil
}

// route is configuration: who is told of what is wrong with a subject.
func route(subject string, people ...string) string {
	var to []string
	for _, name := range people {
		to = append(to, strconv.Quote(name))
	}
	return fmt.Sprintf("[[alerts.route]]\nsubject = [%q]\nto = [%s]\n", subject, strings.Join(to, ", "))
}

// start executes a bot. It is killed when ctx ends.
func (h home) start(ctx context.Context, binary string) (*process, error) {
	p := &process{log: filepath.Join(string(h), "log"), ended: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening a log: %w", err)
	}
	defer out.Close()
	p.cmd = exec.CommandContext(ctx, binary, "-config", filepath.Join(string(h), "vigie.toml"))
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the bot: %w", err)
	}
	go func() { p.err = p.cmd.Wait(); close(p.ended) }() // stop and kill wait for it
	return p, nil
}

// live starts a bot and waits until it polls.
func (b *bench) live(ctx context.Context, r *room, binary, docker string, more ...string) (*process, error) {
	h, err := b.home(r, docker, more...)
	if err != nil {
		return nil, err
	}
	p, err := h.start(ctx, binary)
	if err != nil {
		return nil, err
	}
	if _, err := r.until(ctx, p, "the first poll", polls); err != nil {
		p.kill()
		return nil, err
	}
	return p, nil
}

// settled waits until a bot has done next to nothing for two seconds: its first look at everything is over.
func (p *process) settled(ctx context.Context) error {
	const calm, most = 2 * time.Second, 3 * tick
	before, err := cpuOf(p.cmd.Process.Pid)
	if err != nil {
		return err
	}
	for {
		if err := pause(ctx, calm); err != nil {
			return fmt.Errorf("waiting for calm: %w", err)
		}
		now, err := cpuOf(p.cmd.Process.Pid)
		if err != nil {
			return err
		}
		if now-before <= most {
			return nil
		}
		before = now
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stop ends a bot in order.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping the bot: %w", err)
	}
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		p.kill()
		return fmt.Errorf("the bot did not end within 30 s: %s", p.lastWords())
	}
	if p.err != nil {
		return fmt.Errorf("the bot ended badly: %w: %s", p.err, p.lastWords())
	}
	return nil
}

// kill ends a bot at once.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // fails only when it has ended
	<-p.ended
}

// lastWords is the end of the bot's log.
func (p *process) lastWords() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-600):])
}
