package config

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"vigie/ops"
)

// checkFiles finds the compose files, relative to the stack's directory, and names their phases.
func (l *loader) checkFiles() {
	s := &l.cfg.Stack
	s.Dir = abs(l.dir, s.Dir)
	base := s.Dir
	if base == "" {
		base = l.dir
	}
	local := l.cfg.Hosts[s.Host].SSH == "" // else the files are on another machine
	if s.Dir != "" && local && !isDir(s.Dir) {
		l.add("stack.dir", ops.T("there is no directory %s; name the one with the compose files", "il n’y a pas de dossier %s ; nomme celui des fichiers compose", s.Dir))
	}
	phases, paths := map[string]bool{}, map[string]bool{}
	for i := range s.Files {
		f, at := &s.Files[i], element("stack.files", i)
		if f.Path == "" {
			l.add(child(at, "path"), ops.T(`a file needs its path: { path = "docker-compose.yml", phase = "apps" }`, `un fichier demande son chemin : { path = "docker-compose.yml", phase = "apps" }`))
			continue
		}
		f.Path = abs(base, f.Path)
		if f.Phase == "" {
			f.Phase = phaseOf(f.Path)
		}
		if paths[f.Path] {
			l.add(at, ops.T("%s is listed twice; keep one", "%s est déclaré deux fois ; gardes-en un", f.Path))
		}
		if info, err := os.Stat(f.Path); local && !l.told("stack.dir") && (err != nil || !info.Mode().IsRegular()) {
			l.add(at, ops.T("there is no file %s; paths are relative to dir, or else to this configuration", "il n’y a pas de fichier %s ; les chemins partent de dir, sinon de cette configuration", f.Path))
		}
		l.checkPhase(child(at, "phase"), f.Phase, phases)
		paths[f.Path], phases[f.Phase] = true, true
	}
}

func (l *loader) checkPhase(key, phase string, seen map[string]bool) {
	switch {
	case phase == "all":
		l.add(key, ops.T(`"all" means every phase; call this one something else: { path = "…", phase = "apps" }`, `« all » veut dire toutes les phases ; nomme celle-ci autrement : { path = "…", phase = "apps" }`))
	case !plainName.MatchString(phase):
		l.add(key, ops.T(`%s is no name for a phase; use lower-case letters, digits, - and _: { path = "…", phase = "apps" }`, `%s n’est pas un nom de phase ; utilise minuscules, chiffres, - et _ : { path = "…", phase = "apps" }`, quoted(phase)))
	case seen[phase]:
		l.add(key, ops.T(`two files are the phase %s; name each: { path = "…", phase = "…" }`, `deux fichiers sont la phase %s ; nomme-les : { path = "…", phase = "…" }`, quoted(phase)))
	}
}

// phaseOf names a phase after its file: docker-compose-infra.yml is "infra", and the plain docker-compose.yml is "apps".
func phaseOf(file string) string {
	name := strings.ToLower(filepath.Base(file))
	name = strings.TrimSuffix(name, filepath.Ext(name))
	name = strings.TrimPrefix(strings.TrimPrefix(name, "docker-"), "compose")
	if name = strings.Trim(name, ".-_"); name == "" {
		return "apps"
	}
	return name
}

var serviceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func (l *loader) checkServices(key string, services []string) {
	for i, s := range services {
		if !serviceName.MatchString(s) {
			l.add(element(key, i), ops.T("%s is no service; write its name as the compose file has it", "%s n’est pas un service ; écris son nom comme dans le fichier compose", quoted(s)))
		}
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
