package commands

import (
	"context"

	"vigie/ops"
)

// An Audit is what a check of the whole journal found.
type Audit struct {
	Entries int64
	Head    string     // "seq:sum" of the newest entry: who writes it down can prove later that nothing was cut off
	Breaks  []ops.Text // where the chain does not hold
}

var _ = ops.Look(&set, ops.Spec{
	Name: "vigie.audit", Command: "audit", Theme: recordTheme, Examples: []string{""},
	Doc: ops.T("Check that nobody changed the journal, and show its newest entry.", "Vérifier que personne n’a modifié le journal, et montrer sa dernière entrée."),
	Phrases: []ops.Text{
		ops.T("is the journal intact?", "le journal est-il intact ?"),
		ops.T("did somebody touch the journal", "quelqu’un a-t-il touché au journal"),
	},
}, func(ctx context.Context, d *Desk, _ struct{}) (ops.Answer, error) {
	found, err := d.Check(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	if len(found.Breaks) > 0 {
		a := ops.Say(
			ops.T("🔴 The journal was changed by somebody else than me: %s", "🔴 Le journal a été modifié par un autre que moi : %s",
				ops.Count{N: len(found.Breaks), EnOne: "place", EnMany: "places", FrOne: "endroit", FrMany: "endroits"}),
			ops.T("Keep a copy of the database before anything else, and ask who had access.", "Garde d’abord une copie de la base, puis cherche qui y avait accès."))
		for _, b := range found.Breaks[:min(len(found.Breaks), 8)] {
			a.Line(b)
		}
		return a, nil
	}
	return ops.Say(
		ops.T("🟢 The journal holds: %s, unbroken", "🟢 Le journal tient : %s, sans rupture",
			ops.Count{N: int(found.Entries), EnOne: "entry", EnMany: "entries", FrOne: "entrée", FrMany: "entrées"}),
		ops.T("Newest: %s", "Dernière : %s", ops.Name(found.Head)),
		ops.T("Write that down somewhere else, and %s can prove later that nothing was cut off.", "Note-la ailleurs, et %s prouvera plus tard que rien n’a été coupé.",
			ops.Name("vigie audit verify -head "+found.Head))), nil
})
