package studio

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// What a state means for something that is started on demand: off is off, and only what ended by itself is broken.
func TestJudge(t *testing.T) {
	now := time.Now()
	boot := now.Add(-time.Hour)
	for _, c := range []struct {
		name string
		o    Service
		is   condition
	}{
		{"no container", Service{}, off},
		{"never started", Service{State: "created"}, off},
		{"stopped in order", Service{State: "exited"}, off},
		{"ended by TERM", Service{State: "exited", Exit: 143}, off},
		{"killed, because it did not end when asked", Service{State: "exited", Exit: 137}, off},
		{"killed for lack of memory", Service{State: "exited", Exit: 137, OOM: true}, broken},
		{"an error", Service{State: "exited", Exit: 1, Finished: now}, broken},
		{"ended with the machine", Service{State: "exited", Exit: 255, Finished: boot.Add(time.Minute)}, off},
		{"255 long after the machine came up", Service{State: "exited", Exit: 255, Finished: now}, broken},
		{"healthy", Service{State: "running", Health: "healthy", Started: now}, on},
		{"without a health check", Service{State: "running", Started: now}, on},
		{"starting", Service{State: "running", Health: "starting", Started: now}, waking},
		{"unhealthy", Service{State: "running", Health: "unhealthy"}, broken},
		{"a child killed for lack of memory", Service{State: "running", Health: "healthy", OOM: true}, atRisk},
		{"again and again", Service{State: "restarting", Exit: 1}, broken},
		{"between two ends", Service{State: "running", Restarts: 5, Started: now}, broken},
		{"after ends long ago", Service{State: "running", Restarts: 5, Started: now.Add(-time.Hour)}, on},
		{"paused", Service{State: "paused"}, atRisk},
		{"dead", Service{State: "dead"}, broken},
	} {
		if got := c.o.judge(boot); got.is != c.is || got.says.En == "" || got.says.Fr == "" {
			t.Errorf("%s: %d, want %d (%s)", c.name, got.is, c.is, got.says.En)
		}
	}
	if got := (Service{State: "exited", Exit: 255, Finished: boot}).judge(time.Time{}); got.is != broken {
		t.Errorf("255 where nobody knows when the machine started: %d", got.is)
	}
}

func TestRoom(t *testing.T) {
	s := &System{o: Options{Host: "pi"}}
	begin := []Service{{Name: "comfyui", Limit: 2 << 30}, {Name: "remotion", Limit: 1 << 30}}
	for free, want := range map[int64]string{4 << 30: "enough", 3 << 30: "enough", 3<<30 - 1: "short"} {
		fact, cost := s.room(Reading{Available: free}, begin)
		if fact.Value != want || strings.HasPrefix(cost.En, ops.AtRisk) != (want == "short") {
			t.Errorf("%d bytes free: %s, %s", free, fact.Value, cost.En)
		}
	}
	if _, cost := s.room(Reading{Available: 4 << 30}, append(begin, Service{Name: "metube"})); !strings.Contains(cost.En, "without a limit") || !strings.Contains(cost.Fr, "sans limite") {
		t.Errorf("one without a limit: %s", cost.En)
	}
}

type notes map[string]json.RawMessage

func (n notes) Load(_ context.Context, id string) (json.RawMessage, error) { return n[id], nil }
func (n notes) Save(_ context.Context, id string, body json.RawMessage) error {
	n[id] = body
	return nil
}

// A restart is told for a day, from the moment at which it happened; the first look at a machine is none.
func TestRestarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &System{o: Options{Kept: notes{}, Zone: time.UTC}}
		look := func(boot string, up time.Duration) time.Time {
			t.Helper()
			at, err := s.restarted(t.Context(), Reading{Boot: boot, Uptime: up})
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		if at := look("a", time.Minute); !at.IsZero() {
			t.Errorf("the first look tells of a restart at %v", at)
		}
		if at := look("", 0); !at.IsZero() {
			t.Errorf("a machine that does not say which start it is: %v", at)
		}
		time.Sleep(time.Hour)
		when := time.Now().Add(-10 * time.Minute)
		for range 3 {
			if at := look("b", time.Since(when)); !at.Equal(when) {
				t.Errorf("it restarted at %v, told as %v", when, at)
			}
			time.Sleep(7 * time.Hour)
		}
		time.Sleep(24 * time.Hour)
		if at := look("b", time.Since(when)); !at.IsZero() {
			t.Errorf("a restart of two days ago is still news: %v", at)
		}
		s.o.Kept.(notes)["boot"] = json.RawMessage("{")
		if _, err := s.restarted(t.Context(), Reading{Boot: "b"}); err == nil {
			t.Error("a memory that cannot be read is taken for none")
		}
	})
}

// Of a build, people are told which part of how many; its own output is noise.
func TestWords(t *testing.T) {
	for line, want := range map[string]string{
		"#7 [remotion 3/7] RUN npm ci":                           "remotion · part 3 of 7 · RUN npm ci",
		"#7 [comfyui stage-1 3/7] COPY . .":                      "comfyui · part 3 of 7 · COPY . .",
		"Step 3/7 : RUN npm ci":                                  "part 3 of 7 · RUN npm ci",
		"#7 12.33 added 200 packages":                            "",
		"#7 DONE 12.4s":                                          "",
		"#3 [remotion internal] load metadata for docker.io/x":   "",
		`time="2026-11-26T16:04:29Z" level=warning msg="buildx"`: "",
		" comfyui Pulled ":                                       "comfyui Pulled",
		"Container workstation_comfyui  Started":                 "Container workstation_comfyui Started",
		"":                                                       "",
	} {
		if got := said(line).En; got != want {
			t.Errorf("%q is told as %q, want %q", line, got, want)
		}
	}
}

func FuzzWords(f *testing.F) {
	f.Add("#7 [remotion 3/7] RUN npm ci")
	f.Add("Step 3/7 : RUN \x1b[31m npm ci")
	f.Add(" comfyui Pulled ")
	f.Add("0\n0")
	f.Fuzz(func(t *testing.T, line string) {
		for _, text := range []string{said(line).En, said(line).Fr} {
			if strings.ContainsAny(text, "\n\x1b\x02\x03") || len([]rune(text)) > 200 {
				t.Fatalf("%q is told as %q", line, text)
			}
		}
	})
}
