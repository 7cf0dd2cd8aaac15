package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vigie/bot/botapi"
	"vigie/ops"
)

// TestTwoAtOnce has two operators restart one service at the same time: the second waits its turn, and by then the
// world is another one.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{services: []string{"slow"}})
	w.start()
	ann, bob := w.person("ann"), w.person("bob")
	ann.say("/restart slow")
	bob.say("/restart slow")
	ann.sees(`🔒 Restart slow`)
	bob.sees(`🔒 Restart slow`)
	h := w.proxy.hold("POST", restarting)
	ann.tap("Restart slow")
	h.wait(t)
	bob.tap("Restart slow")
	bob.sees(`⏳ Waiting its turn: Restart slow.*first: Restart slow \(ann\)`)
	h.pass()
	ann.sees(`🟢 slow restarted`)
	bob.sees(`⚪ Nothing was done: Restart slow.*things changed since the plan was shown`)
	bob.tap("Plan it again")
	bob.sees(`🔒 Restart slow`)
	bob.tap("Restart slow")
	bob.sees(`🟢 slow restarted`)
	if n := w.count("restart", "slow"); n != 2 || w.noted(ops.HasDrifted, "docker.restart") != 1 {
		t.Errorf("%d restarts", n)
	}
	w.settled("slow")
}

// TestLookingNeverWaits asks a hundred times for the status while two slow restarts run.
func TestLookingNeverWaits(t *testing.T) {
	t.Parallel()
	const people, each = 50, 2 // a chat takes about one message a second
	o := setup{services: []string{"slow", "slow2"}}
	for i := range people {
		id := int64(5000 + i)
		o.people = append(o.people, botapi.User{ID: id, FirstName: fmt.Sprint("Viewer", i), LanguageCode: "en"})
		o.users += fmt.Sprintf("[[users]]\nid = %d\nname = \"viewer%d\"\nrole = \"viewer\"\n", id, i)
	}
	w := newWorld(t, o)
	w.start()
	ann, bob := w.person("ann"), w.person("bob")
	ann.say("/restart slow")
	bob.say("/restart slow2")
	ann.sees(`🔒 Restart slow`)
	bob.sees(`🔒 Restart slow2`)
	first, second := w.proxy.hold("POST", `_slow/restart$|`+w.inspect("slow").ID+`/restart$`), w.proxy.hold("POST", restarting)
	ann.tap("Restart slow")
	first.wait(t)
	bob.tap("Restart slow2")
	second.wait(t)

	begun := time.Now()
	for i := range people {
		p := &person{w: w, id: int64(5000 + i), chat: int64(5000 + i)}
		for range each {
			p.say("/status")
		}
	}
	answered := func() (n int) {
		for i := range people {
			p := &person{w: w, chat: int64(5000 + i)}
			for _, m := range p.told() {
				if strings.Contains(m.Text, "🟢 3 of 3 fine") {
					n++
				}
			}
		}
		return n
	}
	w.until("all are answered", func() bool { return answered() == people*each })
	t.Logf("%d answers in %s, while two restarts hung", people*each, time.Since(begun).Truncate(time.Millisecond))
	if w.noted(ops.StepBegan, "docker.restart") != 2 || w.noted(ops.StepEnded, "docker.restart") != 0 {
		t.Error("the restarts were not under way all the time")
	}
	first.pass()
	second.pass()
	ann.sees(`🟢 slow restarted`)
	bob.sees(`🟢 slow2 restarted`)
	if w.count("restart", "slow") != 1 || w.count("restart", "slow2") != 1 {
		t.Error("not each was restarted once")
	}
	w.settled("slow", "slow2")
}
