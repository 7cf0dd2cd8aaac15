// Package zerobytetest is a stand-in for a Zerobyte server: its API as its versions differ, and strict. It holds what a client
// does against what none of ours may do, and fails in the ways that the real one does. It runs without a network too.
package zerobytetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Version is a minor version of Zerobyte that behaves in a way of its own.
type Version int

const (
	V26 Version = 26 // sessions only; numbers in the paths of jobs; restores within the request; no tasks
	V41 Version = 41 // API keys; short ids; a run answers 200 whatever comes of it; restores are tasks
	V42 Version = 42 // a run is a task too: 202, or 409 if it runs already
)

// A Server is a Zerobyte. Set what it has with [Server.Change].
type Server struct {
	Version        Version
	Key            string // an API key that it takes, from 0.40 on
	User, Password string
	Limit          int // requests in five minutes; 1000 if 0

	mu       sync.Mutex // guards all below
	state    State
	sessions map[string]bool
	signIns  []time.Time
	window   time.Time // when the five minutes began that Limit counts in
	asked    int       // in them
	heard    []string
	wrong    []string
	number   int // of ids given out
}

// New is a server with the jobs, volumes and repositories of the stack's runbook, all fine: each job ran at three today.
func New(v Version) *Server {
	s := &Server{Version: v, Key: "zb_" + strings.Repeat("k", 40), User: "ann", Password: "correct-horse", sessions: map[string]bool{}}
	s.state = sample(time.Now())
	return s
}

// Client reaches the server without a network, so also inside a synctest bubble.
func (s *Server) Client() *http.Client { return &http.Client{Transport: wire{s}} }

type wire struct{ s *Server }

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	done := make(chan *http.Response, 1)
	go func() { // waited for below, or left to its end when nobody waits any more
		rec := httptest.NewRecorder()
		w.s.ServeHTTP(rec, r)
		done <- rec.Result()
	}()
	select {
	case a := <-done:
		return a, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// Change changes what the server has, or looks at it.
func (s *Server) Change(do func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(time.Now())
	do(&s.state)
}

// Expire ends every session.
func (s *Server) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions = map[string]bool{}
}

// Asked takes the requests since the last time: «GET /api/v1/backups».
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	heard := s.heard
	s.heard = nil
	return heard
}

// Wrong is everything that a client did and may not: a restore without a target or with delete, a request that no version
// knows, a key sent where it does not belong.
func (s *Server) Wrong() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.wrong)
}

func (s *Server) blame(format string, args ...any) {
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
}

// ServeHTTP answers as the version does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	now := time.Now()
	s.settle(now)
	s.heard = append(s.heard, r.Method+" "+r.URL.RequestURI())
	a, wait := s.answer(r, now)
	s.mu.Unlock()
	if wait > 0 { // a restore within the request
		select {
		case <-time.After(wait):
		case <-r.Context().Done():
		}
	}
	a.write(w)
}

type answer struct {
	code   int
	body   any // a string is sent as it is
	header map[string]string
}

func (a answer) write(w http.ResponseWriter) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	if text, plain := a.body.(string); plain {
		w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
		w.WriteHeader(a.code)
		fmt.Fprint(w, text)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.code)
	_ = json.NewEncoder(w).Encode(a.body)
}

func ok(body any) answer { return answer{code: 200, body: body} }

func no(code int, message string) answer {
	return answer{code: code, body: map[string]string{"message": message}}
}
