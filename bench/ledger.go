package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"vigie/ops/litellm/litellmtest"
)

// A ledger is a PostgreSQL that LiteLLM could have filled.
type ledger struct {
	server *litellmtest.Server
	db     *pgx.Conn
	rows   int
	config string // for a bot that reads it when it starts and when it is asked, not every minute besides
}

func openLedger(ctx context.Context) (l *ledger, err error) {
	l = &ledger{}
	if l.rows, err = spendRows(); err != nil {
		return nil, err
	}
	if l.server, err = litellmtest.Start(ctx); err != nil {
		return nil, err
	}
	dsn := l.server.DSN("postgres", "postgres")
	l.config = fmt.Sprintf("[litellm]\ndsn = %q\nevery = \"1h\"\n", dsn)
	if l.db, err = pgx.Connect(ctx, dsn); err != nil {
		return nil, errors.Join(fmt.Errorf("connecting to PostgreSQL: %w", err), l.server.Stop())
	}
	if err := litellmtest.Fill(ctx, l.db, l.rows); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *ledger) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(l.db.Close(ctx), l.server.Stop())
}

// total is what the SQL says that it all cost, as /costs writes it, without spaces.
func (l *ledger) total(ctx context.Context) (string, error) {
	var usd float64
	if err := l.db.QueryRow(ctx, "SELECT sum(usd) FROM ("+plain+") s").Scan(&usd); err != nil {
		return "", fmt.Errorf("asking PostgreSQL: %w", err)
	}
	if usd < 1000 {
		return fmt.Sprintf("%.2f", usd), nil
	}
	return fmt.Sprintf("%.0f", usd), nil
}

// unread waits until the bot, which keeps no session open, has had none for three seconds: it has read what it wants to know.
func (l *ledger) unread(ctx context.Context) error {
	for calm := 0; calm < 30; calm++ {
		var open bool
		err := l.db.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'vigie')").Scan(&open)
		if err := errors.Join(err, pause(ctx, 100*time.Millisecond)); err != nil {
			return fmt.Errorf("waiting until the log is read: %w", err)
		}
		if open {
			calm = 0
		}
	}
	return nil
}

// run executes SQL and gives how long it took.
func (l *ledger) run(ctx context.Context, sql string) (time.Duration, error) {
	began := time.Now()
	if _, err := l.db.Exec(ctx, sql); err != nil {
		return 0, fmt.Errorf("asking PostgreSQL: %w", err)
	}
	return time.Since(began), nil
}
