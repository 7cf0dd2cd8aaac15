package loki

import (
	"cmp"
	"context"
	"time"

	"vigie/ops"
)

const (
	defaultSince = time.Hour
	defaultLimit = 40
	mostLines    = 5000 // what Loki gives where its own limit was not changed
)

type lokiParams struct {
	Query string        `doc:"a service and what to find in its lines («n8n error»), or LogQL" fr:"un service et quoi chercher dans ses lignes (« n8n error »), ou du LogQL" rest:"true"`
	Since time.Duration `doc:"how far back: 30m, 2h, 3d" fr:"depuis combien de temps : 30m, 2h, 3j" optional:"true"`
	Limit int           `doc:"how many lines, the newest" fr:"combien de lignes, les dernières" optional:"true" min:"1" max:"5000"`
}

var theme = ops.T("Figures and logs", "Mesures et journaux")

var _ = ops.Look(&set, ops.Spec{
	Name: "loki.query", Command: "loki", Theme: theme, Examples: []string{"n8n error 2h", "all timeout 30m 200", `{job="docker"} |= "402" 24h`},
	Doc: ops.T("Ask Loki what was logged, also by containers that are gone; what counts lines comes as a chart.", "Demander à Loki ce qui a été journalisé, même par des conteneurs disparus ; ce qui compte des lignes vient en graphique."),
	// None of them says «loki»: in a sentence that is the service.
	Phrases: []ops.Text{
		ops.T("search everything that was logged", "cherche dans tout ce qui a été journalisé"), ops.T("search the logs of every container", "cherche dans les journaux de tous les conteneurs"),
		ops.T("search loki for …", "cherche dans loki …"),
	},
}, func(ctx context.Context, s *System, p lokiParams) (ops.Answer, error) {
	a, err := understand(p.Query)
	if err != nil {
		return ops.Answer{}, err
	}
	a.Since, a.Limit = cmp.Or(p.Since, a.Since, defaultSince), cmp.Or(p.Limit, a.Limit, defaultLimit)
	if a.LogQL == "" && a.Service == "" {
		return ops.Answer{}, &ops.Error{Kind: ops.Invalid, Param: "query", Say: ops.T("of which service? %s, or %s for every container", "de quel service ? %s, ou %s pour tous les conteneurs", ops.Name("/loki n8n error 2h"), ops.Name("/loki all timeout"))}
	}
	if a.Limit > mostLines {
		return ops.Answer{}, &ops.Error{Kind: ops.Invalid, Param: "limit", Say: ops.T("%d lines are too many to read: %d at most", "%d lignes, c’est trop à lire : %d au plus", a.Limit, mostLines)}
	}
	now := time.Now()
	return s.answer(ctx, a, window{now.Add(-a.Since), now})
})

// A look is one question and all that its answer is made of.
type look struct {
	asked
	window
	Query string // LogQL
	Value string // the container's name in Loki; empty: of all, or LogQL of somebody's own
	data
	Left  int  // older lines that are not shown
	Known bool // Left is a count; else there may be any number more
}

func (s *System) answer(ctx context.Context, a asked, w window) (ops.Answer, error) {
	l := look{asked: a, window: w, Query: a.LogQL}
	if a.LogQL == "" {
		value, err := s.container(ctx, a, w)
		if err != nil {
			return ops.Answer{}, err
		}
		l.Value = value
		l.Query = selector(s.o.Label, value) + filter(a.Find)
	}
	got, err := s.ask(ctx, l.Query, w, a.Limit)
	if err != nil {
		return ops.Answer{}, err
	}
	l.data, l.Known = got, len(got.Lines) < a.Limit
	switch {
	case len(got.Lines)+len(got.Series) == 0:
		return s.nothing(ctx, l)
	case got.Figures:
		return s.figures(ctx, l)
	}
	if !l.Known {
		if n, ok := s.count(ctx, l.Query, w); ok {
			l.Left, l.Known = max(0, n-len(got.Lines)), true
		}
	}
	return s.lines(l), nil
}
