package dockertest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/docker"
	"vigie/ops/docker/dockertest"
)

// A post keeps what a watcher tells.
type post struct {
	t    testing.TB
	mu   sync.Mutex // a watcher tells from several goroutines
	open map[string]ops.Trouble
	all  []ops.Trouble // everything that was told, also again
	past []ops.Trouble // what was over only after its Wait, with At as it began: people were told of it
	mark json.RawMessage
	told chan struct{} // closed and made anew at each telling
}

// keepWatch watches a stack until the test ends, or stop is called.
func keepWatch(t testing.TB, s *docker.Stack, mark json.RawMessage) (p *post, stop func()) {
	p = &post{t: t, open: map[string]ops.Trouble{}, told: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() { // waited for in stop
		defer close(done)
		s.Watcher(docker.WatchOptions{}).Watch(ctx, mark, p.tell)
	}()
	stop = func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return p, stop
}

func (p *post) tell(s ops.Sighting) {
	p.mu.Lock()
	defer p.mu.Unlock()
	there := map[string]bool{}
	for _, t := range s.Troubles {
		key := t.Subject + " " + t.Kind
		there[key] = true
		p.all = append(p.all, t)
		if t.Over {
			p.end(key)
			continue
		}
		if old, ok := p.open[key]; ok {
			t.At = old.At // since when it is open
		}
		p.open[key] = t
	}
	for key, t := range p.open {
		if s.Whole != "" && strings.HasPrefix(key, s.Whole) && !there[key] && t.Fades == 0 {
			p.end(key)
		}
	}
	p.mark = slices.Clone(s.Mark)
	close(p.told)
	p.told = make(chan struct{})
}

// end takes in that a trouble is over. The caller holds mu.
func (p *post) end(key string) {
	if t, ok := p.open[key]; ok && time.Since(t.At) >= t.Wait {
		p.past = append(p.past, t)
	}
	delete(p.open, key)
}

// people are what people were told of by now: the troubles that lasted.
func (p *post) people() (keys []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := slices.Clone(p.past)
	for _, t := range p.open {
		if time.Since(t.At) >= t.Wait {
			all = append(all, t)
		}
	}
	for _, t := range all {
		keys = append(keys, t.Subject+" "+t.Kind)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// until waits until something that was told is as it should be.
func (p *post) until(what string, so func(open map[string]ops.Trouble) bool) {
	p.t.Helper()
	deadline := time.After(45 * time.Second)
	for {
		p.mu.Lock()
		ok, told := so(p.open), p.told
		p.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-told:
		case <-deadline:
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, t := range p.all {
				p.t.Logf("told: %s %s over %v: %s", t.Subject, t.Kind, t.Over, said(t))
			}
			p.t.Fatalf("never told: %s", what)
		}
	}
}

// is waits until a trouble is open that says all of these.
func (p *post) is(key string, says ...string) (got ops.Trouble) {
	p.t.Helper()
	p.until(key+" "+strings.Join(says, ", "), func(open map[string]ops.Trouble) bool {
		var ok bool
		got, ok = open[key]
		return ok && !slices.ContainsFunc(says, func(part string) bool { return !strings.Contains(said(got), part) })
	})
	return got
}

// over waits until a trouble is over.
func (p *post) over(key string) {
	p.t.Helper()
	p.until(key+" is over", func(open map[string]ops.Trouble) bool { _, is := open[key]; return !is })
}

// never checks that nothing like it was told so far.
func (p *post) never(subject string, kinds ...string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.all {
		if t.Subject == subject && slices.Contains(kinds, t.Kind) {
			p.t.Errorf("it was told that %s: %s", subject, said(t))
		}
	}
}

func said(t ops.Trouble) string {
	words := []string{t.Title.En}
	for _, l := range t.Lines {
		words = append(words, l.En)
	}
	return ops.Unmark(strings.Join(append(words, t.Quote), " | "))
}

// A line is the way to an engine, which can be cut.
type line struct {
	mu   sync.Mutex // requests come on goroutines of their own
	down bool
	next int
	cuts map[int]context.CancelFunc // of the requests under way
	url  string
}

func newLine(t testing.TB) *line {
	l := &line{cuts: map[int]context.CancelFunc{}}
	l.url = dockertest.NewRelay(t, func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		l.mu.Lock()
		id := l.next
		l.next++
		down := l.down
		l.cuts[id] = cancel
		l.mu.Unlock()
		defer func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			delete(l.cuts, id)
		}()
		if down {
			panic(http.ErrAbortHandler)
		}
		pass.ServeHTTP(w, r.WithContext(ctx))
	})
	return l
}

// cut ends what is under way; while it is down, nothing new gets through either.
func (l *line) cut(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
	for _, cancel := range l.cuts {
		cancel()
	}
}
