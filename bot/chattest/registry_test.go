package chattest_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"vigie/bot/chattest"
	"vigie/ops"
	"vigie/ops/docker"
)

const everything = `postgresql running healthy phase=infra up=9d
redis running healthy phase=infra up=9d
n8n running healthy up=3m needs=postgresql env=DB_PASSWORD
litellm running healthy up=9d needs=postgresql
grafana running healthy up=3m
service metube off profile=studio
service loki missing
image n8n:0 size=900M dangling
cache 2G
`

// TestEveryOpIsWhole checks of every op, on a stack where all of it can be planned: a sentence, a theme and a phrase
// in both languages, examples that are understood and plan, a check where somebody may notice, and a transcript.
func TestEveryOpIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, err := docker.NewFake(everything)
		if err != nil {
			t.Fatal(err)
		}
		p := chattest.Start(t, t.TempDir(), func() chattest.System {
			return chattest.System{Bound: []ops.Bound{docker.Bind(&docker.Stack{Host: fake, Compose: fake.Compose(), Project: "javisi"})}}
		})
		defer p.Stop()
		if err := fake.Do("new image for n8n"); err != nil {
			t.Fatal(err)
		}
		if err := fake.Do("new image for grafana"); err != nil {
			t.Fatal(err)
		}
		ann := ops.Caller{ID: 1, Name: "ann", Role: ops.Admin}
		rehearsed := map[string]error{}
		for _, r := range p.Desk.Rehearse(context.Background(), ann) {
			rehearsed[r.Line] = r.Err
		}
		spoken := transcripts(t)
		for _, op := range p.Gate.Ops() {
			checkSpec(t, op, rehearsed)
			if !regexp.MustCompile(`(?m)^\w+> /` + op.Command + `\b`).MatchString(spoken) {
				t.Errorf("%s: no transcript says /%s", op.Name, op.Command)
			}
			if op.Risk < ops.Disruptive || strings.HasPrefix(op.Name, "vigie.") {
				continue
			}
			plan, _, err := p.Gate.Preview(context.Background(), ann, exampleAsk(op))
			if err != nil {
				t.Errorf("%s: its first example does not plan: %v", op.Name, err)
				continue
			}
			checkPlan(t, op, plan)
		}
	})
}

var templates = regexp.MustCompile(`%!|MISSING|EXTRA`)

func checkSpec(t *testing.T, op ops.Op, rehearsed map[string]error) {
	t.Helper()
	for what, text := range map[string]ops.Text{"Doc": op.Doc, "Theme": op.Theme} {
		if text.En == "" || text.Fr == "" || templates.MatchString(text.En+text.Fr) {
			t.Errorf("%s: its %s is %q, %q", op.Name, what, text.En, text.Fr)
		}
	}
	if len(op.Phrases) == 0 || len(op.Examples) == 0 {
		t.Errorf("%s has %d phrases and %d examples", op.Name, len(op.Phrases), len(op.Examples))
	}
	for _, phrase := range op.Phrases {
		if phrase.En == "" || phrase.Fr == "" {
			t.Errorf("%s: a phrase is %q, %q", op.Name, phrase.En, phrase.Fr)
		}
	}
	for _, p := range op.Params {
		if p.Doc.En == "" || p.Doc.Fr == "" {
			t.Errorf("%s: parameter %s is not explained in both languages", op.Name, p.Name)
		}
	}
	if strings.HasPrefix(op.Name, "vigie.") {
		return
	}
	for _, e := range op.Examples {
		line := strings.TrimSpace("/" + op.Command + " " + e)
		if err, ok := rehearsed[line]; !ok || err != nil {
			t.Errorf("%s: its example %q does not plan: %v (%v)", op.Name, line, err, ok)
		}
	}
}

func checkPlan(t *testing.T, op ops.Op, plan ops.Plan) {
	t.Helper()
	checks := 0
	for _, s := range plan.Steps {
		if s.Check {
			checks++
		}
		if s.Text.En == "" || s.Text.Fr == "" {
			t.Errorf("%s: a step says %q, %q", op.Name, s.Text.En, s.Text.Fr)
		}
	}
	if checks == 0 || len(plan.Locks) == 0 || len(plan.Facts) == 0 || plan.Done.IsZero() || plan.Target == "" {
		t.Errorf("%s: %d checks, locks %v, %d facts, done %q, target %q", op.Name, checks, plan.Locks, len(plan.Facts), plan.Done.En, plan.Target)
	}
	french := plan
	french.Title, french.Done = ops.Text{}, ops.Text{}
	if french.Hash() != plan.Hash() {
		t.Errorf("%s: the hash depends on the words", op.Name)
	}
}

func exampleAsk(op ops.Op) ops.Ask {
	args := ops.Args{}
	words := strings.Fields(op.Examples[0])
	for i, p := range op.Params {
		if i < len(words) {
			args[p.Name] = words[i]
		}
	}
	return ops.Ask{Op: op.Name, Args: args}
}

func transcripts(t *testing.T) (all string) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all += string(b)
	}
	return all
}
