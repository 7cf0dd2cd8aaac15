package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"vigie/ops"
)

// What ends a Run, or a delivery, for good.
var (
	ErrToken    = errors.New("telegram does not accept the token")
	ErrWebhook  = errors.New("a webhook that is not ours is set")
	ErrConflict = errors.New("another program polls with the same token")
	ErrBlocked  = errors.New("the bot may not write there")
	ErrClosed   = errors.New("the bot is closed")
)

// A refusal is an answer that says no.
type refusal struct {
	Code       int // HTTP's
	Text       string
	RetryAfter time.Duration
	MigrateTo  int64 // the id that the group has now
	Foreign    bool  // said by something before the Bot API: a proxy, a portal
}

func (r *refusal) Error() string {
	if r.Foreign {
		return fmt.Sprintf("%d %s, and not from the Bot API", r.Code, r.Text)
	}
	return fmt.Sprintf("%d %s", r.Code, r.Text)
}

func (r *refusal) Is(target error) bool {
	switch target {
	case ErrToken:
		// 404 is what a token gets that never was one; methods that do not exist are not called here.
		return !r.Foreign && (r.Code == http.StatusUnauthorized || r.Code == http.StatusNotFound)
	case ErrBlocked:
		return !r.Foreign && r.Code == http.StatusForbidden
	}
	return false
}

// says reports whether err is a refusal in one of these words.
func says(err error, words ...string) bool {
	var r *refusal
	if !errors.As(err, &r) {
		return false
	}
	for _, w := range words {
		if strings.Contains(strings.ToLower(r.Text), strings.ToLower(w)) {
			return true
		}
	}
	return false
}

func refused(err error) *refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	return &refusal{}
}

// final reports whether trying again would be refused again.
func final(err error) bool {
	var r *refusal
	if !errors.As(err, &r) {
		return false // a torn connection, half an answer: nobody knows what happened
	}
	if r.Foreign { // a proxy has its moods, but not about these
		return r.Code == http.StatusRequestEntityTooLarge || r.Code == http.StatusNotFound
	}
	return r.Code < http.StatusInternalServerError && r.RetryAfter == 0 && r.Code != http.StatusTooManyRequests
}

// pauses gives the growing pauses between tries.
func pauses() *backoff.ExponentialBackOff {
	p := &backoff.ExponentialBackOff{InitialInterval: 500 * time.Millisecond, RandomizationFactor: 0.3, Multiplier: 2, MaxInterval: 30 * time.Second}
	p.Reset()
	return p
}

// insist tries call until it is done or refused for good, or ctx ends.
func (b *Bot) insist(ctx context.Context, call func(context.Context) error) error {
	pause := pauses()
	for {
		err := call(ctx)
		if err == nil || ctx.Err() != nil || final(err) {
			return err
		}
		wait := b.failed(err, pause)
		if !sleep(ctx, wait) {
			return err
		}
	}
}

// failed counts and logs a failure, and says how long to wait.
func (b *Bot) failed(err error, pause *backoff.ExponentialBackOff) time.Duration {
	if r := refused(err); r.RetryAfter > 0 {
		b.stats.floods.Add(1)
		b.o.Log.Warn().Err(err).Msg("telegram wants us to slow down")
		return r.RetryAfter
	}
	b.stats.retries.Add(1)
	wait := pause.NextBackOff()
	b.o.Log.Warn().Err(err).Dur("again_in", wait).Msg("that did not work; trying again")
	return wait
}

// sleep says false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// explain says in words what must be done about an error that ends a Run.
func (b *Bot) explain(err error) error {
	switch {
	case errors.Is(err, ErrToken):
		return ops.Fail(ops.Denied, ops.T("Telegram does not accept the bot's token: it was revoked, or mistyped. Get the present one from @BotFather (/token) and put it into the token file.",
			"Telegram n’accepte pas le jeton du bot : il a été révoqué, ou mal recopié. Demande l’actuel à @BotFather (/token) et mets-le dans le fichier du jeton."), fmt.Errorf("%w: %w", ErrToken, err))
	case errors.Is(err, ErrConflict):
		return ops.Fail(ops.Unavailable, ops.T("Another program receives this bot's messages: a second Vigie, or another bot with the same token. Each message reaches only one of the two. Stop the other one, or give each its own token from @BotFather; then start me again.",
			"Un autre programme reçoit les messages de ce bot : un second Vigie, ou un autre bot avec le même jeton. Chaque message n’arrive qu’à l’un des deux. Arrête l’autre, ou donne à chacun son propre jeton avec @BotFather ; puis relance-moi."), err)
	}
	return err
}
