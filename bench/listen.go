package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/docker/docker/api/types/events"
)

// An arrival is an event of the engine's, as a bare reader of its stream gets it.
type arrival struct {
	service, what string
	at, came      time.Time // by the engine, and here
}

// A listener reads the engine's own stream and does nothing else.
type listener struct {
	heard chan arrival
	end   context.CancelFunc
	work  sync.WaitGroup
	err   error // why it ended; read after work
}

// listen follows our containers' events over c.
func (t *town) listen(ctx context.Context, c *http.Client) (*listener, error) {
	ctx, end := context.WithCancel(ctx)
	list, err := json.Marshal(map[string][]string{"type": {"container"}, "label": {"com.docker.compose.project=" + t.project}})
	if err != nil {
		panic(err) // unreachable: words
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://docker/events?filters="+url.QueryEscape(string(list)), nil)
	if err != nil {
		panic(err) // unreachable: it is a URL
	}
	answer, err := c.Do(r)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.Join(errors.New(answer.Status), answer.Body.Close())
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("following the engine's events: %w", err)
	}
	l := &listener{heard: make(chan arrival, 1<<16), end: end}
	l.work.Go(func() {
		defer close(l.heard)
		defer answer.Body.Close()
		for in := bufio.NewReader(answer.Body); ; {
			line, err := in.ReadBytes('\n')
			a, m := arrival{came: time.Now()}, events.Message{}
			if err == nil {
				err = json.Unmarshal(line, &m)
			}
			if l.err = err; err != nil {
				return
			}
			a.service, a.what, a.at = m.Actor.Attributes["com.docker.compose.service"], string(m.Action), time.Unix(0, m.TimeNano)
			if !strings.HasPrefix(a.what, "exec_") {
				l.heard <- a
			}
		}
	})
	return l, nil
}

// next waits for the next event, for at most half a minute.
func (l *listener) next(ctx context.Context, what string) (arrival, error) {
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	select {
	case a, more := <-l.heard:
		if !more {
			return a, fmt.Errorf("waiting for %s: the engine's events ended: %w", what, l.err)
		}
		return a, nil
	case <-late.C:
		return arrival{}, fmt.Errorf("waiting for %s: the engine says nothing for half a minute", what)
	case <-ctx.Done():
		return arrival{}, ctx.Err()
	}
}

// until waits for what happens to a service.
func (l *listener) until(ctx context.Context, service, what string) (arrival, error) {
	for {
		a, err := l.next(ctx, "«"+what+"» of "+service)
		if err != nil || a.service == service && a.what == what {
			return a, err
		}
	}
}

func (l *listener) close() {
	l.end()
	l.work.Wait()
}
