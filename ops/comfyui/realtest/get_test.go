package realtest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/comfyui/comfytest"
)

// It comes whole, is proved, is listed, and goes again.
func TestGetAndUndo(t *testing.T) {
	play := func(t *testing.T, w *world) {
		r := w.over(w.get().ID)
		if r.State != ops.Succeeded || !strings.Contains(told(r), "ComfyUI lists 1 checkpoint") {
			t.Fatal(told(r))
		}
		w.whole()
		if calls := w.mirror.Calls(); len(calls) != 1 {
			t.Errorf("the mirror was asked %q", calls)
		}
		if _, err := w.ask("comfyui.checkpoint_get", ops.Args{"name": name}); err == nil || !strings.Contains(said(err), "is there already") {
			t.Errorf("asked for again: %v", err)
		}
		undo, err := w.ask("vigie.undo", ops.Args{"run": r.ID})
		if err != nil {
			t.Fatal(err)
		}
		if got := w.over(undo.ID); got.State != ops.Succeeded {
			t.Error(told(got))
		}
		w.empty()
	}
	each(t, play)
	unguarded(t, play)
}

// Whatever breaks off is gone on with, and what was there is not fetched twice; from a server that gives no parts it begins anew.
func TestCutOff(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.mirror.Serve("/dawn", comfytest.Served{Data: w.data, CutAfter: []int{1 << 20, 300_000, 1}})
		if r := w.over(w.get().ID); r.State != ops.Succeeded {
			t.Fatal(told(r))
		}
		w.whole()
		if calls := w.mirror.Calls(); len(calls) != 4 || !slices.ContainsFunc(calls, func(c string) bool { return c == "/dawn from 1048576" }) {
			t.Errorf("the mirror was asked %q", calls)
		}
		if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
			t.Fatal(err)
		}
		w.mirror.Serve("/dawn", comfytest.Served{Data: w.data, NoRanges: true, CutAfter: []int{1 << 20, 300_000}})
		if r := w.over(w.get().ID); r.State != ops.Succeeded {
			t.Fatal(told(r))
		}
		w.whole()
	})
}

// What is not what it should be is thrown away, and told for what it is.
func TestNotWhatItShouldBe(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve func(data []byte) comfytest.Served
		says  string
	}{
		{"other content", func(data []byte) comfytest.Served { return comfytest.Served{Data: comfytest.Bytes(8, len(data))} }, "it is not the file that the configuration means"},
		{"more than promised", func(data []byte) comfytest.Served { return comfytest.Served{Data: data, Endless: true} }, "something else than the 3.15 MB that were promised"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				w.mirror.Serve("/dawn", c.serve(w.data))
				r := w.over(w.get().ID)
				if r.State != ops.Broke || !strings.Contains(ops.Unmark(r.Why.En), c.says) {
					t.Error(told(r))
				}
				w.empty()
			})
		})
	}
}

// What is plain beforehand is told before anything is begun.
func TestRefusedBeforehand(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		elsewhere := strings.Replace(w.keeping.Known[0].URL, "127.0.0.1", "localhost", 1)
		for _, c := range []struct {
			serve comfytest.Served
			says  string
		}{
			{comfytest.Served{Data: w.data, Claim: 5 << 20}, "says that it has 5.24 MB, not the 3.15 MB"},
			{comfytest.Served{Redirect: elsewhere}, "sends me on to localhost:"},
			{comfytest.Served{Redirect: "http://" + w.host + "/dawn"}, "not among the hosts"},
			{comfytest.Served{Redirect: "/dawn"}, "on and on"},
			{comfytest.Served{Data: w.data, Status: []int{403}}, "wants an account, or its licence accepted"},
			{comfytest.Served{Data: w.data, Status: []int{404}}, "no longer has it (404)"},
			{comfytest.Served{Data: w.data, Status: []int{416}}, "refuses (416)"},
		} {
			w.mirror.Serve("/dawn", c.serve)
			if _, err := w.ask("comfyui.checkpoint_get", ops.Args{"name": name}); err == nil || !strings.Contains(said(err), c.says) {
				t.Errorf("%s: %v", c.says, err)
			}
		}
		w.mirror.Serve("/dawn", comfytest.Served{Redirect: "/sunrise"})
		w.mirror.Serve("/sunrise", comfytest.Served{Data: w.data})
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := w.ask("comfyui.checkpoint_get", ops.Args{"name": name}); err == nil || !strings.Contains(said(err), "I do not write over it") {
			t.Errorf("another file of that name: %v", err)
		}
		if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
			t.Fatal(err)
		}
		if r := w.over(w.get().ID); r.State != ops.Succeeded { // sent on to an allowed place, it comes
			t.Error(told(r))
		}
		w.whole()
	})
}

// What comes meanwhile is not written over, and stays.
func TestNothingIsWrittenOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.mirror.Serve("/dawn", comfytest.Served{Data: w.data, Pace: 20_000_000})
		r := w.get()
		w.until("some of it is there", func() bool { return w.size() > 0 })
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := w.over(r.ID); got.State != ops.Broke || !strings.Contains(told(got), "I do not write over it") {
			t.Error(told(got))
		}
		if got, err := os.ReadFile(filepath.Join(w.dir, name)); err != nil || string(got) != "mine" || len(w.files()) != 1 {
			t.Errorf("the other file reads %q (%v); the folder has %q", got, err, w.files())
		}
	})
}

// Stopped in the middle, nothing of it stays, and nothing is written any more.
func TestStop(t *testing.T) {
	play := func(t *testing.T, w *world) {
		w.mirror.Serve("/dawn", comfytest.Served{Data: w.data, Pace: 200_000_000})
		r := w.get()
		w.until("some of it is there", func() bool { return w.size() > 0 })
		if err := w.gate.Stop(context.Background(), ann, r.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.over(r.ID); got.State != ops.Halted || !got.Halting {
			t.Error(told(got))
		}
		w.empty()
	}
	each(t, play)
	unguarded(t, play)
}

// Two at once, by two bots on one folder, do not spoil each other's.
func TestTwoAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.mirror.Serve("/dawn", comfytest.Served{Data: w.data, Pace: 30_000_000})
		other := *w
		other.file = filepath.Join(t.TempDir(), "other.db")
		other.start()
		first := w.get()
		w.until("some of it is there", func() bool { return w.size() > 0 })
		second := other.get()
		a, b := w.over(first.ID), other.over(second.ID)
		if a.State != ops.Succeeded || b.State != ops.Succeeded {
			t.Errorf("first: %s\nsecond: %s", told(a), told(b))
		}
		w.whole()
	})
}

// Killed in the middle, it is gone on with from where it was.
func TestKilled(t *testing.T) {
	play := func(t *testing.T, w *world) {
		w.mirror.Serve("/dawn", comfytest.Served{Data: w.data, CutAfter: []int{1 << 20}, Quietly: true})
		r := w.get()
		w.until("a part is there", func() bool { return w.size() == 1<<20 })
		store := w.store
		if err := store.Close(); err != nil { // as kill -9: nothing reaches it any more
			t.Fatal(err)
		}
		_ = w.gate.Close(context.Background()) // so that its goroutines end
		w.gate = nil
		w.start()
		if got := w.over(r.ID); got.State != ops.Uncertain || !strings.Contains(told(got), "download") {
			t.Fatal(told(got))
		}
		again, err := w.ask("vigie.resume", ops.Args{"run": r.ID})
		if err != nil {
			t.Fatal(err)
		}
		if got := w.over(again.ID); got.State != ops.Succeeded {
			t.Fatal(told(got))
		}
		w.whole()
		if calls := w.mirror.Calls(); !slices.Contains(calls, "/dawn from 1048576") {
			t.Errorf("the mirror was asked %q", calls)
		}
	}
	each(t, play)
	unguarded(t, play)
}

// Only what can be downloaded again is removed, and only if it is that.
func TestRemove(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := filepath.Join(w.dir, name)
		if err := os.WriteFile(file, comfytest.Bytes(9, len(w.data)), 0o644); err != nil { // as large, and another one
			t.Fatal(err)
		}
		r, err := w.ask("comfyui.checkpoint_remove", ops.Args{"name": name})
		if err != nil {
			t.Fatal(err)
		}
		if got := w.over(r.ID); got.State != ops.Broke || !strings.Contains(told(got), "it is another file") || len(w.files()) != 1 {
			t.Error(told(got))
		}
		if err := os.WriteFile(file, w.data, 0o644); err != nil {
			t.Fatal(err)
		}
		if r, err = w.ask("comfyui.checkpoint_remove", ops.Args{"name": name}); err != nil {
			t.Fatal(err)
		}
		if got := w.over(r.ID); got.State != ops.Succeeded {
			t.Error(told(got))
		}
		w.empty()
	})
}

// The way to the machine breaks in the middle: what it goes on doing there is found again, or gone on with.
func TestTheWayBreaks(t *testing.T) {
	for _, k := range kinds[1:] {
		t.Run(k.name, func(t *testing.T) {
			w := open(t, k, t.TempDir())
			w.mirror.Serve("/dawn", comfytest.Served{Data: w.data, Pace: 100_000_000})
			r := w.get()
			w.until("some of it is there", func() bool { return w.size() > 200_000 })
			w.cut()
			if got := w.over(r.ID); got.State != ops.Succeeded {
				t.Fatal(told(got))
			}
			w.whole()
		})
	}
}
