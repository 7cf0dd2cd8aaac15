// Package grafanatest is a stand-in for a Grafana server: the part of its HTTP API that Vigie uses, in the words of version 12. It
// is strict about methods, paths, accounts and permissions, shuts an account out after five wrong passwords as Grafana does, and
// runs without a network too.
package grafanatest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"
)

// A Server is a Grafana with one service account's token and one user.
type Server struct {
	Token, User, Password string
	Viewer                bool                         // the account may not list datasources
	Behind                map[string]http.RoundTripper // what its datasources' addresses lead to, by uid: for its proxy

	mu      sync.Mutex // guards all below
	version string
	sources []*Source
	rules   []*Rule
	state   string // what is wrong with it: "", "down", "starting", "failing"
	wrong   []time.Time
	asked   int // requests with a password or token
}

// A Source is a datasource. Says is what is wrong with it, "" is nothing; "hangs" never answers, "dumb" has no health check.
type Source struct{ UID, Name, Type, Says string }

// A Rule is an alert rule. Instances are its alerts; none is an inactive rule that nothing was found for.
type Rule struct {
	UID, Name, Severity, Summary string
	State                        string // "firing", "pending", "inactive", "nodata", "error", "nodata-alerting", "nodata-ok"
	Error, Source                string
	Since                        time.Duration // how long it is so
	Paused, Silenced             bool
}

// New is a Grafana 12.4.3 without datasources and rules.
func New() *Server {
	return &Server{Token: "glsa_token-of-the-tests", User: "admin", Password: "password-of-the-tests", version: "12.4.3"}
}

// Client reaches the server without a network, so also inside a synctest bubble.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s} }

// RoundTrip answers r.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	state := s.state
	s.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if state == "down" {
		return nil, fmt.Errorf("dial tcp: connection refused")
	}
	if uid, rest, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/datasources/uid/"), "/"); ok && rest == "health" && s.says(uid) == "hangs" {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec.Result(), nil
}

func (s *Server) says(uid string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.sources {
		if d.UID == uid {
			return d.Says
		}
	}
	return ""
}

// Put adds datasources, or changes those of the same uid.
func (s *Server) Put(list ...Source) {
	s.mu.Lock()
	defer s.mu.Unlock()
next:
	for _, d := range list {
		for _, old := range s.sources {
			if old.UID == d.UID {
				*old = d
				continue next
			}
		}
		s.sources = append(s.sources, &d)
	}
}

// Rule adds rules, or changes those of the same uid.
func (s *Server) Rule(list ...Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
next:
	for _, d := range list {
		for _, old := range s.rules {
			if old.UID == d.UID {
				*old = d
				continue next
			}
		}
		s.rules = append(s.rules, &d)
	}
}

// Break sets what is wrong with the server itself: "down", "starting", "failing"; "" is nothing.
func (s *Server) Break(how string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = how
}

// Desync changes the password and the token in its database, as if somebody had.
func (s *Server) Desync() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Password, s.Token = "another-password", "glsa_another-token"
}

// Asked is how many requests came with a password or token.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// ServeHTTP answers r.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state == "starting":
		http.Error(w, "no healthy upstream", http.StatusServiceUnavailable)
	case r.Method != http.MethodGet:
		say(w, 405, map[string]any{"message": "Method Not Allowed", "messageId": "", "statusCode": 405, "traceID": ""})
	case r.URL.Path == "/api/health":
		if r.Header.Get("Authorization") != "" {
			say(w, 418, map[string]any{"message": "grafanatest: health is asked without a password"})
			return
		}
		if s.state == "failing" {
			say(w, 503, map[string]any{"database": "failing", "version": s.version, "commit": "abc"})
			return
		}
		say(w, 200, map[string]any{"database": "ok", "version": s.version, "commit": "abc"})
	case s.known(w, r):
		s.api(w, r)
	}
}

// known lets an account in, or says why not.
func (s *Server) known(w http.ResponseWriter, r *http.Request) bool {
	refuse := func(message, id string) bool {
		say(w, 401, map[string]any{"message": message, "messageId": id, "statusCode": 401, "traceID": ""})
		return false
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		s.asked++
		if token == s.Token {
			return true
		}
		return refuse("Invalid API key", "api-key.invalid")
	}
	user, password, ok := r.BasicAuth()
	if !ok {
		return refuse("Unauthorized", "auth.unauthorized")
	}
	s.asked++
	recent := s.wrong[:0]
	for _, at := range s.wrong {
		if time.Since(at) < 5*time.Minute {
			recent = append(recent, at)
		}
	}
	s.wrong = recent
	if len(s.wrong) >= 5 {
		return refuse("Invalid username or password", "login-attempt.blocked")
	}
	if user != s.User || password != s.Password {
		s.wrong = append(s.wrong, time.Now())
		return refuse("Invalid username or password", "password-auth.failed")
	}
	return true
}

func (s *Server) api(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case path == "/api/datasources":
		s.list(w)
	case path == "/api/prometheus/grafana/api/v1/rules":
		s.evaluated(w)
	case path == "/api/alertmanager/grafana/api/v2/alerts":
		s.alerts(w)
	case strings.HasPrefix(path, "/api/datasources/proxy/uid/"):
		s.proxy(w, r, strings.TrimPrefix(path, "/api/datasources/proxy/uid/"))
	case strings.HasPrefix(path, "/api/datasources/uid/") && strings.HasSuffix(path, "/health"):
		s.health(w, strings.TrimSuffix(strings.TrimPrefix(path, "/api/datasources/uid/"), "/health"))
	default:
		say(w, 404, map[string]any{"message": "Not found", "messageId": "", "statusCode": 404, "traceID": ""})
	}
}

func say(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // to a recorder, or to who has gone
}
