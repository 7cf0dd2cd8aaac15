package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"vigie/bot/botapi"
	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
	"vigie/ops/docker"
	"vigie/policies"
)

const (
	// statuses are asked for, or on a machine that is busy with other things as many as fit into statusTime, at least 100.
	statuses   = 300
	statusTime = 35 * time.Second
	// between keeps two messages so far apart that the bot, which holds itself to 28 a second, never waits.
	between = 42 * time.Millisecond
)

func (b *bench) settle(n int) func(context.Context) ([]row, error) {
	return func(ctx context.Context) ([]row, error) { return nil, b.town.grow(ctx, n) }
}

// statusOf measures /status beside the bare list, in turns, so that what else the machine does strikes both.
func (b *bench) statusOf(n int) func(context.Context) ([]row, error) {
	return func(ctx context.Context) ([]row, error) {
		r, err := openRoom(botapi.Limits{})
		if err != nil {
			return nil, err
		}
		defer r.close()
		p, err := b.live(ctx, r, b.programs.vigie, socket)
		if err != nil {
			return nil, err
		}
		defer p.kill()
		got, bare, err := b.inTurns(ctx, func(i int) (time.Duration, error) {
			return r.ask(ctx, p, int64(firstChat+i%chats), "/status")
		})
		if err != nil {
			return nil, err
		}
		used, err := memoryOf(p.cmd.Process.Pid)
		if err != nil {
			return nil, err
		}
		if err := p.stop(); err != nil {
			return nil, err
		}
		if n == 50 {
			b.status50, b.status50n = times(got), len(got)
		}
		cli, err := dockerPS(ctx, 30)
		if err != nil {
			return nil, err
		}
		what := fmt.Sprintf("/status, %d containers: message → answer", n)
		rows := []row{
			{what: what, n: len(got), got: times(got), floor: times(bare), floorIs: "GET /containers/json", aim: 20, aimAtMost: true},
			{what: what, n: len(got), got: times(got), floor: times(cli), floorIs: fmt.Sprintf("docker ps -a (n %d)", len(cli))},
		}
		if n == 50 {
			rows[0].aim, rows[0].aimAtMost = 0, false
			return rows, nil
		}
		more, err := b.withoutTelegram(ctx, n)
		rows = append(rows, more...)
		return append(rows, row{what: fmt.Sprintf("RSS after %d /status, %d containers", len(got), n), n: 1, got: value(used["Rss"], "MB"), place: 55}), err
	}
}

// inTurns measures ask and the bare list, one after the other.
func (b *bench) inTurns(ctx context.Context, ask func(i int) (time.Duration, error)) (got, bare []time.Duration, err error) {
	tick := time.NewTicker(between)
	defer tick.Stop()
	start := time.Now()
	for i := range statuses + 5 {
		if len(got) >= 100 && time.Since(start) > statusTime {
			break
		}
		took, err := ask(i)
		if err != nil {
			return nil, nil, err
		}
		began := time.Now()
		if err := b.town.list(ctx); err != nil {
			return nil, nil, err
		}
		if i >= 5 { // the first ones make the connections
			got, bare = append(got, took), append(bare, time.Since(began))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	return got, bare, nil
}

func dockerPS(ctx context.Context, n int) (list []time.Duration, err error) {
	for range n {
		cmd := exec.CommandContext(ctx, "docker", "ps", "-a")
		cmd.Env = append(os.Environ(), "DOCKER_HOST=unix://"+socket)
		began := time.Now()
		if _, err := cmd.Output(); err != nil {
			return nil, fmt.Errorf("docker ps: %w", err)
		}
		list = append(list, time.Since(began))
	}
	return list, nil
}

// withoutTelegram is /status through the gate, in this process.
func (b *bench) withoutTelegram(ctx context.Context, n int) (rows []row, err error) {
	dir, err := os.MkdirTemp(b.dir, "gate-")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	if err := b.town.compose(dir); err != nil {
		return nil, err
	}
	files, err := docker.OpenCompose(docker.ComposeOptions{Project: b.town.project, Dir: dir, Docker: "unix://" + socket,
		Files: []docker.ComposeFile{{Path: filepath.Join(dir, "docker-compose.yml"), Phase: "apps"}}})
	if err != nil {
		return nil, fmt.Errorf("opening the compose file: %w", err)
	}
	engine, err := docker.Dial("unix://" + socket)
	if err != nil {
		return nil, fmt.Errorf("preparing the engine: %w", err)
	}
	defer engine.Close()
	store, err := data.Open(ctx, data.Options{Path: filepath.Join(dir, "vigie.db")})
	if err != nil {
		return nil, fmt.Errorf("opening a store: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	policy, problems := policies.New(nil, policies.Known{})
	if len(problems) > 0 {
		return nil, fmt.Errorf("making a policy: %v", problems)
	}
	gate := &ops.Gate{Policy: policy, Store: store, Runner: runs.NewDirect(nil)}
	if err := gate.Open(docker.Bind(&docker.Stack{Host: engine, Compose: files, Project: b.town.project})); err != nil {
		return nil, fmt.Errorf("opening the gate: %w", err)
	}
	defer func() { err = errors.Join(err, gate.Close(context.WithoutCancel(ctx))) }()
	who := ops.Caller{ID: 1, Name: "bench", Role: ops.Admin, Via: "bench"}
	got, bare, err := b.inTurns(ctx, func(int) (time.Duration, error) {
		began := time.Now()
		_, _, err := gate.Ask(ctx, who, ops.Ask{Op: "docker.status"}, "")
		return time.Since(began), err
	})
	if err != nil {
		return nil, err
	}
	return []row{{what: fmt.Sprintf("/status, %d containers: without Telegram", n), n: len(got), got: times(got),
		floor: times(bare), floorIs: "GET /containers/json"}}, nil
}
