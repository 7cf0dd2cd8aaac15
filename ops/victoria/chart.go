package victoria

import (
	"time"

	"vigie/ops"
	"vigie/ops/chart"
)

// chart draws the highest series; nil where there is nothing to draw, as with a single point.
func (s *System) chart(list []series, since time.Duration, lang ops.Lang) (*ops.File, error) {
	list = list[:min(chart.MostLines, len(list))]
	from, to := list[0].Points[0].At, list[0].Points[0].At
	for _, one := range list {
		if first := one.Points[0].At; first.Before(from) {
			from = first
		}
		if last := one.Points[len(one.Points)-1].At; last.After(to) {
			to = last
		}
	}
	step := stepOf(since)
	n := int(to.Sub(from)/step) + 1
	if n < 2 || n > 2*mostPoints {
		return nil, nil
	}
	g := chart.Grid{From: from, Step: step, N: n, Zone: s.o.Zone}
	lines := make([]*chart.Line, len(list))
	for i, one := range list {
		lines[i] = g.Line(one.name(list), chart.Gap())
		for _, p := range one.Points {
			lines[i].Put(g, p.At, p.V)
		}
	}
	if chart.Drawn(lines) < 2 {
		return nil, nil
	}
	png, err := g.PNG(lines)
	if err != nil {
		return nil, err
	}
	return &ops.File{Name: ops.T("metric.png", "mesure.png").In(lang), Type: "image/png", Data: png}, nil
}
