package realtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/postgres"
)

// Every part of a restore may be done twice, and every part of its undo: the second time changes nothing.
func TestEverythingTwice(t *testing.T) {
	w := newWorld(t, shared(t))
	today := w.contents(t, w.db)
	s, ctx, c := w.system, t.Context(), w.copyOf(w.first(t), "abababab")
	twice := func(what string, do func() error) {
		t.Helper()
		for range 2 {
			if err := do(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
	}
	scratch := postgres.Mark{Role: postgres.Scratch, Key: c.Key}
	twice("unswap before anything", func() error { _, err := s.Unswap(ctx, c); return err })
	twice("drop before anything", func() error { return s.Drop(ctx, c.Scratch, scratch) })
	twice("create", func() error { _, err := s.Create(ctx, c); return err })
	twice("load", func() error { return s.Load(ctx, c, nil) })
	if done, err := s.Create(ctx, c); err != nil || !done {
		t.Fatalf("what is loaded is made anew: %v %v", done, err)
	}
	w.whole(t, today)
	twice("swap", func() error { return s.Swap(ctx, c) })
	w.whole(t, w.old)
	if err := s.Drop(ctx, w.db, scratch); err == nil {
		t.Fatal("the live database can be dropped")
	}
	if err := s.Drop(ctx, w.db, postgres.Mark{Role: postgres.Live, Key: c.Key}); err == nil {
		t.Fatal("the live database can be dropped by its own mark")
	}
	twice("unswap", func() error { _, err := s.Unswap(ctx, c); return err })
	w.whole(t, today)
	twice("drop", func() error { return s.Drop(ctx, c.Scratch, scratch) })
	w.whole(t, today)
}

// From whatever state the names are in, going on ends in the dump, and putting back ends in today's.
func TestHalfStates(t *testing.T) {
	w := newWorld(t, shared(t))
	today, first := w.contents(t, w.db), w.first(t)
	for i, state := range []string{
		``, // ready to be swapped
		`ALTER DATABASE "LIVE" ALLOW_CONNECTIONS false`,
		`ALTER DATABASE "LIVE" RENAME TO "BEFORE"; ALTER DATABASE "BEFORE" SET vigie.mark TO 'kept KEY 2026-01-01T00:00:00Z'; ALTER DATABASE "BEFORE" ALLOW_CONNECTIONS false`,
		`ALTER DATABASE "LIVE" RENAME TO "BEFORE"; ALTER DATABASE "BEFORE" SET vigie.mark TO 'kept KEY 2026-01-01T00:00:00Z'`,
	} {
		for _, way := range []string{"go on", "put back"} {
			t.Run(fmt.Sprint(i, " ", way), func(t *testing.T) {
				c := w.copyOf(first, fmt.Sprintf("0000000%d", 2*i+len(way)%2))
				if _, err := w.system.Create(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				if err := w.system.Load(t.Context(), c, nil); err != nil {
					t.Fatal(err)
				}
				for statement := range strings.SplitSeq(strings.NewReplacer("LIVE", w.db, "BEFORE", c.Before, "KEY", c.Key).Replace(state), "; ") {
					w.sql(t, "postgres", statement)
				}
				if way == "go on" {
					if err := w.system.Swap(t.Context(), c); err != nil {
						t.Fatal(err)
					}
					w.whole(t, w.old)
				}
				if _, err := w.system.Unswap(t.Context(), c); err != nil {
					t.Fatal(err)
				}
				w.whole(t, today)
				if err := w.system.Drop(t.Context(), c.Scratch, postgres.Mark{Role: postgres.Scratch, Key: c.Key}); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

// What is not ours is never dropped and never takes the name, whatever it is called.
func TestNotOurs(t *testing.T) {
	w := newWorld(t, shared(t))
	today, c := w.contents(t, w.db), w.copyOf(w.first(t), "cdcdcdcd")
	w.sql(t, "postgres", `CREATE DATABASE "`+c.Scratch+`"`)
	if _, err := w.system.Create(t.Context(), c); err != nil { // empty, with our name: made in the moment before it would have been marked
		t.Fatal(err)
	}
	w.sql(t, "postgres", `ALTER DATABASE "`+c.Scratch+`" RESET ALL`)
	w.sql(t, c.Scratch, `CREATE TABLE precious (a int)`)
	_, err := w.system.Create(t.Context(), c)
	for what, err := range map[string]error{"create": err, "load": w.system.Load(t.Context(), c, nil), "swap": w.system.Swap(t.Context(), c),
		"drop": w.system.Drop(t.Context(), c.Scratch, postgres.Mark{Role: postgres.Scratch, Key: c.Key})} {
		if ops.KindOf(err) != ops.Failed {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := w.sql(t, c.Scratch, `SELECT count(*) FROM precious`); n != "0" {
		t.Error("it is gone")
	}
	w.whole(t, today)
}

// Cut off at any moment of any part, the live database is today's or the dump's, whole; and putting back brings today's.
func TestCutOffAnywhere(t *testing.T) {
	w := newWorld(t, shared(t))
	today, first := w.contents(t, w.db), w.first(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := w.system
	parts := []struct {
		name string
		most time.Duration
		do   func(context.Context, postgres.Copy) error
	}{
		{"create", 600 * time.Millisecond, func(ctx context.Context, c postgres.Copy) error { _, err := s.Create(ctx, c); return err }},
		{"load", 1500 * time.Millisecond, func(ctx context.Context, c postgres.Copy) error { return s.Load(ctx, c, nil) }},
		{"swap", 500 * time.Millisecond, s.Swap},
		{"unswap", 500 * time.Millisecond, func(ctx context.Context, c postgres.Copy) error { _, err := s.Unswap(ctx, c); return err }},
		{"drop", 400 * time.Millisecond, func(ctx context.Context, c postgres.Copy) error {
			return s.Drop(ctx, c.Scratch, postgres.Mark{Role: postgres.Scratch, Key: c.Key})
		}},
	}
	cut := 0
	for i := 0; i < 10 || cut < 3 && i < 60; i++ { // now and then chance lets most of them end in time
		c, at := w.copyOf(first, fmt.Sprintf("%08x", i)), i%len(parts)
		for n, p := range parts[:at+1] {
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if n == at {
				ctx, cancel = context.WithTimeout(ctx, time.Duration(random.Int64N(int64(p.most))))
			}
			err := p.do(ctx, c)
			if ctx.Err() != nil {
				cut++
			}
			if cancel(); err != nil && n < at {
				t.Fatalf("round %d, %s: %v", i, p.name, err)
			}
		}
		switch got := w.contents(t, w.db); got {
		case today, w.old:
		default:
			t.Fatalf("round %d, %s cut off: neither today's nor the dump's: %s", i, parts[at].name, differ(today, got))
		}
		if _, err := s.Unswap(t.Context(), c); err != nil {
			t.Fatalf("round %d, putting back: %v", i, err)
		}
		w.whole(t, today)
		if err := s.Drop(t.Context(), c.Scratch, postgres.Mark{Role: postgres.Scratch, Key: c.Key}); err != nil {
			t.Fatalf("round %d, dropping: %v", i, err)
		}
		for _, name := range w.databases(t) {
			if strings.Contains(name, "_undone_") {
				w.sql(t, "postgres", `DROP DATABASE "`+name+`"`)
			}
		}
	}
	if all := w.databases(t); len(all) != 1 || cut < 3 {
		t.Errorf("%d were cut off, there are %v", cut, all)
	}
	if n := strings.Count(w.docker(t, "logs", w.name), "terminated by signal"); n > 0 {
		t.Errorf("PostgreSQL took what we ended for its own, %d times, and ended all connections", n)
	}
}

// grown is a database whose restore takes seconds.
const grown = `CREATE TABLE bulk AS SELECT i, repeat(md5(i::text), 6) AS text, now() AS "createdAt" FROM generate_series(1, 400000) i; CREATE INDEX ON bulk (text); CREATE INDEX ON bulk (i);
ALTER TABLE bulk OWNER TO APP;`

// unnumbered leaves out how far sequences are: a server that is killed skips up to 32 numbers of each.
func unnumbered(state string) string {
	var lines []string
	for line := range strings.SplitSeq(state, "\n") {
		if !strings.HasPrefix(line, "sequence ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// The server may be killed in the middle: then the live database is as it was, and after its start the restore goes on.
func TestServerKilled(t *testing.T) {
	w := newWorld(t, newBox(t))
	w.sql(t, w.db, w.fill(grown))
	big := w.nextDump(t, "20260102")
	w.sql(t, w.db, `DELETE FROM bulk WHERE i % 2 = 0`)
	today := w.contents(t, w.db)
	c := w.copyOf(big, "efefefef")
	if _, err := w.system.Create(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	loading := make(chan struct{})
	told := false
	killed := make(chan struct{})
	go func() { // waited for below
		defer close(killed)
		<-loading
		exec.Command("docker", "kill", "-s", "KILL", w.name).Run()
	}()
	err := w.system.Load(t.Context(), c, func(ops.Text) {
		if !told {
			told = true
			close(loading)
		}
	})
	if err == nil {
		t.Fatal("it was loaded before it could be killed")
	}
	<-killed
	t.Logf("killed while loading: %v", err)
	w.docker(t, "start", w.name)
	w.ready(t)
	unchanged := func() {
		t.Helper()
		if got := unnumbered(w.contents(t, w.db)); got != unnumbered(today) {
			t.Errorf("it changed: %s", differ(unnumbered(today), got))
		}
	}
	unchanged()
	if done, err := w.system.Create(t.Context(), c); done || err != nil {
		t.Fatalf("what was cut off counts as loaded: %v %v", done, err)
	}
	if err := w.system.Load(t.Context(), c, nil); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		swapping := make(chan error, 1)
		go func() { swapping <- w.system.Swap(context.WithoutCancel(t.Context()), c) }() // waited for below
		time.Sleep(time.Duration(i) * 120 * time.Millisecond)                            // the moment to be hit is inside of a real process
		w.docker(t, "kill", "-s", "KILL", w.name)
		w.docker(t, "start", w.name)
		w.ready(t)
		t.Logf("killed while swapping: %v", <-swapping)
		if err := w.system.Swap(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if n := w.sql(t, w.db, `SELECT count(*) FROM bulk`); n != "400000" {
			t.Fatalf("%s rows of 400000", n)
		}
		kept, err := w.system.Unswap(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		unchanged()
		w.sql(t, "postgres", `ALTER DATABASE "`+kept+`" RENAME TO "`+c.Scratch+`"; ALTER DATABASE "`+c.Scratch+`" SET vigie.mark TO 'scratch `+c.Key+` loaded'; ALTER DATABASE "`+c.Scratch+`" ALLOW_CONNECTIONS true`)
	}
}

// The server may stop answering in the middle of the swap: whatever is told then, afterwards it is one or the other. (Its first process is
// stopped by a signal: a container that is paused while a program is being started in it can hang the Docker Engine.)
func TestSilent(t *testing.T) {
	w := newWorld(t, newBox(t))
	today := w.contents(t, w.db)
	for i := range 3 {
		c := w.copyOf(w.first(t), fmt.Sprintf("fafafaf%d", i))
		if _, err := w.system.Create(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if err := w.system.Load(t.Context(), c, nil); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		swapping := make(chan error, 1)
		go func() { swapping <- w.system.Swap(ctx, c) }()    // waited for below
		time.Sleep(time.Duration(i) * 90 * time.Millisecond) // the moment to be hit is inside of a real process
		w.docker(t, "kill", "-s", "STOP", w.name)
		<-ctx.Done()
		cancel()
		w.docker(t, "kill", "-s", "CONT", w.name)
		err := <-swapping
		t.Logf("silent while swapping: %v", err)
		got := w.contents(t, w.db)
		if got != today && got != w.old {
			t.Fatalf("neither: %s", differ(today, got))
		}
		if err == nil && got != w.old || ops.KindOf(err) == ops.Failed && got != today {
			t.Errorf("it is told that %v", err)
		}
		if _, err := w.system.Unswap(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		w.whole(t, today)
		if err := w.system.Drop(t.Context(), c.Scratch, postgres.Mark{Role: postgres.Scratch, Key: c.Key}); err != nil {
			t.Fatal(err)
		}
	}
}

// A disk that gets full in the middle costs the copy, and nothing else.
func TestDiskFull(t *testing.T) {
	b := newBox(t, "--tmpfs", "/small:rw,size=96m,mode=0777,uid=999")
	b.sql(t, "postgres", `CREATE TABLESPACE small LOCATION '/small'`)
	w := newWorld(t, b)
	w.sql(t, w.db, w.fill(grown))
	big := w.nextDump(t, "20260102")
	w.sql(t, w.db, `DROP TABLE bulk`)
	w.sql(t, "postgres", `ALTER DATABASE "`+w.db+`" SET TABLESPACE small`)
	today := w.contents(t, w.db)
	if _, _, err := w.desk(t).ask("postgres.restore database=" + w.db + " dump=" + big.Name); ops.KindOf(err) != ops.Invalid || !strings.Contains(err.Error(), "There is no room") {
		t.Errorf("planned: %v", err)
	}
	c := w.copyOf(big, "dededede")
	if _, err := w.system.Create(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	err := w.system.Load(t.Context(), c, nil)
	if err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("loaded: %v", err)
	}
	t.Logf("%v", err)
	w.whole(t, today)
	if err := w.system.Drop(t.Context(), c.Scratch, postgres.Mark{Role: postgres.Scratch, Key: c.Key}); err != nil {
		t.Fatal(err)
	}
	room, err := w.system.Room(t.Context(), w.db)
	if err != nil || room.Data < 70<<20 {
		t.Errorf("free: %+v %v", room, err)
	}
	w.whole(t, today)
}

// A dump that does not fit leaves nothing behind, and none that was there is touched.
func TestDumpDoesNotFit(t *testing.T) {
	w := newWorld(t, shared(t))
	w.sql(t, w.db, w.fill(grown))
	small := t.TempDir()
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=4m"); err != nil {
		t.Fatalf("this test needs to mount a small disk, as root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(small, 0); err != nil {
			t.Error(err)
		}
	})
	old := filepath.Join(small, w.db+"-20260101_000000.dump")
	if err := os.WriteFile(old, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := w.system.Dump(t.Context(), w.db, filepath.Join(small, "new.dump"), nil)
	if ops.KindOf(err) != ops.Failed || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("%v", err)
	}
	_, err = w.system.Dump(t.Context(), w.db, old, nil)
	if ops.KindOf(err) != ops.Failed || !strings.Contains(err.Error(), "overwrite no dump") {
		t.Errorf("%v", err)
	}
	left, err := os.ReadDir(small)
	if err != nil || len(left) != 1 || string(w.read(t, old)) != "kept" {
		t.Errorf("there are %v %v", left, err)
	}
	if err := w.remains(); err != nil {
		t.Error(err)
	}
}

// remains looks for programs of ours that still run in the container.
func (b *box) remains() error {
	out, err := exec.Command("docker", "top", b.name, "-eo", "pid,args").Output()
	if err == nil && (strings.Contains(string(out), "pg_dump") || strings.Contains(string(out), "pg_restore")) {
		err = fmt.Errorf("still running:\n%s", out)
	}
	return err
}
