// Package scores tells how the models are scored: what a collector of the stack adds up in a table model_scores of a PostgreSQL.
// It only looks.
//
// A score is 40 × the share of likes, 30 × the share of calls that succeed, 20 × how cheap and 10 × how fast the model is. The
// collector reads whole days several times, and adds what it reads each time: counts are higher than what happened, by a factor
// that differs between models. Shares and averages are not harmed by that, so those are shown, and no sums.
package scores

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"vigie/ops"
)

// Options say where the table is.
type Options struct {
	DSN string // PostgreSQL's; a role that may only SELECT suffices. It is secret
	// Dial and Look connect, and find a host, for tests and demos; nil are the network's.
	Dial pgconn.DialFunc
	Look pgconn.LookupFunc
}

// A System is one table of scores. [New] makes one; it keeps no connection open between looks.
type System struct{ db *pgx.ConnConfig }

var set ops.Set[*System]

// Bind returns every op in this package, asking s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

// New makes a system; it does not connect. The only error is a DSN that cannot be read; it does not quote it.
func New(o Options) (*System, error) {
	db, err := pgx.ParseConfig(o.DSN)
	if err != nil { // err quotes the DSN
		return nil, ops.Fail(ops.Invalid, ops.T("the address of the scores' database cannot be read: it is like postgres://reader:PASSWORD@postgresql:5432/n8n",
			"l’adresse de la base des scores est illisible : elle est de la forme postgres://lecteur:MOT_DE_PASSE@postgresql:5432/n8n"), nil)
	}
	if db.RuntimeParams == nil {
		db.RuntimeParams = map[string]string{}
	}
	db.RuntimeParams["application_name"] = "vigie"
	if db.ConnectTimeout == 0 {
		db.ConnectTimeout = 5 * time.Second
	}
	if o.Dial != nil {
		db.DialFunc = o.Dial
	}
	if o.Look != nil {
		db.LookupFunc = o.Look
	}
	db.DefaultQueryExecMode = pgx.QueryExecModeExec // no prepared statements: a pooler may stand between
	return &System{db}, nil
}

// String says which database it is, without the password.
func (s *System) String() string { return s.db.Database + " on " + s.db.Host }

// GoString is String: printing a System in any way must not print its DSN.
func (s *System) GoString() string { return s.String() }

const (
	lookTime = 10 * time.Second
	mostRows = 500
)

// A score is a row of the table.
type score struct {
	Model           string
	Score           int
	Calls, Good     int64   // inflated: good for their ratio only
	Likes, Dislikes int64   // from people, one by one
	Cost            float64 // USD a call
	Latency         float64 // ms a call
	Updated         time.Time
}

const query = `SELECT model, coalesce(score, 50)::int, coalesce(total_calls, 0)::bigint, coalesce(successful_calls, 0)::bigint, coalesce(likes, 0)::bigint,
	coalesce(dislikes, 0)::bigint, coalesce(avg_cost_per_call, 0)::float8, coalesce(avg_latency_ms, 0)::float8, coalesce(last_updated::timestamptz, 'epoch')
	FROM model_scores ORDER BY 2 DESC, 3 DESC, 1 LIMIT $1`

// read returns every score, the best first, in a transaction that cannot write.
func (s *System) read(ctx context.Context) (list []score, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	db, err := pgx.ConnectConfig(ctx, s.db.Copy())
	if err != nil {
		return nil, s.explain(err)
	}
	defer func() {
		bound, cancel := context.WithTimeout(context.Background(), time.Second) // also when the look was broken off
		defer cancel()
		_ = db.Close(bound) // everything was read
	}()
	err = pgx.BeginTxFunc(ctx, db, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', '8s', true), set_config('lock_timeout', '3s', true), set_config('TimeZone', 'UTC', true)`); err != nil {
			return fmt.Errorf("setting limits: %w", err)
		}
		rows, err := tx.Query(ctx, query, mostRows)
		if err != nil {
			return fmt.Errorf("asking for the scores: %w", err)
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[score])
		return err
	})
	if err != nil {
		return nil, s.explain(err)
	}
	return list, nil
}

// explain says in words why the table could not be read. What it returns never holds the DSN.
func (s *System) explain(err error) error {
	host, base, user := ops.Name(s.db.Host), ops.Name(s.db.Database), ops.Name(s.db.User)
	fail := func(say ops.Text) error {
		return ops.Fail(ops.Unavailable, say, errors.New(err.Error())) // err itself leads to the configuration, and so to the password
	}
	var pg *pgconn.PgError
	var dial *net.OpError
	switch {
	case errors.As(err, &pg):
		switch pg.Code {
		case "42P01":
			return fail(ops.T("there is no table model_scores in %s: is that the database of the collector?", "il n’y a pas de table model_scores dans %s : est-ce bien la base du collecteur ?", base))
		case "42703":
			return fail(ops.T("model_scores lacks a column that I know: %s", "il manque à model_scores une colonne que je connais : %s", ops.Clean(pg.Message)))
		case "42501":
			return fail(ops.T("%s may not read model_scores in %s: as its owner, GRANT SELECT on it", "%s ne peut pas lire model_scores dans %s : en tant que propriétaire, fais GRANT SELECT", user, base))
		case "28P01", "28000":
			return fail(ops.T("PostgreSQL on %s refuses %s: the password is wrong, or pg_hba.conf does not let it in", "PostgreSQL, sur %s, refuse %s : mot de passe faux, ou pg_hba.conf ne le laisse pas entrer", host, user))
		case "3D000":
			return fail(ops.T("there is no database %s on %s", "il n’y a pas de base %s sur %s", base, host))
		}
		return fail(ops.T("the scores' database says: %s", "la base des scores dit : %s", ops.Clean(pg.Message)))
	case errors.Is(err, context.DeadlineExceeded):
		return fail(ops.T("the scores' database (%s on %s) did not answer in time", "la base des scores (%s sur %s) n’a pas répondu à temps", base, host))
	case errors.As(err, &dial):
		return fail(ops.T("nothing answers where the scores' database should be (%s, port %d): is PostgreSQL up?", "rien ne répond là où devrait être la base des scores (%s, port %d) : PostgreSQL tourne-t-il ?", host, int(s.db.Port)))
	}
	return fail(ops.T("the scores' database (%s on %s, as %s) cannot be read", "la base des scores (%s sur %s, en tant que %s) est illisible", base, host, user))
}
