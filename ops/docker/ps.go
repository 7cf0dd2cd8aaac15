package docker

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"vigie/ops"
)

type psParams struct {
	Phase string `doc:"only this part of the stack: infra, apps" fr:"seulement cette partie de la pile : infra, apps" names:"phase" optional:"true"`
}

var _ = ops.Look(&set, ops.Spec{
	Name: "docker.ps", Command: "ps", Theme: themeLook, Examples: []string{"", "infra"},
	Doc: ops.T("Every service in a table: state, age, ports.", "Tous les services en tableau : état, ancienneté, ports."),
	Phrases: []ops.Text{
		ops.T("list the services", "liste les services"), ops.T("which services are there", "quels services y a-t-il"), ops.T("list the containers", "liste les conteneurs"),
		ops.T("show all services", "montre tous les services"), ops.T("all containers", "tous les conteneurs"),
	},
}, func(ctx context.Context, s *Stack, p psParams) (ops.Answer, error) {
	v, err := s.see(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	if p.Phase != "" && p.Phase != "all" {
		if v, err = v.only(p.Phase); err != nil {
			return ops.Answer{}, err
		}
	}
	a := ops.Say(s.headline(v.tally()))
	lang := ops.Who(ctx).Lang
	var table [][]string
	heading := ops.Text{}
	flush := func() {
		if len(table) > 0 {
			if !heading.IsZero() {
				a.Line(heading)
			}
			a.Blocks = append(a.Blocks, ops.Block{Table: table})
		}
		table = nil
	}
	for i, r := range v.rows {
		if g := r.group(); i == 0 || g != heading {
			flush()
			heading = g
		}
		table = append(table, r.cells(lang))
	}
	flush()
	a.Row(inspectButtons(v.needing(), 6)...)
	again := []string{}
	if p.Phase != "" {
		again = append(again, "phase", p.Phase)
	}
	return *a.Row(ops.AskFor(ops.T("Figures", "Mesures"), "docker.stats"), ops.AskFor(ops.Raw("↻"), "docker.ps", again...)), nil
})

// only leaves the rows of one phase.
func (v view) only(phase string) (view, error) {
	unknown := &ops.Error{Kind: ops.NotFound, Param: "phase", Say: ops.T("There is no phase %s.", "Il n’y a pas de phase %s.", ops.Name(clip(phase, 40)))}
	found := false
	for _, f := range v.files {
		found = found || f.Phase == phase
		unknown.Choices = append(unknown.Choices, ops.Choice{Value: f.Phase})
	}
	if !found {
		return v, unknown
	}
	var rows []row
	for _, r := range v.rows {
		if r.phase == phase {
			rows = append(rows, r)
		}
	}
	v.rows = rows
	return v, nil
}

// cells is the row in a table that fits a phone: mark, name, age, published ports. A table is in one language:
// its reader's.
func (r row) cells(l ops.Lang) []string {
	since, ports := "", ""
	if r.box != nil {
		since = age(r.box.Since).In(l)
		ports = portsShort(r.box.Ports)
	}
	return []string{r.is.mark(), r.name, since, ports}
}

var published = regexp.MustCompile(`^(?:(.+):)?(\d+(?:-\d+)?)→`)

// portsShort are the ports that the host answers on: «:443»; «lo:5432» where only the machine itself gets in.
func portsShort(ports []string) string {
	var said []string
	for _, p := range ports {
		m := published.FindStringSubmatch(p)
		if m == nil {
			continue
		}
		word := ":" + m[2]
		if strings.HasPrefix(m[1], "127.") || m[1] == "::1" || m[1] == "[::1]" {
			word = "lo" + word
		}
		if !slices.Contains(said, word) {
			said = append(said, word)
		}
	}
	if len(said) > 2 {
		said = append(said[:2], "…")
	}
	return strings.Join(said, " ")
}
