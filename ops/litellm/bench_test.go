package litellm

import (
	"context"
	"flag"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vigie/ops"
	"vigie/ops/litellm/litellmtest"
)

var (
	benchRows = flag.Int("rows", 100_000, "how many calls BenchmarkCosts makes")
	benchDSN  = flag.String("dsn", "", "a database that litellmtest.Fill has filled, for BenchmarkCosts to use instead of making one")
)

// BenchmarkCosts is what the figures cost beside the SQL that gives them without us:
//
//	go test -run '^$' -bench Costs -benchtime 5x ./ops/litellm -rows 10000000
func BenchmarkCosts(b *testing.B) {
	dsn, ctx := *benchDSN, context.Background()
	if dsn == "" {
		dsn = server.DSN("postgres", newBase(b, "SELECT 1").name)
	}
	db, err := pgx.Connect(ctx, dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close(ctx)
	if *benchDSN == "" {
		if err := litellmtest.Fill(ctx, db, *benchRows); err != nil {
			b.Fatal(err)
		}
	}
	open := func() *System {
		s, err := New(Options{DSN: dsn})
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	read := func(s *System, need day) {
		if err := s.refresh(ctx); err != nil {
			b.Fatal(err)
		}
		if err := s.fill(ctx, need, true, time.Now().Add(time.Hour)); err != nil {
			b.Fatal(err)
		}
	}
	today := dayOf(time.Now())
	b.Run("first look: today and yesterday", func(b *testing.B) {
		for b.Loop() {
			read(open(), today-1)
		}
	})
	s := open()
	b.Run("first fill: 61 days", func(b *testing.B) {
		for b.Loop() {
			s = open()
			read(s, today-dayDays)
		}
	})
	b.Run("first fill without daily sums", func(b *testing.B) {
		for b.Loop() {
			bare := open()
			if err := bare.reading(ctx, func(x *session) error {
				x.schema[userTable] = nil
				for done := false; !done; {
					if done, err = x.fill(ctx, today-dayDays, true); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("refresh", func(b *testing.B) {
		for b.Loop() {
			s.read = s.read.Add(-time.Minute)
			read(s, today)
		}
	})
	b.Run("/costs", func(b *testing.B) {
		for b.Loop() {
			if _, err := ask(b, s, ops.English, "litellm.costs"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("/costs 30d model, after a refresh", func(b *testing.B) {
		for b.Loop() {
			s.read = s.read.Add(-time.Minute)
			if _, err := ask(b, s, ops.English, "litellm.costs", "period", "30d", "by", "model"); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, where := range map[string]string{"24 hours": `WHERE "startTime" >= now() AT TIME ZONE 'UTC' - interval '24 hours'`, "7 days": `WHERE "startTime" >= now() AT TIME ZONE 'UTC' - interval '7 days'`, "all": ""} {
		b.Run("plain SQL by model: "+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := db.Exec(ctx, `SELECT model, sum(spend), count(*) FROM "LiteLLM_SpendLogs" `+where+` GROUP BY model ORDER BY 2 DESC LIMIT 10`); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
