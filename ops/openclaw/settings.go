package openclaw

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A model is one that OpenClaw's configuration knows.
type model struct {
	Key       string `json:"key"` // "provider/model"
	Name      string `json:"name"`
	Available bool   `json:"available"` // it has a key for its provider, as far as it can tell
	Missing   bool   `json:"missing"`   // the configuration names it, and no provider has it
}

// modelShape is what a model may be called: it becomes an argument, and stands between quotes in a file.
var modelShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,127}$`)

// listsFor is how long a list is good for completing names; what a plan rests on is asked anew.
const listsFor = time.Minute

// models are those that OpenClaw lists. From 2026.9 on it asks its gateway for them.
func (s *System) models(ctx context.Context) ([]model, error) {
	var got struct {
		Models []model `json:"models"`
	}
	if err := s.ask(ctx, &got, "models", "list"); err != nil {
		return nil, err
	}
	got.Models = slices.DeleteFunc(got.Models, func(m model) bool { return !modelShape.MatchString(m.Key) })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known, s.knownAt = got.Models, time.Now()
	return got.Models, nil
}

// known are the models as of a minute ago at most.
func (s *System) knownModels(ctx context.Context) ([]model, error) {
	s.mu.Lock()
	list, at := s.known, s.knownAt
	s.mu.Unlock()
	if len(list) > 0 && time.Since(at) < listsFor {
		return list, nil
	}
	return s.models(ctx)
}

func (s *System) agents(ctx context.Context) (list []agent, err error) {
	err = s.ask(ctx, &list, "agents", "list")
	return list, err
}

var (
	_ = ops.Names(&set, "openclaw_agent", func(ctx context.Context, s *System) ([]ops.Choice, error) {
		list, err := s.agents(ctx)
		var out []ops.Choice
		for _, a := range list {
			c := ops.Choice{Value: a.ID, Hint: ops.Raw(clip(a.Model, 40))}
			if p := strings.TrimSpace(s.persona(a)); p != "" {
				c.Also, c.Label = []string{p}, ops.Raw(a.ID+" "+p)
			}
			out = append(out, c)
		}
		return out, err
	})
	_ = ops.Names(&set, "openclaw_model", func(ctx context.Context, s *System) ([]ops.Choice, error) {
		list, err := s.knownModels(ctx)
		return modelChoices(list), err
	})
	_ = ops.Names(&set, "openclaw_profile", func(_ context.Context, s *System) (list []ops.Choice, _ error) {
		if s.o.Deploy != nil {
			for _, p := range s.o.Deploy.Profiles {
				list = append(list, ops.Choice{Value: p})
			}
		}
		return list, nil
	})
)

func modelChoices(list []model) (out []ops.Choice) {
	for _, m := range list {
		c := ops.Choice{Value: m.Key, Hint: ops.Raw(clip(m.Name, 40))}
		if _, bare, ok := strings.Cut(m.Key, "/"); ok {
			c.Also = append(c.Also, bare)
		}
		if m.Name != "" {
			c.Also = append(c.Also, m.Name)
		}
		out = append(out, c)
	}
	return out
}

// A setting is where OpenClaw's own configuration says which model an agent uses.
type setting struct {
	Path  string          // of the agent's model, as its program takes it
	Raw   json.RawMessage // what stands there; nil: nothing, so the default holds
	Live  bool            // this version applies it without a restart
	known bool
}

// settingOf finds it: agents are a list up to 2026.5, and entries by their ids from 2026.9 on. That also tells which of the two takes
// a change without a restart.
func (s *System) settingOf(ctx context.Context, id string) (at setting, err error) {
	var got struct {
		List []struct {
			ID    string          `json:"id"`
			Model json.RawMessage `json:"model"`
		} `json:"list"`
		Entries map[string]struct {
			Model json.RawMessage `json:"model"`
		} `json:"entries"`
	}
	if err := s.ask(ctx, &got, "config", "get", "agents"); err != nil {
		return at, err
	}
	if e, ok := got.Entries[id]; ok && !strings.Contains(id, ".") {
		return setting{Path: "agents.entries." + id + ".model", Raw: compact(e.Model), Live: true, known: true}, nil
	}
	for i, a := range got.List {
		if a.ID == id {
			return setting{Path: fmt.Sprintf("agents.list[%d].model", i), Raw: compact(a.Model), known: true}, nil
		}
	}
	return setting{Live: got.Entries != nil}, nil
}

// compact takes the blanks out, so that what is shown and kept of a setting is one line.
func compact(raw json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return raw
	}
	return b.Bytes()
}

// valid fails unless OpenClaw's configuration is: with one that is not, its gateway does not start.
func (s *System) valid(ctx context.Context) error {
	got, err := s.call(ctx, "config", "validate", "--json")
	if err != nil {
		return err
	}
	var v struct {
		Valid  bool   `json:"valid"`
		Error  string `json:"error"` // up to 2026.5
		Issues []struct {
			Path    string `json:"path"`
			Message string `json:"message"`
		} `json:"issues"`
	}
	at := strings.IndexByte(got.out, '{')
	if at < 0 {
		return s.refusal(got)
	}
	if err := json.NewDecoder(strings.NewReader(got.out[at:])).Decode(&v); err != nil && !strings.Contains(got.out[at:], `"valid":false`) {
		return s.refusal(got)
	}
	if v.Valid {
		return nil
	}
	why := v.Error
	for _, i := range v.Issues {
		why = clip(i.Path+": "+i.Message, 120)
	}
	return ops.Fail(ops.Failed, ops.T("OpenClaw's configuration is not valid: «%s». With it the gateway does not start again: correct it where it is deployed from.",
		"La configuration d’OpenClaw n’est pas valide : « %s ». Avec elle la passerelle ne redémarre pas : corrige-la là d’où elle est déployée.", clip(why, 160)), nil)
}

// write sets one place of OpenClaw's configuration with its own program, checked before and after. A nil value takes it away.
func (s *System) write(ctx context.Context, path string, value json.RawMessage) (said, error) {
	if err := s.valid(ctx); err != nil {
		return said{}, err
	}
	args := []string{"config", "set", path, string(value), "--strict-json"}
	if value == nil {
		args = []string{"config", "unset", path}
	}
	ops.Progress(ctx, ops.T("asked OpenClaw, which takes up to 20 s", "demandé à OpenClaw, qui met jusqu’à 20 s"))
	got, err := s.call(ctx, args...)
	if err != nil {
		return got, ops.Fail(ops.Unknown, ops.T("OpenClaw was asked and did not say whether it did it. /agents shows it.", "OpenClaw n’a pas dit s’il l’a fait. /agents le montre."), err)
	}
	if got.exit != 0 {
		return got, s.refusal(got)
	}
	return got, s.valid(ctx)
}
