package creative

import (
	"context"
	"sync"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/creative/creativetest"
	"vigie/ops/opstest"
)

// routes are those of the real pipeline, and one that is free and works.
func routes() []Route {
	from := []string{creativetest.Results}
	return []Route{
		{Type: "image", Models: []string{"comfyui"}, Provider: "comfyui", Result: byComfyUI, Broken: ops.T("it sends a part of the graph as text", "il envoie une partie du graphe en texte")},
		{Type: "image", Models: []string{"gpt-image"}, Provider: "litellm", Price: 0.04, Per: perPiece, Result: byAddress, From: from, Sizes: []string{"1024x1024"}},
		{Type: "image", Models: []string{"flux"}, Provider: "litellm", Result: byAddress, From: from},
		{Type: "video", Models: []string{"seedance"}, Provider: "byteplus", Price: 0.12, Per: perSecond, Most: 10, Result: byAddress, From: from},
		{Type: "video-composition", Provider: "remotion", Result: byRemotion, Compositions: []string{"HelloWorld", "Montage"}},
	}
}

// A world is a gate on a pipeline.
type world struct {
	*System
	*opstest.World
	t      *testing.T
	n8n    *creativetest.Server
	kept   *opstest.Shelf
	videos *tracker
	assets *assets
}

func newWorld(t *testing.T, change func(*Options)) *world {
	t.Helper()
	w := &world{t: t, n8n: &creativetest.Server{}, kept: &opstest.Shelf{}, videos: &tracker{}, assets: &assets{}}
	o := Options{URL: creativetest.URL, Header: creativetest.Header, Secret: opstest.Secret(creativetest.Secret), Routes: routes(), Limit: 2, Kept: w.kept,
		Pictures: &tracker{}, Videos: w.videos, Assets: w.assets, Client: w.n8n.Client()}
	if change != nil {
		change(&o)
	}
	var err error
	if w.System, err = New(o); err != nil {
		t.Fatal(err)
	}
	w.World = opstest.Open(t, Bind(w.System))
	return w
}

func args(pairs ...string) ops.Args {
	a := ops.Args{}
	for i := 0; i+1 < len(pairs); i += 2 {
		a[pairs[i]] = pairs[i+1]
	}
	return a
}

func (w *world) plan(pairs ...string) (*ops.Run, error) {
	_, r, err := w.Gate.Ask(w.t.Context(), opstest.Ann, ops.Ask{Op: "creative.create", Args: args(pairs...)}, "here")
	return r, err
}

// do asks, says yes and waits for the end.
func (w *world) do(pairs ...string) ops.Run {
	w.t.Helper()
	r, err := w.plan(pairs...)
	if err != nil {
		w.t.Fatalf("%v: %v", pairs, err)
	}
	return w.Yes(r.ID)
}

// look is what /creations says, and the names of its files.
func (w *world) look(pairs ...string) string {
	w.t.Helper()
	a, _, err := w.Gate.Ask(w.t.Context(), opstest.Ann, ops.Ask{Op: "creative.list", Args: args(pairs...)}, "here")
	if err != nil {
		return "error: " + ops.Unmark(ops.SayOf(err).En)
	}
	said := ""
	for _, b := range a.Blocks {
		said += ops.Unmark(b.Line.En) + "\n"
		if b.File != nil {
			said += b.File.Type + " " + b.File.Name + "\n"
		}
	}
	return said
}

// A tracker knows of one job.
type tracker struct {
	id   string
	done bool
	err  error
}

func (f *tracker) Track(_ context.Context, id string) (bool, ops.Text, error) {
	if f.err != nil || id != f.id {
		if f.err == nil {
			return false, ops.Text{}, ops.Fail(ops.NotFound, ops.Raw("unknown"), nil)
		}
		return false, ops.Text{}, f.err
	}
	return f.done, ops.Raw("whole"), nil
}

func (f *tracker) Fetch(context.Context, string) ([]ops.File, string, error) {
	return nil, "https://re.example.org/renders/1.mp4", nil
}

// assets know of one name.
type assets struct {
	mu   sync.Mutex
	name string
	link string
}

func (a *assets) Find(_ context.Context, name, _ string, _ time.Time) (string, bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.link, a.name != "" && (a.name == name || a.name == "*"), nil
}
