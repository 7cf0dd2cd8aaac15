package litellm

import (
	"context"
	"time"

	"vigie/ops"
)

var theme = ops.T("Money", "Argent")

type costsParams struct {
	Period string `doc:"which days; a day is a UTC day" fr:"quels jours ; un jour est un jour UTC" choices:"today,7d,30d" also:"7j=7d,30j=30d,week=7d,semaine=7d,month=30d,mois=30d,jour=today,1d=today,1j=today,24h=today,aujourd'hui=today,aujourdhui=today" default:"today"`
	By     string `doc:"by what to divide it" fr:"par quoi la répartir" choices:"provider,model,key,tag" also:"fournisseur=provider,providers=provider,modele=model,modèle=model,models=model,modeles=model,modèles=model,cle=key,clé=key,keys=key,cles=key,clés=key,tags=tag,etiquette=tag,étiquette=tag" default:"provider"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "litellm.costs", Command: "costs", Theme: theme, Examples: []string{"", "7d", "today model", "30d key", "7d tag"},
	Doc: ops.T("What the models cost: today, over 7 or 30 days, by provider, model, key or tag.", "Ce que coûtent les modèles : aujourd’hui, sur 7 ou 30 jours, par fournisseur, modèle, clé ou étiquette."),
	Phrases: []ops.Text{
		ops.T("how much did we spend today", "combien a-t-on dépensé aujourd’hui"), ops.T("what do the models cost", "combien coûtent les modèles"),
		ops.T("which model costs most", "quel modèle coûte le plus"), ops.T("spending this week", "les dépenses de la semaine"),
		ops.T("costs this month", "coûts du mois"), ops.T("money spent", "argent dépensé"),
		ops.T("costs by model", "coûts par modèle"), ops.T("how much did the models cost", "combien ont coûté les modèles"),
		ops.T("draw a chart of the costs", "dessine un graphique des coûts"),
	},
}, func(ctx context.Context, s *System, p costsParams) (ops.Answer, error) {
	span := spans[p.Period]
	as, err := s.see(ctx, dayOf(time.Now())-day(span.days-1))
	if err != nil {
		return ops.Answer{}, err
	}
	now := time.Now()
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, lang := s.view(span, p.By, now), ops.Who(ctx).Lang
	a := ops.Say(v.headline())
	drawn := len(v.shares) > 0 && v.total.USD > 0
	if drawn {
		a.Blocks = append(a.Blocks, ops.Block{Table: v.table(lang)})
	}
	v.remarks(&a, s, as)
	if drawn {
		picture, err := v.chart(lang, s.Zone)
		if err != nil {
			return ops.Answer{}, err
		}
		a.Blocks = append(a.Blocks, ops.Block{File: picture})
	}
	costButtons(&a, p)
	return a, nil
})
