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

	mu sync.Mutex // one payment at a time
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

// has says no where so much more would be over the day's budget, and where it is not known what was spent.
func (p *purse) has(ctx context.Context, usd float64) error {
	s, _, err := p.read(ctx)
	if err != nil {
		return &Failure{Spent, err}
	}
	if s.USD+usd > p.daily {
		return &Failure{Spent, fmt.Errorf("$%.4f of $%.2f are spent, and this may cost $%.4f", s.USD, p.daily, usd)}
	}
	return nil
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
