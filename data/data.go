// Package data keeps the journal and the state: on one SQLite file, or on PostgreSQL, with the same SQL.
package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"vigie/ops"
)

var (
	// ErrInUse says that another Vigie has the database.
	ErrInUse = errors.New("another vigie uses this database")
	// ErrNewer says that a newer Vigie has changed the database's schema.
	ErrNewer = errors.New("the database was written by a newer vigie")
	// ErrReadOnly says that the store was opened only to be read.
	ErrReadOnly = errors.New("the store is open for reading only")
	// ErrClosed says that the store has been closed.
	ErrClosed = errors.New("the store is closed")
)

// Options say where the store is: on PostgreSQL if there is a DSN, else in the SQLite file at Path.
type Options struct {
	Path string
	DSN  string
}

// A Store keeps the journal, the documents and the updates that came in. It is one process's: a second
// one is refused with [ErrInUse].
//
// All writes go through one goroutine, which commits what many callers want in one transaction, so that
// a slow disk's fsync is paid once for all who wait. A write has happened, durably, when its call returns
// nil. It has not when the call returns another error, with two exceptions after which it may have: the
// context ended meanwhile, or the connection broke during the commit. Look before writing again.
type Store struct {
	options Options
	engine  engine
	writes  *sql.DB // one connection; nil when read-only
	reads   *sql.DB

	queue   chan *write   // unbuffered: what is received will be answered
	wake    chan struct{} // some marks wait
	closing chan struct{}
	ended   chan struct{} // closed by the writing goroutine, at its end

	once     sync.Once // guards closing
	closeErr error

	marks    marks
	counters counters
}

var _ ops.Store = (*Store)(nil)

// Open opens the store, makes or migrates its tables, and keeps it from others until Close. What is left
// running inside ends with Close.
func Open(ctx context.Context, o Options) (*Store, error) {
	e, err := engineOf(o)
	if err != nil {
		return nil, err
	}
	s := &Store{
		options: o, engine: e,
		queue:   make(chan *write),
		wake:    make(chan struct{}, 1),
		closing: make(chan struct{}),
		ended:   make(chan struct{}),
	}
	if s.writes, err = e.write(ctx); err != nil {
		return nil, errors.Join(err, e.close())
	}
	if err = e.migrate(ctx, s.writes); err == nil {
		s.reads, err = e.read(ctx)
	}
	if err == nil {
		err = s.check(ctx)
	}
	if err != nil {
		return nil, errors.Join(e.explain(err), s.closeAll())
	}
	go s.writer() // Close waits for it
	return s, nil
}

// OpenReadOnly opens a store that may be in use by a running Vigie, to look at it and to verify it.
// It writes nothing, and every method that would returns [ErrReadOnly].
func OpenReadOnly(ctx context.Context, o Options) (*Store, error) {
	e, err := engineOf(o)
	if err != nil {
		return nil, err
	}
	s := &Store{options: o, engine: e, closing: make(chan struct{}), ended: make(chan struct{})}
	close(s.ended)
	if s.reads, err = e.read(ctx); err == nil {
		err = e.current(ctx, s.reads)
	}
	if err == nil {
		err = s.check(ctx)
	}
	if err != nil {
		return nil, errors.Join(e.explain(err), s.closeAll())
	}
	return s, nil
}

// check reads a little, so that a broken database is found at once and not by the first write.
func (s *Store) check(ctx context.Context) error {
	if _, err := s.Head(ctx); err != nil {
		return err
	}
	if _, err := s.List(ctx, "setting", ""); err != nil {
		return err
	}
	return nil
}

// Options are those that the store was opened with.
func (s *Store) Options() Options { return s.options }

// Close commits what waits and lets go of the database.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.closing)
		<-s.ended
		s.closeErr = s.closeAll()
	})
	return s.closeErr
}

func (s *Store) closeAll() error {
	var errs []error
	for _, db := range []*sql.DB{s.reads, s.writes} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	errs = append(errs, s.engine.close()) // last: it lets the next one in
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("closing the store: %w", err)
	}
	return nil
}

func millis(t time.Time) int64 { return t.UnixMilli() }

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
