// Package guard is the other end of Vigie's ssh connection: the forced command of a key. It reads the command that was asked for,
// without a shell, and lets through what its own file allows, to the letter. Everything else is refused.
package guard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"os/user"
	"slices"
	"time"

	"vigie/ops/comfyui"
	"vigie/ops/ssh"
)

// The exit codes, apart from those of the programs that are let through.
const (
	ExitUse     = 64 // no command was asked for: somebody wants a shell
	ExitGarbled = 65 // the command cannot be read without a shell's help
	ExitRefused = 77 // the command is not allowed
	ExitConfig  = 78 // the file is wrong
	ExitFailed  = 71 // it is allowed and could not be begun
)

// Rules are what the file allows. The zero value allows nothing.
type Rules struct {
	Figures      bool                // memory, load, uptime, boot, disks
	Docker       string              // "", "read" or "full"
	DockerSocket string              // a path; "" is /var/run/docker.sock
	Units        map[string][]string // unit → verbs: "status", "restart"
	Commands     []Command           // exactly as they are
	Compose      []Compose           // projects whose files lie here
	Files        []string            // folders whose files may be read, with all below them
	// Checkpoints is what may be done in a folder of ComfyUI's; the zero value allows nothing.
	Checkpoints comfyui.Allowance
	CA          string // a file of certificate authorities for those downloads; "" is the machine's own
}

// A Command is one argument list that may be run.
type Command struct {
	Argv  []string
	Limit time.Duration // 0 is that of the [Call]
}

// A Compose is a project on which `docker compose` may do some verbs.
type Compose struct {
	ssh.Compose
	Verbs []string
}

// A Call is one use of the guard.
type Call struct {
	Command  string // SSH_ORIGINAL_COMMAND
	In       io.Reader
	Out, Err io.Writer
	Log      func(refused bool, what string) // nil for nobody
	Limit    time.Duration                   // for a program; 0 is 2 min. Docker's connection has none
}

// Run does what is asked for, if r allows it, and returns the exit code.
func (r Rules) Run(ctx context.Context, c Call) int {
	if c.Log == nil {
		c.Log = func(bool, string) {}
	}
	if c.Command == "" {
		c.Log(true, "no command")
		fmt.Fprintln(c.Err, "vigie guard: this key runs listed commands, and opens no shell")
		return ExitUse
	}
	argv, err := ssh.Split(c.Command)
	if err != nil || len(c.Command) > longest {
		c.Log(true, fmt.Sprintf("unreadable %.200q", c.Command))
		fmt.Fprintln(c.Err, "vigie guard:", ssh.ErrNotation)
		return ExitGarbled
	}
	if r.dials(argv) {
		c.Log(false, "docker "+r.Docker)
		return r.docker(ctx, c)
	}
	if r.asksForFiles(argv) && len(r.Files) > 0 {
		c.Log(false, "files")
		return r.files(ctx, c)
	}
	if verb, ok := r.composes(argv); ok {
		c.Log(false, fmt.Sprintf("%.200q", argv))
		c.Limit = ssh.ComposeLimit(verb)
		return run(ctx, c, argv, "HOME="+home()) // where registries' passwords are
	}
	if what, limit, ok := r.Checkpoints.Allows(argv); ok {
		c.Log(false, what)
		c.Limit = limit
		return r.fetch(ctx, c, argv)
	}
	if !r.allows(argv) {
		c.Log(true, fmt.Sprintf("not allowed %.200q", argv))
		fmt.Fprintln(c.Err, "vigie guard: not allowed by this machine's guard file")
		return ExitRefused
	}
	c.Log(false, fmt.Sprintf("%.200q", argv))
	if listed, _ := r.command(argv); listed.Limit > 0 {
		c.Limit = listed.Limit
	}
	return run(ctx, c, argv)
}

// longest bounds a command line, in bytes.
const longest = 16 << 10

// allows is the whole of what programs may be run; nothing is allowed in any other place.
func (r Rules) allows(argv []string) bool {
	switch {
	case r.Figures && (slices.Equal(argv, ssh.KernelArgv) || ssh.IsDiskArgv(argv)):
		return true
	case len(argv) >= 3 && slices.Equal(argv, ssh.UnitStatusArgv(argv[len(argv)-1])):
		return slices.Contains(r.Units[argv[len(argv)-1]], "status")
	case len(argv) >= 3 && slices.Equal(argv, ssh.UnitRestartArgv(argv[len(argv)-1])):
		return slices.Contains(r.Units[argv[len(argv)-1]], "restart")
	}
	_, listed := r.command(argv)
	return listed
}

func (r Rules) command(argv []string) (Command, bool) {
	if i := slices.IndexFunc(r.Commands, func(c Command) bool { return slices.Equal(c.Argv, argv) }); i >= 0 {
		return r.Commands[i], true
	}
	return Command{}, false
}

// composes says which verb of an allowed Compose project argv is, if it is one.
func (r Rules) composes(argv []string) (string, bool) {
	for _, p := range r.Compose {
		if verb, ok := p.Reads(argv); ok && slices.Contains(p.Verbs, verb) {
			return verb, true
		}
	}
	return "", false
}

// home is the directory of the user that the key lets in.
func home() string {
	u, err := user.Current()
	if err != nil {
		return "/"
	}
	return u.HomeDir
}

// command is a program with nothing that the caller could set around it.
func command(ctx context.Context, c Call, argv []string, env ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = c.Out, c.Err
	cmd.Env = append(env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C") // nothing that the caller could set
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

func run(ctx context.Context, c Call, argv []string, env ...string) int {
	limit := c.Limit
	if limit <= 0 {
		limit = 2 * time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return ended(c, command(ctx, c, argv, env...).Run())
}

// ended is the exit code for how a program ended.
func ended(c Call, err error) int {
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode()
	case err != nil:
		fmt.Fprintln(c.Err, "vigie guard:", err)
		return ExitFailed
	}
	return 0
}
