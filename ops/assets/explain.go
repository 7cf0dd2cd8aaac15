package assets

import (
	"context"
	"errors"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"vigie/ops"
)

// explain says in words why a database could not be read. What it returns never holds the DSN.
func (from source) explain(err error) error {
	if err == nil {
		return nil
	}
	var said *ops.Error
	if errors.As(err, &said) {
		return err
	}
	host, base, user := ops.Name(from.db.Host), ops.Name(from.name), ops.Name(from.db.User)
	fail := func(say ops.Text) error {
		return ops.Fail(ops.Unavailable, say, errors.New(err.Error())) // err itself leads to the configuration, and so to the password
	}
	var pg *pgconn.PgError
	var dial *net.OpError
	switch {
	case errors.As(err, &pg):
		switch pg.Code {
		case "42501":
			return fail(ops.T("%s may not read asset_provenance in %s: as its owner, GRANT SELECT on it", "%s ne peut pas lire asset_provenance dans %s : en tant que propriétaire, fais GRANT SELECT", user, base))
		case "28P01", "28000":
			return fail(ops.T("PostgreSQL on %s refuses %s in %s: the password is wrong, or pg_hba.conf does not let it in", "PostgreSQL, sur %s, refuse %s dans %s : mot de passe faux, ou pg_hba.conf ne le laisse pas entrer", host, user, base))
		case "3D000":
			return fail(ops.T("there is no database %s on %s", "il n’y a pas de base %s sur %s", base, host))
		}
		return fail(ops.T("%s says: %s", "%s dit : %s", base, ops.Clean(pg.Message)))
	case errors.Is(err, context.DeadlineExceeded):
		return fail(ops.T("%s on %s did not answer in time", "%s, sur %s, n’a pas répondu à temps", base, host))
	case errors.As(err, &dial):
		return fail(ops.T("nothing answers where %s should be (%s, port %d): is PostgreSQL up?", "rien ne répond là où devrait être %s (%s, port %d) : PostgreSQL tourne-t-il ?", base, host, int(from.db.Port)))
	}
	return fail(ops.T("%s on %s, as %s, cannot be read", "%s, sur %s, en tant que %s, est illisible", base, host, user))
}
