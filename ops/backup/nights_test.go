package backup

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

// What Vigie saves by itself: at its time, once, made up for after an absence; what did not come about is told and holds the heartbeat back.
func TestNights(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h, p, kept := newHouse("postgres:a", "redis"), &pulse{}, &opstest.Shelf{}
		o := options(root, h)
		o.Heartbeat, o.Save, o.Kept = p.beat, "0 3 * * *", kept
		o.Rehearse = "30 4 * * *"
		var s *System
		var mu sync.Mutex // guards no and asked
		var no error
		var asked []string
		sets := func(err error) { mu.Lock(); defer mu.Unlock(); no, asked = err, nil }
		times := func() string { mu.Lock(); defer mu.Unlock(); return strings.Join(asked, " ") }
		o.Ask = func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, time.Now().Format("15:04"))
			if no == nil {
				save(t, s, "night "+time.Now().Format("02"), "postgres:a", "redis")
			}
			return no
		}
		s = newSystem(t, o)
		w, stop := watched(t, s) // it is midnight
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		want(t, times(), "03:00")
		want(t, w.says(), "")
		if p.since() == 0 {
			t.Error("all is saved and proved, and no heartbeat")
		}

		sets(ops.Fail(ops.Failed, ops.T("no space left", "plus de place"), nil))
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		want(t, times(), "03:00")
		want(t, w.says(), "watch:backup schedule critical: the backup of 03:00 was not made whole")
		got := w.Trouble("watch:backup schedule")
		if len(got.Lines) != 1 || got.Lines[0].Fr != "plus de place" || len(got.Offers) != 1 {
			t.Errorf("%+v", got)
		}
		p.since()
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := p.since(); n != 0 {
			t.Errorf("%d heartbeats, and the last backup failed", n)
		}
		stop()

		s = newSystem(t, o) // what was missed outlives a restart, until one is made
		w, stop = watched(t, s)
		time.Sleep(time.Second)
		synctest.Wait()
		has(t, w.says(), "watch:backup schedule critical: the backup of 03:00 was not made whole")
		save(t, s, "by hand", "postgres:a", "redis")
		time.Sleep(every)
		synctest.Wait()
		want(t, w.says(), "")
		stop()
		synctest.Wait()

		sets(nil)
		time.Sleep(48 * time.Hour) // two were missed: one is made up for
		s = newSystem(t, o)
		_, stop = watched(t, s)
		defer stop()
		time.Sleep(time.Hour)
		synctest.Wait()
		if at := times(); len(strings.Fields(at)) != 1 {
			t.Errorf("made up for at %q", at)
		}
	})
}
