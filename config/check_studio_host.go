package config

import (
	"path"
	"path/filepath"
	"slices"
	"time"

	"vigie/ops"
)

const defaultStudioWait = Duration(3 * time.Minute)

// checkStudio is about the studio as a whole: where it is, what it is made of, and what stands before it.
func (l *loader) checkStudio() {
	if !l.doc.has("studio") {
		return
	}
	s := &l.cfg.Studio
	switch {
	case l.told("studio.project"):
	case s.Project == "":
		l.add("studio.project", ops.T(`it does not say which Compose project it is; write its name, as docker compose ls shows it: project = "creative"`, `on ne sait pas quel projet Compose c’est ; écris son nom, comme le montre docker compose ls : project = "creative"`))
	case !plainName.MatchString(s.Project):
		l.add("studio.project", ops.T(`%s is no Compose project; write its name, as docker compose ls shows it: project = "creative"`, `%s n’est pas un projet Compose ; écris son nom, comme le montre docker compose ls : project = "creative"`, quoted(s.Project)))
	}
	if s.Host == "" {
		s.Host = l.cfg.Stack.Host
	}
	h, listed := l.cfg.Hosts[s.Host]
	switch {
	case l.told("studio.host") || l.below("hosts") || l.told("stack.host"):
	case !listed:
		l.add("studio.host", ops.T("there is no host %s; add [hosts.NAME], or name one that is there", "il n’y a pas de machine %s ; ajoute [hosts.NOM], ou nommes-en une qui existe", quoted(s.Host)))
	case !h.hasDocker() || h.SSH == "" && s.Host != l.cfg.Stack.Host:
		l.add("studio.host", ops.T(`%s has no Docker Engine that I reach with its machine; write ssh = "user@host" below [hosts.%s], or name the stack's own host`, `%s n’a pas de Docker Engine que je joigne avec sa machine ; écris ssh = "user@hote" sous [hosts.%s], ou nomme la machine de la pile`, quoted(s.Host), ops.Clean(s.Host)))
	}
	l.checkStudioFiles(s, h.SSH != "")
	l.checkServices("studio.services", s.Services)
	for _, one := range []struct {
		key, otherwise string
		to             *string
		there          bool
	}{{"comfyui", "comfyui", &s.ComfyUI, l.doc.has("comfyui")}, {"remotion", "remotion", &s.Remotion, l.doc.has("remotion")}} {
		key := child("studio", one.key)
		switch {
		case *one.to == "" && one.there:
			*one.to = one.otherwise
		case *one.to != "" && !one.there:
			l.add(key, ops.T("there is no [%s], so nobody knows how to ask it; add that table, or remove this", "il n’y a pas de [%s], donc personne ne sait comment l’interroger ; ajoute cette table, ou enlève ceci", one.key))
		}
		l.checkServices(key, nonEmpty(*one.to))
	}
	l.checkSpan("studio.wait", &s.Wait, defaultStudioWait)
	l.checkStudioUnits(s, h)
	for key, at := range map[string]string{"studio.tailnet": s.Tailnet, "studio.certificates_at": s.CertificatesAt} {
		if at != "" && !hostPort(at) {
			l.add(key, ops.T(`%s is no host and port; write "100.64.0.1:22"`, `%s n’est pas un hôte et un port ; écris "100.64.0.1:22"`, quoted(at)))
		}
	}
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// checkStudioFiles wants whole paths where the files are on another machine: nothing there is relative to this one.
func (l *loader) checkStudioFiles(s *Studio, far bool) {
	if len(s.Files) == 0 && !l.below("studio.files") {
		l.add("studio.files", ops.T(`it does not say which compose file it is; write files = ["/opt/workstation/comfyui/docker-compose-creative.yml"]`, `on ne sait pas de quel fichier compose il s’agit ; écris files = ["/opt/workstation/comfyui/docker-compose-creative.yml"]`))
	}
	paths := map[string]*string{}
	if s.Dir != "" {
		paths["studio.dir"] = &s.Dir
	}
	for i := range s.Files {
		paths[element("studio.files", i)] = &s.Files[i]
	}
	for key, file := range paths {
		switch {
		case far && (!path.IsAbs(*file) || path.Clean(*file) != *file):
			l.add(key, ops.T("%s is on another machine: write its whole path there", "%s est sur une autre machine : écris son chemin entier là-bas", quoted(*file)))
		case !far:
			*file = abs(l.dir, *file)
		}
	}
	if s.Dir == "" && len(s.Files) > 0 {
		s.Dir = filepath.Dir(s.Files[0])
	}
}

// checkStudioUnits wants units that are on the host's list: no others are ever touched.
func (l *loader) checkStudioUnits(s *Studio, h Host) {
	if len(s.Units) == 0 {
		s.Units = slices.Clone(h.Units)
	}
	unlisted := func(key, unit string) {
		if !slices.Contains(h.Units, unit) && !l.told(key) && !l.below("hosts") {
			l.add(key, ops.T("%s is not among the units of its machine; add it to units below [hosts.%s]", "%s n’est pas parmi les unités de sa machine ; ajoute-la à units sous [hosts.%s]", quoted(unit), ops.Clean(s.Host)))
		}
	}
	for i, unit := range s.Units {
		unlisted(element("studio.units", i), unit)
	}
	if s.Proxy != "" {
		unlisted("studio.proxy", s.Proxy)
	}
	for key, given := range map[string]bool{"proxy_check": len(s.ProxyCheck) > 0, "certificates": len(s.Certificates) > 0, "certificates_at": s.CertificatesAt != ""} {
		if given && s.Proxy == "" {
			l.add(child("studio", key), ops.T(`it is about the proxy before the studio; add proxy = "caddy-workstation.service", or remove it`, `cela concerne le proxy devant le studio ; ajoute proxy = "caddy-workstation.service", ou enlève-le`))
		}
	}
	if len(s.ProxyCheck) > 0 && !path.IsAbs(s.ProxyCheck[0]) {
		l.add("studio.proxy_check", ops.T(`it begins with the whole path of a program there, each argument by itself; no shell reads it: ["/usr/bin/caddy", "validate"]`, `elle commence par le chemin entier d’un programme là-bas, chaque argument à part ; aucun shell ne la lit : ["/usr/bin/caddy", "validate"]`))
	}
	for i, name := range s.Certificates {
		if !hostPort(withPort(name, "443")) {
			l.add(element("studio.certificates", i), ops.T(`%s is no name that a certificate is for; write studio.example.org`, `%s n’est pas un nom de certificat ; écris studio.example.org`, quoted(name)))
		}
	}
}
