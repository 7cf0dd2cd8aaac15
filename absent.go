package main

import (
	"vigie/ops"
	"vigie/ops/assets"
	"vigie/ops/backup"
	"vigie/ops/bots"
	"vigie/ops/checks"
	"vigie/ops/comfyui"
	"vigie/ops/creative"
	"vigie/ops/fresh"
	"vigie/ops/grafana"
	"vigie/ops/host"
	"vigie/ops/litellm"
	"vigie/ops/loki"
	"vigie/ops/models"
	"vigie/ops/n8n"
	"vigie/ops/openclaw"
	"vigie/ops/postgres"
	"vigie/ops/qdrant"
	"vigie/ops/redis"
	"vigie/ops/remotion"
	"vigie/ops/restic"
	"vigie/ops/scores"
	"vigie/ops/studio"
	"vigie/ops/victoria"
	"vigie/ops/zerobyte"
)

// absent are the commands that g does not have, each with the part of the configuration that would bring it: who reads of one in the
// documentation and types it is told that, and not that there is no such thing.
func absent(g *ops.Gate) map[string]string {
	list := map[string]string{}
	for table, all := range map[string]ops.Bound{ // bound to nothing: only their names are read
		"[backup]": backup.Bind(nil), "[[bots]]": bots.Bind(nil), "[[checks]]": checks.Bind(nil), "[comfyui]": comfyui.Bind(nil), "[comfyui.downloads]": comfyui.BindKeeping(nil),
		"[[files]]": fresh.Bind(nil), "[hosts.NAME]": host.Bind(nil), "[litellm]": joined(litellm.Bind(nil), models.Bind(nil)),
		"[n8n]": n8n.Bind(nil), "[openclaw]": openclaw.Bind(nil), "[postgres]": postgres.Bind(nil), "[qdrant]": qdrant.Bind(nil),
		"[redis]": redis.Bind(nil), "[remotion]": remotion.Bind(nil), "[restic]": restic.Bind(nil), "[assets]": assets.Bind(nil), "[creative]": creative.Bind(nil), "[loki]": loki.Bind(nil), "[grafana]": grafana.Bind(nil),
		"[scores]":          scores.Bind(nil),
		"[victoriametrics]": victoria.Bind(nil), "[studio]": studio.Bind(nil), "[zerobyte]": zerobyte.Bind(nil),
	} {
		for _, op := range all.Ops {
			if _, there := g.Op(op.Command); !there {
				list[op.Command] = table
			}
		}
	}
	if list["agent_profile"] != "" { // which takes more than an OpenClaw
		list["agent_profile"] = "[openclaw.deploy]"
	}
	return list
}

func joined(all ...ops.Bound) (b ops.Bound) {
	for _, one := range all {
		b.Ops = append(b.Ops, one.Ops...)
	}
	return b
}
