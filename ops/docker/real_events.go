package docker

import (
	"context"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/client"

	"vigie/ops"
)

// An Event is something that happened to a container.
type Event struct {
	At        time.Time
	Kind      string // die, oom, start, stop, kill, restart, destroy, health
	ID        string
	Container string
	Service   string
	Project   string
	ExitCode  int    // of die; -1 otherwise
	Health    string // of health: healthy, unhealthy, starting
	Signal    string // of kill: "15"
}

// Events gives what happens to the containers of a project ("" is all), and what the engine still remembers
// since then (its newest 256 events), until ctx ends. An error is the last thing it gives: the caller asks again
// from the last event's time, and looks at the containers anew, because the engine drops events of a slow reader.
func (e *Engine) Events(ctx context.Context, since time.Time, project string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		// Asking for health_status makes every filter one of prefixes, which is why each action is checked again.
		f := filters.NewArgs(filters.Arg("type", "container"))
		for _, a := range []string{"die", "oom", "start", "stop", "kill", "restart", "destroy", "health_status"} {
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
	ev := Event{
		At: time.Unix(0, m.TimeNano), Kind: kind, ID: m.Actor.ID, Container: a["name"],
		Service: ops.Clean(a[labelService]), Project: ops.Clean(a[labelProject]), ExitCode: -1,
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
	case "oom", "start", "stop", "restart", "destroy":
	default:
		return Event{}, false
	}
	return ev, true
}
