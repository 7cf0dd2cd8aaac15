package loki

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"

	"vigie/ops"
)

// A matcher is one condition of a stream selector.
type matcher struct{ label, op, value string }

var (
	selectors = regexp.MustCompile("\\{((?:[^{}\"`]|\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`)*)\\}")
	matchers  = regexp.MustCompile("([a-zA-Z_][a-zA-Z0-9_]*)\\s*(=~|!~|!=|=)\\s*(\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`)")
)

// matchersOf are the conditions of all stream selectors in LogQL that Loki could read.
func matchersOf(query string) (list []matcher) {
	for _, sel := range selectors.FindAllStringSubmatch(query, -1) {
		for _, m := range matchers.FindAllStringSubmatch(sel[1], -1) {
			value, err := strconv.Unquote(m[3])
			if err == nil {
				list = append(list, matcher{m[1], m[2], value})
			}
		}
	}
	return list
}

// nothing says why nothing was found: a label or a value that there is not, or only no such line.
func (s *System) nothing(ctx context.Context, l look) (ops.Answer, error) {
	wide := window{l.To.Add(-max(24*time.Hour, l.length())), l.To}
	a := ops.Say(s.noLines(l))
	if l.LogQL == "" {
		s.understood(&a, l)
		if !l.looksForErrors() {
			a.Line(ops.T("it is looked for in any case of letters, as it stands", "c’est cherché tel quel, majuscules ou non"))
		}
	} else if why, err := s.mismatch(ctx, l.Query, wide); err != nil {
		return ops.Answer{}, err
	} else if !why.IsZero() {
		a.Line(why)
	} else {
		a.Line(ops.T("its labels exist: either no line passes the filter, or it was longer ago", "ses étiquettes existent : soit aucune ligne ne passe le filtre, soit c’était plus tôt"))
	}
	s.buttons(&a, l)
	return a, nil
}

func (s *System) noLines(l look) ops.Text {
	where := ops.Text{}
	if l.Value != "" {
		where = ops.T("%s: ", "%s : ", ops.Name(s.short(l.Value)))
	}
	switch {
	case l.looksForErrors():
		return ops.T("🟢 %snothing looks like an error in %s", "🟢 %srien ne ressemble à une erreur en %s", where, ops.Span(l.length()))
	case l.Find != "":
		return ops.T("⚪ %sno line with «%s» in %s", "⚪ %saucune ligne avec « %s » en %s", where, clip(l.Find, 40), ops.Span(l.length()))
	}
	return ops.T("⚪ %snothing in %s", "⚪ %srien en %s", where, ops.Span(l.length()))
}

// mismatch finds the first condition that nothing fulfils, and what would be closest.
func (s *System) mismatch(ctx context.Context, query string, w window) (ops.Text, error) {
	list := matchersOf(query)
	if len(list) == 0 {
		return ops.Text{}, nil
	}
	labels, err := s.labels(ctx, w)
	if err != nil {
		return ops.Text{}, err
	}
	if len(labels) == 0 {
		return ops.Text{}, s.blank(ctx, w)
	}
	for _, m := range list {
		if m.op != "=" && m.op != "=~" {
			continue
		}
		if !slices.Contains(labels, m.label) {
			return ops.T("there is no label %s; there are: %s", "il n’y a pas d’étiquette %s ; il y a : %s", ops.Name(m.label), sorted(m.label, labels)), nil
		}
		values, err := s.values(ctx, m.label, w)
		if err != nil {
			return ops.Text{}, err
		}
		if !slices.ContainsFunc(values, m.takes) {
			return ops.T("no %s is %s in %s; there are: %s", "aucun %s n’est %s en %s ; il y a : %s", ops.Name(m.label), ops.Name(clip(m.value, 40)), ops.Span(w.length()), sorted(m.value, values)), nil
		}
	}
	return ops.Text{}, nil
}

// takes reports whether a value fulfils the condition. Regular expressions of Loki's are those of Go, for the whole value.
func (m matcher) takes(value string) bool {
	if m.op == "=" {
		return value == m.value
	}
	re, err := regexp.Compile("^(?s:" + m.value + ")$")
	return err != nil || re.MatchString(value)
}

// sorted lists some names, the closest to what was asked first.
func sorted(want string, names []string) string {
	names = slices.Clone(names)
	away := func(n string) int {
		if strings.Contains(bare(n), bare(want)) {
			return 0
		}
		return levenshtein.ComputeDistance(bare(want), bare(n))
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Or(away(a)-away(b), strings.Compare(a, b)) })
	var shown []string
	for _, n := range names[:min(len(names), mostShown)] {
		shown = append(shown, ops.Name(clip(n, 40)).String())
	}
	if len(names) > mostShown {
		shown = append(shown, "…")
	}
	return strings.Join(shown, ", ")
}

// noLabel says that nothing has the label that names containers.
func (s *System) noLabel(ctx context.Context, label string, w window) error {
	labels, err := s.labels(ctx, w)
	if err != nil {
		return err
	}
	if len(labels) == 0 {
		return s.blank(ctx, w)
	}
	return ops.Fail(ops.NotFound, ops.T("nothing in Loki has the label %s; there are: %s. Write label = \"…\" under [loki]: the one that names containers.",
		"rien dans Loki n’a l’étiquette %s ; il y a : %s. Écris label = \"…\" sous [loki] : celle qui nomme les conteneurs.", ops.Name(label), sorted(label, labels)), nil)
}

// blank is a Loki that has nothing at all in w: because it has not come up yet, or because nothing sends.
func (s *System) blank(ctx context.Context, w window) error {
	if err := s.notReady(ctx); err != nil {
		return err
	}
	return ops.Fail(ops.NotFound, ops.T("nothing at all was logged to Loki in %s: is what sends it (Alloy, Promtail) up?", "rien n’est arrivé dans Loki en %s : ce qui envoie (Alloy, Promtail) tourne-t-il ?", ops.Span(w.length())), nil)
}
