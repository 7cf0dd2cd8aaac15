package loki

import (
	"cmp"
	"context"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"vigie/ops"
	"vigie/ops/chart"
)

// shownRows is how many series are written out.
const shownRows = 10

// counts are functions that give no point where nothing was logged: that is a nought, and is drawn as one.
var counts = regexp.MustCompile(`\b(count_over_time|rate|bytes_rate|bytes_over_time)\s*\(`)

// figures shows what a query counted: now, from and to, and a chart.
func (s *System) figures(ctx context.Context, l look) (ops.Answer, error) {
	a := ops.Say(headline(l))
	var rows [][]string
	for _, one := range l.Series[:min(len(l.Series), shownRows)] {
		low, high := one.bounds()
		rows = append(rows, []string{s.name(one, l.Series), chart.Figure(one.last().V), chart.Figure(low) + "–" + chart.Figure(high)})
	}
	if len(l.Series) > 1 {
		a.Blocks = append(a.Blocks, ops.Block{Table: rows})
	}
	if more := len(l.Series) - shownRows; more > 0 {
		a.Line(ops.T("and %d more series: %s asks for the highest", "et %d séries de plus : %s demande les plus hautes", more, ops.Name("topk(10, …)")))
	}
	picture, err := s.chart(l, ops.Who(ctx).Lang)
	if err != nil {
		return ops.Answer{}, err
	}
	if picture != nil {
		a.Blocks = append(a.Blocks, ops.Block{File: picture})
	}
	return a, nil
}

func headline(l look) ops.Text {
	first := l.Series[0]
	if len(l.Series) > 1 {
		return ops.T("🟢 %d series in %s, the highest up to %s", "🟢 %d séries en %s, la plus haute jusqu’à %s", len(l.Series), ops.Span(l.length()), chart.Figure(first.peak()))
	}
	low, high := first.bounds()
	if gone := l.To.Sub(first.last().At); gone > 2*l.step() && len(first.Points) > 1 {
		return ops.T("⚪ nothing now; last %s, %s ago · up to %s in %s", "⚪ rien maintenant ; dernière valeur %s, il y a %s · jusqu’à %s en %s", chart.Figure(first.last().V), ops.Span(gone), chart.Figure(high), ops.Span(l.length()))
	}
	return ops.T("🟢 %s now · from %s to %s in %s", "🟢 %s maintenant · de %s à %s en %s", chart.Figure(first.last().V), chart.Figure(low), chart.Figure(high), ops.Span(l.length()))
}

// bounds are the lowest and the highest value that is a number; NaN where there is none.
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

// name tells a series apart from the others: by the labels that differ. It is drawn, where the redactor at the edge does not
// reach, so what looks like a secret is taken out here.
func (s *System) name(one series, list []series) string {
	var parts []string
	for _, label := range slices.Sorted(maps.Keys(one.Labels)) {
		if slices.ContainsFunc(list, func(o series) bool { return o.Labels[label] != one.Labels[label] }) {
			value := cmp.Or(s.short(one.Labels[label]), "–")
			if !slices.Contains(parts, value) { // service_name says again what container does
				parts = append(parts, value)
			}
		}
	}
	if len(parts) == 0 {
		return cmp.Or(s.short(one.Labels[s.o.Label]), "loki")
	}
	return clip((*ops.Redactor)(nil).Redact(strings.Join(parts, " ")), 28)
}

// chart draws the highest series; nil where there is nothing to draw, as with a single point.
func (s *System) chart(l look, lang ops.Lang) (*ops.File, error) {
	list := l.Series[:min(chart.MostLines, len(l.Series))]
	step := l.step()
	n := int(l.length()/step) + 1
	if n < 2 || n > 2*mostPoints {
		return nil, nil
	}
	gap := chart.Gap()
	if counts.MatchString(l.Query) {
		gap = 0
	}
	g := chart.Grid{From: l.From, Step: step, N: n, Zone: s.o.Zone}
	lines := make([]*chart.Line, len(list))
	for i, one := range list {
		lines[i] = g.Line(s.name(one, l.Series), gap)
		for _, p := range one.Points {
			lines[i].Put(g, p.At, p.V)
		}
	}
	if drawn := chart.Drawn(lines); drawn == 0 || gap != 0 && drawn < 2 {
		return nil, nil
	}
	png, err := g.PNG(lines)
	if err != nil {
		return nil, err
	}
	return &ops.File{Name: ops.T("logs.png", "journaux.png").In(lang), Type: "image/png", Data: png}, nil
}
