package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"vigie/ops"
)

// A Problem is one mistake: where it is, what it is, and what to write instead.
type Problem struct {
	File string
	Line int    // from 1; 0: of the file as a whole
	Col  int    // in characters, from 1
	Key  string // "users.role", or the name of an environment variable
	Say  ops.Text
}

// In says the problem on one line that editors can jump to.
func (p Problem) In(l ops.Lang) string {
	where := p.File
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
	}
	if p.Key != "" {
		where += ": " + p.Key
	}
	colon := ": "
	if l == ops.French {
		colon = " : "
	}
	return where + colon + p.Say.In(l)
}

// Problems are all mistakes that were found, in the order of the file. None of them quotes a secret.
type Problems []Problem

func (ps Problems) Error() string { return ps.In(ops.English) }

// In says all problems, a line each.
func (ps Problems) In(l ops.Lang) string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.In(l)
	}
	return strings.Join(lines, "\n")
}

// add reports a problem of the key at a path such as "users[0].role". A key has one problem: the first explains the rest.
func (l *loader) add(path string, say ops.Text) {
	if l.told(path) {
		return
	}
	l.problems = append(l.problems, l.problem(path, say))
	l.mute(path)
}

func (l *loader) warn(path string, say ops.Text) {
	l.cfg.Warnings = append(l.cfg.Warnings, l.problem(path, say))
}

func (l *loader) problem(path string, say ops.Text) Problem {
	p := Problem{File: l.cfg.file, Key: plainKey(path), Say: say}
	if l.doc != nil {
		p.Line, p.Col = l.doc.find(path)
	}
	return p
}

// mute keeps later checks quiet about a key whose problem is told.
func (l *loader) mute(path string) {
	if l.muted == nil {
		l.muted = map[string]bool{}
	}
	l.muted[path] = true
}

// told says whether a problem of the key, or of the table that it stands in, was told.
func (l *loader) told(path string) bool {
	for ; path != ""; path = parent(path) {
		if l.muted[path] {
			return true
		}
	}
	return false
}

// below says whether anything in the table has a problem.
func (l *loader) below(path string) bool {
	for p := range l.muted {
		if p == path || strings.HasPrefix(p, path+".") || strings.HasPrefix(p, path+"[") {
			return true
		}
	}
	return false
}

// anyTold says whether a problem of one of the keys was told.
func (l *loader) anyTold(path string, keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return l.told(child(path, key)) })
}

// done is what was loaded, or all that is wrong.
func (l *loader) done() (*Config, error) {
	if err := l.err(); err != nil {
		return nil, err
	}
	l.scrubAll(l.cfg.Warnings)
	return l.cfg, nil
}

// scrubAll takes the secrets out of what is said, at the end: they become known one after the other.
func (l *loader) scrubAll(list Problems) {
	for i, p := range list {
		list[i].Key, list[i].Say = l.scrub(p.Key), ops.Text{En: l.scrub(p.Say.En), Fr: l.scrub(p.Say.Fr)}
	}
}

func (l *loader) err() error {
	if len(l.problems) == 0 {
		return nil
	}
	l.scrubAll(l.problems)
	slices.SortStableFunc(l.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return l.problems
}

// quoted shows a value of the file inside a sentence.
func quoted(s string) ops.Text {
	s = ops.Clean(s)
	if r := []rune(s); len(r) > 60 {
		s = string(r[:59]) + "…"
	}
	return ops.Text{En: `"` + s + `"`, Fr: "« " + s + " »"}
}
