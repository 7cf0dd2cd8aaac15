package docker

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// closeLooks is how many containers one answer looks at closely: more than anybody reads on a phone, few enough
// that an answer about a broken stack comes as fast as one about a sound one.
const closeLooks = 5

// closeLimit is how long those looks may take together; what has not come by then is left out.
const closeLimit = 3 * time.Second

// closer looks closely at the rows that need it most, and corrects what the list could not know.
func (s *Stack) closer(ctx context.Context, v *view) {
	var at []int
	for i, r := range v.rows {
		if r.box != nil && (r.is.needsYou() || r.suspect()) {
			at = append(at, i)
		}
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(v.rows[a].is, v.rows[b].is) })
	at = at[:min(len(at), closeLooks)]
	each(ctx, closeLimit, closeLooks, at, func(ctx context.Context, i int) {
		if d, err := s.Host.Inspect(ctx, v.rows[i].id()); err == nil { // else the list's word stands
			v.rows[i] = v.rows[i].with(d)
		}
	})
}

// suspect reports whether the row has run for seconds only: it may be between two ends of a crash loop.
func (r row) suspect() bool {
	return (r.is == fine || r.is == starting) && strings.Contains(r.box.Since, "second")
}

// each does work on items, at most wide at a time, and waits for all of it.
func each[T any](ctx context.Context, limit time.Duration, wide int, items []T, work func(context.Context, T)) {
	if len(items) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var group sync.WaitGroup
	slots := make(chan struct{}, wide)
	for _, item := range items {
		slots <- struct{}{}
		group.Go(func() { // waited for below
			defer func() { <-slots }()
			work(ctx, item)
		})
	}
	group.Wait()
}

// tally is what a view comes to.
type tally struct {
	counted, good, need int
	worst               condition
	waking, off, over   []string
	orphans             []string // whatever their state
	longest             age      // of those that run as they should
}

func (v view) tally() (t tally) {
	t.worst = off
	for _, r := range v.rows {
		if r.orphan {
			t.orphans = append(t.orphans, r.name)
		}
		switch {
		case r.is == off:
			t.off = append(t.off, r.name)
			continue
		case r.is == over:
			t.over = append(t.over, r.name)
			continue
		case r.is.needsYou():
			t.need++
		case r.is == starting:
			t.waking = append(t.waking, r.name)
		default:
			t.good++
			if a := age(r.box.Since); r.is == fine && a.Span() > t.longest.Span() {
				t.longest = a
			}
		}
		t.counted++
		t.worst = min(t.worst, r.is)
	}
	return t
}

// needing are the rows that need somebody, the worst first.
func (v view) needing() (rows []row) {
	for _, r := range v.rows {
		if r.is.needsYou() {
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.is, b.is) })
	return rows
}

// headline is the answer in one line: how many need somebody, of how many.
func (s *Stack) headline(t tally) ops.Text {
	switch {
	case t.need > 0:
		return ops.T("%s %d of %d %s you · %s", "%s %d sur %[3]d à voir · %[5]s", t.worst.mark(), t.need, t.counted, needWord(t.need), s.title())
	case t.counted == 0 && len(t.off)+len(t.over) == 0:
		return ops.T("⚪ there is no container here · %s", "⚪ il n’y a aucun conteneur ici · %s", s.title())
	case len(t.waking) > 0:
		return ops.T("⏳ %d of %d fine, %d starting · %s", "⏳ %d sur %d en ordre, %d au démarrage · %s", t.good, t.counted, len(t.waking), s.title())
	case t.longest == "":
		return ops.T("🟢 %d of %d fine · %s", "🟢 %d sur %d en ordre · %s", t.good, t.counted, s.title())
	}
	return ops.T("🟢 %d of %d fine · %s · longest up %s", "🟢 %d sur %d en ordre · %s · le plus ancien : %s", t.good, t.counted, s.title(), t.longest)
}

func needWord(n int) string {
	if n == 1 {
		return "needs"
	}
	return "need"
}
