package assets

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"vigie/ops"
)

// headline is the answer in a line.
func headline(t table, v view, p lookParams, several bool) ops.Text {
	var count, unknown int64
	var cost float64
	for _, s := range v.sums {
		count, cost, unknown = count+s.Count, cost+s.Cost, unknown+s.Unknown
	}
	since := ops.Span(p.Since)
	what := ops.Count{N: int(count), EnOne: "asset", EnMany: "assets", FrOne: "création", FrMany: "créations"}
	of := ops.Text{}
	if p.Find != "" {
		of = ops.Raw(ops.Name(clip(p.Find, 40)).String())
	}
	switch {
	case t.rows == 0:
		return ops.T("⚪ asset_provenance in %s is empty: nothing is registered", "⚪ asset_provenance dans %s est vide : rien n’est enregistré", ops.Name(t.name))
	case count == 0:
		return ops.Join(" · ", ops.T("⚪ nothing was registered in %s", "⚪ rien d’enregistré en %s", since), of, ops.Raw(ops.Name(t.name).String()))
	}
	mark := ops.Fine
	if several {
		mark = ops.AtRisk
	}
	line := ops.T("%s %s in %s cost %s", "%s %s en %s, coût %s", mark, what, since, usd(cost))
	if t.dated() == "" {
		line = ops.T("%s %s cost %s", "%s %s, coût %s", mark, what, usd(cost))
	}
	if unknown > 0 {
		line = ops.Join(" · ", line, ops.T("cost unknown: %d", "coût inconnu : %d", unknown))
	}
	return ops.Join(" · ", line, of, ops.T("in %s", "dans %s", ops.Name(t.name)))
}

func sumsTable(list []sum, lang ops.Lang) [][]string {
	rows := [][]string{{ops.T("provider", "fournisseur").In(lang), "n", "$"}}
	for _, one := range list {
		cost := strings.TrimSuffix(usd(one.Cost), " $")
		if one.Unknown == one.Count {
			cost = "?"
		}
		rows = append(rows, []string{clip(orNone(one.Provider), 16), fmt.Sprint(one.Count), cost})
	}
	return rows
}

func rowsTable(list []asset, lang ops.Lang) [][]string {
	rows := [][]string{{ops.T("ago", "il y a").In(lang), ops.T("by", "par").In(lang), ops.T("model", "modèle").In(lang), "$", ops.T("name", "nom").In(lang)}}
	for _, one := range list {
		cost, ago := "?", "?"
		if one.Cost != nil {
			cost = strings.TrimSuffix(usd(*one.Cost), " $")
		}
		if one.When != nil {
			ago = ops.Since(moment(one.When)).In(lang)
		}
		rows = append(rows, []string{ago, clip(orNone(one.Provider), 9), clip(orNone(one.Model), 12), cost, clip(orNone(one.Name), 14)})
	}
	return rows
}

func orNone(s string) string {
	if s = strings.TrimSpace(ops.Clean(s)); s == "" {
		return "–"
	}
	return s
}

// usd says an amount with as many digits as it needs, two at least: 0.84 $, 0.0425 $.
func usd(v float64) string {
	s := strconv.FormatFloat(math.Round(v*1e4)/1e4, 'f', -1, 64)
	if _, cents, _ := strings.Cut(s, "."); len(cents) < 2 {
		s = fmt.Sprintf("%.2f", v)
	}
	return s + " $"
}

// clip cuts foreign text to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
