package openclaw

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"

	"vigie/ops"
)

const (
	proofTime = 4 * time.Minute // a gateway has been seen to take 30 s to start on an idle machine
	proofPace = 5 * time.Second
)

// A hasModel is an agent and the model that it is to have; "" is whatever OpenClaw makes of a setting that is not there.
type hasModel struct {
	Agent string `json:"agent"`
	Model string `json:"model"`
}

type loadedArgs struct {
	Channels []string `json:"channels"`
}

var (
	modelIs = ops.Declare(&set, "openclaw.model_is", func(a hasModel) ops.Text {
		return ops.T("the gateway answers, and %s has %s", "la passerelle répond, et %s a %s", ops.Name(a.Agent), modelSaid(a.Model))
	}, func(ctx context.Context, s *System, a hasModel) error { return s.proveModel(ctx, a) })

	channelsLoaded = ops.Declare(&set, "openclaw.channels_loaded", func(a loadedArgs) ops.Text {
		return ops.T("%s is loaded, so nobody finds OpenClaw mute", "%s est chargé : OpenClaw n’est pas muet", ops.Name(strings.Join(a.Channels, ", ")))
	}, func(ctx context.Context, s *System, a loadedArgs) error { return s.proveLoaded(ctx, a.Channels) })
)

// proveModel waits until the gateway answers, and then looks whether it has the agent, and the agent the model.
func (s *System) proveModel(ctx context.Context, a hasModel) error {
	if err := s.answers(ctx, a.Agent); err != nil {
		return err
	}
	list, err := s.agents(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(one agent) bool { return one.ID == a.Agent })
	switch {
	case i < 0:
		return ops.Fail(ops.Failed, ops.T("OpenClaw no longer has an agent %s", "OpenClaw n’a plus d’agent %s", ops.Name(a.Agent)), nil)
	case a.Model != "" && list[i].Model != a.Model:
		return ops.Fail(ops.Failed, ops.T("%s has %s", "%s a %s", ops.Name(a.Agent), modelSaid(list[i].Model)), nil)
	}
	ops.Progress(ctx, ops.T("seen in OpenClaw's list", "vu dans la liste d’OpenClaw"))
	return nil
}

// answers waits until the gateway does, and has the agent; "" is any.
func (s *System) answers(ctx context.Context, id string) error {
	bound, cancel := context.WithTimeout(ctx, proofTime)
	defer cancel()
	for {
		live, err := s.live(bound)
		if err == nil && (id == "" || slices.Contains(live, id)) {
			return nil
		}
		if err == nil {
			err = ops.Fail(ops.Failed, ops.T("the gateway runs without the agent %s", "la passerelle tourne sans l’agent %s", ops.Name(id)), nil)
		}
		ops.Progress(ctx, ops.T("the gateway does not answer yet", "la passerelle ne répond pas encore"))
		select {
		case <-time.After(proofPace):
		case <-bound.Done():
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return err
		}
	}
}

func (s *System) proveLoaded(ctx context.Context, channels []string) error {
	var got struct {
		Plugins []plugin `json:"plugins"`
	}
	if err := s.ask(ctx, &got, "plugins", "list"); err != nil {
		return err
	}
	for _, c := range channels {
		if !slices.ContainsFunc(got.Plugins, func(p plugin) bool { return p.ID == c && p.Status == "loaded" }) {
			return ops.Fail(ops.Failed, ops.T("the plugin %s is not loaded: OpenClaw is mute there, however healthy it looks", "l’extension %s n’est pas chargée : OpenClaw y est muet, même s’il a l’air sain", ops.Name(c)), nil)
		}
	}
	return nil
}

func ids(list []agent) (out []ops.Choice) {
	for _, a := range list {
		out = append(out, ops.Choice{Value: a.ID})
	}
	return out
}

// unknown refuses a name, with those of the choices that are nearest to it.
func unknown(param, typed string, all []ops.Choice, say ops.Text) error {
	away := func(c ops.Choice) int {
		least := levenshtein.ComputeDistance(strings.ToLower(typed), strings.ToLower(c.Value))
		for _, other := range c.Also {
			least = min(least, levenshtein.ComputeDistance(strings.ToLower(typed), strings.ToLower(other)))
		}
		return least
	}
	near := slices.SortedStableFunc(slices.Values(all), func(a, b ops.Choice) int { return cmp.Compare(away(a), away(b)) })
	return &ops.Error{Kind: ops.NotFound, Param: param, Say: say, Choices: near[:min(len(near), 4)]}
}
