package realtest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/postgres"
)

// pausing adapts a real stack, as main does.
type pausing struct{ *docker.Stack }

func (p pausing) Pausing(ctx context.Context, services []string) (postgres.Pause, error) {
	d, err := p.Stack.Pausing(ctx, services)
	return postgres.Pause{Stop: d.Stop, Start: d.Start, Facts: d.Facts, Locks: d.Locks}, err
}

// withApp gives the world an app: a container that a plan stops and starts, and that has a connection with a transaction open in it.
func (w *world) withApp(t testing.TB) ops.Bound {
	t.Helper()
	name := w.name + "_" + w.db
	boxes.mu.Lock()
	boxes.list = append(boxes.list, name)
	boxes.mu.Unlock()
	w.docker(t, "run", "-d", "--pull", "never", "--name", name, "--network", "none", "--label", "com.docker.compose.project="+w.db, "--label", "com.docker.compose.service=app",
		"--health-cmd", "true", "--health-interval", "1s",
		"--entrypoint", "sh", image, "-c", "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done")
	stack := &docker.Stack{Host: w.engine, Project: w.db, Wait: time.Minute}
	o := w.options()
	o.Apps = pausing{stack}
	k := o.Databases[w.db]
	k.Apps = []string{"app"}
	o.Databases[w.db] = k
	w.system = postgres.New(o)
	return docker.Bind(stack)
}

// hold keeps a transaction open in a database, as the app's own user, until somebody cuts it off. It returns what to wait for that with.
func (w *world) hold(t testing.TB) (cut func() string) {
	t.Helper()
	cmd := exec.Command("docker", "exec", "-i", "-e", "PGPASSWORD=app's own", "-e", "PGAPPNAME=the app", w.name, "psql", "-X", "-U", w.db+"_app", "-d", w.db)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write([]byte("BEGIN;\nUPDATE workflow_entity SET name = 'never committed' WHERE id = 2;\nSELECT 1;\n")); err != nil {
		t.Fatal(err)
	}
	w.until(t, "the transaction is open", func() bool {
		return w.sql(t, "postgres", `SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = '`+w.db+`'`) == "1"
	})
	return func() string {
		in.Write([]byte("SELECT 1;\n")) // it may be gone
		in.Close()
		cmd.Wait()
		return said.String()
	}
}

func (w *world) until(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(100 * time.Millisecond) { // a real process
		if time.Now().After(end) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

// whole fails the test unless the live database is exactly as given, settings and all, and takes connections.
func (w *world) whole(t testing.TB, want string) {
	t.Helper()
	if got := w.settings(t, w.db); got != w.outer {
		t.Errorf("the settings of %s: %s", w.db, differ(w.outer, got))
	}
	if got := w.contents(t, w.db); got != want {
		t.Errorf("%s: %s", w.db, differ(want, got))
	}
}

func (w *world) databases(t testing.TB) []string {
	t.Helper()
	return strings.Fields(w.sql(t, "postgres", `SELECT datname FROM pg_database WHERE datname LIKE '`+w.db+`%' ORDER BY 1`))
}

// A restore brings back the dump and keeps what belongs to the database; undoing it brings back every byte of today's. The app is stopped
// and started around both, and whoever holds a transaction open is cut off.
func TestRestoreAndUndo(t *testing.T) {
	w := newWorld(t, shared(t))
	app := w.withApp(t)
	today := w.contents(t, w.db)
	d := newDesk(t, postgres.Bind(w.system), app)
	cut := w.hold(t)
	line := "postgres.restore database=" + w.db + " dump=" + w.db + "-20260101_025500.dump"
	r := d.plan(line)
	costs := ""
	for _, c := range r.Plan.Costs {
		costs += ops.Unmark(c.En) + "\n"
	}
	for _, want := range []string{"You lose what was written since 2026-01-01 02:55: 38 rows in execution_entity, 5 rows in newer.",
		"newer than the dump, and not in it at all: newer", "app: down from step 4 to step 8", "Today's " + w.db + " is kept as " + w.db + "_before_"} {
		if !strings.Contains(costs, want) {
			t.Errorf("the plan does not say «%s»:\n%s", want, costs)
		}
	}
	done := d.Yes(r.ID)
	if done.State != ops.Succeeded {
		t.Fatal(told(done))
	}
	t.Log(told(done))
	if said := cut(); !strings.Contains(said, "terminating connection") {
		t.Errorf("the open transaction ended with %q", said)
	}
	w.whole(t, w.old)
	last := ops.Unmark(done.Steps[len(done.Steps)-1].Note.En)
	if !strings.Contains(last, " down · 3\u202f566 rows in 5 tables (3\u202f000 execution_entity, 500 audit_2026), newest") || !strings.Contains(last, "as in the dump") {
		t.Errorf("proved by %q", last)
	}
	w.sql(t, w.db, `INSERT INTO audit VALUES ('2026-11-11', 'written after the restore')`)
	undone := d.must("vigie.undo run=" + r.ID)
	t.Log(told(undone))
	w.whole(t, today)
	if state := w.docker(t, "inspect", "-f", "{{.State.Status}}", w.name+"_"+w.db); state != "running" {
		t.Errorf("the app is %s", state)
	}
	all := w.databases(t)
	i := slices.IndexFunc(all, func(n string) bool { return strings.Contains(n, "_undone_") })
	if len(all) != 2 || i < 0 {
		t.Fatalf("there are %v", all)
	}
	w.sql(t, "postgres", `ALTER DATABASE "`+all[i]+`" ALLOW_CONNECTIONS true`)
	if n := w.sql(t, all[i], `SELECT count(*) FROM audit WHERE what = 'written after the restore'`); n != "1" {
		t.Error("what was written to the restored one is gone")
	}
	safety, err := filepath.Glob(w.dir + "/*-vigie_before_*.dump")
	if err != nil || len(safety) != 1 {
		t.Errorf("safety dumps: %v %v", safety, err)
	}
	if _, err := w.system.Verify(t.Context(), safety[0]); err != nil {
		t.Error(err)
	}
	if _, _, err := d.ask("postgres.tidy"); ops.KindOf(err) != ops.Invalid || !strings.Contains(err.Error(), "younger than a day") {
		t.Errorf("tidying what was kept just now: %v", err)
	}
	w.again(t, d, line, today)
}

// again restores the same dump once more, and then tidies up what is a day old.
func (w *world) again(t *testing.T, d *desk, line, today string) {
	d.must(line)
	w.whole(t, w.old)
	twice := d.must(line)
	w.whole(t, w.old)
	d.must("vigie.undo run=" + twice.ID)
	w.whole(t, w.old)
	kept := slices.DeleteFunc(w.databases(t), func(n string) bool { return !strings.Contains(n, "_before_") })
	if len(kept) != 1 {
		t.Fatalf("kept: %v", kept)
	}
	mark := w.sql(t, "postgres", `SELECT v FROM pg_db_role_setting, unnest(setconfig) v WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = '`+kept[0]+`') AND v LIKE 'vigie.mark=%'`)
	words := strings.Fields(strings.TrimPrefix(mark, "vigie.mark="))
	w.sql(t, "postgres", `ALTER DATABASE "`+kept[0]+`" SET vigie.mark TO '`+words[0]+" "+words[1]+" "+time.Now().Add(-26*time.Hour).UTC().Format(time.RFC3339)+`'`)
	r := d.must("postgres.tidy")
	if r.Plan.Target != kept[0] || slices.Contains(w.databases(t), kept[0]) {
		t.Errorf("tidied: %s; there are %v", told(r), w.databases(t))
	}
	w.whole(t, w.old)
}

// A database that is gone altogether is made anew.
func TestRestoreOfWhatIsGone(t *testing.T) {
	w := newWorld(t, shared(t))
	first := w.first(t)
	w.sql(t, "postgres", `DROP DATABASE "`+w.db+`"`)
	o := w.options()
	k := o.Databases[w.db]
	k.Owner = w.db + "_app"
	o.Databases[w.db] = k
	w.system = postgres.New(o)
	d := w.desk(t)
	r := d.must("postgres.restore database=" + w.db + " dump=" + first.Name)
	if got := w.contents(t, w.db); got != w.old {
		t.Errorf("restored: %s", differ(w.old, got))
	}
	if owner := w.sql(t, "postgres", `SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '`+w.db+`'`); owner != w.db+"_app" {
		t.Errorf("it belongs to %s", owner)
	}
	d.must("vigie.undo run=" + r.ID)
	if all := w.databases(t); len(all) != 1 || !strings.Contains(all[0], "_undone_") {
		t.Errorf("there are %v", all)
	}
}

// A dump whose only owner is not here goes to the owner of the database, with extensions that only a superuser may make.
func TestOtherOwner(t *testing.T) {
	w := newWorld(t, shared(t))
	w.sql(t, w.db, w.fill(`DROP OWNED BY READER; DROP OWNED BY WRITER CASCADE; DROP TABLE newer; GRANT CONNECT, TEMPORARY ON DATABASE DATABASE_ TO PUBLIC;`))
	w.sql(t, "postgres", w.fill(`ALTER ROLE APP RENAME TO stranger`))
	dump := w.dump(t, w.db+"-20260102_025500.dump", "-Fc")
	want := w.contents(t, w.db)
	w.sql(t, "postgres", w.fill(`ALTER ROLE stranger RENAME TO APP; ALTER ROLE APP PASSWORD 'app''s own'`))
	r := w.desk(t).must("postgres.restore database=" + w.db + " dump=" + filepath.Base(dump))
	if !strings.Contains(told(r), "the dump's owner stranger is not here: everything goes to "+w.db+"_app") {
		t.Error(told(r))
	}
	keep := func(s string) string { // grants are not restored to another owner
		var lines []string
		for line := range strings.SplitSeq(strings.ReplaceAll(s, "stranger", w.db+"_app"), "\n") {
			if words := strings.Fields(line); words[0] == "owner" {
				line = strings.Join(words[:len(words)-1], " ")
			} else if words[0] == "default" || words[0] == "schema" {
				continue
			}
			lines = append(lines, line)
		}
		return strings.Join(lines, "\n")
	}
	if got := keep(w.contents(t, w.db)); got != keep(want) {
		t.Errorf("restored: %s", differ(keep(want), got))
	}
}

// In place works where it is safe, its undo brings back today's, and everything else is refused.
func TestInPlace(t *testing.T) {
	w := newWorld(t, shared(t))
	first := w.first(t)
	d := w.desk(t)
	line := "postgres.restore mode=in-place database=" + w.db + " dump="
	for _, want := range []string{"large objects", "newer would stay"} {
		if _, _, err := d.ask(line + first.Name); ops.KindOf(err) != ops.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want «%s»", err, want)
		}
		w.sql(t, w.db, `SELECT lo_unlink(oid) FROM pg_largeobject_metadata`)
		first = w.nextDump(t, "20260102", "--exclude-table=newer")
	}
	w.sql(t, w.db, `DROP TABLE newer`)
	first = w.nextDump(t, "20260103")
	w.old = w.contents(t, w.db)
	w.sql(t, w.db, `DELETE FROM execution_entity WHERE id > 50; UPDATE workflow_entity SET name = 'changed' WHERE id = 1`)
	today := w.contents(t, w.db)
	cut := w.hold(t)
	r := d.do(line + first.Name)
	if r.State != ops.Broke || !strings.Contains(told(r), "is as it was: somebody holds a lock on it") {
		t.Errorf("with a transaction open: %s", told(r))
	}
	cut()
	w.whole(t, today)
	r = d.must(line + first.Name)
	t.Log(told(r))
	w.whole(t, w.old)
	t.Log(told(d.must("vigie.undo run=" + r.ID)))
	w.whole(t, today)
}

func (w *world) nextDump(t testing.TB, day string, args ...string) postgres.DumpInfo {
	t.Helper()
	d, err := w.system.Verify(t.Context(), w.dump(t, w.db+"-"+day+"_025500.dump", append([]string{"-Fc"}, args...)...))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A dump that is replaced between the plan and the yes is not restored, nor one that is replaced while it runs.
func TestReplaced(t *testing.T) {
	w := newWorld(t, shared(t))
	first := w.first(t)
	good, today := w.read(t, first.Path), w.contents(t, w.db)
	replace := func(b []byte) {
		if err := os.WriteFile(first.Path+".new", b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(first.Path+".new", first.Path); err != nil {
			t.Fatal(err)
		}
	}
	d := w.desk(t)
	line := "postgres.restore database=" + w.db + " dump=" + first.Name
	r := d.plan(line)
	replace(w.read(t, w.dump(t, "other.dump", "-Fc")))
	if got := d.Yes(r.ID); got.State != ops.Outdated || !strings.Contains(told(got), "contents of the dump") || got.Steps[0].State != "" {
		t.Errorf("replaced before the yes: %s", told(got))
	}
	if all := w.databases(t); len(all) != 1 {
		t.Errorf("there are %v", all)
	}
	replace(good)
	other := w.read(t, filepath.Join(w.dir, "other.dump"))
	d.Heard = func(r ops.Run) { // it is told of a step before that runs
		if r.State == ops.Running && r.At == 1 && r.Steps[1].State == ops.StepBegan && r.Steps[1].Note.IsZero() {
			replace(other)
		}
	}
	got := d.do(line)
	if got.State != ops.Broke || !strings.Contains(told(got), "is no longer the file that the plan was made with") {
		t.Errorf("replaced while it runs: %s", told(got))
	}
	w.whole(t, today)
	if all := w.databases(t); len(all) != 1 {
		t.Errorf("there are %v", all)
	}
}

// Of two who restore at once, the second waits, and then sees that things changed.
func TestTwoAtOnce(t *testing.T) {
	w := newWorld(t, shared(t))
	d := w.desk(t)
	line := "postgres.restore database=" + w.db + " dump=" + w.first(t).Name
	first, second := d.plan(line), d.plan(line)
	for _, r := range []*ops.Run{first, second} {
		if _, err := d.Gate.Decide(t.Context(), d.Who, r.ID, ops.Decision{Yes: true}); err != nil {
			t.Fatal(err)
		}
	}
	states := map[string]ops.Run{}
	for len(states) < 2 {
		r := d.Next()
		states[r.ID] = r
	}
	if a, b := states[first.ID], states[second.ID]; a.State != ops.Succeeded || b.State != ops.Outdated {
		t.Errorf("first: %s\nsecond: %s", told(a), told(b))
	}
	w.whole(t, w.old)
}
