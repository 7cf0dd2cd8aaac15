package backup

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"vigie/ops"
)

// A Retention says which backups are kept when older ones are thinned out: of each of the last Daily days that have a backup,
// one; of each of the last Weekly weeks, one; and so on. Weeks begin on Monday.
type Retention struct{ Daily, Weekly, Monthly, Yearly int }

func (r Retention) check() error {
	for _, n := range []int{r.Daily, r.Weekly, r.Monthly, r.Yearly} {
		if n < 0 || n > 1000 {
			return fmt.Errorf("keeping %d of a kind makes no sense", n)
		}
	}
	if r.Daily+r.Weekly+r.Monthly+r.Yearly == 0 {
		return errors.New("keeping nothing makes no sense")
	}
	return nil
}

// A Point is one backup, as far as it matters to what is kept.
type Point struct {
	Name    string
	At      time.Time
	Partial bool     // something that should be in it is not
	Holds   []string // artefacts that were read back whole when they were saved
	Proves  []string // artefacts of which its very copy was restored in a rehearsal
}

// young is how long every backup is kept, whatever else holds: as long as somebody may still find out that it is needed.
const young = 3 * 24 * time.Hour

// Keep says which points stay, and why; those that it does not name may go. It looks at nothing but its arguments.
//
// What it holds to: the newest stays. What is younger than three days, or from the future, stays. Of each artefact, the newest copy
// that was read back stays, and the newest that was proved by rehearsal; and while nothing was ever read back, everything
// stays. In each period, a backup that is not partial goes before one that is. What it keeps of what it kept is the same again.
func (r Retention) Keep(points []Point, at time.Time, zone *time.Location) map[string][]ops.Text {
	kept := map[string][]ops.Text{}
	list := slices.Clone(points)
	slices.SortFunc(list, func(a, b Point) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Name, a.Name)) })
	if !slices.ContainsFunc(list, func(p Point) bool { return len(p.Holds)+len(p.Proves) > 0 }) {
		for _, p := range list {
			kept[p.Name] = append(kept[p.Name], ops.T("nothing was ever read back", "rien n’a jamais été relu"))
		}
		return kept
	}
	for i, p := range list {
		switch {
		case i == 0:
			kept[p.Name] = append(kept[p.Name], ops.T("the newest", "la plus récente"))
		case p.At.After(at):
			kept[p.Name] = append(kept[p.Name], ops.T("from the future", "venue du futur"))
		case at.Sub(p.At) < young:
			kept[p.Name] = append(kept[p.Name], ops.T("under 3 days old", "moins de 3 jours"))
		}
	}
	r.periods(list, zone, kept)
	proofs(list, kept)
	return kept
}

// periods keeps one of each of the last days, weeks, months and years that have any.
func (r Retention) periods(list []Point, zone *time.Location, kept map[string][]ops.Text) {
	for _, kind := range []struct {
		most int
		of   func(time.Time) string
		why  ops.Text
	}{
		{r.Daily, func(t time.Time) string { return t.Format("2006-01-02") }, ops.T("daily", "quotidienne")},
		{r.Weekly, func(t time.Time) string { y, w := t.ISOWeek(); return fmt.Sprintf("%d-W%02d", y, w) }, ops.T("weekly", "hebdomadaire")},
		{r.Monthly, func(t time.Time) string { return t.Format("2006-01") }, ops.T("monthly", "mensuelle")},
		{r.Yearly, func(t time.Time) string { return t.Format("2006") }, ops.T("yearly", "annuelle")},
	} {
		var order []string
		chosen := map[string]Point{}
		for _, p := range list { // newest first
			period := kind.of(p.At.In(zone))
			c, taken := chosen[period]
			if !taken {
				order = append(order, period)
			}
			if !taken || c.Partial && !p.Partial {
				chosen[period] = p
			}
		}
		for _, period := range order[:min(kind.most, len(order))] {
			name := chosen[period].Name
			kept[name] = append(kept[name], kind.why)
		}
	}
}

// proofs keeps, of each artefact, the newest copy that was read back and the newest that was rehearsed.
func proofs(list []Point, kept map[string][]ops.Text) {
	read, proved := map[string]bool{}, map[string]bool{}
	for _, p := range list {
		for _, name := range p.Holds {
			if !read[name] {
				read[name] = true
				kept[p.Name] = append(kept[p.Name], ops.T("the newest of %s", "la dernière de %s", ops.Name(name)))
			}
		}
		for _, name := range p.Proves {
			if !proved[name] {
				proved[name] = true
				kept[p.Name] = append(kept[p.Name], ops.T("the newest proof of %s", "la dernière preuve de %s", ops.Name(name)))
			}
		}
	}
}
