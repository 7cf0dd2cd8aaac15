// Package lokitest is a stand-in for a Loki server: the part of its HTTP API that Vigie asks, with the small part of LogQL that its
// tests, transcripts and demo use, in the words of version 3.7. What it does not know of LogQL it refuses loudly. It is strict about
// methods, paths, parameters, tenants and passwords, and runs without a network too. What it answers was held against a real one:
// see testdata.
package lokitest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Server is a Loki. Its zero value lets anybody in and has no lines.
type Server struct {
	Tenant         string // wants this X-Scope-OrgID; empty: none
	User, Password string // what stands before it wants these; empty: nobody is asked. Without a User, Password is a bearer token
	MostEntries    int    // max_entries_limit_per_query; 0: 5000
	MostSeries     int    // max_query_series; 0: 500

	mu      sync.Mutex // guards all below
	streams []*stream
	state   string
	asked   []string
}

// A stream is what came with one set of labels. Loki itself adds service_name; what it takes for a line's level is a label of its
// answers only, and nothing can be selected by it.
type stream struct {
	labels  map[string]string
	entries []entry // by time
}

type entry struct {
	at   time.Time
	text string
}

// level is what Loki takes for a line's: a word that stands in it.
func (e entry) level() string {
	for _, l := range []string{"fatal", "error", "warn", "info", "debug"} {
		if strings.Contains(strings.ToLower(e.text), l) {
			return l
		}
	}
	return "unknown"
}

// Client reaches the server without a network, so also inside a synctest bubble.
func (s *Server) Client() *http.Client { return &http.Client{Transport: s} }

// RoundTrip answers r.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	state := s.state
	s.mu.Unlock()
	switch {
	case state == "down":
		return nil, fmt.Errorf("dial tcp: connection refused")
	case state == "starting" && r.URL.Path != "/ready": // it takes the question, and nobody is there to answer it
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// Push adds a line to the stream of labels, as it was written at a time.
func (s *Server) Push(labels map[string]string, at time.Time, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	labels = maps.Clone(labels)
	for _, from := range []string{"service", "app", "container", "job"} { // of many more, in the order in which it looks
		if labels["service_name"] == "" {
			labels["service_name"] = labels[from]
		}
	}
	i := slices.IndexFunc(s.streams, func(o *stream) bool { return same(o.labels, labels) })
	if i < 0 {
		s.streams, i = append(s.streams, &stream{labels: labels}), len(s.streams)
	}
	one := s.streams[i]
	one.entries = append(one.entries, entry{at, text})
	slices.SortStableFunc(one.entries, func(a, b entry) int { return a.at.Compare(b.at) })
}

func same(a, b map[string]string) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return len(a) == len(b)
}

// Break sets what is wrong with the server: "down", "busy", "slow"; "starting" (it is not ready, and does not answer), "blank" (it
// is not ready, and answers as if it had nothing), "unringed" (it is not ready, and fails); "" is nothing.
func (s *Server) Break(how string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = how
}

// Asked are the queries that were asked, in order.
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// ServeHTTP answers r. All errors are plain text.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Method != http.MethodGet:
		http.Error(w, "lokitest: only GET is asked of it", http.StatusMethodNotAllowed)
	case !s.lets(r):
		w.Header().Set("WWW-Authenticate", `Basic realm="loki"`)
		http.Error(w, "401 Unauthorized", http.StatusUnauthorized)
	case r.URL.Path == "/ready" && (s.state == "starting" || s.state == "unringed" || s.state == "blank"):
		http.Error(w, "Ingester not ready: waiting for 15s after being ready", http.StatusServiceUnavailable)
	case r.URL.Path == "/ready":
		fmt.Fprintln(w, "ready")
	case s.Tenant != "" && r.Header.Get("X-Scope-OrgID") == "":
		fail(w, http.StatusUnauthorized, "no org id\n")
	case s.Tenant != "" && r.Header.Get("X-Scope-OrgID") != s.Tenant: // another tenant has nothing
		(&Server{}).api(w, r)
	case s.state == "unringed":
		fail(w, http.StatusInternalServerError, "empty ring\n")
	case s.state == "busy":
		fail(w, http.StatusTooManyRequests, "too many outstanding requests")
	case s.state == "slow":
		fail(w, http.StatusGatewayTimeout, "request timed out, decrease the duration of the request or add more label matchers (prefer exact match over regex match) to reduce the amount of data processed")
	case s.state == "blank":
		(&Server{}).api(w, r)
	default:
		s.api(w, r)
	}
}

func (s *Server) lets(r *http.Request) bool {
	if s.Password == "" {
		return true
	}
	user, password, ok := r.BasicAuth()
	if s.User == "" {
		return r.Header.Get("Authorization") == "Bearer "+s.Password
	}
	return ok && user == s.User && password == s.Password
}

func (s *Server) api(w http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, "/loki/api/v1/")
	if !ok {
		http.NotFound(w, r)
		return
	}
	q := r.URL.Query()
	if query := q.Get("query"); query != "" {
		s.asked = append(s.asked, query)
	}
	label, isValues := strings.CutSuffix(strings.TrimPrefix(path, "label/"), "/values")
	switch {
	case path == "query_range":
		s.queryRange(w, q)
	case path == "query":
		s.query(w, q)
	case path == "labels":
		s.names(w, q, "")
	case strings.HasPrefix(path, "label/") && isValues:
		s.names(w, q, label)
	default:
		http.NotFound(w, r)
	}
}

func fail(w http.ResponseWriter, code int, words string) {
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	w.WriteHeader(code)
	fmt.Fprint(w, words)
}

func say(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(v) // to a recorder, or to who has gone
}
