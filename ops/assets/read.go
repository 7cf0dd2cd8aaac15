package assets

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// A wish is which rows are wanted.
type wish struct {
	since time.Time
	word  string // a type, a provider or a model; "" is all
}

// An asset is one row. Cost is in USD, and nil where it is not known.
type asset struct {
	Type, Provider, Model, Name, URL string
	Cost                             *float64
	When                             *float64 // seconds since 1970
}

// A sum is what one provider made and took.
type sum struct {
	Provider string
	Count    int64
	Cost     float64 // USD, of those whose cost is known
	Unknown  int64   // whose is not
}

// A view is what one look found in a table.
type view struct {
	newest           []asset
	sums             []sum
	words            []string // types, providers and models that there are, where nothing was found of the one asked for
	today, yesterday float64  // USD
	days             bool     // they are known
}

const mostShown = 10

// where is the condition of a wish, and its arguments.
func (t table) where(w wish) (condition string, args []any) {
	condition = "true"
	if name := t.dated(); name != "" && !w.since.IsZero() {
		args = append(args, w.since)
		condition += fmt.Sprintf(" AND %s::timestamptz >= $%d", pgx.Identifier{name}.Sanitize(), len(args))
	}
	if w.word != "" {
		args = append(args, w.word)
		condition += fmt.Sprintf(" AND lower($%d) IN (lower(%s), lower(%s), lower(%s))", len(args), t.text("type"), t.text("provider"), t.text("model"))
	}
	return condition, args
}

// read gets what a look shows of a table.
func (s *System) read(ctx context.Context, t table, w wish) (v view, err error) {
	err = s.reading(ctx, t.source, func(tx pgx.Tx) (err error) {
		if v.newest, err = t.rowsOf(ctx, tx, w, mostShown); err != nil {
			return err
		}
		where, args := t.where(w)
		rows, err := tx.Query(ctx, `SELECT `+t.text("provider")+`, count(*), coalesce(sum(`+t.cost()+`), 0), count(*) FILTER (WHERE `+t.cost()+` IS NULL) FROM `+t.from()+
			` WHERE `+where+` GROUP BY 1 ORDER BY 3 DESC, 2 DESC, 1`, args...)
		if err != nil {
			return fmt.Errorf("adding up: %w", err)
		}
		if v.sums, err = pgx.CollectRows(rows, pgx.RowToStructByPos[sum]); err != nil {
			return fmt.Errorf("adding up: %w", err)
		}
		if w.word != "" && len(v.newest) == 0 {
			if v.words, err = t.wordsOf(ctx, tx); err != nil {
				return err
			}
		}
		return s.readDays(ctx, tx, t, &v)
	})
	return v, err
}

// rowsOf are the newest rows.
func (t table) rowsOf(ctx context.Context, tx pgx.Tx, w wish, most int) ([]asset, error) {
	where, args := t.where(w)
	rows, err := tx.Query(ctx, `SELECT `+strings.Join([]string{t.text("type"), t.text("provider"), t.text("model"), t.text("output_name"), t.text("result_url"), t.cost(), t.when()}, ", ")+
		` FROM `+t.from()+` WHERE `+where+fmt.Sprintf(` ORDER BY 7 DESC NULLS LAST, 4 LIMIT %d`, most), args...)
	if err != nil {
		return nil, fmt.Errorf("reading rows: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[asset])
	if err != nil {
		return nil, fmt.Errorf("reading rows: %w", err)
	}
	return list, nil
}

// wordsOf are the types, providers and models that there are.
func (t table) wordsOf(ctx context.Context, tx pgx.Tx) (list []string, err error) {
	rows, err := tx.Query(ctx, `SELECT w FROM (SELECT `+t.text("type")+` w, 1 n FROM `+t.from()+` UNION SELECT `+t.text("provider")+`, 2 FROM `+t.from()+` UNION SELECT `+t.text("model")+`, 3 FROM `+t.from()+
		`) x WHERE w <> '' GROUP BY w ORDER BY min(n), w LIMIT 8`)
	if err != nil {
		return nil, fmt.Errorf("asking what there is: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// readDays adds up today and yesterday, from asset_cost_daily where it can, and else from the table itself.
func (s *System) readDays(ctx context.Context, tx pgx.Tx, t table, v *view) error {
	if t.dated() == "" || t.columns["cost_usd"] == "" {
		return nil
	}
	now := time.Now().In(s.zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, s.zone)
	yesterday := today.AddDate(0, 0, -1)
	v.days = true
	if t.daily {
		err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error { // a view of another shape must not end the look
			return inner.QueryRow(ctx, `SELECT coalesce(sum(total_cost_usd) FILTER (WHERE day::date = $1::date), 0)::float8, coalesce(sum(total_cost_usd) FILTER (WHERE day::date = $2::date), 0)::float8 FROM `+
				pgx.Identifier{t.schema, "asset_cost_daily"}.Sanitize(), today.Format(time.DateOnly), yesterday.Format(time.DateOnly)).Scan(&v.today, &v.yesterday)
		})
		if err == nil && !math.IsNaN(v.today+v.yesterday) {
			return nil
		}
	}
	when := pgx.Identifier{t.dated()}.Sanitize() + `::timestamptz`
	err := tx.QueryRow(ctx, `SELECT coalesce(sum(`+t.cost()+`) FILTER (WHERE `+when+` >= $1), 0), coalesce(sum(`+t.cost()+`) FILTER (WHERE `+when+` < $1), 0) FROM `+t.from()+` WHERE `+when+` >= $2`,
		today, yesterday).Scan(&v.today, &v.yesterday)
	if err != nil {
		return fmt.Errorf("adding up days: %w", err)
	}
	return nil
}
