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

// checkHosts lists the local engine where none is listed.
func (l *loader) checkHosts() {
	if len(l.cfg.Hosts) == 0 {
		host := Host{Docker: l.env(EnvDocker)}
		if host.Docker == "" {
			host.Docker = defaultDocker
		}
		l.cfg.Hosts = map[string]Host{defaultHost: host}
		if !dockerAddress(host.Docker, false) {
			l.add(EnvDocker, ops.T("the environment variable is no address of a Docker Engine; use unix:///var/run/docker.sock or tcp://host:2375, or list the machine below [hosts.NAME]",
				"la variable d’environnement n’est pas l’adresse d’un Docker Engine ; utilise unix:///var/run/docker.sock ou tcp://hote:2375, ou déclare la machine sous [hosts.NOM]"))
		}
		return
	}
	for _, name := range slices.Sorted(maps.Keys(l.cfg.Hosts)) {
		l.checkHost(name, l.cfg.Hosts[name])
	}
}

func (l *loader) checkHost(name string, h Host) {
	at := child("hosts", name)
	if !plainName.MatchString(name) {
		l.add(at, ops.T("a host's name is lower-case letters, digits, - and _: [hosts.vps]", "le nom d’une machine est fait de minuscules, chiffres, - et _ : [hosts.vps]"))
	}
	if h.Docker == "" && h.SSH == "" {
		l.add(at, ops.T(`it does not say how to reach it; write docker = "unix:///var/run/docker.sock", or ssh = "user@host"`,
			`on ne sait pas comment la joindre ; écris docker = "unix:///var/run/docker.sock", ou ssh = "user@hote"`))
	}
	if h.Docker != "" && !dockerAddress(h.Docker, h.SSH != "") {
		l.add(child(at, "docker"), ops.T("%s is no address of a Docker Engine; write unix:///var/run/docker.sock, or tcp://host:2375 where there is no ssh",
			"%s n’est pas l’adresse d’un Docker Engine ; écris unix:///var/run/docker.sock, ou tcp://hote:2375 s’il n’y a pas de ssh", quoted(h.Docker)))
	}
	if h.SSH != "" && !sshAddress(h.SSH) {
		l.add(child(at, "ssh"), ops.T("%s is no ssh address; write user@host or user@host:22", "%s n’est pas une adresse ssh ; écris user@hote ou user@hote:22", quoted(h.SSH)))
	}
}

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

func (l *loader) checkStackHost() {
	s, hosts := &l.cfg.Stack, slices.Sorted(maps.Keys(l.cfg.Hosts))
	_, known := l.cfg.Hosts[s.Host]
	switch {
	case s.Host == "" && len(hosts) == 1:
		s.Host = hosts[0]
	case s.Host == "":
		l.add("stack.host", ops.T("there are several hosts; say which has the stack: host = %[1]q (of %[2]s)", "il y a plusieurs machines ; dis laquelle porte la pile : host = %[1]q (parmi %[2]s)", hosts[0], list(hosts)))
	case !known:
		l.add("stack.host", ops.T("there is no host %[1]s; listed: %[2]s; add [hosts.NAME], or name one of these", "il n’y a pas de machine %[1]s ; déclarées : %[2]s ; ajoute [hosts.NOM], ou nommes-en une", quoted(s.Host), list(hosts)))
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

// Bounds of every length of time in the file: below, nothing could happen; above, it is a slip of the finger.
const (
	leastSpan = Duration(time.Second)
	mostSpan  = Duration(24 * time.Hour)
)

func (l *loader) checkSpan(key string, d *Duration, standard Duration) {
	if !l.told(key) && l.doc.has(key) && (*d < leastSpan || *d > mostSpan) {
		l.add(key, ops.T(`%s is out of bounds; write something from "1s" to "24h"`, `%s est hors limites ; écris entre "1s" et "24h"`, quoted(d.String())))
	}
	if !l.doc.has(key) {
		*d = standard
	}
}

func list(names []string) string { return strings.Join(names, ", ") }
