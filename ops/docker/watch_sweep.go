package docker

import (
	"context"
	"strings"
	"time"

	"vigie/ops"
)

const (
	sweepWide  = 4                // close looks at the same time
	sweepLimit = 20 * time.Second // for all close looks of a sweep
	// What a new stream replays tells how things came about, and the list only how they are: so the stream goes first.
	replayed = 250 * time.Millisecond
)

// sweeps looks at everything when it is asked to and every so often, until ctx ends.
func (l *lookout) sweeps(ctx context.Context) {
	timer := time.NewTimer(l.o.Every)
	defer timer.Stop()
	wait := retryFirst
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.sweep:
			if l.behind() && !pause(ctx, replayed) {
				return
			}
		case <-timer.C:
		}
		next := l.o.Every
		if err := l.lookAtAll(ctx); err != nil {
			next, wait = wait, min(2*wait, retryMost)
		} else {
			wait = retryFirst
		}
		timer.Reset(min(next, l.o.Every))
	}
}

// behind reports whether something may have happened unseen.
func (l *lookout) behind() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.lost.IsZero()
}

// lookAtAll looks at everything once, and tells it.
func (l *lookout) lookAtAll(ctx context.Context) error {
	var files []File
	var unread error
	if l.stack.Compose != nil {
		files, unread = l.stack.Compose.Files(ctx)
	}
	l.mu.Lock()
	count := l.count
	l.mu.Unlock()
	asked := time.Now()
	all, err := l.stack.Host.List(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		l.cannot(asked, err)
		return err
	}
	suspects := l.take(all, count, files, unread)
	each(ctx, sweepLimit, sweepWide, suspects, func(ctx context.Context, id string) { l.inspect(ctx, id) }) // what does not answer is looked at by the next
	l.lookForImages(ctx)
	l.lookAtEnvFiles()
	l.conclude()
	return nil
}

// cannot notes that the engine did not answer what was asked of it at a time.
func (l *lookout) cannot(asked time.Time, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lose(asked)
	l.gone = true
	if l.blind.IsZero() {
		l.blind = asked
		if l.lost.Before(asked) && !l.away {
			l.blind = l.lost
		}
	}
	l.why = err
	l.report()
}

// conclude tells all that is so, after it was looked at.
func (l *lookout) conclude() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.why = nil
	if !l.blind.IsZero() {
		poke(l.retry) // the events may be had again, too
	}
	if l.streaming && time.Since(l.begun) >= steady {
		l.failed, l.deaf = 0, nil
	}
	l.looked = true
	whole := true
	for _, k := range l.boxes {
		k.turn(l.o, time.Now())
		whole = whole && !k.unsure && k.detail.ID != ""
	}
	if !l.lost.IsZero() && (l.streaming || l.deaf != nil) {
		l.regain(time.Now())
	}
	news, now, scenes := l.changes(time.Now())
	l.blind = time.Time{}
	if !whole {
		if len(news) > 0 {
			l.say(news, "")
		}
		return
	}
	l.tellWhole(news, now)
	for name, w := range l.past {
		if time.Since(w.Gone) > remade {
			delete(l.past, name)
		}
	}
	for _, s := range scenes { // what was found to be in trouble, and not told by an event, is still to be looked at for that
		if s.k != nil && s.kind() != "" && s.k.found.kind != s.kind() {
			l.want(s.k)
		}
	}
}

// tellWhole tells the news, and with them all that is so: what was told before the bot was started, and is not among it, is over.
func (l *lookout) tellWhole(news, now []ops.Trouble) {
	told := map[what]bool{}
	parts := map[string][]ops.Trouble{}
	part := func(t ops.Trouble) string {
		switch {
		case t.Subject == aboutWatch:
			return aboutWatch
		case strings.HasPrefix(t.Subject, aboutSetup):
			return aboutSetup
		}
		return aboutContainer
	}
	for _, t := range news {
		told[what{t.Subject, t.Kind}] = true
		parts[part(t)] = append(parts[part(t)], t)
	}
	for _, t := range now {
		if !told[what{t.Subject, t.Kind}] && t.Fades == 0 {
			parts[part(t)] = append(parts[part(t)], t)
		}
	}
	for _, about := range []string{aboutContainer, aboutSetup, aboutWatch} {
		l.say(parts[about], about)
	}
}
