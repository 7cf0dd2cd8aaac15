package docker

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/client"

	"vigie/ops"
)

// happenings are the actions that are listened for. Health checks are commands that are run inside, so that most of what
// happens on an engine is none of them.
var happenings = []string{"create", "start", "oom", "kill", "die", "stop", "restart", "pause", "unpause", "rename", "destroy"}

// Events implements [Host]. The engine remembers its newest 256 events, of all kinds and projects, and drops those of
// a slow reader: whoever asks again from the last event's time must look at the containers anew as well.
func (e *Engine) Events(ctx context.Context, since time.Time, project string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		// Asking for health_status makes every filter one of prefixes, which is why each action is checked again.
		f := filters.NewArgs(filters.Arg("type", "container"))
		for _, a := range append(slices.Clone(happenings), "health_status") {
			f.Add("event", a)
		}
		f.Add("label", labelProject+"="+project)
		if project == "" {
			f.Del("label", labelProject+"=")
		}
		options := events.ListOptions{Filters: f}
		if !since.IsZero() {
			options.Since = since.Format(time.RFC3339Nano)
		}
		c := call{doing: doEvents, needs: "EVENTS=1", limit: 100 * 365 * 24 * time.Hour}
		_, err := ask(ctx, e, c, func(ctx context.Context, api *client.Client) (struct{}, error) {
			// The client agrees on an API version with its first request, and this call reads the version before it makes one.
			if _, err := api.ServerVersion(ctx); err != nil && proxySays(err) == "" {
				return struct{}{}, err
			}
			messages, errs := api.Events(ctx, options)
			for {
				select {
				case m := <-messages:
					if ev, ok := eventOf(m); ok && !yield(ev, nil) {
						return struct{}{}, nil
					}
				case err := <-errs:
					if err == nil || errors.Is(err, io.EOF) {
						err = io.ErrUnexpectedEOF // the engine never ends this stream by itself unless it stops
					}
					return struct{}{}, err
				}
			}
		})
		if err != nil && ctx.Err() == nil {
			yield(Event{}, err)
		}
	}
}

func eventOf(m events.Message) (Event, bool) {
	a := m.Actor.Attributes
	kind, rest, _ := strings.Cut(string(m.Action), ": ")
	if kind != "health_status" && !slices.Contains(happenings, kind) {
		return Event{}, false
	}
	c := labelled(a)
	ev := Event{
		At: time.Unix(0, m.TimeNano), Kind: kind, ID: m.Actor.ID, Container: a["name"], Service: c.Service, Project: c.Project,
		OneOff: c.OneOff, Image: ops.Clean(a["image"]), Replaces: c.Replaces, ExitCode: -1,
	}
	switch kind {
	case "die":
		if n, err := strconv.Atoi(a["exitCode"]); err == nil {
			ev.ExitCode = n
		}
	case "kill":
		ev.Signal = a["signal"]
	case "health_status":
		ev.Kind, ev.Health = "health", rest
		if rest != "healthy" && rest != "unhealthy" && rest != "starting" {
			return Event{}, false // "running" and "none" say nothing
		}
	}
	return ev, true
}
