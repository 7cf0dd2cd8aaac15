package config

import (
	"path"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

const placeholder = "{name}"

// mostInside is how long a text is at most that is looked for in the first bytes of a file.
const mostInside = 200

func (l *loader) checkFileChecks() {
	names := map[string]bool{}
	for i := range l.cfg.Files {
		f, at := &l.cfg.Files[i], element("files", i)
		l.checkWord(child(at, "name"), f.Name, names)
		l.checkEach(at, f)
		l.checkFileHost(child(at, "host"), f)
		l.checkPattern(child(at, "path"), f)
		l.checkSpanIn(child(at, "newer"), &f.Newer, 0, leastSpan, longSpan)
		l.checkNumber(child(at, "band"), &f.Band, 0, 1, 1000)
		l.checkNumber(child(at, "count"), &f.Count, 1, 1, 100_000)
		if key := child(at, "inside"); len(f.Inside) > mostInside {
			l.add(key, ops.T("it is looked for in the first 4096 bytes; write at most %d of them", "on le cherche dans les 4096 premiers octets ; écris-en au plus %d", mostInside))
		}
		if f.Format != "" && !slices.Contains(FileFormats, f.Format) {
			l.add(child(at, "format"), ops.T("%s is not read here; use one of %s, or leave it out", "%s ne se lit pas ici ; utilise l’un de %s, ou enlève la clé", quoted(f.Format), list(FileFormats)))
		}
		l.checkSeverity(child(at, "severity"), &f.Severity, ops.Critical)
	}
}

func (l *loader) checkPattern(key string, f *FileCheck) {
	_, err := path.Match(f.Path, "")
	switch {
	case f.Path == "":
		l.add(key, ops.T(`it does not say which files; write path = "/opt/javisi/backups/*.dump"`, `on ne sait pas quels fichiers ; écris path = "/opt/javisi/backups/*.dump"`))
	case err != nil:
		l.add(key, ops.T("%s is no pattern: a [ in it is not closed; write * for any characters", "%s n’est pas un motif : un [ n’y est pas fermé ; écris * pour des caractères quelconques", quoted(f.Path)))
	case strings.Contains(f.Path, "**"):
		l.add(key, ops.T("** is not known: each * stays within one folder; write a * for each folder in between", "** n’existe pas ici : chaque * reste dans un dossier ; écris un * par dossier intermédiaire"))
	}
	if f.Host != "" && f.Path != "" && !path.IsAbs(f.Path) {
		l.add(key, ops.T("%s is on another machine: write its whole path there", "%s est sur une autre machine : écris son chemin entier là-bas", quoted(f.Path)))
	}
	f.Path = abs(l.dir, f.Path)
}

// checkFileHost wants a machine whose files can be read.
func (l *loader) checkFileHost(key string, f *FileCheck) {
	if f.Host == "" {
		return
	}
	switch h, ok := l.cfg.Hosts[f.Host]; {
	case !ok:
		l.add(key, ops.T("there is no host %s; add [hosts.%[1]s] with its ssh, or leave host out for this machine", "il n’y a pas de machine %s ; ajoute [hosts.%[1]s] avec son ssh, ou enlève host pour cette machine", ops.Clean(f.Host)))
	case h.SSH == "":
		l.add(key, ops.T("%s has no ssh, and files elsewhere are read over it; add ssh = \"user@host\" to it", "%s n’a pas de ssh, et c’est par là que les fichiers d’ailleurs se lisent ; ajoute-lui ssh = \"user@hote\"", quoted(f.Host)))
	}
}

// checkEach wants {name} where there are names to fill in, and only there.
func (l *loader) checkEach(at string, f *FileCheck) {
	key, has := child(at, "path"), strings.Contains(f.Path, placeholder)
	switch {
	case l.anyTold(at, "path", "each"):
	case len(f.Each) == 0 && has:
		l.add(key, ops.T(`there is %[1]s in it and nothing to fill in; write each = ["n8n", "litellm"]`, `il y a %[1]s dedans et rien à y mettre ; écris each = ["n8n", "litellm"]`, placeholder))
	case len(f.Each) > 0 && !has && f.Path != "":
		l.add(key, ops.T(`each gives several names, and they need a place here: path = "/opt/javisi/backups/%s-*.dump"`, `each donne plusieurs noms, et il leur faut une place ici : path = "/opt/javisi/backups/%s-*.dump"`, placeholder))
	}
	for i, name := range f.Each {
		switch key := element(child(at, "each"), i); {
		case !oneWord.MatchString(name):
			l.add(key, ops.T("%s cannot stand in a path here; use letters, digits, . _ and -", "%s ne peut pas entrer dans un chemin ici ; utilise lettres, chiffres, . _ et -", quoted(name)))
		case slices.Contains(f.Each[:i], name):
			l.add(key, ops.T("%s is listed twice; keep one", "%s est déclaré deux fois ; gardes-en un", quoted(name)))
		}
	}
}

const leastGrace = Duration(time.Minute)

func (l *loader) checkHeartbeats() {
	names := map[string]bool{}
	for i := range l.cfg.Heartbeats {
		h, at := &l.cfg.Heartbeats[i], element("heartbeats", i)
		if key := child(at, "name"); h.Name != "" && !hookName.MatchString(h.Name) {
			l.add(key, ops.T(`%s cannot be the name of a heartbeat: it is the end of an address, /hooks/heartbeat/NAME; use lower-case letters, digits and -: name = "backup"`,
				`%s ne peut pas nommer un battement : c’est la fin d’une adresse, /hooks/heartbeat/NOM ; utilise minuscules, chiffres et - : name = "backup"`, quoted(h.Name)))
		}
		l.checkWord(child(at, "name"), h.Name, names)
		if key := child(at, "every"); l.doc.has(key) {
			l.checkSpanIn(key, &h.Every, 0, leastSpan, longSpan)
		} else {
			l.add(key, ops.T(`it does not say how often it comes; write every = "24h"`, `on ne sait pas à quel rythme il vient ; écris every = "24h"`))
		}
		l.checkSpanIn(child(at, "grace"), &h.Grace, max(h.Every/10, leastGrace), leastSpan, longSpan)
		if l.told(child(at, "name")) { // without it, the variable has no name
			continue
		}
		h.Secret = l.hookSecret(HeartbeatEnv(h.Name), child(at, "secret_file"), &h.SecretFile, ops.T("a heartbeat", "un battement"))
		l.checkSeverity(child(at, "severity"), &h.Severity, ops.Critical)
	}
}

func (l *loader) checkPulse() {
	p := &l.cfg.Pulse
	p.URL = l.secretURL(EnvPulse, "pulse.url_file", &p.URLFile)
	switch there := l.doc.has("pulse"); {
	case p.URL.IsZero() && !there:
		return
	case p.URL.IsZero() && p.URLFile == "":
		l.add("pulse.url_file", ops.T("it needs an address to call; put it into a file (chmod 600) and write its name: url_file = \"pulse.url\", or set %s",
			"il faut une adresse à appeler ; mets-la dans un fichier (chmod 600) et écris son nom : url_file = \"pulse.url\", ou définis %s", EnvPulse))
	}
	l.checkSpanIn("pulse.every", &p.Every, defaultEvery, 10*leastSpan, mostSpan)
}
