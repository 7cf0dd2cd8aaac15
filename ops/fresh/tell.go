package fresh

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

// Subjects begin with these.
const (
	fileSubject  = "file:"
	beatSubject  = "beat:"
	pulseSubject = "pulse:ours"
	watchSubject = "watch:fresh"
)

// How long these must last before anybody is told.
const (
	absentWait = 2 * time.Minute // what rotates files takes the old one away before the new one is there
	keptWait   = 5 * time.Minute // a store that restarts
	pulseWait  = 5 * time.Minute // one pulse or two that get lost
)

// several is what is wrong with a rule of which several names are in trouble.
const several = "several"

// troubles makes of what was found: one trouble for each thing that is wrong with each target; and, where several names of
// one rule are in trouble, one for the rule, which explains theirs.
func troubles(list []finding) (all []ops.Trouble) {
	bad := map[string][]finding{}
	total := map[string]int{}
	for _, f := range list {
		total[f.rule.Name]++
		if len(f.wrongs) > 0 {
			bad[f.rule.Name] = append(bad[f.rule.Name], f)
		}
	}
	for _, f := range list {
		together := f.each != "" && len(bad[f.rule.Name]) > 1
		if together && bad[f.rule.Name][0].id == f.id {
			all = append(all, whole(f.rule, bad[f.rule.Name], total[f.rule.Name]))
		}
		for _, w := range f.wrongs {
			t := ops.Trouble{Subject: f.subject(), Kind: w.kind, Severity: f.rule.Severity, At: w.at, Title: w.title, Lines: w.lines, Offers: show(f.id)}
			if w.kind == missing || w.kind == unreadable {
				t.Wait = absentWait
			}
			if together {
				t.Needs = []string{fileSubject + f.rule.Name}
			}
			if f.rule.Host != "" {
				t.Needs = append(t.Needs, "watch:host:"+f.rule.Host) // a machine that is away explains it
			}
			all = append(all, t)
		}
	}
	return all
}

// whole tells of all names of a rule together.
func whole(rule *FileRule, bad []finding, total int) ops.Trouble {
	t := ops.Trouble{Subject: fileSubject + rule.Name, Kind: several, Severity: rule.Severity, Offers: show(rule.Name)}
	var each []string
	for i, f := range bad {
		each = append(each, f.each)
		if i < 6 {
			t.Lines = append(t.Lines, f.wrongs[0].title)
		}
		if at := f.wrongs[0].at; t.At.IsZero() || !at.IsZero() && at.Before(t.At) {
			t.At = at
		}
		if k := f.wrongs[0].kind; k == missing || k == unreadable {
			t.Wait = absentWait
		}
	}
	if more := len(bad) - len(t.Lines); more > 0 {
		t.Lines = append(t.Lines, ops.T("and %s", "et %s", ops.Count{N: more, EnOne: "more", EnMany: "more", FrOne: "autre", FrMany: "autres"}))
	}
	if rule.Host != "" {
		t.Needs = []string{"watch:host:" + rule.Host}
	}
	t.Title = ops.T("%s: %d of %d are not fresh: %s", "%s : %d sur %d ne sont pas à jour : %s", ops.Name(rule.Name), len(bad), total, listed(each, 3))
	return t
}

func show(id string) []ops.Button {
	return []ops.Button{ops.AskFor(ops.T("Show %s", "Voir %s", id), "fresh.list", "name", id)}
}

// listed names the first few.
func listed(all []string, most int) ops.Text {
	list := ops.Raw(strings.Join(all[:min(most, len(all))], ", "))
	if more := len(all) - most; more > 0 {
		return ops.Raw(list.En + " +" + strconv.Itoa(more))
	}
	return list
}

// mended says how it is now with what a trouble was about.
func mended(list []finding) func(ops.Trouble) ops.Text {
	return func(t ops.Trouble) ops.Text {
		id := strings.TrimPrefix(t.Subject, fileSubject)
		if t.Kind == several {
			return left(id, list)
		}
		at := slices.IndexFunc(list, func(f finding) bool { return f.id == id })
		if at < 0 || len(list[at].matches) == 0 {
			return ops.T("%s: that is over", "%s : c’est fini", ops.Name(id))
		}
		m := list[at].matches[0]
		return ops.T("%s is there: %s, %s ago", "%s est là : %s, il y a %s", ops.Name(id), ops.Size(m.size), coarse(now().Sub(m.at)))
	}
}

// left says what is still wrong with a rule of which several names were in trouble.
func left(rule string, list []finding) ops.Text {
	for _, f := range list {
		if f.rule.Name == rule && len(f.wrongs) > 0 {
			return ops.T("%s: only %s is still not fresh", "%s : seul %s n’est toujours pas à jour", ops.Name(rule), ops.Name(f.each))
		}
	}
	return ops.T("%s: all are fresh again", "%s : tout est de nouveau à jour", ops.Name(rule))
}

// A teller makes sightings of everything under one prefix. It remembers what it told, so that the end of a trouble has
// words of its own.
type teller struct {
	prefix string
	told   map[string]ops.Trouble
}

// sighting is that list is all there is now; over says how it is now with what was told before and is not among them.
func (t *teller) sighting(list []ops.Trouble, over func(ops.Trouble) ops.Text) ops.Sighting {
	all := map[string]ops.Trouble{}
	for _, x := range list {
		all[x.Subject+" "+x.Kind] = x
	}
	for _, key := range slices.Sorted(maps.Keys(t.told)) {
		if x := t.told[key]; all[key].Subject == "" {
			list = append(list, ops.Trouble{Subject: x.Subject, Kind: x.Kind, Over: true, Severity: x.Severity, Title: over(x)})
		}
	}
	t.told = all
	return ops.Sighting{Troubles: list, Whole: t.prefix}
}

// clipped is foreign text on one line, cut to so many characters.
func clipped(s string, most int) string {
	r := []rune(strings.Join(strings.Fields(ops.Clean(s)), " "))
	if len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return string(r)
}
