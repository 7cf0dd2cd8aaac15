package postgres

import (
	"context"
	"errors"
	"time"

	"vigie/ops"
)

// The disk is looked at while it fills: a server whose disk is full stops, and with it everything that uses it. How often depends on how
// soon it could be full, because a look costs about 50 ms of a core.
const (
	soonest = 500 * time.Millisecond
	latest  = 15 * time.Second
	fastest = 400 << 20 // bytes a second that a restore writes at most, with indexes and log
)

// spare is how much is left free: enough for what all others write until a restore that is stopped has given back what it took. Of a
// small disk it is a quarter of what was free.
const spare = 512 << 20

var errFull = errors.New("the disk would be full")

// guarded does something that fills the disk of a database, and ends it before the disk is full.
func (c *cluster) guarded(ctx context.Context, database string, fill func(context.Context) error) error {
	dir, err := c.home(ctx, database)
	if err != nil {
		return err
	}
	had, err := c.free(ctx, dir)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan error, 1)
	go func() { done <- fill(ctx) }() // waited for below
	keep := min(spare, had/4)
	look := time.NewTimer(lookIn(had, keep))
	defer look.Stop()
	for {
		select {
		case err = <-done:
			full := errors.Is(context.Cause(ctx), errFull)
			cancel(nil)
			if err != nil && full {
				return ops.Fail(ops.Failed, ops.T("stopped before the disk is full: %s were free when it began, and less than %s are left", "arrêté avant que le disque soit plein : %s étaient libres au début, et il en reste moins de %s",
					ops.Size(had), ops.Size(keep)), err)
			}
			return err
		case <-look.C:
			left, err := c.free(ctx, dir)
			if err == nil && left < keep {
				cancel(errFull)
			}
			look.Reset(lookIn(left, keep))
		}
	}
}

// lookIn is when to look again at a disk with so much left, of which so much is to be kept.
func lookIn(left, keep int64) time.Duration {
	return min(max(time.Duration((left-keep)/fastest)*time.Second, soonest), latest)
}
