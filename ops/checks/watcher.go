package checks

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"time"

	"vigie/ops"
)

// Watcher returns what runs the checks of s, each at its own pace. It tells of checks ("check:NAME": down, dns, slow, tls), and of
// reaching nothing at all ("watch:checks": blind).
func (s *System) Watcher() ops.Watcher { return &watcher{sys: s} }

type watcher struct {
	sys   *System
	tell  func(ops.Sighting)
	whole bool  // all was told once; under sys.mu, as what follows
	blind *bool // whether nothing is reached, as it was told; nil is not yet
}

// Standing is what the mark keeps: since when what is wrong with a check is so, by check and kind.
type standing map[string]map[string]time.Time

// blindSubject is what no check can do without: that the bot itself reaches anything.
const blindSubject = "watch:checks"

func (w *watcher) Name() string { return "checks" }

// Watch implements [ops.Watcher].
func (w *watcher) Watch(ctx context.Context, mark json.RawMessage, tell func(ops.Sighting)) {
	w.tell = tell
	w.recall(mark)
	if len(w.sys.checks) == 0 {
		tell(ops.Sighting{Whole: "check:"})
	}
	var all sync.WaitGroup
	for i, c := range w.sys.checks {
		all.Go(func() { w.follow(ctx, c, i) })
	}
	all.Wait()
}

// recall takes up what stood when the bot stopped, so that it is neither told as new nor taken for over at once.
func (w *watcher) recall(mark json.RawMessage) {
	var old standing
	if json.Unmarshal(mark, &old) != nil {
		return // none, or of another version: all is checked anew
	}
	w.sys.mu.Lock()
	defer w.sys.mu.Unlock()
	for _, c := range w.sys.checks {
		for kind, since := range old[c.Name] {
			if kind == "tls" {
				c.state.told = map[string]ops.Trouble{"tls": {Kind: "tls", At: since}}
				continue
			}
			*c.streak(kind) = streak{stands: true, since: since}
		}
	}
}

const (
	firstSpread = 10 * time.Second // the first checks go out over so long
	quick       = 10 * time.Second // how soon a result that may decide something is followed by the next
)

// follow runs one check until ctx ends. Its place among the others, and a tenth of chance each time, keep them apart.
func (w *watcher) follow(ctx context.Context, c *check, i int) {
	next := time.NewTimer(min(c.Every, firstSpread) * time.Duration(i) / time.Duration(len(w.sys.checks)))
	defer next.Stop()
	for {
		var r Result
		select {
		case <-ctx.Done():
			return
		case r = <-c.extra: // somebody asked meanwhile
		case <-next.C:
			var ok bool
			if r, ok = w.sys.run(ctx, c); !ok {
				return
			}
		}
		next.Reset(pause(c.Every, w.judge(c, r)))
	}
}

// pause is how long until the next run.
func pause(every time.Duration, wavers bool) time.Duration {
	if wavers {
		every = min(every, quick)
	}
	return time.Duration(float64(every) * (0.95 + 0.1*rand.Float64()))
}

// judge tells what r changes. It reports whether the next result may decide something.
func (w *watcher) judge(c *check, r Result) (wavers bool) {
	s := w.sys
	s.mu.Lock()
	defer s.mu.Unlock()
	news := append(c.judge(r), w.sight(r)...)
	if len(news) > 0 {
		w.tell(ops.Sighting{Troubles: news, Mark: w.mark()})
	}
	w.once()
	return c.wavers()
}

// once tells everything when each check has been judged for the first time: what was told before, of checks that are no longer
// there or that are well, is over.
func (w *watcher) once() {
	if w.whole {
		return
	}
	all := ops.Sighting{Whole: "check:"}
	for _, c := range w.sys.checks {
		if !c.settled() {
			return
		}
		for _, t := range c.state.told {
			if !t.Over && t.Subject != "" {
				all.Troubles = append(all.Troubles, t)
			}
		}
	}
	w.whole = true
	all.Mark = w.mark()
	w.tell(all)
}

// sight finds out whether anything is reached at all. If no check of several, to several places, reaches anything, then it is us.
func (w *watcher) sight(r Result) []ops.Trouble {
	places, reached, unknown := map[string]bool{}, false, false
	for _, c := range w.sys.checks {
		last, ok := c.record.last()
		unknown, reached = unknown || !ok, reached || last.Reached
		places[c.probe.host] = true
	}
	is := !reached && len(w.sys.checks) >= 3 && len(places) >= 2
	if is && unknown || w.blind != nil && is == *w.blind {
		return nil
	}
	w.blind = &is
	t := ops.Trouble{Subject: blindSubject, Kind: "blind", Severity: ops.Critical, At: r.At}
	if !is {
		t.Over, t.Title = true, ops.T("the checks reach something again", "les contrôles atteignent de nouveau quelque chose")
		return []ops.Trouble{t}
	}
	t.Wait = time.Minute
	t.Title = ops.T("no check reaches anything: my own network or DNS is down", "aucun contrôle n’atteint quoi que ce soit : mon propre réseau ou DNS est coupé")
	t.Lines = []ops.Text{ops.T("newest: %s", "le dernier : %s", r.Say), ops.T("the services may well be up: I cannot tell", "les services tournent peut-être : je ne peux pas le dire")}
	t.Offers = []ops.Button{ops.AskFor(ops.T("Checks", "Contrôles"), "checks.list")}
	return []ops.Trouble{t}
}

func (w *watcher) mark() json.RawMessage {
	list := standing{}
	for _, c := range w.sys.checks {
		for kind, s := range c.state.streaks {
			if s.stands {
				list.put(c.Name, kind, s.since)
			}
		}
		if t, ok := c.state.told["tls"]; ok && !t.Over {
			list.put(c.Name, "tls", t.At)
		}
	}
	mark, err := json.Marshal(list)
	if err != nil {
		return nil // a time beyond what JSON can hold: it cannot be
	}
	return mark
}

func (s standing) put(check, kind string, since time.Time) {
	if s[check] == nil {
		s[check] = map[string]time.Time{}
	}
	s[check][kind] = since
}
