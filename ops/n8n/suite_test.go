package n8n

import (
	"fmt"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/n8n/n8ntest"
	"vigie/ops/opstest"
)

// suite is what holds of every n8n: the real one and the stand-in.
func suite(t *testing.T, p place) {
	w := newWorld(t, p.system())
	if _, _, err := w.Ask("n8n.retry", "execution", "999999"); ops.KindOf(err) != ops.NotFound {
		t.Errorf("an execution that is not there: %v", err)
	}
	id := p.add("Nightly report", "nightly", "402 credits exhausted")
	other := p.add("Nightly report", "nightly-2", "")
	if got := p.hit("nightly"); got != 404 {
		t.Errorf("a webhook that is off answers %d", got)
	}
	if known, err := w.registered(t.Context(), "PATCH", "nightly"); err != nil || known {
		t.Errorf("a webhook that is off is registered: %v %v", known, err)
	}
	choices, err := w.Gate.Choices(t.Context(), "n8n_workflow")
	if err != nil || len(choices) != 2 || !strings.Contains(choices[0].Label.En, choices[0].Value) {
		t.Errorf("two of one name are told apart by id: %+v %v", choices, err)
	}

	if r := w.Do("n8n.activate", "workflow", id); r.State != ops.Succeeded || !strings.Contains(opstest.How(r), "seen in n8n: active") {
		t.Fatal(opstest.How(r))
	}
	if known, err := w.registered(t.Context(), "PATCH", "nightly"); err != nil || !known {
		t.Errorf("asking with another method finds the webhook: %v %v", known, err)
	}
	if _, _, err := w.Ask("n8n.activate", "workflow", id); ops.KindOf(err) != ops.Invalid {
		t.Errorf("active already: %v", err)
	}
	if _, _, err := w.Ask("n8n.deactivate", "workflow", other); ops.KindOf(err) != ops.Invalid {
		t.Errorf("not active: %v", err)
	}

	p.hit("nightly")
	p.hit("nightly")
	until(t, "two failures are seen", func() bool { return strings.Contains(w.show(), "failed 2×") })
	if got := w.show(); !strings.Contains(got, "in Fetch figures: «402 credits exhausted»") || strings.Contains(got, "stack") {
		t.Error(got)
	}
	seen := w.sightings()[Subject(id)]
	if seen.Kind != "failing" || !strings.Contains(seen.Title.En, "2×") || len(w.sightings()) != 1 {
		t.Errorf("a failure that nobody handles is one trouble a workflow: %+v", w.sightings())
	}

	failed := seen.Offers[0].Ask.Args["execution"]
	r := w.Do("n8n.retry", "execution", failed)
	if r.State == ops.Succeeded || !strings.Contains(opstest.How(r), "failed again") || !strings.Contains(opstest.How(r), "402 credits") {
		t.Errorf("nothing was mended: %s", opstest.How(r))
	}
	p.edit(id, "")
	if got := w.show(); !strings.Contains(got, "was edited") {
		t.Errorf("what runs is older than what was saved: %s", got)
	}
	if r := w.Do("n8n.retry", "execution", failed, "version", "now"); r.State != ops.Succeeded || !strings.Contains(opstest.How(r), "worked") {
		t.Errorf("mended: %s", opstest.How(r))
	}
	if _, _, err := w.Ask("n8n.retry", "execution", failed); ops.KindOf(err) != ops.Invalid {
		t.Errorf("what a retry made good is not run again: %v", err)
	}

	if r := w.Do("n8n.activate", "workflow", id); r.State != ops.Succeeded || !strings.Contains(r.Plan.Title.En, "Publish") {
		t.Errorf("publishing what was edited: %s", opstest.How(r))
	}
	r = w.Do("n8n.deactivate", "workflow", id)
	if r.State != ops.Succeeded || p.hit("nightly") != 404 {
		t.Errorf("off: %s", opstest.How(r))
	}
	if r := w.Do("vigie.undo", "run", r.ID); r.State != ops.Succeeded || p.hit("nightly") != 200 {
		t.Errorf("on again: %s", opstest.How(r))
	}
}

// A standIn is the fake as a place.
type standIn struct{ *n8ntest.Server }

func (s standIn) system() *System {
	sys, err := New(Options{URL: "http://n8n:5678", Key: opstest.Secret(s.Key), Client: s.Client()})
	if err != nil {
		panic(err)
	}
	return sys
}

func (s standIn) add(name, path, fails string) string {
	return s.Add(n8ntest.Workflow{Name: name, Path: path, Node: "Fetch figures", Error: fails})
}

func (s standIn) edit(id, fails string) { s.Edit(id, fails) }

func (s standIn) hit(path string) int {
	code, err := post(s.Client(), "http://n8n:5678/webhook/"+path, "{}")
	if err != nil {
		panic(err)
	}
	return code
}

func TestStandIn(t *testing.T) { suite(t, standIn{n8ntest.New()}) }

// The key and what the users' data hold are shown nowhere, whatever answers.
func TestNothingLeaks(t *testing.T) {
	s := n8ntest.New()
	w := newWorld(t, standIn{s}.system())
	id := s.Add(n8ntest.Workflow{Name: "Nightly", Path: "nightly", Node: "HTTP", Error: "401 for key " + s.Key, Active: true})
	standIn{s}.hit("nightly")
	if got := w.show(); strings.Contains(got, s.Key) || strings.Contains(got, "own data") || !strings.Contains(got, ops.Hidden) {
		t.Error(got)
	}
	if got := w.sightings()[Subject(id)]; strings.Contains(got.Lines[0].En, s.Key) {
		t.Error(got)
	}
	if text := fmt.Sprintf("%v %+v %#v", w.System, w.System, w.System); strings.Contains(text, s.Key) {
		t.Error(text)
	}
}

// What is wrong with n8n itself is told apart: away, not ready, deaf. A failure that an error workflow handles wakes nobody.
func TestWatch(t *testing.T) {
	s := n8ntest.New()
	w := newWorld(t, standIn{s}.system())
	id := s.Add(n8ntest.Workflow{Name: "Handled", Path: "handled", Node: "HTTP", Error: "boom", Handler: "wf2", Active: true})
	standIn{s}.hit("handled")
	if got := w.sightings(); len(got) != 0 {
		t.Errorf("a handled failure of %s: %+v", id, got)
	}
	for how, subject := range map[string]string{"deaf": "webhook:handled", "unready": readySubject, "down": watchSubject} {
		s.Break(how)
		if got := w.sightings(); len(got) != 1 || got[subject].Subject == "" {
			t.Errorf("%s: %+v", how, got)
		}
	}
	wrong, err := New(Options{URL: "http://n8n", Key: opstest.Secret("another-key"), Client: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	s.Break("")
	if _, err := wrong.workflows(t.Context()); ops.KindOf(err) != ops.Unavailable || !strings.Contains(err.Error(), "does not take the key") {
		t.Error(err)
	}
	if _, err := New(Options{URL: "http://ann:word@n8n", Key: opstest.Secret("k9 q7")}); err == nil || strings.Contains(err.Error(), "q7") {
		t.Error(err)
	}
}
