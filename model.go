package main

import (
	"time"

	"vigie/llm"
)

// askModel lets the desk ask a model, if the configuration names one.
func (b *bot) askModel() {
	m := b.cfg.Model
	if !m.Given() {
		return
	}
	b.desk.Model = llm.NewClient(llm.Options{BaseURL: m.URL, Key: m.Key.Reveal(), Models: append([]string{m.Name}, m.Fallback...), DailyUSD: m.Budget,
		InUSD: m.PriceIn, OutUSD: m.PriceOut, Timeout: time.Duration(m.Timeout), MaxTokens: m.MaxTokens, Store: b.store, Redact: b.redact.Redact})
}
