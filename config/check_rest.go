package config

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"vigie/ops"
)

// checkStore wants one place for the journal.
func (l *loader) checkStore() {
	s := &l.cfg.Store
	s.Database = l.postgres("store", EnvDSN, &s.DSN, &s.DSNFile)
	postgres := s.DSN != "" || s.DSNFile != "" || !s.Database.IsZero()
	switch {
	case postgres && s.Path != "":
		l.add("store.path", ops.T("the store is either a SQLite file (path) or PostgreSQL (dsn); keep one of the two", "le stockage est soit un fichier SQLite (path), soit PostgreSQL (dsn) ; garde l’un des deux"))
	case postgres:
	case s.Path == "":
		s.Path = filepath.Join(l.dir, defaultStore)
	default:
		s.Path = abs(l.dir, s.Path)
		l.checkParent("store.path", s.Path)
	}
}

// checkParent finds out now that a file could not be made later.
func (l *loader) checkParent(key, path string) {
	if dir := filepath.Dir(path); !isDir(dir) {
		l.add(key, ops.T("there is no directory %[1]s for it; run: mkdir -p %[1]s", "il n’y a pas de dossier %[1]s pour lui ; lance : mkdir -p %[1]s", dir))
	} else if isDir(path) {
		l.add(key, ops.T("%s is a directory; name a file in it", "%s est un dossier ; nomme un fichier dedans", path))
	}
}

var levels = []string{"debug", "info", "warn", "error"}

func (l *loader) checkLog() {
	g := &l.cfg.Log
	if g.Level == "" {
		g.Level = "info"
	}
	if !slices.Contains(levels, g.Level) {
		l.add("log.level", ops.T("%s is no level; use %s", "%s n’est pas un niveau ; utilise %s", quoted(g.Level), list(levels)))
	}
	if g.File != "" {
		g.File = abs(l.dir, g.File)
		l.checkParent("log.file", g.File)
	}
}

// neverDefault are keys that the stack's own data is encrypted or signed with: a new one makes the old data unreadable.
var neverDefault = map[string]Why{
	"n8n_encryption_key": Why(ops.T("every credential that n8n keeps is encrypted with this key; with another, all of them are lost",
		"tous les identifiants gardés par n8n sont chiffrés avec cette clé ; avec une autre, ils sont tous perdus")),
	"sure_secret_key_base": Why(ops.T("what Sure keeps is encrypted with this key; with another, it cannot be read any more",
		"ce que garde Sure est chiffré avec cette clé ; avec une autre, on ne peut plus le lire")),
	"firefly_app_key": Why(ops.T("what Firefly keeps is encrypted with this key; with another, it cannot be read any more",
		"ce que garde Firefly est chiffré avec cette clé ; avec une autre, on ne peut plus le lire")),
}

// checkNever adds the file's names to the ones that always hold; it may say another reason for those, not none.
func (l *loader) checkNever() {
	all := maps.Clone(neverDefault)
	for _, name := range slices.Sorted(maps.Keys(l.cfg.Never)) {
		why, at := l.cfg.Never[name], child("never", name)
		why.En, why.Fr = strings.TrimSpace(why.En), strings.TrimSpace(why.Fr)
		if strings.TrimSpace(name) == "" {
			l.add(at, ops.T("a never-rule needs the name that it protects", "une règle « jamais » demande le nom qu’elle protège"))
		}
		if why.En == "" && why.Fr == "" {
			l.add(at, ops.T(`it needs its reason, which people are shown: %[1]s = "…", or { en = "…", fr = "…" }; nothing here can be switched off`,
				`il faut sa raison, qui sera montrée : %[1]s = "…", ou { en = "…", fr = "…" } ; rien ici ne peut être désactivé`, ops.Clean(name)))
		}
		if why.En == "" {
			why.En = why.Fr
		}
		if why.Fr == "" {
			why.Fr = why.En
		}
		all[strings.ToLower(strings.TrimSpace(name))] = why
	}
	l.cfg.Never = all
}
