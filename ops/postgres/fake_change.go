package postgres

import (
	"context"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// How long what the fake does takes.
const (
	fakeMoment = 100 * time.Millisecond
	fakeCutOff = 300 * time.Millisecond
)

func (f *Fake) Create(ctx context.Context, c Copy) (done bool, err error) {
	if err := f.begin(ctx, "create", c.Scratch, fakeMoment); err != nil {
		return false, err
	}
	defer f.mu.Unlock()
	if found := f.find(c.Scratch); found != nil {
		switch {
		case found.Mark.is(c.role(), c.Key) && found.Mark.Loaded:
			return true, nil
		case !found.Mark.is(c.role(), c.Key) && len(found.tables) > 0:
			return false, notOurs(c.Scratch)
		}
		f.remove(c.Scratch)
	}
	like := Database{Owner: "postgres", Encoding: "UTF8", Provider: "libc", Locale: "C", Tablespace: "pg_default"}
	if live := f.find(c.Database); live != nil {
		like = live.Database
	} else if slices.Contains(f.roles, c.Database) {
		like.Owner = c.Database
	}
	like.Name, like.Size, like.Mark = c.Scratch, 8e6, Mark{Role: c.role(), Key: c.Key, At: time.Now().UTC().Truncate(time.Second)}
	f.add(like)
	return false, nil
}

func (f *Fake) remove(name string) {
	f.all = slices.DeleteFunc(f.all, func(d *fakeDatabase) bool { return d.Name == name })
}

// marked is the scratch database, if it is ours.
func (f *Fake) marked(c Copy) (*fakeDatabase, error) {
	if d := f.find(c.Scratch); d != nil && d.Mark.is(c.role(), c.Key) {
		return d, nil
	}
	return nil, notOurs(c.Scratch)
}

// archive is the dump that c was planned with, if it still is.
func (f *Fake) archive(c Copy) (*fakeDump, error) {
	d := f.dump(c.Dump)
	switch {
	case d == nil:
		return nil, ops.Fail(ops.NotFound, ops.T("The dump %s is gone.", "Le dump %s n’est plus là.", ops.Name(c.Dump)), nil)
	case d.SHA256 != c.SHA256:
		return nil, changed(d.File)
	}
	return d, nil
}

func (f *Fake) Load(ctx context.Context, c Copy, say func(ops.Text)) error {
	if err := f.begin(ctx, "load", c.Scratch, 0); err != nil {
		return err
	}
	to, err := f.marked(c)
	dump, e := f.archive(c)
	f.mu.Unlock()
	switch {
	case err != nil:
		return err
	case to.Mark.Loaded:
		return nil
	case e != nil:
		return e
	}
	takes := time.Duration(dump.Size/8) * time.Microsecond // 8 MB/s
	for n := range int64(10) {
		if err := pass(ctx, takes/10); err != nil {
			return err
		}
		if say != nil {
			say(ops.Join(" · ", ops.T("%d %%", "%d %%", 10*(n+1)), ops.T("table %s", "table %s", ops.Name(dump.Tables[int(n)*len(dump.Tables)/10]))))
		}
	}
	if err := f.look(); err != nil {
		return err
	}
	defer f.mu.Unlock()
	f.pour(to, dump)
	to.Mark.Loaded = true
	return nil
}

// pour makes d hold what the dump does.
func (f *Fake) pour(d *fakeDatabase, dump *fakeDump) {
	d.tables = nil
	for i, name := range dump.Tables {
		t := Table{Name: name, Rows: dump.Rows[name]}
		if i == 0 {
			t.Newest, t.Timed = dump.newest, !dump.newest.IsZero()
		}
		d.tables = append(d.tables, t)
	}
	d.Size = dump.Text / 2
}

func (f *Fake) Swap(ctx context.Context, c Copy) error {
	if err := f.begin(ctx, "swap", c.Database, fakeCutOff); err != nil {
		return err
	}
	defer f.mu.Unlock()
	live, before := f.find(c.Database), f.find(c.Before)
	if live != nil && live.Mark.is(Live, c.Key) {
		live.Open = true
		return nil
	}
	copied, err := f.marked(c)
	switch {
	case err != nil || !copied.Mark.Loaded:
		return ops.Fail(ops.Failed, ops.T("The copy %s is gone, or not whole.", "La copie %s n’est plus là, ou n’est pas entière.", ops.Name(c.Scratch)), nil)
	case before != nil && live != nil:
		return ops.Fail(ops.Failed, ops.T("There is another %s already.", "Il y a déjà une autre base %s.", ops.Name(c.Before)), nil)
	}
	delete(f.sessions, c.Database)
	if live != nil {
		live.was = live.Mark
		live.Name, live.Open, live.Mark = c.Before, false, Mark{Role: Kept, Key: c.Key, At: time.Now().UTC().Truncate(time.Second)}
	}
	copied.Name, copied.Open, copied.Mark = c.Database, true, Mark{Role: Live, Key: c.Key}
	return nil
}

func (f *Fake) Unswap(ctx context.Context, c Copy) (kept string, err error) {
	if err := f.begin(ctx, "unswap", c.Database, fakeCutOff); err != nil {
		return "", err
	}
	defer f.mu.Unlock()
	live, before := f.find(c.Database), f.find(c.Before)
	ours := live != nil && live.Mark.is(Live, c.Key)
	switch {
	case c.Before != "" && (before == nil || !before.Mark.is(Kept, c.Key)):
		if ours {
			return "", ops.Fail(ops.Failed, ops.T("What %s was before is no longer kept.", "L’état précédent de %s n’est plus conservé.", ops.Name(c.Database)), nil)
		}
		if live != nil {
			live.Open = true
		}
		return "", nil
	case live != nil && !ours && c.Before == "":
		return "", nil
	case live != nil && !ours:
		return "", ops.Fail(ops.Failed, ops.T("%s was restored or made anew again since. Undo that first.", "%s a encore été restaurée ou recréée depuis. Défais cela d’abord.", ops.Name(c.Database)), nil)
	case live != nil:
		var all []Database
		for _, d := range f.all {
			all = append(all, d.Database)
		}
		kept = free(all, shortened(c.Database)+"_undone_"+c.Key)
		live.Name, live.Open, live.Mark = kept, false, Mark{Role: Undone, Key: c.Key, At: time.Now().UTC().Truncate(time.Second)}
	}
	if before != nil {
		before.Name, before.Open, before.Mark = c.Database, true, before.was
	}
	return kept, nil
}

func (f *Fake) Overwrite(ctx context.Context, c Copy, say func(ops.Text)) error {
	if err := f.begin(ctx, "overwrite", c.Database, time.Minute); err != nil {
		return err
	}
	defer f.mu.Unlock()
	dump, err := f.archive(c)
	if err != nil {
		return err
	}
	live := f.find(c.Database)
	if live == nil {
		return noDatabase(c.Database)
	}
	f.pour(live, dump)
	live.Mark = Mark{Role: Replaced, Key: c.Key}
	return nil
}

func (f *Fake) Drop(ctx context.Context, database string, m Mark) error {
	if err := f.begin(ctx, "drop", database, fakeMoment); err != nil {
		return err
	}
	defer f.mu.Unlock()
	d := f.find(database)
	switch {
	case d == nil:
		return nil
	case d.Mark.is(m.Role, m.Key) && m.Role.aside():
	case d.Mark == Mark{} && strings.HasSuffix(database, "_"+m.Key) && len(d.tables) == 0:
	default:
		return notOurs(database)
	}
	f.remove(database)
	return nil
}

func (f *Fake) Unmark(_ context.Context, database string, m Mark) error {
	if err := f.look(); err != nil {
		return err
	}
	defer f.mu.Unlock()
	if d := f.find(database); d != nil && d.Mark.is(m.Role, m.Key) {
		d.Mark = Mark{}
	}
	return nil
}
