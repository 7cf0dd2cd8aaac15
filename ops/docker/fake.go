package docker

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// How long things take in a [Fake], unless its world says otherwise.
const (
	fakeReady = 5 * time.Second // from started to healthy
	fakeStop  = time.Second
	fakeJob   = time.Second // what a one-shot runs
	fakePull  = 3 * time.Second
	fakeHang  = 2 * time.Minute  // until the client gives up
	fakeLoop  = 10 * time.Second // between two ends of a container that ends as soon as it is started
)

// A Fake is a [Host] and, through its Compose method, a [Compose] in memory, with a real one's temper:
// a container takes some seconds to become healthy, and anything can be told to fail. It reads the clock and
// starts no goroutines, so it lives well in a testing/synctest bubble. The world it is made from is described at [NewFake].
type Fake struct {
	mu       sync.Mutex // guards all below; never held while time passes
	project  string
	dir      string
	boxes    []*box // services and containers, in the order of the world
	images   []*fakeImage
	registry map[string]*release // by reference: what the registry has newer than the world, or nil for gone
	calls    []string
	gone     bool
	forbids  map[string]bool
	next     map[string]string // what befalls the next call of a name: "hangs", "fails", "is lost"
	made     int               // containers so far, for their ids
	cache    int64             // build cache

	remembered []Event       // the newest events
	forgotten  int           // how many came before those
	newest     time.Time     // of the events: no two are at the same time
	streams    int           // how often every stream of events was ended
	cut        int           // with which event that was, the last time
	wake       chan struct{} // closed when there is something to hear; made by who waits for it
}

var _ Host = (*Fake)(nil)

// A box is one service with its container, if there is one.
type box struct {
	Detail
	exists    bool
	declared  bool // in a compose file
	phase     string
	profiles  []string
	oneShot   bool
	built     bool
	ready     time.Duration
	health    string    // what its checks come to: "", healthy, unhealthy, starting
	settled   bool      // its checks came to that already
	output    string    // of the health check
	exits     int       // with what it ends right after it starts, -1 if it stays
	exitsFrom time.Time // only when it was started since then
	heals     bool      // the next start makes it healthy
	hangs     bool      // ignores TERM: a stop takes ten seconds
	logs      []Line
	used      int64 // bytes of memory
	cpu       float64
	changed   bool   // its compose entry is newer than its container
	edits     int    // of its compose entry
	image     string // as the compose file says it
	digestOf  *release
	wantEnv   []string
	unmanaged bool // a container that no compose file knows
	envFiles  []string
	said      said // what the events told last
	heard     bool // said is set
}

type fakeImage struct {
	Image
	dangling bool
}

// A release is what a registry has under a reference: a new image, and how containers of it behave.
type release struct {
	id     string
	digest string
	health string
	exits  int
}

// Calls lists what was asked of the fake that changes something, in order: "restart javisi_grafana",
// "up docker-compose.yml grafana --recreate", "pull grafana:12.4.3".
func (f *Fake) Calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// Stack operates the fake.
func (f *Fake) Stack() *Stack {
	return &Stack{Host: f, Compose: f.Compose(), Project: f.project}
}

// enter begins a call: it may be that the engine is gone, or that a proxy forbids it.
func (f *Fake) enter(ctx context.Context, c call, verb string) error {
	if err := ctx.Err(); err != nil {
		return notSent(c, err)
	}
	if f.gone {
		return unreachable(DefaultHost, fs.ErrNotExist, fmt.Errorf("%s: dial unix /var/run/docker.sock: no such file or directory", c.doing))
	}
	if f.forbids[verb] {
		return denied(c, fmt.Errorf("%s: 403 Forbidden", c.doing))
	}
	return nil
}

// befall lets happen what was told to happen to the next call of this verb. It is called without the lock.
// lost is to be returned after the change was made.
func (f *Fake) befall(ctx context.Context, c call, verb string) (lost, err error) {
	f.mu.Lock()
	fate := f.next[verb]
	delete(f.next, verb)
	f.mu.Unlock()
	unknown := (&Engine{}).explain(call{doing: c.doing, changes: true}, &wire{sent: true}, context.DeadlineExceeded)
	switch fate {
	case "hangs":
		pause(ctx, fakeHang)
		return nil, unknown
	case "is lost":
		return unknown, nil
	case "fails":
		return nil, ops.Fail(ops.Failed, ops.T("Docker refused: %s", "Docker a refusé : %s", "told to fail"), nil)
	}
	return nil, nil
}

// spend lets time pass. When ctx ends first, the engine carries on all the same and the client knows nothing:
// the fake then has made the change, as the engine would.
func spend(ctx context.Context, d time.Duration) {
	pause(context.WithoutCancel(ctx), d)
}

func (f *Fake) find(id string) *box {
	for _, b := range f.boxes {
		if b.exists && meant(id, b.ID, b.Name) {
			return b
		}
	}
	return nil
}

func (f *Fake) service(name string) *box {
	for _, b := range f.boxes {
		if b.Service == name || b.Service == "" && b.Name == name {
			return b
		}
	}
	return nil
}

func noContainer(id string) error {
	return ops.Fail(ops.NotFound, ops.T("There is no %s %s.", "Il n’y a pas %s %s.", containerNoun, ops.Name(id)), nil)
}

// now is the container as it is at this moment: what it did by itself since it was last touched.
func (b *box) now() Detail {
	d, t := b.Detail, time.Now()
	if d.State == "running" && b.oneShot && !t.Before(d.Started.Add(fakeJob)) {
		d.State, d.ExitCode, d.Finished = "exited", 0, d.Started.Add(fakeJob)
	}
	exits, health := b.ends(), b.health
	if r := b.digestOf; r != nil {
		health = cmp.Or(r.health, health)
	}
	if d.State == "running" && exits >= 0 && t.After(d.Started) {
		d.State, d.ExitCode, d.Finished = "exited", exits, d.Started
		if b.loops() {
			more := t.Sub(d.Started) / fakeLoop
			d.State, d.Restarts = "restarting", d.Restarts+1+int(more)
			d.Started = d.Started.Add(more * fakeLoop)
			d.Finished = d.Started
		}
	}
	d.Health, d.HealthLog, d.Streak = "", nil, 0
	if d.State == "running" && health != "" {
		d.Health = health
		if !b.settled && t.Before(d.Started.Add(b.ready)) {
			d.Health = "starting"
		}
		d.HealthLog = b.healthLog(d.Health, t)
	}
	if d.Health == "unhealthy" {
		d.Streak = 3 + int(t.Sub(d.Started)/d.HealthEvery)
	}
	d.Since = spanSince(d.Started)
	if d.State != "running" {
		d.Since = spanSince(d.Finished)
	}
	if d.State == "created" {
		d.Since = ""
	}
	return d
}

// ends is with what it ends right after it was started, -1 if it stays.
func (b *box) ends() int {
	code := -1
	if !b.Started.Before(b.exitsFrom) {
		code = b.exits
	}
	if b.digestOf != nil {
		code = max(code, b.digestOf.exits)
	}
	return code
}

// loops reports whether it is started again whenever it ends, which it does at once.
func (b *box) loops() bool {
	return b.State == "running" && b.ends() >= 0 && (b.Policy == "unless-stopped" || b.Policy == "always")
}

func (b *box) healthLog(health string, t time.Time) []HealthResult {
	r := HealthResult{At: t.Truncate(time.Second), Output: b.output}
	if health != "healthy" {
		r.Exit = 1
	} else if r.Output == "" {
		r.Output = "ok"
	}
	return []HealthResult{r}
}

// start makes the container run from now on.
func (b *box) start() {
	if b.heals {
		b.health, b.output, b.heals = "healthy", "ok", false
	}
	b.State, b.ExitCode, b.Started, b.OOM, b.Error, b.Restarts = "running", -1, time.Now(), false, "", 0
	b.settled = false
	b.logs = append(b.logs, Line{At: time.Now(), Text: "started " + b.Name})
}

func (b *box) stop() {
	if b.now().State == "exited" {
		b.Detail = b.now()
		return
	}
	code := 0
	if b.hangs {
		code = 137
	}
	b.State, b.ExitCode, b.Finished = "exited", code, time.Now()
}

func (b *box) stopTime() time.Duration {
	switch {
	case b.now().State != "running":
		return 0
	case b.hangs:
		return 10 * time.Second
	}
	return fakeStop
}

// fakeID is a stable id for a name.
func fakeID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

func plainName(ref string) string {
	name, _, _ := strings.Cut(ref, "@")
	return name
}
