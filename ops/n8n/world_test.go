package n8n

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

// A place is an n8n for the suite: the real one, or the stand-in.
type place interface {
	system() *System
	add(name, path, fails string) (id string) // a workflow that is off
	edit(id, fails string)                    // a new version of it, not published
	hit(path string) int                      // POST to a webhook; the status
}

// A world is a gate on a system.
type world struct {
	*System
	*opstest.World
	t *testing.T
}

func newWorld(t *testing.T, s *System) *world {
	t.Helper()
	w := &world{System: s, t: t}
	w.World = opstest.Open(t, Bind(w.System))
	return w
}

func (w *world) show() string {
	w.t.Helper()
	a, _, err := w.Ask("n8n.show")
	if err != nil {
		w.t.Fatal(err)
	}
	var b strings.Builder
	for _, block := range a.Blocks {
		fmt.Fprintln(&b, ops.Unmark(block.Line.En))
	}
	return b.String()
}

// sightings is what one look of the watcher tells, by subject.
func (w *world) sightings() map[string]ops.Trouble {
	got := map[string]ops.Trouble{}
	w.Watcher().(*watcher).lookOnce(w.t.Context(), func(s ops.Sighting) {
		for _, t := range s.Troubles {
			got[t.Subject] = t
		}
	})
	return got
}

// until polls for what a real server does by itself.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
		<-time.After(100 * time.Millisecond)
	}
}

func post(client *http.Client, url string, body string) (int, error) {
	r, err := client.Post(url, "application/json", bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, err
	}
	return r.StatusCode, r.Body.Close()
}
