package docker

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Do changes the world behind everybody's back:
//
//	engine gone | engine back | engine forgets                  what it remembers of events
//	stream drops                                                every stream of events ends
//	grafana stays unhealthy | grafana becomes healthy | grafana exits 1 when started | grafana stays up
//	grafana exited 1 | grafana running healthy restarts=3      any words of the world's lines
//	grafana changed env=A,B                                     its compose entry has these from now on
//	grafana stopped | grafana started | grafana restarted | grafana killed | grafana replaced | grafana removed
//	grafana child oom                                           a process in it is killed for lack of memory; it lives on
//	grafana logs "a line"
//	next restart hangs | fails | is lost                        also start, stop, pull, up, down, compose-stop, compose-pull, build
//	image of grafana gone from registry | image of grafana gone
//	new image for grafana | … stays unhealthy | … exits 1       what the registry has from now on
//	proxy forbids restart | proxy allows restart                also list, inspect, logs, stats, pull, pullable, disk, prune, compose …
func (f *Fake) Do(change string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	words, err := splitWords(change)
	if err != nil {
		return fmt.Errorf("the Docker change %q: %w", change, err)
	}
	f.announce(false)
	for _, phrase := range []func([]string) (bool, error){f.doEngine, f.doNext, f.doImage, f.doProxy, f.doBox} {
		if ok, err := phrase(words); err != nil {
			return fmt.Errorf("the Docker change %q: %w", change, err)
		} else if ok {
			f.announce(asked(words))
			return nil
		}
	}
	return fmt.Errorf("the Docker world has no change like %q", change)
}

// asked reports whether words tell of what somebody asked the engine for, and not of what containers do by themselves.
func asked(words []string) bool {
	return len(words) == 2 && slices.Contains([]string{"stopped", "started", "restarted", "killed", "replaced", "removed", "off", "missing"}, words[1])
}

func (f *Fake) doEngine(w []string) (bool, error) {
	switch strings.Join(w, " ") {
	case "engine gone":
		f.gone = true
		f.hangUp()
	case "engine back":
		f.gone = false
	case "engine forgets":
		f.forgotten, f.remembered = f.forgotten+len(f.remembered), nil
	case "stream drops":
		f.hangUp()
	default:
		return false, nil
	}
	return true, nil
}

func (f *Fake) doNext(w []string) (bool, error) {
	if len(w) < 3 || w[0] != "next" {
		return false, nil
	}
	verbs := []string{"restart", "start", "stop", "pull", "up", "down", "compose-stop", "compose-pull", "build"}
	fate := strings.Join(w[2:], " ")
	if !slices.Contains(verbs, w[1]) || !slices.Contains([]string{"hangs", "fails", "is lost"}, fate) {
		return false, fmt.Errorf("say: next %s hangs, fails or is lost", strings.Join(verbs, "|"))
	}
	f.next[w[1]] = fate
	return true, nil
}

func (f *Fake) doProxy(w []string) (bool, error) {
	if len(w) != 3 || w[0] != "proxy" || w[1] != "forbids" && w[1] != "allows" {
		return false, nil
	}
	if w[1] == "allows" {
		delete(f.forbids, w[2])
	} else {
		f.forbids[w[2]] = true
	}
	return true, nil
}

// doImage reads «image of S gone [from registry]» and «new image for S [stays unhealthy|exits N]».
func (f *Fake) doImage(w []string) (bool, error) {
	if len(w) < 4 || w[0] != "image" && w[0] != "new" {
		return false, nil
	}
	name := w[2] // image of S
	if w[0] == "new" {
		name = w[3] // new image for S
	}
	b := f.service(name)
	if b == nil {
		return false, fmt.Errorf("there is no service %s", name)
	}
	switch {
	case w[0] == "image" && strings.Join(w[3:], " ") == "gone from registry":
		f.registry[b.image] = nil
	case w[0] == "image" && len(w) == 4 && w[3] == "gone":
		f.images = slices.DeleteFunc(f.images, func(i *fakeImage) bool { return slices.Contains(i.Tags, b.image) })
	case w[0] == "new" && len(w) >= 4:
		r := &release{exits: -1}
		r.id = "sha256:" + fakeID(fmt.Sprintf("image %s %d", b.image, len(f.registry)+len(f.images)))
		r.digest = "sha256:" + fakeID("digest "+r.id)
		if err := r.behave(w[4:]); err != nil {
			return false, err
		}
		f.registry[b.image] = r
	default:
		return false, nil
	}
	return true, nil
}

func (r *release) behave(w []string) (err error) {
	switch {
	case len(w) == 0:
	case len(w) == 2 && w[0] == "stays" && w[1] == "unhealthy":
		r.health = "unhealthy"
	case len(w) == 2 && w[0] == "exits":
		r.exits, err = strconv.Atoi(w[1])
	default:
		err = fmt.Errorf("a new image stays unhealthy, or exits N")
	}
	return err
}

// doBox reads what happens to one service.
func (f *Fake) doBox(w []string) (bool, error) {
	if len(w) < 2 {
		return false, nil
	}
	b := f.service(w[0])
	if b == nil {
		return false, nil
	}
	switch rest := strings.Join(w[1:], " "); {
	case rest == "stays unhealthy", rest == "stays healthy", rest == "stays starting":
		b.health, b.heals = w[2], false
	case rest == "becomes healthy", rest == "becomes unhealthy":
		b.health, b.settled = w[2], true
	case rest == "stays up":
		if b.loops() { // from its next start on, which is now
			b.Restarts, b.Started = b.now().Restarts, time.Now()
		}
		b.exits = -1
	case w[1] == "exits" && len(w) >= 3:
		n, err := strconv.Atoi(w[2])
		b.exits, b.exitsFrom = n, time.Now()
		return err == nil, err
	case rest == "stopped":
		b.stop()
	case rest == "started", rest == "restarted":
		b.start()
	case rest == "killed":
		b.State, b.ExitCode, b.Finished = "exited", 137, time.Now()
	case rest == "child oom":
		f.emit(b, Event{Kind: "oom"}, time.Now())
		f.rouse()
	case rest == "replaced":
		f.identify(b)
		b.exists, b.Created = true, time.Now()
		b.start()
	case w[1] == "logs" && len(w) == 3:
		return true, f.set(b, "log", w[2])
	default:
		return true, f.redescribe(b, w[1:])
	}
	return true, nil
}

// redescribe makes a container be as the words of a world's line say, from now on.
func (f *Fake) redescribe(b *box, words []string) error {
	was := b.State
	if err := f.describe(b, words); err != nil {
		return err
	}
	if b.State == "running" && was != "running" && b.Started.Before(b.Finished) {
		b.Started = time.Now()
	}
	if slices.Contains(words, "healthy") || slices.Contains(words, "unhealthy") {
		b.settled = true
	}
	if !b.changed {
		b.Env = b.wantEnv
	}
	return nil
}
