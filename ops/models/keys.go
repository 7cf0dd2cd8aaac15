package models

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

const undoFor = 24 * time.Hour

// A key is one of LiteLLM's virtual keys, by the hash that LiteLLM keeps of it. The key itself nobody knows but who was given it.
type key struct {
	Hash    string   `json:"token"`
	Alias   string   `json:"key_alias"`
	Spend   float64  `json:"spend"` // USD since its budget began, or ever
	Most    *float64 `json:"max_budget"`
	Period  string   `json:"budget_duration"`
	Blocked bool     `json:"blocked"`
}

// hashShape is what LiteLLM makes of a key: whatever else comes in its place may be a key in plain, and is shown nowhere.
var hashShape = regexp.MustCompile(`^[0-9a-f]{64}$`)

// called is how people tell the key: by its alias, else by the beginning of its hash.
func (k key) called() string {
	if a := strings.TrimSpace(ops.Clean(k.Alias)); a != "" && !strings.HasPrefix(a, "sk-") {
		return clip(a, 60)
	}
	return k.Hash[:8]
}

const (
	pageSize  = 100
	mostPages = 20
)

// keys are LiteLLM's virtual keys, dearest first.
func (s *System) keys(ctx context.Context) (list []key, err error) {
	for page, pages := 1, 1; page <= min(pages, mostPages); page++ {
		var got struct {
			Keys  []key `json:"keys"`
			Pages int   `json:"total_pages"`
		}
		if err := s.get(ctx, fmt.Sprintf("/key/list?return_full_object=true&size=%d&page=%d", pageSize, page), &got); err != nil {
			return nil, err
		}
		for _, k := range got.Keys {
			if hashShape.MatchString(k.Hash) {
				list = append(list, k)
			}
		}
		pages = got.Pages
	}
	slices.SortStableFunc(list, func(a, b key) int {
		if a.Spend != b.Spend {
			return map[bool]int{true: -1, false: 1}[a.Spend > b.Spend]
		}
		return strings.Compare(a.called(), b.called())
	})
	return list, nil
}

// own reports whether a key is the one that Vigie itself comes with.
func (s *System) own(k key) bool {
	sum := sha256.Sum256([]byte(s.o.Key.Reveal()))
	return hex.EncodeToString(sum[:]) == k.Hash
}

var _ = ops.Names(&set, "litellm_key", func(ctx context.Context, s *System) (list []ops.Choice, err error) {
	keys, err := s.keys(ctx)
	for _, k := range keys {
		list = append(list, ops.Choice{Value: k.called(), Also: []string{k.Hash[:8]}, Hint: ops.Raw(usd(k.Spend).String())})
	}
	return list, err
})

var _ = ops.Look(&set, ops.Spec{
	Name: "models.keys", Command: "keys", Theme: theme, Examples: []string{""},
	Doc:     ops.T("What each of LiteLLM's keys has spent, its budget, and whether it is blocked.", "Ce qu’a dépensé chaque clé de LiteLLM, son budget, et si elle est bloquée."),
	Phrases: []ops.Text{ops.T("what did each key spend", "combien a dépensé chaque clé"), ops.T("which keys are blocked", "quelles clés sont bloquées")},
}, func(ctx context.Context, s *System, _ struct{}) (ops.Answer, error) {
	keys, err := s.keys(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	if len(keys) == 0 {
		return ops.Say(ops.T("⚪ LiteLLM has no keys but its master key", "⚪ LiteLLM n’a pas de clé à part sa clé maîtresse")), nil
	}
	rows, total, blocked, over := [][]string{}, 0.0, 0, 0
	for _, k := range keys {
		total += k.Spend
		row := []string{k.called(), usd(k.Spend).String(), ""}
		if k.Most != nil {
			row[2] = strings.TrimSpace("/ " + usd(*k.Most).String() + " " + clip(ops.Clean(k.Period), 8))
			if k.Spend >= *k.Most {
				over++
			}
		}
		if k.Blocked {
			row[2], blocked = strings.TrimSpace(row[2]+" ⛔"), blocked+1
		}
		if len(rows) < 30 {
			rows = append(rows, row)
		}
	}
	mark := ops.Fine
	if over > 0 {
		mark = ops.AtRisk
	}
	a := ops.Say(ops.T("%s %s spent %s · %d over budget · %d blocked", "%s %s : %s dépensés · %d hors budget · %d bloquées", mark,
		ops.Count{N: len(keys), EnOne: "key", EnMany: "keys", FrOne: "clé", FrMany: "clés"}, usd(total), over, blocked))
	a.Blocks = append(a.Blocks, ops.Block{Table: rows, Fold: len(rows) > 12})
	if k := keys[0]; !k.Blocked && !s.own(k) {
		a.Row(ops.AskFor(ops.T("Block %s…", "Bloquer %s…", k.called()), "models.block", "key", k.called()))
	}
	return a, nil
})
