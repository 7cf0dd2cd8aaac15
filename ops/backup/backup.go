// Package backup sees to it that everything has a backup, and that the backup can be restored: it saves, proves, rehearses,
// thins out, and restores the whole stack. What a database is, and how it is dumped and read back, others know: they come as
// [Source], [Restorer] and [Phases].
//
// A backup is judged by its files: not by an exit code, not by a log. What was rehearsed, restored into something that is
// thrown away, is proved; what was only read is whole; what was only written is nothing yet.
//
// Read backup.go and parts.go (what can be asked for, and of whom), manifest.go and folder.go (what a backup is on the disk),
// take.go (how one is made), copies.go and judge.go (what there is, and what is wrong with it), keep.go (what may go),
// rehearse.go and watch.go (what is proved, and when), restoreall.go and handover.go (all of it back).
package backup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
	"golang.org/x/sync/singleflight"

	"vigie/ops"
)

// Options say what is backed up, where, and how it is proved. What is zero is not done.
type Options struct {
	// Stack is what a person types before something is removed or everything is restored: the Compose project.
	Stack string
	// Root is where Vigie's own backups are, one folder each; "" makes none. It is made if it is not there.
	Root string
	// Sources are what can be saved; see [Supplier].
	Sources []Supplier
	// Live lists everything that must have a backup, by artefact ("postgres:n8n"), also what no Source covers. nil: what
	// Sources list.
	Live func(ctx context.Context) ([]string, error)
	// Skip are artefacts that are left out on purpose: "postgres:temporal*". * and ? stand for characters, as in [ops.Glob].
	Skip []string
	// Files are what the stack's own script leaves behind.
	Files []Files
	// Script is the stack's own backup script, and ScriptLog the log that it appends to when cron runs it; see [Report].
	Script    Script
	ScriptLog string
	Keep      Retention
	// Newer is how old the newest copy of each artefact may be; 26 h if 0: a night, and a job of variable length.
	Newer time.Duration
	// Band is by how many percent a copy may be smaller than the one of the day before; 50 if 0.
	Band int
	// Save says when everything is saved by Ask, which asks for it as a person would and returns when that is over: "0 3 * * *", in Zone.
	Save string
	Ask  func(ctx context.Context) error
	// Rehearse says when the newest copy of everything is restored into something that is thrown away: "30 4 * * *", in Zone.
	Rehearse string
	// Rehearsed is how old the newest proof by rehearsal may be; 8 days if 0.
	Rehearsed time.Duration
	Zone      *time.Location // UTC if nil
	// Heartbeat is called after each look at which every proof holds: each artefact's newest copy is recent, read, and
	// rehearsed. It is what an Uptime Kuma push monitor is told.
	Heartbeat func(ctx context.Context) error
	Offsite   []Offsite
	Desired   []Desired
	Smoke     Smoke
	Restore   Restore
	Kept      Kept // nil remembers nothing: after a restart everything is read and rehearsed anew
}

// A System is everything that has a backup, or should. [New] makes one.
type System struct {
	o     Options
	when  cron.Schedule // nil if nothing is rehearsed by itself
	saves cron.Schedule // likewise saved
	disk  disk
	busy  chan struct{} // has room for one: whoever saves, reads or rehearses; one at a time, so that production is not held up
	poke  chan struct{} // something was learnt: has room for one, which stands for any number
	hands hands

	glance singleflight.Group // looks that may hang on a dead mount

	saving sync.Mutex // held while something is written to Kept, so that an older state never takes a newer one's place
	loaded bool       // Kept was read; guarded by saving

	mu    sync.Mutex // guards what follows; never held while waiting, on the disk or on a source
	known known
	tired error // why Kept does not work
}

// New makes a system of o. The error names everything that is wrong with o.
func New(o Options) (*System, error) {
	var wrong []error
	o.Newer, o.Rehearsed, o.Band = cmp.Or(o.Newer, 26*time.Hour), cmp.Or(o.Rehearsed, 8*24*time.Hour), cmp.Or(o.Band, 50)
	o.Zone = cmp.Or(o.Zone, time.UTC)
	if o.Keep == (Retention{}) {
		o.Keep = Retention{Daily: 7, Weekly: 4, Monthly: 6, Yearly: 2}
	}
	s := &System{o: o, disk: osDisk{}, busy: make(chan struct{}, 1), poke: make(chan struct{}, 1)}
	s.known.Artefacts = map[string]memory{}
	if o.Stack == "" {
		wrong = append(wrong, errors.New("the stack has no name to type"))
	}
	if o.Root != "" && (!filepath.IsAbs(o.Root) || filepath.Clean(o.Root) == "/") {
		wrong = append(wrong, fmt.Errorf("the folder of backups, %q, is not an absolute path below /", o.Root))
	}
	for _, at := range []struct {
		what, text string
		to         *cron.Schedule
	}{{"rehearsals", o.Rehearse, &s.when}, {"backups", o.Save, &s.saves}} {
		if at.text == "" {
			continue
		}
		when, err := cron.ParseStandard(at.text)
		if err != nil || strings.Contains(at.text, "TZ=") {
			wrong = append(wrong, fmt.Errorf("the time of %s, %q, is not five fields of a crontab, such as 30 4 * * *", at.what, at.text))
		}
		*at.to = when
	}
	if o.Save != "" && (o.Ask == nil || o.Root == "") {
		wrong = append(wrong, errors.New("backups by themselves need a folder, and somebody who asks for them"))
	}
	for _, f := range o.Files {
		if err := f.check(); err != nil {
			wrong = append(wrong, fmt.Errorf("files of %q: %w", f.Artefact, err))
		}
	}
	if err := o.Keep.check(); err != nil {
		wrong = append(wrong, err)
	}
	if err := o.Restore.check(); err != nil {
		wrong = append(wrong, fmt.Errorf("restoring everything: %w", err))
	}
	return s, errors.Join(wrong...)
}

// Name is the watcher's name.
func (s *System) Name() string { return "backup" }

// Watch tells what is wrong with the backups until ctx ends, and rehearses them when it is time.
func (s *System) Watch(ctx context.Context, _ json.RawMessage, tell func(ops.Sighting)) {
	s.note(ctx, func(*known) {}) // takes up what is kept
	var both sync.WaitGroup
	both.Go(func() { s.lookout(ctx, tell) })
	if s.when != nil {
		both.Go(func() { s.rounds(ctx) })
	}
	if s.saves != nil {
		both.Go(func() { s.nights(ctx) })
	}
	both.Wait()
}

var set ops.Set[*System]

// Bind returns every op in this package, operating s; a full restore only where somebody was given who restores. Of nil it is
// every op there could be.
func Bind(s *System) ops.Bound {
	b := set.Bind(s)
	if s != nil && s.o.Restore.Into == nil {
		b.Ops = slices.DeleteFunc(b.Ops, func(o ops.Op) bool { return o.Name == restoreAll || o.Name == handedOver })
	}
	return b
}

// now is the time by the clock, not by how long the machine has been awake: a night's sleep counts.
func now() time.Time { return time.Now().Round(0) }

// alone waits until nobody else saves, reads or rehearses. The returned function lets the next one in.
func (s *System) alone(ctx context.Context) (func(), error) {
	leave := func() { <-s.busy }
	select {
	case s.busy <- struct{}{}:
		return leave, nil
	default:
		ops.Progress(ctx, ops.T("waits until another backup is read or rehearsed", "attend qu’une autre sauvegarde soit relue ou essayée"))
	}
	select {
	case s.busy <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// learnt says that there is something new to tell.
func (s *System) learnt() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}
