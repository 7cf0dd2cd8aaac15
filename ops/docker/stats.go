package docker

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"vigie/ops"
)

type statsParams struct {
	Service string `doc:"only this service" fr:"seulement ce service" names:"service" optional:"true"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "docker.stats", Command: "stats", Theme: themeLook, Examples: []string{"", "n8n"},
	Doc: ops.T("CPU and memory of what runs, measured now.", "Processeur et mémoire de ce qui tourne, mesurés maintenant."),
	Phrases: []ops.Text{
		ops.T("who uses the memory", "qui utilise la mémoire"), ops.T("cpu and memory", "processeur et mémoire"), ops.T("how much memory does n8n use", "combien de mémoire utilise n8n"),
		ops.T("memory usage", "consommation mémoire"), ops.T("cpu of n8n", "processeur de n8n"),
		ops.T("which container uses the most memory", "quel conteneur consomme le plus"),
	},
}, func(ctx context.Context, s *Stack, p statsParams) (ops.Answer, error) {
	v, err := s.see(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	rows := v.rows
	if p.Service != "" {
		r, err := v.find(p.Service)
		if err != nil {
			return ops.Answer{}, err
		}
		if !r.running() {
			return ops.Answer{}, ops.Fail(ops.Invalid, ops.T("%s does not run, so there is nothing to measure: %s.", "%s ne tourne pas, il n’y a rien à mesurer : %s.", ops.Name(r.name), r.says()), nil)
		}
		rows = []row{r}
	}
	list, err := s.measure(ctx, rows)
	if err != nil {
		return ops.Answer{}, err
	}
	if p.Service != "" {
		return oneFigure(list, rows[0]), nil
	}
	return allFigures(list), nil
})

// A figure is the use of one service. limit is 0 where nothing but the machine limits it.
type figure struct {
	row
	Usage
	limit int64
}

// measure returns the use of the running rows, the most memory first.
func (s *Stack) measure(ctx context.Context, rows []row) ([]figure, error) {
	var ids []string
	for _, r := range rows {
		if r.running() {
			ids = append(ids, r.box.ID)
		}
	}
	use, err := s.Host.Stats(ctx, ids...)
	if err != nil {
		return nil, err
	}
	machine := int64(math.MaxInt64)
	if info, err := s.Host.Info(ctx); err == nil && info.Memory > 0 { // else every limit counts as one of its own
		machine = info.Memory
	}
	var list []figure
	for _, r := range rows {
		if r.box == nil {
			continue
		}
		if u, ok := use[r.box.ID]; ok {
			f := figure{row: r, Usage: u}
			if u.Limit > 0 && u.Limit < machine { // the engine tells the machine's memory where there is no limit
				f.limit = u.Limit
			}
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b figure) int { return cmp.Compare(b.Memory, a.Memory) })
	return list, nil
}

// near reports whether it is about to run out.
func (f figure) near() bool { return f.limit > 0 && f.Memory >= f.limit/10*9 }

// shownFigures is how many services one table holds.
const shownFigures = 10

func allFigures(figures []figure) ops.Answer {
	var near []string
	var memory int64
	busiest := figure{}
	table := [][]string{{"", "MEM", "", "CPU"}}
	for i, f := range figures {
		memory += f.Memory
		if f.near() {
			near = append(near, f.name)
		}
		if f.CPU > busiest.CPU {
			busiest = f
		}
		if i < shownFigures {
			table = append(table, f.cells())
		}
	}
	mark, first := ops.Fine, ops.T("nobody is near a memory limit", "personne n’est près d’une limite de mémoire")
	if len(near) > 0 {
		mark, first = ops.AtRisk, ops.T("near the memory limit: %s", "près de la limite de mémoire : %s", list(4, near...))
	}
	head := ops.T("%s %s · %s in all", "%s %s · %s en tout", mark, first, ops.Size(memory))
	if busiest.CPU >= 50 {
		head = ops.T("%s · busiest: %s, %.0f %% of a core", "%s · le plus actif : %s, %.0f %% d’un cœur", head, ops.Name(busiest.name), busiest.CPU)
	}
	if len(figures) == 0 {
		head = ops.T("⚪ nothing runs, so there is nothing to measure", "⚪ rien ne tourne, il n’y a rien à mesurer")
	}
	a := ops.Say(head)
	if len(figures) > 0 {
		a.Blocks = append(a.Blocks, ops.Block{Table: table})
	}
	if more := len(figures) - shownFigures; more > 0 {
		a.Line(ops.T("and %d smaller ones", "et %d plus petits", more))
	}
	return *a.Row(ops.AskFor(ops.Raw("↻"), "docker.stats"))
}

func oneFigure(figures []figure, r row) ops.Answer {
	again := ops.AskFor(ops.Raw("↻"), "docker.stats", "service", r.name)
	if len(figures) == 0 {
		a := ops.Say(ops.T("⚪ %s stopped while it was measured", "⚪ %s s’est arrêté pendant la mesure", ops.Name(r.name)))
		return *a.Row(again)
	}
	f := figures[0]
	mark := ops.Fine
	if f.near() {
		mark = ops.AtRisk
	}
	a := ops.Say(ops.T("%s %s: %s · CPU %.0f %% of a core", "%s %s : %s · CPU %.0f %% d’un cœur", mark, ops.Name(f.name), memoryText(f.Memory, f.limit), f.CPU))
	a.Line(ops.T("network in %s, out %s · disk read %s, written %s · %s", "réseau reçu %s, émis %s · disque lu %s, écrit %s · %s",
		ops.Size(f.Rx), ops.Size(f.Tx), ops.Size(f.Read), ops.Size(f.Write),
		ops.Count{N: int(f.PIDs), EnOne: "process", EnMany: "processes", FrOne: "processus", FrMany: "processus"}))
	return *a.Row(ops.AskFor(ops.T("Inspect", "Inspecter"), "docker.inspect", "service", f.name), again)
}

// cells is the figure in a table: name, memory, its share of the limit as a bar, CPU. Units are the same in both languages.
func (f figure) cells() []string {
	share := "–"
	if f.limit > 0 {
		share = bar(f.Memory, f.limit) + fmt.Sprintf(" %d %%", f.Memory*100/f.limit)
	}
	return []string{f.name, strings.TrimSuffix(ops.Size(f.Memory).In(ops.English), "B"), share, fmt.Sprintf("%.0f %%", f.CPU)}
}

// bar draws n of whole in five parts.
func bar(n, whole int64) string {
	full := int(min(5, (n*5+whole/2)/whole))
	return strings.Repeat("▇", full) + strings.Repeat("░", 5-full)
}
