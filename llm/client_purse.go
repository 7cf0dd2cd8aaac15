package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"vigie/ops"
)

// A purse keeps what the answers of a day cost, in the store, so that a restart does not forget it.
type purse struct {
	store ops.Store
	daily float64

	mu   sync.Mutex // guards held, and lets one payment be made at a time
	held float64    // what questions under way may come to
}

// spent is what is kept.
type spent struct {
	Day string  `json:"day"` // of UTC, as 2026-01-31
	USD float64 `json:"usd"`
}

const purseID = "model/spent"

func (p *purse) today() string { return time.Now().UTC().Format(time.DateOnly) }

func (p *purse) read(ctx context.Context) (s spent, version int64, _ error) {
	doc, err := p.store.Load(ctx, "setting", purseID)
	if err != nil && !errors.Is(err, ops.ErrNoDoc) {
		return s, 0, fmt.Errorf("reading what the model cost: %w", err)
	}
	if err == nil {
		if err := json.Unmarshal(doc.Body, &s); err != nil {
			return s, 0, fmt.Errorf("reading what the model cost: %w", err)
		}
	}
	if s.Day != p.today() {
		s = spent{Day: p.today()}
	}
	return s, doc.Version, nil
}

// hold sets so much aside for a question, until release is called. It says no where that would be over the day's budget, and where
// it is not known what was spent.
func (p *purse) hold(ctx context.Context, usd float64) (release func(), _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, _, err := p.read(ctx)
	if err != nil {
		return nil, &Failure{Spent, err}
	}
	if s.USD+p.held+usd > p.daily {
		return nil, &Failure{Spent, fmt.Errorf("$%.4f of $%.2f are spent or under way, and this may cost $%.4f", s.USD+p.held, p.daily, usd)}
	}
	p.held += usd
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.held -= usd
	}, nil
}

// pay adds to what was spent today, and returns the sum.
func (p *purse) pay(ctx context.Context, usd float64) (float64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		s, version, err := p.read(ctx)
		if err != nil {
			return 0, err
		}
		s.USD += usd
		body, err := json.Marshal(s)
		if err != nil {
			return 0, fmt.Errorf("keeping what the model cost: %w", err)
		}
		_, err = p.store.Save(ctx, ops.Doc{Kind: "setting", ID: purseID, Version: version, Updated: time.Now(), Body: body})
		if errors.Is(err, ops.ErrConflict) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("keeping what the model cost: %w", err)
		}
		return s.USD, nil
	}
}
