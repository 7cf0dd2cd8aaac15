package models

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"vigie/ops"
)

// A deployment is one way that the proxy has to a model. Several may share an alias.
type deployment struct {
	Alias  string `json:"model_name"`
	Params struct {
		Model  string   `json:"model"`
		Input  *float64 `json:"input_cost_per_token"`
		Output *float64 `json:"output_cost_per_token"`
	} `json:"litellm_params"`
	Info struct {
		ID       string   `json:"id"`
		InDB     bool     `json:"db_model"` // added through the UI or HTTP; else from config.yaml
		Mode     string   `json:"mode"`     // "chat", "embedding", …; "" where LiteLLM does not know the model
		Input    *float64 `json:"input_cost_per_token"`
		Output   *float64 `json:"output_cost_per_token"`
		Metadata struct {
			Tier string `json:"tier"`
		} `json:"metadata"`
		Tier string `json:"tier"`
	} `json:"model_info"`
}

// prices are USD for a token in and a token out; false where LiteLLM knows none. It then says 0 for both, as for what is free.
func (d deployment) prices() (in, out float64, known bool) {
	first := func(list ...*float64) *float64 {
		for _, p := range list {
			if p != nil {
				return p
			}
		}
		return nil
	}
	i, o := first(d.Info.Input, d.Params.Input), first(d.Info.Output, d.Params.Output)
	if i == nil || o == nil || *i < 0 || *o < 0 || *i+*o == 0 {
		return 0, 0, false
	}
	return *i, *o, true
}

func (d deployment) tier() string {
	if d.Info.Tier != "" {
		return d.Info.Tier
	}
	return d.Info.Metadata.Tier
}

// catalog is every deployment, by alias, in the order of the alphabet.
func (s *System) catalog(ctx context.Context) ([]deployment, error) {
	var got struct {
		Data []deployment `json:"data"`
	}
	if err := s.get(ctx, "/model/info", &got); err != nil {
		return nil, err
	}
	slices.SortStableFunc(got.Data, func(a, b deployment) int { return strings.Compare(a.Alias, b.Alias) })
	return got.Data, nil
}

// listed reports whether clients see alias in /v1/models.
func (s *System) listed(ctx context.Context, alias string) (bool, error) {
	var got struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := s.get(ctx, "/v1/models", &got); err != nil {
		return false, err
	}
	for _, m := range got.Data {
		if m.ID == alias {
			return true, nil
		}
	}
	return false, nil
}

// of are the deployments of an alias; its error offers what may have been meant.
func (s *System) of(ctx context.Context, alias string) ([]deployment, error) {
	all, err := s.catalog(ctx)
	if err != nil {
		return nil, err
	}
	if found := pick(all, alias); len(found) > 0 {
		return found, nil
	}
	e := ops.Fail(ops.NotFound, ops.T("LiteLLM has no model %s. /models shows which it has.", "LiteLLM n’a pas de modèle %s. /models montre ceux qu’il a.", ops.Name(clip(alias, 40))), nil)
	e.Param = "model"
	return nil, e
}

func pick(all []deployment, alias string) (found []deployment) {
	for _, d := range all {
		if d.Alias == alias {
			found = append(found, d)
		}
	}
	return found
}

// serves reports whether a request for name finds a deployment; an alias may hold a *.
func serves(all []deployment, name string) bool {
	return slices.ContainsFunc(all, func(d deployment) bool {
		ok, _ := path.Match(d.Alias, name)
		return ok || d.Alias == name || d.Alias == "*"
	})
}

var _ = ops.Names(&set, "litellm_model", func(ctx context.Context, s *System) (list []ops.Choice, err error) {
	all, err := s.catalog(ctx)
	if err != nil {
		return nil, err
	}
	for i, d := range all {
		if i == 0 || all[i-1].Alias != d.Alias {
			list = append(list, ops.Choice{Value: d.Alias, Also: []string{d.Params.Model}, Hint: ops.Raw(clip(ops.Clean(d.Params.Model), 40))})
		}
	}
	return list, nil
})

// A usd is an amount of money that may be very small.
type usd float64

func (u usd) String() string {
	switch {
	case u <= 0:
		return "0 $"
	case u < 0.000001:
		return "<0.000001 $"
	case u < 0.01:
		return strings.TrimRight(fmt.Sprintf("%.6f", float64(u)), "0") + " $"
	}
	return fmt.Sprintf("%.2f $", float64(u))
}

// million is a price for a token as people compare it: for a million of them.
func million(perToken float64) string {
	if perToken == 0 {
		return "0"
	}
	return fmt.Sprintf("%.4g", perToken*1e6)
}
