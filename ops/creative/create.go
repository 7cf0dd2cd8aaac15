package creative

import (
	"context"
	"strings"

	"vigie/ops"
)

type createParams struct {
	// What is missing or refused is asked for or refused here, with its reason and what it costs.
	Type        string `doc:"what kind: image, video…" fr:"quel genre : image, video…" optional:"true"`
	Prompt      string `doc:"what it is to show" fr:"ce que ça doit montrer" optional:"true" rest:"true"`
	Model       string `doc:"which model" fr:"quel modèle" optional:"true"`
	Size        string `doc:"its size, 1280x720" fr:"sa taille, 1280x720" optional:"true"`
	Duration    string `doc:"how long, in seconds" fr:"sa durée, en secondes" optional:"true"`
	Composition string `doc:"which composition, where one is rendered" fr:"quelle composition, si on en rend une" optional:"true"`
	Name        string `doc:"what it is to be called" fr:"comment l’appeler" optional:"true"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "creative.create", Command: "create", Theme: theme, Risk: ops.Reversible, Examples: []string{"image a sunset over mountains", "video duration=7 waves at night"},
	Doc: ops.T("Have a picture or a video made by n8n's creative pipeline; what it costs is said first.", "Faire faire une image ou une vidéo par le pipeline créatif de n8n ; ce que ça coûte est dit d’abord."),
	Phrases: []ops.Text{
		ops.T("ask the creative pipeline for a video", "demande une vidéo au pipeline créatif"), ops.T("ask the creative pipeline for an image", "demande une image au pipeline créatif"),
		ops.T("create a video", "crée une vidéo"), ops.T("create an image", "crée une image"),
	},
}, func(ctx context.Context, s *System, p createParams) (ops.Plan, error) {
	p.Prompt = p.takeOptions()
	if s.hasType(p.Type) && p.Prompt == "" { // before the model: people know what they want to see
		return ops.Plan{}, wrong("prompt", nil, ops.T("/create %s: what is it to show?", "/create %s : que doit-on y voir ?", ops.Name(strings.ToLower(p.Type))))
	}
	r, model, err := s.routeOf(p.Type, p.Model)
	if err != nil {
		return ops.Plan{}, err
	}
	o, err := r.order(p, model)
	if err != nil {
		return ops.Plan{}, err
	}
	o.Who = ops.Who(ctx).Name
	if !r.Broken.IsZero() {
		return ops.Plan{}, ops.Fail(ops.NotFound, ops.T("%s: n8n's way there is known not to work, so nothing was sent: %s", "%s : ce chemin de n8n est en panne, c’est connu, donc rien n’est parti : %s", o.says(), r.Broken), nil)
	}
	plan := ops.Plan{
		Title: ops.T("Create %s, free: %s", "Créer %s, gratuit : %s", ops.Name(o.Type), ops.Name(clip(o.Prompt, 60))), Target: o.Type, Shows: "creative.list",
		Facts: []ops.Fact{{Name: "route", Value: r.Provider + ", " + r.price().En, Label: ops.T("where it leads", "où ça mène")}},
		Steps: []ops.Step{call.Do(o), made.Verify(o).GoingOnElsewhere()},
		Costs: []ops.Text{ops.T("Free: %s makes it.", "Gratuit : c’est %s qui le fait.", ops.Name(r.Provider))},
		Done:  ops.T("created: %s", "créé : %s", ops.Name(clip(o.Prompt, 60))),
	}
	if r.paid() {
		return s.paidPlan(ctx, plan, r, o)
	}
	return plan, nil
})

// paidPlan says what the plan costs, and holds it to the limit.
func (s *System) paidPlan(ctx context.Context, plan ops.Plan, r Route, o order) (ops.Plan, error) {
	spent, err := s.today(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	if err := s.within(spent, o.Most); err != nil {
		return ops.Plan{}, err
	}
	plan.Risk = ops.Disruptive
	plan.Title = ops.T("Create %s, at most %s: %s", "Créer %s, au plus %s : %s", ops.Name(o.Type), usd(o.Most), ops.Name(clip(o.Prompt, 60)))
	how := ops.T("one at %s", "une à %s", usd(r.Price))
	if r.Per == perSecond {
		how = ops.T("%d s at %s", "%d s à %s", o.Seconds, r.price())
	}
	plan.Costs = []ops.Text{
		ops.T("At most %s, paid to %s: %s. What is paid cannot be put back.", "Au plus %s, payés à %s : %s. Ce qui est payé ne se reprend pas.", usd(o.Most), ops.Name(r.Provider), how),
		ops.T("Today before it: %s of the %s that may be spent here.", "Aujourd’hui avant ça : %s sur les %s permis ici.", usd(spent), usd(s.o.Limit)),
	}
	return plan, nil
}
