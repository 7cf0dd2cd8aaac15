package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"vigie/ops"
)

// composeGrace is how long `docker compose` may take to end after it was interrupted.
const composeGrace = 20 * time.Second

// A verb is one of the few things that `docker compose` is ever told to do. There is no down among them: it removes
// a network that both files share when the other file's containers happen to be stopped, and those could never start again.
type verb string

const (
	verbUp     verb = "up"
	verbStop   verb = "stop"
	verbRemove verb = "rm"
	verbPull   verb = "pull"
	verbBuild  verb = "build"
)

var serviceName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]*$`)

// argv is the only place where a command line of Compose is made.
func (o ComposeOptions) argv(v verb, f ComposeFile, services []string, recreate bool) ([]string, error) {
	args := []string{"--ansi", "never", "--progress", "plain", "-p", o.Project, "--project-directory", o.Dir}
	for _, path := range append(slices.Clone(f.Under), f.Path) {
		args = append(args, "-f", path)
	}
	args = append(args, string(v))
	switch v {
	case verbUp:
		args = append(args, "-d", "--no-build", "--pull", "never")
		if recreate {
			args = append(args, "--force-recreate")
		}
		if len(services) > 0 {
			args = append(args, "--no-deps")
		}
	case verbStop, verbPull, verbBuild:
	case verbRemove:
		args = append(args, "--stop", "--force")
	default:
		return nil, fmt.Errorf("%q is nothing that I tell docker compose", v)
	}
	for _, s := range services {
		if !serviceName.MatchString(s) {
			return nil, ops.Fail(ops.Invalid, ops.T("%s is not the name of a service.", "%s n’est pas un nom de service.", ops.Name(s)), nil)
		}
	}
	return append(append(args, "--"), services...), nil
}

// env is all that `docker compose` gets to see of our environment. An .env file may ask for orphans to be removed:
// what is set here wins over it, and Compose refuses to do both.
func (o ComposeOptions) env() []string {
	env := []string{"DOCKER_HOST=" + o.Docker, "COMPOSE_REMOVE_ORPHANS=false", "COMPOSE_IGNORE_ORPHANS=true"}
	for _, name := range []string{"PATH", "HOME", "DOCKER_CONFIG"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// Up implements [Compose].
func (p *Project) Up(ctx context.Context, file string, services []string, recreate bool, progress func(string)) error {
	return p.run(ctx, verbUp, file, services, recreate, progress)
}

// Stop implements [Compose].
func (p *Project) Stop(ctx context.Context, file string, services []string, progress func(string)) error {
	return p.run(ctx, verbStop, file, services, false, progress)
}

// Down implements [Compose]. All networks stay, used or not.
func (p *Project) Down(ctx context.Context, file string, progress func(string)) error {
	return p.run(ctx, verbRemove, file, nil, false, progress)
}

// Pull implements [Maker].
func (p *Project) Pull(ctx context.Context, file string, services []string, progress func(string)) error {
	return p.run(ctx, verbPull, file, services, false, progress)
}

// Build implements [Maker].
func (p *Project) Build(ctx context.Context, file string, services []string, progress func(string)) error {
	return p.run(ctx, verbBuild, file, services, false, progress)
}

func (p *Project) run(ctx context.Context, v verb, file string, services []string, recreate bool, progress func(string)) error {
	c := call{doing: doCompose, needs: "POST=1 CONTAINERS=1 IMAGES=1 NETWORKS=1 VOLUMES=1 INFO=1", changes: true}
	if err := ctx.Err(); err != nil {
		return notSent(c, err)
	}
	f, known, err := p.file(ctx, file)
	if err != nil {
		return err
	}
	for _, s := range services {
		if !slices.ContainsFunc(known.Services, func(k Service) bool { return k.Name == s }) {
			return noService(s, file)
		}
	}
	if len(services) == 0 && v != verbUp { // by name, so that those of a profile are among them
		for _, k := range known.Services {
			services = append(services, k.Name)
		}
		if len(services) == 0 {
			return nil
		}
	}
	args, err := p.options.argv(v, f, services, recreate)
	if err != nil {
		return err
	}
	if err := p.Ready(ctx); err != nil {
		return err
	}
	out := &lineWriter{say: progress}
	err = p.command(ctx, args, out)
	out.end()
	return explainCompose(ctx, c, p.options, out.lines, err)
}

// command runs `docker compose` with args: interrupted when ctx ends, and killed if that does not help.
func (p *Project) command(ctx context.Context, args []string, out *lineWriter) error {
	p.mu.Lock()
	tool := slices.Clone(p.tool)
	p.mu.Unlock()
	cmd := exec.CommandContext(ctx, tool[0], append(tool[1:], args...)...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = p.options.env(), p.options.Dir, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // docker runs Compose as its child
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = composeGrace
	err := cmd.Run()
	if cmd.Process != nil && ctx.Err() != nil && err != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // whatever outlived the grace; usually nobody is left
	}
	return err
}

// Ready implements [Compose].
func (p *Project) Ready(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.ready) < reread {
		return nil
	}
	var why error
	for _, tool := range [][]string{{"docker", "compose"}, {"docker-compose"}} {
		path, err := exec.LookPath(tool[0])
		if err != nil {
			continue
		}
		tool[0] = path
		version, err := p.options.toolVersion(ctx, tool)
		if err == nil && !strings.HasPrefix(version, "1.") {
			p.ready, p.tool = time.Now(), tool
			return nil
		}
		if err == nil {
			err = fmt.Errorf("it is version %s", version)
		}
		why = fmt.Errorf("asking %s for its version: %w", strings.Join(tool, " "), err)
	}
	if ctx.Err() != nil {
		return notSent(call{doing: doCompose}, ctx.Err())
	}
	if why == nil {
		return ops.Fail(ops.Unavailable, ops.T("The program %s is not on this machine; install it with its compose plugin.",
			"Le programme %s n’est pas sur cette machine ; installe-le avec son greffon compose.", ops.Name("docker")), exec.ErrNotFound)
	}
	return ops.Fail(ops.Unavailable, ops.T("%s does not work here: install Docker’s compose plugin, version 2 or newer (%s on Debian with Docker’s repository).",
		"%s ne marche pas ici : installe le greffon compose de Docker, version 2 ou plus récente (%s sur Debian avec le dépôt de Docker).",
		ops.Name("docker compose"), ops.Name("apt install docker-compose-plugin")), why)
}

func (o ComposeOptions) toolVersion(ctx context.Context, tool []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool[0], append(slices.Clone(tool[1:]), "version", "--short")...)
	cmd.Env = o.env()
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil && said.Len() > 0 {
		err = errors.Join(err, errors.New(strings.TrimSpace(ops.Clean(said.String()))))
	}
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "v"), err
}

// A lineWriter passes on what Compose says, a line at a time, and keeps the end of it.
type lineWriter struct {
	say   func(string)
	part  []byte
	lines []string
}

// keptLines is enough to find the error among what Compose says last.
const keptLines = 100

func (w *lineWriter) Write(p []byte) (int, error) {
	w.part = append(w.part, p...)
	for {
		line, rest, ended := bytes.Cut(w.part, []byte("\n"))
		if !ended {
			w.part = w.part[:min(len(w.part), 64<<10)]
			return len(p), nil
		}
		w.part = rest
		w.line(string(line))
	}
}

func (w *lineWriter) end() {
	if len(w.part) > 0 {
		w.line(string(w.part))
	}
}

func (w *lineWriter) line(s string) {
	s = strings.Join(strings.Fields(ops.Clean(s)), " ")
	if s == "" {
		return
	}
	w.lines = append(w.lines, s)
	if len(w.lines) > keptLines {
		w.lines = w.lines[len(w.lines)-keptLines:]
	}
	if w.say != nil {
		w.say(s)
	}
}
