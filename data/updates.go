package data

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"
)

// An Update is something that came in from outside, under the number that its source gave it.
type Update struct {
	ID   int64
	Body []byte // kept byte for byte
}

const (
	keepFor  = 7 * 24 * time.Hour // how long a handled update is remembered; Telegram forgets its own after 24 h
	keepMost = 100_000            // and how many of a source at most
	pruneBy  = 2_000              // how many are removed at once, so that a write never waits long
	pruneAt  = 1_000              // after how many new ones old ones are looked for

	// laziness is how long marks may wait for another write to go with. A crash loses them, and what they
	// marked is given out again.
	laziness = time.Second
)

// Record keeps updates and returns those that were not recorded before, in order. When it returns, the
// source may forget them.
func (s *Store) Record(ctx context.Context, source string, updates []Update) ([]Update, error) {
	if len(updates) == 0 {
		return nil, nil
	}
	mine := make([]Update, len(updates))
	for i, u := range updates {
		mine[i] = Update{u.ID, append([]byte{}, u.Body...)} // the caller may leave before it is written; NULL is no body
	}
	var news []Update
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		news = nil
		for _, u := range mine {
			isNew, err := t.changed(ctx, `INSERT INTO updates (source, id, time, handled, body) VALUES ($1, $2, $3, 0, $4)
				ON CONFLICT (source, id) DO NOTHING`, source, u.ID, millis(t.now), u.Body)
			if err != nil {
				return fmt.Errorf("inserting: %w", err)
			}
			if isNew {
				news = append(news, u)
			}
		}
		if s.marks.due(source, len(news), t.now) {
			return t.prune(ctx, source)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("recording updates of %s: %w", source, err)
	}
	return news, nil
}

// prune removes handled updates that are old, or too many.
func (t *tx) prune(ctx context.Context, source string) error {
	var beyond int64 // the time of the newest one that is too many
	err := t.QueryRowContext(ctx, "SELECT time FROM updates WHERE source = $1 ORDER BY time DESC LIMIT 1 OFFSET $2", source, keepMost).Scan(&beyond)
	if noRows(err) != nil {
		return fmt.Errorf("counting old ones: %w", err)
	}
	_, err = t.ExecContext(ctx, `DELETE FROM updates WHERE source = $1 AND id IN
		(SELECT id FROM updates WHERE source = $1 AND handled = 1 AND time <= $2 ORDER BY time LIMIT $3)`,
		source, max(beyond, millis(t.now.Add(-keepFor))), pruneBy)
	if err != nil {
		return fmt.Errorf("removing old ones: %w", err)
	}
	return nil
}

// Unhandled returns the updates that were recorded and not marked as handled, in the order they came.
func (s *Store) Unhandled(ctx context.Context, source string) (list []Update, err error) {
	if s.writes != nil { // the marks that wait go first
		if err := s.write(ctx, func(context.Context, *tx) error { return nil }); err != nil {
			return nil, fmt.Errorf("reading updates of %s: %w", source, err)
		}
	}
	rows, err := s.reads.QueryContext(ctx, "SELECT id, body FROM updates WHERE source = $1 AND handled = 0 ORDER BY time, id", source)
	if err != nil {
		return nil, fmt.Errorf("reading updates of %s: %w", source, s.engine.explain(err))
	}
	defer rows.Close()
	for rows.Next() {
		var u Update
		if err := rows.Scan(&u.ID, &u.Body); err != nil {
			return nil, fmt.Errorf("reading an update of %s: %w", source, err)
		}
		list = append(list, u)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading updates of %s: %w", source, s.engine.explain(err))
	}
	return list, nil
}

// Handled marks updates that need not be given out again. It does not wait: the mark is written with the
// next write, within a second, or at Close. A crash before that gives them out again.
func (s *Store) Handled(ctx context.Context, source string, ids ...int64) error {
	if s.writes == nil {
		return ErrReadOnly
	}
	select {
	case <-s.closing:
		return ErrClosed
	default:
	}
	s.marks.add(source, ids)
	select {
	case s.wake <- struct{}{}:
	default: // it knows already
	}
	return ctx.Err()
}

// mark writes marks into the database.
func (t *tx) mark(ctx context.Context, handled map[string][]int64) error {
	for source, ids := range handled {
		for len(ids) > 0 {
			n := min(len(ids), 200)
			in, args := make([]string, n), []any{source}
			for i, id := range ids[:n] {
				args = append(args, id)
				in[i] = fmt.Sprintf("$%d", len(args))
			}
			if _, err := t.ExecContext(ctx, "UPDATE updates SET handled = 1 WHERE source = $1 AND id IN ("+strings.Join(in, ", ")+")", args...); err != nil {
				return fmt.Errorf("marking updates of %s: %w", source, err)
			}
			ids = ids[n:]
		}
	}
	return nil
}

// marks are handled updates that have not been written as such.
type marks struct {
	mu     sync.Mutex // guards what follows; never held during a write
	ids    map[string][]int64
	news   map[string]int       // how many were recorded since old ones were looked for
	pruned map[string]time.Time // when that was
}

func (m *marks) add(source string, ids []int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ids == nil {
		m.ids = map[string][]int64{}
	}
	m.ids[source] = append(m.ids[source], ids...)
}

func (m *marks) take() map[string][]int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.ids
	m.ids = nil
	return taken
}

func (m *marks) putBack(taken map[string][]int64) {
	for source, ids := range taken {
		m.add(source, ids)
	}
}

// due reports whether it is time to look for old updates: at first, after many new ones, and daily.
func (m *marks) due(source string, news int, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.news == nil {
		m.news, m.pruned = map[string]int{}, map[string]time.Time{}
	}
	m.news[source] += news
	if m.news[source] < pruneAt && now.Sub(m.pruned[source]) < 24*time.Hour {
		return false
	}
	m.news[source], m.pruned[source] = 0, now
	return true
}

// waiting counts the marks.
func (m *marks) waiting() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for ids := range maps.Values(m.ids) {
		n += len(ids)
	}
	return n
}
