package restic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"vigie/ops"
)

// staleAge is how old a lock must be before restic takes its holder for gone, wherever that ran: a living restic renews its
// lock every 5 minutes (restic, internal/restic/lock.go).
const staleAge = 30 * time.Minute

// A Lock is somebody's hold on a repository. Exclusive ones (prune) keep everybody out, the others only those.
type Lock struct {
	ID        string
	At        time.Time // when it was made or last renewed
	Exclusive bool
	Host      string
	User      string
	PID       int
}

// Locks lists who holds the repository now, oldest first.
func (s *System) Locks(ctx context.Context, repo string) ([]Lock, error) {
	r, err := s.repo(repo)
	if err != nil {
		return nil, err
	}
	return s.locks(ctx, r)
}

func (s *System) locks(ctx context.Context, r *Repository) ([]Lock, error) {
	var out bytes.Buffer
	if err := s.look(ctx, r, &out, "list", "locks"); err != nil {
		return nil, err
	}
	var list []Lock
	for id := range strings.FieldsSeq(out.String()) {
		l, err := s.lock(ctx, r, id)
		if err == nil {
			list = append(list, l)
			continue
		}
		if ctx.Err() != nil {
			return nil, err
		} // it was released since it was listed
	}
	slices.SortFunc(list, func(a, b Lock) int { return a.At.Compare(b.At) })
	return list, nil
}

func (s *System) lock(ctx context.Context, r *Repository, id string) (Lock, error) {
	var out bytes.Buffer
	if err := s.look(ctx, r, &out, "cat", "lock", id); err != nil {
		return Lock{}, err
	}
	var l struct {
		Time      time.Time `json:"time"`
		Exclusive bool      `json:"exclusive"`
		Hostname  string    `json:"hostname"`
		Username  string    `json:"username"`
		PID       int       `json:"pid"`
	}
	if err := json.Unmarshal(out.Bytes(), &l); err != nil {
		return Lock{}, fmt.Errorf("reading lock %s of %s: %w", clip(id, 8), r.Name, err)
	}
	return Lock{id, l.Time, l.Exclusive, l.Hostname, l.Username, l.PID}, nil
}

// gone reports whether nobody holds l any more, as far as that is known here; restic judges by the same rule.
func (s *System) gone(l Lock, now time.Time) bool {
	if now.Sub(l.At) > staleAge {
		return true
	}
	return l.Host == s.host && l.PID > 0 && errors.Is(syscall.Kill(l.PID, 0), syscall.ESRCH)
}

// lockWords is how restic tells of a lock that keeps it out. Its time is in restic's own zone, so the age counts.
var lockWords = regexp.MustCompile(`already locked( exclusively)? by PID (\d+) on (\S+) by ([^\n(]+?) ?(?:\([^\n]*\))?\n\s*lock was created at [^\n(]*\(([0-9a-zµ.]+) ago\)(?:\n\s*storage ID ([0-9a-f]+))?`)

// lockIn finds the lock that restic complains of.
func lockIn(said string, now time.Time) (Lock, bool) {
	m := lockWords.FindStringSubmatch(said)
	if m == nil {
		return Lock{}, strings.Contains(said, "already locked")
	}
	pid, _ := strconv.Atoi(m[2])
	age, _ := time.ParseDuration(m[5]) // 0 is now
	return Lock{ID: m[6], At: now.Add(-age), Exclusive: m[1] != "", Host: m[3], User: m[4], PID: pid}, true
}

// who says whose lock it is.
func (l Lock) who() ops.Text {
	return ops.T("process %d on %s (%s)", "le processus %d sur %s (%s)", l.PID, ops.Name(clip(l.Host, 60)), ops.Clean(clip(l.User, 40)))
}

// lockedText says who holds the repository, how long, and what can be done.
func (s *System) lockedText(r *Repository, l Lock) ops.Text {
	name := ops.Name(r.Name)
	switch {
	case l.PID == 0:
		return ops.T("%s is locked by somebody else. /restic_unlock %s says by whom.", "%s est verrouillé par quelqu’un d’autre. /restic_unlock %s dit par qui.", name, r.Name)
	case s.gone(l, time.Now()):
		return ops.T("%s is locked by %s, which is gone (last sign of life %s ago). /restic_unlock %s removes that lock.",
			"%s est verrouillé par %s, disparu (dernier signe de vie il y a %s). /restic_unlock %s retire ce verrou.", name, l.who(), ops.Since(l.At), r.Name)
	}
	return ops.T("%s is locked by %s, which gave its last sign of life %s ago: wait until it has finished.",
		"%s est verrouillé par %s, dernier signe de vie il y a %s : attends qu’il ait fini.", name, l.who(), ops.Since(l.At))
}
