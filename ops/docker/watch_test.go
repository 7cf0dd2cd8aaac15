package docker

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

const watched = `
postgresql running healthy up=9d phase=infra image=postgres:18.4
redis running healthy up=9d phase=infra
n8n-init exited 0 oneshot up=2d
n8n running healthy up=2d needs=postgresql,redis,n8n-init image=n8nio/n8n:1 mem=400M/1024M
grafana running healthy up=3d needs=postgresql health="ok"
litellm running up=3d policy=on-failure:3
service metube off profile=studio
off openclaw
openclaw running healthy up=3d
`

// TestWatchNothing: a stack that is well has nothing to tell.
func TestWatchNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watchWorld(t, watched)
		p.wait(2 * time.Hour)
		p.well()
		p.quiet()
	})
}

// TestWatchKinds tells of each thing that can go wrong, and that it is over.
func TestWatchKinds(t *testing.T) {
	for _, test := range []struct {
		name   string
		world  string // besides the usual
		do     []string
		after  time.Duration
		who    string
		kind   string
		grave  ops.Severity
		says   []string
		mend   []string
		within time.Duration // of the mending
		over   string
	}{
		{name: "unhealthy", do: []string{`grafana health="503 from /api/health"`, `grafana logs "level=error msg=\"db locked\""`, "grafana becomes unhealthy"},
			who: "grafana", kind: "unhealthy", grave: ops.Critical, says: []string{"grafana unhealthy · 503 from /api/health", "[Restart grafana]\n[Why?]\n[Logs]", "db locked"},
			mend: []string{"grafana becomes healthy"}, over: "grafana healthy again"},
		{name: "died", do: []string{`n8n logs "Error: listen EADDRINUSE :5678"`, "n8n exited 1"}, who: "n8n", kind: "died", grave: ops.Critical,
			says: []string{"n8n died · exit 1", "the app gave up with an error", "likely: its port is taken", "> Error: listen", "[Start n8n]\n[Why?]\n[Logs]"},
			mend: []string{"n8n started"}, over: "n8n runs again"},
		{name: "died of memory", do: []string{"n8n exited 137 oom"}, who: "n8n", kind: "died", grave: ops.Critical,
			says: []string{"exit 137, out of memory", "killed for lack of memory"}, mend: []string{"n8n started"}, over: "n8n runs again"},
		{name: "job failed", do: []string{"n8n-init exited 2"}, who: "n8n-init", kind: "died", grave: ops.Critical, says: []string{"n8n-init died · exit 2"}},
		{name: "stopped", do: []string{"n8n stopped"}, who: "n8n", kind: "stopped", grave: ops.Warning, says: []string{"n8n stopped by hand", "[Start n8n]"},
			mend: []string{"n8n started"}, over: "n8n runs again"},
		{name: "killed", do: []string{"n8n killed"}, who: "n8n", kind: "stopped", grave: ops.Warning, says: []string{"n8n stopped by hand", "it was killed: exit 137"}},
		{name: "ended by itself", do: []string{"litellm exited 0"}, who: "litellm", kind: "stopped", grave: ops.Warning, says: []string{"litellm ended by itself · exit 0"}},
		{name: "loop", do: []string{"n8n exits 3", "n8n restarted"}, after: 35 * time.Second, who: "n8n", kind: "loop", grave: ops.Critical,
			says: []string{"n8n in a crash loop: ended 4 times in 30 s · exit 3", "[Restart n8n]"}, mend: []string{"n8n stays up", "n8n restarted"}, over: "n8n is stopped"},
		{name: "out of memory inside", do: []string{"n8n child oom"}, after: 3 * time.Second, who: "n8n", kind: "oom", grave: ops.Warning,
			says: []string{"n8n out of memory · limit 1.02 GB", "lives on", "memory 400 MB of 1.02 GB"}},
		{name: "out of memory", do: []string{"n8n exited 137 oom"}, who: "n8n", kind: "oom", grave: ops.Warning, says: []string{"main process was killed"}},
		{name: "exhausted", do: []string{"litellm exited 1 restarts=3"}, who: "litellm", kind: "exhausted", grave: ops.Critical,
			says: []string{"litellm given up by the engine after 3 restarts · exit 1", "[Start litellm]"}, mend: []string{"litellm started"}, over: "litellm runs again"},
		{name: "missing", do: []string{"n8n removed"}, who: "n8n", kind: "missing", grave: ops.Critical, says: []string{"n8n has no container", "[Start n8n]\n[Why?]"},
			mend: []string{"n8n running"}, over: "n8n"}, // it runs, or is healthy: it may be looked at closely before its start is heard of
		{name: "job missing", do: []string{"n8n-init removed"}, who: "n8n-init", kind: "missing", grave: ops.Notice},
		{name: "never started", do: []string{`n8n created error="port is already allocated"`}, after: 70 * time.Second, who: "n8n", kind: "created", grave: ops.Critical,
			says: []string{"n8n made but never started", "port is already allocated"}},
		{name: "paused", do: []string{"n8n paused"}, who: "n8n", kind: "paused", grave: ops.Warning, says: []string{"somebody froze it"}, mend: []string{"n8n running"}, over: "n8n runs again"},
		{name: "image gone", world: "service kuma off image=kuma:2", do: []string{"kuma running", "kuma removed", "image of kuma gone"}, after: 2 * time.Minute,
			who: "kuma", kind: "image", grave: ops.Warning, says: []string{"the image of kuma is not on this machine any more", "kuma:2"}},
		{name: "job's image gone", do: []string{"image of n8n-init gone"}, after: 2 * time.Minute, who: "n8n-init", kind: "image", grave: ops.Warning},
		{name: "weak check", world: `caddy running healthy test="caddy version"`, who: "caddy", kind: "weak-check", grave: ops.Notice, says: []string{"cannot fail", "caddy version"}},
		{name: "stranger died", world: "container other running image=x policy=no", do: nil, who: "", kind: ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := watchWorld(t, watched+test.world)
				p.do(test.do...)
				p.wait(test.after)
				if test.who == "" {
					p.well()
					return
				}
				got := p.is(test.who, test.kind)
				if got.Severity != test.grave {
					t.Errorf("it is %s, want %s", got.Severity, test.grave)
				}
				p.says(got, test.says...)
				if test.mend == nil {
					return
				}
				for _, change := range test.mend {
					p.wait(time.Second)
					p.do(change)
				}
				p.wait(max(test.within, 10*time.Second))
				for _, left := range p.list() {
					if left != "container:n8n oom" {
						t.Errorf("still %s", left)
					}
				}
				if over := p.was(test.who, test.kind); !strings.HasPrefix(over, test.over) {
					t.Errorf("over: %q, want %q", over, test.over)
				}
			})
		})
	}
}

// TestWatchNoIncident: what is nobody's trouble is told to nobody.
func TestWatchNoIncident(t *testing.T) {
	for name, do := range map[string][]string{
		"restarted by hand":  {"n8n restarted"},
		"made anew":          {"n8n replaced"},
		"job done again":     {"n8n-init started"},
		"off is stopped":     {"openclaw stopped"},
		"off is removed":     {"openclaw removed"},
		"profile stays away": {"metube running", "metube stopped"},
		"died, came back":    {"n8n exited 1", "n8n started"},
		"sick, then stopped": {"openclaw becomes unhealthy", "openclaw stopped"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := watchWorld(t, watched)
				for i, change := range do {
					if i > 0 {
						p.wait(2 * time.Second)
					}
					p.do(change)
				}
				p.wait(10 * time.Minute)
				p.well()
				if name != "sick, then stopped" {
					p.quiet()
				}
			})
		})
	}
}
