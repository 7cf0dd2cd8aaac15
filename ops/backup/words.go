package backup

import (
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

var (
	themeBackup = ops.T("Backups", "Sauvegardes")
	refresh     = ops.Raw("↻")
)

// clipped is foreign text on one line, cut to so many characters.
func clipped(s string, most int) string {
	r := []rune(strings.Join(strings.Fields(ops.Clean(s)), " "))
	if len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return string(r)
}

// short is what a part said, cut to what fits a phone. Names stay names.
func short(t ops.Text) ops.Text {
	cut := func(s string) string {
		if r := []rune(s); len(r) > 240 {
			return ops.Unmark(string(r[:239])) + "…"
		}
		return s
	}
	return ops.Text{En: cut(t.En), Fr: cut(t.Fr)}
}

// listed names the first few.
func listed(names []string, most int) ops.Text {
	said := make([]string, 0, most)
	for _, name := range names[:min(most, len(names))] {
		said = append(said, ops.Name(name).String())
	}
	list := ops.Raw(strings.Join(said, ", "))
	if more := len(names) - most; more > 0 {
		return ops.Raw(list.En + " +" + strconv.Itoa(more))
	}
	return list
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

func artefacts(n int) ops.Count {
	return ops.Count{N: n, EnOne: "item", EnMany: "items", FrOne: "élément", FrMany: "éléments"}
}

// base is the last part of a path.
func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
