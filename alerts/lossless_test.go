package alerts

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// TestNothingIsLost plays random nights: services that break and mend, a Telegram that fails, hangs and loses answers, a store
// that fails, a bot that is killed and started again. Whenever the weather clears for long enough, every reader's chat tells
// what is wrong, as it is, and says of nothing that is well that it is broken.
func TestNothingIsLost(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { night(t, seed) })
		})
	}
}

func night(t *testing.T, seed uint64) {
	r := dice(seed)
	screen, store, puppet := newRoom(), newShelf(), newPuppet()
	weather := dice(seed + 1000)
	var mu sync.Mutex // guards storm and weather, which the engine's goroutines use
	storm := 0.0
	chance := func(p float64) bool {
		mu.Lock()
		defer mu.Unlock()
		return weather.Float64() < p*storm
	}
	screen.fails = func() error {
		switch {
		case chance(0.2):
			return errHangs
		case chance(0.2):
			return errLost
		case chance(0.1):
			return errors.New("403: blocked")
		}
		return nil
	}
	store.fails = func() error {
		if chance(0.2) {
			return errors.New("disk full")
		}
		return nil
	}
	w := start(t, Options{Store: store, Watchers: []ops.Watcher{puppet}, Screen: screen, People: people("ann", "bob"), Default: []string{"ann", "bob"}})
	wrong := map[string]bool{}
	for range 4 {
		mu.Lock()
		storm = r.Float64()
		mu.Unlock()
		for range 5 + r.IntN(20) {
			name := fmt.Sprintf("s%d", r.IntN(8))
			screen.log("%s wrong=%t", name, !wrong[name])
			if wrong[name] {
				puppet.set(good(name, "died"))
			} else {
				tr := bad(name, "died", []ops.Severity{ops.Warning, ops.Critical}[r.IntN(2)])
				tr.Wait, tr.Calm = time.Duration(r.IntN(3))*5*time.Second, time.Duration(r.IntN(2))*5*time.Second
				puppet.set(tr)
			}
			wrong[name] = !wrong[name]
			time.Sleep(time.Duration(r.IntN(20000)) * time.Millisecond)
			if r.IntN(8) == 0 { // kill -9: what it does from now on reaches nothing
				killed, next := store, newShelf()
				killed.mu.Lock()
				killed.gone = true
				next.docs, next.order, next.fails = killed.docs, killed.order, killed.fails
				killed.mu.Unlock()
				w.stop()
				w.o.Store, store = next, next
				screen.log("killed")
				forgetUnwritten(t, screen, next)
				w.start()
			}
		}
		mu.Lock()
		storm = 0
		mu.Unlock()
		time.Sleep(40 * time.Minute) // what was refused for good is tried again after ten minutes; what flapped calms down
		synctest.Wait()
		for name, is := range wrong {
			for _, chat := range []string{"chat:1", "chat:2"} {
				if told := tells(screen, chat, name+" died"); told != is {
					t.Errorf("%s in %s: is it wrong? %t; does the chat say so? %t\n%s", name, chat, is, told, dump(screen)+strings.Join(screen.trace, "\n"))
				}
			}
		}
		if t.Failed() {
			break
		}
	}
	w.stop()
}

// forgetUnwritten takes away the messages that were accepted and not yet written down when the bot was killed: they are sent
// again, and the first ones are nobody's any more.
func forgetUnwritten(t *testing.T, r *room, s *shelf) {
	known := map[ops.Place]bool{}
	docs, err := s.List(t.Context(), "letter")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		var l Letter
		if err := json.Unmarshal(d.Body, &l); err != nil {
			t.Fatal(err)
		}
		known[l.Place] = true
		for _, p := range l.Passed {
			known[p.At] = true
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, m := range r.messages {
		if !known[at] && !strings.HasPrefix(m, ops.Off) {
			delete(r.messages, at)
		}
	}
}

// tells reports whether a chat says of something, as the last word on it, that it is wrong.
func tells(r *room, chat, text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for at, m := range r.messages {
		if string(r.Chat(at)) != chat {
			continue
		}
		for _, mark := range []string{ops.Broken, ops.AtRisk} {
			if containsLine(m, mark+" "+text) {
				return true
			}
		}
	}
	return false
}

func dump(r *room) (s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var places []string
	for at := range r.messages {
		places = append(places, string(at))
	}
	slices.Sort(places)
	for _, at := range places {
		s += at + ": " + r.messages[ops.Place(at)] + "\n"
	}
	return s
}
