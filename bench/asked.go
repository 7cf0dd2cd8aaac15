package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"vigie/bot/botapi"
)

// firstCosts is asked before there is a bot, and measured from its first poll. What it says must be what the SQL says, unless it says
// itself that it is not whole.
func (b *bench) firstCosts(ctx context.Context, r *room, l *ledger) (took time.Duration, whole bool, err error) {
	r.forget()
	if _, err := r.Say(firstChat, firstChat, askCosts); err != nil {
		return 0, false, fmt.Errorf("saying %s: %w", askCosts, err)
	}
	h, err := b.home(r, socket, l.config)
	if err != nil {
		return 0, false, err
	}
	p, err := h.start(ctx, b.programs.vigie)
	if err != nil {
		return 0, false, err
	}
	defer p.kill()
	first, err := r.until(ctx, p, "the first poll", polls)
	if err != nil {
		return 0, false, err
	}
	at, said, err := r.costsIn(ctx, p, firstChat)
	want, failed := l.total(ctx)
	if err := errors.Join(err, failed, p.stop()); err != nil {
		return 0, false, err
	}
	whole = !strings.Contains(said, "⏳")
	if got := amount(said); whole && got != want {
		return 0, false, fmt.Errorf("%s says %q, and the SQL %q", askCosts, got, want)
	}
	return at.Sub(first.at), whole, nil
}

var beforeDollar = regexp.MustCompile(`([\d.\pZ]+)\$`)

// amount is the first sum of money in a text, without spaces.
func amount(text string) string {
	m := beforeDollar.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return strings.Join(strings.Fields(m[1]), "")
}

// askedCosts has a person ask, and measures until the answer arrives.
func (r *room) askedCosts(ctx context.Context, p *process, chat int64) (time.Duration, error) {
	r.forget()
	began := time.Now()
	if _, err := r.Say(chat, chat, askCosts); err != nil {
		return 0, fmt.Errorf("saying %s: %w", askCosts, err)
	}
	at, _, err := r.costsIn(ctx, p, chat)
	return at.Sub(began), err
}

// costsIn waits for the picture of the costs, and gives what stands below it.
func (r *room) costsIn(ctx context.Context, p *process, chat int64) (at time.Time, said string, err error) {
	c, err := r.until(ctx, p, "the answer to "+askCosts, func(c call) bool { return c.method == "sendPhoto" || c.method == "sendMessage" })
	if err != nil {
		return c.at, "", err
	}
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	m, err := r.WaitMessage(limited, chat, func(m botapi.Stored) bool {
		return m.Photo != nil && strings.Contains(m.Caption, "$") && !m.At.Before(c.at)
	})
	return c.at, m.Caption, err
}
