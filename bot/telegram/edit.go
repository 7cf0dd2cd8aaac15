package telegram

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vigie/bot"
	"vigie/ops"
)

const (
	// editFor is how long an edit is tried. Only the newest content waits, so it is never out of date; but
	// nothing may wait for ever.
	editFor = time.Hour
	// untilClosed is longer than any bot lives.
	untilClosed = 100 * 365 * 24 * time.Hour
)

// A slot is a message that is being edited. At most one edit of a message is under way.
type slot struct {
	next *edit // the newest content that nobody has begun to send
	turn *turn // the place in the queue, while there is one
}

// An edit is what a message shall show.
type edit struct {
	lang   ops.Lang
	answer ops.Answer
	urgent bool
	done   []chan shown // each has room for one
}

// shown is what became of an edit, or of the newer one that took its place.
type shown struct {
	at  place
	err error
}

func (e *edit) tell(s shown) {
	for _, done := range e.done {
		done <- s
	}
}

// edit gives the message at p new content; what waited to be shown there is dropped for it. It says false
// when the bot is closed.
func (b *Bot) edit(p place, e *edit) bool {
	if to := b.now(p); to.message != 0 {
		p = to
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	key := p.key()
	s := b.slots[key]
	if s == nil {
		s = &slot{next: e}
		if !b.job(untilClosed, func(ctx context.Context) { b.keepEditing(ctx, p, s) }) {
			return false
		}
		b.slots[key] = s
		return true
	}
	s.put(e)
	if e.urgent && s.turn != nil {
		s.turn.hurry()
	}
	return true
}

// put makes e the newest content, which all who wait for older ones wait for.
func (s *slot) put(e *edit) {
	if s.next != nil {
		e.done = append(e.done, s.next.done...)
		e.urgent = e.urgent || s.next.urgent
	}
	s.next = e
}

// dropEdits forgets what waits to be shown at p.
func (b *Bot) dropEdits(p place) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.slots[p.key()]; s != nil && s.next != nil {
		s.next.tell(shown{at: p})
		s.next = nil
	}
}

// keepEditing edits the message at was until it shows the newest.
func (b *Bot) keepEditing(life context.Context, was place, s *slot) {
	for {
		b.mu.Lock()
		if s.next == nil {
			delete(b.slots, was.key())
			b.mu.Unlock()
			return
		}
		urgent := s.next.urgent
		b.mu.Unlock()
		ctx, cancel := context.WithTimeout(life, editFor)
		var e *edit // what is in hand
		var at place
		err := b.inChat(ctx, was, urgent, func(p place, t *turn) (err error) {
			b.queued(s, t, e)
			defer b.queued(s, nil, nil)
			e, at, err = b.showNewest(ctx, was, p, t, s, e)
			return err
		})
		cancel()
		if e == nil { // given up before it came to its turn; or it was dropped meanwhile
			b.mu.Lock()
			e, s.next = s.next, nil
			b.mu.Unlock()
		}
		if e == nil {
			continue
		}
		if err != nil && len(e.done) == 0 && !errors.Is(err, context.Canceled) {
			b.o.Log.Error().Err(err).Str("at", string(was.Place())).Msg("showing progress")
		}
		e.tell(shown{at, err})
	}
}

// queued notes where s stands in the queue of its chat, so that an answer that comes for it can hurry it.
func (b *Bot) queued(s *slot, t *turn, inHand *edit) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.turn = t; t != nil && (s.next != nil && s.next.urgent || inHand != nil && inHand.urgent) {
		t.hurry()
	}
}

// showNewest shows at p what is newest at the moment that it can be sent; e is what is in hand already. was is
// where p was before its chat moved.
func (b *Bot) showNewest(ctx context.Context, was, p place, t *turn, s *slot, e *edit) (*edit, place, error) {
	var r bot.Rendered
	err := b.deliver(ctx, t, func(ctx context.Context) error {
		b.mu.Lock()
		if next := s.next; next != nil {
			if e != nil {
				next.done = append(next.done, e.done...)
				next.urgent = next.urgent || e.urgent
			}
			e, s.next = next, nil
		}
		b.mu.Unlock()
		if e == nil {
			return nil
		}
		r = bot.One(e.answer, e.lang, b.o.Redact)
		if p.message == 0 { // its chat moved
			return errGone
		}
		if drawn, err := b.editPicture(ctx, p, e, &r); drawn || err != nil {
			return err
		}
		return b.editOnce(ctx, p, r)
	})
	switch {
	case e == nil:
		return nil, p, err
	case err == nil:
		b.stats.edits.Add(1)
		return e, p, b.replaceExtras(ctx, p, t, e, r)
	case isMedia(err) || isGone(err) || errors.Is(err, errGone):
		at, sendErr := b.sendNew(ctx, p.at(0), t, e.lang, e.answer)
		if sendErr != nil {
			return e, p, sendErr
		}
		b.replace(was, at)
		if isMedia(err) {
			if err := b.remove(ctx, p); err != nil {
				b.o.Log.Info().Err(err).Msg("a picture that has been replaced stays")
			}
		}
		return e, at, nil
	}
	return e, p, err
}

var errGone = &refusal{Code: 400, Text: "message to edit not found: its chat has moved"}

// editOnce makes the calls of one edit of the words: of the text, or of the caption when it is a picture or a document. A picture
// stays as it is.
func (b *Bot) editOnce(ctx context.Context, p place, r bot.Rendered) error {
	to := p.target()
	to["parse_mode"] = "HTML"
	to.AddNonEmpty("reply_markup", b.keyboard(ctx, r.Rows))
	keeps := len(r.Files) == 0 && bot.Units(r.Parts[0].Text) <= maxCaption // what hangs on it may stay
	var err error
	if keeps && !b.canvas(p).at.IsZero() {
		to["caption"] = r.Parts[0].HTML
		_, err = b.post(ctx, "editMessageCaption", to, r.Parts[0].Text, nil)
	} else {
		to["text"], to["link_preview_options"] = r.Parts[0].HTML, `{"is_disabled":true}`
		_, err = b.post(ctx, "editMessageText", to, r.Parts[0].Text, nil)
		if isMedia(err) && keeps {
			delete(to, "text")
			to["caption"], to["parse_mode"] = r.Parts[0].HTML, "HTML"
			_, err = b.post(ctx, "editMessageCaption", to, r.Parts[0].Text, nil)
		}
	}
	if notModified(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("editing a message: %w", err)
	}
	return nil
}

// replaceExtras takes away what belonged to the answer before, and sends what belongs to this one. Progress
// leaves all as it is: the files come with the answer.
func (b *Bot) replaceExtras(ctx context.Context, p place, t *turn, e *edit, r bot.Rendered) error {
	if !e.urgent {
		return nil
	}
	b.mu.Lock()
	old := b.extras[p.key()]
	b.mu.Unlock()
	for _, id := range old {
		if err := b.remove(ctx, p.at(id)); err != nil {
			b.o.Log.Info().Err(err).Msg("a part of an answer that has been replaced stays")
		}
	}
	ids, err := b.sendFiles(ctx, p.at(0), t, e.lang, r)
	b.remember(p, ids)
	return err
}
