package alerts

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

func TestFiftyDownAtOnceAreTwoMessages(t *testing.T) {
	for name, c := range map[string]struct {
		wait   time.Duration
		spread time.Duration
		most   int
	}{
		"together, told at once":          {0, 0, 1},
		"one after the other, at once":    {0, 20 * time.Millisecond, 2},
		"one after the other, with delay": {10 * time.Second, 20 * time.Millisecond, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				screen, puppet := newRoom(), newPuppet()
				w := start(t, Options{Store: newShelf(), Watchers: []ops.Watcher{puppet}, Screen: screen, People: people("ann"), Default: []string{"ann"}})
				synctest.Wait()
				var all []ops.Trouble
				for n := range 50 {
					tr := bad(fmt.Sprintf("s%02d", n), "died", ops.Critical)
					tr.Wait = c.wait
					all = append(all, tr)
				}
				if c.spread == 0 {
					puppet.set(all...)
				} else {
					for _, tr := range all {
						puppet.set(tr)
						time.Sleep(c.spread)
					}
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if screen.sent > c.most {
					t.Errorf("%d messages:\n%s", screen.sent, dump(screen))
				}
				for n := range 50 {
					if !tells(screen, "chat:1", fmt.Sprintf("s%02d died", n)) {
						t.Errorf("s%02d is not told", n)
					}
				}
				w.stop()
			})
		})
	}
}

func TestThirtyFlapsAreThreeMessages(t *testing.T) {
	for _, calm := range []time.Duration{0, 15 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			screen, puppet := newRoom(), newPuppet()
			w := start(t, Options{Store: newShelf(), Watchers: []ops.Watcher{puppet}, Screen: screen, People: people("ann"), Default: []string{"ann"}})
			synctest.Wait()
			for range 30 {
				tr := bad("n8n", "unhealthy", ops.Critical)
				tr.Calm = calm
				puppet.set(tr)
				time.Sleep(5 * time.Second)
				puppet.set(good("n8n", "unhealthy"))
				time.Sleep(5 * time.Second)
			}
			time.Sleep(flapCalm)
			synctest.Wait()
			if screen.sent > 3 || screen.sent == 0 || tells(screen, "chat:1", "n8n") {
				t.Errorf("calm %s: %d messages, %d edits:\n%s", calm, screen.sent, screen.edits, dump(screen))
			}
			w.stop()
		})
	}
}

// TestAwayIsSaid checks that a bot that comes back says how long it was away, and that its watchers get their marks back.
func TestAwayIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		screen, puppet := newRoom(), newPuppet()
		w := start(t, Options{Store: newShelf(), Watchers: []ops.Watcher{puppet}, Screen: screen, People: people("ann"), Default: []string{"ann"}})
		synctest.Wait()
		puppet.set(bad("n8n", "died", ops.Warning))
		time.Sleep(time.Minute)
		w.stop()
		time.Sleep(time.Minute)
		w.start()
		time.Sleep(time.Minute)
		if screen.says("chat:1", "away") {
			t.Errorf("a restart is no absence:\n%s", dump(screen))
		}
		w.stop()
		time.Sleep(12 * time.Minute)
		w.start()
		time.Sleep(time.Minute)
		if !screen.says("chat:1", "I was away for 12 min") {
			t.Errorf("nothing is said of having been away:\n%s", dump(screen))
		}
		w.stop()
		if len(puppet.marks) != 3 || puppet.marks[0] != "" || puppet.marks[1] == "" || puppet.marks[2] != puppet.marks[1] {
			t.Errorf("the watcher was given the marks %q", puppet.marks)
		}
	})
}
