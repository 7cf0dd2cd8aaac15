package litellm

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"vigie/ops"
)

// Watcher tells what is wrong with the money:
//
//	budget:PROVIDER, budget:global    budget        beyond a threshold; gone with the UTC day
//	                                  forecast      under the thresholds, but used up well before the day ends at this rate
//	                                  unenforced    LiteLLM does not hold to it; for all providers' at once budget:providers
//	                                  misconfigured LiteLLM holds to something else than is meant
//	spend:anomaly                     anomaly       an hour that costs far more than that hour usually does
//	litellm:health-checks             parasites     health checks that cost money, or are many
//	watch:spend                       blind         the database cannot be read, and why
//	                                  config        LiteLLM's configuration cannot be read, and why
func (s *System) Watcher() ops.Watcher { return &watcher{System: s, said: map[string]said{}} }

type watcher struct {
	*System
	mark  marks
	said  map[string]said
	known settings // LiteLLM's configuration, as it could be read last
}

// marks is what a watcher must remember for hysteresis, by subject.
type marks struct {
	Levels map[string]int       `json:"levels,omitempty"` // how many thresholds a budget is beyond
	Since  map[string]time.Time `json:"since,omitempty"`  // since when a trouble is so, by subject and kind
}

// said is what was told of a subject's kind, and what made it so: it is told in the same words until that changes.
type said struct {
	because string
	trouble ops.Trouble
}

func (w *watcher) Name() string { return "spend" }

func (w *watcher) Watch(ctx context.Context, mark json.RawMessage, tell func(ops.Sighting)) {
	if json.Unmarshal(mark, &w.mark) != nil {
		w.mark = marks{} // the worst that comes of it is a threshold told again
	}
	maps.DeleteFunc(w.mark.Since, func(_ string, at time.Time) bool { return dayOf(at) != dayOf(time.Now()) }) // budgets began anew
	for ctx.Err() == nil {
		next := time.Now().Add(w.Every)
		w.look(ctx, tell)
		if w.fill(ctx, dayOf(time.Now())-dayDays, true, next) == nil { // else the next look tells, if it still cannot
			_ = w.hourly(ctx) // likewise
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(next)):
		}
	}
}

// look reads what is new and tells how things stand.
func (w *watcher) look(ctx context.Context, tell func(ops.Sighting)) {
	err := w.refresh(ctx)
	if err == nil {
		err = w.fill(ctx, dayOf(time.Now())-1, false, time.Now().Add(w.Every))
	}
	if ctx.Err() != nil {
		return
	}
	st, unread := w.settings()
	if err != nil {
		tell(ops.Sighting{Whole: watchSubject, Troubles: w.keep(watchSubject, append(unread, blind(w.explain(err))))})
		return // what was told before stands until we can see again
	}
	tell(ops.Sighting{Whole: watchSubject, Troubles: w.keep(watchSubject, unread)})
	if !w.has(dayOf(time.Now())-1, false) {
		return // the first fill has not got through two days: half of a sum says nothing
	}
	now := time.Now()
	w.mu.RLock()
	budgets := w.keep("budget:", w.judgeBudgets(st, now))
	anomalies := w.keep(anomalySubject, w.judgeAnomaly(now))
	parasites := w.keep(healthSubject, w.judgeParasites(now, st.Checks))
	w.mu.RUnlock()
	mark, _ := json.Marshal(w.mark) // of plain values
	tell(ops.Sighting{Whole: "budget:", Troubles: budgets})
	tell(ops.Sighting{Whole: anomalySubject, Troubles: anomalies})
	tell(ops.Sighting{Whole: healthSubject, Troubles: parasites, Mark: mark})
}

const (
	watchSubject   = "watch:spend"
	anomalySubject = "spend:anomaly"
	healthSubject  = "litellm:health-checks"
)

// A finding is a trouble, and what it is said because of: as long as that is the same, the words stay the same too, and
// nobody's message is edited every minute for a cent more.
type finding struct {
	ops.Trouble
	because string
}

// keep turns findings on subjects that begin with prefix into what to tell: in the words of before, where nothing has
// changed that matters, and since when it is so.
func (w *watcher) keep(prefix string, found []finding) []ops.Trouble {
	now, here := time.Now(), map[string]bool{}
	list := make([]ops.Trouble, 0, len(found))
	if w.mark.Since == nil {
		w.mark.Since = map[string]time.Time{}
	}
	for _, f := range found {
		key := f.Subject + " " + f.Kind
		here[key] = true
		if before := w.said[key]; before.because == f.because && before.trouble.Severity == f.Severity {
			list = append(list, before.trouble)
			continue
		}
		if f.At.IsZero() {
			if f.At = w.mark.Since[key]; f.At.IsZero() {
				f.At = now
			}
		}
		w.mark.Since[key] = f.At
		w.said[key] = said{f.because, f.Trouble}
		list = append(list, f.Trouble)
	}
	gone := func(key string) bool { return !here[key] && len(key) >= len(prefix) && key[:len(prefix)] == prefix }
	maps.DeleteFunc(w.said, func(key string, _ said) bool { return gone(key) })
	maps.DeleteFunc(w.mark.Since, func(key string, _ time.Time) bool { return gone(key) })
	return list
}

// settings reads LiteLLM's configuration, if we know where it is. That it cannot be read is a finding, and no reason to forget
// the budgets that were in it.
func (w *watcher) settings() (settings, []finding) {
	st, err := w.System.settings()
	if err == nil {
		w.known = st
		return st, nil
	}
	return w.known, []finding{{because: err.Say.En, Trouble: ops.Trouble{
		Subject: watchSubject, Kind: "config", Severity: ops.Notice, Wait: 2 * time.Minute,
		Title: ops.T("LiteLLM's budgets may have changed: its configuration cannot be read", "les budgets de LiteLLM ont pu changer : sa configuration est illisible"),
		Lines: []ops.Text{err.Say}, Offers: slices.Clone(moneyOffers[:1]),
	}}}
}

func blind(err *ops.Error) finding {
	return finding{because: err.Say.En, Trouble: ops.Trouble{
		Subject: watchSubject, Kind: "blind", Severity: ops.Warning, Wait: 2 * time.Minute,
		Title: ops.T("spending is not watched: LiteLLM's database cannot be read", "dépenses non surveillées : la base de LiteLLM est illisible"),
		Lines: []ops.Text{err.Say}, Offers: slices.Clone(moneyOffers[:1]),
	}}
}

// moneyOffers are what shows more.
var moneyOffers = []ops.Button{
	ops.AskFor(ops.T("Budgets", "Budgets"), "litellm.budget"),
	ops.AskFor(ops.T("What drives it", "Ce qui dépense"), "litellm.costs", "by", "model"),
}
