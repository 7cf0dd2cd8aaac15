package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// home makes one for a bot that talks to r, and to Docker at the socket that is named.
func (b *bench) home(r *room, docker string) (home, error) {
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
	err = errors.Join(b.town.compose(dir),
		os.WriteFile(filepath.Join(dir, "vigie.toml"), []byte(c.String()), 0o644),
		os.WriteFile(filepath.Join(dir, "token"), []byte(token), 0o600))
	if err != nil {
		return "", fmt.Errorf("furnishing a home: %w", err)
	}
	return home(dir), nil
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
func (b *bench) live(ctx context.Context, r *room, binary, docker string) (*process, error) {
	h, err := b.home(r, docker)
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
