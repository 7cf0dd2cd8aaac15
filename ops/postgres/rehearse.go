package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A DumpInfo is a dump that was read to its end.
type DumpInfo struct {
	File
	Contents
}

// Dump writes a dump of a database to path, which must not exist, in the custom format. It gets its name only when it was read back
// whole. progress may be nil.
func (s *System) Dump(ctx context.Context, database, path string, progress func(ops.Text)) (DumpInfo, error) {
	f, c, err := s.Server.Dump(ctx, database, path, progress)
	if err != nil {
		return DumpInfo{}, err
	}
	s.remember(f, proof{Contents: c})
	return DumpInfo{f, c}, nil
}

// Verify reads one of the dumps that are listed to its end, or remembers that it was read. The error of one that is not whole is of kind
// Invalid, and says why.
func (s *System) Verify(ctx context.Context, path string) (DumpInfo, error) {
	f, err := s.file(ctx, path)
	if err != nil {
		return DumpInfo{}, err
	}
	c, err := s.read(ctx, f, nil)
	return DumpInfo{f, c}, err
}

// A Rehearsal is a restore into a throw-away database that worked.
type Rehearsal struct {
	Dump     DumpInfo
	Tables   int
	Rows     int64
	Newest   time.Time     // of what its rows say of themselves; zero if they say nothing
	Size     int64         // of the database that came of it
	Restored time.Duration // how long the restore took, of Took
	Took     time.Duration
}

// rehearsalName begins the names of throw-away databases.
const rehearsalName = "vigie_rehearsal_"

// Rehearse restores one of the dumps that are listed into a throw-away database, counts it against the dump, and drops it again. One at a
// time: others wait. What a rehearsal that ended in the middle left goes first. The live databases are not touched.
func (s *System) Rehearse(ctx context.Context, path string) (Rehearsal, error) {
	return s.rehearse(ctx, func() (DumpInfo, error) { return s.Verify(ctx, path) })
}

func (s *System) rehearse(ctx context.Context, verify func() (DumpInfo, error)) (r Rehearsal, err error) {
	select {
	case s.rehearsal <- struct{}{}:
	case <-ctx.Done():
		return r, ctx.Err()
	}
	defer func() { <-s.rehearsal }()
	begun := time.Now()
	if err := s.sweep(ctx); err != nil {
		return r, err
	}
	if r.Dump, err = verify(); err != nil {
		return r, err
	}
	c, err := s.rehearsalOf(ctx, r.Dump)
	if err != nil {
		return r, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		err = errors.Join(err, s.Drop(ctx, c.Scratch, Mark{Role: Rehearsed, Key: c.Key})) // what stays is swept next time
	}()
	loading := time.Now()
	if _, err := s.Create(ctx, c); err != nil {
		return r, err
	}
	if err := s.Load(ctx, c, nil); err != nil {
		return r, err
	}
	r.Restored = time.Since(loading)
	got, err := s.Census(ctx, c.Scratch, time.Time{})
	if err != nil {
		return r, err
	}
	if err := same(r.Dump.Contents, got); err != nil {
		return r, err
	}
	for _, t := range got {
		r.Rows += t.Rows
		if t.Newest.After(r.Newest) {
			r.Newest = t.Newest
		}
	}
	all, err := s.Server.Databases(ctx)
	if d := find(all, c.Scratch); d != nil {
		r.Size = d.Size
	}
	r.Tables, r.Took = len(got), time.Since(begun)
	return r, err
}

// rehearsalOf is a restore of the dump beside everything. Roles that are not here are no reason to fail: nobody will use it.
func (s *System) rehearsalOf(ctx context.Context, d DumpInfo) (c Copy, err error) {
	key := d.SHA256[:8]
	c = Copy{Database: d.File.Database, Scratch: rehearsalName + key, Dump: d.Path, SHA256: d.SHA256, Key: key, Role: Rehearsed}
	here, err := s.Roles(ctx)
	if err != nil {
		return c, err
	}
	for _, r := range slices.Concat(d.Owners, d.Grantees) {
		if !slices.Contains(here, r) && d.Format != Plain {
			c.Owner = s.superuser()
		}
	}
	about, err := s.About(ctx)
	if err != nil {
		return c, err
	}
	room, err := s.Room(ctx, c.Database)
	if err != nil {
		return c, err
	}
	if need := (&evidence{about: about, found: d.Contents}).needs(); need > room.Data {
		return c, ops.Fail(ops.Invalid, ops.T("There is no room to rehearse %s: it takes about %s and PostgreSQL has %s free.", "Pas assez de place pour répéter %s : il faut environ %s et PostgreSQL n’a que %s libres.",
			ops.Name(d.Name), ops.Size(need), ops.Size(room.Data)), nil)
	}
	return c, nil
}

func (s *System) superuser() string {
	if s.o.User != "" {
		return s.o.User
	}
	return "postgres"
}

// sweep drops what rehearsals that ended in the middle left.
func (s *System) sweep(ctx context.Context) error {
	all, err := s.Server.Databases(ctx)
	if err != nil {
		return err
	}
	for _, d := range all {
		key, left := strings.CutPrefix(d.Name, rehearsalName)
		if !left || d.Mark != (Mark{}) && d.Mark.Role != Rehearsed {
			continue
		}
		if err := s.Drop(ctx, d.Name, Mark{Role: Rehearsed, Key: key}); err != nil {
			return err
		}
	}
	return nil
}
