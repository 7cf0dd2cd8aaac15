package fresh

import (
	"fmt"
	"path"
	"slices"
	"time"

	"vigie/ops"
)

// What can be wrong with a file.
const (
	missing    = "missing"    // there is none, or too few
	old        = "old"        // the newest is too old
	small      = "small"      // the newest is too small
	band       = "band"       // the newest is much larger or smaller than the one before
	broken     = "broken"     // the newest is not what it should be inside
	unreadable = "unreadable" // I cannot tell
)

// A wrong is one thing that is wrong with a target.
type wrong struct {
	kind  string
	title ops.Text
	lines []ops.Text
	at    time.Time // since when; zero if unknown
}

// A finding is what a look at a target comes to.
type finding struct {
	target
	sight
	wrongs  []wrong
	growing bool // the newest is still being written
	whole   bool // the newest was read, and is what it should be
}

// settles is how long a file must have been left alone before its size and content mean anything.
const settles = time.Minute

func (m match) growing(t time.Time) bool {
	age := t.Sub(m.at)
	return age < settles && age > -settles // a time that is far ahead is a wrong clock
}

// judge compares what was seen with what the rule asks for. It looks at nothing but its arguments.
func judge(t target, seen sight, m memory, at time.Time) finding {
	f := finding{target: t, sight: seen}
	switch {
	case seen.err != nil:
		f.wrongs = append(f.wrongs, t.hidden(seen.err))
		f.wrongs = append(f.wrongs, m.held...) // nothing says that it is better now
		return f
	case len(seen.matches) == 0:
		f.wrongs = append(f.wrongs, t.none(seen, m))
		return f
	}
	newest := seen.matches[0]
	if n := len(seen.matches); n < t.rule.Count {
		f.wrongs = append(f.wrongs, wrong{kind: missing, lines: []ops.Text{t.where()},
			title: ops.T("%s: %d of at least %d files are there", "%s : %d fichiers sur au moins %d", ops.Name(t.id), n, t.rule.Count)})
	}
	if age := at.Sub(newest.at); t.rule.Newer > 0 && age > t.rule.Newer {
		f.wrongs = append(f.wrongs, wrong{kind: old, at: newest.at.Add(t.rule.Newer),
			title: ops.T("%s is over %s old", "%s a plus de %s", ops.Name(t.id), max(coarse(age), ops.Span(t.rule.Newer))),
			lines: []ops.Text{ops.T("it should be under %s", "au lieu de moins de %s", ops.Span(t.rule.Newer)), called(newest)}})
	}
	if f.growing = newest.growing(at); f.growing {
		f.wrongs = append(f.wrongs, ofContent(m.held)...) // the one before stays as it was until this one can be judged
		return f
	}
	f.wrongs = append(f.wrongs, t.sized(newest, m)...)
	if m.Read.of(newest, t.rule) {
		if f.whole = m.Read.Why.IsZero(); !f.whole {
			f.wrongs = append(f.wrongs, wrong{kind: broken, at: newest.at, title: ops.T("%s is broken: %s", "%s est abîmé : %s", ops.Name(t.id), m.Read.Why),
				lines: []ops.Text{called(newest)}})
		}
	} else if m.refused != nil {
		f.wrongs = append(f.wrongs, t.hidden(m.refused))
	}
	return f
}

// sized is what is wrong with the size of the newest.
func (t target) sized(newest match, m memory) []wrong {
	switch {
	case newest.size == 0:
		return []wrong{{kind: small, at: newest.at, title: ops.T("%s is empty", "%s est vide", ops.Name(t.id)), lines: []ops.Text{called(newest)}}}
	case newest.size < t.rule.AtLeast:
		return []wrong{{kind: small, at: newest.at, lines: []ops.Text{called(newest)},
			title: ops.T("%s has only %s, it should have %s", "%s ne fait que %s, au lieu de %s", ops.Name(t.id), ops.Size(newest.size), ops.Size(t.rule.AtLeast))}}
	case t.rule.Band == 0:
		return nil
	}
	base, ok := usual(m.Sizes, t.rule.Band)
	if ok || newest.size == base.Size {
		return nil
	}
	change := fmt.Sprintf("%+.0f %%", 100*(float64(newest.size)/float64(base.Size)-1))
	return []wrong{{kind: band, at: newest.at,
		title: ops.T("%s has %s after %s (%s)", "%s fait %s après %s (%s)", ops.Name(t.id), ops.Size(newest.size), ops.Size(base.Size), change),
		lines: []ops.Text{ops.T("more than %d %% away from the one of %s before", "à plus de %d %% de celui d’avant, %s plus tôt", t.rule.Band, coarse(newest.at.Sub(base.At))), called(newest)}}}
}

// none is what is wrong when nothing matches.
func (t target) none(seen sight, m memory) wrong {
	w := wrong{kind: missing, title: ops.T("%s: there is no file", "%s : aucun fichier", ops.Name(t.id)), lines: []ops.Text{t.where()}}
	if m.Mount != "" && m.Mount != seen.mount && m.Mount != "/" {
		w.title = ops.T("%s: nothing is mounted on %s any more", "%s : plus rien n’est monté sur %s", ops.Name(t.id), ops.Name(m.Mount))
	}
	if seen.folders > 0 {
		w.lines = append(w.lines, ops.T("only folders match: add /* to the pattern for what is in them", "seuls des dossiers correspondent : ajoute /* au motif pour ce qu’ils contiennent"))
	}
	if n := len(m.Sizes); n > 0 {
		w.lines = append(w.lines, ops.T("the last one had %s", "le dernier faisait %s", ops.Size(m.Sizes[n-1].Size)))
	}
	return w
}

// ofContent are those that a newer file may have mended, but only once it can be judged.
func ofContent(list []wrong) []wrong {
	return slices.DeleteFunc(slices.Clone(list), func(w wrong) bool { return w.kind != small && w.kind != band && w.kind != broken })
}

func (t target) where() ops.Text {
	if t.rule.Host != "" {
		return ops.T("looked for %s on %s", "cherché : %s sur %s", ops.Name(t.pattern), ops.Name(t.rule.Host))
	}
	return ops.T("looked for %s", "cherché : %s", ops.Name(t.pattern))
}

func called(m match) ops.Text {
	return ops.T("the newest is %s, %s", "le plus récent : %s, %s", ops.Name(path.Base(m.path)), ops.Size(m.size))
}

// coarse is a length of time in steps that do not change at each look, so that what is told does not either.
func coarse(d time.Duration) ops.Span {
	switch {
	case d < time.Minute:
		return ops.Span(max(d.Truncate(time.Second), time.Second))
	case d < time.Hour:
		return ops.Span(d.Truncate(time.Minute))
	case d < 3*time.Hour:
		return ops.Span(d.Truncate(10 * time.Minute))
	}
	return ops.Span(d.Truncate(time.Hour))
}
