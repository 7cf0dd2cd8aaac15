package openclaw

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/openclaw/openclawtest"
	"vigie/ops/opstest"
)

// A deployed is an OpenClaw whose deployment is a file of variables, and a program that brings them to it.
type deployed struct {
	*world
	claw *openclawtest.Program
	file string
	ran  [][]string
	exit int
	dead bool // the deployment brings nothing
}

const deployedVariables = "# agents\nopenclaw_profile: eco # since May\nopenclaw_writer_model: litellm/claude-haiku   # cheap\n"

var restarting = ops.Declare(&set, "openclaw.test_restart", func(string) ops.Text { return ops.T("restart openclaw", "redémarrer openclaw") },
	func(context.Context, *System, string) error { return nil })

func newDeployed(t *testing.T, old bool, change func(*Options)) *deployed {
	d := &deployed{claw: openclawtest.New(), file: filepath.Join(t.TempDir(), "main.yml")}
	d.claw.Old = old
	d.claw.AddAgent("writer", "Thot", "litellm/claude-haiku")
	for _, key := range []string{"litellm/glm-5", "litellm/claude-haiku", "litellm/deepseek-v3"} {
		d.claw.AddModel(key, "")
	}
	if err := os.WriteFile(d.file, []byte(deployedVariables), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Container: standIn{d.claw}, Restart: func(context.Context) (Restart, error) {
		return Restart{Steps: []ops.Step{restarting.Do("x")}, Again: []ops.Step{restarting.Do("again")}, Since: restarting.Verify("since"), Locks: []string{"container:openclaw"}}, nil
	}, Deploy: &Deploy{Variables: d.file, Model: "openclaw_{agent}_model", Profile: "openclaw_profile", Profiles: []string{"eco", "premium"},
		Runs: map[string][]string{"model": {"make", "deploy"}, "profile": {"make", "PROFILE={profile}"}}, Run: d.run}}
	change(&o)
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	d.world = newWorld(t, s)
	return d
}

// run brings to OpenClaw what the variables say, as a deployment does.
func (d *deployed) run(_ context.Context, argv []string, each func(string)) (int, error) {
	d.ran = append(d.ran, argv)
	each("PLAY RECAP")
	if d.dead {
		return 2, nil
	}
	body, err := os.ReadFile(d.file)
	if err != nil {
		return -1, err
	}
	profile, err := find(body, "openclaw_profile")
	own, err2 := find(body, "openclaw_writer_model")
	model := map[string]string{"eco": "litellm/deepseek-v3", "premium": "litellm/glm-5"}[profile.Value]
	if own.Value != "" {
		model = own.Value
	}
	d.claw.Configure("writer", model)
	d.claw.Configure("main", map[string]any{"primary": map[string]string{"eco": "litellm/deepseek-v3", "premium": "litellm/glm-5"}[profile.Value]})
	return d.exit, errors.Join(err, err2)
}

func (d *deployed) variables(t *testing.T) string {
	t.Helper()
	body, err := os.ReadFile(d.file)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func noDeploy(o *Options) { o.Deploy = nil }

// By OpenClaw's own program: restarted where the version needs it, proved, said to drift, and put back.
func TestModelByProgram(t *testing.T) {
	for name, old := range map[string]bool{"2026.5": true, "2026.9": false} {
		t.Run(name, func(t *testing.T) {
			d := newDeployed(t, old, noDeploy)
			r := d.Do("openclaw.model", "agent", "writer", "model", "litellm/glm-5")
			if r.State != ops.Succeeded || modelOf(t, d.System, "writer") != "litellm/glm-5" || !strings.Contains(r.Plan.Costs[0].En, "next deployment takes this back") {
				t.Fatal(opstest.How(r))
			}
			if got := len(r.Steps); got != map[bool]int{true: 4, false: 3}[old] {
				t.Errorf("%d steps: it is restarted where it must be", got)
			}
			if back := d.Do("vigie.undo", "run", r.ID); back.State != ops.Succeeded || modelOf(t, d.System, "writer") != "litellm/claude-haiku" {
				t.Error(opstest.How(back), modelOf(t, d.System, "writer"))
			}
		})
	}
}

// Through the deployment: one value is changed, comments stay, what OpenClaw says counts and not how the deployment ended.
func TestModelByVariable(t *testing.T) {
	d := newDeployed(t, true, func(*Options) {})
	d.exit = 2
	r := d.Do("openclaw.model", "agent", "writer", "model", "litellm/glm-5")
	if want := strings.Replace(deployedVariables, "litellm/claude-haiku ", `"litellm/glm-5" `, 1); r.State != ops.Succeeded || d.variables(t) != want {
		t.Fatal(opstest.How(r), d.variables(t))
	}
	if !strings.Contains(opstest.How(r), "what OpenClaw says is what counts") {
		t.Error(opstest.How(r))
	}
	kept, err := filepath.Glob(d.file + ".vigie-*.bak")
	if err != nil || len(kept) != 1 {
		t.Error(kept, err)
	}
	if back := d.Do("vigie.undo", "run", r.ID); back.State != ops.Succeeded || d.variables(t) != deployedVariables || modelOf(t, d.System, "writer") != "litellm/claude-haiku" || len(d.ran) != 2 {
		t.Error(opstest.How(back), d.variables(t), d.ran)
	}
	d.dead = true
	r = d.Do("openclaw.model", "agent", "writer", "model", "litellm/glm-5")
	if r.State == ops.Succeeded || d.variables(t) != deployedVariables {
		t.Error("a deployment that brings nothing is seen, and the variable put back: ", opstest.How(r), d.variables(t))
	}
}

func TestProfile(t *testing.T) {
	d := newDeployed(t, false, func(*Options) {})
	r := d.Do("openclaw.profile", "profile", "premium")
	if r.State != ops.Succeeded || !strings.Contains(d.variables(t), `openclaw_profile: "premium" # since May`) || d.ran[0][1] != "PROFILE=premium" || modelOf(t, d.System, "main") != "litellm/glm-5" {
		t.Fatal(opstest.How(r), d.variables(t), d.ran)
	}
	if _, _, err := d.Ask("openclaw.profile", "profile", "premium"); ops.KindOf(err) != ops.Invalid {
		t.Error(err)
	}
	if _, _, err := d.Ask("openclaw.profile", "profile", "echo"); !near(err, "eco") {
		t.Error(err)
	}
	d.dead = true
	if r = d.Do("openclaw.profile", "profile", "eco"); r.State == ops.Succeeded || !strings.Contains(d.variables(t), "premium") {
		t.Error(opstest.How(r), d.variables(t))
	}
}

func near(err error, name string) bool {
	var e *ops.Error
	return errors.As(err, &e) && e.Kind == ops.NotFound && len(e.Choices) > 0 && e.Choices[0].Value == name
}

// What is unknown is refused with the nearest names, and what cannot work before anything is touched.
func TestModelRefused(t *testing.T) {
	d := newDeployed(t, true, noDeploy)
	if _, _, err := d.Ask("openclaw.model", "agent", "writter", "model", "litellm/glm-5"); !near(err, "writer") {
		t.Error(err)
	}
	if _, _, err := d.Ask("openclaw.model", "agent", "writer", "model", "litelm/glm5"); !near(err, "litellm/glm-5") {
		t.Error(err)
	}
	if _, _, err := d.Ask("openclaw.model", "agent", "writer", "model", "litellm/claude-haiku"); ops.KindOf(err) != ops.Invalid || !strings.Contains(err.Error(), "already") {
		t.Error(err)
	}
	d.claw.Spoil("Unrecognized key: \"modle\"")
	if r := d.Do("openclaw.model", "agent", "writer", "model", "litellm/glm-5"); r.State != ops.Broke || !strings.Contains(opstest.How(r), "not valid") || len(d.claw.Calls()) != 0 {
		t.Error(opstest.How(r), d.claw.Calls())
	}
	d.claw.Spoil("")
	d.claw.Mute(true)
	if r := d.Do("openclaw.model", "agent", "writer", "model", "litellm/glm-5"); r.State != ops.Broke || !strings.Contains(opstest.How(r), "mute") || modelOf(t, d.System, "writer") != "litellm/claude-haiku" {
		t.Error("a channel that is not loaded afterwards puts it back: ", opstest.How(r))
	}
	if err := d.deploy(t.Context(), []string{"rm", "-rf", "/"}); ops.KindOf(err) != ops.Failed {
		t.Error(err)
	}
}

func TestDeployOnlyWhatIsListed(t *testing.T) {
	d := newDeployed(t, true, func(*Options) {})
	for _, argv := range [][]string{nil, {"make"}, {"make", "deploy", "x"}, {"make", "PROFILE=x"}, {"sh", "-c", "id"}} {
		if err := d.deploy(t.Context(), argv); ops.KindOf(err) != ops.Failed || len(d.ran) != 0 {
			t.Errorf("%q: %v %v", argv, err, d.ran)
		}
	}
	if err := d.deploy(t.Context(), []string{"make", "PROFILE=eco"}); err != nil {
		t.Error(err)
	}
}
