package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"
)

// A persistent reader follows the engine's events, and again at once when they break. It never asks how things are.
type persistent struct {
	end  context.CancelFunc
	work sync.WaitGroup

	mu    sync.Mutex // guards heard
	heard map[[2]string]bool
}

// persist follows our containers' events at a socket until it is closed.
func (t *town) persist(ctx context.Context, socket string) *persistent {
	ctx, end := context.WithCancel(ctx)
	p := &persistent{end: end, heard: map[[2]string]bool{}}
	c := overSocket(socket)
	p.work.Go(func() {
		for ctx.Err() == nil {
			l, err := t.listen(ctx, c)
			if err != nil {
				_ = pause(ctx, 100*time.Millisecond) // nobody listens there
				continue
			}
			for a := range l.heard {
				p.mu.Lock()
				p.heard[[2]string{a.service, a.what}] = true
				p.mu.Unlock()
			}
			l.close()
		}
	})
	return p
}

// heardOf counts the deeds that the events told of.
func (p *persistent) heardOf(list []deed) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range list {
		if p.heard[[2]string{d.service, d.event}] {
			n++
		}
	}
	return n
}

func (p *persistent) close() {
	p.end()
	p.work.Wait()
}

// toldOfDeeds waits until the first person has been told of every deed, and names those that they were not told of in time.
func (r *room) toldOfDeeds(ctx context.Context, list []deed) (lost []string) {
	ctx, cancel := context.WithTimeout(ctx, toldWithin)
	defer cancel()
	_ = r.Wait(ctx, func() bool { // what it did not see is named
		said := r.said(firstChat)
		lost = nil
		for _, d := range list {
			if !d.said.MatchString(said) {
				lost = append(lost, d.service+" "+d.event)
			}
		}
		return len(lost) == 0
	})
	return lost
}

var andMore = regexp.MustCompile(`meanwhile: .* and (\d+) more`)

// counted says whether what was not named was told as a number at least.
func (r *room) counted(lost int) string {
	if m := andMore.FindStringSubmatch(r.said(firstChat)); lost > 0 && m != nil {
		return fmt.Sprintf("the other %d within «and %s more»", lost, m[1])
	}
	return ""
}

// unfollowed forgets the streams that began up to now.
func (p *proxy) unfollowed() {
	for {
		select {
		case <-p.follows:
		default:
			return
		}
	}
}

// followed waits until somebody follows the events, and gives when they began to.
func (p *proxy) followed(ctx context.Context) (time.Time, error) {
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	select {
	case at := <-p.follows:
		return at, nil
	case <-late.C:
		return time.Time{}, errors.New("waiting for a stream of events: nobody asks for one within a minute")
	case <-ctx.Done():
		return time.Time{}, fmt.Errorf("waiting for a stream of events: %w", ctx.Err())
	}
}
