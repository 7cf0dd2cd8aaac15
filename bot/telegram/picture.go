package telegram

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"vigie/bot"
	"vigie/ops"
)

// pictureEvery is how often the picture of a message changes while it only shows how far something is: Telegram counts an edit with
// a file like any other, but each is an upload, and nobody sees more than that.
const pictureEvery = 3 * time.Second

// A canvas is what we know of the picture of a message.
type canvas struct {
	sum     [sha256.Size]byte // of the picture that it shows
	at      time.Time         // since when; zero: we know of none
	refused bool              // Telegram did not take one there
}

func (b *Bot) canvas(p place) canvas {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.canvases[p.key()]
}

func (b *Bot) paint(p place, c canvas) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.canvases) > 10_000 { // a picture of a message this old is at worst sent once more
		clear(b.canvases)
	}
	b.canvases[p.key()] = c
}

// onlyPicture is the one picture that stands in r's one message, its words being the caption.
func onlyPicture(r bot.Rendered) (f ops.File, ok bool) {
	if len(r.Parts) != 1 || len(r.Files) != 1 || !isPhoto(r.Files[0]) || bot.Units(r.Parts[0].Text) > maxCaption {
		return f, false
	}
	return r.Files[0], true
}

// editPicture gives the message at p another picture, with new words. done is false when its words alone are to be edited: there is
// no picture, it is the one that is there already, it comes too soon after the last, or Telegram does not take it. r keeps only the
// files that are still to be sent. Nothing of a picture that shows how far something is may keep its words from arriving.
func (b *Bot) editPicture(ctx context.Context, p place, e *edit, r *bot.Rendered) (done bool, err error) {
	f, ok := onlyPicture(*r)
	if !ok {
		return false, nil
	}
	c, sum := b.canvas(p), sha256.Sum256(f.Data)
	same := !c.at.IsZero() && c.sum == sum
	if same || !e.urgent {
		r.Files = nil
		if same || c.refused || time.Since(c.at) < pictureEvery {
			return false, nil
		}
	}
	to := p.target()
	to["caption"], to["parse_mode"] = r.Parts[0].HTML, "HTML"
	to.AddNonEmpty("reply_markup", b.keyboard(ctx, r.Rows))
	bound := ctx
	if !e.urgent { // it is small, and the next one is on its way
		var cancel context.CancelFunc
		bound, cancel = context.WithTimeout(ctx, callTimeout)
		defer cancel()
	}
	_, err = b.post(bound, "editMessageMedia", to, r.Parts[0].Text, &f)
	switch {
	case err == nil || notModified(err):
		r.Files = nil
		b.paint(p, canvas{sum: sum, at: time.Now()})
		return true, nil
	case final(err) && !isGone(err) && !errors.Is(err, ErrBlocked) && refused(err).MigrateTo == 0:
		b.o.Log.Info().Err(err).Msg("telegram does not take a picture there; its words go alone")
		c.refused = true
		b.paint(p, c)
		return false, nil
	}
	return false, fmt.Errorf("changing the picture of a message: %w", err)
}

// inMedia writes the words of a picture where editMessageMedia wants them: inside what describes it.
func inMedia(p params, field string) params {
	out := maps.Clone(p)
	media := map[string]string{"type": "photo", "media": "attach://" + field}
	for _, name := range []string{"caption", "parse_mode"} {
		if p[name] != "" {
			media[name] = p[name]
		}
		delete(out, name)
	}
	text, err := json.Marshal(media)
	if err != nil {
		return out // unreachable: strings only
	}
	out["media"] = string(text)
	return out
}
