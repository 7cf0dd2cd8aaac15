package config

import (
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"vigie/ops"
)

// checkStore wants one place for the journal.
func (l *loader) checkStore() {
	s := &l.cfg.Store
	inFile := s.DSN
	if len(passwords(inFile)) > 0 {
		l.keepParts(passwords(inFile)...)
		l.add("store.dsn", ops.T("there is a password in it, and %s; here: dsn_file = \"…\", with the whole postgres://… in that file, or set %s",
			"il contient un mot de passe, et %s ; ici : dsn_file = \"…\", avec tout le postgres://… dans ce fichier, ou définis %s", inline, EnvDSN))
	}
	if inFile != "" && s.DSNFile != "" {
		l.add("store.dsn_file", ops.T("dsn is there as well; keep one of the two", "dsn est là aussi ; garde l’un des deux"))
	}
	s.Database = l.given(EnvDSN, "store.dsn_file", &s.DSNFile, l.readSecret)
	if s.Database.IsZero() && s.DSN != "" {
		s.Database = conceal(s.DSN)
	}
	postgres := inFile != "" || s.DSNFile != "" || !s.Database.IsZero()
	if !s.Database.IsZero() {
		l.keepParts(passwords(s.Database.Reveal())...)
		if !isPostgres(s.Database.Reveal()) {
			key := "store.dsn"
			if s.DSN == "" {
				key = "store.dsn_file"
			}
			l.add(key, ops.T("this is no PostgreSQL address; write postgres://user@host:5432/database", "ce n’est pas une adresse PostgreSQL ; écris postgres://utilisateur@hote:5432/base"))
		}
	}
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

// isPostgres takes both forms that PostgreSQL's own tools take.
func isPostgres(dsn string) bool {
	u, err := url.Parse(dsn)
	if err == nil && u.Scheme != "" {
		return u.Scheme == "postgres" || u.Scheme == "postgresql"
	}
	return strings.Contains(dsn, "=") && !strings.Contains(dsn, "://")
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
