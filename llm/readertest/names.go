package readertest

import (
	"strings"

	"vigie/ops"
)

// Names are what exists in the world of the sentences: a stack of some sixty services, its databases, dumps and the rest.
func Names(list []ops.Op) map[string][]ops.Choice {
	services := "postgresql redis qdrant caddy socket-proxy n8n-init n8n litellm openclaw palais nocodb plane-web plane-admin plane-api plane-worker plane-beat " +
		"plane-minio kitsu firefly-iii zimboo gotenberg msg2md carbone mailhog typebot-builder typebot-viewer trek cadvisor victoriametrics loki alloy grafana " +
		"diun metube opencut opencode videoref dufs couchdb grapesjs pandoc-api cf-api cf-worker suite-web suite-api postiz prisme headscale uptime-kuma " +
		"zerobyte vaultwarden gitea comfyui remotion mealie grocy koodia stirling-pdf trip chat"
	m := map[string][]ops.Choice{}
	for _, name := range strings.Fields(services) {
		container := "javisi_" + strings.ReplaceAll(strings.TrimSuffix(name, "-iii"), "-", "_")
		m["service"] = append(m["service"], ops.Choice{Value: name, Also: []string{container}})
	}
	m["image"] = append(m["service"][:len(m["service"]):len(m["service"])], all)
	for _, s := range m["service"] {
		m["subject"] = append(m["subject"], ops.Choice{Value: "container:" + s.Value, Also: []string{s.Value}})
	}
	for _, s := range strings.Fields("host:sese-ai host:waza budget:openrouter budget:anthropic check:n8n-web file:pg_dump beat:backup job:DB-Full bot:alertes") {
		_, short, _ := strings.Cut(s, ":")
		m["subject"] = append(m["subject"], ops.Choice{Value: s, Also: []string{short}})
	}
	m["subject"] = append(m["subject"], all)
	m["phase"] = append(choices("infra apps"), all)
	m["database"] = choices("n8n litellm nocodb plane kitsu firefly palais postiz typebot")
	m["dumpable"] = append(m["database"][:len(m["database"]):len(m["database"])], all)
	m["dump"] = choices("n8n_20261123_025500.dump n8n_20261124_025500.dump n8n_20261124_233000.dump n8n_20261125_025501.dump nocodb_20261125_025510.dump litellm_20261125_025520.dump")
	m["redis-dump"] = choices("redis_20261124.rdb redis_20261125.rdb")
	m["host"], m["check"] = choices("sese-ai waza"), choices("n8n-web grafana-web tls")
	m["fresh"], m["restic"] = choices("pg_dump backup qdrant-snapshots"), choices("vpai-backups vpai-offsite")
	m["zerobyte_job"] = []ops.Choice{{Value: "DB Full"}, {Value: "Qdrant Daily"}, {Value: "Configs"}}
	m["openclaw_agent"], m["openclaw_profile"] = choices("main writer builder explorer maintainer"), choices("eco balanced premium openai")
	for _, model := range strings.Fields("glm-5 claude-haiku qwen3-coder deepseek-v3") {
		m["openclaw_model"] = append(m["openclaw_model"], ops.Choice{Value: "litellm/" + model, Also: []string{model}})
	}
	m["studio_service"] = choices("comfyui remotion metube videoref")
	m["comfyui_model"], m["comfyui_known"], m["comfyui_kept"] = choices("dawn.safetensors"), checkpoints("dreamshaper_8 sd_turbo"), checkpoints("dreamshaper_8")
	m["comfyui_workflow"] = choices("text")
	m["backup-what"], m["backup-view"] = choices("script own postgres:n8n"), choices("check smoke postgres:n8n")
	for _, op := range list {
		m["command"] = append(m["command"], ops.Choice{Value: op.Command, Also: []string{"/" + op.Command}})
	}
	return m
}

var all = ops.Choice{Value: "all", Also: []string{"tout", "tous", "everything"}}

func choices(names string) (list []ops.Choice) {
	for _, n := range strings.Fields(names) {
		list = append(list, ops.Choice{Value: n})
	}
	return list
}

func checkpoints(names string) (list []ops.Choice) {
	for _, n := range strings.Fields(names) {
		list = append(list, ops.Choice{Value: n + ".safetensors", Also: []string{n}})
	}
	return list
}
