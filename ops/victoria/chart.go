package victoria

import (
	"fmt"
	"math"
	"time"

	"github.com/go-analyze/charts"

	"vigie/ops"
)

// A picture is looked at on a phone, about a third as wide as it is: its letters are large.
const (
	chartWidth, chartHeight = 900, 700
	textSize                = 24
	shownLines              = 5
)

// chart draws the highest series; nil where there is nothing to draw, as with a single point.
func (s *System) chart(list []series, since time.Duration, lang ops.Lang) (*ops.File, error) {
	list = list[:min(shownLines, len(list))]
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
	values, names, drawn := make([][]float64, len(list)), make([]string, len(list)), 0
	for i, one := range list {
		names[i], values[i] = one.name(list), make([]float64, n)
		for at := range values[i] {
			values[i][at] = charts.GetNullValue()
		}
		for _, p := range one.Points {
			if at := int(p.At.Sub(from) / step); at < n && !math.IsNaN(p.V) && !math.IsInf(p.V, 0) {
				values[i][at], drawn = p.V, drawn+1
			}
		}
	}
	if drawn < 2 {
		return nil, nil
	}
	layout := "15:04"
	if since > 36*time.Hour {
		layout = "01-02"
	}
	labels := make([]string, n)
	for at := range labels {
		labels[at] = from.Add(time.Duration(at) * step).In(s.o.Zone).Format(layout)
	}
	opt := charts.NewLineChartOptionWithData(values)
	opt.Theme, opt.Padding, opt.LineStrokeWidth = charts.GetTheme(charts.ThemeLight), charts.NewBox(30, 30, 40, 30), 3
	opt.Symbol.Shape = charts.SymbolNone
	opt.Legend = charts.LegendOption{SeriesNames: names, FontStyle: charts.FontStyle{FontSize: textSize}, Symbol: charts.SymbolSquare, Offset: charts.OffsetStr{Left: "20", Top: "10"}}
	opt.XAxis.Labels, opt.XAxis.LabelCount, opt.XAxis.LabelFontStyle = labels, min(5, n), charts.FontStyle{FontSize: textSize}
	opt.YAxis = []charts.YAxisOption{{LabelFontStyle: charts.FontStyle{FontSize: textSize}, ValueFormatter: figure}}
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: chartWidth, Height: chartHeight})
	if err := p.LineChart(opt); err != nil {
		return nil, fmt.Errorf("drawing what was measured: %w", err)
	}
	png, err := p.Bytes()
	if err != nil {
		return nil, fmt.Errorf("drawing what was measured: %w", err)
	}
	return &ops.File{Name: ops.T("metric.png", "mesure.png").In(lang), Type: "image/png", Data: png}, nil
}
