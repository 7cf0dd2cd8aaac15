package commands

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"vigie/ops"
)

// liveLimit is how long an answer is kept up to date before it stops by itself: long enough to watch a start,
// short enough that a forgotten one does not edit a message all night.
const liveLimit = 15 * time.Minute

// startLive shows a live answer with a Stop button and keeps it up to date.
func (d *Desk) startLive(ctx context.Context, s Said, place ops.Place, a ops.Answer) {
	id := fmt.Sprintf("%x", rand.Text()[:8])
	follow, live := a.Live, a
	stop := ops.Button{Label: ops.T("Stop", "Arrêter"), Data: LiveTap + id + ":s"}
	screen := d.screen(place)
	lasting, end := context.WithTimeout(context.WithoutCancel(ctx), liveLimit)
	d.mu.Lock()
	if d.lives == nil {
		d.lives = map[string]context.CancelFunc{}
	}
	d.lives[id] = end
	d.mu.Unlock()
	message, err := screen.Show(ctx, place, s.Who.Lang, withRow(live, stop))
	if err != nil {
		d.broken(fmt.Errorf("showing an answer: %w", err))
		d.endLive(id)
		return
	}
	d.work.Add(1)
	go func() { // waited for in Close, ended by endLive, liveLimit or the source
		defer d.work.Done()
		defer d.endLive(id)
		err := follow(lasting, func(newer ops.Answer) {
			live = newer
			screen.Update(message, s.Who.Lang, withRow(newer, stop))
		})
		why := ops.T("⚪ no longer followed", "⚪ plus suivi")
		if err != nil && lasting.Err() == nil {
			why = ops.T("⚪ the end: %s", "⚪ fin : %s", ops.SayOf(err))
		}
		live.Live = nil
		live.Line(why)
		screen.Update(message, s.Who.Lang, live)
	}()
}

func withRow(a ops.Answer, b ops.Button) ops.Answer {
	a.Buttons = append([][]ops.Button{{b}}, a.Buttons...)
	return a
}

func (d *Desk) endLive(id string) {
	d.mu.Lock()
	end := d.lives[id]
	delete(d.lives, id)
	d.mu.Unlock()
	if end != nil {
		end()
	}
}
