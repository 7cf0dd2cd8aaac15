package host

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// Watcher returns what watches the hosts of s. It tells of disks ("disk:HOST:MOUNT": full, inodes, read-only, stuck), memory
// ("memory:HOST": memory, swap), load ("load:HOST": load), reboots ("host:HOST": rebooted), systemd units
// ("unit:HOST:UNIT": down), and of hosts that it cannot read
// ("watch:host:HOST": blind).
func (s *System) Watcher() ops.Watcher { return &watcher{sys: s} }

type watcher struct {
	sys    *System
	tell   func(ops.Sighting)
	marked time.Time // when the mark was last told; under sys.mu
}

// markEvery is how often the mark is told though nothing changed: a reboot is told from when a host was last read.
const markEvery = 10 * time.Minute

func (w *watcher) Name() string { return "host" }

// Watch implements [ops.Watcher]. Each host is looked at by itself: one that does not answer holds up no other.
func (w *watcher) Watch(ctx context.Context, mark json.RawMessage, tell func(ops.Sighting)) {
	w.tell = tell
	w.recall(mark)
	var all sync.WaitGroup
	for _, m := range w.sys.hosts {
		all.Go(func() { w.follow(ctx, m) })
	}
	all.Wait()
}

// recall takes up what was known when the bot stopped. What was told of hosts that are no longer configured is over.
func (w *watcher) recall(mark json.RawMessage) {
	s := w.sys
	s.mu.Lock()
	defer s.mu.Unlock()
	var old map[string]*known
	if json.Unmarshal(mark, &old) != nil {
		return // none, or of another version: all is looked at anew
	}
	for name, k := range old {
		if _, ours := s.known[name]; ours && k != nil {
			k.growth = growth{}
			s.known[name] = k
			continue
		}
		over := ops.Sighting{}
		for _, of := range []struct{ sort, kind string }{{"memory:", "memory"}, {"memory:", "swap"}, {"load:", "load"}, {"watch:host:", "blind"}} {
			over.Troubles = append(over.Troubles, ops.Trouble{Subject: of.sort + name, Kind: of.kind, Over: true, Severity: ops.Notice,
				Title: ops.T("%s is no longer watched", "%s n’est plus surveillé", ops.Name(name))})
		}
		w.tell(ops.Sighting{Whole: "disk:" + name + ":"})
		w.tell(ops.Sighting{Whole: "unit:" + name + ":"})
		w.tell(over)
	}
}

func (w *watcher) follow(ctx context.Context, m *machine) {
	tick := time.NewTicker(w.sys.every)
	defer tick.Stop()
	var measured chan *shares
	defer func() {
		if measured != nil {
			<-measured
		}
	}()
	for {
		if troubled := w.look(ctx, m); troubled && measured == nil {
			measured = make(chan *shares, 1)
			go func() { measured <- m.measure(ctx, true) }() // waited for below, or at the end
		}
		select {
		case <-ctx.Done():
			return
		case s := <-measured:
			measured = nil
			w.learn(m, s)
		case <-tick.C:
		}
	}
}

// look reads m once and tells what is new. It reports whether what Docker keeps there should be found out.
func (w *watcher) look(ctx context.Context, m *machine) (troubled bool) {
	reading, cancel := context.WithTimeout(ctx, lookLimit)
	r, err := m.read(reading)
	cancel()
	if ctx.Err() != nil {
		return false
	}
	s := w.sys
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.known[m.Name]
	if err != nil {
		w.say(k.fresh([]ops.Trouble{k.blind(m, err, time.Now())}, time.Now()))
		return false
	}
	o := m.judge(r, k)
	first := !k.looked
	list := append(o.list, k.sees(m, r.At))
	ended := k.gone(m, o.list, r.At)
	news := append(ended, k.fresh(list, r.At)...)
	news = append(news, k.note(m, r)...)
	k.Standing = o.is
	if first {
		w.whole(m, o)
		news = slices.DeleteFunc(news, func(t ops.Trouble) bool { return isPart(m.Name, t) })
	}
	w.say(news)
	return o.fullDisk() && (k.shares == nil || r.At.Sub(k.shares.walked) >= sharesAge)
}

// whole tells of all disks and units of m: what was told before the bot started, of those that are gone, is over.
func (w *watcher) whole(m *machine, o *opinion) {
	for _, whole := range []string{"disk:" + m.Name + ":", "unit:" + m.Name + ":"} {
		all := ops.Sighting{Whole: whole}
		for _, t := range o.list {
			if strings.HasPrefix(t.Subject, whole) && !t.Over {
				all.Troubles = append(all.Troubles, t)
			}
		}
		w.tell(all)
	}
}

// say tells the news with the mark; without news only now and then.
func (w *watcher) say(news []ops.Trouble) {
	now := time.Now()
	if len(news) == 0 && now.Sub(w.marked) < markEvery {
		return
	}
	mark, err := json.Marshal(w.sys.known)
	if err != nil {
		mark = nil // a figure that JSON cannot hold; the next mark is another
	}
	w.marked = now
	w.tell(ops.Sighting{Troubles: news, Mark: mark})
}

// learn takes up what Docker and containerd keep. The next look tells of it.
func (w *watcher) learn(m *machine, s *shares) {
	w.sys.mu.Lock()
	defer w.sys.mu.Unlock()
	k := w.sys.known[m.Name]
	k.shares = s.after(k.shares)
}

// fullDisk reports whether a disk is in trouble.
func (o *opinion) fullDisk() bool {
	for k := range o.is {
		if strings.HasSuffix(k, " full") {
			return true
		}
	}
	return false
}

// isPart reports whether a trouble is about one of the host's disks or units, of which all are told at first.
func isPart(host string, t ops.Trouble) bool {
	return isDisk(host, t) || strings.HasPrefix(t.Subject, "unit:"+host+":")
}

func isDisk(host string, t ops.Trouble) bool { return strings.HasPrefix(t.Subject, "disk:"+host+":") }
