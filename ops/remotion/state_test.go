package remotion

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/remotion/remotiontest"
)

// Only renders of ours are counted, as long as the server knows them; what it says of renders is all since its start.
func TestState(t *testing.T) {
	s, server := studio(t, remotiontest.Options{Frame: time.Hour}, token)
	for n := range 3 {
		if err := s.begin(t.Context(), fmt.Sprint("w", n), job{Composition: "HelloWorld"}); err != nil {
			t.Fatal(err)
		}
	}
	jobs := func() string {
		running, waiting, err := s.Jobs(t.Context())
		return fmt.Sprint(running+waiting, " ", err)
	}
	if got := jobs(); got != "3 <nil>" {
		t.Errorf("three are asked for: %s", got)
	}
	if said, err := s.Answers(t.Context()); err != nil || said.En != "Remotion answers, 3 renders since it started" || said.Fr == "" {
		t.Errorf("%q, %v", said.En, err)
	}
	if err := s.drop(t.Context(), "w2"); err != nil {
		t.Fatal(err)
	}
	if got := jobs(); got != "2 <nil>" {
		t.Errorf("one was cancelled: %s", got)
	}
	server.Restart()
	if got := jobs(); got != "0 <nil>" {
		t.Errorf("it forgot them: %s", got)
	}
	for n := range 2 * mostLast {
		if err := s.remember(t.Context(), fmt.Sprint(n)); err != nil {
			t.Fatal(err)
		}
	}
	if ids, err := s.last(t.Context()); err != nil || len(ids) != mostLast || ids[mostLast-1] != fmt.Sprint(2*mostLast-1) {
		t.Errorf("%q, %v", ids, err)
	}
}

// Whoever answers in its place is not it.
func TestAnswersInItsPlace(t *testing.T) {
	for _, c := range []struct {
		code int
		body string
	}{{http.StatusOK, "<html>standby</html>"}, {http.StatusOK, `{"status":"starting"}`}, {http.StatusBadGateway, ""}, {http.StatusServiceUnavailable, "standby"}} {
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.code)
			fmt.Fprint(w, c.body)
		}))
		s, err := New(Options{URL: other.URL, Kept: kept{}, Compositions: []Composition{{Name: "HelloWorld"}}})
		if err != nil {
			t.Fatal(err)
		}
		if said, err := s.Answers(t.Context()); ops.KindOf(err) != ops.Unavailable {
			t.Errorf("%d %q: %q, %v", c.code, c.body, said.En, err)
		}
		other.Close()
	}
}
