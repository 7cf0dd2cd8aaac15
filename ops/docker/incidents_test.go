package docker

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"vigie/ops"
)

// An incident is one of those that a real stack had: the world as it stood, and what must be found. Where a service shows nothing
// of it, elsewhere says who sees it.
type incident struct {
	n         int
	world     string // the service asked about stands first
	then      []string
	rule      string
	says      string // part of the first line or the quote
	elsewhere string
}

var incidents = []incident{
	{n: 1, elsewhere: "a machine's SSH: [[checks]] of the port"},
	{n: 2, world: `postgresql restarting 1 up=5s log="Error: in 18+, these Docker images are configured to store database data in a"`, rule: "postgres layout", says: "/var/lib/postgresql"},
	{n: 2, world: `redis restarting 1 up=5s log="*** FATAL CONFIG FILE ERROR (Redis 8.4.0) ***\nReading the configuration file, at line 12\n>>> 'rename-command FLUSHALL \"\"'\nBad directive or wrong number of arguments"`, rule: "redis config"},
	{n: 2, world: `grafana restarting 1 up=5s log="GF_PATHS_DATA='/var/lib/grafana' is not writable.\nYou may have issues with file permissions, more information here: http://docs.grafana.org/installation/docker/"`, rule: "not writable", says: "another user"},
	{n: 2, world: `loki running unhealthy up=3m health="Ingester not ready: empty ring" log="level=error caller=ring.go msg=\"empty ring\""`, rule: "loki ring"},
	{n: 2, world: `litellm restarting 1 up=5s log="PermissionError: [Errno 13] Permission denied: '/app/config.yaml'"`, rule: "config unreadable"},
	{n: 2, world: `qdrant running unhealthy up=3m health="wget: can't connect to remote host ([::1]:6333): Connection refused"`, rule: "localhost", says: "IPv6"},
	{n: 3, elsewhere: "names as a client of the VPN resolves them: [[checks]]"},
	{n: 4, elsewhere: "what a client of the VPN is answered: [[checks]] of the page"},
	{n: 5, world: `caddy restarting 1 up=5s log="Error: adapting config using caddyfile: Caddyfile:41: unrecognized directive: heredoc"`, rule: "caddyfile", says: "Caddyfile:41"},
	{n: 5, world: `n8n running unhealthy up=3m health="timeout" log="Error: getaddrinfo EAI_AGAIN postgresql"`, rule: "names"},
	{n: 6, elsewhere: "money: /parasites"},
	{n: 7, world: `litellm running healthy up=9d log="litellm.APIError: APIError: OpenrouterException - {\"error\":{\"message\":\"Insufficient credits. Add more using https://openrouter.ai/credits\",\"code\":402}}"`, rule: "no credits", says: "credit"},
	{n: 7, world: `openclaw running healthy up=9d log="FallbackError: No API key found for provider openrouter"`, rule: "provider key"},
	{n: 8, world: `headscale exited 0 ago=2h`, rule: "stopped"},
	{n: 8, world: `tailscale restarting 1 up=5s log="backend error: invalid key: authkey expired"`, rule: "auth key"},
	{n: 9, world: `openclaw running healthy up=9d log="[gateway] websocket handshake failed: 400 Bad Request"`, rule: "websocket"},
	{n: 10, world: `sandbox created error="network 4f0c9d2a8f51 not found"`, rule: "network gone", says: "4f0c9d2a8f51"},
	{n: 10, world: `openclaw running healthy up=9d log="Error response from daemon: No such image: openclaw-sandbox:bookworm-slim"`, rule: "", says: "nothing that I know of"},
	{n: 10, world: `openclaw exited 1 ago=1m log="Error response from daemon: No such image: openclaw-sandbox:bookworm-slim"`, rule: "image gone"},
	{n: 11, world: `openclaw restarting 1 up=5s log="MissingEnvVarError: Missing env var \"LITELLM_API_KEY\""`, rule: "missing setting", says: "LITELLM_API_KEY"},
	{n: 12, elsewhere: "a machine's fail2ban: no access from here"},
	{n: 13, world: `n8n running healthy up=9d log="duplicate key value violates unique constraint \"PK_webhook_entity\""`, rule: "duplicate webhook"},
	{n: 14, world: `nocodb restarting 1 up=5s log="error: password authentication failed for user \"nocodb\""`, rule: "database password", says: "nocodb"},
	{n: 15, world: `alloy restarting 137 oom up=5s restarts=9 mem=0/256M`, rule: "out of memory", says: "256 MB"},
	{n: 16, elsewhere: "a machine's SSH: [[checks]] of the port"},
	{n: 17, world: `victoriametrics restarting 255 up=5s log="FATAL: cannot create directory \"/storage/tmp\": mkdir /storage/tmp: read-only file system"`, rule: "read-only"},
	{n: 17, world: `alloy running healthy up=9d log="Error response from daemon: <html><body><h1>403 Forbidden</h1> Request forbidden by administrative rules."`, rule: "proxy forbids"},
	{n: 18, world: `litellm running healthy up=9d log="Error doing the fallback: No fallback model group found for original model_group=claude-haiku. Fallbacks={'claude-haiku': ['deepseek-v3-free']}"`, rule: "fallback loop"},
	{n: 19, world: `kitsu running healthy up=9d log="[2026-03-17 09:01:11 +0000] [1] [ERROR] Worker (pid:2211) was sent SIGKILL! Perhaps out of memory?"`, rule: "worker killed"},
	{n: 20, world: `backup exited 1 ago=1h log="pg_dump: error: connection to server failed: fe_sendauth: no password supplied"`, rule: "no password"},
	{n: 21, world: `n8n running healthy up=9d log="The requested webhook \"POST ai-model-feedback\" is not registered."`, rule: "webhook", says: "ai-model-feedback"},
	{n: 21, world: `n8n running healthy up=9d log="ExpressionError: access to env vars denied"`, rule: "env blocked"},
	{n: 21, world: `n8n running healthy up=9d log="Access to the file is not allowed."`, rule: "file access"},
	{n: 21, world: `n8n running healthy up=9d log="429 RESOURCE_EXHAUSTED: You exceeded your current quota, please check your plan"`, rule: "no credits"},
	{n: 21, world: `litellm running healthy up=9d log="litellm.BadRequestError: seedream-4 is not a valid model ID"`, rule: "model id"},
	{n: 22, world: `cloudflared running healthy up=9d log="Unable to reach the origin service: dial tcp 172.20.1.7:443: connect: no route to host"`, rule: "moved address"},
	{n: 23, world: `palais missing image=palais:old`, then: []string{"image of palais gone", "image of palais gone from registry"}, rule: "image gone"},
	{n: 24, world: "plane-minio missing image=minio/minio:2025\nplane-api missing\nplane-web missing\nplane-worker missing\nn8n missing", then: []string{"image of plane-minio gone", "image of plane-minio gone from registry"}, rule: "image gone", says: "not it alone: 5 of 5 services"},
	{n: 25, world: `litellm restarting 1 up=5s log="Error: P3009 migrate found failed migrations in the target database, new migrations will not be applied."`, rule: "migration"},
	{n: 25, world: `redis restarting 1 up=5s log="setpriv: setresuid failed: Operation not permitted"`, rule: "capabilities"},
	{n: 25, world: `kitsu running unhealthy up=3m health="curl: (22) The requested URL returned error: 404"`, rule: "health path"},
	{n: 25, world: `carbone created error="toomanyrequests: You have reached your unauthenticated pull rate limit"`, rule: "pull limit"},
	{n: 26, world: `postgresql exited 1 ago=1m log="PANIC:  could not write to file \"pg_wal/xlogtemp.31\": No space left on device"`, rule: "disk full", says: "pg_wal"},
	{n: 27, world: `remotion restarting 1 up=5s log="Error: connect ENETUNREACH 140.82.121.3:443"`, rule: "machine offline"},
	{n: 28, world: `mcp restarting 1 up=5s log="huggingface_hub.errors.LocalEntryNotFoundError: Cannot find the requested files in the disk cache"`, rule: "offline models"},
	{n: 29, elsewhere: "another machine's SSH: [[checks]] of the port"},
	{n: 30, world: `openclaw running healthy up=9d log="TelegramError: 409: Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"`, rule: "telegram conflict"},
	{n: 31, elsewhere: "files of a backup: [[backup]] and /fresh"},
	{n: 32, world: `grafana running healthy up=9d log="level=error msg=\"Invalid username or password\" error=\"[password-auth.failed] failed to authenticate identity\""`, rule: "grafana password"},
	{n: 33, world: `plane-api running healthy up=9d log="\"GET /api/users/me HTTP/1.1\" 500 145"`, rule: "server errors"},
	{n: 34, elsewhere: "a job of a machine: /fresh with its longest run"},
	{n: 35, elsewhere: "a machine's reboots: /host"},
	{n: 36, world: `n8n-init exited 0 ago=9d oneshot`, rule: "one-shot", says: "nothing is wrong"},
	{n: 36, world: `n8n-sync exited 255 ago=1h log="deploy@pi: Permission denied (publickey)."`, rule: "ssh key"},
	{n: 37, elsewhere: "files of a backup: [[backup]] and /fresh"},
	{n: 38, elsewhere: "secrets in what is printed: the redactor, at the edge"},
	{n: 39, elsewhere: "alerts repeated: one message a matter"},
	{n: 40, elsewhere: "a machine's load: /host"},
	{n: 41, world: `grafana running healthy up=9d log="level=error msg=\"alert DatasourceNoData fired\" rule=cadvisor"`, rule: "no data"},
	{n: 42, world: `litellm running healthy up=9d log="litellm.AuthenticationError: AuthenticationError: OpenrouterException - {\"error\":{\"message\":\"User not found.\",\"code\":401}}"`, rule: "provider key", says: "stays green"},
	{n: 43, world: `litellm running healthy up=9d log="AnthropicException - Your credit balance is too low to access the Anthropic API."`, rule: "no credits"},
	{n: 44, elsewhere: "a right that a client of the gateway has: a review"},
	{n: 45, world: `caddy running healthy up=9d test="caddy version" log="{\"level\":\"error\",\"logger\":\"tls.obtain\",\"msg\":\"could not get certificate from issuer\",\"error\":\"solving challenges: NOTIMP\"}"`, rule: "certificate challenge"},
	{n: 45, world: `palais created error="invalid reference format"`, rule: "image name"},
	{n: 45, world: `openclaw running healthy up=9d log="qdrant: 401 Must provide an API key or an Authorization bearer token"`, rule: "qdrant key"},
	{n: 46, world: `backup exited 1 ago=1h log="/opt/javisi/pre-backup.sh: line 41: UID: readonly variable"`, rule: "readonly variable"},
}

// TestIncidents asks of every incident what it was, and that each of the 46 is either found or somebody else's to see.
func TestIncidents(t *testing.T) {
	seen := map[int]bool{}
	for _, i := range incidents {
		seen[i.n] = true
		if i.elsewhere != "" {
			continue
		}
		name := strings.Fields(i.world)[0]
		t.Run(name+" "+i.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fake, err := NewFake(i.world)
				if err != nil {
					t.Fatal(err)
				}
				for _, change := range i.then {
					if err := fake.Do(change); err != nil {
						t.Fatal(err)
					}
				}
				s := &Stack{Host: fake, Compose: fake.Compose(), Project: "javisi"}
				q, err := s.lookAround(context.Background(), name)
				if err != nil {
					t.Fatal(err)
				}
				found, got := q.findings(), ""
				if len(found) > 0 {
					got = found[0].rule
				}
				a := q.diagnosis()
				if all := (ops.Looked{Answer: a}).Words(10_000); got != i.rule || !strings.Contains(all, i.says) {
					t.Errorf("incident %d: found %q, not %q\n%s", i.n, got, i.rule, all)
				}
				if n := len(a.Buttons); n > 1 || n == 1 && len(a.Buttons[0]) > 2 {
					t.Errorf("incident %d: it offers more than two ops: %v", i.n, a.Buttons)
				}
			})
		})
	}
	for n := 1; n <= 46; n++ {
		if !seen[n] {
			t.Errorf("incident %d is not here", n)
		}
	}
}

// TestNothingWrong: what runs well is not accused of anything, whatever it prints at ease.
func TestNothingWrong(t *testing.T) {
	for _, log := range []string{"GET / 200", "0 errors, 12 tests passed", "level=info msg=\\\"retrying after connection refused\\\"", "loaded certificate for example.org", "rate of requests: 12/s"} {
		fake, err := NewFake(`web running healthy up=9d log="` + log + `"`)
		if err != nil {
			t.Fatal(err)
		}
		q, err := (&Stack{Host: fake, Compose: fake.Compose(), Project: "javisi"}).lookAround(t.Context(), "web")
		if err != nil {
			t.Fatal(err)
		}
		if found := q.findings(); len(found) > 0 {
			t.Errorf("%q is said to be %q", log, found[0].rule)
		}
	}
}
