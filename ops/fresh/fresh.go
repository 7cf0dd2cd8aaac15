// Package fresh sees that what must be recent is recent: files that a job leaves behind (backups), and heartbeats that jobs
// push to us. A backup is judged by its files and not by what its script says of itself: a script that ends early, or that
// hides its errors, leaves nothing in a log. And Vigie pushes a heartbeat of its own, so that its own silence is seen too.
//
// Read fresh.go (what can be asked for), look.go and judge.go (files), content.go (what is inside them), beats.go and
// hook.go (heartbeats in), pulse.go (ours, out), list.go (the op).
package fresh

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"vigie/ops"
)

// Options say what must be recent.
type Options struct {
	Files []FileRule
	Beats []Beat
	Pulse Pulse
	Kept  Kept // nil remembers nothing: after a restart every heartbeat is new
}

// A FileRule is what must hold of the newest file that matches. What is zero is not asked for.
type FileRule struct {
	Name string // what people call it, one word: "pg_dump"
	// Pattern is an absolute path; *, ? and [a-z] stand for parts of one element of it, as in a shell. {name} stands for
	// each of EachOf: "/backups/pg_dump/{name}-*.dump".
	//
	// The newest is the one with the newest time stamp in its name (20060102_150405, 2006-01-02, …), if all names have
	// one: a copy of an old file is not a new one. Otherwise it is the one that was changed last. Its age is always the
	// time since it was changed.
	Pattern string
	// EachOf makes one rule many: each name must have its own fresh file. A file belongs to a name if nothing but the name
	// stands before its time stamp: "plane-2-20060102.dump" is not one of "plane".
	EachOf   []string
	Newer    time.Duration // the newest is at most so old
	AtLeast  int64         // bytes; one byte if 0: an empty file is never a good one
	Band     int           // percent by which its size may differ from the one a day before (or, if they are rarer, the one before)
	Count    int           // at least so many files match
	Inside   string        // stands in its first 4096 bytes: "PGDMP"
	Format   Format        // it is whole, and of this format
	Severity ops.Severity  // of what is wrong; Warning if empty
	// Host is the machine that they are on, and Disk reads there; "" and nil are this one.
	Host string
	Disk Disk
}

// A Format is a kind of file that can be seen to be whole without unpacking it somewhere.
type Format string

const (
	PGDump Format = "pgdump-custom" // pg_dump -Fc: its table of contents and every block of data that it lists are there, to the end
	Gzip   Format = "gzip"          // unpacks to its end, with the right check sum and length
	RDB    Format = "rdb"           // a Redis snapshot: magic, end mark, CRC-64
	JSON   Format = "json"          // one value that is not null, "", [] or {}
)

// A Beat is a heartbeat that a job pushes to us.
type Beat struct {
	Name  string        // stands in the address that the job calls: letters, digits, and . _ - inside
	Every time.Duration // how long apart they are at most, when all is well
	Grace time.Duration // how much later is still fine; a tenth of Every if 0, but never under a minute
	// Secret is what the job proves itself with; it is required. Whoever can fake a beat can hide that a job is dead.
	Secret   Secret
	Severity ops.Severity // of its silence, and of a failure that it tells of; Warning if empty
}

// A Pulse is Vigie's own heartbeat, sent to a watcher that is not Vigie: an Uptime Kuma push monitor, healthchecks.io, or
// any address that takes a GET.
type Pulse struct {
	URL   Secret        // nil or empty: none is sent
	Every time.Duration // a minute if 0; at least 10 s
	// Healthy says why no pulse should be sent now, or nil. If it is nil itself, being able to send one is healthy enough.
	Healthy func(ctx context.Context) error
}

// A Secret is shown to nobody: only the one place that needs it reveals it.
type Secret interface{ Reveal() string }

// Kept is where the little that must outlive a restart is kept, a few kilobytes for each file and heartbeat. Ids are
// "alive", "beat/backup", "file/pg_dump/n8n". Load returns nil and no error for what was never saved.
type Kept interface {
	Load(ctx context.Context, id string) (json.RawMessage, error)
	Save(ctx context.Context, id string, body json.RawMessage) error
}

// A System is what the op and the watcher here look at. [New] makes one.
type System struct {
	o       Options
	targets []target
	disk    Disk // of this machine
	client  *http.Client
	glances singleflight.Group // looks that may hang on a dead mount: one for each rule
	poke    chan struct{}      // a heartbeat came: has room for one, which stands for any number

	saving sync.Mutex // held while something is written to Kept, so that an older state never takes a newer one's place

	mu     sync.Mutex // guards all below; never held while waiting, on the disk or on the network
	known  map[string]*memory
	beats  map[string]*heard
	alive  time.Time // when we were last seen to be here
	tired  error     // why Kept does not work
	pulsed pulsed
}

// Name is the watcher's name.
func (s *System) Name() string { return "fresh" }

// Watch tells of files ("file:NAME", "file:RULE/NAME": missing, old, small, band, broken, unreadable; and of a rule as a whole:
// several), of heartbeats ("beat:NAME": silent, failed), of our own pulse ("pulse:ours": unheard, held), and of what it cannot
// keep ("watch:fresh": kept), until ctx ends.
func (s *System) Watch(ctx context.Context, _ json.RawMessage, tell func(ops.Sighting)) {
	var all sync.WaitGroup
	if all.Go(func() { s.watchBeats(ctx, tell) }); len(s.targets) > 0 {
		all.Go(func() { s.watchFiles(ctx, tell) })
	} else {
		tell(ops.Sighting{Whole: fileSubject}) // those of rules that are gone are over
	}
	if s.o.Pulse.URL != nil {
		all.Go(func() { s.beatOurs(ctx, tell) })
	} else {
		tell(ops.Sighting{Whole: pulseSubject})
	}
	all.Wait()
}

var set ops.Set[*System]

// Bind returns every op in this package, looking at s.
func Bind(s *System) ops.Bound { return set.Bind(s) }

// now is the time by the clock, not by how long the machine has been awake: a night's sleep counts.
func now() time.Time { return time.Now().Round(0) }
