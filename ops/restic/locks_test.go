package restic

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

// A backup that is told to stop leaves no snapshot and no lock.
func TestCancel(t *testing.T) {
	w := newWorld(t, "")
	w.file("big", 200_000_000)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("told to stop")
	seen := 0
	_, err := w.Backup(ctx, "vpai", []string{w.src}, nil, func(p Progress) {
		if seen++; p.TotalBytes > 0 {
			cancel(why)
		}
	})
	if !errors.Is(err, why) || seen == 0 {
		t.Errorf("%v after %d lines of progress", err, seen)
	}
	locks, err := w.Locks(t.Context(), "vpai")
	list, err2 := w.Snapshots(t.Context(), "vpai")
	if len(locks)+len(list) > 0 || err != nil || err2 != nil {
		t.Errorf("left: %v %v %v %v", locks, list, err, err2)
	}
}

// The lock of a restic that lives is never offered to be removed; the one of a restic that was killed is, and then it is gone.
func TestLocks(t *testing.T) {
	w := newWorld(t, "")
	w.file("a", 1000)
	w.backup()
	if _, _, err := w.Ask("restic.unlock", "repository", "vpai"); ops.KindOf(err) != ops.Invalid || !strings.Contains(err.Error(), "not locked") {
		t.Errorf("free: %v", err)
	}
	end := w.holding()
	if _, _, err := w.Ask("restic.unlock", "repository", "vpai"); ops.KindOf(err) != ops.Invalid || !strings.Contains(err.Error(), "wait until it has finished") {
		t.Errorf("held: %v", err)
	}
	if tr := w.trouble("locked"); !tr.Over {
		t.Errorf("held: %+v", tr)
	}
	_, err := w.Forget(t.Context(), "vpai", Keep{Daily: 7}, false)
	if err != nil {
		t.Errorf("nothing to forget: %v", err)
	}
	list, err := w.Snapshots(t.Context(), "vpai")
	if err != nil {
		t.Fatal(err)
	}
	err = w.ForgetThese(t.Context(), "vpai", []string{list[0].ID}, true)
	if ops.KindOf(err) != ops.Unavailable || !strings.Contains(err.Error(), "is locked by process") || !strings.Contains(err.Error(), "on "+w.host+" (root)") {
		t.Errorf("forget while held: %v", err)
	}
	end(syscall.SIGKILL)
	if tr := w.trouble("locked"); tr.Over || tr.Severity != ops.Warning || tr.Offers[0].Ask.Op != "restic.unlock" {
		t.Errorf("killed: %+v", tr)
	}
	a, _, err := w.Ask("restic.snapshots")
	if err != nil || !strings.Contains(opstest.Words(a), "locked by process") || !strings.Contains(opstest.Words(a), "[Unlock vpai…]") {
		t.Errorf("%v\n%s", err, opstest.Words(a))
	}
	r := w.Do("restic.unlock", "repository", "vpai")
	if r.State != ops.Succeeded || r.Steps[1].Note.En != "no lock is left" {
		t.Errorf("%s %s %s", r.State, r.Why.En, r.Steps[1].Note.En)
	}
	if tr := w.trouble("locked"); !tr.Over {
		t.Errorf("unlocked: %+v", tr)
	}
	if again := w.Gate.Glance(t.Context(), r, time.Minute); len(again) != 1 || again[0].State != ops.StepEnded {
		t.Errorf("verified again: %+v", again)
	}
}

// What is forgotten is exactly what the dry run said, of each host and path by itself, and never the newest.
func TestForget(t *testing.T) {
	w := newWorld(t, "", func(o *Options) { o.Repositories[0].Host = "" })
	w.file("a", 1000)
	w.file("b", 1000)
	for _, at := range []string{"2026-01-01 03:00:00", "2026-01-01 04:00:00", "2026-01-02 03:00:00", "2026-01-03 03:00:00"} {
		w.must("backup", "--host", "javisi", "--time", at, filepath.Join(w.src, "a"))
	}
	w.must("backup", "--host", "renamed", "--time", "2025-06-02 03:00:00", filepath.Join(w.src, "a"))
	w.must("backup", "--host", "javisi", "--time", "2025-06-01 03:00:00", filepath.Join(w.src, "b"))
	ctx := t.Context()
	plan, err := w.Forget(ctx, "vpai", Keep{Daily: 2}, true)
	if err != nil || len(plan.Go) != 2 || len(plan.Stay) != 4 || plan.Go[0].At.After(plan.Go[1].At) {
		t.Fatalf("%+v %v", plan, err)
	}
	if all, err := w.Snapshots(ctx, "vpai"); err != nil || len(all) != 6 {
		t.Errorf("a dry run removed something: %d %v", len(all), err)
	}
	done, err := w.Forget(ctx, "vpai", Keep{Daily: 2, Prune: true}, false)
	if err != nil || len(done.Go) != 2 {
		t.Fatalf("%+v %v", done, err)
	}
	all, err := w.Snapshots(ctx, "vpai")
	if err != nil || len(all) != 4 || all[0].ID != plan.Stay[0].ID {
		t.Errorf("%d left: %v", len(all), err)
	}
	for _, ids := range [][]string{{plan.Go[0].ID, plan.Go[1].ID}, nil} { // again, after a crash
		if err := w.ForgetThese(ctx, "vpai", ids, true); err != nil {
			t.Error(err)
		}
	}
	for _, id := range []string{"latest", plan.Stay[0].Short(), "--prune"} {
		if err := w.ForgetThese(ctx, "vpai", []string{id}, false); ops.KindOf(err) != ops.Invalid {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := w.Forget(ctx, "vpai", Keep{}, false); ops.KindOf(err) != ops.Invalid {
		t.Errorf("a rule that keeps nothing: %v", err)
	}
	if report, err := w.Check(ctx, "vpai", 100, nil); err != nil || report.Found > 0 || report.Snapshots != 4 {
		t.Errorf("%+v %v", report, err)
	}
	gs := groups(all)
	if len(gs) != 3 || gs[0].newest.At.After(gs[2].newest.At) {
		t.Errorf("%d groups", len(gs))
	}
}

// A program that does not end when it is asked to is killed, with what it started, and nobody waits longer for it.
func TestStubborn(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pids")
	fake := filepath.Join(t.TempDir(), "restic") // restic itself always listens
	if err := os.WriteFile(fake, []byte("#!/bin/sh\ntrap '' INT\nsleep 1000 &\necho $$ $! > "+pids+".new\nmv "+pids+".new "+pids+"\nwait\nwait\nsleep 1000\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{Binary: fake, Repositories: []Repository{{Name: "a", URL: "/srv/repo", Password: opstest.Secret(password)}}})
	if err != nil {
		t.Fatal(err)
	}
	s.patience = 100 * time.Millisecond
	w := &world{System: s, t: t}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { // waited for below
		_, err := s.run(ctx, &s.o.Repositories[0], call{args: []string{"check"}})
		done <- err
	}()
	var both []int
	w.until("it starts", func() bool {
		var pid, child int
		body, err := os.ReadFile(pids)
		if err != nil {
			return false
		}
		if _, err := fmt.Sscan(string(body), &pid, &child); err != nil {
			t.Fatal(err)
		}
		both = []int{pid, child}
		return true
	})
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, pid := range both {
		w.until("it ends", func() bool {
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			return err != nil || strings.Contains(string(stat), ") Z ") // gone, or only waiting to be noticed by init
		})
	}
}
