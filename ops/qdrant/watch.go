package qdrant

import (
	"context"
	"encoding/json"
	"path/filepath"
	"time"

	"vigie/ops"
)

// Watcher tells what is wrong with Qdrant:
//
//	collection:NAME  red        it is broken: searches in it fail
//	qdrant:backup    name-only  what should be its backup holds a snapshot's name, and nothing of its data
//	watch:qdrant     blind      it cannot be asked, and why
func (s *System) Watcher() ops.Watcher { return &watcher{System: s} }

type watcher struct {
	*System
	blind time.Time // since when it cannot be asked
}

func (w *watcher) Name() string { return "qdrant" }

func (w *watcher) Watch(ctx context.Context, _ json.RawMessage, tell func(ops.Sighting)) {
	ops.Every(ctx, w.o.Every, func() { w.look(ctx, tell) })
}

func (w *watcher) look(ctx context.Context, tell func(ops.Sighting)) {
	var backups []ops.Trouble
	for _, n := range w.onlyNames() {
		backups = append(backups, ops.Trouble{Subject: "qdrant:backup", Kind: "name-only", Severity: ops.Warning, At: n.at,
			Title: ops.T("the backup of Qdrant holds a name, and no data", "la sauvegarde de Qdrant contient un nom, et aucune donnée"),
			Lines: []ops.Text{
				ops.T("%s names the snapshot %s, which stays in Qdrant's own folder: lost with it", "%s nomme l’instantané %s, qui reste dans le dossier de Qdrant : perdu avec lui", ops.Name(filepath.Base(n.path)), ops.Name(n.snapshot)),
				ops.T("/backup_now and /qdrant_snapshot bring the data itself", "/backup_now et /qdrant_snapshot apportent les données elles-mêmes"),
			},
			Offers: []ops.Button{ops.AskFor(ops.T("Look", "Regarder"), "qdrant.show")}})
		break // one says it
	}
	broken, err := w.broken(ctx)
	if ctx.Err() != nil {
		return
	}
	tell(ops.Sighting{Whole: "qdrant:", Troubles: backups})
	if err != nil {
		if w.blind.IsZero() {
			w.blind = time.Now()
		}
		tell(ops.Sighting{Whole: "watch:qdrant", Troubles: []ops.Trouble{{Subject: "watch:qdrant", Kind: "blind", Severity: ops.Warning, At: w.blind, Wait: w.o.Every + time.Minute,
			Title: ops.T("Qdrant cannot be asked", "Qdrant ne peut être interrogé"), Lines: []ops.Text{ops.SayOf(err)}, Offers: []ops.Button{ops.AskFor(ops.T("Look", "Regarder"), "qdrant.show")}}}})
		return // what was told of collections stands until we can see again
	}
	w.blind = time.Time{}
	tell(ops.Sighting{Whole: "watch:qdrant"})
	tell(ops.Sighting{Whole: "collection:", Troubles: broken})
}

func (w *watcher) broken(ctx context.Context) (list []ops.Trouble, err error) {
	names, err := w.Collections(ctx)
	for _, name := range names {
		c, failed := w.collection(ctx, name)
		if ops.KindOf(failed) == ops.NotFound { // removed meanwhile
			continue
		}
		if failed != nil {
			return nil, failed
		}
		if c.Status == "red" {
			list = append(list, ops.Trouble{Subject: "collection:" + name, Kind: "red", Severity: ops.Critical,
				Title: ops.T("Qdrant's collection %s is broken", "la collection %s de Qdrant est cassée", ops.Name(name)), Quote: ops.Clean(string(c.Optimizer)),
				Offers: []ops.Button{ops.AskFor(ops.T("Look", "Regarder"), "qdrant.show"), ops.AskFor(ops.T("Restore…", "Restaurer…"), "qdrant.restore", "collection", name)}})
		}
	}
	return list, err
}
