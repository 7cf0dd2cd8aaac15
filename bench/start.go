package main

import (
	"context"
	"fmt"
	"os/exec"
	"time"

	"vigie/bot/botapi"
)

const coldStarts = 25

// coldStart measures from exec until the bot hears, on a store that is made and on one that is there; and exec alone.
func (b *bench) coldStart(ctx context.Context) ([]row, error) {
	r, err := openRoom(botapi.Limits{})
	if err != nil {
		return nil, err
	}
	defer r.close()
	var fresh, again, ends, hello, version []time.Duration
	for range coldStarts {
		h, err := b.home(r, socket)
		if err != nil {
			return nil, err
		}
		for _, list := range []*[]time.Duration{&fresh, &again} {
			up, down, err := b.upAndDown(ctx, r, h)
			if err != nil {
				return nil, err
			}
			*list, ends = append(*list, up), append(ends, down)
		}
		for list, cmd := range map[*[]time.Duration]*exec.Cmd{
			&hello: exec.CommandContext(ctx, b.programs.hello), &version: exec.CommandContext(ctx, b.programs.vigie, "version"),
		} {
			began := time.Now()
			if err := cmd.Run(); err != nil {
				return nil, fmt.Errorf("running %s: %w", cmd.Path, err)
			}
			*list = append(*list, time.Since(began))
		}
	}
	return []row{
		{what: "cold start, new store: exec → first getUpdates", n: coldStarts, got: times(fresh), floor: times(hello), floorIs: "a Go hello world, start to end", aim: 100, aimAtMost: true},
		{what: "cold start, store there: exec → first getUpdates", n: coldStarts, got: times(again), floor: times(version), floorIs: "vigie version, start to end", aim: 100, aimAtMost: true},
		{what: "ending in order: SIGTERM → gone", n: len(ends), got: times(ends)},
	}, nil
}

func (b *bench) upAndDown(ctx context.Context, r *room, h home) (up, down time.Duration, err error) {
	r.forget()
	p, err := h.start(ctx, b.programs.vigie)
	if err != nil {
		return 0, 0, err
	}
	defer p.kill()
	first, err := r.until(ctx, p, "the first poll", polls)
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	err = p.stop()
	return first.at.Sub(p.began), time.Since(began), err
}
