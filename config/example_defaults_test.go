package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A default that the example shows is the default.
func TestExampleShowsTheDefaults(t *testing.T) {
	shown, err := loadExample(t, uncommented(example(t)))
	if err != nil {
		t.Fatal(err)
	}
	c, err := loadExample(t, example(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct{ what, shown, holds any }{
		{"approval_ttl", shown.ApprovalTTL, c.ApprovalTTL}, {"api_url", shown.Telegram.APIURL, c.Telegram.APIURL},
		{"store.path", filepath.Base(shown.Store.Path), filepath.Base(c.Store.Path)}, {"http.listen", shown.HTTP.Listen, c.HTTP.Listen},
		{"docker", shown.Hosts["vps"].Docker, c.Hosts["local"].Docker}, {"wait", shown.Stack.Wait, c.Stack.Wait}, {"level", shown.Log.Level, c.Log.Level},
		{"disk", fmt.Sprint(shown.Hosts["vps"].Disk), fmt.Sprint(c.Hosts["local"].Disk)}, {"memory", fmt.Sprint(shown.Hosts["vps"].Memory), fmt.Sprint(c.Hosts["local"].Memory)},
		{"load", shown.Hosts["vps"].Load, c.Hosts["local"].Load}, {"watch", shown.Watch, c.Watch},
		{"alerts.lang", shown.Alerts.Lang, c.Alerts.Lang}, {"escalate_after", shown.Alerts.EscalateAfter, c.Alerts.EscalateAfter}, {"storm", shown.Alerts.Storm, c.Alerts.Storm},
		{"remind", shown.Alerts.RemindEvery, c.Alerts.RemindEvery}, {"remind", shown.Alerts.RemindCriticalEvery, c.Alerts.RemindCriticalEvery},
		{"never", slices.Sorted(maps.Keys(shown.Never))[2], slices.Sorted(maps.Keys(c.Never))[2]}, {"never", len(shown.Never), len(c.Never)},
	} {
		if v.shown != v.holds {
			t.Errorf("%s: the example shows %v, the default is %v", v.what, v.shown, v.holds)
		}
	}
}

// What the manual shows for things that may come several times is what holds for one that says no more than it must.
func TestExampleShowsTheDefaultsOfLists(t *testing.T) {
	shown, err := loadExample(t, uncommented(example(t)))
	if err != nil {
		t.Fatal(err)
	}
	c, err := load(t, minimal+`
[[alerts.repair]]
service = "n8n"
kind = "died"
op = "/start"
[alerts.fallback]
url_file = "a.url"
[[checks]]
name = "n8n"
url = "https://n8n"
[[files]]
name = "x"
path = "/x"
[[heartbeats]]
name = "x"
every = "24h"
secret_file = "a.secret"
[pulse]
url_file = "a.url"
[hooks.alertmanager]
secret_file = "a.secret"
[litellm]
dsn = "postgres://db/x"
[model]
url = "https://x/v1"
key_file = "a.secret"
name = "x"
[[bots]]
name = "x"
token_file = "telegram.token"
`, none, "a.url", "https://ntfy.sh/x", "a.secret", strings.Repeat("a", 16))
	if err != nil {
		t.Fatal(err)
	}
	sc, cc := shown.Checks[0], c.Checks[0]
	for _, v := range []struct{ what, shown, holds any }{
		{"at_most", shown.Alerts.Repairs[0].AtMost, c.Alerts.Repairs[0].AtMost}, {"within", shown.Alerts.Repairs[0].Within, c.Alerts.Repairs[0].Within},
		{"format", shown.Alerts.Fallback.Format, c.Alerts.Fallback.Format}, {"after", shown.Alerts.Fallback.After, c.Alerts.Fallback.After},
		{"every", sc.Every, cc.Every}, {"timeout", sc.Timeout, cc.Timeout}, {"fails", sc.Fails, cc.Fails},
		{"insecure", sc.Insecure, cc.Insecure}, {"severity", sc.Severity, cc.Severity},
		{"count", shown.Files[0].Count, c.Files[0].Count}, {"severity", shown.Files[0].Severity, c.Files[0].Severity},
		{"severity", shown.Heartbeats[0].Severity, c.Heartbeats[0].Severity}, {"a tenth of every", 144 * time.Minute, time.Duration(c.Heartbeats[0].Grace)},
		{"every", shown.Pulse.Every, c.Pulse.Every}, {"kind", shown.Hooks["alertmanager"].Kind, c.Hooks["alertmanager"].Kind},
		{"severity", shown.Hooks["alertmanager"].Severity, c.Hooks["alertmanager"].Severity},
		{"every", shown.LiteLLM.Every, c.LiteLLM.Every}, {"warn", fmt.Sprint(shown.LiteLLM.Warn), fmt.Sprint(c.LiteLLM.Warn)}, {"any webhook", "*", c.Bots[0].Webhook},
		{"budget", shown.Model.Budget, c.Model.Budget}, {"timeout", shown.Model.Timeout, c.Model.Timeout}, {"max_tokens", shown.Model.MaxTokens, c.Model.MaxTokens},
		{"price_in", shown.Model.PriceIn, c.Model.PriceIn}, {"price_out", shown.Model.PriceOut, c.Model.PriceOut},
	} {
		if v.shown != v.holds {
			t.Errorf("%s: the example shows %v, the default is %v", v.what, v.shown, v.holds)
		}
	}
}

func TestExampleShowsTheDefaultsOfBackups(t *testing.T) {
	shown, err := loadExample(t, uncommented(example(t)))
	if err != nil {
		t.Fatal(err)
	}
	c, err := load(t, minimal+`
[postgres]
dump_dir = "d"
[redis]
dumps = ["d/*.rdb"]
[backup]
dir = "b"
rehearse = "30 4 * * *"
[backup.n8n]
[backup.restore]
target = "r"
[[restic.repositories]]
name = "x"
repository = "d"
password_file = "a.secret"
[comfyui]
url = "http://comfyui:8188"
[creative]
url = "http://n8n:5678/webhook/creative-pipeline"
[[creative.routes]]
type = "image"
provider = "comfyui"
price = 0
result = "comfyui"
[assets]
dsn = "postgres://reader@db/n8n"
[remotion]
url = "http://remotion:3200"
[[remotion.compositions]]
name = "HelloWorld"
[studio]
project = "creative"
files = ["/opt/workstation/comfyui/docker-compose-creative.yml"]
[zerobyte]
url = "https://zerobyte"
key_file = "a.secret"
[n8n]
url = "https://n8n"
key_file = "a.secret"
[openclaw]
[openclaw.deploy]
variables = "infra.yml"
model = "openclaw_{agent}_model"
run = ["make"]
[stack]
files = ["infra.yml", "apps.yml"]
`, none, "a.secret", strings.Repeat("a", 16), "infra.yml", "", "apps.yml", "", "d/", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct{ what, shown, holds any }{
		{"service", shown.Postgres.Service, c.Postgres.Service}, {"user", shown.Postgres.User, c.Postgres.User}, {"service", shown.Redis.Service, c.Redis.Service},
		{"dump_dir/*.dump", filepath.Base(shown.Postgres.Dumps[0]), filepath.Base(c.Postgres.Dumps[0])},
		{"newer", shown.Backup.Newer, c.Backup.Newer}, {"band", shown.Backup.Band, c.Backup.Band}, {"keep", shown.Backup.Keep, c.Backup.Keep},
		{"proved_within", shown.Backup.ProvedWithin, c.Backup.ProvedWithin}, {"data", shown.Backup.Restore.Data, c.Backup.Restore.Data},
		{"phases", fmt.Sprint(shown.Backup.Restore.Phases), fmt.Sprint(c.Backup.Restore.Phases)},
		{"service", shown.Backup.N8N.Service, c.Backup.N8N.Service},
		{"program", shown.Restic.Program, c.Restic.Program}, {"every", shown.Restic.Every, c.Restic.Every}, {"every", shown.Zerobyte.Every, c.Zerobyte.Every},
		{"every", shown.N8N.Every, c.N8N.Every}, {"every", shown.OpenClaw.Every, c.OpenClaw.Every}, {"limit", shown.OpenClaw.Deploy.Limit, c.OpenClaw.Deploy.Limit}, {"service", shown.OpenClaw.Service, c.OpenClaw.Service},
		{"program", fmt.Sprint(shown.OpenClaw.Program), fmt.Sprint(c.OpenClaw.Program)}, {"channels", fmt.Sprint(shown.OpenClaw.Channels), fmt.Sprint(c.OpenClaw.Channels)},
		{"deadline", shown.Creative.Deadline, c.Creative.Deadline}, {"databases", fmt.Sprint(shown.Assets.Databases), fmt.Sprint(c.Assets.Databases)},
		{"wait", shown.Studio.Wait, c.Studio.Wait}, {"comfyui", shown.Studio.ComfyUI, c.Studio.ComfyUI}, {"remotion", shown.Studio.Remotion, c.Studio.Remotion}, {"dir", shown.Studio.Dir, c.Studio.Dir},
		{"workflow", shown.ComfyUI.Workflow, c.ComfyUI.Workflow}, {"sizes", fmt.Sprint(shown.ComfyUI.Sizes), fmt.Sprint(c.ComfyUI.Sizes)},
	} {
		if v.shown != v.holds {
			t.Errorf("%s: the example shows %v, the default is %v", v.what, v.shown, v.holds)
		}
	}
}
