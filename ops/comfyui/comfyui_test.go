package comfyui

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/comfyui/comfytest"
)

const (
	one = "0123abcd-0123-4bcd-8123-0123456789ab"
	two = "1123abcd-0123-4bcd-8123-0123456789ab"
)

// studio runs test in a bubble, with a stand-in.
func studio(t *testing.T, o comfytest.Options, test func(t *testing.T, s *System, server *comfytest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if o.Step == 0 {
			o.Step = 1070 * time.Millisecond
		}
		server := comfytest.New(o)
		client, end := comfytest.Pipe(server)
		defer func() { server.Close(); end() }()
		s, err := New(Options{URL: "http://comfyui:8188", Client: client})
		if err != nil {
			t.Fatal(err)
		}
		test(t, s, server)
	})
}

func plan(t *testing.T, s *System, p imagineParams) drawing {
	t.Helper()
	d, err := s.drawing(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// However often a job is given, ComfyUI has it once, in both kinds of versions; and it is followed to its picture.
func TestOnce(t *testing.T) {
	for _, old := range []bool{false, true} {
		studio(t, comfytest.Options{Old: old, Metadata: old}, func(t *testing.T, s *System, server *comfytest.Server) {
			d := plan(t, s, imagineParams{Prompt: "a cat steps=8 cfg=5.5", Size: "96x64", Count: 2})
			server.DropAnswers(1)
			if err := s.submit(t.Context(), one, d); ops.KindOf(err) != ops.Unknown {
				t.Fatalf("a lost answer: %v, want unknown", err)
			}
			for range 2 {
				if err := s.submit(t.Context(), one, d); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.follow(t.Context(), one, d); err != nil {
				t.Fatal(err)
			}
			if err := s.submit(t.Context(), one, d); err != nil { // it is over by now
				t.Fatal(err)
			}
			if calls := server.Calls(); len(calls) != 1 || calls[0] != "prompt a cat" {
				t.Errorf("old %v: %q", old, calls)
			}
			r, ok, err := s.over(t.Context(), one)
			if err != nil || !ok || len(r.images()) != 2 || r.Prompt.Ours.Args["seed"] == "" || !strings.Contains(r.Prompt.Ours.Args["prompt"], "cfg=5.5") {
				t.Errorf("old %v: %+v %v %v", old, r.Prompt.Ours, ok, err)
			}
		})
	}
}

// Only our very job is dropped: another's that runs is never interrupted, whatever the version.
func TestDropsOursAlone(t *testing.T) {
	for _, old := range []bool{false, true} {
		studio(t, comfytest.Options{Old: old}, func(t *testing.T, s *System, server *comfytest.Server) {
			first, second := plan(t, s, imagineParams{Prompt: "theirs", Steps: 50}), plan(t, s, imagineParams{Prompt: "ours"})
			for id, d := range map[string]drawing{one: first} {
				if err := s.submit(t.Context(), id, d); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
			if err := s.submit(t.Context(), two, second); err != nil {
				t.Fatal(err)
			}
			if err := s.drop(t.Context(), two); err != nil {
				t.Fatal(err)
			}
			if err := s.awaitGone(t.Context(), two); err != nil || server.Queued() != 1 {
				t.Errorf("old %v: %v, %d queued", old, err, server.Queued())
			}
			if err := s.drop(t.Context(), two); err != nil { // nothing to do: the other still runs
				t.Fatal(err)
			}
			calls := server.Calls()
			if last := calls[len(calls)-1]; !strings.HasPrefix(last, "delete ") {
				t.Errorf("old %v: %q", old, calls)
			}
			if err := s.drop(t.Context(), one); err != nil {
				t.Fatal(err)
			}
			if err := s.awaitGone(t.Context(), one); err != nil || !strings.HasPrefix(server.Calls()[len(calls)], "interrupt ") {
				t.Errorf("old %v: %v %q", old, err, server.Calls())
			}
			if err := s.follow(t.Context(), one, first); err == nil || !strings.Contains(err.Error(), "interrupted") {
				t.Errorf("old %v: an interrupted job: %v", old, err)
			}
		})
	}
}

// While ComfyUI draws, its previews are pictures, in the older frame and the newer one, and only for the one who asked.
func TestPreviews(t *testing.T) {
	for _, metadata := range []bool{false, true} {
		studio(t, comfytest.Options{Metadata: metadata}, func(t *testing.T, s *System, server *comfytest.Server) {
			d := plan(t, s, imagineParams{Prompt: "a cat"})
			if err := s.submit(t.Context(), one, d); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- s.follow(t.Context(), one, d) }() // waited for below
			time.Sleep(9 * time.Second)
			synctest.Wait()
			if f, ok := s.preview(one); !ok || f.Type != "image/jpeg" {
				t.Errorf("metadata %v: the preview is %v %q", metadata, ok, f.Type)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			if _, ok := s.preview(one); ok {
				t.Error("a preview is kept after the end")
			}
		})
	}
}

// ComfyUI may be away for a while; away for too long, nobody knows.
func TestAway(t *testing.T) {
	studio(t, comfytest.Options{}, func(t *testing.T, s *System, server *comfytest.Server) {
		d := plan(t, s, imagineParams{Prompt: "a cat"})
		if err := s.submit(t.Context(), one, d); err != nil {
			t.Fatal(err)
		}
		server.Down(true)
		time.AfterFunc(5*time.Minute, func() { server.Down(false) })
		if err := s.follow(t.Context(), one, d); err != nil {
			t.Errorf("away for 5 min: %v", err)
		}
		server.Down(true)
		if err := s.follow(t.Context(), one, d); ops.KindOf(err) != ops.Unavailable {
			t.Errorf("away for good: %v", err)
		}
	})
}

// What ComfyUI does not take is said in plain words.
func TestRefusals(t *testing.T) {
	graph := func(change func(map[string]node)) func(*drawing) {
		return func(d *drawing) {
			var g map[string]node
			if err := json.Unmarshal(d.Graph, &g); err != nil {
				panic(err)
			}
			change(g)
			d.Graph, _ = json.Marshal(g)
		}
	}
	for name, c := range map[string]struct {
		change func(*drawing)
		want   string
	}{
		"checkpoint": {graph(func(g map[string]node) { g["4"].Inputs["ckpt_name"] = "noon.safetensors" }), "noon.safetensors is not there"},
		"steps":      {graph(func(g map[string]node) { g["3"].Inputs["steps"] = 0 }), "out of its bounds"},
		"sampler":    {graph(func(g map[string]node) { g["3"].Inputs["sampler_name"] = "x" }), "does not know x for sampler_name"},
		"missing":    {graph(func(g map[string]node) { delete(g["6"].Inputs, "text") }), "lacks text"},
		"wiring":     {graph(func(g map[string]node) { g["8"].Inputs["samples"] = []any{"4", 0} }), "wired wrongly"},
		"node":       {graph(func(g map[string]node) { g["3"] = node{Class: "FalFlux", Inputs: map[string]any{}} }), "does not have: Node 'FalFlux'"},
		"output":     {graph(func(g map[string]node) { delete(g, "9") }), "saves no picture"},
	} {
		studio(t, comfytest.Options{}, func(t *testing.T, s *System, server *comfytest.Server) {
			d := plan(t, s, imagineParams{Prompt: "a cat"})
			c.change(&d)
			err := s.submit(t.Context(), one, d)
			if ops.KindOf(err) != ops.Failed || !strings.Contains(ops.Unmark(ops.SayOf(err).En), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
			if len(server.Calls()) != 0 {
				t.Errorf("%s: it was taken: %q", name, server.Calls())
			}
		})
	}
}

// A picture of another size than was asked for is no proof.
func TestWrongSize(t *testing.T) {
	studio(t, comfytest.Options{}, func(t *testing.T, s *System, _ *comfytest.Server) {
		d := plan(t, s, imagineParams{Prompt: "a cat", Steps: 1, Size: "64x64"})
		if err := s.submit(t.Context(), one, d); err != nil {
			t.Fatal(err)
		}
		d.Width = 128
		if err := s.follow(t.Context(), one, d); err == nil || !strings.Contains(err.Error(), "64×64, not the 128×64") {
			t.Errorf("%v", err)
		}
	})
}

// What a workflow cannot be is refused when the bot starts, by name.
func TestTemplates(t *testing.T) {
	for want, text := range map[string]string{
		"API format": `{"params": {"prompt": {"to": ["6.text"], "type": "text"}}, "graph": {"nodes": []}}`,
		"prompt":     `{"params": {}, "graph": {"6": {"class_type": "CLIPTextEncode", "inputs": {}}}}`,
		`"7.text"`:   `{"params": {"prompt": {"to": ["7.text"], "type": "text"}}, "graph": {"6": {"class_type": "C", "inputs": {}}}}`,
		"its default": `{"params": {"prompt": {"to": ["6.text"], "type": "text"}, "steps": {"to": ["6.s"], "type": "number", "min": 1, "max": 5, "default": 9}},
			"graph": {"6": {"class_type": "C", "inputs": {}}}}`,
		"unknown field": `{"parms": {}}`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "mine.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Options{URL: "http://x:1", Workflows: dir}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "mine.json") {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	raw, err := builtins.ReadFile("templates/text.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw, "a cat steps=3")
	f.Fuzz(func(t *testing.T, raw []byte, words string) {
		tpl, err := parseTemplate(raw)
		if err != nil {
			return
		}
		given := map[string]string{}
		given["prompt"] = tpl.takeOptions(words, given)
		values, err := tpl.values("x", given)
		if err != nil {
			return
		}
		filled, err := tpl.fill(values)
		if err != nil || !json.Valid(filled) {
			t.Errorf("%s: %v", filled, err)
		}
	})
}

func FuzzEvent(f *testing.F) {
	f.Add(false, []byte(fmt.Sprintf(`{"type":"progress","data":{"value":3,"max":20,"prompt_id":%q}}`, one)))
	f.Add(true, []byte("\x00\x00\x00\x01\x00\x00\x00\x01\xff\xd8\xff\xe0"))
	f.Add(true, []byte("\x00\x00\x00\x04\xff\xff\xff\xff{}"))
	f.Fuzz(func(t *testing.T, binary bool, raw []byte) {
		if e, ok := readEvent(one, binary, raw); ok && e.Type == "" {
			t.Errorf("an event of no type: %q", raw)
		}
	})
}
