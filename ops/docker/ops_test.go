package docker

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"

	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
)

var update = flag.Bool("update", false, "rewrite the answers in testdata/ops")

// confirm is a policy that lets everybody look and asks for a yes before anything else.
type confirm struct{}

func (confirm) Decide(r ops.Request) ops.Verdict {
	if r.Risk == ops.Reads {
		return ops.Verdict{Demand: ops.Allow}
	}
	return ops.Verdict{Demand: ops.Confirm}
}

// A desk is a gate on a stack, for one person.
type desk struct {
	t     *testing.T
	fake  *Fake
	stack *Stack
	gate  *ops.Gate
	who   ops.Caller
	ended chan ops.Run
}

func newDesk(t *testing.T, s *Stack, lang ops.Lang) *desk {
	t.Helper()
	store, err := data.Open(t.Context(), data.Options{Path: filepath.Join(t.TempDir(), "vigie.db")})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, stack: s, who: ops.Caller{ID: 1, Name: "ann", Role: ops.Admin, Lang: lang}, ended: make(chan ops.Run, 16)}
	d.gate = &ops.Gate{Policy: confirm{}, Store: store, Runner: runs.NewDirect(nil), TTL: time.Hour,
		Broken:    func(err error) { t.Errorf("the gate broke: %v", err) },
		Protected: func(what string) (ops.Text, bool) { why, no := s.Self[what]; return why, no },
		Watch: func(r ops.Run) {
			if r.Over() {
				d.ended <- r
			}
		}}
	if err := d.gate.Open(Bind(s)); err != nil {
		t.Fatal(err)
	}
	if err := d.gate.Runner.Launch(t.Context(), d.gate.Advance); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.gate.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// fakeDesk is a desk on a world. A line «off NAME» or «self NAME» in it configures the stack.
func fakeDesk(t *testing.T, world string, lang ops.Lang) *desk {
	t.Helper()
	offs, self := map[string]bool{}, map[string]ops.Text{}
	var kept []string
	for line := range strings.Lines(world) {
		switch w := strings.Fields(line); {
		case len(w) == 2 && w[0] == "off":
			offs[w[1]] = true
		case len(w) == 2 && w[0] == "self":
			self["container:"+w[1]] = ops.T("%s is what I stand on", "%s est ce sur quoi je repose", ops.Name(w[1]))
		default:
			kept = append(kept, line)
		}
	}
	f, err := NewFake(strings.Join(kept, ""))
	if err != nil {
		t.Fatal(err)
	}
	s := f.Stack()
	s.Off, s.Self, s.Wait = offs, self, 20*time.Second
	d := newDesk(t, s, lang)
	d.fake = f
	return d
}

// words makes an ask of «restart service=n8n».
func words(line string) ops.Ask {
	name, rest, _ := strings.Cut(line, " ")
	ask := ops.Ask{Op: name, Args: ops.Args{}}
	for _, pair := range strings.Fields(rest) {
		k, v, _ := strings.Cut(pair, "=")
		ask.Args[k] = v
	}
	return ask
}

func (d *desk) ask(line string) (*ops.Answer, *ops.Run, error) {
	return d.gate.Ask(d.t.Context(), d.who, words(line), "here")
}

// do asks, says yes and waits for the end.
func (d *desk) do(line string) (ops.Run, error) {
	_, r, err := d.ask(line)
	if err != nil {
		return ops.Run{}, err
	}
	return d.yes(r.ID)
}

func (d *desk) yes(id string) (ops.Run, error) {
	if _, err := d.gate.Decide(d.t.Context(), d.who, id, ops.Decision{Yes: true}); err != nil {
		return ops.Run{}, err
	}
	for r := range d.ended {
		if r.ID == id {
			return r, nil
		}
	}
	panic("unreachable")
}

// TestOps plays the scripts of testdata/ops in both languages. A script's lines:
//
//	status show=all          asks, and prints the answer or the plan
//	do restart service=n8n   says yes as well, and prints how it went
//	ask … / yes              asks, and says yes some lines later
//	! n8n exits 1            changes the world
//	wait 10s                 lets time pass
func TestOps(t *testing.T) {
	files, err := filepath.Glob("testdata/ops/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in testdata/ops: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			world, script := section(ar, "world"), section(ar, "script")
			for _, lang := range []ops.Lang{ops.English, ops.French} {
				var got string
				synctest.Test(t, func(t *testing.T) { got = play(t, world, script, lang) })
				check(t, ar, string(lang), got)
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func section(ar *txtar.Archive, name string) string {
	for _, f := range ar.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func check(t *testing.T, ar *txtar.Archive, name, got string) {
	t.Helper()
	if *update {
		for i := range ar.Files {
			if ar.Files[i].Name == name {
				ar.Files[i].Data = []byte(got)
				return
			}
		}
		ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(got)})
		return
	}
	gots, wants := strings.Split(got, "\n"), strings.Split(section(ar, name), "\n")
	for i := range max(len(gots), len(wants)) {
		g, w := "(the end)", "(the end)"
		if i < len(gots) {
			g = gots[i]
		}
		if i < len(wants) {
			w = wants[i]
		}
		if g != w {
			t.Errorf("%s, line %d:\n got %s\nwant %s\n(-update rewrites it)", name, i+1, g, w)
			return
		}
	}
}

func play(t *testing.T, world, script string, lang ops.Lang) string {
	d := fakeDesk(t, world, lang)
	var b strings.Builder
	waiting := ""
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		verb, rest, _ := strings.Cut(line, " ")
		if line == "" {
			continue
		}
		fmt.Fprintf(&b, "> %s\n", line)
		switch verb {
		case "!":
			if err := d.fake.Do(rest); err != nil {
				t.Fatal(err)
			}
		case "wait":
			span, err := time.ParseDuration(rest)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(span)
		case "do", "yes":
			calls := len(d.fake.Calls())
			var r ops.Run
			var err error
			if verb == "do" {
				r, err = d.do(rest)
			} else {
				r, err = d.yes(waiting)
			}
			printRun(&b, lang, r, err)
			for _, c := range d.fake.Calls()[calls:] {
				fmt.Fprintf(&b, "docker: %s\n", c)
			}
		default:
			a, r, err := d.ask(strings.TrimPrefix(line, "ask "))
			if r != nil {
				waiting = r.ID
			}
			printAsked(&b, lang, a, r, err)
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String()) + "\n"
}
