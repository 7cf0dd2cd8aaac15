package backup

import (
	"fmt"
	"strings"
	"time"

	"vigie/ops"
)

// What can be wrong with an artefact's backup. They are kinds of troubles.
const (
	uncovered  = "uncovered"  // it is live, and there is no copy of it
	stale      = "stale"      // the newest copy is too old
	unreadable = "unreadable" // the newest copy is not whole
	small      = "small"      // the newest copy is much smaller than the one of the day before
	rehearsal  = "rehearsal"  // a copy could not be restored, or none was for too long
)

// A wrong is one thing that is wrong with an artefact's backup.
type wrong struct {
	kind  string
	grave ops.Severity
	title ops.Text
	lines []ops.Text
	at    time.Time // since when; zero if unknown
	wait  time.Duration
}

// A finding is what is known of one artefact, and what is wrong with it.
type finding struct {
	name       string
	newest     clone
	there      bool // there is a copy
	before     clone
	second     bool // there is one to compare with
	m          memory
	rehearses  bool // it should be proved by rehearsal
	wrongs     []wrong
	holds      bool // every proof holds
	everSaved  bool // something here saves it
	comparison string
}

// rules are what a copy is judged by.
type rules struct {
	newer, rehearsed time.Duration
	band             int
	rounds           bool // rehearsals are held
}

func (s *System) rules() rules {
	return rules{s.o.Newer, s.o.Rehearsed, s.o.Band, s.when != nil}
}

// judge compares what there is of an artefact with what there should be. It looks at nothing but its arguments.
func judge(v view, name string, m memory, r rules) finding {
	f := finding{name: name, m: m}
	f.newest, f.there = v.newest(name)
	f.before, f.second = v.before(name)
	src, saved := v.sources[name]
	f.everSaved, f.rehearses = saved, r.rounds && src.Rehearse != nil
	if !f.there {
		f.wrongs = append(f.wrongs, f.none(r.newer))
		return f
	}
	if age := v.at.Sub(f.newest.at); age > r.newer {
		f.wrongs = append(f.wrongs, wrong{kind: stale, grave: ops.Warning, at: f.newest.at.Add(r.newer),
			title: ops.T("the newest backup of %s is over %s old", "la dernière sauvegarde de %s a plus de %s", ops.Name(name), max(coarse(age), ops.Span(r.newer))),
			lines: []ops.Text{ops.T("it should be under %s", "au lieu de moins de %s", ops.Span(r.newer)), f.called()}})
	}
	f.read()
	f.sized(r.band)
	if f.rehearses {
		f.rehearsed(v.at, r)
	}
	f.holds = len(f.wrongs) == 0 && m.Read.Key == f.newest.key() && m.Read.good() &&
		(!f.rehearses || m.Proved.good() && v.at.Sub(m.Proved.At) <= r.rehearsed)
	return f
}

func (f *finding) none(soon time.Duration) wrong {
	w := wrong{kind: uncovered, grave: ops.Warning, at: f.m.First,
		title: ops.T("nobody backs up %s", "personne ne sauvegarde %s", ops.Name(f.name)),
		lines: []ops.Text{ops.T("it is live, and there is no copy of it", "il est vivant, et il n’en existe aucune copie")}}
	if f.everSaved {
		w.title = ops.T("%s has no backup yet", "%s n’a pas encore de sauvegarde", ops.Name(f.name))
		w.wait = soon
		w.lines = append(w.lines, ops.T("the next backup takes it along", "la prochaine sauvegarde le prend"))
	}
	return w
}

// read adds what was found inside the newest copy.
func (f *finding) read() {
	seen := f.m.Read
	switch {
	case f.newest.size == 0:
		f.wrongs = append(f.wrongs, wrong{kind: unreadable, grave: ops.Critical, at: f.newest.at,
			title: ops.T("the newest backup of %s is empty", "la dernière sauvegarde de %s est vide", ops.Name(f.name)), lines: []ops.Text{f.called()}})
	case seen.Key != f.newest.key() || seen.Why.IsZero():
	case seen.Unsure:
		f.wrongs = append(f.wrongs, wrong{kind: unreadable, grave: ops.Warning, wait: time.Hour,
			title: ops.T("whether the newest backup of %s is whole cannot be told", "impossible de dire si la dernière sauvegarde de %s est entière", ops.Name(f.name)),
			lines: []ops.Text{seen.Why, f.called()}})
	default:
		f.wrongs = append(f.wrongs, wrong{kind: unreadable, grave: ops.Critical, at: f.newest.at,
			title: ops.T("the newest backup of %s is broken: %s", "la dernière sauvegarde de %s est abîmée : %s", ops.Name(f.name), seen.Why), lines: []ops.Text{f.called()}})
	}
}

// sized compares the newest copy with the one of the day before.
func (f *finding) sized(band int) {
	if !f.second || f.before.size == 0 {
		return
	}
	change := 100 * (float64(f.newest.size)/float64(f.before.size) - 1)
	if f.comparison = fmt.Sprintf("%+.0f %%", change); strings.Trim(f.comparison, "+-") == "0 %" {
		f.comparison = "±0 %"
	}
	if f.newest.size > 0 && change < -float64(band) {
		f.wrongs = append(f.wrongs, wrong{kind: small, grave: ops.Warning, at: f.newest.at,
			title: ops.T("the newest backup of %s has %s after %s (%s)", "la dernière sauvegarde de %s fait %s après %s (%s)", ops.Name(f.name), ops.Size(f.newest.size), ops.Size(f.before.size), f.comparison),
			lines: []ops.Text{f.called()}})
	}
}

// rehearsed adds what came of the last rehearsal.
func (f *finding) rehearsed(at time.Time, r rules) {
	tried := f.m.Tried
	proved := f.proved(at)
	switch {
	case !tried.Why.IsZero() && !tried.Unsure:
		f.wrongs = append(f.wrongs, wrong{kind: rehearsal, grave: ops.Critical, at: tried.At,
			title: ops.T("a backup of %s could not be restored: %s", "une sauvegarde de %s n’a pas pu être restaurée : %s", ops.Name(f.name), tried.Why),
			lines: []ops.Text{ops.T("tried with %s", "essayé avec %s", ops.Name(base(tried.Path))), proved}})
	case !tried.Why.IsZero():
		f.wrongs = append(f.wrongs, wrong{kind: rehearsal, grave: ops.Warning, at: tried.At,
			title: ops.T("the backup of %s could not be rehearsed", "impossible d’essayer de restaurer la sauvegarde de %s", ops.Name(f.name)),
			lines: []ops.Text{tried.Why, proved}})
	case at.Sub(later(f.m.First, f.m.Proved.At)) > r.rehearsed:
		since := later(f.m.First, f.m.Proved.At)
		f.wrongs = append(f.wrongs, wrong{kind: rehearsal, grave: ops.Warning, at: since.Add(r.rehearsed),
			title: ops.T("no backup of %s was proved restorable for over %s", "aucune sauvegarde de %s n’a été prouvée restaurable depuis plus de %s", ops.Name(f.name), coarse(at.Sub(since))),
			lines: []ops.Text{proved}})
	}
}

// proved says when the artefact was last proved restorable, and how long that took.
func (f *finding) proved(at time.Time) ops.Text {
	if !f.m.Proved.good() {
		return ops.T("never proved restorable", "jamais prouvé restaurable")
	}
	return ops.T("last proved restorable: %s ago, %s", "dernière preuve de restauration : il y a %s, en %s", coarse(at.Sub(f.m.Proved.At)), ops.Span(f.m.Proved.Took.Truncate(100*time.Millisecond)))
}

func (f *finding) called() ops.Text {
	return ops.T("the newest is %s, %s", "la plus récente : %s, %s", ops.Name(base(f.newest.path)), ops.Size(f.newest.size))
}

// judgeAll judges every artefact that is wanted.
func (s *System) judgeAll(v view) []finding {
	known := s.memories()
	list := make([]finding, 0, len(v.wanted))
	for _, name := range v.wanted {
		list = append(list, judge(v, name, known[name], s.rules()))
	}
	return list
}
