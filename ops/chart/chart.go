// Package chart draws how figures went, for a phone: what the operated systems that measure share.
package chart

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/go-analyze/charts"
)

// A picture is looked at on a phone, about a third as wide as it is: its letters are large. All in pixels.
const (
	Width, Height = 900, 700
	textSize      = 24
)

// MostLines is how many lines one picture holds.
const MostLines = 5

// A Grid is the moments at which a picture has values: N of them, Step apart, from From on.
type Grid struct {
	From time.Time
	Step time.Duration
	N    int
	Zone *time.Location // of the clock below the picture
}

// A Line is one series over a [Grid]. New lines have gaps everywhere.
type Line struct {
	Name   string
	values []float64
	drawn  int
}

// Line makes a line of gap at every moment of the grid: zero, or [Gap] for nothing.
func (g Grid) Line(name string, gap float64) *Line {
	l := &Line{Name: name, values: make([]float64, g.N)}
	for i := range l.values {
		l.values[i] = gap
	}
	return l
}

// Gap is where a line has no value.
func Gap() float64 { return charts.GetNullValue() }

// Put gives the line a value at a moment of g. What lies outside of the grid, or is no number, is left out.
func (l *Line) Put(g Grid, at time.Time, v float64) {
	if i := int(math.Round(float64(at.Sub(g.From)) / float64(g.Step))); i >= 0 && i < g.N && !math.IsNaN(v) && !math.IsInf(v, 0) {
		l.values[i], l.drawn = v, l.drawn+1
	}
}

// Drawn is how many values were put into lines.
func Drawn(lines []*Line) (n int) {
	for _, l := range lines {
		n += l.drawn
	}
	return n
}

// PNG draws lines over the grid.
func (g Grid) PNG(lines []*Line) ([]byte, error) {
	values, names := make([][]float64, len(lines)), make([]string, len(lines))
	for i, l := range lines {
		values[i], names[i] = l.values, l.Name
	}
	layout := "15:04"
	if time.Duration(g.N-1)*g.Step > 36*time.Hour {
		layout = "01-02"
	}
	times := make([]string, g.N)
	for i := range times {
		times[i] = g.From.Add(time.Duration(i) * g.Step).In(g.Zone).Format(layout)
	}
	font := charts.FontStyle{FontSize: textSize}
	opt := charts.NewLineChartOptionWithData(values)
	opt.Theme, opt.Padding, opt.LineStrokeWidth = charts.GetTheme(charts.ThemeLight), charts.NewBox(30, 30, 40, 30), 3
	opt.Symbol.Shape = charts.SymbolNone
	opt.Legend = charts.LegendOption{SeriesNames: names, FontStyle: font, Symbol: charts.SymbolSquare, Offset: charts.OffsetStr{Left: "20", Top: "10"}}
	opt.XAxis.Labels, opt.XAxis.LabelCount, opt.XAxis.LabelFontStyle = times, min(5, len(times)), font
	opt.YAxis = []charts.YAxisOption{{LabelFontStyle: font, ValueFormatter: Figure}}
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: Width, Height: Height})
	if err := p.LineChart(opt); err != nil {
		return nil, fmt.Errorf("drawing a chart: %w", err)
	}
	png, err := p.Bytes()
	if err != nil {
		return nil, fmt.Errorf("drawing a chart: %w", err)
	}
	return png, nil
}

// Figure writes a value with three digits or so, large ones with their order.
func Figure(v float64) string {
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
