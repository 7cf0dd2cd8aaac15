package litellm

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// A standing is how a budget stands now.
type standing struct {
	allowance
	Spent float64   // in its period, up to now
	Rate  float64   // USD an hour, over the last hours; 0 where too little is known
	Full  time.Time // when it is used up at that rate; zero if not before the day ends, or if that cannot be told
	End   time.Time // when the day ends that it counts
}

// Share is the part that is spent, in percent.
func (st standing) Share() float64 { return 100 * st.Spent / st.USD }

// subject is what troubles with it are about.
func (b allowance) subject() string { return "budget:" + cmp.Or(b.Provider, "global") }

// picks reports whether the budget counts a line.
func (b allowance) picks(l line) bool { return b.Provider == "" || l.Provider == b.Provider }

const (
	// rateHours are the clock hours before the running one that the rate is taken over.
	rateHours = 2
	// rateCalls is how many calls a rate must rest on: fewer say nothing of the next hours.
	rateCalls = 10
)

// budgets are what is watched over: ours, and of LiteLLM's those that ours do not replace.
func (s *System) budgets(st settings) []allowance {
	list := slices.Clone(st.Budgets)
	set := func(b allowance) {
		if i := slices.IndexFunc(list, func(o allowance) bool { return o.Provider == b.Provider }); i >= 0 {
			b.Idle = list[i].Idle
			list[i] = b
		} else {
			list = append(list, b)
		}
	}
	for provider, usd := range s.Daily {
		set(allowance{Provider: provider, USD: usd, Days: 1})
	}
	if s.Global > 0 {
		set(allowance{USD: s.Global, Days: 1})
	}
	slices.SortFunc(list, func(a, b allowance) int { return cmp.Compare(a.Provider, b.Provider) })
	return list
}

// stand says how a budget stands at now.
func (b *book) stand(budget allowance, now time.Time) standing {
	today := dayOf(now)
	st := standing{allowance: budget, End: (today + 1).time()}
	st.Spent = b.spent((today - day(budget.Days-1)).time(), st.End, budget.picks)
	if budget.Days != 1 {
		return st // what leaves the period at midnight is not forecast
	}
	rate, enough := b.rate(now, budget.picks)
	if enough {
		st.Rate, st.Full = rate, full(st.Spent, budget.USD, rate, now, st.End)
	}
	return st
}

// rate is what an hour costs, over the running hour and the rateHours before it. It is not enough to go by if there were few calls,
// or all in one of the hours.
func (b *book) rate(now time.Time, pick func(line) bool) (usd float64, enough bool) {
	this := hourOf(now)
	from, busy, all := this-rateHours, 0, sum{}
	for h := from; h <= this; h++ {
		if b.Hours[h] == nil {
			return 0, false
		}
		s := b.total(h.time(), (h + 1).time(), pick)
		if s.USD > 0 {
			busy++
		}
		all = all.plus(s)
	}
	return all.USD / now.Sub(from.time()).Hours(), all.Calls >= rateCalls && busy >= 2
}

// full is when spent reaches limit at rate USD an hour; zero if not before end, now if it is there.
func full(spent, limit, rate float64, now, end time.Time) time.Time {
	if spent >= limit {
		return now
	}
	hours := (limit - spent) / rate
	if rate <= 0 || math.IsInf(hours, 0) || hours >= end.Sub(now).Hours() {
		return time.Time{}
	}
	return now.Add(time.Duration(hours * float64(time.Hour)))
}

// slack is how far below a threshold a budget must fall before the threshold is left, in points of percent.
const slack = 3

// level is how many thresholds a share of so many percent is beyond, when it was beyond so many before.
func (t Thresholds) level(percent float64, before int) (level int) {
	for i, at := range []float64{t.Notice, t.Warning, t.Critical} {
		if i < before {
			at -= slack
		}
		if percent >= at {
			level = i + 1
		}
	}
	return level
}

const (
	// soonest is how long before the day ends a budget must run out for that to be worth a warning.
	soonest = time.Hour
	// begun is the share of a budget that must be spent, in percent, before its end is forecast in a warning: a morning's
	// first hours would be taken for the whole day.
	begun = 20
)

// early reports whether to warn of a budget that is still under its first threshold. A warning once given stands
// until the rate no longer exhausts the budget before the day ends.
func (st standing) early(t Thresholds, warned bool) bool {
	if st.Full.IsZero() || t.level(st.Share(), 0) > 0 {
		return false
	}
	return warned || st.Share() >= begun && st.End.Sub(st.Full) >= soonest
}
