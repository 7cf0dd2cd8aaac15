package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"vigie/bot/botapi"
)

const (
	// after is how long messages are still counted, once all is told.
	after = 5 * time.Second
	// toldWithin is when what is not told counts as lost.
	toldWithin = 40 * time.Second
)

// toOne is configuration: the first person is told of the containers, and of what the watch could not see.
var toOne = route("container:*", "u0") + route("watch:*", "u0")

// storm has 50 containers fail at once, under a server that keeps to Telegram's limits, and nothing is set but who is told.
func (b *bench) storm(ctx context.Context) ([]row, error) {
	limits := botapi.RealLimits()
	r, err := openRoom(limits)
	if err != nil {
		return nil, err
	}
	defer r.close()
	p, err := b.live(ctx, r, b.programs.vigie, socket, toOne)
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
	services := b.town.services(0)
	first, last, err := b.town.failAll(ctx, raw, services)
	if err != nil {
		return nil, err
	}
	told := r.toldOf(ctx, services, " died")
	took := time.Since(last)
	if err := pause(ctx, after); err != nil {
		return nil, err
	}
	n, edits, refused := r.traffic()
	one := time.Duration(float64(len(services)-limits.ChatBurst) / limits.PerChat * float64(time.Second))
	what := fmt.Sprintf("%d containers down within %s, Telegram's limits on: ", len(services), last.Sub(first).Round(100*time.Millisecond))
	each := "one message for each"
	return []row{
		{what: what + "messages", n: 1, note: fmt.Sprintf("and %d edits", edits), got: count(n, "messages"), floor: count(len(services), "messages"), floorIs: each, aim: 2, aimAtMost: true},
		{what: what + "refused with 429", n: 1, got: count(refused, "calls"), aimAtMost: true},
		{what: what + "told of", n: 1, got: count(told, "containers"), floor: count(len(services), "containers"), floorIs: "those that are down", aim: float64(len(services))},
		{what: what + "the last end → all told", n: 1, got: value(took.Seconds(), "s"), floor: value(one.Seconds(), "s"), floorIs: each + ", at Telegram's limit"},
	}, p.stop()
}

// toldOf waits until the first person has been told so of all, and gives of how many they were, should it not come to that.
func (r *room) toldOf(ctx context.Context, services []string, so string) (n int) {
	ctx, cancel := context.WithTimeout(ctx, toldWithin)
	defer cancel()
	_ = r.Wait(ctx, func() bool { // what it did not see is counted
		said := r.said(firstChat)
		n = 0
		for _, s := range services {
			if strings.Contains(said, s+so) {
				n++
			}
		}
		return n == len(services)
	})
	return n
}

// said is all that ever stood in a chat, also what was edited away.
func (r *room) said(chat int64) string {
	var all strings.Builder
	for _, m := range r.Messages(chat) {
		for _, v := range m.Revisions {
			all.WriteString(v.Text + "\n")
		}
	}
	return all.String()
}

// traffic counts what was sent, edited and refused.
func (r *room) traffic() (sent, edited, refused int) {
	for _, c := range r.Calls() {
		switch {
		case c.Code == http.StatusTooManyRequests:
			refused++
		case c.Code == http.StatusOK && strings.HasPrefix(c.Method, "send") && c.Method != "sendChatAction":
			sent++
		case c.Code == http.StatusOK && strings.HasPrefix(c.Method, "edit"):
			edited++
		}
	}
	return sent, edited, refused
}
