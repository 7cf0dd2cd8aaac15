package docker

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

var update = flag.Bool("update", false, "rewrite the answers in testdata/ops")

// A desk is a gate on a stack, for one person.
type desk struct {
	*opstest.World
	fake  *Fake
	stack *Stack
}

func newDesk(t *testing.T, s *Stack, lang ops.Lang, more ...ops.Bound) *desk {
	t.Helper()
	d := &desk{stack: s, World: opstest.OpenWith(t, func(g *ops.Gate) {
		g.Protected = func(what string) (ops.Text, bool) { why, no := s.Self[what]; return why, no }
	}, append(more, Bind(s))...)}
	d.Who.Lang = lang
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
	return d.Gate.Ask(d.T.Context(), d.Who, words(line), "here")
}

// do asks, says yes and waits for the end.
func (d *desk) do(line string) (ops.Run, error) {
	_, r, err := d.ask(line)
	if err != nil {
		return ops.Run{}, err
	}
	return d.TryYes(r.ID)
}

// TestOps plays the scripts of testdata/ops in both languages. A script's lines:
//
//	status show=all          asks, and prints the answer or the plan
//	do restart service=n8n   says yes as well, and prints how it went
//	ask … / yes              asks, and says yes some lines later
//	! n8n exits 1            changes the world
//	wait 10s                 lets time pass
func TestOps(t *testing.T) { opstest.Scripts(t, *update, play) }

// pressed is what a button asks for.
func pressed(a ops.Ask) string {
	out := strings.TrimPrefix(a.Op, "docker.")
	for _, k := range slices.Sorted(maps.Keys(a.Args)) {
		if k != "service" {
			out += " " + k + "=" + a.Args[k]
		}
	}
	return out
}

func play(t *testing.T, world, script string, lang ops.Lang) string {
	d := fakeDesk(t, world, lang)
	b := &opstest.Printer{Lang: lang, Button: pressed}
	waiting := ""
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		verb, rest, _ := strings.Cut(line, " ")
		if line == "" {
			continue
		}
		fmt.Fprintf(b, "> %s\n", line)
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
				r, err = d.TryYes(waiting)
			}
			b.Run(r, err)
			for _, c := range d.fake.Calls()[calls:] {
				fmt.Fprintf(b, "docker: %s\n", c)
			}
		default:
			a, r, err := d.ask(strings.TrimPrefix(line, "ask "))
			if r != nil {
				waiting = r.ID
			}
			b.Asked(a, r, err)
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String()) + "\n"
}
