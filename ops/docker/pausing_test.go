package docker

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// pauseWorld is a database with what needs it: worker needs n8n, which needs a broker that nobody asks to stop.
const pauseWorld = `
db       running healthy phase=infra
broker   running needs=db phase=infra
worker   running needs=n8n
n8n      running healthy needs=broker
litellm  running healthy needs=db
looper   restarting 1 restarts=9 exits=1 needs=db
grafana  exited 0 needs=db
job      running oneshot needs=db up=0s
frozen   paused needs=db
service metube off profile=studio
`

// kinds are the steps in short: «stop worker», «proof n8n litellm»; after a bar what undoes them.
func kinds(steps []ops.Step) (list []string) {
	for _, s := range steps {
		words := ops.Unmark(s.Text.En)
		if len(s.Undo) > 0 {
			words += " | " + strings.Join(kinds(s.Undo), ", ")
		}
		list = append(list, words)
	}
	return list
}

func fakeStack(t *testing.T) (*Fake, *Stack) {
	t.Helper()
	f, err := NewFake(pauseWorld)
	if err != nil {
		t.Fatal(err)
	}
	s := f.Stack()
	s.Wait = 20 * time.Second
	return f, s
}

func TestPausing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s := fakeStack(t)
		asked := []string{"grafana", "litellm", "n8n", "javisi_worker", "metube", "n8n"}
		p, err := s.Pausing(t.Context(), asked)
		if err != nil {
			t.Fatal(err)
		}
		for what, lists := range map[string][2][]string{
			"stop": {kinds(p.Stop), {
				"stop worker | start worker", "worker is stopped",
				"stop litellm | start litellm", "litellm is stopped",
				"stop n8n | start n8n", "n8n is stopped"}},
			"start": {kinds(p.Start), {
				"start n8n | stop n8n, n8n is stopped", "start litellm | stop litellm, litellm is stopped", "2 services up: n8n, litellm",
				"start worker | stop worker, worker is stopped", "worker keeps running for 5 s"}},
			"locks": {p.Locks, {"container:javisi_worker", "container:javisi_n8n", "container:javisi_litellm", "container:javisi_grafana", "container:javisi_metube"}},
		} {
			if !slices.Equal(lists[0], lists[1]) {
				t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(lists[0], "\n"), strings.Join(lists[1], "\n"))
			}
		}
		var facts []string
		for _, f := range p.Facts {
			_, state, _ := strings.Cut(f.Value, " ")
			facts = append(facts, ops.Unmark(f.Label.En)+": "+state)
		}
		want := []string{"worker: running", "n8n: running", "litellm: running", "grafana, which stays stopped: exited", "metube, which stays stopped: "}
		if !slices.Equal(facts, want) {
			t.Errorf("facts %q, want %q", facts, want)
		}
		time.Sleep(time.Hour)
		again, err := s.Pausing(t.Context(), []string{"n8n", "worker", "litellm", "grafana", "metube"})
		one, two := ops.Plan{Facts: p.Facts, Steps: slices.Concat(p.Stop, p.Start)}, ops.Plan{Facts: again.Facts, Steps: slices.Concat(again.Stop, again.Start)}
		if err != nil || one.Hash() != two.Hash() {
			t.Errorf("planned again it is another: %v, %q", err, ops.Drift(one, two))
		}
		if none, err := s.Pausing(t.Context(), nil); err != nil || len(none.Stop)+len(none.Start)+len(none.Facts)+len(none.Locks) > 0 {
			t.Errorf("nothing paused is %+v, %v", none, err)
		}
	})
}

func TestPausingRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, s := fakeStack(t)
		for service, want := range map[string]ops.ErrorKind{"nobody": ops.NotFound, "frozen": ops.Invalid, "job": ops.Invalid, "": ops.NotFound} {
			if _, err := s.Pausing(t.Context(), []string{"n8n", service}); ops.KindOf(err) != want {
				t.Errorf("%s: %v, want %s", service, err, want)
			}
		}
		first, err := s.Pausing(t.Context(), []string{"looper", "n8n"})
		if err != nil || len(first.Facts) != 2 || !strings.HasSuffix(first.Facts[1].Value, " running") {
			t.Fatalf("with a crash loop: %+v, %v", first.Facts, err)
		}
		if err := f.Do("engine gone"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Pausing(t.Context(), []string{"n8n"}); ops.KindOf(err) != ops.Unavailable {
			t.Errorf("without an engine: %v", err)
		}
	})
}

// TestPausingInACircle has services that need each other: each is still stopped once and started once.
func TestPausingInACircle(t *testing.T) {
	f, err := NewFake("a running needs=b\nb running needs=a\nc running needs=c")
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.Stack().Pausing(t.Context(), []string{"a", "b", "c"})
	if err != nil || len(p.Stop) != 6 || len(p.Start) < 4 || len(p.Start) > 6 {
		t.Errorf("%q, %q, %v", kinds(p.Stop), kinds(p.Start), err)
	}
}

// A surgery changes something under services that are paused for it.
type surgery struct {
	stack *Stack
	fails bool
}

var surgeries ops.Set[*surgery]

var incise = ops.Declare(&surgeries, "surgery.cut", func(struct{}) ops.Text { return ops.T("cut", "couper") },
	func(_ context.Context, s *surgery, _ struct{}) error {
		s.note("cut")
		if s.fails {
			return ops.Fail(ops.Failed, ops.T("it bled", "ça a saigné"), nil)
		}
		return nil
	})

var sew = ops.Declare(&surgeries, "surgery.sew", func(struct{}) ops.Text { return ops.T("sew", "recoudre") },
	func(_ context.Context, s *surgery, _ struct{}) error { s.note("sew"); return nil })

func (s *surgery) note(what string) {
	f := s.stack.Host.(*Fake)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, what)
}

var _ = ops.Add(&surgeries, ops.Spec{Name: "surgery.operate", Command: "operate", Risk: ops.Destructive,
	Doc: ops.T("Operate.", "Opérer."), Theme: ops.T("surgery", "chirurgie")},
	func(ctx context.Context, s *surgery, _ struct{}) (ops.Plan, error) {
		p, err := s.stack.Pausing(ctx, []string{"n8n", "worker", "grafana"})
		return ops.Plan{Title: ops.T("Operate", "Opérer"), Target: "db", Locks: p.Locks, Facts: p.Facts, UndoFor: time.Hour,
			Steps: slices.Concat(p.Stop, []ops.Step{incise.Do(struct{}{}).Undoing(sew.Do(struct{}{}))}, p.Start)}, err
	})

// TestPausingRound runs a change between stop and start, and lets it fail at each place.
func TestPausingRound(t *testing.T) {
	const stopped, started = "stop javisi_worker, stop javisi_n8n", "start javisi_n8n, start javisi_worker"
	for name, test := range map[string]struct {
		before string // done to the world first
		fails  bool
		self   string
		state  ops.RunState
		calls  string
		undo   string // what /undo adds
	}{
		"well":                 {state: ops.Succeeded, calls: stopped + ", cut, " + started, undo: "stop javisi_worker, stop javisi_n8n, sew, start javisi_n8n, start javisi_worker"},
		"the change fails":     {fails: true, state: ops.Broke, calls: stopped + ", cut, sew, " + started},
		"the stop fails":       {before: "next stop fails", state: ops.Broke, calls: "stop javisi_worker, start javisi_worker"},
		"it comes back sick":   {before: "n8n stays unhealthy", state: ops.Broke, calls: stopped + ", cut, start javisi_n8n, stop javisi_n8n, sew, " + started},
		"it must never stop":   {self: "container:n8n", state: "denied"},
		"nor its container":    {self: "container:javisi_worker", state: "denied"},
		"the answer gets lost": {before: "next stop is lost", state: ops.Uncertain, calls: "stop javisi_worker"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, s := fakeStack(t)
				if test.before != "" {
					if err := f.Do(test.before); err != nil {
						t.Fatal(err)
					}
				}
				if test.self != "" {
					s.Self = map[string]ops.Text{test.self: ops.T("I stand on it", "je repose dessus")}
				}
				d := newDesk(t, s, ops.English, surgeries.Bind(&surgery{s, test.fails}))
				r, err := d.do("surgery.operate")
				if test.state == "denied" {
					if ops.KindOf(err) != ops.Denied || len(f.Calls()) > 0 {
						t.Errorf("%v, %q", err, f.Calls())
					}
					return
				}
				if got := strings.Join(f.Calls(), ", "); err != nil || r.State != test.state || got != test.calls {
					t.Fatalf("%v, %s (%s), did %s; want %s, %s", err, r.State, r.Why.En, got, test.state, test.calls)
				}
				if c, err := s.Box("grafana").find(t.Context()); err != nil || c.State != "exited" {
					t.Errorf("what was stopped before is %s, %v", c.State, err)
				}
				if test.undo == "" {
					return
				}
				if u, err := d.do("vigie.undo run=" + r.ID); err != nil || u.State != ops.Succeeded {
					t.Errorf("undo: %s, %v", u.State, err)
				}
				if got := strings.Join(f.Calls(), ", "); got != test.calls+", "+test.undo {
					t.Errorf("undone it did %s", got)
				}
			})
		})
	}
}
