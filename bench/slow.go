package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"

	"vigie/bot/botapi"
)

// besideSlow measures /status from other chats while two restarts wait for containers that do not want to stop.
func (b *bench) besideSlow(ctx context.Context) ([]row, error) {
	if b.status50.unit == "" {
		return nil, errors.New("there is no /status without slow ops to compare with")
	}
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
	before, err := b.startedAt(ctx)
	if err != nil {
		return nil, err
	}
	if err := b.beginSlow(ctx, r, p); err != nil {
		return nil, err
	}
	got, err := r.askAll(ctx, p, firstChat+2, chats-2)
	if err != nil {
		return nil, err
	}
	after, err := b.startedAt(ctx)
	if err != nil {
		return nil, err
	}
	if after != before {
		return nil, errors.New("a slow op was over before the 100 answers were there")
	}
	return []row{{what: "100 /status while two slow restarts run, 50 containers", n: len(got), got: times(got),
		floor: b.status50, floorIs: fmt.Sprintf("the same with nothing else going on (n %d)", b.status50n)}}, nil
}

// askAll has n people ask for /status, one every between, whether or not the one before has an answer.
func (r *room) askAll(ctx context.Context, p *process, first, n int) (took []time.Duration, err error) {
	asked := map[int64]time.Time{}
	r.forget()
	late := time.After(time.Minute)
	tick := time.NewTicker(between)
	defer tick.Stop()
	for len(took) < n {
		select {
		case <-tick.C:
			if len(asked) == n {
				continue
			}
			chat := int64(first + len(asked))
			asked[chat] = time.Now()
			if _, err := r.Say(chat, chat, "/status"); err != nil {
				return nil, fmt.Errorf("saying /status: %w", err)
			}
		case c := <-r.calls:
			if at := asked[c.chat]; !at.IsZero() && c.method == "sendMessage" {
				took = append(took, c.at.Sub(at))
				asked[c.chat] = time.Time{} // only the first message counts
			}
		case <-p.ended:
			return nil, fmt.Errorf("the bot ended: %v: %s", p.err, p.lastWords())
		case <-late:
			return nil, fmt.Errorf("%d of %d answers within a minute", len(took), n)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return took, nil
}

// beginSlow asks for both restarts and approves them, and returns when both containers have been told to stop.
func (b *bench) beginSlow(ctx context.Context, r *room, p *process) error {
	args := filters.NewArgs(filters.Arg("event", "kill"), filters.Arg("container", b.town.container(slowOne)), filters.Arg("container", b.town.container(slowTwo)))
	told, failed := b.town.api.Events(ctx, events.ListOptions{Filters: args})
	for i, service := range []string{slowOne, slowTwo} {
		if err := b.approve(ctx, r, p, int64(firstChat+i), "/restart "+service); err != nil {
			return err
		}
	}
	late := time.NewTimer(5 * time.Second)
	defer late.Stop()
	for range 2 {
		select {
		case <-told:
		case err := <-failed:
			return fmt.Errorf("following the engine's events: %w", err)
		case <-late.C:
			return errors.New("the slow restarts have not begun within 5 s")
		}
	}
	return nil
}

// approve asks for a plan and taps what carries it out.
func (b *bench) approve(ctx context.Context, r *room, p *process, chat int64, words string) error {
	plan, err := r.plan(ctx, p, chat, words)
	if err != nil {
		return err
	}
	_, err = r.Tap(chat, chat, plan.MessageID, plan.Labels()[0])
	return err
}

// plan asks for something and waits for the plan, whose first button carries it out.
func (r *room) plan(ctx context.Context, p *process, chat int64, words string) (botapi.Stored, error) {
	if _, err := r.ask(ctx, p, chat, words); err != nil {
		return botapi.Stored{}, err
	}
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return r.WaitMessage(limited, chat, func(m botapi.Stored) bool { return strings.HasPrefix(m.Text, "🔒") && len(m.Labels()) > 0 })
}

// startedAt is when the two slow containers were started.
func (b *bench) startedAt(ctx context.Context) (string, error) {
	var all string
	for _, service := range []string{slowOne, slowTwo} {
		c, err := b.town.api.ContainerInspect(ctx, b.town.container(service))
		if err != nil {
			return "", fmt.Errorf("looking at %s: %w", service, err)
		}
		all += c.State.StartedAt + " "
	}
	return all, nil
}
