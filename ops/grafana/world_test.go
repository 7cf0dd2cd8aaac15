package grafana

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/grafana/grafanatest"
)

type secret string

func (s secret) Reveal() string { return string(s) }

type allow struct{}

func (allow) Decide(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Allow} }

// forgetful takes journal lines and keeps none.
type forgetful struct{ ops.Store }

func (forgetful) Append(_ context.Context, entries ...ops.Entry) ([]ops.Entry, error) {
	return entries, nil
}

// A world is a gate on a system that asks a stand-in, as its admin.
type world struct {
	*System
	t      *testing.T
	server *grafanatest.Server
	gate   *ops.Gate
	watch  *watcher
}

func newWorld(t *testing.T, change func(*Options)) *world {
	t.Helper()
	w := &world{t: t, server: grafanatest.New()}
	o := Options{URL: "http://grafana:3000", User: w.server.User, Password: secret(w.server.Password), Rules: true, Client: w.server.Client()}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	w.System, w.watch = s, s.Watcher().(*watcher)
	w.gate = &ops.Gate{Policy: allow{}, Store: forgetful{}, TTL: time.Hour}
	if err := w.gate.Open(Bind(s)); err != nil {
		t.Fatal(err)
	}
	w.server.Put(grafanatest.Source{UID: "VictoriaMetrics", Name: "VictoriaMetrics", Type: "prometheus"}, grafanatest.Source{UID: "Loki", Name: "Loki", Type: "loki"},
		grafanatest.Source{UID: "PostgreSQL-n8n", Name: "PostgreSQL-n8n", Type: "grafana-postgresql-datasource"})
	w.server.Rule(grafanatest.Rule{UID: "cpu-high", Name: "CPU high", Severity: "warning", State: "inactive", Source: "VictoriaMetrics"},
		grafanatest.Rule{UID: "disk-high", Name: "Disk high", Severity: "critical", State: "inactive", Source: "VictoriaMetrics"})
	return w
}

// say is what /grafana answers, as text.
func (w *world) say() string {
	w.t.Helper()
	a, _, err := w.gate.Ask(w.t.Context(), ops.Caller{ID: 1, Name: "ann", Role: ops.Viewer}, ops.Ask{Op: "grafana.show"}, "here")
	if err != nil {
		sayable(w.t, ops.SayOf(err))
		return fmt.Sprintf("%s: %s", ops.KindOf(err), ops.Unmark(ops.SayOf(err).En))
	}
	var b strings.Builder
	for _, block := range a.Blocks {
		sayable(w.t, block.Line)
		fmt.Fprintln(&b, ops.Unmark(block.Line.En))
	}
	return b.String()
}

func (w *world) holds(parts ...string) {
	w.t.Helper()
	got := w.say()
	for _, p := range parts {
		if !strings.Contains(got, p) {
			w.t.Errorf("it does not say %q:\n%s", p, got)
		}
	}
}

// look is one look of the watcher: what it tells, by subject and kind, and what it says is over.
func (w *world) look() (now map[string]ops.Trouble, over []string) {
	now = map[string]ops.Trouble{}
	w.watch.lookOnce(w.t.Context(), func(s ops.Sighting) {
		for _, t := range s.Troubles {
			if t.Over {
				over = append(over, t.Subject+" "+t.Kind+": "+ops.Unmark(t.Title.En))
			} else {
				now[t.Subject+" "+t.Kind] = t
			}
		}
	})
	return now, over
}

// sayable checks that a sentence of ours is not taken for one that holds a secret.
func sayable(t *testing.T, say ops.Text) {
	t.Helper()
	if said := (*ops.Redactor)(nil).Redact(say.En + "\n" + say.Fr); strings.Contains(said, ops.Hidden) {
		t.Errorf("a part of it would be hidden: %s", said)
	}
}
