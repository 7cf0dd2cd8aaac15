package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A Command is one program that the configuration lists for a machine. Nothing of it comes from what people say.
type Command struct {
	Argv  []string      // begins with an absolute path
	Doc   string        // what it is for, in the words of who wrote the configuration
	Risk  ops.Risk      // Reads: it only looks
	Limit time.Duration // how long it may take; 0 is a minute
	Check string        // a command that only looks, of the same machine: it ends with 0 if this one took. "" for none
	Undo  string        // a command of the same machine that puts back what this one did, and is harmless where it did nothing
}

// A Runner runs an argument list on a machine. A program that ends with another code than 0 is no error. Errors are [*ops.Error]s:
// Unknown if it was begun and nobody knows how it ended.
type Runner interface {
	Command(ctx context.Context, argv []string) (out, errs string, code int, err error)
}

// Local runs programs on the machine that the bot runs on, with an environment of their own: that of the bot may hold secrets.
type Local struct{}

// largestOutput bounds what is kept of a program's output, in bytes; the rest passes unread.
const largestOutput = 256 << 10

// Command implements [Runner].
func (Local) Command(ctx context.Context, argv []string) (out, errs string, code int, err error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &first{&o}, &first{&e}
	cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
	cmd.WaitDelay = 5 * time.Second
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil && cmd.Process != nil:
		return "", "", 0, ops.Fail(ops.Unknown, ops.T("it was ended in the middle: what it did until then, it did", "il a été interrompu au milieu : ce qui était fait l’est"), ctx.Err())
	case errors.As(err, &exit):
		return o.String(), e.String(), exit.ExitCode(), nil
	case err != nil:
		return "", "", 0, ops.Fail(ops.Unavailable, ops.T("it cannot be begun here (%s)", "impossible de le lancer ici (%s)", ops.Clean(reason(err))), err)
	}
	return o.String(), e.String(), 0, nil
}

// first keeps the first [largestOutput] bytes.
type first struct{ to *bytes.Buffer }

func (w *first) Write(p []byte) (int, error) {
	w.to.Write(p[:min(len(p), largestOutput-w.to.Len())])
	return len(p), nil
}

// checkCommands names everything that is wrong with the commands of m.
func (m *machine) checkCommands() error {
	var wrong []error
	if len(m.Commands) > 0 && m.Runner == nil {
		wrong = append(wrong, errors.New("commands are for this machine, or one that is reached over ssh"))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Commands)) {
		c := m.Commands[name]
		if len(c.Argv) == 0 || !path.IsAbs(c.Argv[0]) {
			wrong = append(wrong, fmt.Errorf("command %q: it begins with the absolute path of a program", name))
		}
		if check, ok := m.Commands[c.Check]; c.Check != "" && (!ok || check.Risk != ops.Reads) {
			wrong = append(wrong, fmt.Errorf("command %q: its check is none of the commands that only look", name))
		}
		if undo, ok := m.Commands[c.Undo]; c.Undo != "" && (!ok || undo.Risk == ops.Reads || c.Undo == name) {
			wrong = append(wrong, fmt.Errorf("command %q: its undo is none of the commands that change something", name))
		}
	}
	return errors.Join(wrong...)
}

// listCommands are the names of the commands that look, or of those that do not.
func (s *System) listCommands(looks bool) (list []ops.Choice) {
	for _, m := range s.hosts {
		for _, name := range slices.Sorted(maps.Keys(m.Commands)) {
			if c := m.Commands[name]; (c.Risk == ops.Reads) == looks {
				list = append(list, ops.Choice{Value: m.Name + "/" + name, Also: []string{name, m.Name + " " + name}, Hint: ops.Raw(ops.Clean(c.Doc))})
			}
		}
	}
	return list
}

var (
	_ = ops.Names(&set, "listed", func(_ context.Context, s *System) ([]ops.Choice, error) { return s.listCommands(false), nil })
	_ = ops.Names(&set, "probe", func(_ context.Context, s *System) ([]ops.Choice, error) { return s.listCommands(true), nil })
)

// findCommand resolves HOST/NAME.
func (s *System) findCommand(word string, looks bool) (*machine, string, Command, error) {
	host, name, _ := strings.Cut(word, "/")
	m, err := s.find(host)
	if err != nil {
		return nil, "", Command{}, err
	}
	c, ok := m.Commands[name]
	switch {
	case !ok:
		return nil, "", Command{}, ops.Fail(ops.NotFound, ops.T("%s is not on the list of %s any more ([hosts.%[2]s.commands]).", "%s n’est plus dans la liste de %s ([hosts.%[2]s.commands]).",
			ops.Name(clip(name, 60)), m.Name), nil)
	case looks != (c.Risk == ops.Reads):
		return nil, "", Command{}, ops.Fail(ops.Denied, ops.T("What %s does was changed in the configuration: ask again.", "Ce que fait %s a changé dans la configuration : redemande.", ops.Name(word)), nil)
	}
	return m, name, c, nil
}

// run runs c, and gives what it said. Errors are as of [Runner], and Failed where it ends with another code than 0.
func (m *machine) run(ctx context.Context, name string, c Command) (said string, err error) {
	limit := c.Limit
	if limit <= 0 {
		limit = time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out, errs, code, err := m.Runner.Command(ctx, c.Argv)
	said = strings.TrimRight(ops.Clean(out), " \n")
	if more := strings.TrimRight(ops.Clean(errs), " \n"); more != "" {
		said = strings.TrimLeft(said+"\n"+more, "\n")
	}
	if err == nil && code != 0 {
		err = ops.Fail(ops.Failed, ops.T("%s ended with code %d: %s", "%s s’est terminé avec le code %d : %s", ops.Name(m.Name+"/"+name), code, ops.Raw(lastLine(said))), nil)
	}
	return said, err
}

// lastLine is the last that was said, short enough for one line.
func lastLine(said string) string {
	said = strings.TrimSpace(said)
	said = said[strings.LastIndexByte(said, '\n')+1:]
	if said == "" {
		return "—"
	}
	return clip(said, 160)
}
