package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"vigie/ops"
)

// A post keeps what a watcher tells, in the way that the teller of alerts does: what is open, and what lasted long enough
// that somebody would have been told.
type post struct {
	t     *testing.T
	fake  *Fake
	stack *Stack
	o     WatchOptions
	stop  func()

	mu    sync.Mutex // tell comes from several goroutines
	open  map[what]ops.Trouble
	ended []ops.Trouble // with At as it began
	over  map[what]ops.Trouble
	told  int
	mark  json.RawMessage
	wrong []string
}

// watchWorld begins to watch a world; «off NAME» lines are off on purpose. It must be called in a bubble.
func watchWorld(t *testing.T, world string) *post {
	t.Helper()
	p := newPost(t, world)
	p.start()
	p.wait(time.Second)
	return p
}

func newPost(t *testing.T, world string) *post {
	offs := map[string]bool{}
	var kept []string
	for line := range strings.Lines(world) {
		if w := strings.Fields(line); len(w) == 2 && w[0] == "off" {
			offs[w[1]] = true
			continue
		}
		kept = append(kept, line)
	}
	f, err := NewFake(strings.Join(kept, ""))
	if err != nil {
		t.Fatal(err)
	}
	p := &post{t: t, fake: f, stack: f.Stack(), open: map[what]ops.Trouble{}, over: map[what]ops.Trouble{}}
	p.stack.Off = offs
	t.Cleanup(func() {
		if p.stop != nil {
			p.stop()
		}
		for _, w := range p.wrong {
			t.Error(w)
		}
	})
	return p
}

// start starts the bot, with the mark that was kept.
func (p *post) start() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	mark := p.mark
	go func() { // waited for in stop
		defer close(done)
		p.stack.Watcher(p.o).Watch(ctx, mark, p.tell)
	}()
	p.stop = func() {
		cancel()
		<-done
		p.stop = nil
	}
}

func (p *post) tell(s ops.Sighting) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told++
	there := map[what]bool{}
	for _, t := range s.Troubles {
		p.check(t)
		key := what{t.Subject, t.Kind}
		there[key] = true
		if t.Over {
			p.end(key)
			p.over[key] = t
			continue
		}
		if old, ok := p.open[key]; ok {
			t.At = old.At // since when it is open
		}
		p.open[key] = t
	}
	for key, t := range p.open {
		if s.Whole != "" && strings.HasPrefix(key.subject, s.Whole) && !there[key] && t.Fades == 0 {
			p.end(key)
		}
	}
	p.mark = slices.Clone(s.Mark)
}

func (p *post) end(key what) {
	if t, ok := p.open[key]; ok && time.Since(t.At) >= t.Wait {
		p.ended = append(p.ended, t)
	}
	delete(p.open, key)
}

// check finds what no trouble may be.
func (p *post) check(t ops.Trouble) {
	bad := func(what string) {
		p.wrong = append(p.wrong, fmt.Sprintf("%s: %s %s %q %v", what, t.Subject, t.Kind, t.Title.En, t.Lines))
	}
	for _, text := range append([]ops.Text{t.Title}, t.Lines...) {
		if text.En == "" || text.Fr == "" || strings.Contains(text.En+text.Fr, "%!") {
			bad("a sentence is broken")
		}
	}
	for _, l := range t.Lines {
		if r := []rune(ops.Unmark(l.En)); unicode.IsUpper(r[0]) && !strings.HasPrefix(string(r), "Docker") && !strings.HasPrefix(string(r), "I ") {
			bad("a line begins in upper case")
		}
	}
	for _, o := range t.Offers {
		at := slices.IndexFunc(Bind(p.stack).Ops, func(op ops.Op) bool { return op.Name == o.Ask.Op })
		if at < 0 || len(o.Ask.Args) > 0 && Bind(p.stack).Ops[at].Params[0].Name != "service" {
			bad("no such op: " + o.Ask.Op)
		}
	}
	if t.Severity == "" || t.At.IsZero() || t.Subject == "" || t.Kind == "" {
		bad("something is missing")
	}
	if !t.Over && t.Subject != aboutWatch && (len(t.Locks) != 1 || len(t.Offers) == 0) {
		bad("no lock, or no offer")
	}
}

// wait lets time pass, and all that follows from it.
func (p *post) wait(d time.Duration) {
	time.Sleep(d) // the bubble's time
	synctest.Wait()
}

func (p *post) do(changes ...string) {
	p.t.Helper()
	do(p.t, p.fake, changes...)
	synctest.Wait()
}

// is is an open trouble of a container, which must be there.
func (p *post) is(name, kind string) ops.Trouble {
	p.t.Helper()
	for _, subject := range []string{aboutContainer + name, aboutSetup + name, name} {
		p.mu.Lock()
		t, ok := p.open[what{subject, kind}]
		p.mu.Unlock()
		if ok {
			return t
		}
	}
	p.t.Fatalf("%s is not %s; what is wrong is %s", name, kind, p.list())
	return ops.Trouble{}
}

// well checks that nothing is open but what is named.
func (p *post) well(but ...string) {
	p.t.Helper()
	if got := p.list(); !slices.Equal(got, but) {
		p.t.Errorf("what is wrong is %q, want %q", got, but)
	}
}

// quiet checks that nothing lasted long enough to be told, but for what is named.
func (p *post) quiet(but ...string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for _, t := range p.ended {
		list = append(list, t.Subject+" "+t.Kind)
	}
	for _, t := range p.open {
		if time.Since(t.At) >= t.Wait {
			list = append(list, t.Subject+" "+t.Kind)
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	if !slices.Equal(list, but) {
		p.t.Errorf("people were told of %q, want %q", list, but)
	}
}

func (p *post) list() (list []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key := range p.open {
		list = append(list, key.subject+" "+key.kind)
	}
	slices.Sort(list)
	return list
}

// was is how it was told that a trouble is over.
func (p *post) was(name, kind string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, subject := range []string{aboutContainer + name, aboutSetup + name, name} {
		if t, ok := p.over[what{subject, kind}]; ok {
			return ops.Unmark(t.Title.En)
		}
	}
	return ""
}

// text is all that a trouble says.
func text(t ops.Trouble) string {
	words := []string{ops.Unmark(t.Title.En)}
	for _, l := range t.Lines {
		words = append(words, ops.Unmark(l.En))
	}
	words = append(words, "> "+t.Quote)
	for _, o := range t.Offers {
		words = append(words, "["+o.Label.En+"]")
	}
	return strings.Join(words, "\n")
}

// says checks that a trouble says all of these.
func (p *post) says(t ops.Trouble, parts ...string) {
	p.t.Helper()
	for _, part := range parts {
		if !strings.Contains(text(t), part) {
			p.t.Errorf("%s %s does not say %q:\n%s", t.Subject, t.Kind, part, text(t))
		}
	}
}
