package readertest

import (
	"vigie/alerts"
	"vigie/commands"
	"vigie/ops"
	"vigie/ops/assets"
	"vigie/ops/backup"
	"vigie/ops/bots"
	"vigie/ops/checks"
	"vigie/ops/comfyui"
	"vigie/ops/creative"
	"vigie/ops/docker"
	"vigie/ops/fresh"
	"vigie/ops/grafana"
	"vigie/ops/host"
	"vigie/ops/litellm"
	"vigie/ops/loki"
	"vigie/ops/openclaw"
	"vigie/ops/postgres"
	"vigie/ops/redis"
	"vigie/ops/restic"
	"vigie/ops/studio"
	"vigie/ops/zerobyte"
)

// Ops are all that Vigie can be asked. Nothing stands behind them: they are there to be read for.
func Ops() ([]ops.Op, error) {
	saves, err := backup.New(backup.Options{Stack: "javisi", Restore: backup.Restore{Into: nobody{}}})
	if err != nil {
		return nil, err
	}
	g := &ops.Gate{}
	err = g.Open(docker.Bind(nil), assets.Bind(nil), backup.Bind(saves), bots.Bind(nil), checks.Bind(nil), comfyui.Bind(nil), comfyui.BindKeeping(nil), creative.Bind(nil), fresh.Bind(nil), host.Bind(nil), litellm.Bind(nil), openclaw.Bind(nil), postgres.Bind(nil),
		grafana.Bind(nil), loki.Bind(nil), redis.Bind(nil), restic.Bind(nil), zerobyte.Bind(nil), studio.Bind(nil), alerts.Bind(nil), commands.Bind(nil))
	return g.Ops(), err
}

type nobody struct{ backup.Restorer }
