package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"golang.org/x/sync/errgroup"
)

// What is done to the containers behind the bot's back.

// fail has a container's process end with exit 1. The engine's word for it is «die».
func (t *town) fail(ctx context.Context, service string) error {
	return t.signal(ctx, service, "SIGUSR1")
}

// turn makes a container ill that is well, and the other way round; its health check says so at its next turn.
func (t *town) turn(ctx context.Context, service string) error {
	return t.signal(ctx, service, "SIGUSR2")
}

func (t *town) signal(ctx context.Context, service, signal string) error {
	if err := t.api.ContainerKill(ctx, t.container(service), signal); err != nil {
		return fmt.Errorf("sending %s to %s: %w", signal, service, err)
	}
	return nil
}

// halt stops a container as an operator would.
func (t *town) halt(ctx context.Context, service string) error {
	if err := t.api.ContainerStop(ctx, t.container(service), container.StopOptions{}); err != nil {
		return fmt.Errorf("stopping %s: %w", service, err)
	}
	return nil
}

func (t *town) begin(ctx context.Context, service string) error {
	if err := t.api.ContainerStart(ctx, t.container(service), container.StartOptions{}); err != nil {
		return fmt.Errorf("starting %s again: %w", service, err)
	}
	return nil
}

func (t *town) drop(ctx context.Context, service string) error {
	if err := t.api.ContainerRemove(ctx, t.container(service), container.RemoveOptions{Force: true}); err != nil {
		return fmt.Errorf("removing %s: %w", service, err)
	}
	return nil
}

// failAll has all of some containers fail at once, and returns when the engine has told that the first and the last did.
func (t *town) failAll(ctx context.Context, l *listener, services []string) (first, last time.Time, err error) {
	var failed sync.WaitGroup
	errs := make([]error, len(services))
	for i, s := range services {
		failed.Go(func() { errs[i] = t.fail(ctx, s) })
	}
	failed.Wait()
	for _, err := range errs {
		if err != nil {
			return first, last, err
		}
	}
	for missing := slices.Clone(services); len(missing) > 0; {
		a, err := l.next(ctx, "the end of "+missing[0])
		if err != nil {
			return first, last, err
		}
		if i := slices.Index(missing, a.service); i >= 0 && a.what == "die" {
			missing = slices.Delete(missing, i, i+1)
			if last = a.came; first.IsZero() {
				first = last
			}
		}
	}
	return first, last, nil
}

func (b *bench) mend(ctx context.Context) ([]row, error) { return nil, b.town.mend(ctx) }

// mend starts what does not run, and makes again what is gone.
func (t *town) mend(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for i := range t.names {
		group.Go(func() error {
			err := t.begin(ctx, t.service(i))
			if client.IsErrNotFound(err) {
				return t.start(context.WithoutCancel(ctx), t.service(i))
			}
			return err
		})
	}
	return group.Wait()
}

// services are the names of all that were made, but for the first skip.
func (t *town) services(skip int) (list []string) {
	for i := skip; i < len(t.names); i++ {
		list = append(list, t.service(i))
	}
	return list
}
