package e2e

import (
	"testing"

	"vigie/ops"
)

// TestHalfMadeContainer kills the bot and its compose when compose has made the new container, under a name of its own
// («<12 hex>_<name>»), and has not stopped the old one: neither way on may leave it there, or the service without any.
func TestHalfMadeContainer(t *testing.T) {
	t.Parallel()
	for _, k := range []kill{
		{"put back", "", holding("POST", `/stop$`), `🟠 Unknown whether step 2 of 3 took`, []string{"Put it back"}, 1},
		{"gone on", "", holding("POST", `/stop$`), `🟠 Unknown whether step 2 of 3 took`, []string{"Go on from step 2"}, 2},
	} {
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
			}
		})
	}
}

// TestHalfMadeWhilePuttingBack is the same while a bad update is put back.
func TestHalfMadeWhilePuttingBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"web"}, wait: "6s"})
	old, _ := w.release("bad")
	w.start()
	ann := w.person("ann")
	ann.does("/update web", `🔒 Update web`, "Update web")
	w.awaitNoted(1, ops.StepFailed, "docker.update")
	k := kill{"", "", holding("POST", `/stop$`), `🟠 Unknown`, []string{"Put it back"}, 1}
	k.when(w, func() {})
	w.afterwards(ann, k)
	w.settled("web")
	if got := w.inspect("web").Image; got != old {
		t.Errorf("it runs %s; the old is %s", got, old)
	}
}
