package e2e

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigie/ops"
)

// A kill is a moment at which the bot dies, and what has to come of it.
type kill struct {
	name    string
	service string // of a restart
	// when makes it die: it is given the person who has a plan to say yes to.
	when func(w *world, yes func())
	says string   // the first thing that it says when it is back
	then []string // the buttons that are tapped until all is well; none if nothing is left to do
	runs int      // how often the engine has restarted the service in the end; for an update: the version that is left
}

const (
	inspecting = `/containers/[^/]+/json$`
	restarting = `/restart$`
)

var restartKills = []kill{
	{"approved, nothing begun", "ok", func(w *world, yes func()) {
		h := w.proxy.hold("GET", inspecting)
		yes()
		h.wait(w.t)
		w.kill()
	}, `🟠 I was stopped before step 1 of 2: Restart ok.*now: .* ok is healthy`, []string{"Go on from step 1"}, 1},
	{"step written down, nothing sent", "ok", func(w *world, yes func()) {
		h := w.proxy.hold("POST", restarting)
		yes()
		h.wait(w.t)
		w.kill()
	}, `🟠 Unknown whether step 1 of 2 took: Restart ok.*now: 🔴 ok is healthy · the same as before the restart`, []string{"Go on from step 1"}, 1},
	{"sent, the container is ending", "slow", func(w *world, yes func()) {
		yes()
		w.until("the engine ends the container", func() bool { return w.seen("kill", "slow") > 0 })
		w.kill()
	}, `🟠 Unknown whether step 1 of 2 took: Restart slow`, []string{"Verify again"}, 1},
	{"done, the answer was lost", "ok", func(w *world, yes func()) {
		h := w.proxy.holdAnswer("POST", restarting)
		yes()
		h.wait(w.t)
		w.kill()
	}, `🟠 Unknown whether step 1 of 2 took: Restart ok.*now: 🟢 ok is healthy`, []string{"Verify again"}, 1},
	{"done, and a person says: again", "ok", func(w *world, yes func()) {
		h := w.proxy.holdAnswer("POST", restarting)
		yes()
		h.wait(w.t)
		w.kill()
	}, `🟠 Unknown whether step 1 of 2 took: Restart ok`, []string{"Go on from step 1"}, 2},
	{"waiting for health", "slow", func(w *world, yes func()) {
		yes()
		w.awaitNoted(2, ops.StepBegan, "docker.restart")
		w.kill()
	}, `🟠 I was stopped before step 2 of 2: Restart slow.*✓ restart slow`, []string{"Go on from step 2"}, 1},
	{"proved, right before the end", "ok", func(w *world, yes func()) {
		yes()
		w.dieAfter(2, ops.StepEnded, "docker.restart")
	}, `🟢 ok restarted`, nil, 1},
}

// TestKilledInARestart kills the bot at every step of a restart.
func TestKilledInARestart(t *testing.T) {
	t.Parallel()
	for _, k := range restartKills {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			killedInARestart(t, k, false)
		})
	}
}

// TestKilledOnPostgres kills it with its journal in PostgreSQL.
func TestKilledOnPostgres(t *testing.T) {
	t.Parallel()
	for _, i := range []int{1, 3, 5} {
		t.Run(restartKills[i].name, func(t *testing.T) {
			t.Parallel()
			killedInARestart(t, restartKills[i], true)
		})
	}
}

func killedInARestart(t *testing.T, k kill, postgres bool) {
	w := newWorld(t, setup{services: []string{k.service}, postgres: postgres})
	w.start()
	ann := w.person("ann")
	ann.say("/restart " + k.service)
	ann.sees(`🔒 Restart ` + k.service)
	k.when(w, func() { ann.tap("Restart " + k.service) })
	w.afterwards(ann, k)
	if n := w.count("restart", k.service); n != k.runs {
		t.Errorf("%d restarts, want %d", n, k.runs)
	}
	w.settled(k.service)
}

// afterwards starts the bot again: it says one thing about where it stands, repeats nothing, and its buttons lead on.
func (w *world) afterwards(ann *person, k kill) {
	w.t.Helper()
	before, restarts, creates := len(ann.told()), w.count("restart", ""), w.count("create", "")
	edits := len(w.tg.CallsOf("editMessageText"))
	ann.mark = time.Now()
	w.start()
	ann.sees(k.says)
	if k.then != nil { // the old message says so as well, and that is all
		w.until("the old message is settled", func() bool { return len(w.tg.CallsOf("editMessageText")) > edits })
	}
	said := len(ann.told()) - before
	if k.then == nil && said > 1 || k.then != nil && said != 1 {
		w.t.Errorf("%d messages about where it stands", said)
	}
	if r, c := w.count("restart", ""), w.count("create", ""); k.service != "slow" && (r != restarts || c != creates) {
		w.t.Errorf("something was done by itself: restarts %d → %d, containers made %d → %d", restarts, r, creates, c)
	}
	for _, label := range k.then {
		w.goOn(ann, label)
	}
	if said := len(ann.told()) - before; said > 1+len(k.then) {
		w.t.Errorf("%d messages in all, for %d taps", said, len(k.then))
	}
	for _, e := range w.journal() {
		if e.What == ops.Interrupted || e.What == ops.StepUnknown {
			return
		}
	}
	if k.then != nil {
		w.t.Error("the journal does not say that it was stopped in the middle")
	}
}

// goOn taps what was offered, confirms the plan, and waits for its proof.
func (w *world) goOn(ann *person, label string) {
	w.t.Helper()
	ann.tap(label)
	switch {
	case strings.HasPrefix(label, "Verify"):
		ann.sees(`🟢 it holds`)
	case strings.HasPrefix(label, "Go on"):
		ann.sees(`🔒 Go on from step`)
		ann.tap(label + ": ")
		ann.sees(`🟢`)
	default:
		ann.sees(`🔒 Undo`)
		ann.tap("Undo: ")
		ann.sees(`🟢 undone`)
	}
}

// settled fails the test unless the service is healthy, all containers are those that should be, and the journal is whole.
func (w *world) settled(services ...string) {
	w.t.Helper()
	for _, s := range services {
		if h := w.health(s); h != "healthy" {
			w.t.Errorf("%s is %s", s, h)
		}
	}
	want := append([]string{"db"}, services...)
	slices.Sort(want)
	if got := w.containers(); !slices.Equal(got, want) {
		w.t.Errorf("containers %q, want %q", got, want)
	}
	w.verified()
}

// dieAfter kills the bot right after the n-th line of a sort was written.
func (w *world) dieAfter(n int, what, op string) {
	w.t.Helper()
	w.awaitNoted(n, what, op)
	w.signal(syscall.SIGSTOP)
	w.kill()
}

// TestKilledInAnUpdate kills the bot at every step of an update.
func TestKilledInAnUpdate(t *testing.T) {
	t.Parallel()
	for _, k := range updateKills() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{services: []string{"web"}})
			old, newer := w.release("2")
			w.start()
			ann := w.person("ann")
			ann.say("/update web")
			ann.sees(`🔒 Update web`)
			k.when(w, func() { ann.tap("Update web") })
			w.afterwards(ann, k)
			w.settled("web")
			if got, want := w.inspect("web").Image, map[int]string{1: old, 2: newer}[k.runs]; got != want {
				t.Errorf("it runs %s; the old is %s, the new %s", got, old, newer)
			} else if ref := w.imageID(w.ref()); ref != want {
				t.Errorf("its reference means %s; the old is %s, the new %s", ref, old, newer)
			}
		})
	}
}

// updateKills are the moments of an update; the middle of a recreate is five of them, each with both ways out.
func updateKills() []kill {
	list := []kill{
		{"approved, nothing begun", "", holding("GET", inspecting), `🟠 I was stopped before step 1 of 3: Update web`, []string{"Go on from step 1"}, 2},
		{"pull written down, nothing sent", "", holding("POST", `/images/.*/tag$`), `🟠 Unknown whether step 1 of 3 took`, []string{"Put it back"}, 1},
		{"pulling, put back", "", pulling, `🟠 Unknown whether step 1 of 3 took`, []string{"Put it back"}, 1},
		{"pulling, gone on", "", pulling, `🟠 Unknown whether step 1 of 3 took`, []string{"Go on from step 1"}, 2},
		{"pulled, put back", "", pulled, `🟠 (I was stopped before|Unknown whether) step 2 of 3`, []string{"Put it back"}, 1},
		{"pulled, gone on", "", pulled, `🟠 (I was stopped before|Unknown whether) step 2 of 3`, []string{"Go on from step 2"}, 2},
		{"its compose outlives it for a while", "", func(w *world, yes func()) {
			h := w.proxy.hold("POST", `/stop$`)
			yes()
			h.wait(w.t)
			orphans := w.killAlone()
			h.pass() // it stops the old one, and ends when nobody listens to what it says
			w.until("compose has ended", func() bool {
				return !slices.ContainsFunc(orphans, func(pid int) bool { return syscall.Kill(pid, 0) == nil })
			})
		}, `🟠 Unknown whether step 2 of 3 took`, []string{"Go on from step 2"}, 2},
		{"waiting for health, put back", "", waiting, `🟠 I was stopped before step 3 of 3`, []string{"Put it back"}, 1},
		{"waiting for health, gone on", "", waiting, `🟠 I was stopped before step 3 of 3`, []string{"Go on from step 3"}, 2},
		{"proved, right before the end", "", func(w *world, yes func()) {
			yes()
			w.dieAfter(3, ops.StepEnded, "docker.update")
		}, `🟢 web updated`, nil, 2},
	}
	for _, at := range []struct{ name, method, path string }{
		{"making the new container", "POST", `/containers/create$`},
		{"stopping the old one", "POST", `/stop$`},
		{"removing the old one", "DELETE", `/containers/`},
		{"renaming the new one", "POST", `/rename$`},
		{"starting the new one", "POST", `/start$`},
	} {
		list = append(list,
			kill{at.name + ", put back", "", holding(at.method, at.path), `🟠 Unknown whether step 2 of 3 took`, []string{"Put it back"}, 1},
			kill{at.name + ", gone on", "", holding(at.method, at.path), `🟠 Unknown whether step 2 of 3 took`, []string{"Go on from step 2"}, 2})
	}
	return list
}

// holding dies while a call of it, or of its compose, is on the way to the engine.
func holding(method, path string) func(*world, func()) {
	return func(w *world, yes func()) {
		h := w.proxy.hold(method, path)
		yes()
		h.wait(w.t)
		w.kill()
	}
}

func pulling(w *world, yes func()) {
	sent := w.proxy.hold("POST", `/images/create$`)
	yes()
	sent.wait(w.t)
	h := w.registry.hold() // not before: planning again asks the registry as well
	sent.pass()
	h.wait(w.t)
	w.kill()
	h.pass()
}

func pulled(w *world, yes func()) {
	yes()
	w.dieAfter(1, ops.StepEnded, "docker.update")
}

func waiting(w *world, yes func()) {
	yes()
	w.awaitNoted(3, ops.StepBegan, "docker.update")
	w.kill()
}

// TestKilledWhilePuttingBack kills the bot while it undoes a bad update.
func TestKilledWhilePuttingBack(t *testing.T) {
	t.Parallel()
	for _, k := range []kill{
		{"before the old version is made", "", holding("POST", `/stop$`), `🟠 Unknown`, []string{"Put it back"}, 1},
		{"the old version is coming up", "", func(w *world, yes func()) {
			yes()
			w.awaitNoted(2, ops.UndoBegan, "docker.update")
			w.kill()
		}, `🟠 Unknown`, []string{"Put it back"}, 1},
		{"before its name means the old version", "", func(w *world, yes func()) {
			yes()
			w.awaitNoted(2, ops.UndoEnded, "docker.update")
			w.kill()
		}, `🟠 Unknown`, []string{"Put it back"}, 1},
	} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{services: []string{"web"}, wait: "6s"})
			old, _ := w.release("bad")
			w.start()
			ann := w.person("ann")
			ann.does("/update web", `🔒 Update web`, "Update web")
			w.awaitNoted(1, ops.StepFailed, "docker.update")
			k.when(w, func() {})
			w.afterwards(ann, k)
			w.settled("web")
			if got := w.inspect("web").Image; got != old {
				t.Errorf("it runs %s; the old is %s", got, old)
			}
		})
	}
}
