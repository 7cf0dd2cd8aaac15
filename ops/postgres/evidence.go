package postgres

import (
	"context"
	"slices"

	"vigie/ops"
)

// An evidence is what a restore is decided on.
type evidence struct {
	about    About
	all      []Database
	live     *Database // nil if there is none of that name any more
	file     File
	files    []File // of this database, newest first
	found    Contents
	room     Room
	now      []Table  // of the live database, with what is newer than the dump
	unread   ops.Text // why the live database cannot be counted, if it cannot
	sessions []Session
	known    Known
	pause    Pause
	copy     Copy
	safety   string // path
}

// evidence looks at everything that a restore rests on, and refuses what cannot work.
func (s *System) evidence(ctx context.Context, p restoreParams) (*evidence, error) {
	e := &evidence{known: s.o.Databases[p.Database]}
	if err := s.server(ctx, e, p.Database); err != nil {
		return nil, err
	}
	if err := s.choose(ctx, e, p); err != nil {
		return nil, err
	}
	var err error
	if e.found, err = s.read(ctx, e.file, nil); err != nil {
		return nil, err
	}
	if err := s.judge(ctx, e, p.Database); err != nil {
		return nil, err
	}
	if len(e.known.Apps) > 0 && s.o.Apps != nil {
		if e.pause, err = s.o.Apps.Pausing(ctx, e.known.Apps); err != nil {
			return nil, err
		}
	}
	e.name(p.Database)
	if e.room, err = s.Room(ctx, p.Database); err != nil {
		return nil, err
	}
	e.safety = e.safetyPath()
	return e, e.fits()
}

// server looks at the server and at the database, and says if nothing can be restored into it.
func (s *System) server(ctx context.Context, e *evidence, database string) (err error) {
	if e.about, err = s.About(ctx); err != nil {
		return err
	}
	switch {
	case !e.about.Super:
		return ops.Fail(ops.Unavailable, ops.T("A restore needs a superuser of PostgreSQL: set user in [postgres].", "Une restauration demande un superutilisateur de PostgreSQL : règle user dans [postgres]."), nil)
	case e.about.Standby:
		return ops.Fail(ops.Invalid, ops.T("This PostgreSQL is a standby: it takes no changes. Restore on its primary.", "Ce PostgreSQL est un secondaire : il n’accepte aucun changement. Restaure sur son primaire."), nil)
	case (Database{Name: database}).system():
		return ops.Fail(ops.Invalid, ops.T("%s belongs to the server itself; I do not restore it.", "%s appartient au serveur lui-même ; je ne la restaure pas.", ops.Name(database)), nil)
	}
	if e.all, err = s.Databases(ctx); err != nil {
		return err
	}
	i := slices.IndexFunc(e.all, func(d Database) bool { return d.Name == database })
	if i < 0 {
		return nil
	}
	e.live = &e.all[i]
	switch d := e.live; {
	case d.ours():
		return ops.Fail(ops.Invalid, ops.T("%s is a copy of mine, not a database of an app.", "%s est une de mes copies, pas la base d’une application.", ops.Name(database)), nil)
	case !d.Open:
		return ops.Fail(ops.Invalid, ops.T("%s takes no connections: somebody closed it. Open it first: ALTER DATABASE … ALLOW_CONNECTIONS true.",
			"%s n’accepte pas de connexions : quelqu’un l’a fermée. Rouvre-la d’abord : ALTER DATABASE … ALLOW_CONNECTIONS true.", ops.Name(database)), nil)
	case d.Prepared > 0:
		return ops.Fail(ops.Invalid, ops.T("%s holds %d prepared transactions, which forbid the swap. COMMIT PREPARED or ROLLBACK PREPARED them first.",
			"%s contient %d transactions préparées, qui interdisent l’échange. Termine-les d’abord (COMMIT PREPARED ou ROLLBACK PREPARED).", ops.Name(database), d.Prepared), nil)
	}
	return nil
}

// choose finds the dump that was asked for, or asks which.
func (s *System) choose(ctx context.Context, e *evidence, p restoreParams) error {
	all, err := s.Dumps(ctx)
	if err != nil {
		return err
	}
	var asked []File
	for _, f := range all {
		if f.Database == p.Database {
			e.files = append(e.files, f)
		}
		if p.Dump != "" && (f.Name == p.Dump || f.Path == p.Dump) {
			asked = append(asked, f)
		}
	}
	name := ops.Name(p.Database)
	switch {
	case len(asked) == 1:
		e.file = asked[0]
		return nil
	case len(asked) > 1:
		return &ops.Error{Kind: ops.Invalid, Param: "dump", Choices: s.dumpChoices(asked, true), Say: ops.T("Which one? There are several %s.", "Lequel ? Il y a plusieurs %s.", ops.Name(p.Dump))}
	case len(e.files) == 0 && e.live == nil:
		return ops.Fail(ops.NotFound, ops.T("There is no database %s, and no dump of one.", "Il n’y a ni base %s, ni dump de ce nom.", name), nil)
	case len(e.files) == 0:
		return ops.Fail(ops.NotFound, ops.T("There is no dump of %s in %s. /dump %s makes one.", "Il n’y a aucun dump de %s dans %s. /dump %s en fait un.", name, list(3, s.o.Dumps...), p.Database), nil)
	case p.Dump != "":
		return &ops.Error{Kind: ops.NotFound, Param: "dump", Choices: s.dumpChoices(e.files, false), Say: ops.T("There is no dump %s.", "Il n’y a pas de dump %s.", ops.Name(p.Dump))}
	}
	newest := e.files[max(0, slices.IndexFunc(e.files, func(f File) bool { return !f.Ours }))]
	return &ops.Error{Kind: ops.Invalid, Param: "dump", Choices: s.dumpChoices(e.files, false),
		Say: ops.T("Restore %s from which dump? The newest is from %s (%s, %s).", "Restaurer %s depuis quel dump ? Le plus récent est %s (%s, %s).",
			name, s.when(newest.Made), s.clock(newest.Made), ops.Size(newest.Size))}
}

// dumpChoices are dumps as names that can be chosen; full gives their paths, where names alone do not tell them apart.
func (s *System) dumpChoices(files []File, full bool) (list []ops.Choice) {
	count := map[string]int{}
	for _, f := range files {
		count[f.Name]++
	}
	for _, f := range files {
		c := ops.Choice{Value: f.Name, Hint: ops.T("%s (%s, %s)", "%s (%s, %s)", s.when(f.Made), s.clock(f.Made), ops.Size(f.Size))}
		if f.Ours {
			c.Hint = ops.T("%s, safety dump", "%s, dump de sécurité", c.Hint)
		}
		if full || count[f.Name] > 1 {
			c.Value = f.Path
		}
		c.Label = c.Hint // a file's name says less than its age
		list = append(list, c)
	}
	return list
}
