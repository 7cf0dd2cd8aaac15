package victoria

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"vigie/ops"
	"vigie/ops/chart"
)

type metricParams struct {
	Since time.Duration `doc:"since when" fr:"depuis quand" default:"1h"`
	Query string        `doc:"a query in MetricsQL or PromQL" fr:"une requête en MetricsQL ou PromQL" rest:"true"`
}

// longest is how far back one look goes: 120 points of a year would be three days each.
const longest = 90 * 24 * time.Hour

var _ = ops.Look(&set, ops.Spec{
	Name: "victoria.metric", Command: "metric", Theme: ops.T("Figures and logs", "Mesures et journaux"), Examples: []string{"1h node_load1", "24h sum by (job) (up)"},
	Doc: ops.T("Ask VictoriaMetrics: how a figure is now, and how it went, with a chart.", "Demander à VictoriaMetrics : où en est une mesure, et comment elle a évolué, avec un graphique."),
	Phrases: []ops.Text{
		ops.T("show the metric node_load1", "montre la mesure node_load1"), ops.T("chart of up for a day", "graphique de up sur un jour"),
	},
}, func(ctx context.Context, s *System, p metricParams) (ops.Answer, error) {
	if p.Since > longest {
		return ops.Answer{}, &ops.Error{Kind: ops.Invalid, Param: "since", Say: ops.T("that is too far back: 90d at most", "c’est trop loin : 90j au plus")}
	}
	list, err := s.course(ctx, p.Query, p.Since, time.Now())
	if err != nil {
		return ops.Answer{}, err
	}
	if len(list) == 0 {
		return ops.Say(ops.T("⚪ no data for that in %s", "⚪ aucune donnée pour cela en %s", ops.Span(p.Since)),
			ops.T("it may be misspelt, or nothing sends it: %s counts what comes in", "mal écrit peut-être, ou rien ne l’envoie : %s compte ce qui arrive", ops.Name("/metric 1h count by (job) (up)"))), nil
	}
	slices.SortStableFunc(list, func(a, b series) int { return cmp.Compare(b.now(), a.now()) })
	a := ops.Say(headline(list, p.Since))
	rows := [][]string{}
	for _, one := range list[:min(len(list), 10)] {
		low, high := one.bounds()
		rows = append(rows, []string{one.name(list), chart.Figure(one.now()), chart.Figure(low) + "–" + chart.Figure(high)})
	}
	if len(list) > 1 {
		a.Blocks = append(a.Blocks, ops.Block{Table: rows})
	}
	if more := len(list) - 10; more > 0 {
		a.Line(ops.T("and %d more series: topk(10, …) asks for the highest", "et %d séries de plus : topk(10, …) demande les plus hautes", more))
	}
	picture, err := s.chart(list, p.Since, ops.Who(ctx).Lang)
	if err != nil {
		return ops.Answer{}, err
	}
	if picture != nil {
		a.Blocks = append(a.Blocks, ops.Block{File: picture})
	}
	return a, nil
})

// course is how query went up to now. Over a range the newest points are held back for latencyOffset whatever is asked for, and
// the ones before repeated, so now is asked for by itself.
func (s *System) course(ctx context.Context, query string, since time.Duration, now time.Time) ([]series, error) {
	list, err := s.ask(ctx, query, since, now)
	if err != nil {
		return nil, err
	}
	last, err := s.ask(ctx, query, 0, now)
	if err != nil {
		return nil, err
	}
	for i := range list {
		at := slices.IndexFunc(last, func(o series) bool { return maps.Equal(o.Labels, list[i].Labels) })
		if list[i].Gone = at < 0; at >= 0 {
			list[i].Points = append(list[i].Points, last[at].Points...)
		}
	}
	return list, nil
}

func headline(list []series, since time.Duration) ops.Text {
	if len(list) > 1 {
		return ops.T("🟢 %d series in %s, the highest %s", "🟢 %d séries en %s, la plus haute %s", len(list), ops.Span(since), chart.Figure(list[0].now()))
	}
	low, high := list[0].bounds()
	if list[0].Gone {
		return ops.T("🟠 nothing now; last %s, %s ago", "🟠 rien maintenant ; dernière valeur %s, il y a %s", chart.Figure(list[0].now()), ops.Since(list[0].Points[len(list[0].Points)-1].At))
	}
	return ops.T("🟢 %s now · from %s to %s in %s", "🟢 %s maintenant · de %s à %s en %s", chart.Figure(list[0].now()), chart.Figure(low), chart.Figure(high), ops.Span(since))
}

// now is the newest value; NaN counts as lowest.
func (s series) now() float64 { return s.Points[len(s.Points)-1].V }

func (s series) bounds() (low, high float64) {
	low, high = math.NaN(), math.NaN()
	for _, p := range s.Points {
		if low > p.V || math.IsNaN(low) {
			low = p.V
		}
		if high < p.V || math.IsNaN(high) {
			high = p.V
		}
	}
	return low, high
}

// name tells a series apart from the others of a list: by the labels that differ.
func (s series) name(list []series) string {
	var parts []string
	for _, label := range slices.Sorted(maps.Keys(s.Labels)) {
		if slices.ContainsFunc(list, func(o series) bool { return o.Labels[label] != s.Labels[label] }) {
			parts = append(parts, s.Labels[label])
		}
	}
	if len(parts) == 0 {
		parts = []string{cmp.Or(s.Labels["__name__"], "value")}
	}
	return clip(ops.Clean(strings.Join(parts, " ")), 28)
}
