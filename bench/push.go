package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vigie/bot/botapi"
)

const (
	pushed = 110
	// apart is how long after one container was started again the next one ends: by then the bot has looked closely at it.
	apart = 150 * time.Millisecond
	// warm pushes make the connections, and are not counted.
	warm = 5
)

// pushes measures from the moment a bare reader of the engine's events has one to the arrival of the message that tells of it. Each
// is about a container that was well before, to a person who is told of nothing else.
func (b *bench) pushes(ctx context.Context) ([]row, error) {
	r, err := openRoom(botapi.Limits{})
	if err != nil {
		return nil, err
	}
	defer r.close()
	services := b.town.services(specials)
	p, err := b.live(ctx, r, b.programs.unpaced, socket, toEach(services))
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
	var all []push
	for n := range pushed {
		i := n % len(services)
		one, err := b.push(ctx, r, p, raw, services[i], toWhom(i))
		if err := errors.Join(err, pause(ctx, apart)); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	all = all[warm:]
	of := func(part func(push) time.Duration) figure {
		var list []time.Duration
		for _, one := range all {
			list = append(list, part(one))
		}
		return times(list)
	}
	what := fmt.Sprintf("a container dies, of %d: raw event → push", len(b.town.names))
	got := of(func(o push) time.Duration { return o.took })
	return []row{
		{what: what, n: len(all), got: got, floor: of(func(o push) time.Duration { return o.raw }), floorIs: "the event's own time → raw event", aim: 10, aimAtMost: true},
		{what: what, n: len(all), got: got, floor: of(func(o push) time.Duration { return o.bare }), floorIs: "a bare sendMessage → its arrival"},
	}, p.stop()
}

// A push is one word of an end.
type push struct {
	took time.Duration // from the raw event to the message
	raw  time.Duration // from the event's own time to the raw event
	bare time.Duration // a message that nobody thought about
}

// push has a container fail, measures until a person is told, and starts it again.
func (b *bench) push(ctx context.Context, r *room, p *process, raw *listener, service string, chat int64) (one push, err error) {
	if err := b.town.fail(ctx, service); err != nil {
		return one, err
	}
	a, err := raw.until(ctx, service, "die")
	if err != nil {
		return one, err
	}
	c, err := r.until(ctx, p, "the word that "+service+" died", sends(chat))
	if err != nil {
		return one, err
	}
	if !strings.Contains(c.text, service) || !strings.Contains(c.text, "died") {
		return one, fmt.Errorf("of the end of %s it says %q", service, c.text)
	}
	one = push{took: c.at.Sub(a.came), raw: a.came.Sub(a.at)}
	if one.bare, err = r.sendBare(ctx, p, c.text); err != nil {
		return one, err
	}
	return one, b.town.begin(ctx, service)
}

// toWhom is the chat of whoever is told of the service with that number: not one of the admins.
func toWhom(i int) int64 { return firstChat + 2 + int64(i)%(chats-2) }

// toEach is configuration: an end is told at once and by itself, and several of them are no crash loop.
func toEach(services []string) string {
	var c strings.Builder
	c.WriteString("[alerts]\nstorm = 1000\n[alerts.delay]\ndied = \"0s\"\n[watch.containers]\ncrash_loop = 100\n")
	for i, s := range services {
		c.WriteString(route("container:"+s, fmt.Sprintf("u%d", toWhom(i)-firstChat)))
	}
	return c.String()
}

// sendBare is a message that nobody thought about, to somebody who is told of nothing.
func (r *room) sendBare(ctx context.Context, p *process, text string) (time.Duration, error) {
	const chat = firstChat
	began := time.Now()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/bot"+token+"/sendMessage",
		strings.NewReader(url.Values{"chat_id": {fmt.Sprint(chat)}, "text": {text}, "parse_mode": {"HTML"}}.Encode()))
	if err != nil {
		return 0, fmt.Errorf("sending a message: %w", err)
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return 0, fmt.Errorf("sending a message: %w", err)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil || answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("sending a message: %s, %w", answer.Status, err)
	}
	c, err := r.until(ctx, p, "the bare message", sends(chat))
	return c.at.Sub(began), err
}
