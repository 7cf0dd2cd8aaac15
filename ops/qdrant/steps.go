package qdrant

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"vigie/ops"
)

// The kinds of step of a restore. Each may be run again after having been half done, and each undo does nothing where there is nothing to
// put back.
var (
	fetch = ops.Declare(&set, "qdrant.fetch", func(a fetchArgs) ops.Text {
		return ops.T("bring %s over from Qdrant, %s, and read it back whole", "rapatrier %s depuis Qdrant, %s, et le relire en entier", ops.Name(a.Snapshot), ops.Size(a.Size))
	}, func(ctx context.Context, s *System, a fetchArgs) error { return s.fetch(ctx, a) })

	trial = ops.Declare(&set, "qdrant.trial", func(j job) ops.Text {
		return ops.T("load it into %s, beside %s", "le charger dans %s, à côté de %s", ops.Name(j.Scratch), ops.Name(j.Collection))
	}, func(ctx context.Context, s *System, j job) error { return s.trial(ctx, j) })

	dropScratch = ops.Declare(&set, "qdrant.drop-scratch", func(j job) ops.Text {
		return ops.T("drop %s, which was only a trial", "supprimer %s, qui n’était qu’un essai", ops.Name(j.Scratch))
	}, func(ctx context.Context, s *System, j job) error { return harmless(s.drop(ctx, j.Scratch)) })

	compared = ops.Declare(&set, "qdrant.compared", func(j job) ops.Text {
		return ops.T("%s loaded whole, with the vectors that %s has", "%s est chargé en entier, avec les vecteurs de %s", ops.Name(j.Scratch), ops.Name(j.Collection))
	}, func(ctx context.Context, s *System, j job) error { return s.compare(ctx, j) })

	safety = ops.Declare(&set, "qdrant.safety", func(j job) ops.Text {
		return ops.T("bring today’s %s over as %s, and read it back whole", "rapatrier l’actuelle %s sous %s, et la relire en entier", ops.Name(j.Collection), ops.Name(filepath.Base(j.Safety)))
	}, func(ctx context.Context, s *System, j job) error { return s.safety(ctx, j) })

	recovered = ops.Declare(&set, "qdrant.recover", func(j job) ops.Text {
		return ops.T("have Qdrant recover %s from the snapshot", "faire reprendre %s à Qdrant depuis l’instantané", ops.Name(j.Collection))
	}, func(ctx context.Context, s *System, j job) error {
		if _, err := os.Stat(j.Safety); err != nil {
			if _, err := os.Stat(j.none()); err != nil {
				return ops.Fail(ops.Failed, ops.T("what is there now is not kept: nothing was changed", "ce qu’il y a n’est pas gardé : rien n’a été modifié"), err)
			}
		}
		return s.loadFile(ctx, j.Collection, j.File)
	})

	giveBack = ops.Declare(&set, "qdrant.give-back", func(j job) ops.Text {
		return ops.T("have Qdrant recover %s as it was before", "faire reprendre %s à Qdrant telle qu’elle était", ops.Name(j.Collection))
	}, func(ctx context.Context, s *System, j job) error { return s.giveBack(ctx, j) })

	answers = ops.Declare(&set, "qdrant.answers", func(j job) ops.Text {
		return ops.T("%s answers, with every point of the snapshot", "%s répond, avec tous les points de l’instantané", ops.Name(j.Collection))
	}, func(ctx context.Context, s *System, j job) error { return s.prove(ctx, j) })
)

type fetchArgs struct {
	Collection string `json:"collection"`
	Snapshot   string `json:"snapshot"`
	Sum        string `json:"sum,omitempty"`
	Size       int64  `json:"size"`
	To         string `json:"to"`
}

func (s *System) fetch(ctx context.Context, a fetchArgs) error {
	c, err := read(ctx, a.To)
	if err == nil && c.Size == a.Size && (a.Sum == "" || a.Sum == c.Sum) {
		ops.Progress(ctx, ops.T("it is here already", "il est déjà ici"))
		return nil
	}
	if err := os.Remove(a.To); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a try before; the name is ours
		return full(a.To, err)
	}
	c, err = s.bring(ctx, a.Collection, snapshot{Name: a.Snapshot, Size: a.Size, Sum: a.Sum}, a.To, func(t ops.Text) { ops.Progress(ctx, t) })
	if err == nil {
		ops.Progress(ctx, ops.T("%s, read back", "%s, relus", ops.Size(c.Size)))
	}
	return failed(err)
}

// failed makes of whatever is wrong before anything was changed what did not work.
func failed(err error) error {
	var said *ops.Error
	if errors.As(err, &said) && said.Kind != ops.Unknown && said.Kind != ops.Failed {
		return ops.Fail(ops.Failed, said.Say, err)
	}
	return err
}

func (s *System) trial(ctx context.Context, j job) error {
	c, err := read(ctx, j.File)
	switch {
	case err != nil:
		return failed(err)
	case j.Sum != "" && c.Sum != j.Sum:
		return ops.Fail(ops.Failed, ops.T("%s is no longer the file that the plan was made for", "%s n’est plus le fichier pour lequel le plan a été fait", ops.Name(filepath.Base(j.File))), nil)
	}
	if err := s.drop(ctx, j.Scratch); err != nil { // of a try before
		return failed(harmless(err))
	}
	return failed(harmless(s.loadFile(ctx, j.Scratch, j.File)))
}

func (s *System) loadFile(ctx context.Context, collection, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return failed(unreadable(path, err))
	}
	defer f.Close()
	ops.Progress(ctx, ops.T("Qdrant loads it", "Qdrant le charge"))
	return s.load(ctx, collection, f)
}

func (s *System) compare(ctx context.Context, j job) error {
	beside, err := s.settled(ctx, j.Scratch)
	if err != nil {
		return failed(err)
	}
	n, err := s.count(ctx, j.Scratch)
	if err != nil {
		return failed(err)
	}
	live, err := s.collection(ctx, j.Collection)
	if ops.KindOf(err) == ops.NotFound {
		ops.Progress(ctx, ops.T("%s, vectors %s", "%s, vecteurs %s", points(n), beside.shape()))
		return nil
	}
	if err != nil {
		return failed(err)
	}
	if live.shape() != beside.shape() {
		return ops.Fail(ops.Failed, ops.T("it is a snapshot of something else: its vectors are %s, those of %s are %s", "c’est l’instantané d’autre chose : ses vecteurs sont %s, ceux de %s sont %s", beside.shape(), ops.Name(j.Collection), live.shape()), nil)
	}
	today, err := s.count(ctx, j.Collection)
	if err == nil {
		ops.Progress(ctx, ops.T("%s; today %d", "%s ; aujourd’hui %d", points(n), today))
	}
	return failed(err)
}

// settles is how long a collection may take to load what it was given.
const settles = 30 * time.Minute

// settled waits until a collection has loaded. Yellow is well: it still optimizes, and answers.
func (s *System) settled(ctx context.Context, name string) (collection, error) {
	for begun := time.Now(); ; {
		c, err := s.collection(ctx, name)
		switch {
		case err == nil && (c.Status == "green" || c.Status == "yellow"):
			return c, nil
		case err == nil && c.Status == "red":
			return c, ops.Fail(ops.Failed, ops.T("Qdrant says that %s is broken: %s", "Qdrant dit que %s est cassée : %s", ops.Name(name), ops.Clean(string(c.Optimizer))), nil)
		case err != nil && ops.KindOf(err) != ops.Unavailable, time.Since(begun) > settles:
			if err == nil {
				err = ops.Fail(ops.Failed, ops.T("%s still loads after %s", "%s charge encore au bout de %s", ops.Name(name), ops.Span(settles)), nil)
			}
			return c, err
		}
		select {
		case <-ctx.Done():
			return c, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// none is the file that says that there was nothing to keep.
func (j job) none() string { return j.Safety + ".none" }

func (s *System) safety(ctx context.Context, j job) error {
	if c, err := read(ctx, j.Safety); err == nil { // of a try before: what is there now may be half of either
		ops.Progress(ctx, ops.T("it is kept already, %s", "elle est déjà gardée, %s", ops.Size(c.Size)))
		return nil
	}
	there, err := s.has(ctx, j.Collection)
	if err != nil {
		return failed(err)
	}
	if !there {
		ops.Progress(ctx, ops.T("there is nothing to keep", "il n’y a rien à garder"))
		if err := os.WriteFile(j.none(), nil, 0o600); err != nil {
			return failed(full(j.none(), err))
		}
		return nil
	}
	if err := os.Remove(j.Safety); err != nil && !errors.Is(err, fs.ErrNotExist) { // one that is not whole; the name is ours
		return failed(full(j.Safety, err))
	}
	c, err := s.Save(ctx, j.Collection, j.Safety, func(t ops.Text) { ops.Progress(ctx, t) })
	if err == nil {
		ops.Progress(ctx, ops.T("%s kept", "%s gardés", ops.Size(c.Size)))
	}
	return failed(harmless(err))
}

func (s *System) giveBack(ctx context.Context, j job) error {
	if _, err := os.Stat(j.none()); err == nil {
		ops.Progress(ctx, ops.T("there was none before: it is removed", "il n’y en avait pas : elle est retirée"))
		return s.drop(ctx, j.Collection)
	}
	if _, err := os.Stat(j.Safety); errors.Is(err, fs.ErrNotExist) {
		ops.Progress(ctx, ops.T("nothing was changed", "rien n’a été modifié"))
		return nil
	}
	if _, err := read(ctx, j.Safety); err != nil {
		return failed(err)
	}
	if err := s.loadFile(ctx, j.Collection, j.Safety); err != nil {
		return err
	}
	if _, err := s.settled(ctx, j.Collection); err != nil {
		return failed(err)
	}
	n, err := s.count(ctx, j.Collection)
	ops.Progress(ctx, ops.T("it is as before, %s", "elle est comme avant, %s", points(n)))
	return failed(err)
}

func (s *System) prove(ctx context.Context, j job) error {
	is, err := s.settled(ctx, j.Collection)
	if err != nil {
		return failed(err)
	}
	n, err := s.count(ctx, j.Collection)
	if err != nil {
		return failed(err)
	}
	beside, err := s.collection(ctx, j.Scratch)
	if err == nil && beside.shape() != is.shape() {
		return ops.Fail(ops.Failed, ops.T("its vectors are %s, those of the snapshot %s", "ses vecteurs sont %s, ceux de l’instantané %s", is.shape(), beside.shape()), nil)
	}
	want, err := s.count(ctx, j.Scratch)
	switch {
	case ops.KindOf(err) == ops.NotFound: // it was looked at again, later
		ops.Progress(ctx, ops.T("%s, %s", "%s, %s", points(n), is.Status))
		return nil
	case err != nil:
		return failed(err)
	case n != want:
		return ops.Fail(ops.Failed, ops.T("it holds %s, and the snapshot %d", "elle contient %s, et l’instantané %d", points(n), want), nil)
	}
	ops.Progress(ctx, ops.T("%s, all of the snapshot, %s", "%s, tout l’instantané, %s", points(n), is.Status))
	return nil
}
