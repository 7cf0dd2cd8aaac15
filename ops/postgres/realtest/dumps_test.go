package realtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/postgres"
)

// say is an answer in words.
func say(a ops.Answer) string {
	var lines []string
	for _, b := range a.Blocks {
		lines = append(lines, ops.Unmark(b.Line.En))
	}
	return strings.Join(lines, "\n")
}

// A dump is listed with its age and whether it reads back; a database that nobody dumps is named.
func TestDumps(t *testing.T) {
	w := newWorld(t, newBox(t))
	w.sql(t, "postgres", `CREATE DATABASE prisme`)
	d := w.desk(t)
	a, _, err := d.ask("postgres.dumps")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"🟠 2 databases of 2 without a dump of the last day", "nobody dumps: prisme", w.db + " · 328 d ago (2026-01-01 02:55), 10", "reads back whole"} {
		if !strings.Contains(strings.ReplaceAll(say(*a), "329 d", "328 d"), want) {
			t.Errorf("it does not say «%s»:\n%s", want, say(*a))
		}
	}
	r := d.must("postgres.dump database=all")
	if len(r.Steps) != 2 || !strings.Contains(told(r), "reads back whole: prisme-") || strings.Contains(told(r), "nobody dumps: "+w.db) {
		t.Error(told(r))
	}
	a, _, err = d.ask("postgres.dumps")
	if err != nil || !strings.HasPrefix(say(*a), "🟢 2 databases dumped, all within ") {
		t.Errorf("%v %v", say(*a), err)
	}
	w.write(t, w.db+"-29990101_000000.dump", w.read(t, w.first(t).Path)[:5000])
	if a, _, err = d.ask("postgres.dumps database=" + w.db); err != nil || !strings.Contains(say(*a), "🔴 "+w.db+"-29990101_000000.dump") {
		t.Errorf("%v %v", say(*a), err)
	}
}

// Dumps in the container are found and restored as those on this machine.
func TestDumpsInTheContainer(t *testing.T) {
	w := newWorld(t, shared(t))
	w.run(t, "mkdir", "-p", "/backups/odd dir")
	w.run(t, "pg_dump", "-U", "postgres", "-d", w.db, "-Fc", "-f", "/backups/odd dir/"+w.db+"-20260301_025500.dump")
	want := w.contents(t, w.db)
	o := w.options()
	o.Dumps = append(o.Dumps, "container:/backups/odd dir/*.dump", "container:/nowhere/*.dump")
	w.system = postgres.New(o)
	w.sql(t, w.db, `DELETE FROM execution_entity`)
	w.desk(t).must("postgres.restore database=" + w.db + " dump=" + w.db + "-20260301_025500.dump")
	w.whole(t, want)
}

// A rehearsal restores the whole dump beside everything, and leaves nothing; what one that was killed left goes with the next.
func TestRehearse(t *testing.T) {
	w := newWorld(t, shared(t))
	today, first := w.contents(t, w.db), w.first(t)
	leftover := func() string {
		return w.sql(t, "postgres", `SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE 'vigie_rehearsal_%'`)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 1200*time.Millisecond)
	_, err := w.system.Rehearse(ctx, first.Path)
	cancel()
	t.Logf("cut off: %v, left %q", err, leftover())
	w.sql(t, "postgres", `CREATE DATABASE vigie_rehearsal_11111111; ALTER DATABASE vigie_rehearsal_11111111 SET vigie.mark TO 'rehearsal 11111111'`)
	w.sql(t, "vigie_rehearsal_11111111", `CREATE TABLE half (a int)`)
	r, err := w.system.Rehearse(t.Context(), first.Path)
	if err != nil {
		t.Fatal(err)
	}
	if r.Tables != 5 || r.Rows != 3566 || r.Newest.UTC().Format("2006-01-02 15:04") != "2026-01-01 00:08" || r.Size < 7<<20 || r.Took < r.Restored || r.Restored <= 0 {
		t.Errorf("%+v", r)
	}
	if left := leftover(); left != "" {
		t.Errorf("left: %s", left)
	}
	w.whole(t, today)
	torn := w.write(t, w.db+"-20260401_000000.dump", w.read(t, first.Path)[:60000])
	if _, err := w.system.Rehearse(t.Context(), torn); ops.KindOf(err) != ops.Invalid {
		t.Errorf("a torn dump: %v", err)
	}
	foreign := w.write(t, w.db+"-20260402_000000.dump", nil)
	w.sql(t, "postgres", w.fill(`ALTER ROLE WRITER RENAME TO stranger`))
	if err := os.WriteFile(foreign, w.read(t, w.dump(t, "x.dump", "-Fc")), 0o600); err != nil {
		t.Fatal(err)
	}
	w.sql(t, "postgres", w.fill(`ALTER ROLE stranger RENAME TO WRITER`))
	if r, err := w.system.Rehearse(t.Context(), foreign); err != nil || r.Rows == 0 {
		t.Errorf("with roles that are not here: %d rows, %v", r.Rows, err)
	}
	if left := leftover(); left != "" {
		t.Errorf("left: %s", left)
	}
}

// What was left of dumps that ended in the middle goes with a later dump, and nothing else does.
func TestSweep(t *testing.T) {
	w := newWorld(t, shared(t))
	old, fresh := filepath.Join(w.dir, "a.dump.vigie-partial"), filepath.Join(w.dir, "b.dump.vigie-partial")
	for _, p := range []string{old, fresh} {
		if err := os.WriteFile(p, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, time.Now(), time.Now().Add(-7*time.Hour)); err != nil {
		t.Fatal(err)
	}
	info, err := w.system.Dump(t.Context(), w.db, filepath.Join(w.dir, "c-20260101_000000.dump"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Error("what was abandoned is there")
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error("what is being written is gone")
	}
	files, err := w.system.Dumps(t.Context())
	if err != nil || slices.ContainsFunc(files, func(f postgres.File) bool { return strings.Contains(f.Name, "partial") }) {
		t.Errorf("%v %v", files, err)
	}
	if s, err := os.Stat(info.Path); err != nil || s.Mode().Perm() != 0o600 || info.SHA256 == "" || len(info.Rows) != 6 {
		t.Errorf("%v %+v", err, info)
	}
}
