package commands

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vigie/ops"
)

// pulse is how often a message tells of the time passed while nothing else changes: well under what Telegram
// allows a chat (20 a minute in a group), often enough to be seen moving.
const pulse = 5 * time.Second

// loudAfter is how long an operation takes before its reader has put the phone away: a failure is then a new
// message with sound, not an edit of one that scrolled by.
const loudAfter = 30 * time.Second

// A show is the telling of one run that this process is running: one goroutine, one message.
type show struct {
	news chan ops.Run // holds the newest state only
}

// Watch tells of a run's newest state in its message. It never blocks: it is called by the Gate.
func (d *Desk) Watch(r ops.Run) {
	if r.State == ops.Waiting {
		d.screen(r.Place).Update(r.Place, r.Who.Lang, d.planned(r))
		return
	}
	d.settleCalls(r)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shows == nil {
		d.shows = map[string]*show{}
	}
	s, telling := d.shows[r.ID]
	if !telling {
		s = &show{make(chan ops.Run, 1)}
		d.shows[r.ID] = s
		d.work.Add(1)
		go d.tell(s, r.ID) // waited for in Close
	}
	select {
	case <-s.news: // overtaken
	default:
	}
	s.news <- r
}

// tell keeps a run's message up to date until the run is over.
func (d *Desk) tell(s *show, id string) {
	defer d.work.Done()
	ctx := context.Background()
	var r ops.Run
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	take := func(news ops.Run) {
		if r.Place != "" && news.Place == d.screen(news.Place).Chat(news.Place) {
			news.Place = r.Place // the message it was given here
		}
		r = news
	}
	for {
		select {
		case news := <-s.news: // before all else, so that an end that was told before Close is shown
			take(news)
		default:
			select {
			case news := <-s.news:
				take(news)
			case <-tick.C:
			case <-d.ending():
				if len(s.news) == 0 {
					return
				}
			}
		}
		if r.ID == "" {
			continue
		}
		if r.Over() {
			d.mu.Lock()
			again := len(s.news) > 0 // the run was told of again while its end was on its way: take that
			if !again {
				delete(d.shows, id)
			}
			d.mu.Unlock()
			if again {
				continue
			}
			d.conclude(ctx, r)
			return
		}
		if r.Place == d.screen(r.Place).Chat(r.Place) {
			message, err := d.screen(r.Place).Show(ctx, r.Place, r.Who.Lang, d.progress(r))
			if err != nil {
				d.broken(fmt.Errorf("telling of a run: %w", err))
			}
			r.Place = message
			continue
		}
		d.screen(r.Place).Update(r.Place, r.Who.Lang, d.progress(r))
	}
}

// conclude tells how a run ended: in its message, or in a new one with sound when it went wrong after its
// reader had time to look away.
func (d *Desk) conclude(ctx context.Context, r ops.Run) {
	a := d.outcome(r)
	screen := d.screen(r.Place)
	bad := r.State == ops.Broke || r.State == ops.Uncertain || r.State == ops.Left
	if bad && !r.Began.IsZero() && r.Ended.Sub(r.Began) > loudAfter && r.Place != screen.Chat(r.Place) {
		a.Loud = true
		screen.Update(r.Place, r.Who.Lang, ops.Say(ops.T("%s · ended, see below", "%s · terminé, voir plus bas", r.Plan.Title)))
		r.Place = screen.Chat(r.Place)
	}
	if err := d.finish(ctx, r, a); err != nil {
		d.broken(fmt.Errorf("telling how a run ended: %w", err))
		return
	}
	if r.State != ops.Left { // what the bot's own end left is told of again when it is back
		if err := d.Gate.Told(ctx, r.ID); err != nil {
			d.broken(fmt.Errorf("noting that a run was told of: %w", err))
		}
	}
}

// finish shows how a run ended, told as a, and what it made. One picture takes the place of all that the message showed before:
// told again after a crash, it is the same message once more. Anything else comes as a message of its own, with its buttons.
func (d *Desk) finish(ctx context.Context, r ops.Run, a ops.Answer) error {
	screen := d.screen(r.Place)
	chat := screen.Chat(r.Place)
	made, ask := d.made(ctx, r, chat)
	if made != nil && r.Place != chat && onePicture(*made) {
		made.Blocks = append(made.Blocks, a.Blocks[1:]...) // how long it took; its first line says what the picture's says better
		for i, row := range a.Buttons {
			if last := len(made.Buttons) - 1; i == 0 && last >= 0 {
				made.Buttons[last] = append(made.Buttons[last], row...)
			} else {
				made.Buttons = append(made.Buttons, row)
			}
		}
		message, err := screen.Show(ctx, r.Place, r.Who.Lang, *made)
		if err == nil {
			d.remember(message, ask.Op)
		}
		return err
	}
	if _, err := screen.Show(ctx, r.Place, r.Who.Lang, a); err != nil {
		return err
	}
	if made == nil {
		return nil
	}
	message, err := screen.Show(ctx, chat, r.Who.Lang, *made)
	if err != nil {
		d.broken(fmt.Errorf("showing what a run made: %w", err))
		return nil
	}
	d.remember(message, ask.Op)
	return nil
}

// made is what a run made, as the op that its plan names shows it; nil if there is nothing to show.
func (d *Desk) made(ctx context.Context, r ops.Run, chat ops.Place) (*ops.Answer, ops.Ask) {
	if r.State != ops.Succeeded || r.Plan.Shows == "" || r.By != "" { // By: the run that proved it shows it
		return nil, ops.Ask{}
	}
	ask := ops.Ask{Op: r.Plan.Shows, Args: ops.Args{"work": d.Gate.WorkOf(ctx, r)}}
	a, _, err := d.Gate.Ask(ctx, r.Who, ask, chat)
	if err != nil {
		failed := ops.Say(ops.Join(" ", ops.Raw(ops.AtRisk), ops.SayOf(err)))
		failed.Row(ops.Button{Label: ops.T("Show it", "Montrer"), Ask: &ask})
		a = &failed
	}
	return a, ask
}

// onePicture reports whether all that a shows beside words is one picture.
func onePicture(a ops.Answer) bool {
	pictures, others := 0, 0
	for _, b := range a.Blocks {
		switch {
		case b.File != nil && strings.HasPrefix(b.File.Type, "image/"):
			pictures++
		case b.File != nil || b.Code != "" || b.Table != nil:
			others++
		}
	}
	return pictures == 1 && others == 0
}

// progress is a run under way.
func (d *Desk) progress(r ops.Run) ops.Answer {
	if r.State == ops.Queued {
		if len(r.Behind) == 0 {
			return ops.Say(ops.T("⏳ %s", "⏳ %s", r.Plan.Headline()))
		}
		a := ops.Say(ops.T("⏳ Waiting its turn: %s", "⏳ En attente : %s", r.Plan.Headline()))
		for _, b := range r.Behind {
			a.Line(ops.T("first: %s (%s)", "d’abord : %s (%s)", b.Plan.Headline(), b.Who.Name))
		}
		return *a.Row(button(ops.T("Don't wait", "Ne pas attendre"), r.ID, "s"))
	}
	at, many := min(r.At+1, len(r.Steps)), len(r.Steps)
	first := ops.Join(" · ", ops.T("⏳ %s · %d of %d", "⏳ %s · %d sur %d", r.Plan.Headline(), at, many), elapsed(r))
	if r.State == ops.Undoing {
		first = ops.Join(" · ", ops.T("↩️ %s failed; putting things back", "↩️ %s : échec ; je remets en place", r.Plan.Headline()), elapsed(r))
	}
	if r.State == ops.Undoing && r.Halting {
		first = ops.Join(" · ", ops.T("↩️ %s stopped; putting things back", "↩️ %s : arrêté ; je remets en place", r.Plan.Headline()), elapsed(r))
	}
	a := ops.Say(first)
	stepLines(&a, r)
	if r.Glimpse != nil {
		a.Blocks = append(a.Blocks, ops.Block{File: r.Glimpse})
	}
	if r.State == ops.Running && at <= many {
		label := ops.T("Stop after this step", "Arrêter après cette étape")
		if at <= len(r.Steps) && r.Steps[at-1].Step.Stoppable() {
			label = ops.T("Stop it", "Arrêter")
		}
		a.Row(button(label, r.ID, "s"))
	}
	return a
}

// elapsed is how long the run takes so far, once that is worth saying.
func elapsed(r ops.Run) ops.Text {
	d := time.Since(r.Began).Truncate(time.Second)
	if d == 0 {
		return ops.Text{}
	}
	return ops.T("%s", "%s", ops.Span(d))
}

func stepLines(a *ops.Answer, r ops.Run) {
	for _, s := range append(r.Steps, r.Undone...) {
		var mark string
		switch s.State {
		case ops.StepEnded:
			mark = ops.StepDone
		case ops.StepBegan:
			mark = ops.StepNow
		case ops.StepFailed:
			mark = ops.Broken
		case ops.StepUnknown:
			mark = ops.AtRisk
		default:
			continue
		}
		line := ops.Join(" ", ops.Raw(mark), s.Step.Text)
		if !s.Note.IsZero() {
			line = ops.Join(" · ", line, s.Note)
		}
		if s.State == ops.StepEnded && s.Ended.Sub(s.Began) >= time.Second {
			line = ops.T("%s · %s", "%s · %s", line, ops.Span(s.Ended.Sub(s.Began).Truncate(100*time.Millisecond)))
		}
		a.Line(line)
	}
}
