package main

import (
	"context"
	"strings"

	"vigie/ops"
	"vigie/ops/backup"
	"vigie/ops/docker"
)

// restoreAll is how the whole stack comes back: nothing where nobody can restore anything.
func (b *bot) restoreAll(r *restores) backup.Restore {
	if r.postgres == nil && r.redis == nil && r.qdrant == nil {
		return backup.Restore{}
	}
	c := b.cfg.Backup.Restore
	all := backup.Restore{Target: c.Target, How: ops.Text(c.How), Expect: c.Expect, Phases: c.Phases, Data: c.Data, Bring: bring{b.stack}, Into: into{r}}
	if b.stack.Compose == nil {
		all.Phases, all.Data = nil, "" // what is not known to compose is not brought up
		return all
	}
	if len(all.Phases) == 0 { // found out from the containers
		files, err := b.stack.Compose.Files(context.Background())
		if err != nil { // the phases that can be read are brought up; /up says what is wrong with the rest
			b.log.Warn().Err(err).Msg("a compose file cannot be read, so a full restore leaves its phase out")
		}
		for _, f := range files {
			all.Phases = append(all.Phases, f.Phase)
		}
	}
	if all.Data == "" && len(all.Phases) > 0 {
		all.Data = all.Phases[0]
	}
	return all
}

// bring brings phases of the stack up for a restore of everything.
type bring struct{ *docker.Stack }

func (b bring) Up(ctx context.Context, phase string) (backup.Rise, error) {
	rise, err := b.Bringing(ctx, phase)
	return backup.Rise(rise), err
}

// into restores one artefact of a backup into what it came from.
type into struct{ *restores }

func (i into) Steps(_ context.Context, artefact, path, attempt string) (steps []ops.Step, _ []ops.Fact, locks []string, err error) {
	kind, name, _ := strings.Cut(artefact, ":")
	switch {
	case kind == "postgres" && i.postgres != nil && name != "":
		steps, locks = i.postgres.Arriving(name, path, attempt)
	case artefact == "redis" && i.redis != nil:
		steps, locks = i.redis.Arriving(path, attempt)
	case kind == "qdrant" && i.qdrant != nil && name != "":
		steps, locks = i.qdrant.Arriving(name, path, attempt)
	}
	return steps, nil, locks, nil
}
