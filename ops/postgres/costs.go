package postgres

import (
	"cmp"
	"slices"

	"vigie/ops"
)

// losses say what of today is not in the dump, as far as can be known beforehand.
func (e *evidence) losses(s *System) (costs []ops.Text) {
	if e.live == nil {
		return []ops.Text{ops.T("There is no %s now: nothing is replaced.", "Il n’y a pas de %s actuellement : rien n’est remplacé.", ops.Name(e.copy.Database))}
	}
	since, timed := s.clock(e.file.Made), false
	var fresh []Table
	for _, t := range e.now {
		timed = timed || t.Timed
		if t.Fresh > 0 {
			fresh = append(fresh, t)
		}
	}
	slices.SortFunc(fresh, func(a, b Table) int { return cmp.Or(cmp.Compare(b.Fresh, a.Fresh), cmp.Compare(a.Name, b.Name)) })
	var parts []ops.Text
	for _, t := range fresh[:min(len(fresh), 4)] {
		parts = append(parts, ops.T("%s in %s", "%s dans %s", rowsText(t.Fresh), ops.Name(t.Name)))
	}
	if more := len(fresh) - 4; more > 0 {
		parts = append(parts, ops.T("some in %d more tables", "d’autres dans %d tables encore", more))
	}
	switch {
	case !e.unread.IsZero():
		costs = append(costs, ops.T("🟠 today's %s cannot be read whole (%s): there is no safety dump of it, and I cannot tell what you lose; it is kept as it is", "🟠 l’actuelle %s ne se lit pas en entier (%s) : pas de dump de sécurité, et je ne peux dire ce que tu perds ; elle est gardée telle quelle",
			ops.Name(e.copy.Database), e.unread))
	case len(parts) > 0:
		costs = append(costs, ops.T("You lose what was written since %s: %s.", "Tu perds ce qui a été écrit depuis %s : %s.", since, ops.Join(", ", parts...)))
	case timed:
		costs = append(costs, ops.T("No row says that it was made since %s; what was changed since is lost.", "Aucune ligne ne dit avoir été créée depuis %s ; ce qui a été modifié depuis est perdu.", since))
	default:
		costs = append(costs, ops.T("You lose what was written since %s; nothing in %s says when it was.", "Tu perds ce qui a été écrit depuis %s ; rien dans %s ne dit quand il l’a été.", since, ops.Name(e.copy.Database)))
	}
	if m := e.missing(); len(m) > 0 {
		costs = append(costs, ops.T("🟠 newer than the dump, and not in it at all: %s", "🟠 plus récentes que le dump, et pas du tout dedans : %s", list(4, m...)))
	}
	if h := e.hollow(); len(h) > 0 {
		costs = append(costs, ops.T("🟠 in the dump without its rows: %s", "🟠 dans le dump sans ses lignes : %s", list(4, h...)))
	}
	if e.copy.Owner != "" {
		costs = append(costs, ops.T("🟠 the dump's owner %s is not here: everything goes to %s", "🟠 le propriétaire du dump, %s, n’est pas ici : tout va à %s",
			list(2, slices.Concat(e.found.Owners, e.found.Grantees)[0]), ops.Name(e.copy.Owner)))
	}
	if len(e.live.Slots) > 0 {
		costs = append(costs, ops.T("🟠 replication slots stay with today's database: %s", "🟠 des slots de réplication restent avec la base actuelle : %s", list(3, e.live.Slots...)))
	}
	return costs
}

// hollow are tables that the dump makes without their rows, which today have some.
func (e *evidence) hollow() (names []string) {
	if e.found.Inserts {
		return nil
	}
	for _, t := range e.now {
		_, made := slices.BinarySearch(e.found.Tables, t.Name)
		if _, filled := e.found.Rows[t.Name]; made && !filled && t.Rows > 0 {
			names = append(names, t.Name)
		}
	}
	return names
}

// downtime says who notices the swap, from which step to which.
func (e *evidence) downtime(from, to int) (costs []ops.Text) {
	if len(e.pause.Stop) > 0 {
		costs = append(costs, ops.T("%s: down from step %d to step %d, seconds more than a restart", "%s : à l’arrêt de l’étape %d à l’étape %d, quelques secondes de plus qu’un redémarrage",
			list(4, e.known.Apps...), from, to))
	}
	if others := e.others(); len(others) > 0 {
		costs = append(costs, ops.T("🟠 these connections are cut off at step %d: %s", "🟠 ces connexions sont coupées à l’étape %d : %s", from+len(e.pause.Stop), ops.Join(", ", others...)))
	}
	return append(costs, e.untold()...)
}

// longDowntime says the same of a restore in place.
func (e *evidence) longDowntime(from, to int) (costs []ops.Text) {
	if len(e.pause.Stop) > 0 {
		costs = append(costs, ops.T("%s: down from step %d to step %d, for as long as the whole restore takes", "%s : à l’arrêt de l’étape %d à l’étape %d, pendant toute la restauration",
			list(4, e.known.Apps...), from, to))
	}
	if others := e.others(); len(others) > 0 {
		costs = append(costs, ops.T("🟠 these connections have to wait meanwhile, and if one of them holds a lock nothing is done: %s", "🟠 ces connexions doivent attendre pendant ce temps, et si l’une d’elles tient un verrou rien n’est fait : %s", ops.Join(", ", others...)))
	}
	return append(costs, e.untold()...)
}

// others are the connections that stay when the apps are stopped, at most four of them.
func (e *evidence) others() (list []ops.Text) {
	for _, x := range e.sessions {
		if len(e.pause.Stop) > 0 && (x.User == e.live.Owner || x.User == e.known.AppUser) {
			continue // those of the apps
		}
		who := x.User
		if x.App != "" {
			who += "/" + x.App
		}
		t := ops.T("%d of %s", "%d de %s", x.Count, ops.Name(cut(who, 40)))
		if x.From != "" {
			t = ops.T("%s at %s", "%s depuis %s", t, ops.Name(x.From))
		}
		list = append(list, t)
	}
	if more := len(list) - 4; more > 0 {
		list = append(list[:4], ops.T("%d more", "%d de plus", more))
	}
	return list
}

// untold says that nobody said which services use the database, if nobody did.
func (e *evidence) untold() []ops.Text {
	if len(e.known.Apps) > 0 || e.live == nil {
		return nil
	}
	return []ops.Text{ops.T("🟠 nobody told me which services use %s, so none is stopped: set apps in [postgres.databases.%s]", "🟠 personne ne m’a dit quels services utilisent %s, donc aucun n’est arrêté : règle apps dans [postgres.databases.%s]",
		ops.Name(e.copy.Database), e.copy.Database)}
}
