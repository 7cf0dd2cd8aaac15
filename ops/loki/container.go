package loki

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"

	"vigie/ops"
)

// everywhere are the words that mean every container.
var everywhere = []string{"all", "tout", "tous", "*"}

// mostShown is how many names an answer lists.
const mostShown = 8

// container finds the container that a service's name means, among those that logged something in w; "" is all of them.
func (s *System) container(ctx context.Context, a asked, w window) (string, error) {
	word := a.Service
	if slices.Contains(everywhere, strings.ToLower(word)) {
		return "", nil
	}
	values, err := s.values(ctx, s.o.Label, w)
	if err != nil {
		return "", err
	}
	if len(values) == 0 {
		return "", s.noLabel(ctx, s.o.Label, w)
	}
	found, mended := s.match(word, values)
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1 && !mended:
		return "", s.which(ops.T("Which one? %s could be", "Lequel ? %s peut être", ops.Name(clip(word, 40))), ops.Invalid, a, found)
	case len(found) > 1:
		return "", s.which(ops.T("%s logged nothing in %s. Closest:", "%s n’a rien journalisé en %s. Les plus proches :", ops.Name(clip(word, 40)), ops.Span(w.length())), ops.NotFound, a, found)
	}
	return "", &ops.Error{Kind: ops.NotFound, Param: "query", Say: ops.T("%s logged nothing in %s; what did: %s.", "%s n’a rien journalisé en %s ; ont écrit : %s.",
		ops.Name(clip(word, 40)), ops.Span(w.length()), s.names(values)),
		Choices: []ops.Choice{{Value: strings.TrimSpace("all "+word+" "+a.Find) + a.rest(), Label: ops.T("Look for «%s» everywhere", "Chercher « %s » partout", clip(strings.TrimSpace(word+" "+a.Find), 24))}}}
}

func (s *System) which(say ops.Text, kind ops.ErrorKind, a asked, found []string) error {
	e := &ops.Error{Kind: kind, Param: "query", Say: say}
	rest := a.rest()
	for _, value := range found[:min(len(found), mostShown)] {
		e.Choices = append(e.Choices, ops.Choice{Value: strings.TrimSpace(value+" "+a.Find) + rest, Label: ops.Raw(clip(s.short(value), 40))})
	}
	return e
}

// rest is what is asked besides the service and what to find.
func (a asked) rest() (rest string) {
	if a.Since != defaultSince {
		rest += " since=" + a.Since.String()
	}
	if a.Limit != defaultLimit {
		rest += fmt.Sprintf(" limit=%d", a.Limit)
	}
	return rest
}

// names lists some of many names, as people call them.
func (s *System) names(values []string) string {
	var shown []string
	for _, v := range values[:min(len(values), mostShown)] {
		shown = append(shown, ops.Name(clip(s.short(v), 40)).String())
	}
	if len(values) > mostShown {
		shown = append(shown, "…")
	}
	return strings.Join(shown, ", ")
}

// match finds the values that word means: exactly, then by their beginning, then by a part; then, mended, those with the fewest
// typing mistakes.
func (s *System) match(word string, values []string) (found []string, mended bool) {
	want := bare(word)
	for _, fits := range []func(value string) bool{
		func(v string) bool { return v == word || s.short(v) == word },
		func(v string) bool { return bare(v) == want || bare(s.short(v)) == want },
		func(v string) bool { return want != "" && strings.HasPrefix(bare(s.short(v)), want) },
		func(v string) bool { return len(want) > 1 && strings.Contains(bare(s.short(v)), want) },
	} {
		for _, v := range values {
			if fits(v) {
				found = append(found, v)
			}
		}
		if len(found) > 0 {
			return found, false
		}
	}
	return closest(want, values, func(v string) string { return bare(s.short(v)) }), true
}

// bare is a name without its case and the signs that services and containers are told apart by: socket-proxy is javisi_socket_proxy.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// closest are the values with the fewest typing mistakes: one in a short word, at most a third of a long one.
func closest(want string, values []string, as func(string) string) (near []string) {
	best := max(1, len(want)/3)
	for _, v := range values {
		switch away := levenshtein.ComputeDistance(want, as(v)); {
		case len(want) < 3 || away > best:
		case away < best:
			best, near = away, []string{v}
		default:
			near = append(near, v)
		}
	}
	return near
}
