package scores

import (
	"context"
	"fmt"
	"time"

	"github.com/go-analyze/charts"

	"vigie/ops"
)

const (
	shownRows = 12
	// stale is when scores are too old to go by: the collector runs every 6 hours, so it missed three runs.
	stale = 24 * time.Hour
)

type scoresParams struct{}

var _ = ops.Look(&set, ops.Spec{
	Name: "scores.show", Command: "scores", Theme: ops.T("Models", "Modèles"), Examples: []string{""},
	Doc: ops.T("How the models are scored, from likes, success, cost and speed, with a chart.", "Les scores des modèles, d’après avis, réussite, coût et vitesse, avec un graphique."),
	Phrases: []ops.Text{
		ops.T("which model has the best score", "quel modèle a le meilleur score"), ops.T("show the scores of the models", "montre les scores des modèles"),
	},
}, func(ctx context.Context, s *System, _ scoresParams) (ops.Answer, error) {
	list, err := s.read(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	if len(list) == 0 {
		return ops.Say(ops.T("⚪ no model is scored yet", "⚪ aucun modèle n’a encore de score"),
			ops.T("model_scores is empty: does the collector run?", "model_scores est vide : le collecteur tourne-t-il ?")), nil
	}
	lang := ops.Who(ctx).Lang
	a := ops.Say(ops.T("🟢 %d models scored, the best: %s, %d of 100", "🟢 %d modèles notés, le meilleur : %s, %d sur 100", len(list), ops.Name(clip(list[0].Model, 40)), list[0].Score))
	if newest := newest(list); time.Since(newest) > stale {
		a = ops.Say(ops.T("🟠 %d models scored, but nothing new for %s: does the collector run?", "🟠 %d modèles notés, mais rien de neuf depuis %s : le collecteur tourne-t-il ?", len(list), ops.Since(newest)))
	}
	a.Blocks = append(a.Blocks, ops.Block{Table: table(list[:min(shownRows, len(list))], lang)})
	if more := len(list) - shownRows; more > 0 {
		a.Line(ops.T("and %d more, with lower scores", "et %d de plus, moins bien notés", more))
	}
	a.Line(ops.T("Compare, do not count: the collector adds whole days again at each run, so its counts and sums are too high. They are not shown.",
		"À comparer, pas à compter : le collecteur rajoute des jours entiers à chaque passage, ses nombres et totaux sont donc trop hauts. Ils ne sont pas montrés."))
	picture, err := chart(list[:min(shownRows, len(list))], lang)
	if err != nil {
		return ops.Answer{}, err
	}
	a.Blocks = append(a.Blocks, ops.Block{File: picture})
	return a, nil
})

func newest(list []score) (at time.Time) {
	for _, one := range list {
		if one.Updated.After(at) {
			at = one.Updated
		}
	}
	return at
}

func table(list []score, lang ops.Lang) [][]string {
	rows := [][]string{{ops.T("model", "modèle").In(lang), "/100", "ok", ops.T("$/1000", "$/1000").In(lang), "s", "+/-"}}
	for _, one := range list {
		good, cost, took := "–", "–", "–" // never called: 0 would be praise or blame
		if one.Calls > 0 {
			good = ops.T("%d%%", "%d %%", min(100, 100*one.Good/one.Calls)).In(lang)
			cost, took = fmt.Sprintf("%.2f", 1000*one.Cost), fmt.Sprintf("%.1f", one.Latency/1000)
		}
		rows = append(rows, []string{clip(ops.Clean(one.Model), 18), fmt.Sprint(one.Score), good, cost, took, fmt.Sprintf("%d/%d", one.Likes, one.Dislikes)})
	}
	return rows
}

// chart draws the scores, the best on top.
func chart(list []score, lang ops.Lang) (*ops.File, error) {
	values, names := make([]float64, len(list)), make([]string, len(list))
	for i, one := range list { // the library draws from the bottom up
		at := len(list) - 1 - i
		values[at], names[at] = float64(one.Score), clip(ops.Clean(one.Model), 22)
	}
	font := charts.FontStyle{FontSize: 22}
	opt := charts.NewBarChartOptionWithData([][]float64{values})
	opt.Horizontal = true
	opt.Theme, opt.Padding = charts.GetTheme(charts.ThemeLight), charts.NewBox(30, 30, 60, 30)
	opt.Title = charts.TitleOption{Text: ops.T("Scores of 100", "Scores sur 100").In(lang), FontStyle: charts.FontStyle{FontSize: 32}}
	opt.CategoryAxis.Labels, opt.CategoryAxis.LabelFontStyle = names, font
	opt.ValueAxis = []charts.ValueAxisOption{{Min: charts.Ptr(0.0), Max: charts.Ptr(100.0), LabelCount: 5, LabelFontStyle: font,
		ValueFormatter: func(v float64) string { return fmt.Sprintf("%.0f", v) }}}
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: 900, Height: 250 + 60*len(list)})
	if err := p.BarChart(opt); err != nil {
		return nil, fmt.Errorf("drawing the scores: %w", err)
	}
	png, err := p.Bytes()
	if err != nil {
		return nil, fmt.Errorf("drawing the scores: %w", err)
	}
	return &ops.File{Name: "scores.png", Type: "image/png", Data: png}, nil
}

// clip cuts foreign text to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
