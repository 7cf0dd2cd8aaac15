package config

import (
	"maps"
	"slices"
	"strings"

	"vigie/ops"
)

// From which on a machine's figures are at risk and broken, where the file does not say: percent, and load for each core.
var (
	defaultDisk   = []int{80, 90}
	defaultMemory = []int{90, 95}
)

const defaultLoad = 2.0

// checkHosts lists the local engine where none is listed.
func (l *loader) checkHosts() {
	if len(l.cfg.Hosts) == 0 {
		host := Host{Docker: l.env(EnvDocker)}
		if host.Docker == "" {
			host.Docker = defaultDocker
		}
		l.cfg.Hosts = map[string]Host{defaultHost: l.checkFigures(child("hosts", defaultHost), host)}
		if !dockerAddress(host.Docker, false) {
			l.add(EnvDocker, ops.T("the environment variable is no address of a Docker Engine; use unix:///var/run/docker.sock or tcp://host:2375, or list the machine below [hosts.NAME]",
				"la variable d’environnement n’est pas l’adresse d’un Docker Engine ; utilise unix:///var/run/docker.sock ou tcp://hote:2375, ou déclare la machine sous [hosts.NOM]"))
		}
		return
	}
	for _, name := range slices.Sorted(maps.Keys(l.cfg.Hosts)) {
		l.cfg.Hosts[name] = l.checkHost(name, l.cfg.Hosts[name])
	}
}

func (l *loader) checkHost(name string, h Host) Host {
	at := child("hosts", name)
	if !plainName.MatchString(name) {
		l.add(at, ops.T("a host's name is lower-case letters, digits, - and _: [hosts.vps]", "le nom d’une machine est fait de minuscules, chiffres, - et _ : [hosts.vps]"))
	}
	if !h.hasDocker() && h.Metrics == "" {
		l.add(at, ops.T(`it does not say how to reach it; write docker = "unix:///var/run/docker.sock", or ssh = "user@host", or metrics = "http://host:9100/metrics"`,
			`on ne sait pas comment la joindre ; écris docker = "unix:///var/run/docker.sock", ou ssh = "user@hote", ou metrics = "http://hote:9100/metrics"`))
	}
	if h.Docker != "" && !dockerAddress(h.Docker, h.SSH != "") {
		l.add(child(at, "docker"), ops.T("%s is no address of a Docker Engine; write unix:///var/run/docker.sock, or tcp://host:2375 where there is no ssh",
			"%s n’est pas l’adresse d’un Docker Engine ; écris unix:///var/run/docker.sock, ou tcp://hote:2375 s’il n’y a pas de ssh", quoted(h.Docker)))
	}
	if h.SSH != "" && !sshAddress(h.SSH) {
		l.add(child(at, "ssh"), ops.T("%s is no ssh address; write user@host or user@host:22", "%s n’est pas une adresse ssh ; écris user@hote ou user@hote:22", quoted(h.SSH)))
	}
	l.checkCommands(at, h)
	return l.checkFigures(at, l.checkSSH(name, h))
}

func (h Host) hasDocker() bool { return h.Docker != "" || h.SSH != "" }

// checkFigures is about the machine itself: where its figures come from, and from which on they are too high.
func (l *loader) checkFigures(at string, h Host) Host {
	if key := child(at, "metrics"); h.Metrics != "" {
		if u := l.checkURL(key, h.Metrics); u != nil && strings.Trim(u.Path, "/") == "" {
			h.Metrics = strings.TrimRight(h.Metrics, "/") + "/metrics" // where every exporter has them
		}
	}
	if key := child(at, "root"); h.Root != "" {
		h.Root = abs(l.dir, h.Root)
		switch {
		case h.Metrics != "" || h.SSH != "":
			l.add(key, ops.T("it is for the machine that Vigie runs on, and this host is another one; remove root", "c’est pour la machine où tourne Vigie, et celle-ci en est une autre ; enlève root"))
		case !isDir(h.Root):
			l.add(key, ops.T("there is no directory %[1]s; mount the machine's file systems there: --volume /:%[1]s:ro,rslave", "il n’y a pas de dossier %[1]s ; montes-y les systèmes de fichiers de la machine : --volume /:%[1]s:ro,rslave", h.Root))
		}
	}
	l.checkPair(child(at, "disk"), &h.Disk, defaultDisk, rising)
	l.checkPair(child(at, "memory"), &h.Memory, defaultMemory, rising)
	key := child(at, "load")
	if !l.doc.has(key) {
		h.Load = defaultLoad
	} else if !(h.Load > 0 && h.Load <= 1000) { // also not a number
		l.add(key, ops.T("load is for each core, more than 0 and at most 1000; 2.0 is two waiting for each", "load se compte par cœur, plus de 0 et au plus 1000 ; 2.0 : deux qui attendent pour chacun"))
	}
	return h
}
