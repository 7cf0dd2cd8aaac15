package config

import "testing"

// whole is a configuration that says something with every table.
const whole = `
approval_ttl = "5m"
[telegram]
api_url = "http://127.0.0.1:8081/"
webhook_url = "https://bot.example.org/hook"
webhook_listen = "127.0.0.1:8443"
webhook_secret_file = "hook.secret"
[[users]]
id = 1
name = "ann"
role = "admin"
lang = "fr"
quiet = "23:00-7:00"
totp_file = "ann.totp"
[[users]]
id = 2
name = "bob"
role = "operator"
[store]
dsn_file = "dsn.secret"
[http]
listen = ":0"
[hosts.vps]
docker = "tcp://socket-proxy:2375"
root = "stack"
disk = [70, 85]
load = 3
[hosts.nas]
ssh = "ops@nas.lan:2222"
metrics = "http://nas.lan:9100/"
[stack]
project = "javisi"
host = "vps"
dir = "stack"
files = ["docker-compose-infra.yml", { path = "docker-compose.yml", phase = "core" }]
off = ["metube"]
protect = ["postgresql"]
zone = "Europe/Paris"
wait = "90s"
domain = "example.org"
[[policy]]
name = "bob restarts n8n"
who = 2
what = "/restart"
target = "n8n"
verdict = "allow"
[never]
MASTER_KEY = { en = "no", fr = "non" }
other_key = "nein"
[alerts]
to = ["operator+", "bob", -1001234567890, "-1001234567890/45"]
lang = "fr"
escalate_after = "off"
remind_every = "7d"
storm = 9
[alerts.delay]
unhealthy = "30s"
died = "0s"
[[alerts.route]]
subject = "budget:*"
kind = "budget"
severity = "warning+"
to = "bob"
[[alerts.route]]
severity = "notice"
to = []
[[alerts.maintenance]]
name = "nightly litellm"
cron = "0 3 * * mon-fri"
for = "30m"
subject = "container:litellm"
[[alerts.repair]]
service = ["n8n"]
kind = ["unhealthy", "died"]
op = "/restart"
[alerts.fallback]
url_file = "fallback.url"
format = "text"
[watch.containers]
crash_loop = 4
[[checks]]
name = "n8n"
url = "https://n8n.example.org/healthz?full=1"
expect = [200, 401]
body = "OK"
max_time = "1500ms"
every = "5s"
resolve = "100.64.0.14"
insecure = true
header_file = "n8n.header"
needs = ["container:n8n"]
[[checks]]
name = "db"
tcp = "[::1]:5432"
severity = "warning"
[[checks]]
name = "dns"
dns = "n8n.example.org"
answer = ["100.64.0.14"]
server = "100.100.100.100"
[[checks]]
name = "cert"
tls = "n8n.example.org"
days = [14, 3]
[[files]]
name = "pg_dump"
path = "backups/{name}-*.dump"
each = ["n8n", "litellm"]
newer = "26h"
at_least = "1.5MB"
band = 50
format = "pgdump"
[[heartbeats]]
name = "nightly-dump"
every = "5m"
secret_file = "beat.secret"
[pulse]
url_file = "pulse.url"
[hooks.kuma]
secret_file = "kuma.secret"
[hooks.other]
kind = "json"
secret_file = "kuma.secret"
severity = "notice"
[litellm]
dsn_file = "litellm.dsn"
[litellm.budgets]
global = 5
openrouter = 3.25
[model]
url = "https://litellm.example.org/v1/"
key_file = "model.key"
name = "claude-haiku"
fallback = ["glm-5"]
budget = 1.25
[[bots]]
name = "monitoring"
token_file = "bot.token"
webhook = ""
[postgres]
service = "pg"
password_file = "pg.password"
dumps = ["container:/backups/*.dump", "backups/*.dump"]
[postgres.databases.n8n]
apps = ["n8n", "n8n-worker"]
probe = "select count(*) from workflow_entity;"
app_password_file = "n8n.password"
[redis]
password_file = "redis.password"
dumps = ["backups/*.rdb"]
data_dir = "stack"
[qdrant]
url = "http://qdrant:6333/"
key_file = "qdrant.key"
names = ["backups/latest-snapshot-*.txt"]
[backup]
dir = "backups"
skip = ["postgres:temporal*", "openclaw:state"]
keep = { days = 14, years = 0 }
rehearse = "0 5 * * mon"
heartbeat_url_file = "backup.url"
script = ["stack/backup.sh", "--all"]
smoke = ["sudo", "smoke-test"]
known_failures = ["OpenClaw*"]
[[backup.files]]
artefact = "postgres:{name}"
path = "backups/{name}-*.dump"
[[backup.files]]
artefact = "openclaw:state"
path = "backups/state-*.tar.gz"
[backup.n8n]
[backup.grafana]
url = "http://grafana:3000"
user = "admin"
password_file = "grafana.password"
[backup.restore]
target = "back"
how = "in the safe"
[restic]
restore_root = "stack"
[[restic.repositories]]
name = "nas"
repository_file = "nas.url"
password_file = "nas.password"
env_file = "nas.env"
newer = "26h"
[[restic.repositories]]
name = "disk"
repository = "disk"
password_file = "nas.password"
[zerobyte]
url = "https://zerobyte.example.org/"
user = "vigie"
password_file = "zerobyte.password"
restore_root = "/restore/"
[[zerobyte.repositories]]
name = "vpai-backups"
type = "s3"
[[zerobyte.volumes]]
name = "vpai-postgres"
path = "/opt/javisi/backups/pg_dump"
[[zerobyte.jobs]]
name = "DB Full"
volume = "vpai-postgres"
cron = "30  3 * * 7"
keep = { last = 3, days = 7, within = "14d" }
[[zerobyte.jobs]]
name = "Redis"
[scores]
dsn_file = "scores.dsn"
[loki]
url = "http://loki:3100/"
user = "vigie"
password_file = "loki.password"
label = "container_name"
[grafana]
url = "http://grafana:3000/"
password_file = "grafana.password"
[creative]
url = "https://n8n.example.org/webhook/creative-pipeline"
header_file = "creative.header"
daily_limit = 2.5
deadline = "10m"
[[creative.routes]]
type = "video"
models = ["seedance"]
provider = "byteplus"
price = 0.12
per = "second"
most_seconds = 10
result = "assets"
[[creative.routes]]
type = "image"
provider = "comfyui"
price = 0
broken = "it never worked"
[assets]
dsn_file = "assets.dsn"
[n8n]
url = "http://localhost:5678/"
key_file = "n8n.key"
[openclaw]
channels = ["telegram", "discord"]
personas = { concierge = "Mobutoo" }
link_file = "openclaw.link"
[openclaw.deploy]
variables = "stack/vars.yml"
model = "openclaw_{agent}_model"
run = ["make", "deploy"]
profile = "openclaw_profile"
profiles = ["eco", "premium"]
profile_run = ["make", "PROFILE={profile}"]
limit = "20m"
[log]
level = "debug"
file = "vigie.log"
`

// wholeFiles are what whole names: pairs of a name and what is in it.
var wholeFiles = []string{
	"hook.secret", "hook-secret-value", "ann.totp", "jbsw y3dp ehpk 3pxp\n", "dsn.secret", "postgres://vigie:p%40ssw0rd-long@db/vigie",
	"openclaw.link", "https://admin.example.org/#token=bootstrap-token-1", "stack/vars.yml", "",
	"stack/docker-compose.yml", "", "stack/docker-compose-infra.yml", "",
	"fallback.url", "https://ann:ntfy-password@ntfy.example.org/topic-of-ann\n", "pulse.url", "https://kuma.example.org/api/push/hZ2Yc8aQ5n?status=up&msg=all+is+well",
	"n8n.header", "authorization: Basic YW5uOmJhc2ljLXBhc3N3b3Jk", "beat.secret", "beat-0123456789abcdef", "kuma.secret", "kuma-0123456789abcdef",
	"creative.header", "X-Webhook-Secret: creative-secret-1", "assets.dsn", "postgres://reader:assets-password@db/n8n", "scores.dsn", "postgres://reader:scores-password@db/n8n", "litellm.dsn", "postgres://reader:litellm-password@db/litellm", "model.key", "sk-model-key-1", "bot.token", "987654321:AAF-another-token-of-another-bot-xxx",
	"pg.password", "pg-password-1", "n8n.password", "n8n-password-1", "redis.password", "redis-password-1", "qdrant.key", "qdrant-key-1",
	"backup.url", "https://kuma.example.org/api/push/bK7Wd2xP4m", "stack/backup.sh", "", "nas.url", "rest:https://ann:nas%2Dword-1@nas.lan/vigie", "nas.password", "nas-password-1",
	"nas.env", "# of the bucket\r\nAWS_ACCESS_KEY_ID=nas-id-1\n\nAWS_SECRET_ACCESS_KEY = nas-secret=1\nAWS_SESSION_TOKEN=tok1\nAWS_DEFAULT_REGION=eu-west-3\nAWS_S3_PATH_STYLE=true\n", "zerobyte.password", "zerobyte-password-1",
	"grafana.password", "grafana-password-1", "loki.password", "loki-password-1", "n8n.key", "n8n-api-key-1",
}

func loadWhole(t testing.TB) *Config {
	t.Helper()
	c, err := load(t, whole, env(EnvToken, token), wholeFiles...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
