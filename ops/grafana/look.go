package grafana

import (
	"context"
	"errors"

	"vigie/ops"
)

// A picture is what Grafana looks like now.
type picture struct {
	health  health
	sources []source
	rules   []rule
	refused error // it does not take the password: nothing but health is known
	// What could not be seen, though the rest could.
	unlisted, unruled error
}

// picture looks at everything. Its error is one that leaves nothing to show.
func (s *System) picture(ctx context.Context) (p picture, err error) {
	if p.health, err = s.health(ctx); err != nil {
		return p, err
	}
	return s.inside(ctx, p)
}

// inside looks at what takes a password. Once it is refused, it is not tried again.
func (s *System) inside(ctx context.Context, p picture) (picture, error) {
	p.sources, p.unlisted = s.sources(ctx)
	if errors.Is(p.unlisted, errRefused) {
		p.refused, p.unlisted = p.unlisted, nil
		return p, nil
	}
	p.rules, p.unruled = s.rules(ctx)
	if errors.Is(p.unruled, errRefused) {
		p.refused, p.unruled = p.unruled, nil
	}
	return p, ctx.Err()
}

var _ = ops.Look(&set, ops.Spec{
	Name: "grafana.show", Command: "grafana", Theme: ops.T("Figures and logs", "Mesures et journaux"), Examples: []string{""},
	Doc: ops.T("Grafana: is it well, do its datasources answer, which of its alert rules fire or have no data.", "Grafana : va-t-il bien, ses sources de données répondent-elles, quelles règles d’alerte se déclenchent ou manquent de données."),
	// None of them says «grafana»: in a sentence that is the service.
	Phrases: []ops.Text{
		ops.T("which alert rules fire", "quelles règles d’alerte sont déclenchées"), ops.T("are the datasources ok", "les sources de données vont-elles bien"),
		ops.T("do the datasources answer", "les sources de données répondent-elles"),
	},
}, func(ctx context.Context, s *System, _ struct{}) (ops.Answer, error) {
	p, err := s.picture(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	return s.answer(p), nil
})
