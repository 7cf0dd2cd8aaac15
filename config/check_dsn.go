package config

import (
	"net/url"
	"strings"

	"vigie/ops"
)

// postgres reads the address of a database, from the table's dsn or dsn_file, or from the environment. Empty: none is
// given, or there is a problem.
func (l *loader) postgres(table, env string, dsn, file *string) Secret {
	plain, inFile := child(table, "dsn"), child(table, "dsn_file")
	if found := passwords(*dsn); len(found) > 0 {
		l.keepParts(found...)
		l.add(plain, ops.T("there is a password in it, and %s; here: dsn_file = \"…\", with the whole postgres://… in that file, or set %s",
			"il contient un mot de passe, et %s ; ici : dsn_file = \"…\", avec tout le postgres://… dans ce fichier, ou définis %s", inline, env))
	}
	if *dsn != "" && *file != "" {
		l.add(inFile, ops.T("dsn is there as well; keep one of the two", "dsn est là aussi ; garde l’un des deux"))
	}
	s, key := l.given(env, inFile, file, l.readSecret), inFile
	if s.IsZero() && *dsn != "" {
		s, key = conceal(*dsn), plain
	}
	if !s.IsZero() {
		l.keepParts(passwords(s.Reveal())...)
		if !isPostgres(s.Reveal()) {
			l.add(key, ops.T("this is no PostgreSQL address; write postgres://user@host:5432/database", "ce n’est pas une adresse PostgreSQL ; écris postgres://utilisateur@hote:5432/base"))
		}
	}
	return s
}

// isPostgres takes both forms that PostgreSQL's own tools take.
func isPostgres(dsn string) bool {
	u, err := url.Parse(dsn)
	if err == nil && u.Scheme != "" {
		return u.Scheme == "postgres" || u.Scheme == "postgresql"
	}
	return strings.Contains(dsn, "=") && !strings.Contains(dsn, "://")
}
