package backup

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

// aged makes finished backups that were begun so many days ago.
func aged(t *testing.T, s *System, what []string, days ...int) (stamps []string) {
	t.Helper()
	for _, n := range days {
		f, err := s.take(t.Context(), "token-"+strconv.Itoa(n), what)
		if err != nil {
			t.Fatal(err)
		}
		at := now().UTC().AddDate(0, 0, -n).Truncate(time.Second)
		f.Started = at
		for i := range f.Files {
			f.Files[i].Started = at
		}
		if err := os.WriteFile(filepath.Join(f.path, manifestName), f.body(), 0o600); err != nil {
			t.Fatal(err)
		}
		if to := filepath.Join(s.o.Root, at.Format(stampForm)); to != f.path {
			if err := os.Rename(f.path, to); err != nil {
				t.Fatal(err)
			}
		}
		stamps = append(stamps, at.Format(stampForm))
	}
	return stamps
}

func TestPrune(t *testing.T) {
	o := options(t.TempDir(), newHouse("redis"))
	o.Keep = Retention{Daily: 2}
	s := newSystem(t, o)
	stamps := aged(t, s, []string{"redis"}, 0, 1, 9, 10, 11)
	stranger := filepath.Join(o.Root, now().UTC().AddDate(0, 0, -20).Format(stampForm))
	put(t, filepath.Join(stranger, "precious"), "x", 0)
	put(t, filepath.Join(o.Root, stamps[3], "precious"), "x", 0)
	put(t, filepath.Join(o.Root, "notes", "x"), "x", 0)
	d := openDesk(t, s)
	_, r, err := d.ask("backup.prune")
	if err != nil {
		t.Fatal(err)
	}
	want(t, plan(r.Plan), `Remove 2 backups that I made, 848 B
- remove `+stamps[4]+`: 1 item, 424 B
- remove `+stamps[2]+`: 1 item, 424 B
- check: the other 3 backups are still whole
  3 backups stay: 2 days, 0 weeks, 0 months, 0 years, and the newest proof of each item
  What goes cannot be brought back from here; what is off-site stays there.`)
	if r.Plan.Target != "javisi" || r.Verdict.Demand != ops.Typed {
		t.Errorf("to be typed is %q, by %s", r.Plan.Target, r.Verdict.Demand)
	}
	d.yes(r)
	want(t, says(d.wait(r.ID)), "done: 3 of 3 still here")
	for _, name := range []string{stamps[0], stamps[1], stamps[3] + "/precious", filepath.Base(stranger) + "/precious", "notes/x"} {
		if _, err := os.Stat(filepath.Join(o.Root, name)); err != nil {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
	for _, name := range []string{stamps[2], stamps[4]} {
		if _, err := os.Stat(filepath.Join(o.Root, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	if strings.Contains(names(t, o.Root), removingName) {
		t.Errorf("left behind: %s", names(t, o.Root))
	}
	_, _, err = d.ask("backup.prune")
	has(t, ops.SayOf(err).En, "There is nothing to remove")
}

// What was found to be broken, or could not be restored, does not stand in for an older one that could.
func TestPruneKeepsTheProof(t *testing.T) {
	o := options(t.TempDir(), newHouse("redis"))
	o.Keep = Retention{Daily: 1}
	s := newSystem(t, o)
	stamps := aged(t, s, []string{"redis"}, 4, 5, 6, 7)
	path := func(i int) string { return filepath.Join(o.Root, stamps[i], "redis.dump") }
	s.remember(t.Context(), "redis", func(m *memory) {
		m.Tried = look{Key: "k", Path: path(0), Why: ops.Raw("boom")}
		m.Proved = look{Key: "k", Path: path(2)}
	})
	d := openDesk(t, s)
	r := d.do("backup.prune")
	want(t, says(r), "done: 3 of 3 still here")
	if _, err := os.Stat(path(3)); err == nil {
		t.Error("the oldest is still there")
	}
}

// If a folder changes after the plan was shown, nothing is removed.
func TestPruneDrifts(t *testing.T) {
	o := options(t.TempDir(), newHouse("redis"))
	o.Keep = Retention{Daily: 1}
	s := newSystem(t, o)
	stamps := aged(t, s, []string{"redis"}, 0, 9)
	d := openDesk(t, s)
	_, r, err := d.ask("backup.prune")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(o.Root, stamps[1], manifestName)
	if err := os.WriteFile(path, append(must(os.ReadFile(path)), '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	d.yes(r)
	has(t, says(d.wait(r.ID)), "drifted: things changed since the plan was shown: backup "+stamps[1])
	if _, err := os.Stat(filepath.Join(o.Root, stamps[1], "redis.dump")); err != nil {
		t.Error(err)
	}
}

// Killed at any call of the disk, a removal leaves nothing that is taken for a backup, and goes on when it is done again.
func TestPruneKilledAnywhere(t *testing.T) {
	for n := 0; ; n++ {
		o := options(t.TempDir(), newHouse("redis", "postgres:a"))
		o.Keep = Retention{Daily: 1}
		s := newSystem(t, o)
		stamps := aged(t, s, []string{"redis", "postgres:a"}, 0, 9)
		args := removeArgs{stamps[1], must(s.folders())[1].digest, 1, 2}
		died := kill(t, "remove", o.Root, n)
		for _, f := range must(s.folders()) {
			if !f.finished || !f.wrong.IsZero() {
				t.Errorf("killed at %d, %s is half there: %v", n, f.stamp, f.wrong.En)
			}
		}
		if !died {
			if n < 6 {
				t.Errorf("only %d calls were met", n)
			}
			return
		}
		step := remove.Do(args)
		if err := runStep(t, s, step); err != nil {
			t.Errorf("killed at %d, then: %v", n, err)
		}
		want(t, names(t, o.Root), stamps[0])
		if err := runStep(t, s, step); err != nil {
			t.Errorf("done once more: %v", err)
		}
	}
}
