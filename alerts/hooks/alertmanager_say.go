package hooks

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"vigie/ops"
)

// what names the alert and the thing that it is about.
func (a alert) what(rule string) ops.Text {
	rule = first(oneLine(a.Labels["rulename"], mostKey), rule)
	for _, l := range known {
		if at := oneLine(a.Labels[l], mostKey/2); at != "" {
			return ops.T("%s on %s", "%s sur %s", rule, ops.Name(at))
		}
	}
	return ops.Raw(rule)
}

// title is the summary that somebody wrote for it, or what is known. Grafana sends what its rules themselves run into under
// names of its own.
func (a alert) title(rule string) ops.Text {
	switch rule {
	case "DatasourceNoData":
		return ops.T("%s: there are no data to judge", "%s : pas de données pour juger", a.what(rule))
	case "DatasourceError":
		return ops.T("%s: its query fails", "%s : sa requête échoue", a.what(rule))
	}
	if s := oneLine(first(a.Annotations["summary"], a.Annotations["title"]), mostTitle); s != "" {
		return ops.Raw(s)
	}
	return a.what(rule)
}

func (a alert) lines() (lines []ops.Text, quoted string) {
	description, quoted := long(first(a.Annotations["description"], a.Annotations["message"]))
	lines = append(lines, description)
	var values []string
	for _, q := range slices.Sorted(maps.Keys(a.Values)) {
		if v, ok := a.Values[q].(float64); ok {
			values = append(values, oneLine(q, 20)+" = "+figure(v))
		}
	}
	if len(values) > 0 {
		lines = append(lines, ops.T("values: %s", "valeurs : %s", strings.Join(values, ", ")))
	}
	lines = append(lines, ops.Raw(a.labels()))
	if s := link(a.Annotations["runbook_url"]); s != "" {
		lines = append(lines, ops.T("what to do: %s", "que faire : %s", s))
	}
	if s := link(first(a.Panel, a.Dashboard)); s != "" {
		lines = append(lines, ops.T("chart: %s", "graphique : %s", s))
	}
	return lines, quoted
}

// silent are labels that say nothing, or what stands elsewhere.
var silent = []string{"alertname", "rulename", "severity", "datasource_uid", "ref_id"}

// labels are those that tell something, most important first.
func (a alert) labels() string {
	var shown []string
	add := func(l string) {
		if v := oneLine(a.Labels[l], 60); v != "" {
			shown = append(shown, oneLine(l, 40)+" "+v)
		}
	}
	for _, l := range known {
		add(l)
	}
	for _, l := range slices.Sorted(maps.Keys(a.Labels)) {
		if !slices.Contains(known, l) && !slices.Contains(silent, l) && !strings.HasPrefix(l, "__") {
			add(l)
		}
	}
	return strings.Join(shown, " · ")
}

// figure is a value as a person reads it: three decimals, and powers of ten only where there is no other way.
func figure(v float64) string {
	if size := math.Abs(v); v != 0 && (size < 0.001 || size >= 1e15) {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
}
