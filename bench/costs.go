package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"vigie/bot/botapi"
)

const (
	// askCosts is what is asked for: nearly all that is in the log.
	askCosts = "/costs 30d"
	// plain is the same figures as SQL: what each provider cost in 30 UTC days, today being one of them.
	plain = `SELECT custom_llm_provider, sum(spend) AS usd, count(*) FROM "LiteLLM_SpendLogs"
		WHERE "startTime" >= date_trunc('day', now() AT TIME ZONE 'UTC') - interval '29 days' GROUP BY 1 ORDER BY 2 DESC`
	// stale is a second longer than the sums of the running hours are good for.
	stale = 16 * time.Second
	// newest is what has come since then, at the rate of ten million calls in 30 days.
	newest = `INSERT INTO "LiteLLM_SpendLogs" (request_id, call_type, api_key, spend, total_tokens, "startTime", "endTime", model, model_group, custom_llm_provider)
		SELECT gen_random_uuid()::text, 'acompletion', 'k', 0.01, 200, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 'm', 'm', 'openai' FROM generate_series(1, 60)`
	firsts, cached, refreshes = 5, 34, 3 // cached ones before each refresh
)

// spendRows is how many calls LiteLLM's log holds: BENCH_ROWS, or a million.
func spendRows() (int, error) {
	text := os.Getenv("BENCH_ROWS")
	if text == "" {
		return 1_000_000, nil
	}
	n, err := strconv.Atoi(strings.ReplaceAll(text, "_", ""))
	if err != nil || n < 1000 {
		return 0, fmt.Errorf("BENCH_ROWS is a number from 1000 on, not %q", text)
	}
	return n, nil
}

// fillTime is how long making so many calls may take on a busy machine: four times what it takes on an idle one.
func fillTime() time.Duration {
	n, _ := spendRows() // a number that does not read is told where it is used
	return time.Duration(n) * 100 * time.Microsecond
}

// costs measures /costs on LiteLLM's log, beside the SQL that gives the same figures.
func (b *bench) costs(ctx context.Context) (rows []row, err error) {
	l, err := openLedger(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	r, err := openRoom(botapi.Limits{})
	if err != nil {
		return nil, err
	}
	defer r.close()
	var first, floor []time.Duration
	note, partly := "", 0
	for range firsts {
		took, whole, err := b.firstCosts(ctx, r, l)
		if !whole {
			partly++
			note = fmt.Sprintf("%d of them say that not all is read yet", partly)
		}
		bare, failed := l.run(ctx, plain)
		if err := errors.Join(err, failed); err != nil {
			return nil, err
		}
		first, floor = append(first, took), append(floor, bare)
	}
	again, refreshed, err := b.laterCosts(ctx, r, l)
	if err != nil {
		return nil, err
	}
	what, is := fmt.Sprintf("%s, %s calls: ", askCosts, inMillions(l.rows)), "the plain SQL"
	return []row{
		{what: what + "the first of a new process and store", n: len(first), note: note, got: times(first), floor: times(floor), floorIs: is},
		{what: what + "again", n: len(again), got: times(again), floor: times(floor), floorIs: fmt.Sprintf("%s (n %d)", is, len(floor))},
		{what: what + "after 16 s, with what is new", n: len(refreshed), got: times(refreshed), floor: times(floor), floorIs: fmt.Sprintf("%s (n %d)", is, len(floor))},
	}, nil
}

// laterCosts are those of a bot that has read the log before: from what it knows, and with what has come since.
func (b *bench) laterCosts(ctx context.Context, r *room, l *ledger) (again, refreshed []time.Duration, err error) {
	p, err := b.live(ctx, r, b.programs.vigie, socket, l.config)
	if err != nil {
		return nil, nil, err
	}
	defer p.kill()
	_, err = r.askedCosts(ctx, p, firstChat) // it reads what is asked for, and the watch the rest
	if err = errors.Join(err, l.unread(ctx)); err != nil {
		return nil, nil, err
	}
	if _, err := r.askedCosts(ctx, p, firstChat); err != nil {
		return nil, nil, err
	}
	for i := range refreshes {
		read := time.Now()
		for j := range cached {
			took, err := r.askedCosts(ctx, p, int64(firstChat+1+j))
			if err := errors.Join(err, pause(ctx, between)); err != nil {
				return nil, nil, err
			}
			if time.Since(read) < stale-2*time.Second { // else it may have read
				again = append(again, took)
			}
		}
		_, err := l.run(ctx, newest)
		if err := errors.Join(err, pause(ctx, time.Until(read.Add(stale)))); err != nil {
			return nil, nil, err
		}
		took, err := r.askedCosts(ctx, p, int64(firstChat+i))
		if err != nil {
			return nil, nil, err
		}
		refreshed = append(refreshed, took)
	}
	return again, refreshed, p.stop()
}

func inMillions(n int) string {
	if n < 1_000_000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%.4g million", float64(n)/1e6)
}
