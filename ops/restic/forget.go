package restic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
)

// A Keep says how many snapshots of each group (the same paths on the same host) are kept: the newest of so many days, weeks,
// months and years.
type Keep struct {
	Last, Daily, Weekly, Monthly, Yearly int
	Prune                                bool // free what nothing needs any more; it takes long, and nobody else can work meanwhile
}

// A Forgotten is what a retention rule comes to: nothing else is removed than Go.
type Forgotten struct {
	Go   []Snapshot // oldest first
	Stay []Snapshot // oldest first
}

// Forget removes the snapshots that keep does not want, and says which; with dryRun it only says it. What goes is named by
// id, so a snapshot that came meanwhile stays. It refuses a rule that leaves a group without its newest snapshot.
func (s *System) Forget(ctx context.Context, repo string, keep Keep, dryRun bool) (Forgotten, error) {
	r, err := s.repo(repo)
	if err != nil {
		return Forgotten{}, err
	}
	plan, err := s.weigh(ctx, r, keep)
	if err != nil || dryRun {
		return plan, err
	}
	ids := make([]string, len(plan.Go))
	for i, one := range plan.Go {
		ids[i] = one.ID
	}
	return plan, s.ForgetThese(ctx, repo, ids, keep.Prune)
}

// ForgetThese removes snapshots by their whole ids, and looks afterwards that they are gone and that all others are there. What
// is gone already is no error.
func (s *System) ForgetThese(ctx context.Context, repo string, ids []string, prune bool) error {
	r, err := s.repo(repo)
	if err != nil || len(ids) == 0 {
		return err
	}
	before, err := s.snapshots(ctx, r)
	if err != nil {
		return err
	}
	args := []string{"forget"}
	if prune {
		args = append(args, "--prune")
	}
	for _, id := range ids {
		if len(id) != 64 || strings.Trim(id, "0123456789abcdef") != "" {
			return ops.Fail(ops.Invalid, ops.T("%s is no whole id of a snapshot", "%s n’est pas l’identifiant complet d’un cliché", ops.Name(clip(id, 20))), nil)
		}
		if slices.ContainsFunc(before, func(s Snapshot) bool { return s.ID == id }) {
			args = append(args, id)
		}
	}
	if args[len(args)-1] == "--prune" || len(args) == 1 {
		return nil // all gone, by an earlier run
	}
	got, err := s.run(ctx, r, call{args: args, out: io.Discard})
	if err != nil {
		return err
	}
	if got.exit != 0 {
		return s.explain(r, got)
	}
	return s.forgot(ctx, r, before, ids)
}

// forgot checks that exactly ids are gone.
func (s *System) forgot(ctx context.Context, r *Repository, before []Snapshot, ids []string) error {
	after, err := s.snapshots(ctx, r)
	if err != nil {
		return ops.Fail(ops.Unknown, ops.T("%s was told to forget %s, and could not be looked at since", "%s a reçu l’ordre d’oublier %s, et n’a pas pu être consulté depuis", ops.Name(r.Name), snapshotsOf(len(ids))), err)
	}
	for _, was := range before {
		there := slices.ContainsFunc(after, func(s Snapshot) bool { return s.ID == was.ID })
		switch goes := slices.Contains(ids, was.ID); {
		case goes && there:
			return ops.Fail(ops.Failed, ops.T("%s still has snapshot %s", "%s a toujours le cliché %s", ops.Name(r.Name), ops.Name(was.Short())), nil)
		case !goes && !there:
			return ops.Fail(ops.Failed, ops.T("snapshot %s of %s is gone as well: somebody else removes snapshots there", "le cliché %s de %s a disparu aussi : quelqu’un d’autre y retire des clichés", ops.Name(was.Short()), ops.Name(r.Name)), nil)
		}
	}
	return nil
}

// weigh asks restic what keep comes to.
func (s *System) weigh(ctx context.Context, r *Repository, keep Keep) (Forgotten, error) {
	args := []string{"forget", "--json", "--dry-run", "--group-by", "host,paths"}
	for _, k := range []struct {
		flag string
		n    int
	}{{"--keep-last", keep.Last}, {"--keep-daily", keep.Daily}, {"--keep-weekly", keep.Weekly}, {"--keep-monthly", keep.Monthly}, {"--keep-yearly", keep.Yearly}} {
		if k.n > 0 {
			args = append(args, k.flag, strconv.Itoa(k.n))
		}
	}
	if keep.Last+keep.Daily+keep.Weekly+keep.Monthly+keep.Yearly <= 0 {
		return Forgotten{}, ops.Fail(ops.Invalid, ops.T("a rule that keeps nothing is refused", "une règle qui ne garde rien est refusée"), nil)
	}
	var out bytes.Buffer
	if err := s.look(ctx, r, &out, append(args, r.filters()...)...); err != nil {
		return Forgotten{}, err
	}
	f, err := readForget(&out)
	if err != nil {
		return Forgotten{}, fmt.Errorf("reading what %s would forget: %w", r.Name, err)
	}
	return f, f.safe()
}

// readForget reads what `restic forget --json --dry-run` prints: one document, null if there is nothing, perhaps with more after it.
func readForget(out io.Reader) (f Forgotten, err error) {
	var groups []struct {
		Keep   []record `json:"keep"`
		Remove []record `json:"remove"`
	}
	if err := json.NewDecoder(out).Decode(&groups); err != nil && err != io.EOF {
		return f, err
	}
	for _, g := range groups {
		for _, k := range g.Keep {
			f.Stay = append(f.Stay, k.snapshot())
		}
		for _, k := range g.Remove {
			f.Go = append(f.Go, k.snapshot())
		}
	}
	slices.SortFunc(f.Go, byAge)
	slices.SortFunc(f.Stay, byAge)
	return f, nil
}

// safe refuses to let the newest snapshot of anything go, whatever restic says.
func (f Forgotten) safe() error {
	for _, g := range groups(append(slices.Clone(f.Stay), f.Go...)) {
		if slices.ContainsFunc(f.Go, func(s Snapshot) bool { return s.ID == g.newest.ID }) {
			return ops.Fail(ops.Failed, ops.T("that rule would remove the newest snapshot of %s; nothing was removed", "cette règle retirerait le dernier cliché de %s ; rien n’a été retiré", some(2, g.newest.Paths)), nil)
		}
	}
	return nil
}
