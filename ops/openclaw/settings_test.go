package openclaw

import (
	"encoding/json"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/openclaw/openclawtest"
)

// settingsSuite is what holds of the settings of every OpenClaw, the real programs and the stand-in: a model is set and put back by the
// program alone, and what else stood there stays. No gateway runs.
func settingsSuite(t *testing.T, p place, live bool) {
	s, err := New(Options{Container: p.container()})
	if err != nil {
		t.Fatal(err)
	}
	p.configured(map[string]string{"concierge": `{"primary":"litellm/glm-5","fallbacks":["litellm/claude-haiku"]}`, "bare": ""})
	for id, raw := range map[string]string{"concierge": `{"primary":"litellm/glm-5","fallbacks":["litellm/claude-haiku"]}`, "bare": ""} {
		at, err := s.settingOf(t.Context(), id)
		if err != nil || !at.known || at.Live != live || !sameJSON(string(at.Raw), raw) {
			t.Fatalf("%s: %+v %s %v", id, at, at.Raw, err)
		}
		if err := s.setModel(t.Context(), settingArgs{Agent: id, Model: "litellm/claude-haiku", Raw: raw, Restarts: !live}); err != nil {
			t.Fatal(id, err)
		}
		if got := modelOf(t, s, id); got != "litellm/claude-haiku" {
			t.Errorf("%s has %s", id, got)
		}
		if err := s.setModel(t.Context(), settingArgs{Agent: id, Model: "litellm/glm-5", Raw: raw, Restarts: !live}); ops.KindOf(err) != ops.Failed || !strings.Contains(err.Error(), "changed meanwhile") {
			t.Errorf("what was changed meanwhile is not written over: %v", err)
		}
		if err := s.putBackModel(t.Context(), settingArgs{Agent: id, Raw: raw}); err != nil {
			t.Fatal(id, err)
		}
		if at, err = s.settingOf(t.Context(), id); err != nil || !sameJSON(string(at.Raw), raw) {
			t.Errorf("%s was put back as %s: %v", id, at.Raw, err)
		}
	}
	if at, err := s.settingOf(t.Context(), "nobody"); err != nil || at.known || at.Live != live {
		t.Errorf("%+v %v", at, err)
	}
}

func modelOf(t *testing.T, s *System, id string) string {
	t.Helper()
	list, err := s.agents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if a.ID == id {
			return a.Model
		}
	}
	return "no such agent"
}

func (s standIn) configured(agents map[string]string) {
	for id, raw := range agents {
		s.AddAgent(id, "", "")
		if raw == "" {
			continue
		}
		var v any
		if err := json.Unmarshal([]byte(raw), &v); err != nil {
			panic(err) // the test's own mistake
		}
		s.Configure(id, v)
	}
}

func TestStandInSettings(t *testing.T) {
	for name, old := range map[string]bool{"2026.5": true, "2026.9": false} {
		t.Run(name, func(t *testing.T) {
			p := openclawtest.New()
			p.Old = old
			p.Down(true)
			settingsSuite(t, standIn{p}, !old)
		})
	}
}
