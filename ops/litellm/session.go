package litellm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// A session is one look at the database, on one connection. Its holder has the turn.
type session struct {
	*System
	db     *pgx.Conn
	schema schema
	first  time.Time // of the oldest row in the log; zero if there is none, or none that may be read
}

// session connects and asks what there is to read.
func (s *System) session(ctx context.Context) (*session, error) {
	db, err := pgx.ConnectConfig(ctx, s.db.Copy())
	if err != nil {
		return nil, s.explain(err)
	}
	x := &session{System: s, db: db}
	err = x.within(ctx, lookTime, func(tx pgx.Tx) error {
		if x.schema, err = probe(ctx, tx); err != nil {
			return err
		}
		if no := x.schema.usable(s); no != nil {
			return no
		}
		if !x.schema.canLog() {
			return nil
		}
		var first *time.Time
		if err := tx.QueryRow(ctx, `SELECT min("startTime") FROM "`+logTable+`"`).Scan(&first); err != nil {
			return fmt.Errorf("asking for the oldest call: %w", err)
		}
		if first != nil {
			x.first = *first
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(s.explain(err), x.close())
	}
	return x, nil
}

func (x *session) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second) // also when the look was broken off
	defer cancel()
	return x.db.Close(ctx)
}

// within runs do in a transaction that cannot write, waits for no lock long, and uses one core of the server at most: the
// database is there for LiteLLM. The planner expects each hour to have as many groups as rows and would sort them all on disk:
// told not to, it counts them in a hash, in two thirds of the time.
func (x *session) within(ctx context.Context, most time.Duration, do func(pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, x.db, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', '3s', true), set_config('TimeZone', 'UTC', true),
			set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true), set_config('enable_sort', 'off', true)`, fmt.Sprint(most.Milliseconds()))
		if err != nil {
			return fmt.Errorf("setting limits: %w", err)
		}
		return do(tx)
	})
}

// logged reports whether the log has the calls. LiteLLM can be told not to keep them (disable_spend_logs): then there are
// only its daily sums.
func (x *session) logged() bool { return !x.first.IsZero() || !x.schema.canDays() }
