package ops_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// in runs a test in a bubble, with a launched world that is ended afterwards.
func in(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.launch()
		test(t, w)
		w.end()
	})
}

func TestARunIsAskedApprovedWrittenDoneAndProved(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		r := w.mustAsk(bob, "switch", "hall")
		if r.State != ops.Waiting || w.house.called() != "" {
			t.Fatalf("asking did something: %s, %s", r.State, w.house.called())
		}
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := w.run(r.ID); got.State != ops.Succeeded || got.Steps[1].Note.En != "seen on" {
			t.Errorf("the run is %s, proof %q", got.State, got.Steps[1].Note.En)
		}
		want := `bob asked Turn hall on, now off
bob approved
bob began
bob step turn hall on
bob ok turning
bob step hall is on
bob ok seen on
bob done
`
		if got := w.journal(r.ID); got != want {
			t.Errorf("journal:\n%s\nwant:\n%s", got, want)
		}
	})
}

func TestWhatCannotBeWrittenIsNotDone(t *testing.T) {
	for _, what := range []string{ops.Asked, ops.Approved, ops.Began, ops.StepBegan} {
		t.Run(what, func(t *testing.T) {
			in(t, func(t *testing.T, w *world) {
				w.store.refuse = func(_ ops.Doc, list []ops.Entry) error {
					for _, e := range list {
						if e.What == what {
							return errBoom
						}
					}
					return nil
				}
				r, err := w.ask(bob, "switch", "hall")
				if err == nil {
					err = w.yes(bob, r)
				}
				synctest.Wait()
				if w.house.called() != "" {
					t.Errorf("without %q in the journal, this was done: %s", what, w.house.called())
				}
				if (what == ops.Asked || what == ops.Approved) && kind(err) != ops.Unavailable {
					t.Errorf("the person is told %v", err)
				}
			})
		})
	}
}

func TestOnlyWhatWasApprovedRuns(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		r := w.mustAsk(bob, "switch", "hall")
		w.house.set("hall", "broken")
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		got := w.run(r.ID)
		if got.State != ops.Outdated || !strings.Contains(ops.Unmark(got.Why.En), "its state: off → broken") || w.house.called() != "" {
			t.Errorf("after a drift: %s, %q, did %q", got.State, got.Why.En, w.house.called())
		}
	})
}

func TestAnApprovalIsTakenOnce(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		r := w.mustAsk(bob, "switch", "hall")
		var wg sync.WaitGroup
		var mu sync.Mutex
		taken := 0
		for range 30 {
			wg.Go(func() {
				if w.yes(bob, r) == nil {
					mu.Lock()
					taken++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		synctest.Wait()
		if taken != 1 || strings.Count(w.house.called(), "set hall on") != 1 {
			t.Errorf("30 taps: %d taken, did %s", taken, w.house.called())
		}
	})
}

func TestWhoMayApprove(t *testing.T) {
	two := judge(func(r ops.Request) ops.Verdict {
		if r.Risk == ops.Reads {
			return byRisk(r)
		}
		return ops.Verdict{Demand: ops.Others, N: 2, Role: ops.Operator, Rule: "two"}
	})
	in(t, func(t *testing.T, w *world) {
		r := w.mustAsk(bob, "switch", "hall")
		for _, who := range []ops.Caller{ann, cat, zed, dan} {
			if err := w.yes(who, r); kind(err) != ops.Denied {
				t.Errorf("%s confirmed what bob asked: %v", who.Name, err)
			}
		}
		w.gate.Policy = two
		model := bob
		model.ID, model.Name, model.Via, model.OnBehalfOf = 100, "model", "llm", bob.ID
		r = w.mustAsk(model, "switch", "hall")
		for _, who := range []ops.Caller{bob, cat, zed, model} {
			if err := w.yes(who, r); kind(err) != ops.Denied {
				t.Errorf("%s approved: %v", who.Name, err)
			}
		}
		if err := w.yes(dan, r); err != nil {
			t.Fatal(err)
		}
		if err := w.yes(dan, r); kind(err) != ops.Denied {
			t.Errorf("dan approved twice: %v", err)
		}
		synctest.Wait()
		if w.house.called() != "" {
			t.Fatalf("one of two yeses ran it: %s", w.house.called())
		}
		if err := w.yes(ann, r); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if w.run(r.ID).State != ops.Succeeded {
			t.Errorf("with two yeses it is %s", w.run(r.ID).State)
		}
		w.gate.People = people{bob}
		if _, err := w.ask(bob, "switch", "attic"); kind(err) != ops.Denied {
			t.Errorf("nobody can approve, and yet it waits: %v", err)
		}
	})
}

func TestTheTargetIsTyped(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		r := w.mustAsk(ann, "smash", "hall", "on")
		for _, typed := range []string{"", "attic", "yes"} {
			if _, err := w.gate.Decide(t.Context(), ann, r.ID, ops.Decision{Yes: true, Typed: typed}); kind(err) != ops.Invalid {
				t.Errorf("typing %q: %v", typed, err)
			}
		}
		if _, err := w.gate.Decide(t.Context(), ann, r.ID, ops.Decision{Yes: true, Typed: " Hall "}); err != nil {
			t.Error(err)
		}
	})
}

func TestSilenceMeansNo(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		r := w.mustAsk(bob, "switch", "hall")
		time.Sleep(10*time.Minute + time.Second)
		if err := w.yes(bob, r); kind(err) != ops.Expired || w.run(r.ID).State != ops.TimedOut {
			t.Errorf("too late: %v, %s", err, w.run(r.ID).State)
		}
		late := w.mustAsk(bob, "switch", "hall")
		time.Sleep(time.Hour)
		if err := w.gate.Lapse(t.Context()); err != nil || w.run(late.ID).State != ops.TimedOut {
			t.Errorf("swept: %v, %s", err, w.run(late.ID).State)
		}
		if w.house.called() != "" {
			t.Errorf("and yet: %s", w.house.called())
		}
	})
}

func TestThePolicyOfTheMomentDecides(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		r := w.mustAsk(bob, "switch", "hall")
		w.gate.Policy = judge(func(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Deny, Rule: "night"} })
		if err := w.yes(bob, r); kind(err) != ops.Denied {
			t.Errorf("approved against the policy: %v", err)
		}
	})
}

func TestNeverRules(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.gate.Policy = judge(func(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Allow, Rule: "anything goes"} })
		for _, words := range [][]string{{"bot", "off"}, {"hall", "on", "MAIN_KEY"}, {"hall", "on", "--remove-orphans"}, {"hall", "on", "-v"}} {
			w.house.set(words[len(words)-1], "on")
			if _, err := w.ask(ann, "switch", words...); kind(err) != ops.Denied || !strings.HasPrefix(ops.SayOf(err).En, "Never: ") {
				t.Errorf("switch %v: %v", words, err)
			}
		}
		synctest.Wait()
		if w.house.called() != "" {
			t.Errorf("and yet: %s", w.house.called())
		}
	})
}

func TestLookingAndStrangers(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.house.slow["set hall on"] = time.Hour
		r := w.mustAsk(bob, "switch", "hall")
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		a, _, err := w.gate.Ask(t.Context(), cat, ops.Ask{Op: "look", Args: ops.Args{"lamp": "hall"}}, "")
		if err != nil || ops.Unmark(a.Blocks[0].Line.Fr) != "hall est off" {
			t.Errorf("a look waits for a change: %v", err)
		}
		if _, _, err := w.gate.Ask(t.Context(), zed, ops.Ask{Op: "look", Args: ops.Args{"lamp": "hall"}}, ""); kind(err) != ops.Denied {
			t.Errorf("a stranger looks: %v", err)
		}
		plans := w.house.plans
		if _, err := w.ask(cat, "switch", "attic"); kind(err) != ops.Denied || w.house.plans != plans {
			t.Errorf("a viewer's ask was planned: %v", err)
		}
	})
}

func TestCodes(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.gate.Policy = judge(func(r ops.Request) ops.Verdict {
			v := byRisk(r)
			v.Code = v.Demand == ops.Confirm
			return v
		})
		if _, err := w.ask(bob, "switch", "hall"); kind(err) != ops.Denied {
			t.Errorf("a code is asked for that nobody can check: %v", err)
		}
		w.gate.Codes = oneCode("123456")
		r := w.mustAsk(bob, "switch", "hall")
		for _, code := range []string{"", "000000"} {
			if _, err := w.gate.Decide(t.Context(), bob, r.ID, ops.Decision{Yes: true, Code: code}); kind(err) != ops.Invalid {
				t.Errorf("code %q: %v", code, err)
			}
		}
		if _, err := w.gate.Decide(t.Context(), bob, r.ID, ops.Decision{Yes: true, Code: "123456"}); err != nil {
			t.Error(err)
		}
	})
}

type oneCode string

func (c oneCode) Check(_ int64, code string, _ time.Time) (bool, error) {
	return code == string(c), nil
}

func TestASecretIsNotKept(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		w.gate.Redact = func(s string) string { return strings.ReplaceAll(s, "hunter2", "«secret»") }
		w.house.fail["set hall on"] = errors.New("login hunter2 failed")
		r := w.mustAsk(bob, "switch", "hall")
		if err := w.yes(bob, r); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if j := w.journal(r.ID); strings.Contains(j, "hunter2") || !strings.Contains(j, "«secret»") {
			t.Errorf("the journal says\n%s", j)
		}
		doc, err := w.store.Load(context.Background(), "run", r.ID)
		if err != nil || strings.Contains(string(doc.Body), "hunter2") {
			t.Errorf("the stored run holds the secret: %v", err)
		}
	})
}
