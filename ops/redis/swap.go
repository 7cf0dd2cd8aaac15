package redis

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"vigie/ops"
)

// A piece is the one file that decides what a server starts with, and in the place of which a restore puts another: the dump
// file, or, where there is an append-only file, the manifest that names its parts. That is done by names alone: NAME.new lies
// ready, NAME is given the second name NAME.before, and then NAME.new the name NAME. Going back, NAME is given the name
// NAME.after, and then NAME.before the name NAME. So each file has a name at every moment, and where the piece stands is
// read off which names are the same file.
//
// A manifest that was put back finds its parts where they were: parts are never written into or removed by a server that was
// started with another manifest.
type piece struct {
	Name string `json:"name"`           // below the data directory: "dump.rdb", "appendonlydir/appendonly.aof.manifest"
	Tag  string `json:"tag"`            // names the restore
	None bool   `json:"none,omitempty"` // there was none before
}

func (p piece) with(what string) string { return p.Name + ourMark + p.Tag + "." + what }
func (p piece) fresh() string           { return p.with("new") }
func (p piece) before() string          { return p.with("before") }
func (p piece) after() string           { return p.with("after") }

// stamp is the time of change that the new file is given: one before Redis was, so that no other file has the same.
func (p piece) stamp() time.Time {
	n, _ := strconv.ParseUint(p.Tag, 16, 32)
	return time.Unix(946684800+int64(n%(9*365*86400)), 0) // from 2000 to 2008
}

// A stand is which files there are.
type stand struct{ live, fresh, before, after FileInfo }

// there reports whether it is a file: one that is absent has no name.
func (i FileInfo) there() bool { return i.Name != "" && i.Mode.IsRegular() }

// same reports whether two names are of one file. In the data directory only a file that was given a second name has both size
// and time of change in common with another.
func (i FileInfo) same(o FileInfo) bool {
	return i.there() && o.there() && i.Size == o.Size && i.Modified.Unix() == o.Modified.Unix()
}

func (p piece) stand(ctx context.Context, f store) (st stand, err error) {
	for name, info := range map[string]*FileInfo{p.Name: &st.live, p.fresh(): &st.fresh, p.before(): &st.before, p.after(): &st.after} {
		if *info, _, err = exists(ctx, f, name); err != nil {
			return stand{}, fmt.Errorf("looking at %s: %w", name, err)
		}
	}
	return st, nil
}

// put keeps what is there under a second name, and puts the new file in its place. It goes on from where it was left.
func (p piece) put(ctx context.Context, f store) error {
	st, err := p.stand(ctx, f)
	if err != nil {
		return err
	}
	switch {
	case st.live.same(st.fresh):
		return nil
	case !st.fresh.there():
		return p.strange(ops.T("what was to take its place is not there", "ce qui devait prendre sa place n’est pas là"))
	case st.before.there() && st.live.there() && !st.live.same(st.before), st.after.there():
		return p.strange(ops.T("Redis was started in between", "Redis a été démarré entre-temps"))
	case !st.live.there() && !st.before.there() && !p.None:
		return p.strange(ops.T("it is not there", "il n’est pas là"))
	}
	if st.live.there() && !st.before.there() {
		if err := f.Link(ctx, p.Name, p.before()); err != nil {
			return fmt.Errorf("keeping %s: %w", p.Name, err)
		}
	}
	if err := f.Link(ctx, p.fresh(), p.Name); err != nil {
		return fmt.Errorf("putting the dump in the place of %s: %w", p.Name, err)
	}
	return nil
}

// back puts what was kept in its place again, and keeps what was there since. It goes on from where it was left, and does
// nothing where nothing was put.
func (p piece) back(ctx context.Context, f store) error {
	st, err := p.stand(ctx, f)
	if err != nil {
		return err
	}
	switch {
	case st.live.same(st.before):
		return nil // never put, or back already
	case !st.before.there() && p.None && (!st.fresh.there() || st.live.same(st.fresh)):
		ops.Progress(ctx, ops.T("there was none before: what was restored stays", "il n’y en avait pas avant : ce qui a été restauré reste"))
		return nil
	case !st.before.there() && st.fresh.there():
		return nil // never put
	case !st.before.there():
		return p.strange(ops.T("nothing of it is kept that could be put back", "rien n’en est gardé qui puisse être remis"))
	}
	if st.live.there() && !st.live.same(st.fresh) && !st.live.same(st.after) {
		if st.after.there() {
			return p.strange(ops.T("Redis was started in between", "Redis a été démarré entre-temps"))
		}
		if err := f.Link(ctx, p.Name, p.after()); err != nil {
			return fmt.Errorf("keeping %s: %w", p.Name, err)
		}
	}
	if err := f.Link(ctx, p.before(), p.Name); err != nil {
		return fmt.Errorf("putting %s back: %w", p.Name, err)
	}
	return nil
}

func (p piece) strange(why ops.Text) error {
	return ops.Fail(ops.Failed, ops.T("I leave %s alone: %s. Nothing is lost: look at the files whose names begin with %s.",
		"Je ne touche pas à %s : %s. Rien n’est perdu : regarde les fichiers dont le nom commence par %s.", ops.Name(p.Name), why, ops.Name(p.Name+ourMark+p.Tag)), nil)
}
