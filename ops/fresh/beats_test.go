package fresh

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

const key = "a-long-enough-secret"

func nightly(kept Kept) Options {
	return Options{Kept: kept, Beats: []Beat{{Name: "backup", Every: 24 * time.Hour, Grace: time.Hour, Secret: opstest.Secret(key), Severity: ops.Critical}}}
}

// push pushes a heartbeat, and returns the answer's status.
func push(t *testing.T, s *System, what string) int {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, HookPath+what, nil)
	r.Header.Set("Authorization", "Bearer "+key)
	s.ServeHTTP(w, r)
	return w.Code
}

func beats(t *testing.T, s *System, what string) {
	t.Helper()
	if code := push(t, s, what); code != http.StatusOK {
		t.Errorf("%s: %d", what, code)
	}
}

func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w, _ := watch(t, nightly(&opstest.Shelf{}))
		time.Sleep(25*time.Hour - time.Second)
		w.want(t) // never seen, and not late yet
		if lines, err := ask(t, s, ops.English, ""); err != nil || !slices.Equal(lines, []string{"⚪ backup: no heartbeat yet, expected within 1 s", "expected every 24 h, with 1 h of grace · 0 so far"}) {
			t.Errorf("%q %v", lines, err)
		}
		time.Sleep(time.Second + time.Millisecond)
		w.want(t, "beat:backup silent critical: backup: no heartbeat ever, expected for 25 h")
		beats(t, s, "backup")
		synctest.Wait()
		w.want(t) // at once
		for range 3 {
			time.Sleep(24*time.Hour + 50*time.Minute)
			beats(t, s, "backup?status=up")
		}
		synctest.Wait()
		if w.want(t); !slices.Equal(w.Over(), []string{"beat:backup silent: backup beats again"}) {
			t.Errorf("over: %q", w.Over())
		}
		time.Sleep(25*time.Hour - time.Millisecond)
		w.want(t)
		time.Sleep(2 * time.Millisecond) // and not a minute later
		w.want(t, "beat:backup silent critical: backup: no heartbeat for 25 h")
		if at := time.Since(w.Trouble("beat:backup silent").At); at > time.Second {
			t.Errorf("since %s", at)
		}
	})
}

func TestFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w, _ := watch(t, nightly(nil))
		time.Sleep(time.Hour)
		beats(t, s, "backup")
		time.Sleep(24 * time.Hour)
		beats(t, s, "backup?status=down&msg=pg_dump%3A%20error%0Ano%20space%1B%5B31m%20left%00")
		synctest.Wait()
		w.want(t, "beat:backup failed critical: backup failed: pg_dump: error no space left")
		f := w.Trouble("beat:backup failed")
		if f.Quote != "pg_dump: error no space left" || len(f.Lines) != 1 || f.Lines[0].En != "the last time it went well was 24 h before" {
			t.Errorf("%+v", f)
		}
		beats(t, s, "backup?status=3")
		synctest.Wait()
		w.want(t, "beat:backup failed critical: backup failed: exit code 3")
		time.Sleep(26*time.Hour + 90*time.Second) // and now nothing at all
		w.want(t, "beat:backup failed critical: backup failed: exit code 3", "beat:backup silent critical: backup: no heartbeat for 26 h")
		lines, err := ask(t, s, ops.French, "backup")
		if err != nil || lines[0] != "🔴 backup : aucun battement depuis 26 h · backup a échoué : exit code 3" {
			t.Errorf("%q %v", lines, err)
		}
		beats(t, s, "backup?status=0")
		synctest.Wait()
		w.want(t)
		if want := []string{"beat:backup failed: backup went well", "beat:backup silent: backup beats again"}; !slices.Equal(w.Over(), want) {
			t.Errorf("over: %q", w.Over())
		}
	})
}

// What we were away for is not held against the job before it has had its full time again; and that is said.
func TestAway(t *testing.T) {
	for _, c := range []struct {
		what string
		away time.Duration // after the last beat
		back time.Duration // after that
		then []string      // at 26, 30, 49.5 and 51 h after the last beat
	}{
		{"a short restart at noon changes nothing", 9 * time.Hour, time.Minute, []string{
			"critical: backup: no heartbeat for 26 h", "critical: backup: no heartbeat for 30 h", "critical: backup: no heartbeat for 2 d", "critical: backup: no heartbeat for 2 d"}},
		{"the night", 20 * time.Hour, 5 * time.Hour, []string{
			"notice: backup: no heartbeat for 26 h, but I was away", "notice: backup: no heartbeat for 30 h, but I was away", "notice: backup: no heartbeat for 2 d, but I was away", "critical: backup: no heartbeat for 2 d"}},
		{"a restart just when it was expected", 24 * time.Hour, 5 * time.Second, []string{
			"notice: backup: no heartbeat for 26 h, but I was away", "notice: backup: no heartbeat for 30 h, but I was away", "critical: backup: no heartbeat for 2 d", "critical: backup: no heartbeat for 2 d"}},
		{"after it was late already", 25*time.Hour + 30*time.Minute, 10 * time.Minute, []string{
			"critical: backup: no heartbeat for 26 h", "critical: backup: no heartbeat for 30 h", "critical: backup: no heartbeat for 2 d", "critical: backup: no heartbeat for 2 d"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				kept := &opstest.Shelf{}
				s, _, stop := watch(t, nightly(kept))
				time.Sleep(time.Minute)
				beats(t, s, "backup")
				last := time.Now()
				time.Sleep(c.away)
				stop()
				time.Sleep(c.back)
				_, w, _ := watch(t, nightly(kept))
				for i, h := range []float64{26, 30, 49.5, 51} {
					time.Sleep(time.Until(last.Add(time.Duration(h*float64(time.Hour)) + time.Second)))
					synctest.Wait()
					w.want(t, "beat:backup silent "+c.then[i])
				}
			})
		})
	}
}

// A bot that restarts each noon still sees a nightly job die; one that is frozen knows that it was.
func TestRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &opstest.Shelf{}
		s, w, stop := watch(t, nightly(kept))
		time.Sleep(time.Minute)
		beats(t, s, "backup")
		time.Sleep(24*time.Hour - time.Minute)
		for range 3 { // at the very hour
			stop()
			time.Sleep(time.Minute)
			s, w, stop = watch(t, nightly(kept))
			time.Sleep(24*time.Hour - time.Minute)
		}
		w.want(t, "beat:backup silent critical: backup: no heartbeat for 3 d")
		beats(t, s, "backup")
		synctest.Wait()
		w.want(t)
		stop()
		var h heard
		if s, err := New(nightly(kept)); err != nil || s.load(t.Context(), beatKept+"backup", &h) != nil || h.Runs != 2 || h.Last.IsZero() || !h.Back.IsZero() {
			t.Errorf("kept: %+v", h)
		}
		if h.missed(&Beat{Every: 24 * time.Hour, Grace: time.Hour}, h.Last.Add(23*time.Hour), h.Last.Add(24*time.Hour)); h.Back.IsZero() {
			t.Error("being frozen is no absence")
		}
	})
}

func TestFrozen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w, _ := watch(t, nightly(nil))
		time.Sleep(time.Hour)
		beats(t, s, "backup")
		time.Sleep(20 * time.Hour)
		s.mu.Lock() // as if the machine had slept through the last hours, and missed it
		s.alive = s.alive.Add(-5 * time.Hour)
		h := s.beats["backup"]
		h.First, h.Last = h.First.Add(-5*time.Hour), h.Last.Add(-5*time.Hour)
		s.mu.Unlock()
		time.Sleep(90 * time.Minute)
		w.want(t, "beat:backup silent notice: backup: no heartbeat for 26 h, but I was away")
		if l := w.Trouble("beat:backup silent").Lines; len(l) != 2 || !strings.HasPrefix(l[0].En, "it may have come in the 5 h 0") {
			t.Errorf("%q", l)
		}
	})
}

// A heartbeat that was not configured for a while, or is expected at another pace, begins anew.
func TestConfiguredAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &opstest.Shelf{}
		s, _, stop := watch(t, nightly(kept))
		time.Sleep(time.Minute)
		beats(t, s, "backup")
		stop()
		other := Options{Kept: kept, Beats: []Beat{{Name: "other", Every: time.Hour, Secret: opstest.Secret(key)}}}
		_, _, stop = watch(t, other)
		time.Sleep(9 * 24 * time.Hour)
		stop()
		_, w, stop := watch(t, nightly(kept))
		time.Sleep(24 * time.Hour)
		w.want(t)
		stop()
		faster := nightly(kept)
		faster.Beats[0].Every = time.Hour
		_, w, _ = watch(t, faster)
		time.Sleep(time.Hour)
		w.want(t)
		time.Sleep(2 * time.Hour)
		w.want(t, "beat:backup silent critical: backup: no heartbeat for 10 d")
	})
}

// A store that does not work loses no beat, raises no alarm, and is told of.
func TestStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &opstest.Shelf{}
		s, _, stop := watch(t, nightly(kept))
		time.Sleep(time.Minute)
		beats(t, s, "backup")
		stop()
		kept.Breaks(errors.New("disk full"))
		time.Sleep(48 * time.Hour)
		s, w, _ := watch(t, nightly(kept))
		time.Sleep(time.Minute)
		w.want(t, "watch:fresh kept warning: what I know of backups and heartbeats cannot be kept")
		w.Tell(ops.Sighting{Troubles: []ops.Trouble{{Subject: "beat:backup", Kind: silent, Severity: ops.Critical}}}) // as it was told before
		time.Sleep(5 * time.Minute)
		w.want(t, "beat:backup silent critical: ", "watch:fresh kept warning: what I know of backups and heartbeats cannot be kept")
		if code := push(t, s, "backup"); code != http.StatusServiceUnavailable {
			t.Errorf("a beat that cannot be kept: %d", code)
		}
		time.Sleep(time.Hour)
		kept.Breaks(nil)
		time.Sleep(2 * time.Minute)
		w.want(t)
		s.mu.Lock()
		h := *s.beats["backup"]
		s.mu.Unlock()
		if h.Runs != 2 || time.Since(h.Last) > 2*time.Hour || h.First.IsZero() {
			t.Errorf("%+v", h)
		}
	})
}
