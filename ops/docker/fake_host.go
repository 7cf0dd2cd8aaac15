package docker

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// List implements [Host].
func (f *Fake) List(ctx context.Context) ([]Container, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter(ctx, call{doing: doList, needs: "CONTAINERS=1"}, "list"); err != nil {
		return nil, err
	}
	var list []Container
	for _, b := range f.boxes {
		if b.exists {
			c := b.now().Container
			if !slices.ContainsFunc(f.images, func(i *fakeImage) bool { return i.ID == c.ImageID && slices.Contains(i.Tags, c.Image) }) {
				c.Image = c.ImageID // its name is gone, or stands for another one
			}
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b Container) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// Inspect implements [Host].
func (f *Fake) Inspect(ctx context.Context, id string) (Detail, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter(ctx, call{doing: doInspect, needs: "CONTAINERS=1"}, "inspect"); err != nil {
		return Detail{}, err
	}
	b := f.find(id)
	if b == nil {
		return Detail{}, noContainer(id)
	}
	return b.now(), nil
}

// Logs implements [Host].
func (f *Fake) Logs(ctx context.Context, id string, q LogQuery) ([]Line, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter(ctx, call{doing: doLogs, needs: "CONTAINERS=1"}, "logs"); err != nil {
		return nil, err
	}
	b := f.find(id)
	if b == nil {
		return nil, noContainer(id)
	}
	keep := &logTail{lines: cmp.Or(max(q.Lines, 0), defaultLines), bytes: cmp.Or(max(q.Bytes, 0), defaultBytes)}
	for _, l := range b.logs {
		if !q.Since.IsZero() && l.At.Before(q.Since) || !q.Until.IsZero() && l.At.After(q.Until) ||
			!strings.Contains(strings.ToLower(l.Text), strings.ToLower(q.Find)) {
			continue
		}
		keep.add(l)
	}
	return keep.list, nil
}

// Follow implements [Host].
func (f *Fake) Follow(ctx context.Context, id string, since time.Time, each func(Line)) error {
	if since.IsZero() {
		since = time.Now()
	}
	for {
		lines, err := f.Logs(ctx, id, LogQuery{Since: since, Lines: searchLines})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		for _, l := range lines {
			since = l.At.Add(1)
			each(l)
		}
		if !pause(ctx, time.Second) {
			return nil
		}
	}
}

// Stats implements [Host].
func (f *Fake) Stats(ctx context.Context, ids ...string) (map[string]Usage, error) {
	f.mu.Lock()
	err := f.enter(ctx, call{doing: doStats, needs: "CONTAINERS=1"}, "stats")
	f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if len(ids) > 0 && !pause(ctx, 2*time.Second) {
		return nil, (&Engine{}).explain(call{doing: doStats}, &wire{}, ctx.Err())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[string]Usage{}
	for _, id := range ids {
		if b := f.find(id); b != nil && b.now().State == "running" {
			all[id] = Usage{CPU: b.cpu, Memory: b.used, Limit: cmp.Or(b.Memory, 8e9), PIDs: 1}
		}
	}
	return all, nil
}

// Start implements [Host].
func (f *Fake) Start(ctx context.Context, id string) error {
	return f.change(ctx, call{doing: doStart, needs: "POST=1 ALLOW_START=1"}, "start", id, func(b *box) time.Duration {
		return 0
	}, func(b *box) {
		if b.now().State != "running" {
			b.start()
		}
	})
}

// Stop implements [Host].
func (f *Fake) Stop(ctx context.Context, id string) error {
	return f.change(ctx, call{doing: doStop, needs: "POST=1 ALLOW_STOP=1"}, "stop", id, (*box).stopTime, (*box).stop)
}

// Restart implements [Host].
func (f *Fake) Restart(ctx context.Context, id string) error {
	return f.change(ctx, call{doing: doRestart, needs: "POST=1 ALLOW_RESTARTS=1"}, "restart", id, (*box).stopTime, (*box).start)
}

// change makes one change to one container, which takes a while.
func (f *Fake) change(ctx context.Context, c call, verb, id string, takes func(*box) time.Duration, do func(*box)) error {
	f.mu.Lock()
	err := f.enter(ctx, c, verb)
	b := f.find(id)
	if err == nil && b == nil {
		err = noContainer(id)
	}
	if err != nil {
		f.mu.Unlock()
		return err
	}
	f.calls = append(f.calls, verb+" "+b.Name)
	while := takes(b)
	f.mu.Unlock()
	lost, err := f.befall(ctx, c, verb)
	if err != nil {
		return err
	}
	spend(ctx, while)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		return (&Engine{}).explain(call{doing: c.doing, changes: true}, &wire{sent: true}, context.DeadlineExceeded)
	}
	f.announce(false)
	do(b)
	f.announce(true)
	return lost
}

// Info implements [Host].
func (f *Fake) Info(ctx context.Context) (Info, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter(ctx, call{doing: doInfo, needs: "INFO=1"}, "info"); err != nil {
		return Info{}, err
	}
	in := Info{Version: "28.5.2", API: "1.51", OS: "Debian GNU/Linux 12", Host: "vps", CPUs: 4, Memory: 8e9, Root: "/var/lib/docker", Proxy: len(f.forbids) > 0}
	for _, b := range f.boxes {
		if b.exists {
			in.Containers++
		}
	}
	return in, nil
}
