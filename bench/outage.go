package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/bot/botapi"
)

const (
	goneFor   = time.Minute
	dropEvery = 700 * time.Millisecond
)

// A deed is what happens to a container, what the engine calls it, and what tells of it.
type deed struct {
	service string
	do      func(context.Context, string) error
	event   string
	said    *regexp.Regexp
}

// deeds are 20 for the breaks, one for each, and 20 for when the engine is gone.
func (t *town) deeds() (dropping, away []deed) {
	list := t.services(specials)
	take := func(n int, do func(context.Context, string) error, event, words string) (some []deed) {
		for _, s := range list[:n] {
			some = append(some, deed{s, do, event, regexp.MustCompile(s + " (" + words + ")")})
		}
		list = list[n:]
		return some
	}
	fail := func(n int) []deed { return take(n, t.fail, "die", "died|ended with exit 1") }
	halt := func(n int) []deed { return take(n, t.halt, "stop", "stopped|ended by itself") }
	drop := func(n int) []deed { return take(n, t.drop, "destroy", "has no container|removed") }
	dropping = slices.Concat(fail(10), halt(6), drop(4))
	away = slices.Concat(fail(6), halt(5), drop(4), take(5, t.restart, "start", "restarted"))
	rand.Shuffle(len(dropping), func(i, j int) { dropping[i], dropping[j] = dropping[j], dropping[i] })
	rand.Shuffle(len(away), func(i, j int) { away[i], away[j] = away[j], away[i] })
	return dropping, away
}

// outage breaks the stream of events again and again, and then takes the engine away for a minute, while things happen to containers that
// somebody must be told of. A reader that only follows the stream again is there as well.
func (b *bench) outage(ctx context.Context) ([]row, error) {
	r, err := openRoom(botapi.Limits{})
	if err != nil {
		return nil, err
	}
	defer r.close()
	through, err := openProxy(b.dir)
	if err != nil {
		return nil, err
	}
	defer through.close()
	beside, err := openProxy(b.dir)
	if err != nil {
		return nil, err
	}
	defer beside.close()
	p, err := b.live(ctx, r, b.programs.vigie, through.socket, toOne)
	if err != nil {
		return nil, err
	}
	defer p.kill()
	bare := b.town.persist(ctx, beside.socket)
	defer bare.close()
	if err := p.settled(ctx); err != nil {
		return nil, err
	}
	dropping, away := b.town.deeds()
	got, floor, err := dropAll(ctx, through, beside, dropping)
	if err != nil {
		return nil, err
	}
	blind, err := takeAway(ctx, through, beside, away)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(dropping, away)
	lost := r.toldOfDeeds(ctx, all)
	if len(lost) > 0 {
		say("not told by name: " + strings.Join(lost, ", "))
	}
	share := func(n int) figure { return value(100*float64(n)/float64(len(all)), "%") }
	what := fmt.Sprintf("%d breaks, a minute away: ", len(dropping))
	rows := []row{
		{what: fmt.Sprintf("%s%d things happened, told by name", what, len(all)), n: len(all), note: r.counted(len(lost)), got: share(len(all) - len(lost)), floor: share(bare.heardOf(all)), floorIs: "a reader that only follows again", aim: 100},
		{what: what + "a break → followed again", n: len(got), got: times(got), floor: times(floor), floorIs: "GET /events again at once"},
		{what: what + "blind for it", n: 1, got: value(blind.Seconds(), "s"), floor: value(goneFor.Seconds(), "s"), floorIs: "the minute"},
	}
	return rows, p.stop()
}

// dropAll breaks the streams again and again, each time while something happens, and gives how long it took until they were followed again.
func dropAll(ctx context.Context, through, beside *proxy, list []deed) (got, floor []time.Duration, err error) {
	for _, d := range list {
		through.unfollowed()
		beside.unfollowed()
		early := rand.N(300 * time.Millisecond) // it happens before the stream breaks, or while it is followed again
		done := make(chan error, 1)
		go func() { done <- d.do(ctx, d.service) }() // waited for below
		if err := pause(ctx, early); err != nil {
			return nil, nil, errors.Join(err, <-done)
		}
		broke, bareBroke := through.cut(), beside.cut()
		err := <-done
		again, failed := through.followed(ctx)
		bareAgain, bareFailed := beside.followed(ctx)
		if err := errors.Join(err, failed, bareFailed, pause(ctx, dropEvery)); err != nil {
			return nil, nil, err
		}
		got, floor = append(got, again.Sub(broke)), append(floor, bareAgain.Sub(bareBroke))
	}
	return got, floor, nil
}

// takeAway takes the engine away for a minute, in which the deeds are done, and gives how long its events were not followed.
func takeAway(ctx context.Context, through, beside *proxy, list []deed) (blind time.Duration, err error) {
	through.leave()
	beside.leave()
	began := time.Now()
	through.unfollowed()
	for _, d := range list {
		if err := errors.Join(d.do(ctx, d.service), pause(ctx, goneFor/time.Duration(2*len(list)))); err != nil {
			return 0, err
		}
	}
	if err := pause(ctx, time.Until(began.Add(goneFor))); err != nil {
		return 0, err
	}
	if err := errors.Join(through.comeBack(), beside.comeBack()); err != nil {
		return 0, err
	}
	again, err := through.followed(ctx)
	return again.Sub(began), err
}
