package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"vigie/bot/botapi"
)

const (
	restarts = 20
	// look is how long the proof of a restart pauses between two looks at the container.
	look = time.Second
)

// runs measures what a run adds to the restart that it carries out: planning again, the journal, the workflow engine, the
// looks that prove it, the message that says so. The restart call itself and the proof's pauses are taken off.
func (b *bench) runs(ctx context.Context) ([]row, error) {
	r, err := openRoom(botapi.Limits{})
	if err != nil {
		return nil, err
	}
	defer r.close()
	through, err := openProxy(b.dir)
	if err != nil {
		return nil, err
	}
	defer through.close()
	p, err := b.live(ctx, r, b.programs.unpaced, through.socket)
	if err != nil {
		return nil, err
	}
	defer p.kill()
	var got, first, bare []time.Duration
	for range restarts {
		run, err := b.restartOnce(ctx, r, p, through)
		if err != nil {
			return nil, err
		}
		got, first = append(got, run.added), append(first, run.untilCall)
		began := time.Now()
		if err := b.town.restart(ctx, well); err != nil {
			return nil, err
		}
		bare = append(bare, time.Since(began))
	}
	const floorIs = "POST /containers/…/restart"
	return []row{
		{what: "a run: approval → the restart begins", n: len(first), got: times(first), floor: times(bare), floorIs: floorIs},
		{what: "a run: all that it adds to a restart, until «done» is shown", n: len(got), got: times(got), floor: times(bare), floorIs: floorIs},
	}, p.stop()
}

type oneRun struct{ untilCall, added time.Duration }

func (b *bench) restartOnce(ctx context.Context, r *room, p *process, through *proxy) (run oneRun, err error) {
	const chat = firstChat
	plan, err := r.plan(ctx, p, chat, "/restart "+well)
	if err != nil {
		return run, err
	}
	r.forget()
	through.forget()
	began := time.Now()
	if _, err := r.Tap(chat, chat, plan.MessageID, plan.Labels()[0]); err != nil {
		return run, fmt.Errorf("approving: %w", err)
	}
	done, err := r.until(ctx, p, "the end of the run", func(c call) bool {
		return c.method == "editMessageText" && (strings.HasPrefix(c.text, "🟢") || strings.HasPrefix(c.text, "🔴") || strings.HasPrefix(c.text, "🟠"))
	})
	if err != nil {
		return run, err
	}
	if !strings.HasPrefix(done.text, "🟢") {
		return run, fmt.Errorf("the run ended with %q", done.text)
	}
	run.added = done.at.Sub(began)
	looks := 0
	for _, s := range through.spans() {
		switch {
		case s.restart:
			run.untilCall = s.from.Sub(began)
			run.added -= s.to.Sub(s.from)
		case s.proof && run.untilCall > 0:
			looks++
		}
	}
	if run.untilCall == 0 || looks == 0 {
		return run, errors.New("the engine was not asked for a restart and its proof")
	}
	run.added -= time.Duration(looks-1) * look
	return run, nil
}

// restart is the bare call.
func (t *town) restart(ctx context.Context, service string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://docker/containers/"+t.container(service)+"/restart", nil)
	if err != nil {
		return fmt.Errorf("restarting: %w", err)
	}
	answer, err := t.bare.Do(r)
	if err != nil {
		return fmt.Errorf("restarting: %w", err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusNoContent {
		return fmt.Errorf("restarting: %s: %s, %w", answer.Status, said, err)
	}
	return nil
}
