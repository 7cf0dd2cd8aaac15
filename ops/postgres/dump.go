package postgres

import (
	"context"
	"fmt"
	"path"
	"time"

	"vigie/ops"
)

type dumpParams struct {
	Database string `doc:"which database, or all" fr:"quelle base, ou all pour toutes" names:"dumpable"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "postgres.dump", Command: "dump", Theme: theme, Risk: ops.Reversible, Examples: []string{"n8n"},
	Doc: ops.T("Dump a database now, and prove that the dump reads back whole.", "Faire un dump d’une base maintenant, et prouver qu’il se relit en entier."),
	Phrases: []ops.Text{
		ops.T("dump n8n", "fais un dump de n8n"), ops.T("back up the database n8n", "sauvegarde la base n8n"),
		ops.T("dump all databases", "fais un dump de toutes les bases"),
		ops.T("make a dump of the database n8n", "fais un dump de la base n8n"), ops.T("take a dump of n8n", "dumpe n8n"),
	},
}, func(ctx context.Context, s *System, p dumpParams) (ops.Plan, error) {
	v, err := s.overview(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	room, err := s.Room(ctx, p.Database)
	if err != nil {
		return ops.Plan{}, err
	}
	var chosen []Database
	for _, d := range v.live {
		if p.Database == everything || p.Database == d.Name {
			chosen = append(chosen, d)
		}
	}
	if len(chosen) == 0 {
		return ops.Plan{}, ops.Fail(ops.NotFound, ops.T("There is no database %s.", "Il n’y a pas de base %s.", ops.Name(p.Database)), nil)
	}
	plan := ops.Plan{
		Title: ops.T("Dump %s, %s", "Faire un dump de %s, %s", ops.Name(chosen[0].Name), ops.Size(chosen[0].Size)), Target: p.Database,
		Done: ops.T("%s dumped", "dump de %s fait", ops.Name(chosen[0].Name)),
	}
	var size, need int64
	for _, d := range chosen {
		size += d.Size
		need += v.estimate(d)
		plan.Locks = append(plan.Locks, "postgres:"+d.Name)
		plan.Facts = append(plan.Facts, ops.Fact{Name: "database " + d.Name, Value: fmt.Sprint(d.OID), Label: ops.T("the database %s", "la base %s", ops.Name(d.Name))})
		plan.Steps = append(plan.Steps, dumpNow.Do(dumpArgs{Database: d.Name, Folder: room.Path}))
	}
	if len(chosen) > 1 {
		plan.Title = ops.T("Dump all %d databases, %s", "Faire un dump des %d bases, %s", len(chosen), ops.Size(size))
		plan.Done = ops.T("%d databases dumped", "dump de %d bases fait", len(chosen))
	}
	if need > room.Folder {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("There is no room: it takes about %s and %s has %s free.", "Pas assez de place : il faut environ %s et %s n’a que %s libres.",
			ops.Size(need), ops.Name(room.Path), ops.Size(room.Folder)), nil)
	}
	plan.Costs = []ops.Text{ops.T("about %s of the %s that are free in %s", "environ %s sur les %s libres dans %s", ops.Size(need), ops.Size(room.Folder), ops.Name(room.Path))}
	if u := v.uncovered(); len(u) > 0 {
		plan.Costs = append(plan.Costs, ops.T("🟠 nobody dumps: %s", "🟠 personne ne fait de dump de : %s", list(6, u...)))
	}
	return plan, nil
})

var dumpNow = ops.Declare(&set, "postgres.dump", func(d dumpArgs) ops.Text {
	return ops.T("dump %s, read it back", "faire un dump de %s, le relire", ops.Name(d.Database))
}, func(ctx context.Context, s *System, d dumpArgs) error {
	begun := time.Now()
	info, err := s.Dump(ctx, d.Database, path.Join(d.Folder, s.dumpName(d.Database, begun)), func(t ops.Text) { ops.Progress(ctx, t) })
	if err != nil {
		return harmless(err)
	}
	ops.Progress(ctx, ops.T("%s in %s, reads back whole: %s", "%s en %s, se relit en entier : %s", ops.Size(info.Size), span(begun), ops.Name(info.Name)))
	return nil
})

// dumpName is what a dump made at that time is called.
func (s *System) dumpName(database string, at time.Time) string {
	return database + "-" + at.In(s.zone()).Format("20060102_150405") + ".dump"
}
