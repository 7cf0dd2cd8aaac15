package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"vigie/ops"
)

// mostWrites is how many callers one transaction serves.
const mostWrites = 512

// A write is what one caller wants done in a transaction. It may be called again after a rollback.
type write struct {
	do   func(context.Context, *tx) error
	gone <-chan struct{} // its caller does not wait any more
	done chan error      // buffered: the answer never waits for the caller
}

// write has do called in a transaction and waits until that is durable. A do that finds that it must not
// write keeps that to itself and returns nil: its error would roll back, and is for a broken database.
func (s *Store) write(ctx context.Context, do func(context.Context, *tx) error) error {
	if s.writes == nil {
		return ErrReadOnly
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &write{do: do, gone: ctx.Done(), done: make(chan error, 1)}
	select {
	case s.queue <- w:
	case <-s.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writer is the one goroutine that writes. While it commits, callers line up; then it takes them all.
func (s *Store) writer() {
	defer close(s.ended)
	var late <-chan time.Time // when the marks have waited long enough
	for {
		var batch []*write
		select {
		case w := <-s.queue:
			batch = s.waiting([]*write{w})
		case <-s.wake:
			if late == nil {
				late = time.After(laziness)
			}
			continue
		case <-late:
		case <-s.closing:
			s.commit(s.waiting(nil))
			return
		}
		late = nil
		if !s.commit(batch) {
			late = time.After(laziness) // the marks are still there
		}
	}
}

// waiting adds everybody who stands in line right now.
func (s *Store) waiting(batch []*write) []*write {
	for len(batch) < mostWrites {
		select {
		case w := <-s.queue:
			batch = append(batch, w)
		default:
			return batch
		}
	}
	return batch
}

// commit answers every write of the batch. One that fails is taken out and the others are tried again, so
// that nobody pays for a neighbour; when the transaction as such fails, it fails for all. It reports
// whether the marks were written.
func (s *Store) commit(batch []*write) (marked bool) {
	batch = present(batch)
	if len(batch) == 0 && s.marks.waiting() == 0 {
		return true
	}
	for {
		began := time.Now()
		culprit, err := s.transact(batch)
		s.counters.committed(len(batch), time.Since(began), err)
		if err != nil {
			err = s.engine.explain(err)
		}
		if err == nil || culprit < 0 {
			for _, w := range batch {
				w.done <- err
			}
			return err == nil
		}
		batch[culprit].done <- err
		batch = append(batch[:culprit], batch[culprit+1:]...) // none left: there may still be marks
	}
}

// present leaves out the writes whose callers have gone before they began.
func present(batch []*write) []*write {
	here := batch[:0]
	for _, w := range batch {
		select {
		case <-w.gone:
			w.done <- context.Canceled // nobody reads it
		default:
			here = append(here, w)
		}
	}
	return here
}

// transact runs the batch in one transaction. After an error nothing of it is written (but see [Store]
// about a broken commit), and culprit is the write that failed, or -1.
func (s *Store) transact(batch []*write) (culprit int, err error) {
	ctx := context.Background() // of no caller: one that leaves must not undo the others
	if patience := s.engine.patience(); patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	handled := s.marks.take()
	defer func() {
		if err != nil {
			s.marks.putBack(handled)
		}
	}()
	inner, err := s.writes.BeginTx(ctx, nil)
	if err != nil {
		return -1, fmt.Errorf("beginning to write: %w", err)
	}
	defer inner.Rollback() // nothing after a commit
	t := &tx{Tx: inner, now: time.Now()}
	for i, w := range batch {
		if err := w.do(ctx, t); err != nil {
			return i, err
		}
	}
	if err := t.mark(ctx, handled); err != nil {
		return -1, err
	}
	if err := t.flush(ctx); err != nil {
		return -1, err
	}
	if err := inner.Commit(); err != nil {
		return -1, fmt.Errorf("committing: %w", err)
	}
	return -1, nil
}

// A tx is a transaction that many callers share.
type tx struct {
	*sql.Tx
	now     time.Time
	head    *Mark // the newest entry, with those below; nil until it was read
	entries []ops.Entry
}

// changed reports whether a statement changed a row.
func (t *tx) changed(ctx context.Context, query string, args ...any) (bool, error) {
	result, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// newest returns the end of the chain.
func (t *tx) newest(ctx context.Context) (Mark, error) {
	if t.head == nil {
		var m Mark
		err := t.QueryRowContext(ctx, "SELECT seq, sum FROM head WHERE one = 1").Scan(&m.Seq, &m.Sum)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return Mark{}, fmt.Errorf("reading the end of the journal: %w", err)
		}
		t.head = &m
	}
	return *t.head, nil
}
