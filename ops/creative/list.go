package creative

import (
	"cmp"
	"context"
	"slices"

	"vigie/ops"
)

type listParams struct {
	Work string `doc:"which order, by its run" fr:"quelle commande, par son exécution" optional:"true"`
}

const shownOrders = 8

var _ = ops.Look(&set, ops.Spec{
	Name: "creative.list", Command: "creations", Theme: theme, Examples: []string{""},
	Doc:     ops.T("What the creative pipeline was asked for, what came of it, and what that may have cost.", "Ce qu’on a demandé au pipeline créatif, ce qu’il en est venu, et ce que ça a pu coûter."),
	Phrases: []ops.Text{ops.T("what did the creative pipeline make", "qu’a fait le pipeline créatif"), ops.T("show the last creations", "montre les dernières créations")},
}, func(ctx context.Context, s *System, p listParams) (ops.Answer, error) {
	if p.Work != "" {
		return s.result(ctx, p.Work)
	}
	list, err := s.orders(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	if len(list) == 0 {
		return ops.Say(ops.T("⚪ Nothing was asked of the creative pipeline yet: /create", "⚪ Rien n’a encore été demandé au pipeline créatif : /create")), nil
	}
	open := 0
	for _, r := range list {
		if r.State == sent {
			open++
		}
	}
	mark, more := ops.Fine, ops.Text{}
	if open > 0 {
		mark, more = ops.AtRisk, ops.T("unknown whether taken: %d", "on ignore si c’est pris : %d", open)
	}
	a := ops.Say(ops.Join(" · ", ops.T("%s today at most %s of %s, for what is paid", "%s aujourd’hui au plus %s sur %s, pour ce qui est payant", mark, usd(s.spent(list)), usd(s.o.Limit)), more))
	slices.Reverse(list)
	var row []ops.Button
	for _, r := range list[:min(len(list), shownOrders)] {
		a.Line(r.says())
		switch {
		case len(row) == 3:
		case r.State == done:
			row = append(row, ops.AskFor(ops.T("Show %s", "Montrer %s", clip(r.Order.Prompt, 24)), "creative.list", "work", r.Work))
		case r.open():
			row = append(row, ops.AskFor(ops.T("Look for %s", "Chercher %s", clip(r.Order.Prompt, 24)), "creative.list", "work", r.Work))
		}
	}
	return *a.Row(row...), nil
})

// open reports whether something may still come of an order.
func (r record) open() bool { return r.State == sent || r.State == taken }

// says is an order in a line.
func (r record) says() ops.Text {
	how := map[string]ops.Text{
		sent:    ops.T("🟠 unknown whether taken", "🟠 on ignore si c’est pris"),
		taken:   ops.T("⏳ taken", "⏳ pris"),
		refused: ops.T("⚪ not taken", "⚪ pas pris"),
		done:    ops.T("🟢 made", "🟢 fait"),
		failed:  ops.T("🔴 nothing came of it", "🔴 rien n’en est venu"),
	}[r.State]
	cost := ops.T("free", "gratuit")
	if r.Order.Most > 0 {
		cost = ops.T("at most %s", "au plus %s", usd(r.Order.Most))
	}
	if r.State == refused {
		cost = ops.Text{}
	}
	return ops.Join(" · ", how, ops.Raw(ops.Name(clip(r.Order.Prompt, 40)).String()), r.Order.says(), cost, ops.T("%s, %s ago", "%s, il y a %s", r.Order.Who, ops.Since(r.At)))
}

// result shows what came of an order.
func (s *System) result(ctx context.Context, work string) (ops.Answer, error) {
	rec, ok, err := s.find(ctx, work)
	if err != nil {
		return ops.Answer{}, err
	}
	if !ok {
		return ops.Answer{}, ops.Fail(ops.NotFound, ops.T("I know of no such order any more: /creations lists those that I know.", "Je ne connais plus cette commande : /creations liste celles que je connais."), nil)
	}
	if rec.open() { // somebody stopped waiting, or nobody knew
		over, says, err := s.look(ctx, rec)
		if !over || err != nil {
			return ops.Say(rec.says(), waits(says, err)), nil
		}
		if err := s.note(ctx, work, done, nil); err != nil {
			return ops.Answer{}, err
		}
		rec.State = done
	}
	if rec.State != done {
		return ops.Say(rec.says()), nil
	}
	route, err := s.route(rec)
	if err != nil {
		return ops.Answer{}, err
	}
	files, link, err := s.fetch(ctx, route, rec)
	if err != nil {
		return ops.Answer{}, err
	}
	a := ops.Say(ops.T("🟢 %s · %s", "🟢 %s · %s", ops.Name(clip(rec.Order.Prompt, 80)), rec.Order.says()))
	if link != "" {
		a.Line(ops.T("It is here: %s", "C’est ici : %s", ops.Name(clip(ops.Clean(link), 500))))
	}
	if elsewhere(rec.Order, rec.Answer) {
		a.Line(saysElsewhere(rec.Order, rec.Answer))
	}
	for i := range files {
		a.Blocks = append(a.Blocks, ops.Block{File: &files[i]})
	}
	return a, nil
}

// fetch gets what was made from where its route has it.
func (s *System) fetch(ctx context.Context, route Route, rec record) ([]ops.File, string, error) {
	if t := s.tracker(route); t != nil && rec.Answer.Render != "" {
		return t.Fetch(ctx, rec.Answer.Render)
	}
	address := rec.Answer.URL
	if s.o.Assets != nil && (route.Result == byRegistration || address == "") {
		link, found, err := s.o.Assets.Find(ctx, rec.name(), rec.Answer.Render, rec.At.Add(-clocksApart))
		if err != nil {
			return nil, "", err
		}
		if !found || link == "" {
			return nil, "", ops.Fail(ops.NotFound, ops.T("it is registered, and not where it is: /assets shows what is known", "c’est enregistré, sans dire où c’est : /assets montre ce qu’on sait"), nil)
		}
		address = link
	}
	files, link, err := s.download(ctx, route, address, cmp.Or(rec.Order.Name, rec.Order.Type))
	if err != nil && route.Result == byRegistration { // it is made: where it is may be nowhere that I reach
		return nil, address, nil
	}
	return files, link, err
}
