package ops_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
)

// A house is a small system to operate: lamps that can be switched, and that can be made to misbehave.
type house struct {
	mu    sync.Mutex // guards all below
	lamps map[string]string
	calls []string
	fail  map[string]error         // by call, such as "set hall on"
	slow  map[string]time.Duration // by call
	plans int
	stuck map[string]bool // lamps that take an order and do nothing; set before a run starts
}

func newHouse() *house {
	return &house{lamps: map[string]string{"hall": "off", "attic": "off", "cellar": "on", "bot": "on"},
		fail: map[string]error{}, slow: map[string]time.Duration{}, stuck: map[string]bool{}}
}

func (h *house) do(call string) error {
	h.mu.Lock()
	h.calls = append(h.calls, call)
	wait, err := h.slow[call], h.fail[call]
	h.mu.Unlock()
	time.Sleep(wait)
	return err
}

func (h *house) set(lamp, state string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lamps[lamp] = state
}

func (h *house) state(lamp string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.lamps[lamp]
}

func (h *house) called() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.calls, "; ")
}

type lampArgs struct{ Lamp, State string }

var set ops.Set[*house]

var (
	turn = ops.Declare(&set, "lamp.set",
		func(a lampArgs) ops.Text { return ops.T("turn %s %s", "mettre %s sur %s", ops.Name(a.Lamp), a.State) },
		func(ctx context.Context, h *house, a lampArgs) error {
			ops.Progress(ctx, ops.T("turning", "en cours"))
			if err := h.do("set " + a.Lamp + " " + a.State); err != nil {
				return err
			}
			if !h.stuck[a.Lamp] {
				h.set(a.Lamp, a.State)
			}
			return nil
		},
		ops.Stops(func(a lampArgs) []string {
			if a.State == "off" {
				return []string{"lamp:" + a.Lamp}
			}
			return nil
		}))
	shines = ops.Declare(&set, "lamp.is",
		func(a lampArgs) ops.Text { return ops.T("%s is %s", "%s est %s", ops.Name(a.Lamp), a.State) },
		func(ctx context.Context, h *house, a lampArgs) error {
			if err := h.do("is " + a.Lamp + " " + a.State); err != nil {
				return err
			}
			for ctx.Err() == nil {
				if h.state(a.Lamp) == a.State {
					ops.Progress(ctx, ops.T("seen %s", "vu %s", a.State))
					return nil
				}
				select {
				case <-ctx.Done():
				case <-time.After(time.Second):
				}
			}
			return ctx.Err()
		})
)

type switchParams struct {
	Lamp  string `doc:"which lamp" fr:"quelle lampe" names:"lamp"`
	State string `doc:"on or off" fr:"on ou off" choices:"on,off" default:"on"`
	Also  string `doc:"another" fr:"une autre" optional:"true"`
}

func planSwitch(_ context.Context, h *house, p switchParams) (ops.Plan, error) {
	h.mu.Lock()
	h.plans++
	h.mu.Unlock()
	now := h.state(p.Lamp)
	if now == "" {
		return ops.Plan{}, ops.Fail(ops.NotFound, ops.T("no lamp %s", "pas de lampe %s", ops.Name(p.Lamp)), nil)
	}
	plan := ops.Plan{
		Title: ops.T("Turn %s %s, now %s", "Mettre %s sur %s, maintenant %s", ops.Name(p.Lamp), p.State, now), Target: p.Lamp,
		Locks: []string{"lamp:" + p.Lamp}, Facts: []ops.Fact{{Name: "state", Value: now, Label: ops.T("its state", "son état")}},
		Steps: []ops.Step{turn.Do(lampArgs{p.Lamp, p.State}).Undoing(turn.Do(lampArgs{p.Lamp, now}))},
		Done:  ops.T("%s is %s", "%s est %s", ops.Name(p.Lamp), p.State), UndoFor: 24 * time.Hour,
	}
	if p.Also != "" {
		plan.Steps = append(plan.Steps, turn.Do(lampArgs{p.Also, p.State}).Undoing(turn.Do(lampArgs{p.Also, h.state(p.Also)})))
		plan.Locks = append(plan.Locks, "lamp:"+p.Also)
	}
	plan.Steps = append(plan.Steps, shines.Verify(lampArgs{p.Lamp, p.State}))
	return plan, nil
}

var lampTheme = ops.T("Lamps", "Lampes")

var _ = ops.Add(&set, ops.Spec{Name: "lamp.switch", Command: "switch", Risk: ops.Disruptive, Theme: lampTheme, Examples: []string{"hall on"}}, planSwitch)
var _ = ops.Add(&set, ops.Spec{Name: "lamp.smash", Command: "smash", Risk: ops.Destructive, Theme: lampTheme, Examples: []string{"hall off"}}, planSwitch)

var _ = ops.Look(&set, ops.Spec{Name: "lamp.look", Command: "look", Theme: lampTheme, Examples: []string{"hall"}},
	func(_ context.Context, h *house, p struct {
		Lamp string `doc:"which lamp" fr:"quelle lampe"`
	}) (ops.Answer, error) {
		return ops.Say(ops.T("%s is %s", "%s est %s", ops.Name(p.Lamp), h.state(p.Lamp))), nil
	})

// judge is a policy that a test can change while it runs.
type judge func(ops.Request) ops.Verdict

func (j judge) Decide(r ops.Request) ops.Verdict { return j(r) }

func byRisk(r ops.Request) ops.Verdict {
	switch {
	case r.Risk == ops.Reads:
		return ops.Verdict{Demand: ops.Allow, Rule: "reads"}
	case !r.Who.Role.AtLeast(ops.Operator):
		return ops.Verdict{Demand: ops.Deny, Rule: "operators", Role: ops.Operator, Why: ops.T("for operators", "pour les opérateurs")}
	case r.Risk >= ops.Destructive:
		return ops.Verdict{Demand: ops.Typed, Rule: "destructive"}
	}
	return ops.Verdict{Demand: ops.Confirm, Rule: "changes"}
}

type people []ops.Caller

func (p people) ByRole(r ops.Role) (list []ops.Caller) {
	for _, c := range p {
		if c.Role.AtLeast(r) {
			list = append(list, c)
		}
	}
	return list
}

var (
	ann  = ops.Caller{ID: 1, Name: "ann", Role: ops.Admin, Via: "test"}
	bob  = ops.Caller{ID: 2, Name: "bob", Role: ops.Operator, Via: "test"}
	cat  = ops.Caller{ID: 3, Name: "cat", Role: ops.Viewer, Via: "test"}
	dan  = ops.Caller{ID: 4, Name: "dan", Role: ops.Operator, Via: "test"}
	zed  = ops.Caller{ID: 9, Name: "zed", Via: "test"}
	team = people{ann, bob, cat, dan}
)

// A world is a gate on a house with a real store.
type world struct {
	t     *testing.T
	house *house
	store *faulty
	gate  *ops.Gate
	file  string

	mu   sync.Mutex // guards told
	told []string
}

// faulty is a real store that can be made to refuse.
type faulty struct {
	*data.Store
	mu     sync.Mutex // guards refuse
	refuse func(ops.Doc, []ops.Entry) error
}

func (f *faulty) Save(ctx context.Context, d ops.Doc, e ...ops.Entry) (int64, error) {
	f.mu.Lock()
	refuse := f.refuse
	f.mu.Unlock()
	if refuse != nil {
		if err := refuse(d, e); err != nil {
			return 0, err
		}
	}
	return f.Store.Save(ctx, d, e...)
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, house: newHouse(), file: filepath.Join(t.TempDir(), "vigie.db")}
	w.start()
	return w
}

// start opens the store and a gate on it, as a new process would.
func (w *world) start() {
	s, err := data.Open(w.t.Context(), data.Options{Path: w.file})
	if err != nil {
		w.t.Fatal(err)
	}
	w.store = &faulty{Store: s}
	w.gate = &ops.Gate{Policy: judge(byRisk), Store: w.store, Runner: runs.NewDirect(slog.New(slog.DiscardHandler)), People: team,
		Watch: func(r ops.Run) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.told = append(w.told, string(r.State))
		},
		Protected: func(what string) (ops.Text, bool) {
			return ops.T("that is me", "c’est moi"), what == "lamp:bot"
		},
		NeverArgs: map[string]ops.Text{"main_key": ops.T("all is lost without it", "tout est perdu sans elle")},
	}
	if err := w.gate.Open(set.Bind(w.house)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) launch() []ops.Run {
	left, err := w.gate.Recover(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.gate.Runner.Launch(w.t.Context(), w.gate.Advance); err != nil {
		w.t.Fatal(err)
	}
	return left
}

// end closes the store, as the end of a process does.
func (w *world) end() {
	if err := w.gate.Close(context.Background()); err != nil {
		w.t.Error(err)
	}
	if err := w.store.Close(); err != nil {
		w.t.Error(err)
	}
}

func (w *world) ask(who ops.Caller, op string, words ...string) (*ops.Run, error) {
	w.t.Helper()
	args := ops.Args{}
	for i, p := range []string{"lamp", "state", "also"} {
		if i < len(words) {
			args[p] = words[i]
		}
	}
	_, r, err := w.gate.Ask(w.t.Context(), who, ops.Ask{Op: op, Args: args}, "test:1")
	return r, err
}

func (w *world) mustAsk(who ops.Caller, op string, words ...string) *ops.Run {
	w.t.Helper()
	r, err := w.ask(who, op, words...)
	if err != nil {
		w.t.Fatalf("%s asks %s %v: %v", who.Name, op, words, err)
	}
	return r
}

func (w *world) yes(who ops.Caller, r *ops.Run) error {
	_, err := w.gate.Decide(w.t.Context(), who, r.ID, ops.Decision{Yes: true})
	return err
}

func (w *world) run(id string) ops.Run {
	w.t.Helper()
	r, err := w.gate.Run(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// journal is what was kept, one «what note» a line, oldest first, and whole.
func (w *world) journal(id string) string {
	w.t.Helper()
	entries, err := w.store.Entries(context.Background(), ops.Query{Run: id, Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	report, err := w.store.Verify(context.Background())
	if err != nil || len(report.Breaks) > 0 {
		w.t.Fatalf("the journal does not hold: %v %v", report.Breaks, err)
	}
	var b strings.Builder
	for i := len(entries) - 1; i >= 0; i-- {
		fmt.Fprintln(&b, strings.TrimSpace(entries[i].Name+" "+entries[i].What+" "+entries[i].Note))
	}
	return b.String()
}

func kind(err error) ops.ErrorKind { return ops.KindOf(err) }

var errBoom = errors.New("boom")
