package config

import (
	"maps"
	"net"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

var plainName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`) // of a project, a phase or a host; Compose's own rule

func dockerAddress(s string, remote bool) bool {
	if socket, ok := strings.CutPrefix(s, "unix://"); ok {
		return path.IsAbs(socket) && !strings.ContainsFunc(socket, func(r rune) bool { return r <= ' ' })
	}
	u, err := url.Parse(s)
	if err != nil || remote || u.Scheme != "tcp" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return false
	}
	return u.Hostname() != "" && isPort(u.Port())
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// sshAddress also keeps out what ssh would take for an option.
var sshHost = regexp.MustCompile(`^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?([A-Za-z0-9][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])(?::([0-9]+))?$`)

func sshAddress(s string) bool {
	m := sshHost.FindStringSubmatch(s)
	return m != nil && (m[2] == "" || isPort(m[2])) && (!strings.HasPrefix(m[1], "[") || net.ParseIP(strings.Trim(m[1], "[]")) != nil)
}

func (l *loader) checkStack() {
	s := &l.cfg.Stack
	if s.Project != "" && !plainName.MatchString(s.Project) {
		l.add("stack.project", ops.T("%s is no Compose project; its name is lower-case letters, digits, - and _, as docker compose ls shows it",
			"%s n’est pas un projet Compose ; son nom est fait de minuscules, chiffres, - et _, comme le montre docker compose ls", quoted(s.Project)))
	}
	l.checkStackHost()
	l.checkZone()
	l.checkFiles()
	l.checkServices("stack.off", s.Off)
	l.checkServices("stack.protect", s.Protect)
	l.checkSpan("stack.wait", &s.Wait, defaultWait)
	if s.Domain != "" && !domain.MatchString(s.Domain) {
		l.add("stack.domain", ops.T(`%s is no domain; write it bare: domain = "example.org"`, `%s n’est pas un domaine ; écris-le seul : domain = "example.org"`, quoted(s.Domain)))
	}
}

var domain = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

// checkStackHost takes the only machine with a Docker Engine where none is named.
func (l *loader) checkStackHost() {
	s, hosts := &l.cfg.Stack, slices.Sorted(maps.Keys(l.cfg.Hosts))
	engines := slices.DeleteFunc(slices.Clone(hosts), func(name string) bool { return !l.cfg.Hosts[name].hasDocker() })
	host, known := l.cfg.Hosts[s.Host]
	switch {
	case s.Host == "" && len(engines) == 1:
		s.Host = engines[0]
	case s.Host == "" && len(engines) == 0:
		if !l.below("hosts") { // else the one that has the stack may be the one with the mistake
			l.add("stack.host", ops.T(`none of the hosts has a Docker Engine, and the stack needs one; write docker = "unix:///var/run/docker.sock" below [hosts.%s]`,
				`aucune machine n’a de Docker Engine, et la pile en demande un ; écris docker = "unix:///var/run/docker.sock" sous [hosts.%s]`, hosts[0]))
		}
	case s.Host == "":
		l.add("stack.host", ops.T("there are several hosts; say which has the stack: host = %[1]q (of %[2]s)", "il y a plusieurs machines ; dis laquelle porte la pile : host = %[1]q (parmi %[2]s)", engines[0], list(engines)))
	case !known:
		l.add("stack.host", ops.T("there is no host %[1]s; listed: %[2]s; add [hosts.NAME], or name one of these", "il n’y a pas de machine %[1]s ; déclarées : %[2]s ; ajoute [hosts.NOM], ou nommes-en une", quoted(s.Host), list(hosts)))
	case !host.hasDocker() && !l.below(child("hosts", s.Host)):
		l.add("stack.host", ops.T("%[1]s has no Docker Engine; write docker = \"unix:///var/run/docker.sock\" below [hosts.%[2]s], or name the host that has the stack",
			"%[1]s n’a pas de Docker Engine ; écris docker = \"unix:///var/run/docker.sock\" sous [hosts.%[2]s], ou nomme la machine qui porte la pile", quoted(s.Host), ops.Clean(s.Host)))
	}
}

func (l *loader) checkZone() {
	s := &l.cfg.Stack
	s.Location = time.Local
	if s.Zone == "" {
		return
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		l.add("stack.zone", ops.T(`%s is no time zone; write a name such as "Europe/Paris" or "UTC"`, `%s n’est pas un fuseau horaire ; écris un nom comme "Europe/Paris" ou "UTC"`, quoted(s.Zone)))
		return
	}
	s.Location = zone
}

func list(names []string) string { return strings.Join(names, ", ") }
