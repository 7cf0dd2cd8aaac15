package e2e

import (
	"strings"
	"testing"

	"vigie/ops"
)

// TestJourney is what Vigie is for: see, understand, repair once, proved.
func TestJourney(t *testing.T) {
	t.Parallel()
	journey(t, setup{services: []string{"sick", "ok", "slow", "oneshot"}})
}

// TestJourneyOnPostgres is the same with the journal in PostgreSQL.
func TestJourneyOnPostgres(t *testing.T) {
	t.Parallel()
	journey(t, setup{services: []string{"sick", "ok"}, postgres: true})
}

func journey(t *testing.T, o setup) {
	w := newWorld(t, o)
	w.start()
	ann := w.person("ann")
	ann.say("/status")
	ann.sees(`🔴 1 of \d needs you.*sick unhealthy.*no /ok yet`)
	ann.tap("sick ▸")
	ann.sees(`🔴 sick unhealthy.*no /ok yet.*started`)
	ann.tap("Restart")
	plan := ann.sees(`🔒 Restart sick, unhealthy.*1 restart sick.*2 check: sick is healthy`)
	_, yes := ann.button("Restart sick")
	if n := w.count("restart", "sick"); n != 0 {
		t.Fatalf("%d restarts before anybody said yes", n)
	}

	// An impatient thumb.
	first, second := ann.tap("Restart sick"), ann.tap("Restart sick")
	one, other := w.answer(first), w.answer(second)
	if !strings.Contains(one+other, "already approved") || one != "" && other != "" {
		t.Errorf("the taps were answered %q and %q", one, other)
	}
	proof := ann.sees(`🟢 sick restarted · healthy after`)
	if all := ann.told(); proof.MessageID != plan.MessageID || all[len(all)-1].MessageID != proof.MessageID {
		t.Errorf("the proof is not the last message")
	}
	if said := w.answer(ann.replay(plan.MessageID, yes.CallbackData)); !strings.Contains(said, "already approved") {
		t.Errorf("a replayed tap was answered %q", said)
	}
	if n := w.count("restart", "sick"); n != 1 || w.health("sick") != "healthy" {
		t.Errorf("%d restarts, %s", n, w.health("sick"))
	}
	ann.say("/status")
	ann.sees(`🟢 \d of \d fine`)

	others(t, w)
	if n := w.noted(ops.RunDone, "docker.restart"); n != 2 {
		t.Errorf("%d done in the journal", n)
	}
	w.verified()
}

// others tap where they may not.
func others(t *testing.T, w *world) {
	t.Helper()
	ann, bob, eve := w.person("ann").in(group), w.person("bob").in(group), w.person("eve").in(group)
	ann.say("/restart sick")
	plan := ann.sees(`🔒 Restart sick, healthy`)
	_, yes := ann.button("Restart sick")
	if said := w.answer(bob.tap("Restart sick")); !strings.Contains(said, "Only ann") {
		t.Errorf("bob's tap was answered %q", said)
	}
	private := w.person("bob") // what the button carries, from a chat of his own
	if said := w.answer(private.replay(plan.MessageID, yes.CallbackData)); !strings.Contains(said, "Only ann") {
		t.Errorf("bob's tap was answered %q", said)
	}
	if said := w.answer(eve.tap("Restart sick")); said != "" {
		t.Errorf("a stranger's tap was answered %q", said)
	}
	stranger := w.person("eve")
	stranger.say("/status")
	stranger.say("/restart sick")
	w.awaitNoted(1, ops.Stranger, "")
	ann.tap("Restart sick")
	ann.sees(`🟢 sick restarted · healthy after`)
	if said := stranger.told(); len(said) > 0 {
		t.Errorf("a stranger was told %q", said[0].Text)
	}
	if w.noted(ops.Refused, "docker.restart") != 2 {
		t.Error("the refusals are not in the journal")
	}
	if n := w.count("restart", "sick"); n != 2 {
		t.Errorf("%d restarts", n)
	}
}
