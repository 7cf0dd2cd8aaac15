package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"vigie/ops"
)

// goneTap is the data of the button that takes away the message that it stands under.
const goneTap = "g:now"

const (
	settingKind = "setting"
	goneState   = "gone"          // of a message that is to be taken away
	goneLimit   = 3 * time.Second // how long the end of the bot waits for a message to be taken away
)

// A going is a message that is to be taken away. Nothing of what it shows is kept.
type going struct {
	Place ops.Place `json:"place"`
	Lang  ops.Lang  `json:"lang"`
}

func goneID(message ops.Place) string { return "gone/" + string(message) }

// flash shows a in a message that goes away by itself. The message is there and written down before anything private is in it, so that
// a crash at any moment leaves nothing behind that the next start would not take away.
func (d *Desk) flash(ctx context.Context, s Said, a ops.Answer) {
	screen := d.screen(s.Place)
	if !s.Private {
		d.broken(errors.New("an answer for one person was about to be shown in a group: it is not"))
		return
	}
	message, err := screen.Show(ctx, screen.Chat(s.Place), s.Who.Lang, ops.Say(ops.T("⏳ for your eyes only…", "⏳ pour toi seulement…")))
	if err != nil {
		d.broken(fmt.Errorf("showing an answer: %w", err))
		return
	}
	if err := d.going(ctx, going{message, s.Who.Lang}, goneState); err != nil {
		d.broken(fmt.Errorf("writing down that a message is to be taken away: %w", err))
		screen.Update(message, s.Who.Lang, ops.Say(ops.T("🔴 I cannot write down that this must be deleted, so I do not show it. Look at the disk of the machine that I run on.",
			"🔴 Je ne peux pas noter que ceci doit être effacé, donc je ne le montre pas. Regarde le disque de la machine où je tourne.")))
		return
	}
	a.Buttons = append(a.Buttons, []ops.Button{{Label: ops.T("Done, delete it", "Fini, efface-le"), Data: goneTap}})
	at, err := screen.Show(ctx, message, s.Who.Lang, a)
	if err != nil {
		d.broken(fmt.Errorf("showing an answer: %w", err))
	}
	if at != message && at != "" { // its place was taken by another
		if err := d.going(ctx, going{at, s.Who.Lang}, goneState); err != nil {
			d.broken(fmt.Errorf("writing down that a message is to be taken away: %w", err))
		}
		d.vanishIn(0, going{message, s.Who.Lang})
		message = at
	}
	d.vanishIn(a.Gone, going{message, s.Who.Lang})
}

// tapGone takes away the message that was tapped on.
func (d *Desk) tapGone(ctx context.Context, s Said) Toast {
	was, err := d.vanish(ctx, s.Message)
	switch {
	case err != nil:
		d.broken(err)
		return Toast{Text: ops.T("I cannot delete it now and keep trying. Delete it yourself.", "Je n’arrive pas à l’effacer pour l’instant et je réessaierai. Efface-le toi-même."), Alert: true}
	case !was:
		return Toast{Text: ops.T("that is gone already", "c’est déjà effacé")}
	}
	return Toast{Text: ops.T("deleted", "effacé")}
}

// vanishIn takes a message away after a while, or when the bot ends.
func (d *Desk) vanishIn(after time.Duration, g going) {
	d.work.Go(func() { // waited for in Close, ended by it or by after
		timer := time.NewTimer(after)
		defer timer.Stop()
		ctx := context.Background()
		select {
		case <-timer.C:
		case <-d.ending():
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, goneLimit) // else the next start does it
			defer cancel()
		}
		if _, err := d.vanish(ctx, g.Place); err != nil {
			d.broken(err)
		}
	})
}

// vanish takes a message away that was to go. One that cannot be deleted is emptied. was says that there was one.
func (d *Desk) vanish(ctx context.Context, message ops.Place) (was bool, err error) {
	doc, err := d.Store.Load(ctx, settingKind, goneID(message))
	if errors.Is(err, ops.ErrNoDoc) || err == nil && doc.State != goneState {
		return false, nil
	}
	var g going
	if err == nil {
		err = json.Unmarshal(doc.Body, &g)
	}
	if err != nil {
		return false, fmt.Errorf("reading what is to be taken away: %w", err)
	}
	screen := d.screen(g.Place)
	if err := screen.Delete(ctx, g.Place); err != nil {
		if ctx.Err() != nil {
			return true, fmt.Errorf("taking a message away: %w", err)
		}
		d.broken(fmt.Errorf("taking a message away, which is emptied instead: %w", err))
		if _, err := screen.Show(ctx, g.Place, g.Lang, ops.Say(ops.T("⚪ deleted", "⚪ effacé"))); err != nil {
			return true, fmt.Errorf("emptying a message: %w", err)
		}
	}
	return true, d.going(ctx, g, "")
}

// going writes down that a message is to be taken away, or (state "") that it is.
func (d *Desk) going(ctx context.Context, g going, state string) error {
	body, err := json.Marshal(g)
	if err != nil {
		return err // unreachable: plain data
	}
	for {
		doc, err := d.Store.Load(ctx, settingKind, goneID(g.Place))
		if err != nil && !errors.Is(err, ops.ErrNoDoc) {
			return err
		}
		_, err = d.Store.Save(ctx, ops.Doc{Kind: settingKind, ID: goneID(g.Place), State: state, Version: doc.Version, Updated: time.Now(), Body: body})
		if !errors.Is(err, ops.ErrConflict) {
			return err
		}
	}
}

// Vanish takes away what the last process showed for a while and left behind.
func (d *Desk) Vanish(ctx context.Context) {
	began := time.Now()
	left, err := d.Store.List(ctx, settingKind, goneState)
	if err != nil {
		d.broken(fmt.Errorf("reading what is to be taken away: %w", err))
	}
	for _, doc := range left {
		if doc.Updated.After(began) { // this process has just shown it, and sees to it
			continue
		}
		var g going
		if err := json.Unmarshal(doc.Body, &g); err != nil {
			d.broken(fmt.Errorf("reading what is to be taken away: %w", err))
			continue
		}
		if _, err := d.vanish(ctx, g.Place); err != nil {
			d.broken(err)
		}
	}
}
