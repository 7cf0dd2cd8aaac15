package config

import (
	"maps"
	"path"
	"slices"
	"strings"

	"vigie/ops"
)

// How long a command may take, where the file does not say, and at most.
const (
	defaultCommand = Duration(60e9)
	longestCommand = 60 * defaultCommand
)

// checkCommands is about the programs that may be run on a machine.
func (l *loader) checkCommands(at string, h Host) {
	if len(h.Commands) == 0 {
		return
	}
	if h.SSH == "" && (h.Metrics != "" || strings.HasPrefix(h.Docker, "tcp:")) {
		l.add(child(at, "commands"), ops.T("commands are for this machine, or one that is reached over ssh; add ssh = \"user@host\", or remove them",
			"les commandes sont pour cette machine, ou une machine jointe par ssh ; ajoute ssh = \"user@hote\", ou enlève-les"))
	}
	for _, name := range slices.Sorted(maps.Keys(h.Commands)) {
		c := h.Commands[name]
		l.checkCommand(child(child(at, "commands"), name), name, &c, h.Commands)
		h.Commands[name] = c
	}
}

func (l *loader) checkCommand(at, name string, c *Command, all map[string]Command) {
	if !plainName.MatchString(name) {
		l.add(at, ops.T("a command's name is lower-case letters, digits, - and _: [hosts.pi.commands.tailnet]", "le nom d’une commande est fait de minuscules, chiffres, - et _ : [hosts.pi.commands.tailnet]"))
	}
	switch key := child(at, "argv"); {
	case l.told(key):
	case len(c.Argv) == 0:
		l.add(key, ops.T("it runs nothing; write the program and each of its arguments: argv = [\"/usr/bin/tailscale\", \"status\"]",
			"elle ne lance rien ; écris le programme et chacun de ses arguments : argv = [\"/usr/bin/tailscale\", \"status\"]"))
	case !path.IsAbs(c.Argv[0]) || path.Clean(c.Argv[0]) != c.Argv[0]:
		l.add(key, ops.T("%s is no whole path of a program; write it as command -v says there: /usr/bin/tailscale", "%s n’est pas le chemin entier d’un programme ; écris ce que dit command -v là-bas : /usr/bin/tailscale", quoted(c.Argv[0])))
	case slices.ContainsFunc(c.Argv, func(arg string) bool { return strings.ContainsAny(arg, "\x00\n\r") }):
		l.add(key, ops.T("an argument holds a line break; put the lines into a script over there, and name that", "un argument contient un saut de ligne ; mets les lignes dans un script là-bas, et nomme-le"))
	}
	if key := child(at, "risk"); !l.told(key) {
		if _, err := ops.ParseRisk(c.Risk); err != nil {
			l.add(key, ops.T("say what it may do: reads (it only looks), reversible, disruptive (somebody may notice) or destructive (cannot be put back)",
				"dis ce qu’elle peut faire : reads (elle ne fait que regarder), reversible (réversible), disruptive (quelqu’un peut le remarquer) ou destructive (irréversible)"))
		}
	}
	l.checkSpanIn(child(at, "timeout"), &c.Timeout, defaultCommand, leastSpan, longestCommand)
	looks := func(name string) (known, looks bool) {
		other, known := all[name]
		return known, other.Risk == ops.Reads.String()
	}
	if key := child(at, "check"); c.Check != "" {
		if known, reads := looks(c.Check); !known || !reads || c.Risk == ops.Reads.String() {
			l.add(key, ops.T("%s cannot check it; name one of this machine's commands with risk = \"reads\", for one that changes something",
				"%s ne peut pas la vérifier ; nomme une commande de cette machine avec risk = \"reads\", pour une commande qui change quelque chose", quoted(c.Check)))
		}
	}
	if key := child(at, "undo"); c.Undo != "" {
		if known, reads := looks(c.Undo); !known || reads || c.Undo == name || c.Risk == ops.Reads.String() {
			l.add(key, ops.T("%s cannot put it back; name another of this machine's commands that changes something", "%s ne peut pas l’annuler ; nomme une autre commande de cette machine qui change quelque chose", quoted(c.Undo)))
		}
	}
}
