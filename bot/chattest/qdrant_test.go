package chattest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/qdrant"
	"vigie/ops/qdrant/qdranttest"
)

// openQdrant makes a Qdrant of the lines «qdrant: docs size=768 points=120» of a world; «qdrant: snapshot docs 20h» has one made so long ago.
func openQdrant(t *testing.T, lines string) ops.Bound {
	t.Helper()
	server := &qdranttest.Server{}
	for line := range strings.Lines(lines) {
		var name string
		var size, points int
		line = strings.TrimSpace(line)
		if words := strings.Fields(line); words[0] == "snapshot" {
			ago, err := time.ParseDuration(words[2])
			if err != nil {
				t.Fatalf("qdrant: %s: %v", line, err)
			}
			server.Snapshot(words[1], ago)
			continue
		}
		if _, err := fmt.Sscanf(line, "%s size=%d points=%d", &name, &size, &points); err != nil {
			t.Fatalf("qdrant: %s: %v", line, err)
		}
		held := map[string]string{}
		for i := range points {
			held[fmt.Sprint(i)] = strings.Repeat("v", size)
		}
		server.Put(name, size, held)
	}
	s, err := qdrant.New(qdrant.Options{URL: "http://qdrant:6333", Folder: t.TempDir(), Client: &http.Client{Transport: direct{server}}})
	if err != nil {
		t.Fatal(err)
	}
	return qdrant.Bind(s)
}

// direct asks a server without a network, which a bubble does not have.
type direct struct{ h http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	d.h.ServeHTTP(w, r)
	return w.Result(), nil
}
