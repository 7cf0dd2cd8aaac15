package docker

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// sampleWorld is a stack like the one of the demo: everything that is said about a service can be tried on it.
const sampleWorld = `
postgresql running healthy up=9d phase=infra image=postgres:18 env=POSTGRES_PASSWORD
redis running healthy up=9d phase=infra
socket-proxy running up=9d phase=infra
n8n-init exited 0 oneshot up=2d
n8n running healthy up=2d needs=postgresql,redis,n8n-init image=n8nio/n8n:2.30 env=N8N_ENCRYPTION_KEY
grafana running unhealthy up=3m health="503 from /api/health"
kitsu restarting 137 oom restarts=6 up=3s mem=1534M/1536M
zimboo exited 1 up=20m
service metube off profile=studio
image n8nio/n8n:2.29 size=900M
cache 2G
`

// asks are the examples of op, as arguments.
func asks(t *testing.T, op ops.Op) (list []ops.Args) {
	t.Helper()
	for _, example := range op.Examples {
		args := ops.Args{}
	words:
		for _, w := range strings.Fields(example) {
			for _, p := range op.Params {
				if value, err := p.Check(w); err == nil && (args[p.Name] == "" || p.Rest) {
					args[p.Name] = strings.TrimSpace(args[p.Name] + " " + value)
					continue words
				}
			}
			t.Errorf("%s: no parameter takes %q of the example %q", op.Name, w, example)
		}
		list = append(list, args)
	}
	return list
}

// Every op shows how it is used, and each example works on a stack like the demo's.
func TestExamples(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fakeDesk(t, sampleWorld, ops.English)
		if err := d.fake.Do("new image for n8n"); err != nil {
			t.Fatal(err)
		}
		for _, op := range d.Gate.Ops() {
			if !strings.HasPrefix(op.Name, "docker.") {
				continue
			}
			list := asks(t, op)
			if len(list) == 0 || len(op.Phrases) == 0 || op.Doc.Fr == "" || op.Theme.Fr == "" {
				t.Errorf("%s: examples %d, phrases %d, doc %q, theme %q", op.Name, len(list), len(op.Phrases), op.Doc.Fr, op.Theme.Fr)
			}
			for _, args := range list {
				_, r, err := d.Gate.Ask(t.Context(), d.Who, ops.Ask{Op: op.Name, Args: args}, "here")
				if err != nil {
					t.Errorf("%s %v: %v", op.Name, args, err)
					continue
				}
				if r != nil {
					sound(t, r.Plan)
				}
			}
		}
	})
}

// sound checks what holds for every plan: a proof where somebody may notice, locks, facts, both languages.
func sound(t *testing.T, p ops.Plan) {
	t.Helper()
	if p.Risk >= ops.Disruptive && !slices.ContainsFunc(p.Steps, func(s ops.Step) bool { return s.Check }) {
		t.Errorf("%s proves nothing", p.Op)
	}
	if len(p.Locks) == 0 || len(p.Facts) == 0 || p.Target == "" || p.Done.IsZero() {
		t.Errorf("%s: locks %v, %d facts, target %q, done %q", p.Op, p.Locks, len(p.Facts), p.Target, p.Done.En)
	}
	texts := append([]ops.Text{p.Title, p.Done}, p.Costs...)
	for _, s := range p.Steps {
		texts = append(texts, s.Text)
		for _, u := range s.Undo {
			texts = append(texts, u.Text)
		}
	}
	for _, f := range p.Facts {
		texts = append(texts, f.Label)
	}
	for _, x := range texts {
		if x.En == "" || x.Fr == "" || strings.Contains(x.En+x.Fr, "%!") {
			t.Errorf("%s says %q / %q", p.Op, x.En, x.Fr)
		}
	}
	seen := map[string]bool{}
	for _, f := range p.Facts {
		if seen[f.Name] {
			t.Errorf("%s has two facts %s", p.Op, f.Name)
		}
		seen[f.Name] = true
	}
}

var changes = []string{
	"restart service=n8n", "restart service=kitsu", "restart service=zimboo", "stop service=n8n", "start service=metube", "start service=zimboo",
	"recreate service=n8n", "update service=n8n", "pull service=all", "up phase=all", "up phase=apps", "down phase=apps", "down phase=all", "prune", "prune what=unused",
}

// A plan is the same thing whoever reads it, and stays the same while nothing changes.
func TestHashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fakeDesk(t, sampleWorld, ops.English)
		if err := d.fake.Do("new image for n8n"); err != nil {
			t.Fatal(err)
		}
		for _, ask := range changes {
			hash := ""
			for _, lang := range []ops.Lang{ops.English, ops.French, "de"} {
				d.Who.Lang = lang
				_, r, err := d.ask(ask)
				if err != nil {
					t.Fatalf("%s: %v", ask, err)
				}
				if hash != "" && r.Hash != hash {
					t.Errorf("%s: %s in %s, %s in English", ask, r.Hash, lang, hash)
				}
				hash = r.Hash
				sound(t, r.Plan)
				time.Sleep(3 * time.Second) // of the bubble's time: what ages does not change a plan
			}
		}
	})
}

// What the bot stands on is never stopped, removed or made anew, by whatever way.
func TestNeverItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fakeDesk(t, "self javisi_n8n\n"+sampleWorld, ops.English)
		if err := d.fake.Do("new image for n8n"); err != nil {
			t.Fatal(err)
		}
		for _, ask := range []string{"restart service=n8n", "restart service=javisi_n8n", "stop service=n8n", "recreate service=n8n", "update service=n8n", "down phase=apps", "down phase=all"} {
			if _, _, err := d.ask(ask); ops.KindOf(err) != ops.Denied || !strings.Contains(ops.SayOf(err).En, "what I stand on") {
				t.Errorf("%s: %v", ask, err)
			}
		}
		for _, ask := range []string{"restart service=grafana", "down phase=infra", "up phase=all", "pull service=n8n"} {
			if _, _, err := d.ask(ask); err != nil {
				t.Errorf("%s: %v", ask, err)
			}
		}
		if calls := d.fake.Calls(); len(calls) != 0 {
			t.Errorf("planning touched: %v", calls)
		}
	})
}

// A plan that is about something else by now does not run, and says what changed.
func TestDrift(t *testing.T) {
	for _, c := range []struct{ ask, change, says string }{
		{"restart service=n8n", "n8n replaced", "container"},
		{"restart service=grafana", "grafana becomes healthy", "health"},
		{"restart service=n8n", "n8n exited 1", "state"},
		{"restart service=n8n", "n8n started", "started"},
		{"stop service=n8n", "n8n stopped", "does not run"},
		{"start service=zimboo", "zimboo started", "runs already"},
		{"recreate service=n8n", "image of n8n gone", "registry"},
		{"update service=n8n", "new image for n8n stays unhealthy", "registry"},
		{"up phase=apps", "zimboo started", "Nothing to start"},
		{"up phase=all", "zimboo replaced", "Nothing to start"},
		{"down phase=apps", "n8n replaced", "n8n"},
		{"prune what=unused", "image of n8n gone from registry", ""},
	} {
		t.Run(c.ask, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := fakeDesk(t, sampleWorld, ops.English)
				if err := d.fake.Do("new image for n8n"); err != nil {
					t.Fatal(err)
				}
				_, r, err := d.ask(c.ask)
				if err != nil {
					t.Fatal(err)
				}
				if err := d.fake.Do(c.change); err != nil {
					t.Fatal(err)
				}
				end, err := d.TryYes(r.ID)
				if err != nil {
					t.Fatal(err)
				}
				if c.says == "" { // what does not concern the plan does not stop it
					if end.State != ops.Succeeded {
						t.Errorf("%s: %s", end.State, end.Why.En)
					}
					return
				}
				if end.State != ops.Outdated || !strings.Contains(ops.Unmark(end.Why.En), c.says) || len(d.fake.Calls()) != 0 {
					t.Errorf("%s: %s, after %v", end.State, end.Why.En, d.fake.Calls())
				}
			})
		})
	}
}

// What a plan holds goes through JSON unchanged: it is stored, and read back after a restart.
func TestPlansAreData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := fakeDesk(t, sampleWorld, ops.English)
		for _, ask := range changes {
			_, r, err := d.ask(ask)
			if ops.KindOf(err) == ops.Invalid {
				continue // nothing new to pull or update here
			}
			if err != nil {
				t.Fatalf("%s: %v", ask, err)
			}
			raw, err := json.Marshal(r.Plan)
			if err != nil {
				t.Fatal(err)
			}
			var back ops.Plan
			if err := json.Unmarshal(raw, &back); err != nil {
				t.Fatal(err)
			}
			if back.Hash() != r.Hash {
				t.Errorf("%s: its stored plan has another hash", ask)
			}
		}
	})
}
