package litellm

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"vigie/ops"
)

// explain says in words why the database could not be read. What it returns never holds the DSN.
func (s *System) explain(err error) *ops.Error {
	var said *ops.Error
	if errors.As(err, &said) {
		return said
	}
	host, base, user := ops.Name(s.db.Host), ops.Name(s.db.Database), ops.Name(s.db.User)
	fail := func(say ops.Text) *ops.Error {
		return ops.Fail(ops.Unavailable, say, errors.New(err.Error())) // err itself leads to the configuration, and so to the password
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return fail(s.refusal(pg))
	}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return fail(ops.T("LiteLLM's database is not found: there is no host %s here. Is the bot in its network?",
			"la base de LiteLLM est introuvable : aucun hôte %s ici. Le bot est-il dans son réseau ?", host))
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		return fail(ops.T("nothing listens where LiteLLM's database should be (%s, port %d): is PostgreSQL up?",
			"rien n’écoute là où devrait être la base de LiteLLM (%s, port %d) : PostgreSQL tourne-t-il ?", host, int(s.db.Port)))
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return fail(ops.T("LiteLLM's database (%s on %s) did not answer in time", "la base de LiteLLM (%s sur %s) n’a pas répondu à temps", base, host))
	case errors.Is(err, context.Canceled):
		return fail(ops.T("reading LiteLLM's database was broken off", "la lecture de la base de LiteLLM a été interrompue"))
	case strings.Contains(err.Error(), "tls") || strings.Contains(err.Error(), "TLS") || strings.Contains(err.Error(), "x509"):
		return fail(ops.T("no secure connection to LiteLLM's database on %s: set sslmode in its address (disable, require, verify-full)",
			"pas de connexion sûre à la base de LiteLLM sur %s : règle sslmode dans son adresse (disable, require, verify-full)", host))
	}
	return fail(ops.T("LiteLLM's database (%s on %s, as %s) cannot be read", "la base de LiteLLM (%s sur %s, en tant que %s) est illisible", base, host, user))
}

// refusal says what the server's own no means. The codes are PostgreSQL's (appendix A).
func (s *System) refusal(pg *pgconn.PgError) ops.Text {
	host, base, user := ops.Name(s.db.Host), ops.Name(s.db.Database), ops.Name(s.db.User)
	switch pg.Code {
	case "28P01", "28000":
		return ops.T("LiteLLM's database refuses %s on %s: the password is wrong, or pg_hba.conf does not let it in", "la base de LiteLLM refuse %s sur %s : mot de passe faux, ou pg_hba.conf ne le laisse pas entrer", user, host)
	case "3D000":
		return ops.T("there is no database %s on %s", "il n’y a pas de base %s sur %s", base, host)
	case "42501":
		return ops.T("%s may not read what it must in %s: as the owner of LiteLLM's tables, GRANT SELECT on them", "%s ne peut pas lire ce qu’il faut dans %s : en tant que propriétaire des tables de LiteLLM, fais GRANT SELECT", user, base)
	case "57014":
		return ops.T("adding up LiteLLM's calls took too long and was broken off: is the index on startTime there, and the database not overloaded?",
			"additionner les appels de LiteLLM prenait trop de temps et a été interrompu : l’index sur startTime existe-t-il, la base est-elle surchargée ?")
	case "53300":
		return ops.T("PostgreSQL on %s has no connection left", "PostgreSQL sur %s n’a plus de connexion libre", host)
	case "57P01", "57P02", "57P03":
		return ops.T("PostgreSQL on %s is starting or stopping", "PostgreSQL sur %s démarre ou s’arrête", host)
	case "55P03":
		return ops.T("LiteLLM's table is locked: its proxy may be migrating the database", "la table de LiteLLM est verrouillée : le proxy migre peut-être la base")
	case "42703", "42P01":
		return ops.T("LiteLLM's tables changed while they were read: %s", "les tables de LiteLLM ont changé pendant la lecture : %s", ops.Clean(pg.Message))
	}
	return ops.T("LiteLLM's database says: %s", "la base de LiteLLM dit : %s", ops.Clean(pg.Message))
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

// tooSlow reports whether the server broke a statement off for its time.
func tooSlow(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "57014"
}
