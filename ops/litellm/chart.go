package litellm

import (
	"fmt"
	"math"
	"time"

	"github.com/go-analyze/charts"

	"vigie/ops"
)

// A picture is upright and its letters are large: it is looked at on a phone, about a third as wide as it is.
const (
	chartWidth, chartHeight = 900, 1000
	titleSize, textSize     = 36, 24
	// shownColours is how many parts a bar is divided into; the rest is one more.
	shownColours = 4
)

// chart draws what was spent, by the hour if the period is a day, else by the day, divided as the table is. Tags overlap, and
// bars of them would be too high: it divides by provider instead.
func (v view) chart(lang ops.Lang, zone *time.Location) (*ops.File, error) {
	if v.by == "tag" {
		v.by = "provider"
		v.shares, v.name = v.book.divide(v.by, v.from.time(), (dayOf(v.now) + 1).time())
	}
	labels, unit, values, names := v.slots(lang, zone)
	opt := charts.NewBarChartOptionWithData(values)
	opt.StackSeries = charts.Ptr(true)
	opt.Theme = charts.GetTheme(charts.ThemeLight)
	opt.Padding = charts.NewBox(30, 30, 40, 30)
	opt.BarSize = 0.75
	opt.Title = charts.TitleOption{Text: ops.T("%s %s", "%s %s", usd(v.total.USD), v.span.name).In(lang), FontStyle: charts.FontStyle{FontSize: titleSize},
		Offset: charts.OffsetStr{Left: "20", Top: "10"}}
	opt.Legend = charts.LegendOption{SeriesNames: names, FontStyle: charts.FontStyle{FontSize: textSize}, Symbol: charts.SymbolSquare,
		Offset: charts.OffsetStr{Left: "20", Top: "90"}}
	opt.CategoryAxis.Title, opt.CategoryAxis.TitleFontStyle = unit, charts.FontStyle{FontSize: textSize}
	opt.CategoryAxis.Labels, opt.CategoryAxis.LabelFontStyle = labels, charts.FontStyle{FontSize: textSize}
	opt.CategoryAxis.LabelCount, opt.CategoryAxis.BoundaryGap = len(labels), charts.Ptr(true) // each label under its bar: the library else spreads them
	top, steps, format := scale(highest(values))
	opt.ValueAxis = []charts.ValueAxisOption{{Min: charts.Ptr(0.0), Max: charts.Ptr(top), LabelCount: steps + 1, LabelFontStyle: charts.FontStyle{FontSize: textSize},
		ValueFormatter: func(f float64) string { return fmt.Sprintf(format, f) }}}
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: chartWidth, Height: chartHeight})
	if err := p.BarChart(opt); err != nil {
		return nil, fmt.Errorf("drawing what was spent: %w", err)
	}
	png, err := p.Bytes()
	if err != nil {
		return nil, fmt.Errorf("drawing what was spent: %w", err)
	}
	return &ops.File{Name: fmt.Sprintf("costs-%s.png", v.now.UTC().Format("2006-01-02")), Type: "image/png", Data: png}, nil
}

// slots are the bars: a label each, where there is room for one, and what each series came to.
func (v view) slots(lang ops.Lang, zone *time.Location) (labels []string, unit string, values [][]float64, names []string) {
	n, length, every, layout := 24, time.Hour, 4, "15:04"
	unit = ops.T("LiteLLM, $ an hour (%s)", "LiteLLM, $ par heure (%s)", zoneName(zone)).In(lang)
	if v.days > 1 {
		n, length, layout, every = v.days, 24*time.Hour, "01-02", 1
		if v.days > 7 {
			every = 5
		}
		unit = ops.T("LiteLLM, $ a day (UTC)", "LiteLLM, $ par jour (UTC)").In(lang)
		zone = time.UTC
	}
	column := map[string]int{}
	for i, s := range v.shares[:min(shownColours, len(v.shares))] {
		column[s.Name] = i
		names = append(names, clip(v.name(s.Name).In(lang), 14))
	}
	if more := len(v.shares) - shownColours; more > 0 {
		names = append(names, ops.T("%d more", "%d de plus", more).In(lang))
	}
	values = make([][]float64, len(names))
	for i := range values {
		values[i] = make([]float64, n)
	}
	for i := range n {
		from := v.from.time().Add(time.Duration(i) * length)
		label := ""
		if i%every == 0 {
			label = from.In(zone).Format(layout)
		}
		labels = append(labels, label)
		shares, _ := v.book.divide(v.by, from, from.Add(length))
		for _, s := range shares {
			at, shown := column[s.Name]
			if !shown {
				at = len(values) - 1
			}
			values[at][i] += s.USD
		}
	}
	return labels, unit, values, names
}

func zoneName(zone *time.Location) string {
	if zone == time.Local { // its own name says nothing
		name, _ := time.Now().In(zone).Zone()
		return name
	}
	return zone.String()
}

func highest(values [][]float64) (most float64) {
	for i := range values[0] {
		sum := 0.0
		for _, series := range values {
			sum += series[i]
		}
		most = max(most, sum)
	}
	return most
}

// scale is a round top for an axis that must reach most, in how many steps, and how their figures are written.
func scale(most float64) (top float64, steps int, format string) {
	most = max(most, 0.01) // under a cent there is nothing to see
	power := int(math.Floor(math.Log10(most))) - 1
	for {
		for _, digit := range []float64{1, 2, 5} {
			step := digit * math.Pow10(power)
			if steps = int(math.Ceil(most * 1.02 / step)); steps <= 5 {
				return step * float64(steps), steps, fmt.Sprintf("%%.%df", max(0, -power))
			}
		}
		power++
	}
}
