package realtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/host"
	"vigie/ops/ssh"
)

// Listed commands are run over a real sshd, with and without the real guard, and here: always exactly as listed.
func TestListedCommands(t *testing.T) {
	dir := t.TempDir()
	flag := filepath.Join(dir, "it's $HOME `on`; *")
	list := map[string]host.Command{
		"on":      {Argv: []string{"/usr/bin/touch", flag}, Risk: ops.Disruptive, Check: "is-on", Undo: "off"},
		"off":     {Argv: []string{"/usr/bin/rm", "-f", flag}, Risk: ops.Reversible},
		"is-on":   {Argv: []string{"/usr/bin/stat", "--format=there are %s bytes", flag}, Risk: ops.Reads},
		"never":   {Argv: []string{"/usr/bin/stat", "/nowhere/at/all"}, Risk: ops.Reads},
		"vain":    {Argv: []string{"/usr/bin/touch", flag}, Risk: ops.Disruptive, Check: "never", Undo: "off"},
		"two":     {Argv: []string{"/usr/bin/printf", "one\\ntwo \\033[31mred\\n"}, Risk: ops.Reads},
		"long":    {Argv: []string{"/usr/bin/sleep", "300"}, Risk: ops.Disruptive, Limit: time.Second},
		"missing": {Argv: []string{"/usr/bin/no-such-program"}, Risk: ops.Reads},
		"secret":  {Argv: []string{"/usr/bin/cat", "/etc/shadow"}, Risk: ops.Reads},
	}
	var rules strings.Builder
	for name, c := range list {
		if name == "secret" {
			continue
		}
		rules.WriteString("[[command]]\nargv = [")
		for _, arg := range c.Argv {
			fmt.Fprintf(&rules, "'''%s''', ", arg)
		}
		rules.WriteString("]\n")
	}
	over := map[string]func(t *testing.T) host.Runner{
		"ssh": func(t *testing.T) host.Runner { return newPi(t, "", "").client(t, nil) },
		"guard": func(t *testing.T) host.Runner {
			return guarded(t, rules.String()).client(t, func(o *ssh.Options) { o.Guard = true })
		},
		"here": func(*testing.T) host.Runner { return host.Local{} },
	}
	for name, runner := range over {
		t.Run(name, func(t *testing.T) {
			s, err := host.New(host.Options{Hosts: []host.Host{{Name: "pi", Commands: list, Runner: runner(t)}}})
			if err != nil {
				t.Fatal(err)
			}
			bound := host.Bind(s)
			there := func() bool { _, err := os.Stat(flag); return err == nil }
			if r := approve(t, bound, "host.run", "name", "pi/on"); r.State != ops.Succeeded || !there() || r.Plan.Risk != ops.Disruptive || r.Plan.UndoFor == 0 {
				t.Errorf("on: %s, %s, there %v", r.State, r.Why.En, there())
			}
			if r := approve(t, bound, "host.run", "name", "pi/off"); r.State != ops.Succeeded || there() {
				t.Errorf("off: %s, %s, there %v", r.State, r.Why.En, there())
			}
			if r := approve(t, bound, "host.run", "name", "pi/vain"); r.State != ops.Broke || there() || !strings.Contains(r.Why.En, "code 1") {
				t.Errorf("what its check refutes: %s, %s, there %v", r.State, r.Why.En, there())
			}
			if r := approve(t, bound, "host.run", "name", "pi/long"); r.State != ops.Uncertain {
				t.Errorf("what does not end: %s, %s", r.State, r.Why.En)
			}
			look := func(command string) string {
				a, _, err := asking(t, bound, "host.probe", "probe", "pi/"+command)
				if err != nil {
					return string(ops.KindOf(err)) + " " + ops.SayOf(err).En
				}
				said := ops.Unmark(a.Blocks[0].Line.En)
				for _, b := range a.Blocks[1:] {
					said += "\n" + b.Code
				}
				return said
			}
			if got := look("two"); !strings.Contains(got, "one\ntwo red") {
				t.Errorf("two lines: %q", got)
			}
			if got := look("never"); !strings.HasPrefix(got, ops.AtRisk) || !strings.Contains(got, "code 1") || !strings.Contains(got, "/nowhere") {
				t.Errorf("one that says no: %q", got)
			}
			if got := look("missing"); strings.HasPrefix(got, ops.Fine) {
				t.Errorf("a program that is not there: %q", got)
			}
			if got := look("secret"); (name == "guard") != strings.HasPrefix(got, "denied") || name == "guard" && strings.Contains(got, "root") {
				t.Errorf("what the guard does not list: %q", got)
			}
			if got := look("on"); !strings.HasPrefix(got, "denied") {
				t.Errorf("one that changes something, as a look: %q", got)
			}
		})
	}
}
