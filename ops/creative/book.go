package creative

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"vigie/ops"
)

// States of an order.
const (
	sent    = "sent"    // to n8n, whose answer is not known
	taken   = "taken"   // n8n said that it has it
	refused = "refused" // it did not go out, or n8n did not take it: it cost nothing
	done    = "made"
	failed  = "failed" // taken, and nothing came of it; it may have cost all the same
)

// A record is what is known of one order.
type record struct {
	Work   string    `json:"work"` // see [ops.Work]
	Order  order     `json:"order"`
	At     time.Time `json:"at"` // when it was sent
	State  string    `json:"state"`
	Answer answer    `json:"answer,omitzero"`
}

// name is what it is called where it is made.
func (r record) name() string {
	if r.Order.Name != "" {
		return r.Order.Name
	}
	return "vigie-" + r.Work[:min(len(r.Work), 8)]
}

const (
	bookKey = "orders"
	mostOld = 40 // orders that are kept besides those of today
)

// book is every order that is known, the oldest first. The caller holds s.mu.
func (s *System) book(ctx context.Context) (list []record, err error) {
	raw, err := s.o.Kept.Load(ctx, bookKey)
	if err != nil || raw == nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &list); err != nil { // without it nobody knows what was spent
		return nil, ops.Fail(ops.Unavailable, ops.T("what I wrote down of earlier orders cannot be read, so I order nothing", "ce que j’ai noté des commandes précédentes est illisible, donc je ne commande rien"), err)
	}
	return list, nil
}

// keep writes the orders down, without old ones that do not matter any more. The caller holds s.mu.
func (s *System) keep(ctx context.Context, list []record) error {
	old := len(list) - mostOld
	list = slices.DeleteFunc(slices.Clone(list), func(r record) bool {
		old--
		return old >= 0 && !s.isToday(r.At) && time.Since(r.At) > s.o.Deadline
	})
	raw, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("writing the orders: %w", err)
	}
	return s.o.Kept.Save(ctx, bookKey, raw)
}

func (s *System) isToday(at time.Time) bool {
	y, m, d := time.Now().In(s.o.Zone).Date()
	yy, mm, dd := at.In(s.o.Zone).Date()
	return y == yy && m == mm && d == dd
}

// spent adds up what today's orders may have cost, in USD.
func (s *System) spent(list []record) (sum float64) {
	for _, r := range list {
		if s.isToday(r.At) && r.State != refused {
			sum += r.Order.Most
		}
	}
	return sum
}

func (s *System) today(ctx context.Context) (float64, error) {
	list, err := s.orders(ctx)
	return s.spent(list), err
}

func (s *System) orders(ctx context.Context) ([]record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.book(ctx)
}

// within refuses what the limit has no room for.
func (s *System) within(spent, more float64) error {
	const slack = 1e-6 // sums of prices are not exact
	if spent+more <= s.o.Limit+slack {
		return nil
	}
	return ops.Fail(ops.Denied, ops.T("The limit of %s a day for what is paid here has no room for it: %s are used, and this costs up to %s. Ask again tomorrow, or raise daily_limit under [creative].",
		"La limite de %s par jour pour ce qui est payant ici n’a plus la place : %s sont pris, et ceci coûte jusqu’à %s. Redemande demain, ou relève daily_limit sous [creative].", usd(s.o.Limit), usd(spent), usd(more)), nil)
}

// find is the record of a run, if it has one.
func (s *System) find(ctx context.Context, work string) (record, bool, error) {
	list, err := s.orders(ctx)
	if i := slices.IndexFunc(list, func(r record) bool { return r.Work == work }); i >= 0 {
		return list[i], true, err
	}
	return record{}, false, err
}

// enter writes down that an order is about to be sent, and counts what it may cost. fresh is false if it was sent before:
// then was tells what is known of that.
func (s *System) enter(ctx context.Context, work string, o order) (was record, fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, err := s.book(ctx)
	if err != nil {
		return was, false, err
	}
	at := slices.IndexFunc(list, func(r record) bool { return r.Work == work })
	if at >= 0 && list[at].State != refused {
		return list[at], false, nil
	}
	if o.Most > 0 {
		if err := s.within(s.spent(list), o.Most); err != nil {
			return was, false, err
		}
	}
	if at >= 0 {
		list = slices.Delete(list, at, at+1)
	}
	was = record{Work: work, Order: o, At: time.Now(), State: sent}
	return was, true, s.keep(ctx, append(list, was))
}

// note writes down what became of an order.
func (s *System) note(ctx context.Context, work, state string, a *answer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, err := s.book(ctx)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].Work != work {
			continue
		}
		list[i].State = state
		if a != nil {
			list[i].Answer = *a
		}
		return s.keep(ctx, list)
	}
	return nil
}
