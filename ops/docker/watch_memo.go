package docker

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A memo is what is known of one container. Its Container is kept up to date by events; times are the engine's.
type memo struct {
	Container
	ref       string    // of its image, as it was asked for
	detail    Detail    // the newest close look; without an ID before the first
	seen      int       // how many events there had been when that was taken
	stirred   int       // the number of the newest event about it
	unsure    bool      // that event was an old one, and nobody has looked since
	started   time.Time // zero if unknown
	ended     time.Time // likewise
	code      int       // with what it ended last, also when it runs again
	asked     time.Time // when somebody asked it to end; zero again when it is started
	heard     bool      // the last end was told by an event
	unseen    bool      // it was while nobody could see: whether somebody asked for it is not known, the engine may have
	before    *memo     // what was known just before that event, if it came as it happened
	doubted   bool      // its last end was taken back; see [lookout.doubt]
	felled    time.Time // when it was asked for that
	ends      []time.Time
	restarts  int       // the engine's count at the newest close look
	uncounted int       // ends heard of since then
	ahead     int       // ends that the engine counted before their events came…
	aheadTo   time.Time // …the newest of them
	recount   bool      // somebody started it: the engine counts anew
	baseline  bool      // restarts is known from before we were away
	loop      bool
	sick      time.Time // since when its health check says no, also while it is started anew and has not said yes again
	ooms      []time.Time
	prev      *was // what it took the place of
	weak      bool // its health check cannot fail
	found     found
	row       string // what its row is called
	queued    bool   // it is to be looked at closely
	looking   bool   // it is being looked at closely
}

// view is the stack as it is known, read against the files. The caller holds mu.
func (l *lookout) view() view {
	memos := slices.SortedFunc(maps.Values(l.boxes), func(a, b *memo) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	all := make([]Container, 0, len(memos))
	for _, k := range memos {
		c := k.Container
		if at := k.ended; c.State == "running" || c.State == "paused" {
			c.Since = spanSince(k.started)
		} else {
			c.Since = spanSince(at)
		}
		all = append(all, c)
	}
	return l.stack.read(all, l.files, l.unread)
}

// meet begins a memo.
func (l *lookout) meet(c Container) *memo {
	k := &memo{Container: c}
	l.boxes[c.ID] = k
	if b, ok := l.before[c.Name]; ok && b.ID == short(c.ID) {
		k.restarts, k.started, k.asked, k.unseen, k.baseline = b.Restarts, b.Started, b.Asked, b.Unseen, true
		if c.State == "exited" && lives(b.State) {
			l.unheard(k)
		}
	} else if ok {
		k.prev = &b
	}
	k.named(c.Image)
	l.inherit(k)
	return k
}

// named notes what its image was called when it was made; an id is no name.
func (k *memo) named(ref string) {
	if ref != "" && !strings.HasPrefix(ref, "sha256:") {
		k.ref = ref
	}
}

// inherit ties a container to the one whose name and place it took.
func (l *lookout) inherit(k *memo) {
	if p, ok := l.past[k.Name]; ok && k.prev == nil && p.ID != short(k.ID) {
		k.prev, k.sick = &p, p.sick
		delete(l.past, k.Name)
	}
}

// leave ends a memo: the container is gone.
func (l *lookout) leave(k *memo) {
	w := k.was()
	w.Gone = time.Now()
	l.past[k.Name] = w
	delete(l.boxes, k.ID)
}

// checked reports whether there is a health check that says something.
func (k *memo) checked() bool { return len(k.detail.HealthTest) > 0 }

// tries is how often the engine starts it again after an error; 0 is no limit, or never.
func (k *memo) tries() int {
	n, _ := strconv.Atoi(strings.TrimPrefix(k.detail.Policy, "on-failure:"))
	return n
}

// always reports whether the engine starts it again whenever it ends by itself.
func (k *memo) always() bool {
	return k.detail.Policy == "always" || k.detail.Policy == "unless-stopped"
}

// exhausted reports whether the engine has given up starting it again.
func (k *memo) exhausted() bool {
	max := k.tries()
	if max == 0 || k.State != "exited" || k.ExitCode == 0 || !k.asked.IsZero() {
		return false
	}
	return k.restarts+k.uncounted > max || k.uncounted == 0 && k.detail.State == "exited" && k.restarts >= max
}

// byHand reports whether somebody made it end. Where that was not heard, it shows: an engine that is to start it again
// whenever it ends, and does not, was told so.
func (k *memo) byHand() bool {
	looked := k.detail.ID != "" && k.seen >= k.stirred && k.detail.State == "exited" && k.detail.Error == ""
	return !k.unseen && (!k.asked.IsZero() || looked && !k.heard && k.always())
}

// starved reports whether its last end was for lack of memory.
func (k *memo) starved() bool {
	if k.ExitCode != 137 || !k.asked.IsZero() {
		return false
	}
	if n := len(k.ooms); n > 0 && k.ended.Sub(k.ooms[n-1]).Abs() < 5*time.Second {
		return true
	}
	return k.seen >= k.stirred && k.detail.OOM
}

// turn decides whether it is in a crash loop.
func (k *memo) turn(o WatchOptions, now time.Time) {
	k.ends = slices.DeleteFunc(k.ends, func(t time.Time) bool { return !k.loop && now.Sub(t) > o.Window })
	lastTry := k.tries() > 0 && k.restarts+k.uncounted >= k.tries()
	switch {
	case k.State == "running" && k.loop && now.Sub(k.started) >= calmed, k.State == "exited" && k.loop && now.Sub(k.ended) >= calmed:
		k.loop, k.ends = false, nil // it stays up, or nobody starts it any more
	case len(k.ends) >= o.Restarts && !lastTry:
		k.loop = true
	}
	if over := len(k.ends) - mostEnds; over > 0 {
		k.ends = slices.Delete(k.ends, 0, over)
	}
}

const (
	calmed   = 3 * time.Minute // how long one in a crash loop must have run before it is out of it: the engine waits up to a minute between two starts
	mostEnds = 100
)
