package restic

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"vigie/ops"
)

const (
	// lookTime is how long a look may take: a slow backend with a cold cache needs a minute.
	lookTime = 2 * time.Minute
	// listTime is how long listing what is in a snapshot may take: a million files take a minute.
	listTime = 10 * time.Minute
	// stopTime is how long a restic that was asked to stop may take to remove its lock. On a slow backend that takes seconds.
	stopTime = 20 * time.Second
	// mostComplaints is how many bytes of standard error are kept of the beginning and of the end.
	mostComplaints = 32 << 10
	// mostLine is the longest line that is read whole; a snapshot of thousands of paths is one line.
	mostLine = 8 << 20
)

// A call is one run of restic on a repository.
type call struct {
	args  []string
	out   io.Writer         // standard output; nil is nobody
	heard func(line string) // each line of standard error, without secrets; may be nil
	files []*os.File        // held open by restic, and whatever outlives us of it
}

// A result is how a run ended.
type result struct {
	exit int
	said string // standard error, without secrets
}

// passed are the variables of our own environment that restic needs. The others are none of its business: they may hold
// secrets of ours, or a RESTIC_… that means another repository.
var passed = []string{"PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "RCLONE_CONFIG", "TZ"}

func (s *System) environment(r *Repository) []string {
	env := []string{"RESTIC_REPOSITORY=" + r.URL, "RESTIC_PASSWORD=" + r.Password.Reveal(), "LC_ALL=C.UTF-8",
		"RESTIC_PROGRESS_FPS=1"} // else a restic without a terminal says nothing for hours
	if s.o.Cache != "" {
		env = append(env, "RESTIC_CACHE_DIR="+s.o.Cache)
	}
	for _, name := range passed {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	for name, v := range r.Env {
		env = append(env, name+"="+v.Reveal())
	}
	return env
}

// run runs restic to its end. Its error is that there is no such program, or that ctx ended: then restic was asked to stop,
// given time to take its lock away, and killed with all that it started if it did not.
func (s *System) run(ctx context.Context, r *Repository, c call) (result, error) {
	cmd := exec.CommandContext(ctx, s.o.Binary, c.args...)
	cmd.Env, cmd.Stdout, cmd.ExtraFiles = s.environment(r), c.out, c.files
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a signal to us is none to it, and it can be ended with its children
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = s.patience
	said := &complaints{}
	heard := &lines{each: func(line []byte) {
		clean := s.hide.Replace(string(line))
		said.add(clean)
		if c.heard != nil {
			c.heard(clean)
		}
	}}
	cmd.Stderr = heard
	if err := cmd.Start(); err != nil {
		return result{}, s.unstarted(err)
	}
	err := cmd.Wait()
	heard.flush()
	if l, ok := c.out.(*lines); ok {
		l.flush()
	}
	if ctx.Err() != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it left behind; usually nothing is there any more
		return result{}, fmt.Errorf("running restic %s: %w", c.args[0], context.Cause(ctx))
	}
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return result{}, fmt.Errorf("running restic %s: %w", c.args[0], err)
	}
	return result{cmd.ProcessState.ExitCode(), said.String()}, nil
}

// look runs restic for somebody who waits, and takes its complaints as an error.
func (s *System) look(ctx context.Context, r *Repository, out io.Writer, args ...string) error {
	limit := lookTime
	if args[0] == "ls" {
		limit = listTime
	}
	bound, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	got, err := s.run(bound, r, call{args: append(args, "--no-lock"), out: out})
	switch {
	case err != nil && ctx.Err() == nil && bound.Err() != nil:
		return ops.Fail(ops.Unavailable, ops.T("%s did not answer in %s: is its server up, and near?", "%s n’a pas répondu en %s : son serveur tourne-t-il, est-il joignable ?", ops.Name(r.Name), ops.Span(limit)), err)
	case err != nil:
		return err
	case got.exit != 0:
		return s.explain(r, got)
	}
	return nil
}

func (s *System) unstarted(err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		return ops.Fail(ops.Unavailable, ops.T("There is no program %s here that I may run: install restic, or say in the configuration where it is.",
			"Il n’y a pas ici de programme %s que je puisse lancer : installe restic, ou indique son chemin dans la configuration.", ops.Name(s.o.Binary)), err)
	}
	return fmt.Errorf("starting restic: %w", err)
}

// lines hands on what is written to it line by line. What is longer than mostLine is cut.
type lines struct {
	each func([]byte)
	rest []byte
}

func (l *lines) Write(p []byte) (int, error) {
	for n := len(p); ; {
		at := bytes.IndexAny(p, "\n\r")
		if at < 0 {
			l.keep(p)
			return n, nil
		}
		l.keep(p[:at])
		l.flush()
		p = p[at+1:]
	}
}

func (l *lines) keep(p []byte) { l.rest = append(l.rest, p[:min(len(p), mostLine-len(l.rest))]...) }

func (l *lines) flush() {
	if len(l.rest) > 0 {
		l.each(l.rest)
	}
	l.rest = l.rest[:0]
}

// complaints keeps the first and the last of what was said: the first says what is wrong, the last how it ended.
type complaints struct {
	first, last strings.Builder
	cut         bool
}

func (c *complaints) add(line string) {
	line = ops.Clean(line)
	if c.first.Len()+len(line) < mostComplaints {
		c.first.WriteString(line + "\n")
		return
	}
	if c.last.Len()+len(line) >= mostComplaints {
		c.last.Reset()
	}
	c.cut = true
	c.last.WriteString(line[:min(len(line), mostComplaints)] + "\n")
}

func (c *complaints) String() string {
	if c.cut {
		return c.first.String() + "…\n" + c.last.String()
	}
	return c.first.String()
}
