package loki

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/chart"
	"vigie/ops/loki/lokitest"
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

// A world is a gate on a system that asks a stand-in.
type world struct {
	t      *testing.T
	server *lokitest.Server
	gate   *ops.Gate
}

func newWorld(t *testing.T, change func(*Options)) *world {
	t.Helper()
	w := &world{t: t, server: &lokitest.Server{}}
	o := Options{URL: "http://loki:3100", Prefix: "javisi_", Client: w.server.Client()}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	w.gate = &ops.Gate{Policy: allow{}, Store: forgetful{}, TTL: time.Hour}
	if err := w.gate.Open(Bind(s)); err != nil {
		t.Fatal(err)
	}
	return w
}

// log adds a line of a container, so long ago.
func (w *world) log(container string, ago time.Duration, text string) {
	w.server.Push(map[string]string{"container": container, "job": "docker"}, time.Now().Add(-ago), text)
}

func (w *world) ask(query string, pairs ...string) (*ops.Answer, error) {
	args := ops.Args{"query": query}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i]] = pairs[i+1]
	}
	a, _, err := w.gate.Ask(w.t.Context(), ops.Caller{ID: 1, Name: "ann", Role: ops.Viewer}, ops.Ask{Op: "loki.query", Args: args}, "here")
	return a, err
}

// say is what /loki answers, as text, with what may be tapped; and its file.
func (w *world) say(query string, pairs ...string) (string, *ops.File) {
	w.t.Helper()
	a, err := w.ask(query, pairs...)
	if err != nil {
		sayable(w.t, ops.SayOf(err))
		return fmt.Sprintf("%s: %s", ops.KindOf(err), ops.Unmark(ops.SayOf(err).En)), nil
	}
	var b strings.Builder
	var file *ops.File
	for _, block := range a.Blocks {
		switch {
		case block.File != nil:
			file = block.File
		case block.Code != "":
			fmt.Fprintln(&b, "  "+strings.ReplaceAll(block.Code, "\n", "\n  "))
		case len(block.Table) > 0:
			for _, row := range block.Table {
				fmt.Fprintln(&b, "|", strings.Join(row, " | "))
			}
		default:
			sayable(w.t, block.Line)
			fmt.Fprintln(&b, ops.Unmark(block.Line.En))
		}
	}
	for _, row := range a.Buttons {
		for _, button := range row {
			fmt.Fprintf(&b, "[%s: %s]\n", button.Label.En, button.Ask.Args["query"])
		}
	}
	return b.String(), file
}

func (w *world) holds(query string, parts ...string) {
	w.t.Helper()
	got, _ := w.say(query)
	for _, p := range parts {
		if !strings.Contains(got, p) {
			w.t.Errorf("%s: it does not say %q:\n%s", query, p, got)
		}
	}
}

func isPicture(t *testing.T, f *ops.File) {
	t.Helper()
	if f == nil {
		t.Fatal("there is no picture")
	}
	if img, err := png.Decode(bytes.NewReader(f.Data)); err != nil || img.Bounds().Dx() != chart.Width {
		t.Errorf("the picture: %v", err)
	}
}

// sayable checks that a sentence of ours is not taken for one that holds a secret.
func sayable(t *testing.T, say ops.Text) {
	t.Helper()
	if said := (*ops.Redactor)(nil).Redact(say.En + "\n" + say.Fr); strings.Contains(said, ops.Hidden) {
		t.Errorf("a part of it would be hidden: %s", said)
	}
}
