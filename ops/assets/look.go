package assets

import (
	"context"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

type lookParams struct {
	Since    time.Duration `doc:"how far back" fr:"jusqu’où remonter" default:"720h"`
	Find     string        `doc:"only of this type, provider or model" fr:"seulement ce type, fournisseur ou modèle" optional:"true"`
	Database string        `doc:"of which database" fr:"de quelle base" names:"assets_database" optional:"true"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "assets.list", Command: "assets", Theme: ops.T("Studio", "Studio"), Examples: []string{"", "7d", "video"},
	Doc: ops.T("The pictures and videos that were registered, who made them, and what they cost.", "Les images et vidéos enregistrées, qui les a faites, et ce qu’elles ont coûté."),
	Phrases: []ops.Text{
		ops.T("what did the generated pictures and videos cost", "combien ont coûté les images et vidéos générées"),
		ops.T("list the registered assets", "liste les créations enregistrées"),
	},
}, func(ctx context.Context, s *System, p lookParams) (ops.Answer, error) {
	all := s.probe(ctx)
	t, ok, err := choose(all, p.Database)
	if err != nil {
		return ops.Answer{}, err
	}
	if !ok {
		return none(all), nil
	}
	v, err := s.read(ctx, t, wish{since: time.Now().Add(-p.Since), word: p.Find})
	if err != nil {
		return ops.Answer{}, err
	}
	lang := ops.Who(ctx).Lang
	a := ops.Say(headline(t, v, p, len(holders(all)) > 1))
	if len(v.sums) > 0 {
		a.Blocks = append(a.Blocks, ops.Block{Table: sumsTable(v.sums, lang)})
	}
	if v.days && p.Find == "" { // they are of all that is registered
		a.Line(ops.T("today %s · yesterday %s", "aujourd’hui %s · hier %s", usd(v.today), usd(v.yesterday)))
	}
	if len(v.newest) > 0 {
		a.Blocks = append(a.Blocks, ops.Block{Table: rowsTable(v.newest, lang)})
	}
	if len(v.words) > 0 {
		a.Line(ops.T("There is: %s", "Il y a : %s", ops.Name(clip(ops.Clean(strings.Join(v.words, ", ")), 200))))
	}
	for _, odd := range t.odd() {
		a.Line(ops.Join(" ", ops.Raw(ops.AtRisk), odd))
	}
	others(&a, all, t, p)
	return a, nil
})

// holders are the tables that hold rows, the one with the newest first.
func holders(all []table) (list []table) {
	for _, t := range all {
		if t.there && t.err == nil && t.rows > 0 {
			list = append(list, t)
		}
	}
	slices.SortStableFunc(list, func(a, b table) int { return b.newest.Compare(a.newest) })
	return list
}

// choose picks the table to show: the one that is asked for, else the one with the newest row, else an empty one.
func choose(all []table, database string) (table, bool, error) {
	if database != "" {
		i := slices.IndexFunc(all, func(t table) bool { return t.name == database })
		switch {
		case i < 0:
			return table{}, false, ops.Fail(ops.NotFound, ops.T("%s is not among the databases that I ask", "%s n’est pas une des bases que j’interroge", ops.Name(clip(database, 40))), nil)
		case all[i].err != nil:
			return table{}, false, all[i].err
		case !all[i].there:
			return table{}, false, ops.Fail(ops.NotFound, ops.T("there is no asset_provenance in %s", "il n’y a pas de table asset_provenance dans %s", ops.Name(database)), nil)
		}
		return all[i], true, nil
	}
	if list := holders(all); len(list) > 0 {
		return list[0], true, nil
	}
	if i := slices.IndexFunc(all, func(t table) bool { return t.there && t.err == nil }); i >= 0 {
		return all[i], true, nil
	}
	for _, t := range all {
		if t.err == nil {
			return table{}, false, nil
		}
	}
	return table{}, false, all[0].err // none of them can be read
}

// others tells of the databases that are not shown.
func others(a *ops.Answer, all []table, shown table, p lookParams) {
	var row []ops.Button
	for _, t := range all {
		name := ops.Name(t.name)
		switch {
		case t.name == shown.name:
		case t.err != nil:
			a.Line(ops.T("🟠 %s", "🟠 %s", ops.SayOf(t.err)))
		case t.there && t.rows == 0:
			a.Line(ops.T("⚪ %s has the table, empty", "⚪ %s a la table, vide", name))
		case t.there:
			a.Line(ops.T("🟠 %s holds %s as well, newest %s ago: who registers does not agree on the database. Make all of them use one.", "🟠 %s en contient aussi %s, la dernière il y a %s : ceux qui enregistrent ne s’accordent pas sur la base. Mets-les tous sur une seule.",
				name, ops.Count{N: int(t.rows), EnOne: "row", EnMany: "rows", FrOne: "ligne", FrMany: "lignes"}, ops.Since(t.newest)))
			row = append(row, ops.AskFor(ops.T("Those of %s", "Celles de %s", t.name), "assets.list", "database", t.name, "since", p.Since.String(), "find", p.Find))
		}
	}
	a.Row(row...)
}

// none says that no database has the table.
func none(all []table) ops.Answer {
	var names []string
	var a ops.Answer
	for _, t := range all {
		if t.err == nil {
			names = append(names, ops.Name(t.name).String())
		}
	}
	a.Line(ops.T("⚪ no table asset_provenance in %s: nothing registers assets there", "⚪ pas de table asset_provenance dans %s : rien n’y enregistre de créations", strings.Join(names, ", ")))
	a.Line(ops.T("Is it in another? Write that one under databases of [assets].", "Est-elle dans une autre ? Écris-la sous databases de [assets]."))
	for _, t := range all {
		if t.err != nil {
			a.Line(ops.T("🟠 %s", "🟠 %s", ops.SayOf(t.err)))
		}
	}
	return a
}
