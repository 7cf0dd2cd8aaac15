// Package readertest holds the offline reader to what people write: sentences with what each of them means, in
// llm/testdata/utterances. The test and the benchmark count the same way.
//
// A line of those files has, after tabs: whether it may be looked at while the reader is worked on (tune) or only to report (held);
// the sentence; what it means, as one would type it, several commands joined by «+», several meanings by «|», and «-» for nothing at all; what
// may be asked instead, as buttons; and what was asked before it.
package readertest

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/llm"
	"vigie/ops"
)

// A Case is one sentence and what it means.
type Case struct {
	Lang     string
	Held     bool
	Sentence string
	Means    []string // each a line as typed, or "-"
	May      []string // what may be asked whether it is meant
	After    string
}

// Now is the time at which all of it is said.
var Now = time.Date(2026, 11, 25, 23, 40, 0, 0, time.UTC)

// Load reads the cases of one language from a folder.
func Load(folder, lang string) (list []Case, err error) {
	f, err := os.Open(filepath.Join(folder, lang+".tsv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		cols := append(strings.Split(lines.Text(), "\t"), "", "")
		if len(cols) < 5 {
			return nil, fmt.Errorf("%s: a line with too few columns: %q", lang, lines.Text())
		}
		c := Case{Lang: lang, Held: cols[0] == "held", Sentence: cols[1], Means: alternatives(cols[2]), May: alternatives(cols[3]), After: cols[4]}
		list = append(list, c)
	}
	return list, lines.Err()
}

func alternatives(s string) (list []string) {
	for _, a := range strings.Split(s, "|") {
		if a = strings.TrimSpace(a); a != "" {
			list = append(list, a)
		}
	}
	return list
}

// A World is a reader with the names that it reads for.
type World struct {
	Reader *llm.Reader
	Names  *llm.Names
	Ops    []ops.Op
}

// Open makes the world of the sentences.
func Open() (*World, error) {
	list, err := Ops()
	if err != nil {
		return nil, err
	}
	return &World{llm.NewReader(list), llm.NewNames(Names(list)), list}, nil
}

// Read reads one case as a bot would.
func (w *World) Read(c Case) llm.Reading {
	return w.Reader.Read(c.Sentence, w.Names, Now, llm.Talk{Last: w.parse(c.After)})
}

// A Grade is how a sentence was read.
type Grade string

const (
	Right Grade = "right" // what it means, no less and no more
	Asked Grade = "asked" // what it means is among the buttons, or nothing is done and only a look is offered
	Wrong Grade = "wrong" // something else
)

// Judge grades a reading. unasked are changes that it proposes, at once or as a button, and that nobody asked for.
func (w *World) Judge(c Case, r llm.Reading) (g Grade, said string, unasked []string) {
	var asks, maybe []string
	for _, a := range r.Asks {
		asks = append(asks, w.Line(a.Ask))
	}
	for _, a := range r.Maybe {
		maybe = append(maybe, w.Line(a.Ask))
	}
	said = strings.Join(asks, " + ")
	if said == "" {
		said = "-"
	}
	if len(maybe) > 0 {
		said += " ? " + strings.Join(maybe, " | ")
	}
	for _, a := range append(slices.Clone(r.Asks), r.Maybe...) {
		if w.changes(a.Op) && !c.names(w, a.Ask) {
			unasked = append(unasked, w.Line(a.Ask))
		}
	}
	joined := plainLine(strings.Join(asks, " + "))
	if joined == "" {
		joined = "-"
	}
	switch {
	case slices.ContainsFunc(c.Means, func(m string) bool { return plainLine(m) == joined }) && (joined != "-" || len(maybe) == 0):
		return Right, said, unasked
	case len(r.Asks) == 1 && w.lacks(r.Asks[0].Ask) && c.meant(asks[0]):
		return Asked, said, unasked // which one is asked with all the names there are
	case len(asks) == 0 && slices.ContainsFunc(maybe, func(m string) bool { return c.meant(m) }):
		return Asked, said, unasked
	case len(asks) == 0 && slices.Contains(c.Means, "-") && len(unasked) == 0 && len(maybe) == 1 && r.Kind == llm.Declined:
		return Asked, said, unasked // a look at what it speaks of
	}
	return Wrong, said, unasked
}

// lacks reports whether an ask lacks something that it must have.
func (w *World) lacks(ask ops.Ask) bool {
	for _, o := range w.Ops {
		if o.Name == ask.Op {
			return slices.ContainsFunc(o.Params, func(p ops.Param) bool { return p.Must && ask.Args[p.Name] == "" })
		}
	}
	return false
}

// meant reports whether line is one of what the case means or may be asked.
func (c Case) meant(line string) bool {
	for _, m := range append(slices.Clone(c.Means), c.May...) {
		for one := range strings.SplitSeq(m, "+") {
			if plainLine(one) == plainLine(line) {
				return true
			}
		}
	}
	return false
}

// names reports whether the case asks, or may be asked, for a change of this op.
func (c Case) names(w *World, ask ops.Ask) bool {
	for _, m := range append(slices.Clone(c.Means), c.May...) {
		for one := range strings.SplitSeq(m, "+") {
			if w.parse(one).Op == ask.Op {
				return true
			}
		}
	}
	return false
}

func (w *World) changes(name string) bool {
	return slices.ContainsFunc(w.Ops, func(o ops.Op) bool { return o.Name == name && (o.Risk > ops.Reads || o.Acts) })
}

// Line is an ask as it would be typed.
func (w *World) Line(ask ops.Ask) string {
	for _, o := range w.Ops {
		if o.Name != ask.Op {
			continue
		}
		line := "/" + o.Command
		for _, p := range o.Params {
			if v := ask.Args[p.Name]; v != "" && v != p.Default {
				line += " " + strings.TrimPrefix(v, "container:")
			}
		}
		return line
	}
	return ask.Op
}

var length = regexp.MustCompile(`^(\d+[dhms])+$`)

// plainLine writes lengths of time one way.
func plainLine(line string) string {
	f := strings.Fields(line)
	for i, w := range f {
		if length.MatchString(w) && !strings.HasPrefix(f[0], "/costs") && !strings.HasPrefix(f[0], "/parasites") {
			if d, err := ops.ParseSpan(w); err == nil {
				f[i] = d.String()
			}
		}
	}
	return strings.ToLower(strings.Join(f, " "))
}

// parse reads a line as one types it, its words in the order of the parameters that can take them.
func (w *World) parse(line string) ops.Ask {
	f := strings.Fields(line)
	if len(f) == 0 {
		return ops.Ask{}
	}
	for _, o := range w.Ops {
		if "/"+o.Command != f[0] {
			continue
		}
		ask := ops.Ask{Op: o.Name, Args: ops.Args{}}
		for _, v := range f[1:] {
			for _, p := range o.Params {
				if value, err := p.Check(v); err == nil && ask.Args[p.Name] == "" {
					ask.Args[p.Name] = value
					break
				}
			}
		}
		return ask
	}
	return ops.Ask{}
}
