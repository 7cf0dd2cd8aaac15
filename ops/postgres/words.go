package postgres

import (
	"fmt"
	"strings"
	"time"

	"vigie/ops"
)

// cut makes foreign text short enough to show, on one line.
func cut(s string, most int) string {
	s = strings.Join(strings.Fields(ops.Clean(s)), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// number says a count with its thousands apart.
type number int64

func (n number) In(ops.Lang) string {
	s := fmt.Sprint(int64(n))
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}

func rowsText(n int64) ops.Text {
	if n == 1 {
		return ops.T("1 row", "1 ligne")
	}
	if n == 0 {
		return ops.T("no row", "aucune ligne")
	}
	return ops.T("%s rows", "%s lignes", number(n))
}

func tablesText(n int) ops.Count {
	return ops.Count{N: n, EnOne: "table", EnMany: "tables", FrOne: "table", FrMany: "tables"}
}

// list names things, at most so many, and says how many more there are.
func list(most int, names ...string) ops.Text {
	var said []ops.Text
	for i, n := range names {
		if i == most {
			break
		}
		said = append(said, ops.Raw(ops.Name(n).String()))
	}
	t := ops.Join(", ", said...)
	if more := len(names) - most; more > 0 {
		t = ops.T("%s and %d more", "%s et %d de plus", t, more)
	}
	return t
}

// zone is where times are said for.
func (s *System) zone() *time.Location {
	if s.o.Zone == nil {
		return time.UTC
	}
	return s.o.Zone
}

// clock is the time of day of t, with the day if it is not within the last one: «02:55», «24/11 02:55».
func (s *System) clock(t time.Time) string {
	t = t.In(s.zone())
	if time.Since(t) < 24*time.Hour {
		return t.Format("15:04")
	}
	if time.Since(t) < 300*24*time.Hour {
		return t.Format("02/01 15:04")
	}
	return t.Format("2006-01-02 15:04")
}

// when says of which moment a dump is, as people do: «from last night», «from 3 h ago».
func (s *System) when(t time.Time) ops.Text {
	age, at, now := time.Since(t), t.In(s.zone()), time.Now().In(s.zone())
	if age < 24*time.Hour && at.Hour() < 6 && now.YearDay() == at.YearDay() && now.Hour() >= 6 {
		return ops.T("last night", "de cette nuit")
	}
	return ops.T("%s ago", "d’il y a %s", ops.Span(max(age, 0)))
}
