package chattest_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vigie/ops"
	"vigie/ops/docker"
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
	dir   string            // where a deployment has its variables
	sets  bool              // the deployment sets models
}

// do changes one of them:
//
//	n8n: workflow NAME PATH on|off ERROR     blanks are _
//	n8n: hit PATH · n8n: edit NAME ERROR · n8n: deaf|unready|down|fine
//	openclaw: asks ID USERNAME CODE AGE · openclaw: agent ID NAME MODEL · openclaw: device REQUEST ID CLIENT SCOPE
//	openclaw: owner WHO · openclaw: down|up · openclaw: mute|heard · openclaw: model KEY NAME · openclaw: old
//	openclaw: deployed                       its models come from variables; see deployment
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
	case "model":
		a.claw.AddModel(words[1], words[2])
	case "old":
		a.claw.Old = true
	case "mute", "heard":
		a.claw.Mute(words[0] == "mute")
	case "deployed":
		a.sets = true
		return os.WriteFile(filepath.Join(a.dir, "main.yml"), []byte("# agents\nopenclaw_profile: eco # since May\nopenclaw_builder_model: anthropic/claude-sonnet-5\n"), 0o600)
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
func (a *ai) systems(d *docker.Stack) (bound []ops.Bound, watchers []ops.Watcher) {
	if a.flows != nil {
		s, err := n8n.New(n8n.Options{URL: "http://n8n:5678", Key: word(a.flows.Key), Client: a.flows.Client()})
		if err != nil {
			panic(err) // the test's own mistake
		}
		bound, watchers = append(bound, n8n.Bind(s)), append(watchers, s.Watcher())
	}
	if a.claw != nil {
		o := openclaw.Options{Container: inside{a.claw}, Personas: map[string]string{"builder": "Imhotep"}, Link: word("https://admin.example.org/__bootstrap__"),
			Restart: func(ctx context.Context) (openclaw.Restart, error) {
				r, err := d.Restarting(ctx, "openclaw")
				return openclaw.Restart(r), err
			}}
		if a.sets {
			o.Deploy = a.deployment(d)
		}
		s, err := openclaw.New(o)
		if err != nil {
			panic(err) // the test's own mistake
		}
		bound, watchers = append(bound, openclaw.Bind(s)), append(watchers, s.Watcher())
	}
	return bound, watchers
}

// deployment restarts OpenClaw, and gives main the model of the profile, and builder its own variable's, where there is one.
func (a *ai) deployment(d *docker.Stack) *openclaw.Deploy {
	file := filepath.Join(a.dir, "main.yml")
	return &openclaw.Deploy{Variables: file, Model: "openclaw_{agent}_model", Profile: "openclaw_profile", Profiles: []string{"eco", "balanced", "premium"},
		Runs: map[string][]string{"model": {"make", "deploy-role", "ROLE=openclaw"}, "profile": {"make", "openclaw-profile", "PROFILE={profile}"}},
		Run: func(ctx context.Context, _ []string, each func(string)) (int, error) {
			body, err := os.ReadFile(file)
			if err != nil {
				return -1, err
			}
			for line := range strings.Lines(string(body)) {
				line, _, _ = strings.Cut(line, " #")
				name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
				value = strings.Trim(value, `"`)
				switch name {
				case "openclaw_builder_model":
					a.claw.Configure("builder", map[string]any{"primary": value})
				case "openclaw_profile":
					a.claw.Configure("main", map[string]any{"primary": map[string]string{"eco": "litellm/qwen3-free", "balanced": "litellm/glm-5", "premium": "anthropic/claude-sonnet-5"}[value]})
				}
			}
			each("PLAY RECAP: ok=41 changed=3 failed=1")
			return 2, d.Host.Restart(ctx, "javisi_openclaw") // its smoke test fails for reasons of its own
		}}
}

type word string

func (w word) Reveal() string { return string(w) }

// inside runs the stand-in as a container would run the program.
type inside struct{ *openclawtest.Program }

func (i inside) Exec(_ context.Context, x openclaw.Exec) (int, error) {
	return i.Run(x.Argv[2:], x.Stdout, x.Stderr), nil
}
