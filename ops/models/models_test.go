package models

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/models/modelstest"
	"vigie/ops/opstest"
)

func withDB(t *testing.T) (*modelstest.Server, *world) {
	s := modelstest.Start(t)
	s.Change(func(s *modelstest.Server) {
		s.DB = true
		for i, alias := range []string{"n8n-agents", "", "twin", "twin"} {
			s.Keys = append(s.Keys, modelstest.Key{Hash: strings.Repeat(fmt.Sprint(i+1), 64), Alias: alias, Spend: float64(4 - i), Most: 3})
		}
		s.Keys = append(s.Keys, modelstest.Key{Hash: "sk-plain-key-that-leaked", Alias: "odd"})
	})
	return s, newWorld(t, s.URL)
}

func TestAdd(t *testing.T) {
	s, w := withDB(t)
	add := []string{"alias", "kimi", "model", "openrouter/moonshot/kimi", "key", "OPENROUTER_API_KEY"}
	plan, end := w.do("models.add", add...)
	opstest.Holds(t, end, "done", "answered in")
	if plan.UndoFor == 0 || len(plan.Steps) != 3 || plan.Steps[0].Undo == nil {
		t.Errorf("the plan is %+v", plan)
	}
	s.Change(func(s *modelstest.Server) {
		if m := s.Models[len(s.Models)-1]; m.Alias != "kimi" || m.Env != "os.environ/OPENROUTER_API_KEY" {
			t.Errorf("it has %+v", m)
		}
	})
	_, end = w.do("models.add", add...)
	opstest.Holds(t, end, "is there already")
}

// What does not answer, or is not seen, is taken out again.
func TestAddThatDoesNotWork(t *testing.T) {
	for what, change := range map[string]func(*modelstest.Server){
		"AuthenticationError": func(s *modelstest.Server) {
			s.Added = &modelstest.Failure{Code: 401, Type: "None", Message: "litellm.AuthenticationError: no key"}
		},
		"does not list it": func(s *modelstest.Server) { s.Hidden = true },
	} {
		s, w := withDB(t)
		s.Change(change)
		_, end := w.do("models.add", "alias", "kimi", "model", "openrouter/moonshot/kimi")
		opstest.Holds(t, end, what)
		s.Change(func(s *modelstest.Server) {
			if slices.ContainsFunc(s.Models, func(m modelstest.Model) bool { return m.Alias == "kimi" }) {
				t.Errorf("%s: it is still there (%s)", what, end)
			}
		})
	}
}

// A key that somebody types in place of its variable's name goes nowhere.
func TestAddRefusesAKey(t *testing.T) {
	s, w := withDB(t)
	_, end := w.do("models.add", "alias", "x", "model", "openai/x", "key", "sk-live-1234567890")
	opstest.Holds(t, end, "never the key itself")
	if strings.Contains(end, "1234567890") || slices.Contains(s.Asked(), "POST /model/new") {
		t.Errorf("%s; asked %v", end, s.Asked())
	}
}

func TestKeys(t *testing.T) {
	s, w := withDB(t)
	got := w.look("models.keys")
	opstest.Holds(t, got, "4 keys spent 10.00 $ · 2 over budget · 0 blocked", "n8n-agents | 4.00 $ | / 3.00 $ 1d", "22222222 | 3.00 $")
	if strings.Contains(got, "leaked") || strings.Contains(got, strings.Repeat("2", 9)) {
		t.Errorf("it shows a key: %s", got)
	}
	_, end := w.do("models.block", "key", "n8n-agents")
	opstest.Holds(t, end, "done")
	opstest.Holds(t, w.look("models.keys"), "1 blocked")
	_, end = w.do("models.block", "key", "n8n-agents")
	opstest.Holds(t, end, "blocked already")
	_, end = w.do("models.unblock", "key", "n8n-agents")
	opstest.Holds(t, end, "done")
	_, end = w.do("models.block", "key", "twin")
	opstest.Holds(t, end, "several keys")
	s.Change(func(s *modelstest.Server) { s.Deaf = true })
	_, end = w.do("models.block", "key", "n8n-agents")
	opstest.Holds(t, end, "is as it was")
}

// The key that Vigie comes with is never blocked. 64 hex digits: LiteLLM's own SHA-256 of it.
func TestOwnKey(t *testing.T) {
	s, w := withDB(t)
	s.Change(func(s *modelstest.Server) {
		s.Keys = append(s.Keys, modelstest.Key{Hash: ownHash, Alias: "vigie"})
	})
	_, end := w.do("models.block", "key", "vigie")
	opstest.Holds(t, end, "I come with")
}

const ownHash = "be4c63ed448867807b88a50e9ceb1b55c01bc2b11c3dd2bf9efef6e2c80c2b09"

func TestUnproved(t *testing.T) {
	for want, f := range map[string]modelstest.Failure{
		"budget of LiteLLM's is used up":      {Code: 400, Type: "budget_exceeded", Message: "Budget has been exceeded!"},
		"crossed budget":                      {Code: 429, Type: "None", Message: "No deployments available - crossed budget for provider"},
		"the provider wants to be paid":       {Code: 402, Type: "None", Message: "OpenrouterException"},
		"the provider refuses LiteLLM's key":  {Code: 401, Type: "None", Message: "litellm.AuthenticationError: OpenrouterException"},
		"no model of that name":               {Code: 404, Type: "None", Message: "litellm.NotFoundError"},
		"too many requests (429)":             {Code: 429, Type: "throttling_error", Message: "slow down"},
		"did not answer in time":              {Code: 408, Type: "None", Message: "litellm.Timeout"},
		"glm-5 does not answer (503). «gone»": {Code: 503, Type: "None", Message: "gone"},
	} {
		s := modelstest.Start(t)
		s.Change(func(s *modelstest.Server) { s.Models[0].Fails = &f })
		_, end := newWorld(t, s.URL).do("models.test", "model", "glm-5")
		opstest.Holds(t, end, want)
	}
}

func TestTestKinds(t *testing.T) {
	s := modelstest.Start(t)
	s.Change(func(s *modelstest.Server) {
		s.Models = append(s.Models, modelstest.Model{Alias: "embed", Leads: "openai/e", ID: "3", Mode: "embedding"}, modelstest.Model{Alias: "draw", Leads: "x/draw", ID: "4", Mode: "image_generation"})
	})
	w := newWorld(t, s.URL)
	plan, end := w.do("models.test", "model", "embed")
	opstest.Holds(t, end, "done")
	opstest.Holds(t, plan.Costs[0].En, "or knows no price")
	_, end = w.do("models.test", "model", "draw")
	opstest.Holds(t, end, "is for image_generation")
	_, end = w.do("models.test", "model", "nope")
	opstest.Holds(t, end, "has no model nope")
}

func TestCheck(t *testing.T) {
	s := modelstest.Start(t)
	file := filepath.Join(t.TempDir(), "config.yaml")
	w := newWorld(t, s.URL, func(o *Options) { o.ConfigFile = file })
	check := func(content string) string {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return w.look("models.list", "show", "check")
	}
	opstest.Holds(t, check("litellm_settings: {fallbacks: [{broken: [glm-5]}]}"), "🟢 1 fallback chain")
	opstest.Holds(t, check("litellm_settings: {fallbacks: [{broken: [glm-5, gone]}, {glm-5: [broken]}, {lost: [gone]}], provider_budget_config: {x: 1}}\ngeneral_settings: {max_budget: 5}"),
		"🔴 6 things to mend, in 3 fallback chains", "the fallback gone does not exist (of broken, lost)", "no fallback of lost exists", "lost has fallbacks and is no model", "in a circle: broken → glm-5 → broken",
		"provider_budget_config stands under litellm_settings", "max_budget stands under general_settings")
	if got := check("a: [sk-secret-in-yaml"); strings.Contains(got, "sk-secret") || !strings.Contains(got, "cannot be read") {
		t.Error(got)
	}
}

func FuzzSetup(f *testing.F) {
	f.Add([]byte("litellm_settings: {fallbacks: [{a: [b]}, {b: [a]}]}"))
	f.Add([]byte("router_settings: {default_fallbacks: [a], fallbacks: 3}"))
	f.Fuzz(func(_ *testing.T, content []byte) {
		if st, err := parseSetup(content); err == nil {
			st.faults([]deployment{{Alias: "a"}})
		}
	})
}

func TestCredits(t *testing.T) {
	body, code := `{"data":{"total_credits":20,"total_usage":5.5}}`, 200
	router := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer or-key-1" {
			t.Errorf("asked with %q", r.Header.Get("Authorization"))
		}
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}))
	defer router.Close()
	w := newWorld(t, modelstest.Start(t).URL, func(o *Options) { o.CreditsURL, o.CreditsKey = router.URL, opstest.Secret("or-key-1") })
	opstest.Holds(t, w.look("models.credits"), "🟢 openrouter: 14.50 $ left of 20.00 $")
	body = `{"data":{"total_credits":20,"total_usage":20.01}}`
	opstest.Holds(t, w.look("models.credits"), "🔴 openrouter has no credits left")
	body, code = `{"error":{"message":"bad or-key-1"}}`, 500
	if got := w.look("models.credits"); strings.Contains(got, "or-key-1") || !strings.Contains(got, "did not tell (500)") {
		t.Error(got)
	}
	code = 403
	opstest.Holds(t, w.look("models.credits"), "management key")
}

// Nothing that is said shows the key, also where the proxy quotes it.
func TestKeyIsNeverShown(t *testing.T) {
	s := modelstest.Start(t)
	s.Change(func(s *modelstest.Server) {
		s.Models[0].Fails = &modelstest.Failure{Code: 500, Type: "None", Message: "you sent " + modelstest.Master}
	})
	w := newWorld(t, s.URL)
	_, end := w.do("models.test", "model", "glm-5")
	wrong, err := New(Options{URL: "ftp://x", Key: opstest.Secret("a b-secret")})
	for _, text := range []string{end, w.String(), fmt.Sprintf("%v %+v %#v", w.System, w.System, w.System), fmt.Sprint(err), fmt.Sprintf("%#v", wrong)} {
		if strings.Contains(text, modelstest.Master) || strings.Contains(text, "b-secret") {
			t.Errorf("it shows the key: %s", text)
		}
	}
	s.Close()
	if got := w.look("models.list"); !strings.Contains(got, "nothing answers at") {
		t.Error(got)
	}
}

// Every op says something in both languages.
func TestWords(t *testing.T) {
	for _, op := range Bind(newWorld(t, modelstest.Start(t).URL).System).Ops {
		if op.Doc.En == "" || op.Doc.Fr == "" || len(op.Examples) == 0 || len(op.Phrases) == 0 || op.Theme != theme {
			t.Errorf("%s is not whole", op.Name)
		}
		if op.Risk == ops.Reads && op.Name != "models.list" && op.Name != "models.keys" && op.Name != "models.credits" {
			t.Errorf("%s only looks", op.Name)
		}
	}
}
