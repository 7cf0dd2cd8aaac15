package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

// A wall is what is told.
type wall struct{ opstest.Wall }

func (w *wall) says() string { return strings.Join(w.Says(), "\n") }
func (w *wall) over() string { return strings.Join(w.Over(), "\n") }

// watched runs the watcher of s; stop ends it and waits.
func watched(t *testing.T, s *System) (w *wall, stop func()) {
	w = &wall{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { // waited for by stop
		defer close(done)
		s.Watch(ctx, nil, w.Tell)
	}()
	return w, func() { cancel(); <-done }
}

// A pulse counts heartbeats.
type pulse struct {
	mu   sync.Mutex // guards what follows
	n    int
	fail error
}

func (p *pulse) beat(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	return p.fail
}

func (p *pulse) since() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.n
	p.n = 0
	return n
}

// save makes a backup now; its files are changed now, by the clock of the bubble.
func save(t *testing.T, s *System, token string, what ...string) folder {
	t.Helper()
	f, err := s.take(t.Context(), token, what)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range f.Files {
		if err := os.Chtimes(filepath.Join(f.path, file.Name), time.Now(), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func TestWatch(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h, p := newHouse("postgres:a", "redis"), &pulse{}
		o := options(root, h)
		o.Heartbeat, o.Rehearse = p.beat, "30 4 * * *"
		live := []string{"postgres:a", "redis", "postgres:prisme", "postgres:temporal_x"}
		o.Live = func(context.Context) (list []string, _ error) {
			h.set(func() { list = live })
			return list, nil
		}
		o.Skip = []string{"postgres:temporal*"}
		s := newSystem(t, o)
		save(t, s, "one", "postgres:a")
		w, stop := watched(t, s) // it is midnight
		defer stop()
		time.Sleep(time.Second)
		synctest.Wait()
		want(t, w.says(), "backup:postgres:prisme uncovered warning: nobody backs up postgres:prisme\nbackup:redis uncovered warning: redis has no backup yet")
		if wait := w.Trouble("backup:redis uncovered").Wait; wait != 26*time.Hour {
			t.Errorf("it waits for %v", wait)
		}

		h.set(func() { live = live[:2] })
		save(t, s, "two", "redis")
		time.Sleep(every)
		synctest.Wait()
		want(t, w.says(), "")
		has(t, w.over(), "backup:postgres:prisme uncovered: postgres:prisme no longer needs a backup", "backup:redis uncovered: redis has a good backup: 424 B")
		if n := p.since(); n != 0 {
			t.Errorf("%d heartbeats, and nothing was rehearsed", n)
		}

		h.set(func() { h.takes = 252 * time.Second })
		time.Sleep(5 * time.Hour) // half past four is over
		synctest.Wait()
		want(t, strings.Join(h.tried, " "), "postgres:a redis")
		if p.since() == 0 {
			t.Error("all is proved, and no heartbeat")
		}
		m := s.memories()["redis"]
		if m.Proved.Took != 252*time.Second || m.Proved.Says.En != "20 lines" {
			t.Errorf("%+v", m.Proved)
		}
		want(t, strings.Join(openDesk(t, s).look(ops.English, "backup.list", "what", "redis"), "\n"),
			"🟢 redis 424 B, 5 h ago · readable · last proved restorable: 31 min ago, 4 min 12 s\n"+s.see(t.Context()).copies["redis"][0].path+
				"\n420 bytes of text · 20 lines\nhouse 1\n424 B, 5 h ago · "+s.see(t.Context()).copies["redis"][0].path)
	})
}

// A rehearsal that fails is told at once, with why; it is over when one succeeds, not when the file changes.
func TestRehearsalFails(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h, p := newHouse("postgres:a"), &pulse{}
		o := options(root, h)
		o.Rehearse, o.Heartbeat, o.Zone = "30 4 * * *", p.beat, paris
		s := newSystem(t, o)
		save(t, s, "one", "postgres:a")
		h.restores["postgres:a"] = ops.Fail(ops.Failed, ops.T("18 of 61 tables are empty", "18 tables sur 61 sont vides"), nil)
		w, stop := watched(t, s) // one in the morning in Paris
		defer stop()
		time.Sleep(3*time.Hour + 29*time.Minute)
		synctest.Wait()
		want(t, w.says(), "")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		want(t, w.says(), "backup:postgres:a rehearsal critical: a backup of postgres:a could not be restored: 18 of 61 tables are empty")
		if p.since() != 0 {
			t.Error("a heartbeat, and the proof does not hold")
		}
		time.Sleep(time.Hour)
		save(t, s, "two", "postgres:a")
		time.Sleep(every)
		synctest.Wait()
		has(t, w.says(), "backup:postgres:a rehearsal critical")

		h.set(func() {
			h.restores["postgres:a"] = ops.Fail(ops.Unavailable, ops.T("PostgreSQL does not answer", "PostgreSQL ne répond pas"), nil)
		})
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		has(t, w.says(), "backup:postgres:a rehearsal warning: the backup of postgres:a could not be rehearsed")

		h.set(func() { delete(h.restores, "postgres:a") })
		d := openDesk(t, s)
		has(t, says(d.do("backup.rehearse", "what", "postgres:a")), "done: postgres.a.dump in ", "20 lines")
		save(t, s, "three", "postgres:a")
		time.Sleep(time.Second)
		synctest.Wait()
		want(t, w.says(), "")
		has(t, w.over(), "backup:postgres:a rehearsal: postgres:a is proved restorable: ")
	})
}

// What is too old, empty, cut off, or much smaller than yesterday.
func TestWatchFiles(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		file := func(name, stamp, content string, ago time.Duration) {
			put(t, filepath.Join(dir, name+"-"+stamp), content, ago)
		}
		file("pg/old", "19991230_025500.dump", "<<a>>", 30*time.Hour)
		file("pg/empty", "19991231_220000.dump", "", 2*time.Hour)
		file("pg/cut", "19991231_220000.dump", "<<a", 2*time.Hour)
		file("pg/less", "19991230_220000.dump", "<<"+strings.Repeat("a", 1000)+">>", 26*time.Hour)
		file("pg/less", "19991231_220000.dump", "<<a>>", 2*time.Hour)
		file("pg/plane-2", "19991231_220000.dump", "<<a>>", 2*time.Hour)
		file("pg/copied", "19991201_025500.dump", "<<a>>", 2*time.Hour) // an old one, copied today
		file("qdrant/latest-snapshot", "19991231_220000.txt", "full-snapshot-1999-12-31-22-00-00.snapshot\n", 2*time.Hour)
		s := newSystem(t, Options{Stack: "javisi", Kept: &opstest.Shelf{}, Files: []Files{{"postgres:{name}", dir + "/pg/{name}-*.dump"}, {"qdrant", dir + "/qdrant/latest-snapshot-*.txt"}},
			Sources: []Supplier{{"postgres", newHouse("postgres:old", "postgres:empty", "postgres:cut", "postgres:less", "postgres:plane-2", "postgres:copied").list}}})
		w, stop := watched(t, s)
		defer stop()
		time.Sleep(time.Second)
		synctest.Wait()
		want(t, w.says(), `backup:postgres:copied stale warning: the newest backup of postgres:copied is over 30 d old
backup:postgres:cut unreadable critical: the newest backup of postgres:cut is broken: it is cut off
backup:postgres:empty unreadable critical: the newest backup of postgres:empty is empty
backup:postgres:less small warning: the newest backup of postgres:less has 5 B after 1 kB (-100 %)
backup:postgres:old stale warning: the newest backup of postgres:old is over 30 h old
backup:qdrant unreadable critical: the newest backup of qdrant is broken: latest-snapshot-19991231_220000.txt: it holds only the name of a snapshot, not the snapshot`)
		file("pg/cut", "20000101_000001.dump", "<<a>>", 0)
		time.Sleep(2 * every)
		synctest.Wait()
		if strings.Contains(w.says(), "postgres:cut") {
			t.Errorf("still: %s", w.says())
		}
	})
}

// A database that cannot be asked hides nothing: what was live stays wanted, and being blind is told.
func TestWatchBlind(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h, p := newHouse("postgres:a", "postgres:b"), &pulse{}
		kept := &opstest.Shelf{}
		o := options(root, h)
		o.Kept, o.Heartbeat = kept, p.beat
		s := newSystem(t, o)
		save(t, s, "one", "postgres:a")
		w, stop := watched(t, s)
		time.Sleep(time.Second)
		synctest.Wait()
		h.set(func() {
			h.away = ops.Fail(ops.Unavailable, ops.T("PostgreSQL does not answer", "PostgreSQL ne répond pas"), nil)
		})
		stop()

		s = newSystem(t, o) // a new process
		w, stop = watched(t, s)
		defer stop()
		time.Sleep(time.Second)
		synctest.Wait()
		want(t, w.says(), "backup:postgres:b uncovered warning: nobody backs up postgres:b\nwatch:backup blind:postgres warning: postgres cannot be asked what there is to save: PostgreSQL does not answer")
		if p.since() != 0 {
			t.Error("a heartbeat, and who knows")
		}
		kept.Breaks(errors.New("disk full"))
		h.set(func() { h.away = nil })
		save(t, s, "two", "postgres:b")
		time.Sleep(every)
		synctest.Wait()
		has(t, w.says(), "watch:backup kept warning: what I know of backups cannot be kept")
		kept.Breaks(nil)
		p.mu.Lock()
		p.fail = errors.New("no route")
		p.mu.Unlock()
		time.Sleep(2 * every)
		synctest.Wait()
		has(t, w.says(), "watch:backup heartbeat warning: the heartbeat of the backups cannot be sent")
	})
}

// A round that was missed while the bot was away is held soon after it is back; what was proved before outlives it.
func TestMissedRound(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h, kept := newHouse("redis"), &opstest.Shelf{}
		o := options(root, h)
		o.Kept, o.Rehearse = kept, "30 4 * * *"
		s := newSystem(t, o)
		save(t, s, "one", "redis")
		_, stop := watched(t, s)
		time.Sleep(5 * time.Hour)
		stop()
		want(t, strings.Join(h.tried, " "), "redis")
		time.Sleep(48 * time.Hour) // two were missed
		s = newSystem(t, o)
		w, stop := watched(t, s)
		defer stop()
		time.Sleep(time.Second)
		synctest.Wait()
		want(t, w.says(), "backup:redis stale warning: the newest backup of redis is over 2 d old")
		if !s.memories()["redis"].Proved.good() {
			t.Error("what was proved is forgotten")
		}
		time.Sleep(2 * late)
		synctest.Wait()
		want(t, strings.Join(h.tried, " "), "redis redis")
		time.Sleep(time.Hour)
		want(t, strings.Join(h.tried, " "), "redis redis")
	})
}

// A proof that grows too old is told.
func TestProofTooOld(t *testing.T) {
	v := view{at: day("2026-08-14T12:00Z"), sources: map[string]Source{"redis": newHouse("redis").source("redis")},
		copies: map[string][]clone{"redis": {{artefact: "redis", path: "/b/redis.rdb", at: day("2026-08-14T03:00Z"), size: 10}}}}
	r := rules{26 * time.Hour, 8 * 24 * time.Hour, 50, true}
	m := memory{First: day("2026-01-01T00:00Z"), Proved: look{Key: "k", At: day("2026-08-05T12:00Z"), Took: time.Minute}}
	f := judge(v, "redis", m, r)
	if len(f.wrongs) != 1 || f.holds {
		t.Fatalf("%+v", f.wrongs)
	}
	want(t, ops.Unmark(f.wrongs[0].title.En+"\n"+f.wrongs[0].title.Fr), "no backup of redis was proved restorable for over 9 d\naucune sauvegarde de redis n’a été prouvée restaurable depuis plus de 9 j")
	m.Proved.At = day("2026-08-14T04:00Z")
	if f = judge(v, "redis", m, r); len(f.wrongs) != 0 || f.holds {
		t.Errorf("unread: %+v", f)
	}
	m.Read = look{Key: v.copies["redis"][0].key()}
	if f = judge(v, "redis", m, r); !f.holds {
		t.Errorf("it does not hold: %+v", f)
	}
	v.sources = nil
	if f = judge(v, "redis", memory{Read: m.Read}, r); !f.holds {
		t.Errorf("what nobody can rehearse must be read only: %+v", f)
	}
}
