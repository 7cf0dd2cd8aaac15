package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vigie/ops"
)

func TestSecondWay(t *testing.T) {
	redact := ops.NewRedactor("hunter2-hunter2").Redact
	for name, c := range map[string]struct {
		text   bool
		status int
		fails  bool
	}{
		"json":           {false, http.StatusOK, false},
		"text, for ntfy": {true, http.StatusNoContent, false},
		"refused":        {false, http.StatusForbidden, true},
	} {
		t.Run(name, func(t *testing.T) {
			var got, kind string
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				raw, err := io.ReadAll(r.Body)
				if err != nil || r.Method != http.MethodPost {
					t.Errorf("%s: %v", r.Method, err)
				}
				got, kind = string(raw), r.Header.Get("Content-Type")
				w.WriteHeader(c.status)
			}))
			defer s.Close()
			err := (&secondWay{url: s.URL + "/a-secret-topic", text: c.text, redact: redact}).Send(t.Context(), "🔴 n8n died\nhunter2-hunter2 é")
			if (err != nil) != c.fails {
				t.Fatal(err)
			}
			if c.fails {
				if strings.Contains(err.Error(), "topic") {
					t.Errorf("the address is in %q", err)
				}
				return
			}
			if !c.text {
				var body struct{ Text string }
				if err := json.Unmarshal([]byte(got), &body); err != nil || kind != "application/json" {
					t.Fatalf("%s %q: %v", kind, got, err)
				}
				got = body.Text
			}
			if got != "🔴 n8n died\n«secret» é" {
				t.Errorf("it got %q", got)
			}
		})
	}
}

// TestSecondWayTellsNoAddress checks what is said of an address that leads nowhere, and of one that cannot be read.
func TestSecondWayTellsNoAddress(t *testing.T) {
	for _, url := range []string{"http://127.0.0.1:1/a-secret-topic", "http://a secret topic/", "nonsense-a-secret-topic"} {
		err := (&secondWay{url: url, redact: func(s string) string { return s }}).Send(context.Background(), "text")
		if err == nil || strings.Contains(err.Error(), "topic") {
			t.Errorf("%q gives %v", url, err)
		}
	}
}
