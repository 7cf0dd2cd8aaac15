package docker

import (
	"context"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"

	"vigie/ops"
)

// lookAgain is how long a change whose answer was lost may take to show.
const lookAgain = 5 * time.Second

// changeLimit ends the wait for an engine that took a change and says nothing, beyond the container's own grace.
const changeLimit = 2 * time.Minute

// Start implements [Host].
func (e *Engine) Start(ctx context.Context, id string) error {
	c := call{doing: doStart, needs: "POST=1 ALLOW_START=1"}
	return e.change(ctx, c, id, func(ctx context.Context, api *client.Client, id string) error {
		return api.ContainerStart(ctx, id, container.StartOptions{})
	}, func(_, now Detail) bool { return now.State == "running" })
}

// Stop implements [Host]: it gives the container its own stop timeout before it is killed.
func (e *Engine) Stop(ctx context.Context, id string) error {
	c := call{doing: doStop, needs: "POST=1 ALLOW_STOP=1"}
	return e.change(ctx, c, id, func(ctx context.Context, api *client.Client, id string) error {
		return api.ContainerStop(ctx, id, container.StopOptions{})
	}, func(_, now Detail) bool { return now.State == "exited" || now.State == "dead" })
}

// Restart implements [Host].
func (e *Engine) Restart(ctx context.Context, id string) error {
	c := call{doing: doRestart, needs: "POST=1 ALLOW_RESTARTS=1"}
	return e.change(ctx, c, id, func(ctx context.Context, api *client.Client, id string) error {
		return api.ContainerRestart(ctx, id, container.StopOptions{})
	}, func(before, now Detail) bool { return now.State == "running" && now.Started.After(before.Started) })
}

// Discard implements [Host]. The engine itself refuses one that runs; one that ran is refused here.
func (e *Engine) Discard(ctx context.Context, id string) error {
	now, err := e.Inspect(ctx, id)
	if err != nil {
		return err
	}
	if now.State != "created" || !now.Started.IsZero() {
		return ops.Fail(ops.Denied, ops.T("%s was started once; I do not remove it.", "%s a déjà démarré ; je ne le retire pas.", ops.Name(now.Name)), nil)
	}
	c := call{doing: doDiscard, needs: "POST=1 CONTAINERS=1", what: containerNoun, object: now.Name, changes: true, limit: changeLimit}
	_, err = ask(ctx, e, c, func(ctx context.Context, api *client.Client) (struct{}, error) {
		return struct{}{}, api.ContainerRemove(ctx, now.ID, container.RemoveOptions{})
	})
	return err
}

// change sends one change. The engine carries on when its client hangs up, so an answer that is lost is
// looked for in the container itself: took compares it with what it was before.
func (e *Engine) change(ctx context.Context, c call, id string, send func(context.Context, *client.Client, string) error, took func(before, now Detail) bool) error {
	before, err := e.Inspect(ctx, id)
	switch ops.KindOf(err) {
	case "":
		id = before.ID
	case ops.Denied: // a proxy may allow restarts and nothing else
		before.Started = time.Now()
	default:
		return err
	}
	c.changes, c.what, c.object, c.limit = true, containerNoun, id, before.Grace+changeLimit
	if before.Name != "" {
		c.object = before.Name
	}
	_, err = ask(ctx, e, c, func(ctx context.Context, api *client.Client) (struct{}, error) {
		return struct{}{}, send(ctx, api, id)
	})
	if ops.KindOf(err) == ops.Unknown && e.seen(ctx, id, before, took) {
		return nil
	}
	return err
}

// seen looks at a container until a change shows, for a short time of its own: the caller's context may be over.
func (e *Engine) seen(ctx context.Context, id string, before Detail, took func(before, now Detail) bool) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookAgain)
	defer cancel()
	for {
		if now, err := e.Inspect(ctx, id); err == nil && took(before, now) {
			return true
		}
		if !pause(ctx, 200*time.Millisecond) {
			return false
		}
	}
}

// pause waits for d, and reports false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Info implements [Host]. Behind a proxy that hides most of it, it tells what is left.
func (e *Engine) Info(ctx context.Context) (Info, error) {
	var in Info
	_, err := ask(ctx, e, call{doing: doInfo, needs: "INFO=1"}, func(ctx context.Context, api *client.Client) (struct{}, error) {
		r, err := api.Info(ctx)
		in = Info{Version: r.ServerVersion, OS: ops.Clean(r.OperatingSystem), Host: ops.Clean(r.Name),
			Containers: r.Containers, CPUs: r.NCPU, Memory: r.MemTotal, Root: ops.Clean(r.DockerRootDir), API: api.ClientVersion()}
		return struct{}{}, err
	})
	if ops.KindOf(err) == ops.Denied {
		in = Info{Proxy: true}
		_, err = ask(ctx, e, call{doing: doInfo, needs: "VERSION=1"}, func(ctx context.Context, api *client.Client) (struct{}, error) {
			v, err := api.ServerVersion(ctx)
			in.Version, in.OS, in.API = v.Version, v.Os, api.ClientVersion()
			return struct{}{}, err
		})
	}
	if ops.KindOf(err) == ops.Denied {
		_, err = ask(ctx, e, call{doing: doInfo, needs: "PING=1"}, func(ctx context.Context, api *client.Client) (struct{}, error) {
			p, err := api.Ping(ctx)
			in.API, in.OS = p.APIVersion, p.OSType
			return struct{}{}, err
		})
	}
	if err != nil {
		return Info{}, err
	}
	in.Proxy = in.Proxy || e.proxied(ctx)
	return in, nil
}

// proxied asks for what every socket proxy hides unless told otherwise, and what costs the engine nothing.
func (e *Engine) proxied(ctx context.Context) bool {
	api, err := e.client()
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, lookAgain)
	defer cancel()
	_, err = api.SwarmInspect(ctx)
	return err != nil && proxySays(fmt.Errorf("asking for the swarm: %w", err)) != ""
}
