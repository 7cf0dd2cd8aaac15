package telegram

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vigie/bot"
	"vigie/ops"
)

// typingLasts is how long Telegram shows «typing…», nearly.
const typingLasts = 4 * time.Second

// Show sends a as a new message at s, or edits the message that s names; see [commands.Screen].
// An answer of several messages is known by the last, which has the buttons.
func (b *Bot) Show(ctx context.Context, s ops.Place, lang ops.Lang, a ops.Answer) (ops.Place, error) {
	p, err := parsePlace(s)
	if err != nil {
		return s, err
	}
	if p.message != 0 {
		return b.showAgain(ctx, p, lang, a)
	}
	var at place
	err = b.inChat(ctx, p, true, func(p place, t *turn) (err error) {
		at, err = b.sendNew(ctx, p, t, lang, a)
		return err
	})
	if err != nil {
		return s, fmt.Errorf("showing an answer at %s: %w", s, err)
	}
	return at.Place(), nil
}

// sendNew sends a whole answer in one turn: nothing comes between its messages.
func (b *Bot) sendNew(ctx context.Context, p place, t *turn, lang ops.Lang, a ops.Answer) (at place, err error) {
	r := bot.HTML(a, lang, b.o.Redact)
	if len(r.Parts) == 1 && len(r.Files) == 1 && bot.Units(r.Parts[0].Text) <= maxCaption {
		return b.sendFile(ctx, p, t, r.Files[0], r.Parts[0], r.Rows, a.Loud)
	}
	var ids []int
	for i, part := range r.Parts {
		var rows [][]bot.Button
		if i == len(r.Parts)-1 {
			rows = r.Rows
		}
		if at, err = b.sendPart(ctx, p, t, part, rows, a.Loud && i == 0); err != nil {
			return at, err
		}
		ids = append(ids, at.message)
	}
	ids = ids[:len(ids)-1]
	more, err := b.sendFiles(ctx, at.at(0), t, lang, r)
	b.remember(at, append(ids, more...))
	return at, err
}

// sendFiles sends the files of an answer below it. Where one is refused, a line says so in its place.
func (b *Bot) sendFiles(ctx context.Context, p place, t *turn, lang ops.Lang, r bot.Rendered) (ids []int, err error) {
	title, _, _ := strings.Cut(r.Parts[0].Text, "\n")
	title = bot.Short(ops.Raw(title), lang, nil, maxCaption)
	for _, f := range r.Files {
		at, err := b.sendFile(ctx, p, t, f, bot.Plainly(title), nil, false)
		if err != nil && final(err) && !errors.Is(err, ErrBlocked) {
			b.o.Log.Error().Err(err).Msg("telegram refused a file")
			sorry := ops.T("🟠 Telegram does not take the file %s (%s).", "🟠 Telegram ne prend pas le fichier %s (%s).", f.Name, ops.Size(len(f.Data)))
			at, err = b.sendPart(ctx, p, t, bot.Plainly(sorry.In(lang)), nil, false)
		}
		if err != nil {
			return ids, err
		}
		ids = append(ids, at.message)
	}
	return ids, nil
}

// remember notes the further messages of an answer.
func (b *Bot) remember(at place, ids []int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.extras) > 10_000 {
		clear(b.extras)
	}
	delete(b.extras, at.key())
	if len(ids) > 0 {
		b.extras[at.key()] = ids
	}
}

// showAgain replaces the message at p, and what belonged to it.
func (b *Bot) showAgain(ctx context.Context, p place, lang ops.Lang, a ops.Answer) (ops.Place, error) {
	done := make(chan shown, 1)
	if !b.edit(p, &edit{lang: lang, answer: a, urgent: true, done: []chan shown{done}}) {
		return p.Place(), fmt.Errorf("showing an answer at %s: %w", p.Place(), ErrClosed)
	}
	select {
	case s := <-done:
		if s.err != nil {
			return p.Place(), fmt.Errorf("showing an answer at %s: %w", p.Place(), s.err)
		}
		return s.at.Place(), nil
	case <-ctx.Done():
		return p.Place(), fmt.Errorf("showing an answer at %s: %w", p.Place(), ctx.Err())
	}
}

// Update edits the message at s when there is room for it; see [commands.Screen].
func (b *Bot) Update(s ops.Place, lang ops.Lang, a ops.Answer) {
	p, err := parsePlace(s)
	switch {
	case err != nil:
		b.o.Log.Error().Err(err).Msg("showing progress")
	case p.message == 0: // there is nothing to edit yet: it becomes a message
		b.mu.Lock()
		defer b.mu.Unlock()
		b.job(editFor, func(ctx context.Context) {
			if _, err := b.Show(ctx, s, lang, a); err != nil {
				b.o.Log.Error().Err(err).Msg("showing progress")
			}
		})
	case !b.edit(p, &edit{lang: lang, answer: a}):
		b.o.Log.Warn().Err(ErrClosed).Msg("showing progress")
	}
}

// Delete takes a message away, if Telegram lets us.
func (b *Bot) Delete(ctx context.Context, s ops.Place) error {
	p, err := parsePlace(s)
	if err != nil || p.message == 0 {
		return errors.Join(fmt.Errorf("deleting the message at %q", s), err)
	}
	b.dropEdits(p)
	return b.remove(ctx, b.now(p))
}

// Forgets says that what was shown can be taken back.
func (b *Bot) Forgets() {}

// Pin pins a message without a sound. In a group that takes a right of the bot's.
func (b *Bot) Pin(ctx context.Context, s ops.Place) error {
	p, err := parsePlace(s)
	if err != nil || p.message == 0 {
		return errors.Join(fmt.Errorf("pinning the message at %q", s), err)
	}
	to := b.now(p).target()
	to["disable_notification"] = "true"
	if err := b.insist(ctx, func(ctx context.Context) error { return b.api.call(ctx, "pinChatMessage", to, nil) }); err != nil {
		return fmt.Errorf("pinning a message: %w", err)
	}
	return nil
}

// Chat is the place of a chat, or of a topic of it (0: none).
func Chat(id int64, topic int) ops.Place { return place{chat: id, thread: topic}.Place() }

// Typing shows for some seconds that an answer is being made.
func (b *Bot) Typing(s ops.Place) {
	p, err := parsePlace(s)
	if err != nil {
		return
	}
	p = b.now(p).at(0)
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Since(b.typing[p]) < typingLasts {
		return
	}
	if len(b.typing) > 1000 {
		clear(b.typing)
	}
	b.typing[p] = time.Now()
	b.job(typingLasts, func(ctx context.Context) {
		to := p.target()
		to["action"] = "typing"
		if err := b.api.call(ctx, "sendChatAction", to, nil); err != nil {
			b.o.Log.Debug().Err(err).Msg("typing")
		}
	})
}

// Private is the chat with one person; only people whom the config lists have one.
func (b *Bot) Private(id int64) (ops.Place, bool) {
	_, known := b.o.People(id)
	return place{chat: id}.Place(), known && id > 0
}

// Chat is s without its message.
func (b *Bot) Chat(s ops.Place) ops.Place {
	p, err := parsePlace(s)
	if err != nil {
		return s
	}
	return p.at(0).Place()
}
