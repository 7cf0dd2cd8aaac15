package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"vigie/ops"
)

// safety makes the safety dump. One that an earlier try made is of an earlier moment: it stays, under a name of its own, and a new one is
// made.
func (s *System) safety(ctx context.Context, d dumpArgs) error {
	begun := time.Now()
	path := d.Path
	all, err := s.Dumps(ctx)
	if err != nil {
		return err
	}
	for slices.ContainsFunc(all, func(f File) bool { return f.Path == path }) {
		path = again(path)
	}
	f, found, err := s.Server.Dump(ctx, d.Database, path, func(t ops.Text) { ops.Progress(ctx, t) })
	if err != nil {
		return harmless(err)
	}
	s.remember(f, proof{Contents: found})
	ops.Progress(ctx, ops.T("%s in %s, reads back whole: %s", "%s en %s, se relit en entier : %s", ops.Size(f.Size), span(begun), ops.Name(f.Name)))
	return nil
}

// again is the name of a safety dump that another try of the same step makes.
func again(path string) string { return path[:len(path)-len(".dump")] + "_again.dump" }

func span(begun time.Time) ops.Span {
	return ops.Span(time.Since(begun).Round(100 * time.Millisecond))
}

// fill restores the dump into a scratch database, unless an earlier try did.
func (s *System) fill(ctx context.Context, c Copy) error {
	begun := time.Now()
	done, err := s.Create(ctx, c)
	if err == nil && done {
		ops.Progress(ctx, ops.T("it is there already, whole", "elle est déjà là, entière"))
		return nil
	}
	if err == nil {
		err = s.Load(ctx, c, func(t ops.Text) { ops.Progress(ctx, t) })
	}
	if err != nil {
		return harmless(err)
	}
	ops.Progress(ctx, ops.T("all in, in %s", "tout y est, en %s", span(begun)))
	return nil
}

// compare counts the scratch database against the dump, and tells what the live one has besides.
func (s *System) compare(ctx context.Context, c Copy) error {
	all, err := s.Databases(ctx)
	if err != nil {
		return err
	}
	at, beside := c.Scratch, find(all, c.Scratch)
	if live := find(all, c.Database); live != nil && live.Mark.is(Live, c.Key) {
		at = c.Database // it was looked at again after the swap
	} else if beside == nil || !beside.Mark.is(Scratch, c.Key) || !beside.Mark.Loaded {
		say := ops.T("%s is as it was; there is no copy beside it", "%s est restée comme avant ; il n’y a pas de copie à côté", ops.Name(c.Database))
		if beside != nil {
			say = ops.T("%s is as it was; the copy %s is there, but not whole", "%s est restée comme avant ; la copie %s est là, mais pas entière", ops.Name(c.Database), ops.Name(c.Scratch))
		}
		return ops.Fail(ops.Failed, say, nil)
	}
	found, err := s.contents(ctx, c)
	if err != nil {
		return err
	}
	got, err := s.Census(ctx, at, time.Time{})
	if err != nil {
		return err
	}
	if at == c.Scratch {
		if err := same(found, got); err != nil {
			return err
		}
	}
	more := ops.Text{}
	if at == c.Scratch && find(all, c.Database) != nil {
		if now, err := s.Census(ctx, c.Database, time.Time{}); err == nil { // what is to be replaced need not be readable
			more = ahead(now, got)
		}
	}
	s.mu.Lock()
	s.downed[c.Key] = time.Now()
	s.mu.Unlock()
	ops.Progress(ctx, ops.Join(" · ", s.summary(got), more))
	return nil
}

func find(all []Database, name string) *Database {
	if i := slices.IndexFunc(all, func(d Database) bool { return d.Name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}

// contents is what c's dump holds.
func (s *System) contents(ctx context.Context, c Copy) (Contents, error) {
	f, err := s.file(ctx, c.Dump)
	if ops.KindOf(err) == ops.NotFound {
		f, err = elsewhere(c.Database, c.Dump)
	}
	if err != nil {
		return Contents{}, err
	}
	found, err := s.read(ctx, f, nil)
	if err == nil && found.SHA256 != c.SHA256 {
		err = changed(f)
	}
	return found, err
}

func (s *System) file(ctx context.Context, path string) (File, error) {
	all, err := s.Dumps(ctx)
	if err != nil {
		return File{}, err
	}
	for _, f := range all {
		if f.Path == path {
			return f, nil
		}
	}
	return File{}, ops.Fail(ops.NotFound, ops.T("The dump %s is gone.", "Le dump %s n’est plus là.", ops.Name(path)), nil)
}

// same fails unless the tables hold just as many rows as the dump.
func same(found Contents, got []Table) error {
	rows := map[string]int64{}
	for _, t := range got {
		rows[t.Name] = t.Rows
	}
	for _, name := range found.Tables {
		want, counted := found.Rows[name]
		have, there := rows[name]
		switch {
		case there && (!counted || found.Inserts || have == want):
		case there:
			return ops.Fail(ops.Failed, ops.T("%s has %s, the dump %s", "%s a %s, le dump %s", ops.Name(name), rowsText(have), rowsText(want)), nil)
		case counted && want > 0:
			return ops.Fail(ops.Failed, ops.T("%s is missing, with the %s of the dump", "%s manque, avec les %s du dump", ops.Name(name), rowsText(want)), nil)
		}
	}
	return nil
}

// ahead says what the live database has more of.
func ahead(now, got []Table) ops.Text {
	rows := map[string]int64{}
	for _, t := range got {
		rows[t.Name] = t.Rows
	}
	type gap struct {
		name string
		rows int64
	}
	var gaps []gap
	for _, t := range now {
		if d := t.Rows - rows[t.Name]; d > 0 {
			gaps = append(gaps, gap{t.Name, d})
		}
	}
	if len(gaps) == 0 {
		return ops.T("no table has more today", "aucune table n’en a plus aujourd’hui")
	}
	slices.SortFunc(gaps, func(a, b gap) int { return cmp.Or(cmp.Compare(b.rows, a.rows), cmp.Compare(a.name, b.name)) })
	var parts []ops.Text
	for _, g := range gaps[:min(len(gaps), 3)] {
		parts = append(parts, ops.T("%s %s", "%s %s", number(g.rows), ops.Name(g.name)))
	}
	t := ops.Join(", ", parts...)
	if more := len(gaps) - 3; more > 0 {
		t = ops.T("%s, %d tables more", "%s, %d tables encore", t, more)
	}
	return ops.T("today has more: %s", "aujourd’hui en a plus : %s", t)
}

// summary says what is in a database: how many rows, the largest tables, the newest moment.
func (s *System) summary(got []Table) ops.Text {
	var rows int64
	var newest time.Time
	for _, t := range got {
		rows += t.Rows
		if t.Newest.After(newest) && t.Newest.Before(time.Now().Add(time.Hour)) {
			newest = t.Newest
		}
	}
	big := slices.Clone(got)
	slices.SortFunc(big, func(a, b Table) int { return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Name, b.Name)) })
	var parts []ops.Text
	for _, t := range big[:min(len(big), 2)] {
		if t.Rows > 0 {
			parts = append(parts, ops.T("%s %s", "%s %s", number(t.Rows), ops.Name(t.Name)))
		}
	}
	t := ops.T("%s in %s", "%s dans %s", rowsText(rows), tablesText(len(got)))
	if len(parts) > 0 {
		t = ops.T("%s (%s)", "%s (%s)", t, ops.Join(", ", parts...))
	}
	if !newest.IsZero() {
		t = ops.T("%s, newest %s", "%s, la plus récente %s", t, s.clock(newest))
	}
	return t
}
