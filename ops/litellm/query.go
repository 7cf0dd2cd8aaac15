package litellm

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// healthName is what LiteLLM's health checks run as: it stands in api_key, team_id and request_tags of their rows, and as
// user_api_key_alias in the metadata (LITTELM_INTERNAL_HEALTH_SERVICE_ACCOUNT_NAME in litellm/constants.py).
const healthName = "litellm-internal-health-check"

// or is the column of the log, or what stands in for it where it cannot be read.
func (sc schema) or(column, instead string) string {
	if sc.can(logTable, column) {
		return `"` + column + `"`
	}
	return instead
}

// parasite is the condition that a row is a health check. The metadata are looked into only where the key is none that
// LiteLLM hashed (64 hex digits), which a health check's never is: they can be large, and are then stored apart from the row.
func (sc schema) parasite() string {
	var signs []string
	for _, c := range []string{"api_key", "team_id"} {
		if sc.can(logTable, c) {
			signs = append(signs, fmt.Sprintf(`COALESCE(%q = '%s', false)`, c, healthName))
		}
	}
	if sc.can(logTable, "request_tags") {
		signs = append(signs, fmt.Sprintf(`COALESCE("request_tags" ? '%s', false)`, healthName))
	}
	if sc.can(logTable, "metadata", "api_key") {
		signs = append(signs, fmt.Sprintf(`CASE WHEN length("api_key") = 64 THEN false ELSE COALESCE("metadata"->>'user_api_key_alias' = '%s', false) END`, healthName))
	}
	if signs == nil {
		return "false"
	}
	return strings.Join(signs, " OR ")
}

// within is the range of hours as the log's startTime, a timestamp without zone in UTC, sees it. It can use the index.
const within = `"startTime" >= ($1::timestamptz AT TIME ZONE 'UTC') AND "startTime" < ($2::timestamptz AT TIME ZONE 'UTC')`

// readHours reads what was spent in the hours of a range. Every hour of it is in the answer, though it may be empty.
func (sc schema) readHours(ctx context.Context, tx pgx.Tx, from, to hour) (map[hour]*bucket, error) {
	got := map[hour]*bucket{}
	for h := from; h < to; h++ {
		got[h] = newBucket()
	}
	at := func(t time.Time) *bucket { return got[hourOf(t)] }
	rows, err := tx.Query(ctx, `SELECT date_trunc('hour', "startTime"), `+sc.or("custom_llm_provider", "''")+`, `+sc.or("model_group", "''")+`, `+sc.or("model", "''")+`, `+
		sc.or("api_key", "''")+`, `+sc.parasite()+`, sum("spend"), count(*), COALESCE(sum(`+sc.or("total_tokens", "0")+`), 0)::bigint
		FROM "`+logTable+`" WHERE `+within+` GROUP BY 1, 2, 3, 4, 5, 6`, from.time(), to.time())
	if err == nil {
		err = scanLines(rows, at)
	}
	if err != nil {
		return nil, fmt.Errorf("adding up the calls from %s on: %w", from.time().Format(time.RFC3339), err)
	}
	if !sc.can(logTable, "request_tags") {
		return got, nil
	}
	rows, err = tx.Query(ctx, `SELECT h, tag, usd, calls, tokens FROM (SELECT *, row_number() OVER (PARTITION BY h ORDER BY usd DESC, calls DESC, tag) AS place
			FROM (SELECT date_trunc('hour', l."startTime") AS h, COALESCE(t.tag, '') AS tag, sum(l."spend") AS usd, count(*) AS calls, COALESCE(sum(`+sc.or("total_tokens", "0")+`), 0)::bigint AS tokens
				FROM "`+logTable+`" l LEFT JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(l."request_tags") WHEN 'array' THEN l."request_tags" ELSE '[]' END) t(tag) ON true
				WHERE `+within+` GROUP BY 1, 2) s) r WHERE place <= `+fmt.Sprint(mostTags), from.time(), to.time())
	if err == nil {
		err = scanTags(rows, at)
	}
	if err != nil {
		return nil, fmt.Errorf("adding up the tags from %s on: %w", from.time().Format(time.RFC3339), err)
	}
	return got, nil
}

// readDays reads what LiteLLM itself added up for the days of a range. Every day of it is in the answer.
func (sc schema) readDays(ctx context.Context, tx pgx.Tx, from, to day) (map[day]*bucket, error) {
	got := map[day]*bucket{}
	for d := from; d < to; d++ {
		got[d] = newBucket()
	}
	at := func(t time.Time) *bucket { return got[dayOf(t)] }
	or := func(table, column, instead string) string {
		if sc.can(table, column) {
			return `"` + column + `"`
		}
		return instead
	}
	figures := func(table string) string {
		return `COALESCE(sum("spend"), 0), COALESCE(sum(` + or(table, "api_requests", "0") + `), 0)::bigint, COALESCE(sum(` +
			or(table, "prompt_tokens", "0") + ` + ` + or(table, "completion_tokens", "0") + `), 0)::bigint FROM "` + table + `"
			WHERE "date" >= $1 AND "date" < $2`
	}
	first, end := from.time().Format(time.DateOnly), to.time().Format(time.DateOnly)
	key := or(userTable, "api_key", "''")
	rows, err := tx.Query(ctx, `SELECT "date"::timestamp, `+or(userTable, "custom_llm_provider", "''")+`, `+or(userTable, "model_group", "''")+`, `+or(userTable, "model", "''")+`, `+
		key+`, `+key+` = '`+healthName+`', `+figures(userTable)+` GROUP BY 1, 2, 3, 4, 5, 6`, first, end)
	if err == nil {
		err = scanLines(rows, at)
	}
	if err != nil {
		return nil, fmt.Errorf("reading LiteLLM's daily sums: %w", err)
	}
	if !sc.can(tagTable, "date", "tag", "spend") {
		return got, nil
	}
	rows, err = tx.Query(ctx, `SELECT "date"::timestamp, COALESCE("tag", ''), `+figures(tagTable)+` GROUP BY 1, 2`, first, end)
	if err == nil {
		err = scanTags(rows, at)
	}
	if err != nil {
		return nil, fmt.Errorf("reading LiteLLM's daily sums by tag: %w", err)
	}
	return got, nil
}

func scanLines(rows pgx.Rows, at func(time.Time) *bucket) error {
	var when time.Time
	var provider, alias, model, key *string
	var parasite *bool
	var s sum
	_, err := pgx.ForEachRow(rows, []any{&when, &provider, &alias, &model, &key, &parasite, &s.USD, &s.Calls, &s.Tokens}, func() error {
		if b := at(when); b != nil {
			l := lineOf(text(provider), text(alias), text(model), text(key))
			l.Parasite = parasite != nil && *parasite
			b.Lines[l] = b.Lines[l].plus(s)
		}
		return nil
	})
	return err
}

func scanTags(rows pgx.Rows, at func(time.Time) *bucket) error {
	var when time.Time
	var tag string
	var s sum
	_, err := pgx.ForEachRow(rows, []any{&when, &tag, &s.USD, &s.Calls, &s.Tokens}, func() error {
		if b := at(when); b != nil {
			tag = cut(tag)
			b.Tags[tag] = b.Tags[tag].plus(s)
		}
		return nil
	})
	return err
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
