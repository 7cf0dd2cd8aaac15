package models

import (
	"context"

	"vigie/ops"
)

type listParams struct {
	Show string `doc:"the list, or what is wrong with the fallbacks" fr:"la liste, ou ce qui cloche dans les replis" choices:"list,check" also:"liste=list,lint=check,vérifier=check,verifier=check,replis=check,fallbacks=check" default:"list"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "models.list", Command: "models", Theme: theme, Examples: []string{"", "check"},
	Doc: ops.T("LiteLLM's models: where each alias leads, what it costs, where it was set; or whether every fallback leads somewhere.",
		"Les modèles de LiteLLM : où mène chaque alias, ce qu’il coûte, d’où il vient ; ou si chaque repli mène quelque part."),
	Phrases: []ops.Text{
		ops.T("which models do we have", "quels modèles a-t-on"), ops.T("what does each model cost per token", "combien coûte chaque modèle par jeton"),
		ops.T("check the fallbacks of the models", "vérifie les replis des modèles"),
	},
}, func(ctx context.Context, s *System, p listParams) (ops.Answer, error) {
	all, err := s.catalog(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	if p.Show == "check" {
		return s.checked(all)
	}
	return listing(all, ops.Who(ctx).Lang), nil
})

// shownModels is how many rows a message shows before the rest folds.
const shownModels = 60

func listing(all []deployment, lang ops.Lang) ops.Answer {
	if len(all) == 0 {
		return ops.Say(ops.T("🔴 LiteLLM has no model at all: is its model_list read?", "🔴 LiteLLM n’a aucun modèle : sa model_list est-elle lue ?"))
	}
	aliases, inDB, unpriced := 0, 0, 0
	rows := [][]string{{ops.T("alias", "alias").In(lang), ops.T("leads to", "mène à").In(lang), ops.T("$/M in·out", "$/M e·s").In(lang), ops.T("from", "de").In(lang)}}
	for i, d := range all {
		if i == 0 || all[i-1].Alias != d.Alias {
			aliases++
		}
		price, from := "–", "config"
		if in, out, known := d.prices(); known {
			price = million(in) + " · " + million(out)
		} else {
			unpriced++
		}
		if d.Info.InDB {
			from, inDB = "UI", inDB+1
		}
		if t := d.tier(); t != "" {
			from += ", " + clip(ops.Clean(t), 12)
		}
		if i < shownModels {
			rows = append(rows, []string{clip(ops.Clean(d.Alias), 24), clip(ops.Clean(d.Params.Model), 40), price, from})
		}
	}
	models := ops.Count{N: aliases, EnOne: "model", EnMany: "models", FrOne: "modèle", FrMany: "modèles"}
	a := ops.Say(ops.T("🟢 %s in %s · %d set in the UI", "🟢 %s en %s · %d ajoutés par l’UI", models,
		ops.Count{N: len(all), EnOne: "deployment", EnMany: "deployments", FrOne: "déploiement", FrMany: "déploiements"}, inDB))
	if inDB > 0 {
		a.Line(ops.T("those from the UI live in the database and outlive a new config.yaml", "ceux de l’UI vivent en base et survivent à un nouveau config.yaml"))
	}
	if unpriced > 0 {
		a.Line(ops.T("🟠 free, or without a price: %d; LiteLLM counts such calls as free", "🟠 gratuits ou sans prix : %d ; LiteLLM compte ces appels comme gratuits", unpriced))
	}
	a.Blocks = append(a.Blocks, ops.Block{Table: rows, Fold: len(rows) > 12})
	if more := len(all) - shownModels; more > 0 {
		a.Line(ops.T("and %d more", "et %d de plus", more))
	}
	a.Row(ops.AskFor(ops.T("Check the fallbacks", "Vérifier les replis"), "models.list", "show", "check"))
	return a
}
