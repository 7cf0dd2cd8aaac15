package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	pollFor   = 50 * time.Second // Telegram's most
	pollSlack = 15 * time.Second // for the answer to arrive
	pollBatch = 100              // Telegram's most

	// Telegram ends an older poll when a newer one comes: two programs take turns for ever. So the first
	// conflict is no proof (a bot that has just been stopped leaves a poll behind), and of two Vigies the one
	// that came later gives up first.
	conflictPause  = 3 * time.Second
	conflictWindow = time.Minute
	newcomerBears  = 2
	residentBears  = 5
)

// poll hears by long polling. The offset that confirms updates is not kept: Telegram remembers it, and the
// store knows what it has seen. It is only sent once the updates are recorded.
func (b *Bot) poll(ctx, working context.Context, h *hearing) error {
	rival, pause := newRival(b), pauses()
	var offset int64
	for {
		next, err := b.pollOnce(ctx, working, h, offset)
		offset = next
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			pause.Reset()
		case errors.Is(err, ErrToken):
			return b.explain(err)
		case says(err, "webhook"):
			if err := b.checkWebhook(ctx); err != nil {
				return err
			}
			sleep(ctx, conflictPause)
		case refused(err).Code == http.StatusConflict:
			if rival.wins(time.Now()) {
				return b.explain(fmt.Errorf("%w: %w", ErrConflict, err))
			}
			b.o.Log.Warn().Err(err).Msg("another program polls with our token; trying again")
			sleep(ctx, rival.pause)
		default:
			sleep(ctx, b.failed(err, pause))
		}
	}
}

// A rival is another program that may be polling with our token.
type rival struct {
	began           time.Time
	pause, newcomer time.Duration
	conflicts       []time.Time // of the last window
}

func newRival(b *Bot) *rival {
	r := &rival{began: time.Now(), pause: conflictPause, newcomer: conflictWindow}
	if c := b.o.conflict; c.pause > 0 {
		r.pause = c.pause
	}
	if c := b.o.conflict; c.newcomer > 0 {
		r.newcomer = c.newcomer
	}
	return r
}

// wins counts a conflict, and reports whether it is one too many.
func (r *rival) wins(now time.Time) bool {
	for len(r.conflicts) > 0 && now.Sub(r.conflicts[0]) > conflictWindow {
		r.conflicts = r.conflicts[1:]
	}
	r.conflicts = append(r.conflicts, now)
	bears := residentBears
	if now.Sub(r.began) < r.newcomer {
		bears = newcomerBears
	}
	return len(r.conflicts) > bears
}

// pollOnce asks once, records what came, and hands it over. It returns the offset that confirms it.
func (b *Bot) pollOnce(ctx, working context.Context, h *hearing, offset int64) (int64, error) {
	kinds, err := json.Marshal(heard)
	if err != nil {
		return offset, err // unreachable: strings only
	}
	p := params{"timeout": strconv.Itoa(int(pollFor.Seconds())), "limit": strconv.Itoa(pollBatch), "allowed_updates": string(kinds)}
	p.AddNonZero64("offset", offset)
	var list []json.RawMessage
	if err := b.api.call(ctx, "getUpdates", p, &list); err != nil {
		return offset, err
	}
	b.heardNow()
	if len(list) == 0 {
		return offset, nil
	}
	updates := make([]Update, 0, len(list))
	last := offset - 1
	for _, raw := range list {
		u, err := numbered(raw)
		if err != nil {
			return offset, err
		}
		updates, last = append(updates, u), max(last, u.ID)
	}
	fresh, err := b.o.Store.Record(ctx, b.source(), updates)
	if err != nil {
		return offset, fmt.Errorf("recording updates: %w", err)
	}
	h.takeAll(working, fresh)
	return last + 1, nil
}

// numbered reads the one thing that every update has.
func numbered(raw []byte) (Update, error) {
	var u struct {
		ID *int64 `json:"update_id"`
	}
	if err := json.Unmarshal(raw, &u); err != nil {
		return Update{}, fmt.Errorf("reading an update: %w", err)
	}
	if u.ID == nil {
		return Update{}, errors.New("reading an update: it has no number")
	}
	return Update{*u.ID, forgetful(raw)}, nil
}
