package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"vigie/ops"
)

// A clone is one copy of an artefact on the disk: a file in a backup of ours, or what the stack's script left.
type clone struct {
	artefact string
	path     string
	at       time.Time // what was written later is not in it
	size     int64
	changed  time.Time // of the file
	digest   string    // SHA-256, if it was taken when it was saved
	proof    ops.Text  // what was seen then
	bare     bool      // a folder of the script's, judged by the files in it
}

// key names the bytes: another file under the same name is another copy.
func (c clone) key() string {
	return fmt.Sprintf("%s %d %d", c.path, c.size, c.changed.UnixNano())
}

// A view is everything that there is at one moment.
type view struct {
	at      time.Time
	sources map[string]Source
	blind   map[string]error   // kinds that cannot be listed, and why
	wanted  []string           // artefacts that must have a backup, in name order
	copies  map[string][]clone // newest first
	folders []folder           // newest first
	lost    error              // why the disk cannot be looked at
}

// see looks at everything. It never fails as a whole: what cannot be looked at is in the view.
func (s *System) see(ctx context.Context) view {
	s.note(ctx, func(*known) {}) // takes up what is kept, if nobody has yet
	v := view{at: now()}
	v.sources, v.blind = s.sources(ctx)
	live := s.live(ctx, &v)
	seen := s.scan(ctx)
	v.folders, v.copies, v.lost = seen.folders, seen.copies, seen.err
	v.wanted = s.want(v, live)
	return v
}

// A sight is what is on the disk. Nobody changes it once it is made.
type sight struct {
	folders []folder           // newest first
	copies  map[string][]clone // newest first
	err     error
}

// patience is how long a look at the disk may take. 500 backups of 20 items take 0.4 s; a dead network mount takes for ever.
const patience = 20 * time.Second

// errStuck is a look that does not come back.
var errStuck = errors.New("the disk does not answer")

// scan looks at the disk. A look that hangs is left behind and joined by later ones; it ends when the disk answers.
func (s *System) scan(ctx context.Context) sight {
	done := s.glance.DoChan("", func() (any, error) { return s.scanNow(), nil })
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.Val.(sight)
	case <-timer.C:
		return sight{err: errStuck}
	case <-ctx.Done():
		return sight{err: ctx.Err()}
	}
}

func (s *System) scanNow() sight {
	seen := sight{copies: map[string][]clone{}}
	add := func(c clone) { seen.copies[c.artefact] = append(seen.copies[c.artefact], c) }
	seen.folders, seen.err = s.folders()
	for _, f := range seen.folders {
		if f.finished && f.wrong.IsZero() {
			for _, file := range f.Files {
				add(f.clone(file))
			}
		}
	}
	for _, rule := range s.o.Files {
		list, err := rule.find()
		seen.err = cmp.Or(seen.err, err)
		for _, c := range list {
			add(c)
		}
	}
	for _, list := range seen.copies {
		slices.SortStableFunc(list, func(a, b clone) int { return b.at.Compare(a.at) })
	}
	return seen
}

func (f folder) clone(file Saved) clone {
	c := clone{artefact: file.Artefact, path: filepath.Join(f.path, file.Name), at: file.Started, size: file.Size, digest: file.SHA256, proof: file.Proof}
	if info, err := os.Lstat(c.path); err == nil {
		c.changed = info.ModTime().Round(0)
	}
	return c
}

// newest is the newest copy of an artefact.
func (v view) newest(artefact string) (clone, bool) {
	if list := v.copies[artefact]; len(list) > 0 {
		return list[0], true
	}
	return clone{}, false
}

// before is the copy that the newest one is compared with: of a day before it, or else the one before it.
func (v view) before(artefact string) (clone, bool) {
	list := v.copies[artefact]
	if len(list) < 2 {
		return clone{}, false
	}
	for _, c := range list[1:] {
		if list[0].at.Sub(c.at) >= 20*time.Hour {
			return c, true
		}
	}
	return list[1], true
}
