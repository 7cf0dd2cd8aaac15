package restic

import (
	"context"
	"encoding/json"
	"os/exec"
	"time"

	"vigie/ops"
)

// Watcher tells what is wrong with the repositories:
//
//	restic:NAME   stale       the newest snapshot is older than allowed
//	              partial     the last backup made by us lacks files
//	              locked      a lock is left that nobody holds: nothing can be forgotten or pruned
//	              unreadable  it cannot be looked at, and why
//	watch:restic  blind       the restic program does not run here
func (s *System) Watcher() ops.Watcher { return &watcher{System: s, since: map[string]time.Time{}} }

type watcher struct {
	*System
	since map[string]time.Time // since when a repository is unreadable, by name
}

const (
	prefix       = "restic:"
	watchSubject = "watch:restic"
)

func (w *watcher) Name() string { return "restic" }

func (w *watcher) Watch(ctx context.Context, _ json.RawMessage, tell func(ops.Sighting)) {
	if len(w.o.Repositories) == 0 {
		<-ctx.Done()
		return
	}
	ops.Every(ctx, w.o.Every, func() { w.lookOnce(ctx, tell) })
}

// lookOnce looks at every repository and tells how they stand. What was told of one that cannot be read stays as it was.
func (w *watcher) lookOnce(ctx context.Context, tell func(ops.Sighting)) {
	if _, err := exec.LookPath(w.o.Binary); err != nil {
		tell(ops.Sighting{Whole: watchSubject, Troubles: []ops.Trouble{w.blind(err)}})
		return
	}
	tell(ops.Sighting{Whole: watchSubject})
	all, whole := []ops.Trouble{}, true
	for i := range w.o.Repositories { // one after the other: nobody waits
		g := w.glance(ctx, &w.o.Repositories[i])
		if ctx.Err() != nil {
			return
		}
		whole = whole && g.err == nil
		all = append(all, w.judge(ctx, g)...)
	}
	if whole {
		tell(ops.Sighting{Whole: prefix, Troubles: all})
		return
	}
	tell(ops.Sighting{Troubles: all})
}

// judge is everything that can be wrong with a repository, over or not; only whether it can be read if it cannot.
func (w *watcher) judge(ctx context.Context, g glance) (list []ops.Trouble) {
	name, subject := ops.Name(g.r.Name), prefix+g.r.Name
	if g.err != nil {
		if w.since[g.r.Name].IsZero() {
			w.since[g.r.Name] = g.now
		}
		return []ops.Trouble{{Subject: subject, Kind: "unreadable", Severity: ops.Warning, At: w.since[g.r.Name], Wait: w.o.Every + time.Minute,
			Title: ops.T("%s: the backups cannot be looked at", "%s : sauvegardes impossibles à consulter", name),
			Lines: []ops.Text{ops.SayOf(g.err)}, Offers: offers(g.r, false)}}
	}
	delete(w.since, g.r.Name)
	say := func(kind string, so bool, t ops.Trouble) {
		t.Subject, t.Kind, t.Over = subject, kind, !so
		if !so {
			t = ops.Trouble{Subject: subject, Kind: kind, Over: true, Severity: ops.Warning, At: g.now, Title: t.Title}
		}
		list = append(list, t)
	}
	_, head := g.head()
	say("unreadable", false, ops.Trouble{Title: ops.T("%s can be read", "%s est lisible", name)})
	stale := ops.Trouble{Title: head}
	if old := g.r.stale(g.list, g.now); len(old) > 0 {
		stale = w.staleTrouble(g.r, old, g.now)
	}
	say("stale", stale.Severity != "", stale)
	part, lacks := w.partial(ctx, g)
	say("partial", lacks, partialTrouble(g.r, part, lacks))
	locked := ops.Trouble{Title: ops.T("%s: no lock is left behind", "%s : aucun verrou abandonné", name)}
	if len(g.gone) > 0 {
		locked = lockedTrouble(g.r, g.gone[0])
	}
	say("locked", len(g.gone) > 0, locked)
	return list
}

func (w *watcher) staleTrouble(r *Repository, old []stale, now time.Time) ops.Trouble {
	t := ops.Trouble{Severity: ops.Critical, At: now, Title: old[0].says(r), Offers: offers(r, false),
		Lines: []ops.Text{ops.T("what is lost today cannot be brought back from here", "ce qui se perd aujourd’hui ne pourra pas être ramené d’ici")}}
	if !old[0].none {
		t.At = old[0].newest.At.Add(r.Newest)
	}
	for _, o := range old[1:min(len(old), 4)] {
		t.Lines = append(t.Lines, o.says(r))
	}
	return t
}

func partialTrouble(r *Repository, o outcome, lacks bool) ops.Trouble {
	if !lacks {
		return ops.Trouble{Title: ops.T("%s: the last backup is whole", "%s : la dernière sauvegarde est entière", ops.Name(r.Name))}
	}
	return ops.Trouble{Severity: ops.Warning, At: o.At, Offers: offers(r, false),
		Title: ops.T("%s: the last backup lacks %s", "%s : il manque %s à la dernière sauvegarde", ops.Name(r.Name), filesOf(o.Lost)),
		Lines: []ops.Text{ops.T("not read: %s", "non lus : %s", some(4, o.Failed)), ops.T("all the rest is in snapshot %s", "tout le reste est dans le cliché %s", ops.Name(clip(o.Snapshot, 8)))}}
}

func lockedTrouble(r *Repository, l Lock) ops.Trouble {
	what := ops.T("nothing can be forgotten or pruned there", "rien ne peut y être oublié ni élagué")
	if l.Exclusive {
		what = ops.T("no backup can be made there", "aucune sauvegarde ne peut y être faite")
	}
	return ops.Trouble{Severity: ops.Warning, At: l.At, Locks: []string{prefix + r.Name}, Offers: offers(r, true),
		Title: ops.T("%s: locked by a restic that is gone", "%s : verrouillé par un restic disparu", ops.Name(r.Name)),
		Lines: []ops.Text{ops.T("by %s", "par %s", l.who()), what}}
}

func (w *watcher) blind(err error) ops.Trouble {
	return ops.Trouble{Subject: watchSubject, Kind: "blind", Severity: ops.Warning, Wait: time.Minute,
		Title: ops.T("backups are not watched: restic does not run here", "sauvegardes non surveillées : restic ne tourne pas ici"),
		Lines: []ops.Text{ops.SayOf(w.unstarted(err))}}
}

func offers(r *Repository, locked bool) []ops.Button {
	list := []ops.Button{ops.AskFor(ops.T("Snapshots", "Clichés"), "restic.snapshots", "repository", r.Name)}
	if locked {
		return append([]ops.Button{unlockButton(r.Name)}, list...)
	}
	return list
}
