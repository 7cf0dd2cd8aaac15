package realtest

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/postgres"
)

// A setup is a server for the suite: one live database with something in it, a dump of it from before, and one that is torn.
type setup struct {
	postgres.Server
	live, folder string
	whole, torn  string // names of dumps
	rows         map[string]int64
	user         string
}

// conform is what the ops rely on, of every server. run holds the time that a test takes.
func conform(t *testing.T, open func(*testing.T) setup, run func(*testing.T, func(*testing.T))) {
	for _, c := range []struct {
		name string
		test func(*testing.T, setup)
	}{
		{"looks", conformLooks}, {"a copy", conformCopy}, {"swapped and back", conformSwap}, {"not ours", conformForeign},
		{"in place", conformOver}, {"dumps", conformDumps},
	} {
		t.Run(c.name, func(t *testing.T) { run(t, func(t *testing.T) { c.test(t, open(t)) }) })
	}
}

func (s setup) find(t *testing.T, name string) *postgres.Database {
	t.Helper()
	all, err := s.Databases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(all, func(d postgres.Database) bool { return d.Name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}

func (s setup) file(t *testing.T, name string) postgres.File {
	t.Helper()
	all, err := s.Dumps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(f postgres.File) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("no dump %s among %v", name, all)
	}
	return all[i]
}

func (s setup) copyOf(t *testing.T, key string) postgres.Copy {
	t.Helper()
	f := s.file(t, s.whole)
	found, err := s.Read(t.Context(), f, nil)
	if err != nil {
		t.Fatal(err)
	}
	return postgres.Copy{Database: s.live, Scratch: s.live + "_restore_" + key, Before: s.live + "_before_" + key, Dump: f.Path, SHA256: found.SHA256, Key: key}
}

func (s setup) counted(t *testing.T, database string) map[string]int64 {
	t.Helper()
	all, err := s.Census(t.Context(), database, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int64{}
	for _, table := range all {
		rows[table.Name] = table.Rows
	}
	return rows
}

func kind(t *testing.T, what string, err error, want ops.ErrorKind) {
	t.Helper()
	if ops.KindOf(err) != want {
		t.Errorf("%s: %v, want %q", what, err, want)
	}
}

func conformLooks(t *testing.T, s setup) {
	ctx := t.Context()
	if a, err := s.About(ctx); err != nil || a.Container == "" || !strings.HasPrefix(a.Version, "15.") || !a.Super || a.Standby || a.MaxWAL <= 0 {
		t.Errorf("%+v %v", a, err)
	}
	live := s.find(t, s.live)
	if live == nil || live.OID == 0 || !live.Open || live.Size <= 0 || live.Encoding != "UTF8" || live.Provider != "icu" || live.Locale != "fr-FR" || live.Mark != (postgres.Mark{}) {
		t.Fatalf("%+v", live)
	}
	if roles, err := s.Roles(ctx); err != nil || !slices.Contains(roles, live.Owner) || !slices.Contains(roles, "postgres") {
		t.Errorf("%v %v", roles, err)
	}
	if r, err := s.Room(ctx, s.live); err != nil || r.Data <= 0 || r.Folder <= 0 || r.Path != s.folder {
		t.Errorf("%+v %v", r, err)
	}
	all, err := s.Census(ctx, s.live, s.file(t, s.whole).Made)
	if err != nil || !slices.ContainsFunc(all, func(t postgres.Table) bool { return t.Fresh > 0 && t.Timed && !t.Newest.IsZero() }) {
		t.Errorf("%+v %v", all, err)
	}
	_, err = s.Census(ctx, "nothing_of_the_kind", time.Time{})
	kind(t, "counting what is not there", err, ops.NotFound)
	if err := s.Try(ctx, s.live, postgres.Probe{User: s.user}); err != nil {
		t.Error(err)
	}
	kind(t, "trying as nobody", s.Try(ctx, s.live, postgres.Probe{User: "nobody_of_that_name"}), ops.Failed)
	files, err := s.Dumps(ctx)
	if err != nil || !slices.IsSortedFunc(files, func(a, b postgres.File) int { return b.Made.Compare(a.Made) }) {
		t.Errorf("not newest first: %v %v", files, err)
	}
	if f := s.file(t, s.whole); f.Database != s.live || f.Size == 0 || f.Ours {
		t.Errorf("%+v", f)
	}
	if c, err := s.Read(ctx, s.file(t, s.whole), nil); err != nil || c.Database != s.live || !maps.Equal(c.Rows, s.rows) || len(c.SHA256) != 64 || c.Format != postgres.Custom ||
		!slices.IsSorted(c.Tables) || c.Text == 0 || !slices.Contains(c.Owners, live.Owner) {
		t.Errorf("%+v %v", c, err)
	}
	_, err = s.Read(ctx, s.file(t, s.torn), nil)
	kind(t, "reading a torn dump", err, ops.Invalid)
	_, err = s.Read(ctx, postgres.File{Path: filepath.Join(s.folder, "nothing.dump"), Name: "nothing.dump", Size: 1}, nil)
	kind(t, "reading what is gone", err, ops.NotFound)
}

func conformCopy(t *testing.T, s setup) {
	ctx, c := t.Context(), s.copyOf(t, "c0c0c0c0")
	mark := postgres.Mark{Role: postgres.Scratch, Key: c.Key}
	if err := s.Drop(ctx, c.Scratch, mark); err != nil {
		t.Errorf("dropping what is not there: %v", err)
	}
	for range 2 {
		if done, err := s.Create(ctx, c); done || err != nil {
			t.Fatalf("%v %v", done, err)
		}
	}
	live, made := s.find(t, s.live), s.find(t, c.Scratch)
	if made == nil || made.Owner != live.Owner || made.Encoding != live.Encoding || made.Provider != live.Provider || made.Locale != live.Locale || made.Mark.Role != postgres.Scratch ||
		made.Mark.Key != c.Key || made.Mark.Loaded || made.Mark.At.IsZero() {
		t.Fatalf("%+v beside %+v", made, live)
	}
	wrong := c
	wrong.SHA256 = strings.Repeat("0", 64)
	kind(t, "loading another dump", s.Load(ctx, wrong, nil), ops.Failed)
	kind(t, "swapping what is not loaded", s.Swap(ctx, c), ops.Failed)
	if d := s.find(t, s.live); d == nil || !d.Open || d.OID != live.OID {
		t.Fatalf("the live database is %+v", d)
	}
	for range 2 {
		if err := s.Load(ctx, c, func(ops.Text) {}); err != nil {
			t.Fatal(err)
		}
	}
	if d := s.find(t, c.Scratch); !d.Mark.Loaded || !maps.Equal(s.counted(t, c.Scratch), s.rows) {
		t.Errorf("%+v holds %v", d, s.counted(t, c.Scratch))
	}
	if done, err := s.Create(ctx, c); !done || err != nil {
		t.Errorf("what is loaded is to be made anew: %v %v", done, err)
	}
	for range 2 {
		if err := s.Drop(ctx, c.Scratch, mark); err != nil {
			t.Error(err)
		}
	}
	if d := s.find(t, c.Scratch); d != nil {
		t.Errorf("it is still there: %+v", d)
	}
}

func (s setup) loaded(t *testing.T, key string) postgres.Copy {
	t.Helper()
	c := s.copyOf(t, key)
	if _, err := s.Create(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := s.Load(t.Context(), c, nil); err != nil {
		t.Fatal(err)
	}
	return c
}

func conformSwap(t *testing.T, s setup) {
	ctx, today, live := t.Context(), s.counted(t, s.live), s.find(t, s.live)
	first, second := s.loaded(t, "a0a0a0a0"), s.loaded(t, "b0b0b0b0")
	if kept, err := s.Unswap(ctx, first); kept != "" || err != nil {
		t.Errorf("putting back what was not swapped: %q %v", kept, err)
	}
	for range 2 {
		if err := s.Swap(ctx, first); err != nil {
			t.Fatal(err)
		}
	}
	now, before := s.find(t, s.live), s.find(t, first.Before)
	if now == nil || !now.Open || now.OID == live.OID || now.Owner != live.Owner || now.Mark.Role != postgres.Live || now.Mark.Key != first.Key || !maps.Equal(s.counted(t, s.live), s.rows) {
		t.Errorf("live is %+v", now)
	}
	if before == nil || before.Open || before.OID != live.OID || before.Mark.Role != postgres.Kept || before.Mark.Key != first.Key || time.Since(before.Mark.At).Abs() > time.Minute {
		t.Errorf("kept is %+v", before)
	}
	if n, err := s.Sessions(ctx, s.live); err != nil || len(n) > 0 {
		t.Errorf("connected: %v %v", n, err)
	}
	if err := s.Swap(ctx, second); err != nil {
		t.Fatal(err)
	}
	_, err := s.Unswap(ctx, first)
	kind(t, "putting back under another restore", err, ops.Failed)
	for i, c := range []postgres.Copy{second, first} {
		kept, err := s.Unswap(ctx, c)
		if d := s.find(t, kept); err != nil || d == nil || d.Open || d.Mark.Role != postgres.Undone || d.Mark.Key != c.Key {
			t.Fatalf("%q %v: %+v", kept, err, d)
		}
		if again, err := s.Unswap(ctx, c); again != "" || err != nil {
			t.Errorf("put back twice: %q %v", again, err)
		}
		if d := s.find(t, s.live); i == 0 && d.Mark.Key != first.Key {
			t.Errorf("the mark of the first restore is %v", d.Mark)
		}
	}
	if d := s.find(t, s.live); d.OID != live.OID || d.Mark != (postgres.Mark{}) || !d.Open || !maps.Equal(s.counted(t, s.live), today) {
		t.Errorf("live is %+v", d)
	}
}

func conformForeign(t *testing.T, s setup) {
	ctx, c := t.Context(), s.copyOf(t, "f0f0f0f0")
	for _, m := range []postgres.Mark{{Role: postgres.Scratch, Key: c.Key}, {Role: postgres.Live, Key: c.Key}, {Role: postgres.Kept, Key: c.Key}} {
		kind(t, "dropping the live database", s.Drop(ctx, s.live, m), ops.Failed)
	}
	into := c
	into.Scratch = s.live
	kind(t, "loading into the live database", s.Load(ctx, into, nil), ops.Failed)
	done, err := s.Create(ctx, into)
	kind(t, "making the live database anew", err, ops.Failed)
	if done || !maps.Equal(s.counted(t, s.live), s.counted(t, s.live)) || s.find(t, s.live) == nil {
		t.Error("it is not what it was")
	}
	if err := s.Unmark(ctx, s.live, postgres.Mark{Role: postgres.Live, Key: c.Key}); err != nil {
		t.Error(err)
	}
}

func conformOver(t *testing.T, s setup) {
	ctx, c := t.Context(), s.copyOf(t, "d0d0d0d0")
	wrong := c
	wrong.SHA256 = strings.Repeat("0", 64)
	today := s.counted(t, s.live)
	kind(t, "writing another dump over it", s.Overwrite(ctx, wrong, nil), ops.Failed)
	if !maps.Equal(s.counted(t, s.live), today) || s.find(t, s.live).Mark != (postgres.Mark{}) {
		t.Error("it is not what it was")
	}
}

func conformDumps(t *testing.T, s setup) {
	ctx, path := t.Context(), filepath.Join(s.folder, s.live+"-vigie_before_e0e0e0e0.dump")
	f, c, err := s.Dump(ctx, s.live, path, func(ops.Text) {})
	if err != nil || f.Path != path || f.Database != s.live || f.Size == 0 || !f.Ours || !maps.Equal(c.Rows, s.counted(t, s.live)) {
		t.Fatalf("%+v %+v %v", f, c, err)
	}
	listed := s.file(t, filepath.Base(path))
	if again, err := s.Read(ctx, listed, nil); err != nil || again.SHA256 != c.SHA256 || listed.Size != f.Size {
		t.Errorf("%+v %v", again, err)
	}
	_, _, err = s.Dump(ctx, s.live, path, nil)
	kind(t, "writing over a dump", err, ops.Failed)
	_, _, err = s.Dump(ctx, "nothing_of_the_kind", path+"2", nil)
	kind(t, "dumping what is not there", err, ops.NotFound)
	ended, end := context.WithCancel(ctx)
	end()
	if _, _, err = s.Dump(ended, s.live, path+"3", nil); err == nil {
		t.Error("it dumps for nobody")
	}
	if files, err := s.Dumps(ctx); err != nil || slices.ContainsFunc(files, func(f postgres.File) bool { return strings.HasPrefix(f.Path, path) && f.Path != path }) {
		t.Errorf("%v %v", files, err)
	}
}

func TestRealConforms(t *testing.T) {
	conform(t, func(t *testing.T) setup {
		w := newWorld(t, shared(t))
		w.write(t, w.db+"-20251231_025500.dump", w.read(t, w.first(t).Path)[:70000])
		return setup{Server: w.system.Server, live: w.db, folder: w.dir, whole: w.db + "-20260101_025500.dump", torn: w.db + "-20251231_025500.dump", user: w.db + "_app",
			rows: map[string]int64{"execution_entity": 3000, "workflow_entity": 61, "audit_2026": 500, "My Schema.Settings": 2, `Odd "name", with\slash`: 3}}
	}, func(t *testing.T, test func(*testing.T)) { test(t) })
}

func TestFakeConforms(t *testing.T) {
	conform(t, func(t *testing.T) setup {
		f, err := postgres.NewFake(`
database n8n size=8M
table n8n execution_entity rows=3027 fresh=38 newest=1h
table n8n workflow_entity rows=61 newest=30d
dump n8n-19991231_025500.dump size=1M execution_entity=3000 workflow_entity=61 newest=2d
dump n8n-19991230_025500.dump size=1M torn
session n8n user=n8n count=2
`)
		if err != nil {
			t.Fatal(err)
		}
		return setup{Server: f, live: "n8n", folder: postgres.Folder, whole: "n8n-19991231_025500.dump", torn: "n8n-19991230_025500.dump", user: "n8n",
			rows: map[string]int64{"execution_entity": 3000, "workflow_entity": 61}}
	}, synctest.Test)
}
