package config

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"vigie/ops"
)

// checkFolder wants a folder of its own. One that is made when it is needed only needs a place.
func (l *loader) checkFolder(key string, dir *string, made bool) {
	if *dir == "" {
		if l.doc.has(key) {
			l.add(key, ops.T("it names no folder; write its path, or leave the key out", "elle ne nomme aucun dossier ; écris son chemin, ou enlève la clé"))
		}
		return
	}
	*dir = filepath.Clean(abs(l.dir, *dir))
	switch info, err := os.Stat(*dir); {
	case *dir == "/":
		l.add(key, ops.T("/ is the whole machine; name a folder of its own, such as /opt/javisi/backups/vigie", "/ est toute la machine ; nomme un dossier à part, comme /opt/javisi/backups/vigie"))
	case err == nil && !info.IsDir():
		l.add(key, ops.T("%s is no directory; name one", "%s n’est pas un dossier ; nommes-en un", *dir))
	case err != nil && !made:
		l.add(key, ops.T("there is no directory %[1]s; run: mkdir -p -m 700 %[1]s", "il n’y a pas de dossier %[1]s ; lance : mkdir -p -m 700 %[1]s", *dir))
	case err != nil && !isDir(filepath.Dir(*dir)):
		l.add(key, ops.T("there is no directory %[1]s for it; run: mkdir -p %[1]s", "il n’y a pas de dossier %[1]s pour lui ; lance : mkdir -p %[1]s", filepath.Dir(*dir)))
	}
}

// inContainer is before a pattern of paths in a container.
const inContainer = "container:"

// checkPatterns wants patterns of paths, and makes them absolute. like is one that would do.
func (l *loader) checkPatterns(key string, patterns []string, like string, container bool) {
	given := slices.Clone(patterns)
	for i, p := range given {
		at := element(key, i)
		inner, inside := strings.CutPrefix(p, inContainer)
		switch _, err := path.Match(inner, ""); {
		case l.told(at):
			continue
		case inner == "":
			l.add(at, ops.T("it is empty; write a path, with * for any characters: %q", "il est vide ; écris un chemin, avec * pour des caractères quelconques : %q", like))
			continue
		case err != nil:
			l.add(at, ops.T("%s is no pattern: a [ in it is not closed; write * for any characters", "%s n’est pas un motif : un [ n’y est pas fermé ; écris * pour des caractères quelconques", quoted(p)))
		case strings.Contains(inner, "**"):
			l.add(at, ops.T("** is not known: each * stays within one folder; write a * for each folder in between", "** n’existe pas ici : chaque * reste dans un dossier ; écris un * par dossier intermédiaire"))
		case inside && !container:
			l.add(at, ops.T("only files of this machine are looked for here; write %q", "seuls les fichiers de cette machine sont cherchés ici ; écris %q", like))
		case inside && !path.IsAbs(inner):
			l.add(at, ops.T(`in the container, only whole paths are known: "container:/backups/*.dump"`, `dans le conteneur, seuls les chemins entiers valent : "container:/backups/*.dump"`))
		case slices.Contains(given[:i], p):
			l.add(at, ops.T("%s is listed twice; keep one", "%s est déclaré deux fois ; gardes-en un", quoted(p)))
		}
		if !inside {
			patterns[i] = abs(l.dir, p)
		}
	}
}

// checkProgram wants a program and its arguments, each by itself: no shell reads them. One word is looked for where programs are.
func (l *loader) checkProgram(key string, argv []string) {
	if !l.doc.has(key) || l.told(key) {
		return
	}
	if len(argv) == 0 || argv[0] == "" {
		l.add(key, ops.T(`it does not say which program; write ["/opt/javisi/scripts/backup.sh"], and its arguments after it`, `on ne sait pas quel programme ; écris ["/opt/javisi/scripts/backup.sh"], et ses arguments après`))
		return
	}
	first := element(key, 0)
	if words := strings.Fields(argv[0]); !strings.Contains(words[0], "/") {
		if len(words) > 1 {
			l.add(first, shellWords(argv[0], words))
		}
		return
	}
	argv[0] = abs(l.dir, argv[0])
	switch info, err := os.Stat(argv[0]); {
	case err != nil && strings.Contains(argv[0], " "):
		l.add(first, shellWords(argv[0], strings.Fields(argv[0])))
	case err != nil:
		l.add(first, ops.T("%[1]s cannot be run (%[2]s); name a program on the machine that Vigie runs on", "%[1]s ne peut pas être lancé (%[2]s) ; nomme un programme de la machine où tourne Vigie", argv[0], reason(err)))
	case !info.Mode().IsRegular():
		l.add(first, ops.T("%s is no file; name the program itself", "%s n’est pas un fichier ; nomme le programme lui-même", argv[0]))
	case info.Mode().Perm()&0o111 == 0:
		l.add(first, ops.T("%[1]s is not marked as a program; run: chmod u+x %[1]s", "%[1]s n’est pas marqué comme un programme ; lance : chmod u+x %[1]s", argv[0]))
	}
}

func shellWords(s string, words []string) ops.Text {
	return ops.T("there is no program %s; no shell reads this, so each argument is a text of its own: [%s]", "il n’y a pas de programme %s ; aucun shell ne lit ceci, donc chaque argument est un texte à part : [%s]",
		quoted(s), `"`+strings.Join(words, `", "`)+`"`)
}
