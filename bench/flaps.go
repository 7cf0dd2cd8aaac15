package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vigie/bot/botapi"
)

const flaps = 30

// flapping has one container become unhealthy and healthy again many times, which is told at once.
func (b *bench) flapping(ctx context.Context) ([]row, error) {
	r, err := openRoom(botapi.Limits{})
	if err != nil {
		return nil, err
	}
	defer r.close()
	if err := b.town.start(context.WithoutCancel(ctx), ill); err != nil { // what is begun is ended, and can then be removed
		return nil, err
	}
	p, err := b.live(ctx, r, b.programs.vigie, socket, route("container:"+ill, "u0"))
	if err != nil {
		return nil, err
	}
	defer p.kill()
	raw, err := b.town.listen(ctx, b.town.bare)
	if err != nil {
		return nil, err
	}
	defer raw.close()
	if err := p.settled(ctx); err != nil {
		return nil, err
	}
	var at []time.Time
	for range flaps {
		for _, health := range []string{"unhealthy", "healthy"} {
			if err := b.town.turn(ctx, ill); err != nil {
				return nil, err
			}
			a, err := raw.until(ctx, ill, "health_status: "+health)
			if err != nil {
				return nil, err
			}
			at = append(at, a.came)
		}
	}
	if err := pause(ctx, after); err != nil {
		return nil, err
	}
	n, edits, _ := r.traffic()
	if !strings.Contains(r.said(firstChat), ill+" unhealthy") {
		return nil, errors.New("it was never said to be unhealthy")
	}
	return []row{{what: fmt.Sprintf("%d flaps within %s: messages", flaps, at[len(at)-1].Sub(at[0]).Round(time.Second)), n: 1, note: fmt.Sprintf("and %d edits", edits),
		got: count(n, "messages"), floor: count(len(at), "messages"), floorIs: "one for each event", aim: 3, aimAtMost: true}}, errors.Join(p.stop(), b.town.drop(ctx, ill))
}
