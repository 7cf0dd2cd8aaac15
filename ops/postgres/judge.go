package postgres

import (
	"context"
	"slices"

	"vigie/ops"
)

// judge says whether what the dump holds can take the place of the database.
func (s *System) judge(ctx context.Context, e *evidence, database string) error {
	if d := e.found.Database; d != "" && d != database {
		return ops.Fail(ops.Invalid, ops.T("%s is a dump of %s, not of %s.", "%s est un dump de %s, pas de %s.", ops.Name(e.file.Name), ops.Name(d), ops.Name(database)), nil)
	}
	if err := s.owners(ctx, e); err != nil {
		return err
	}
	if e.live == nil {
		if len(e.found.Tables) == 0 {
			return ops.Fail(ops.Invalid, ops.T("%s makes no table at all.", "%s ne crée aucune table.", ops.Name(e.file.Name)), nil)
		}
		return nil
	}
	var err error
	if e.now, err = s.Census(ctx, database, e.file.Made); ops.KindOf(err) == ops.Failed {
		e.unread, err = ops.SayOf(err), nil // a database that cannot be read is a reason to restore it
	}
	if err != nil {
		return err
	}
	if len(e.now) > 0 && len(e.missing()) == len(e.now) {
		return ops.Fail(ops.Invalid, ops.T("%s has none of the %d tables of %s: it is a dump of something else.", "%s n’a aucune des %d tables de %s : c’est le dump d’autre chose.",
			ops.Name(e.file.Name), len(e.now), ops.Name(database)), nil)
	}
	e.sessions, err = s.Sessions(ctx, database)
	return err
}

// missing are today's tables that the dump does not make.
func (e *evidence) missing() (names []string) {
	for _, t := range e.now {
		if _, found := slices.BinarySearch(e.found.Tables, t.Name); !found {
			names = append(names, t.Name)
		}
	}
	return names
}

// owners checks that everybody whom the dump gives something to is here. If it knows but one role, and that one is missing, everything
// goes to the owner of the database; any other way somebody would lose what the dump says is theirs.
func (s *System) owners(ctx context.Context, e *evidence) error {
	here, err := s.Roles(ctx)
	if err != nil {
		return err
	}
	given := slices.Concat(e.found.Owners, e.found.Grantees)
	slices.Sort(given)
	given = slices.Compact(given)
	missing := slices.DeleteFunc(slices.Clone(given), func(r string) bool { return slices.Contains(here, r) })
	switch {
	case len(missing) == 0:
		return nil
	case len(given) == 1 && e.live != nil && e.found.Format != Plain:
		e.copy.Owner = e.live.Owner
		return nil
	}
	return ops.Fail(ops.Invalid, ops.T("%s gives things to roles that are not here: %s. Make them first (CREATE ROLE …), then ask again.", "%s donne des objets à des rôles absents d’ici : %s. Crée-les d’abord (CREATE ROLE …), puis redemande.",
		ops.Name(e.file.Name), list(5, missing...)), nil)
}

// overwritable says why a restore in place would leave something that is neither as before nor as in the dump, if it would.
func (e *evidence) overwritable() error {
	no := func(why ops.Text) error {
		return ops.Fail(ops.Invalid, ops.T("Not in place: %s. Without mode=in-place it works.", "Pas sur place : %s. Sans mode=in-place, ça marche.", why), nil)
	}
	switch {
	case e.live == nil:
		return no(ops.T("there is no %s to restore over", "il n’y a pas de %s par-dessus laquelle restaurer", ops.Name(e.copy.Database)))
	case e.found.Format == Plain:
		return no(ops.T("plain SQL does not say what it replaces", "du SQL simple ne dit pas ce qu’il remplace"))
	case e.copy.Owner != "":
		return no(ops.T("the role that owns the dump is not here", "le rôle propriétaire du dump n’est pas ici"))
	case !e.unread.IsZero():
		return no(ops.T("today's cannot be read whole, so there would be no safety dump", "l’actuelle ne se lit pas en entier, il n’y aurait donc pas de dump de sécurité"))
	case e.found.Objects > 0:
		return no(ops.T("the dump has large objects, and today's would stay among them", "le dump a de grands objets (large objects), et ceux d’aujourd’hui resteraient parmi eux"))
	case len(e.missing()) > 0:
		return no(ops.T("today's %s would stay as they are, because the dump does not know them", "%s resteraient telles quelles, car le dump ne les connaît pas", list(3, e.missing()...)))
	}
	return nil
}
