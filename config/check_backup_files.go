package config

import (
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"vigie/ops"
)

// artefact is a sort, or a sort, a colon and a name, or a pattern of such.
var artefact = regexp.MustCompile(`^[a-z*?][a-z0-9_*?-]*(:[^\s:]+)?$`)

// What is backed up besides what a script leaves: things that there is one of, and sorts of things with names.
var (
	alone = []string{"redis", "n8n", "grafana"}
	named = []string{"postgres:", "qdrant:"}
)

// checkArtefact wants the name of something that is backed up, or a pattern of such names.
func (l *loader) checkArtefact(key, name string, wild bool) {
	switch i := strings.IndexAny(name, "*?"); {
	case l.told(key):
	case i >= 0 && !wild:
		l.add(key, ops.T("%s is no exact name, and one is needed here, such as \"postgres:n8n\"", "%s n’est pas un nom exact, et il en faut un ici, comme \"postgres:n8n\"", quoted(name)))
	case !artefact.MatchString(name) || strings.Contains(name, placeholder):
		l.add(key, ops.T(`%s is nothing that is backed up; write a sort, a colon and a name, such as "postgres:n8n", or "redis" alone`, `%s n’est rien qui se sauvegarde ; écris une sorte, deux-points et un nom, comme "postgres:n8n", ou "redis" seul`, quoted(name)))
	case !l.isBackedUp(name, i):
		l.add(key, ops.T(`nothing that is backed up is called %[1]s; a database is "postgres:%[2]s", a collection of Qdrant "qdrant:%[2]s", and what a script saves is what artefact below [[backup.files]] says`,
			`rien de ce qui se sauvegarde ne s’appelle %[1]s ; une base est "postgres:%[2]s", une collection de Qdrant "qdrant:%[2]s", et ce que sauve un script est ce que dit artefact sous [[backup.files]]`, quoted(name), ops.Clean(name[strings.Index(name, ":")+1:])))
	}
}

// isBackedUp says whether something could have the name, or match the pattern whose first sign stands at i.
func (l *loader) isBackedUp(name string, i int) bool {
	whole, sorts := slices.Clone(alone), slices.Clone(named)
	for _, f := range l.cfg.Backup.Files {
		if before, _, open := strings.Cut(f.Artefact, placeholder); open {
			sorts = append(sorts, before)
		} else {
			whole = append(whole, f.Artefact)
		}
	}
	if i >= 0 {
		literal := name[:i]
		return slices.ContainsFunc(whole, func(w string) bool { return ops.Glob(name, w) }) ||
			slices.ContainsFunc(sorts, func(s string) bool { return strings.HasPrefix(s, literal) || strings.HasPrefix(literal, s) })
	}
	return slices.Contains(whole, name) || slices.ContainsFunc(sorts, func(s string) bool { return len(name) > len(s) && strings.HasPrefix(name, s) })
}

func (l *loader) checkBackupFiles(files []BackupFiles) {
	for i := range files {
		f, at := &files[i], element("backup.files", i)
		key := child(at, "artefact")
		switch bare := strings.ReplaceAll(f.Artefact, placeholder, "x"); {
		case l.told(key):
		case f.Artefact == "":
			l.add(key, ops.T(`it does not say what these are copies of; write artefact = "postgres:{name}", or "redis"`, `on ne sait pas de quoi ce sont des copies ; écris artefact = "postgres:{name}", ou "redis"`))
		case !artefact.MatchString(bare) || strings.ContainsAny(f.Artefact, "*?") || strings.Count(f.Artefact, placeholder) > 1:
			l.add(key, ops.T(`%s is nothing that is backed up; write a sort, a colon and a name: "postgres:{name}", "openclaw:state", or "redis" alone`, `%s n’est rien qui se sauvegarde ; écris une sorte, deux-points et un nom : "postgres:{name}", "openclaw:state", ou "redis" seul`, quoted(f.Artefact)))
		}
		l.checkCopies(child(at, "path"), f)
		f.Path = abs(l.dir, f.Path)
		if slices.Contains(files[:i], *f) {
			l.add(at, ops.T("these are listed twice; keep one", "ceux-ci sont déclarés deux fois ; gardes-en un"))
		}
	}
}

// checkCopies wants a pattern of which only the last part varies: what it finds is told apart by that.
func (l *loader) checkCopies(key string, f *BackupFiles) {
	dir, base := filepath.Split(f.Path)
	_, err := path.Match(base, "")
	switch hole := strings.Contains(base, placeholder); {
	case l.told(key):
	case f.Path == "":
		l.add(key, ops.T(`it does not say which files; write path = "/opt/javisi/backups/pg_dump/{name}-*.dump"`, `on ne sait pas quels fichiers ; écris path = "/opt/javisi/backups/pg_dump/{name}-*.dump"`))
	case err != nil:
		l.add(key, ops.T("%s is no pattern: a [ in it is not closed; write * for any characters", "%s n’est pas un motif : un [ n’y est pas fermé ; écris * pour des caractères quelconques", quoted(f.Path)))
	case strings.ContainsAny(dir, "*{}"):
		l.add(key, ops.T("only the last part of the path may vary; name its folder in full, and add a [[backup.files]] for each other folder", "seule la fin du chemin peut varier ; nomme son dossier en entier, et ajoute un [[backup.files]] par autre dossier"))
	case !strings.Contains(base, "*"):
		l.add(key, ops.T(`there is no * in it, so it would be one file for ever, and each copy has its own; write * for when it was made: "redis/dump-*.rdb"`, `il n’y a pas de * dedans, donc ce serait toujours le même fichier, et chaque copie a le sien ; écris * pour sa date : "redis/dump-*.rdb"`))
	case hole != strings.Contains(f.Artefact, placeholder) && !l.told(strings.TrimSuffix(key, "path")+"artefact"):
		l.add(key, ops.T("%s must stand in both artefact and path, or in neither: what it is in a file's name is what the artefact is called", "%s doit être dans artefact et dans path, ou dans aucun des deux : ce qu’il vaut dans le nom du fichier est le nom de l’artefact", placeholder))
	}
}

// checkFullRestore is about a machine that has nothing.
func (l *loader) checkFullRestore(r *FullRestore) {
	const at = "backup.restore"
	if !l.doc.has(at) {
		return
	}
	l.checkFolder(at+".target", &r.Target, true)
	if dir := l.cfg.Stack.Dir; r.Target == "" {
		l.add(at+".target", ops.T(`it does not say where what comes from off-site is put; write target = "/var/tmp/vigie-all"`, `on ne sait pas où déposer ce qui vient d’ailleurs ; écris target = "/var/tmp/vigie-all"`))
	} else if dir != "" && within(r.Target, dir) {
		l.add(at+".target", ops.T("it is inside of %s, where the stack lives, and what comes from elsewhere must not mix with that; name another folder", "il est dans %s, où vit la pile, et ce qui vient d’ailleurs ne doit pas s’y mêler ; nomme un autre dossier", dir))
	}
	if l.doc.has(at+".how") && r.How == (Why{}) {
		l.add(at+".how", ops.T(`it is empty; write how = "in Zerobyte, repository vpai-backups", or { en = "…", fr = "…" }`, `il est vide ; écris how = "dans Zerobyte, dépôt vpai-backups", ou { en = "…", fr = "…" }`))
	}
	for i, name := range r.Expect {
		l.checkArtefact(element(at+".expect", i), name, false)
	}
	l.checkPhases(at, r)
}

func (l *loader) checkPhases(at string, r *FullRestore) {
	var known []string
	for _, f := range l.cfg.Stack.Files {
		known = append(known, f.Phase)
	}
	for i, p := range r.Phases {
		switch key := element(at+".phases", i); {
		case len(known) > 0 && !slices.Contains(known, p) && !l.below("stack.files"):
			l.add(key, ops.T("there is no phase %[1]s; those of files below [stack] are %[2]s", "il n’y a pas de phase %[1]s ; celles de files sous [stack] sont %[2]s", quoted(p), list(known)))
		case slices.Contains(r.Phases[:i], p):
			l.add(key, ops.T("%s is listed twice; keep one", "%s est déclaré deux fois ; gardes-en un", quoted(p)))
		}
	}
	if len(r.Phases) == 0 {
		r.Phases = known
	}
	if r.Data == "" && len(r.Phases) > 0 && !l.doc.has(at+".data") {
		r.Data = r.Phases[0]
	}
	if len(r.Phases) > 0 && !slices.Contains(r.Phases, r.Data) && !l.below("stack.files") && !l.below(at+".phases") {
		l.add(at+".data", ops.T("%[1]s is none of the phases, which are %[2]s; name the one after which the databases run", "%[1]s n’est pas l’une des phases, qui sont %[2]s ; nomme celle après laquelle les bases tournent", quoted(r.Data), list(r.Phases)))
	}
}

// within says whether p is dir, or in it.
func within(p, dir string) bool {
	rest, err := filepath.Rel(dir, p)
	return err == nil && rest != ".." && !strings.HasPrefix(rest, "../")
}
