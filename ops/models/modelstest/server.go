// Package modelstest is a stand-in for a LiteLLM proxy 1.83, as strict as the real one, for tests: what both can do they do alike.
package modelstest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Master is the key that may do everything.
const Master = "sk-master-key-of-tests"

// A Model is one deployment. Fails, if it is set, is what its calls answer with.
type Model struct {
	Alias, Leads, ID, Mode, Tier, Env string
	In, Out                           float64 // USD a token; both 0: free, or unknown; LiteLLM says 0 for both
	InDB                              bool
	Fails                             *Failure
}

// A Failure is an answer that is no success.
type Failure struct {
	Code          int
	Type, Message string
}

// A Key is a virtual key.
type Key struct {
	Hash, Alias string
	Spend, Most float64
	Blocked     bool
}

// A Teller is told what no client may do: a test, which then fails, or the demo's log.
type Teller interface {
	Error(args ...any)
	Errorf(format string, args ...any)
}

// A Server is the stand-in.
type Server struct {
	*httptest.Server
	t Teller

	mu     sync.Mutex // guards what follows
	DB     bool       // it has a database, and STORE_MODEL_IN_DB
	Models []Model
	Keys   []Key
	Added  *Failure // how calls to models that are added here fail
	Hidden bool     // /v1/models does not list what was added
	Deaf   bool     // it takes a block and does nothing
	asked  []string
}

// Start starts one with the models of [Sample] and no database. It fails the test if anybody asks for /health.
func Start(t *testing.T) *Server {
	s := New(t)
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// New is one that only [Server.Direct] reaches, without a network.
func New(t Teller) *Server { return &Server{t: t, Models: Sample()} }

// Direct is a client whose requests go to the server without a network.
func (s *Server) Direct() *http.Client { return &http.Client{Transport: direct{s}} }

type direct struct{ *Server }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// Sample are two models of a config.yaml: one that answers and one whose provider says that it is too much.
func Sample() []Model {
	return []Model{
		{Alias: "glm-5", Leads: "openai/glm-5", ID: "1", In: 1e-6, Out: 3e-6, Tier: "eco"},
		{Alias: "broken", Leads: "openai/broken", ID: "2", Fails: &Failure{429, "throttling_error", "litellm.RateLimitError: this is a mock rate limit error"}},
	}
}

// Change changes the server's state while nobody asks it.
func (s *Server) Change(do func(*Server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(s)
}

// Asked is every request so far, as «POST /model/new».
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	if r.URL.Path == "/health" || r.URL.Path == "/health/" {
		s.t.Error("/health was asked for: it pays for a call to every model")
	}
	if r.URL.Path == "/health/readiness" {
		say(w, 200, map[string]any{"status": "healthy", "db": map[bool]string{true: "connected", false: "Not connected"}[s.DB], "litellm_version": "1.83.3"})
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+Master {
		refuse(w, Failure{401, "auth_error", "Authentication Error, Invalid proxy server token passed"})
		return
	}
	handler, known := map[string]func(http.ResponseWriter, *http.Request){
		"GET /v1/models": s.list, "GET /model/info": s.info, "POST /v1/chat/completions": s.chat, "POST /v1/embeddings": s.chat,
		"POST /model/new": s.add, "POST /model/delete": s.drop, "GET /key/list": s.keyList, "GET /key/info": s.keyInfo, "POST /key/block": s.turn, "POST /key/unblock": s.turn,
	}[r.Method+" "+r.URL.Path]
	if !known {
		s.t.Errorf("%s %s: LiteLLM has no such path", r.Method, r.URL.Path)
		say(w, 404, map[string]string{"detail": "Not Found"})
		return
	}
	handler(w, r)
}

func say(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // who asked may be gone
}

func refuse(w http.ResponseWriter, f Failure) {
	say(w, f.Code, map[string]any{"error": map[string]any{"message": f.Message, "type": f.Type, "param": "None", "code": fmt.Sprint(f.Code)}})
}

var noDB = Failure{500, "auth_error", "{'error': \"No DB Connected. Here's how to do it - https://docs.litellm.ai/docs/proxy/virtual_keys\"}"}

func (s *Server) list(w http.ResponseWriter, _ *http.Request) {
	data := []any{}
	for _, m := range s.Models {
		if !s.Hidden || !m.InDB {
			data = append(data, map[string]any{"id": m.Alias, "object": "model", "created": 1677610602, "owned_by": "openai"})
		}
	}
	say(w, 200, map[string]any{"data": data, "object": "list"})
}

func (s *Server) info(w http.ResponseWriter, _ *http.Request) {
	data := []any{}
	for _, m := range s.Models {
		about := map[string]any{"id": m.ID, "db_model": m.InDB, "mode": nil, "input_cost_per_token": m.In, "output_cost_per_token": m.Out, "metadata": map[string]string{"tier": m.Tier}}
		if m.Mode != "" {
			about["mode"] = m.Mode
		}
		data = append(data, map[string]any{"model_name": m.Alias, "litellm_params": map[string]any{"model": m.Leads}, "model_info": about})
	}
	say(w, 200, map[string]any{"data": data})
}

func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if json.NewDecoder(r.Body).Decode(&body) != nil || body["disable_fallbacks"] != true || fmt.Sprint(body["cache"]) != "map[no-cache:true no-store:true]" {
		s.t.Errorf("a call that the cache or a fallback may answer: %v", body)
	}
	embeds := strings.HasSuffix(r.URL.Path, "embeddings")
	if max, _ := body["max_tokens"].(float64); !embeds && (max < 1 || max > 16) {
		s.t.Errorf("a call with max_tokens %v", body["max_tokens"])
	}
	i := slices.IndexFunc(s.Models, func(m Model) bool { return m.Alias == body["model"] })
	if i < 0 {
		refuse(w, Failure{400, "None", fmt.Sprintf("{'error': '/chat/completions: Invalid model name passed in model=%v. Call `/v1/models` to view available models for your key.'}", body["model"])})
		return
	}
	m := s.Models[i]
	if m.Fails != nil {
		refuse(w, *m.Fails)
		return
	}
	w.Header().Set("X-Litellm-Attempted-Fallbacks", "0")
	w.Header().Set("X-Litellm-Response-Cost", fmt.Sprint(10*m.In+20*m.Out))
	answer := map[string]any{"object": "chat.completion", "model": m.Alias, "usage": map[string]int{"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}}
	if embeds {
		answer["data"] = []any{map[string]any{"object": "embedding", "index": 0, "embedding": []float64{0.1}}}
	} else {
		answer["choices"] = []any{map[string]any{"finish_reason": "stop", "index": 0, "message": map[string]string{"role": "assistant", "content": "OK"}}}
	}
	say(w, 200, answer)
}

func (s *Server) add(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Name   string                         `json:"model_name"`
		Params struct{ Model, APIKey string } `json:"litellm_params"`
		Info   struct{ ID string }            `json:"model_info"`
	}
	raw := map[string]json.RawMessage{}
	if json.NewDecoder(r.Body).Decode(&raw) != nil || !slices.Equal(slices.Sorted(maps.Keys(raw)), []string{"litellm_params", "model_info", "model_name"}) {
		s.t.Errorf("/model/new with %v", slices.Sorted(maps.Keys(raw)))
	}
	var params map[string]string
	if json.Unmarshal(raw["model_name"], &body.Name) != nil || json.Unmarshal(raw["model_info"], &body.Info) != nil || json.Unmarshal(raw["litellm_params"], &params) != nil || params["model"] == "" {
		s.t.Errorf("/model/new with %s", raw)
	}
	if !s.DB {
		refuse(w, noDB)
		return
	}
	s.Models = append(s.Models, Model{Alias: body.Name, Leads: params["model"], ID: body.Info.ID, Env: params["api_key"], InDB: true, Fails: s.Added})
	say(w, 200, map[string]string{"model_id": body.Info.ID, "model_name": body.Name})
}

func (s *Server) drop(w http.ResponseWriter, r *http.Request) {
	var body struct{ ID string }
	_ = json.NewDecoder(r.Body).Decode(&body) // an empty id is found below
	i := slices.IndexFunc(s.Models, func(m Model) bool { return m.ID == body.ID && m.InDB })
	switch {
	case !s.DB:
		refuse(w, noDB)
	case i < 0:
		refuse(w, Failure{400, "auth_error", fmt.Sprintf("{'error': 'Model with id=%s not found in db'}", body.ID)})
	default:
		s.Models = slices.Delete(s.Models, i, i+1)
		say(w, 200, map[string]string{"message": "Model: " + body.ID + " deleted successfully"})
	}
}
