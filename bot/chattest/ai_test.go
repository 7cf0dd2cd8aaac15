package chattest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"vigie/ops"
	"vigie/ops/n8n"
	"vigie/ops/n8n/n8ntest"
	"vigie/ops/openclaw"
	"vigie/ops/openclaw/openclawtest"
)

// An ai is the n8n and the OpenClaw of a transcript, if its world has lines «n8n: …» and «openclaw: …».
type ai struct {
	flows *n8ntest.Server
	claw  *openclawtest.Program
	ids   map[string]string // of workflows, by name
}

// do changes one of them:
//
//	n8n: workflow NAME PATH on|off ERROR     blanks are _
//	n8n: hit PATH · n8n: edit NAME ERROR · n8n: deaf|unready|down|fine
//	openclaw: asks ID USERNAME CODE AGE · openclaw: agent ID NAME MODEL · openclaw: device REQUEST ID CLIENT SCOPE
//	openclaw: owner WHO · openclaw: down|up
func (a *ai) do(system, line string) error {
	words := strings.Fields(line)
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, "_", " ")
	}
	words = append(words, "", "", "", "")
	if system == "n8n" {
		if a.flows == nil {
			a.flows, a.ids = n8ntest.New(), map[string]string{}
		}
		return a.doFlow(words)
	}
	if a.claw == nil {
		a.claw = openclawtest.New()
	}
	switch words[0] {
	case "asks":
		ago, err := time.ParseDuration(words[4])
		a.claw.Ask(words[1], words[2], words[3], ago)
		return err
	case "agent":
		a.claw.AddAgent(words[1], words[2], words[3])
	case "device":
		a.claw.AskDevice(words[1], words[2], words[3], words[4])
	case "owner":
		a.claw.Own(words[1])
	case "down", "up":
		a.claw.Down(words[0] == "down")
	default:
		return fmt.Errorf("openclaw has no %q", line)
	}
	return nil
}

func (a *ai) doFlow(words []string) error {
	switch words[0] {
	case "workflow":
		a.ids[words[1]] = a.flows.Add(n8ntest.Workflow{Name: words[1], Path: words[2], Active: words[3] == "on", Node: "Fetch figures", Error: words[4]})
	case "hit":
		r, err := http.NewRequest(http.MethodPost, "http://n8n/webhook/"+words[1], http.NoBody)
		if err != nil {
			return err
		}
		got, err := a.flows.RoundTrip(r)
		if err != nil {
			return err
		}
		return got.Body.Close()
	case "edit":
		a.flows.Edit(a.ids[words[1]], words[2])
	case "deaf", "unready", "down", "fine":
		a.flows.Break(words[0])
	default:
		return fmt.Errorf("n8n has no %q", words[0])
	}
	return nil
}

func (a *ai) calls() (list []string) {
	if a.flows != nil {
		list = append(list, a.flows.Calls()...)
	}
	if a.claw != nil {
		list = append(list, a.claw.Calls()...)
	}
	return list
}

// systems are what operates them.
func (a *ai) systems() (bound []ops.Bound, watchers []ops.Watcher) {
	if a.flows != nil {
		s, err := n8n.New(n8n.Options{URL: "http://n8n:5678", Key: word(a.flows.Key), Client: a.flows.Client()})
		if err != nil {
			panic(err) // the test's own mistake
		}
		bound, watchers = append(bound, n8n.Bind(s)), append(watchers, s.Watcher())
	}
	if a.claw != nil {
		s, err := openclaw.New(openclaw.Options{Container: inside{a.claw}, Personas: map[string]string{"builder": "Imhotep"}})
		if err != nil {
			panic(err) // the test's own mistake
		}
		bound, watchers = append(bound, openclaw.Bind(s)), append(watchers, s.Watcher())
	}
	return bound, watchers
}

type word string

func (w word) Reveal() string { return string(w) }

// inside runs the stand-in as a container would run the program.
type inside struct{ *openclawtest.Program }

func (i inside) Exec(_ context.Context, x openclaw.Exec) (int, error) {
	return i.Run(x.Argv[2:], x.Stdout, x.Stderr), nil
}
