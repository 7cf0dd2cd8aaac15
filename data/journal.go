package data

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

const columns = "seq, time, who, name, via, what, op, run, plan, note, prev, sum"

// Append implements [ops.Store]. A zero time becomes now; what no database can keep as text (NUL, broken
// UTF-8) becomes U+FFFD.
func (s *Store) Append(ctx context.Context, entries ...ops.Entry) ([]ops.Entry, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	mine := slices.Clone(entries) // the caller may leave before it is written
	var written []ops.Entry
	err := s.write(ctx, func(ctx context.Context, t *tx) (err error) {
		written, err = t.journal(ctx, mine)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("writing the journal: %w", err)
	}
	return written, nil
}

// journal links entries to the chain's end. They reach the database with [tx.flush].
func (t *tx) journal(ctx context.Context, entries []ops.Entry) ([]ops.Entry, error) {
	end, err := t.newest(ctx)
	if err != nil {
		return nil, err
	}
	linked := make([]ops.Entry, len(entries))
	for i, e := range entries {
		e = storable(e, t.now)
		e.Seq, e.Prev = end.Seq+1, end.Sum
		e.Sum = sum(e)
		end = Mark{e.Seq, e.Sum}
		linked[i] = e
	}
	*t.head = end
	t.entries = append(t.entries, linked...)
	return linked, nil
}

// storable is e as both databases give it back.
func storable(e ops.Entry, now time.Time) ops.Entry {
	if e.Time.IsZero() {
		e.Time = now
	}
	e.Time = moment(millis(e.Time))
	for _, field := range []*string{&e.Name, &e.Via, &e.What, &e.Op, &e.Run, &e.Plan, &e.Note} {
		*field = strings.ReplaceAll(strings.ToValidUTF8(*field, "\uFFFD"), "\x00", "\uFFFD")
	}
	return e
}

// flush writes the linked entries, and what the newest is now.
func (t *tx) flush(ctx context.Context) error {
	rest := t.entries
	if len(rest) == 0 {
		return nil
	}
	for _, size := range []int{32, 8, 1} { // few different statements, which both drivers keep prepared
		for len(rest) >= size {
			args := make([]any, 0, size*12)
			for _, e := range rest[:size] {
				args = append(args, e.Seq, millis(e.Time), e.Who, e.Name, e.Via, e.What, e.Op, e.Run, e.Plan, e.Note, e.Prev, e.Sum)
			}
			if _, err := t.ExecContext(ctx, "INSERT INTO journal ("+columns+") VALUES "+places(size, 12), args...); err != nil {
				return fmt.Errorf("inserting into the journal: %w", err)
			}
			rest = rest[size:]
		}
	}
	_, err := t.ExecContext(ctx, `INSERT INTO head (one, seq, sum) VALUES (1, $1, $2)
		ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, sum = excluded.sum`, t.head.Seq, t.head.Sum)
	if err != nil {
		return fmt.Errorf("writing the end of the journal: %w", err)
	}
	return nil
}

// places is rows groups of placeholders: ($1, $2), ($3, $4).
func places(rows, columns int) string {
	var b strings.Builder
	for n := range rows * columns {
		switch {
		case n == 0:
			b.WriteString("(")
		case n%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", n+1)
	}
	return b.String() + ")"
}

// Entries implements [ops.Store].
func (s *Store) Entries(ctx context.Context, q ops.Query) ([]ops.Entry, error) {
	var where []string
	var args []any
	add := func(condition string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	if q.Run != "" {
		add("run = $%d", q.Run)
	}
	if q.Op != "" {
		add("op = $%d", q.Op)
	}
	if q.Who != 0 {
		add("who = $%d", q.Who)
	}
	if !q.Since.IsZero() {
		since := millis(q.Since.Add(time.Millisecond - 1)) // not before Since, which may be finer
		add("time >= $%d", since)
		// Else little news is looked for in the whole journal. The 0 keeps both planners to the times' index.
		add("seq >= (SELECT MIN(seq + 0) FROM journal WHERE time >= $%d)", since)
	}
	if len(q.What) > 0 {
		what := make([]string, len(q.What))
		for i, w := range q.What {
			args = append(args, w)
			what[i] = fmt.Sprintf("$%d", len(args))
		}
		where = append(where, "what IN ("+strings.Join(what, ", ")+")")
	}
	query := "SELECT " + columns + " FROM journal"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	if q.Limit <= 0 {
		q.Limit = 100
	}
	args = append(args, q.Limit)
	return s.entries(ctx, fmt.Sprintf("%s ORDER BY seq DESC LIMIT $%d", query, len(args)), args...)
}

// Head implements [ops.Store].
func (s *Store) Head(ctx context.Context) (ops.Entry, error) {
	list, err := s.entries(ctx, "SELECT "+columns+" FROM journal ORDER BY seq DESC LIMIT 1")
	if err != nil || len(list) == 0 {
		return ops.Entry{}, err
	}
	return list[0], nil
}

func (s *Store) entries(ctx context.Context, query string, args ...any) (list []ops.Entry, err error) {
	rows, err := s.reads.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", s.engine.explain(err))
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the journal: %w", s.engine.explain(err))
	}
	return list, nil
}

func scanEntry(rows *sql.Rows) (e ops.Entry, err error) {
	var ms int64
	if err = rows.Scan(&e.Seq, &ms, &e.Who, &e.Name, &e.Via, &e.What, &e.Op, &e.Run, &e.Plan, &e.Note, &e.Prev, &e.Sum); err != nil {
		return e, fmt.Errorf("reading a journal entry: %w", err)
	}
	e.Time = moment(ms)
	return e, nil
}
