package loki

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-analyze/charts"

	"vigie/ops"
)

// A picture is looked at on a phone, about a third as wide as it is: its letters are large.
const (
	chartWidth, chartHeight = 900, 700
	textSize                = 24
	shownLines              = 5
	shownRows               = 10
)

// counts are functions that give no point where nothing was logged: that is a nought, and is drawn as one.
var counts = regexp.MustCompile(`\b(count_over_time|rate|bytes_rate|bytes_over_time)\s*\(`)

// figures shows what a query counted: now, from and to, and a chart.
func (s *System) figures(ctx context.Context, l look) (ops.Answer, error) {
	a := ops.Say(headline(l))
	var rows [][]string
	for _, one := range l.Series[:min(len(l.Series), shownRows)] {
		low, high := one.bounds()
		rows = append(rows, []string{s.name(one, l.Series), figure(one.last().V), figure(low) + "–" + figure(high)})
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
		return ops.T("🟢 %d series in %s, the highest up to %s", "🟢 %d séries en %s, la plus haute jusqu’à %s", len(l.Series), ops.Span(l.length()), figure(first.peak()))
	}
	low, high := first.bounds()
	if gone := l.To.Sub(first.last().At); gone > 2*l.step() && len(first.Points) > 1 {
		return ops.T("⚪ nothing now; last %s, %s ago · up to %s in %s", "⚪ rien maintenant ; dernière valeur %s, il y a %s · jusqu’à %s en %s", figure(first.last().V), ops.Span(gone), figure(high), ops.Span(l.length()))
	}
	return ops.T("🟢 %s now · from %s to %s in %s", "🟢 %s maintenant · de %s à %s en %s", figure(first.last().V), figure(low), figure(high), ops.Span(l.length()))
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
	list := l.Series[:min(shownLines, len(l.Series))]
	step := l.step()
	n := int(l.length()/step) + 1
	if n < 2 || n > 2*mostPoints {
		return nil, nil
	}
	gap := charts.GetNullValue()
	if counts.MatchString(l.Query) {
		gap = 0
	}
	values, names, drawn := make([][]float64, len(list)), make([]string, len(list)), 0
	for i, one := range list {
		names[i], values[i] = s.name(one, l.Series), make([]float64, n)
		for at := range values[i] {
			values[i][at] = gap
		}
		for _, p := range one.Points {
			if at := int(math.Round(float64(p.At.Sub(l.From)) / float64(step))); at >= 0 && at < n && !math.IsNaN(p.V) && !math.IsInf(p.V, 0) {
				values[i][at], drawn = p.V, drawn+1
			}
		}
	}
	if drawn == 0 || gap != 0 && drawn < 2 {
		return nil, nil
	}
	layout := "15:04"
	if l.length() > 36*time.Hour {
		layout = "01-02"
	}
	times := make([]string, n)
	for at := range times {
		times[at] = l.From.Add(time.Duration(at) * step).In(s.o.Zone).Format(layout)
	}
	return draw(values, names, times, lang)
}

func draw(values [][]float64, names, times []string, lang ops.Lang) (*ops.File, error) {
	font := charts.FontStyle{FontSize: textSize}
	opt := charts.NewLineChartOptionWithData(values)
	opt.Theme, opt.Padding, opt.LineStrokeWidth = charts.GetTheme(charts.ThemeLight), charts.NewBox(30, 30, 40, 30), 3
	opt.Symbol.Shape = charts.SymbolNone
	opt.Legend = charts.LegendOption{SeriesNames: names, FontStyle: font, Symbol: charts.SymbolSquare, Offset: charts.OffsetStr{Left: "20", Top: "10"}}
	opt.XAxis.Labels, opt.XAxis.LabelCount, opt.XAxis.LabelFontStyle = times, min(5, len(times)), font
	opt.YAxis = []charts.YAxisOption{{LabelFontStyle: font, ValueFormatter: figure}}
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: chartWidth, Height: chartHeight})
	if err := p.LineChart(opt); err != nil {
		return nil, fmt.Errorf("drawing what was counted: %w", err)
	}
	png, err := p.Bytes()
	if err != nil {
		return nil, fmt.Errorf("drawing what was counted: %w", err)
	}
	return &ops.File{Name: ops.T("logs.png", "journaux.png").In(lang), Type: "image/png", Data: png}, nil
}

// figure writes a value with three digits or so, large ones with their order.
func figure(v float64) string {
	abs := math.Abs(v)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return strconv.FormatFloat(v, 'g', -1, 64)
	case abs >= 1e15:
		return fmt.Sprintf("%.2e", v)
	case abs >= 1e12:
		return fmt.Sprintf("%.3g T", v/1e12)
	case abs >= 1e9:
		return fmt.Sprintf("%.3g G", v/1e9)
	case abs >= 1e6:
		return fmt.Sprintf("%.3g M", v/1e6)
	case abs >= 1e4:
		return fmt.Sprintf("%.3g k", v/1e3)
	case v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
