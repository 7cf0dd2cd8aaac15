// Package n8ntest is a stand-in for an n8n server: the part of its public API that Vigie uses, in the words of 2.30, and its
// webhooks. It is strict about keys and methods, runs without a network too, and passes the tests that a real n8n passes.
package n8ntest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Server is an n8n.
type Server struct {
	Key string

	mu         sync.Mutex // guards all below
	workflows  []*Workflow
	executions []*execution
	deaf       bool // its webhooks are not registered
	unready    bool
	down       bool
	calls      []string
}

// A Workflow takes a POST at Path and then comes to a node that fails with Error, or that works if there is none.
type Workflow struct {
	ID, Name, Path, Node, Error string
	Handler                     string // the id of its error workflow
	Active                      bool
	Saved, Live                 int // versions; Live is 0 where it is off
	updated                     time.Time
}

type execution struct {
	id, retryOf, retried int
	workflow             *Workflow
	status, node, why    string
	at                   time.Time
}

// New is a server with no workflow.
func New() *Server { return &Server{Key: "n8n-key-of-the-tests"} }

// Client reaches the server without a network, so also inside a synctest bubble.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s} }

// RoundTrip answers r.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if s.down {
		return nil, fmt.Errorf("dial tcp: connection refused")
	}
	rec := httptest.NewRecorder()
	s.answer(rec, r)
	return rec.Result(), nil
}

// Calls are what was asked of the server that changes something.
func (s *Server) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.calls...)
}

// Add adds a workflow that is off, and returns its id.
func (s *Server) Add(w Workflow) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.ID, w.Saved, w.updated = fmt.Sprintf("wf%014d", len(s.workflows)+1), 1, time.Now()
	if w.Active {
		w.Live = 1
	}
	s.workflows = append(s.workflows, &w)
	return w.ID
}

// Edit saves a new version of a workflow, which fails with what, or works if that is empty.
func (s *Server) Edit(id, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.find(id)
	w.Error, w.Saved, w.updated = what, w.Saved+1, time.Now()
}

// Break sets what is wrong with the server: "deaf", "unready", "down"; "" is nothing.
func (s *Server) Break(how string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf, s.unready, s.down = how == "deaf", how == "unready", how == "down"
}

func (s *Server) find(id string) *Workflow {
	for _, w := range s.workflows {
		if w.ID == id {
			return w
		}
	}
	return nil
}

// run adds an execution of w.
func (s *Server) run(w *Workflow, retryOf int) *execution {
	e := &execution{id: len(s.executions) + 1, retryOf: retryOf, workflow: w, status: "success", at: time.Now()}
	if w.Error != "" {
		e.status, e.node, e.why = "error", w.Node, w.Error
	}
	s.executions = append(s.executions, e)
	return e
}

func (s *Server) answer(rec http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case path == "/healthz/readiness" && s.unready:
		say(rec, 503, map[string]string{"status": "error"})
	case path == "/healthz/readiness":
		say(rec, 200, map[string]string{"status": "ok"})
	case strings.HasPrefix(path, "/webhook/"):
		s.webhook(rec, r, strings.TrimPrefix(path, "/webhook/"))
	case r.Header.Get("X-N8N-API-KEY") != s.Key:
		say(rec, 401, map[string]string{"message": "unauthorized"})
	default:
		s.api(rec, r, strings.Split(strings.TrimPrefix(path, "/api/v1/"), "/"))
	}
}

func (s *Server) webhook(rec http.ResponseWriter, r *http.Request, path string) {
	for _, w := range s.workflows {
		switch {
		case w.Path != path || !w.Active || s.deaf:
		case r.Method == http.MethodPost:
			s.run(w, 0)
			say(rec, 200, map[string]string{"message": "Workflow was started"})
			return
		default:
			say(rec, 404, map[string]any{"code": 404, "message": "This webhook is not registered for " + r.Method + " requests. Did you mean to make a POST request?", "stacktrace": "ResponseError: …"})
			return
		}
	}
	say(rec, 404, map[string]any{"code": 404, "message": fmt.Sprintf("The requested webhook %q is not registered.", r.Method+" "+path), "stacktrace": "ResponseError: …"})
}

func (s *Server) api(rec http.ResponseWriter, r *http.Request, at []string) {
	what := r.Method + " " + at[0]
	if len(at) == 3 {
		what += " " + at[2]
	} else if len(at) == 2 {
		what += " one"
	}
	if r.Method != http.MethodGet {
		s.calls = append(s.calls, "n8n: "+strings.Join(at, " "))
	}
	switch what {
	case "GET workflows":
		list := []any{}
		for _, w := range s.workflows {
			list = append(list, w.json())
		}
		say(rec, 200, map[string]any{"data": list, "nextCursor": nil})
	case "GET executions":
		list := []any{}
		for i := len(s.executions) - 1; i >= 0; i-- {
			if e := s.executions[i]; r.FormValue("status") == "" || e.status == r.FormValue("status") {
				list = append(list, e.json(false))
			}
		}
		say(rec, 200, map[string]any{"data": list, "nextCursor": nil})
	case "POST workflows activate", "POST workflows deactivate":
		s.turn(rec, r, at)
	case "GET executions one", "POST executions retry":
		s.execution(rec, r, at)
	default:
		say(rec, 404, map[string]string{"message": "not found"})
	}
}

func (s *Server) turn(rec http.ResponseWriter, r *http.Request, at []string) {
	w := s.find(at[1])
	if w == nil {
		say(rec, 403, map[string]string{"message": "You do not have permission to activate this workflow. Ask the owner to share it with you."})
		return
	}
	var body struct {
		Version string `json:"versionId"`
	}
	_ = json.NewDecoder(r.Body).Decode(&body) // it may be empty
	if w.Active = at[2] == "activate"; w.Active {
		w.Live = w.Saved
		if n, err := strconv.Atoi(strings.TrimPrefix(body.Version, "v-")); err == nil {
			w.Live = n
		}
	} else {
		w.Live = 0
	}
	say(rec, 200, w.json())
}

func (s *Server) execution(rec http.ResponseWriter, r *http.Request, at []string) {
	n, err := strconv.Atoi(at[1])
	if err != nil || n < 1 || n > len(s.executions) {
		say(rec, 404, map[string]string{"message": fmt.Sprintf("The execution with the ID %q does not exist.", at[1])})
		return
	}
	e := s.executions[n-1]
	if r.Method == http.MethodGet {
		say(rec, 200, e.json(r.FormValue("includeData") == "true"))
		return
	}
	var body struct {
		Latest bool `json:"loadWorkflow"`
	}
	_ = json.NewDecoder(r.Body).Decode(&body) // it may be empty
	then := *e.workflow
	if !body.Latest {
		then.Error = e.why // as it was then
	}
	next := s.run(&then, e.id)
	next.workflow = e.workflow
	if next.status == "success" {
		e.retried = next.id
	}
	say(rec, 200, next.json(true))
}

func (w *Workflow) json() map[string]any {
	nodes := []any{map[string]any{"type": "n8n-nodes-base.webhook", "parameters": map[string]any{"path": w.Path, "httpMethod": "POST"}}}
	if w.Path == "" {
		nodes = []any{}
	}
	m := map[string]any{"id": w.ID, "name": w.Name, "active": w.Active, "isArchived": false, "updatedAt": w.updated.UTC(), "versionId": fmt.Sprintf("v-%d", w.Saved),
		"activeVersionId": nil, "activeVersion": nil, "settings": map[string]any{}, "nodes": nodes}
	if w.Handler != "" {
		m["settings"] = map[string]any{"errorWorkflow": w.Handler}
	}
	if w.Live > 0 {
		m["activeVersionId"], m["activeVersion"] = fmt.Sprintf("v-%d", w.Live), map[string]any{"nodes": nodes}
	}
	return m
}

func (e *execution) json(data bool) map[string]any {
	orNil := func(n int) any {
		if n == 0 {
			return nil
		}
		return strconv.Itoa(n)
	}
	m := map[string]any{"id": strconv.Itoa(e.id), "finished": e.status == "success", "mode": "webhook", "status": e.status, "startedAt": e.at.UTC(), "stoppedAt": e.at.Add(40 * time.Millisecond).UTC(),
		"workflowId": e.workflow.ID, "retryOf": orNil(e.retryOf), "retrySuccessId": orNil(e.retried)}
	if data {
		result := map[string]any{"runData": map[string]any{"Webhook": []any{map[string]any{"body": "the users' own data"}}}, "lastNodeExecuted": e.node}
		if e.why != "" {
			result["error"] = map[string]any{"message": e.why, "node": map[string]string{"name": e.node}, "stack": "NodeOperationError: …"}
		}
		m["data"] = map[string]any{"resultData": result}
	}
	return m
}

func say(rec http.ResponseWriter, code int, v any) {
	rec.Header().Set("Content-Type", "application/json")
	rec.WriteHeader(code)
	_ = json.NewEncoder(rec).Encode(v) // into memory
}

// ServeHTTP answers r on a network.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer(w, r)
}
