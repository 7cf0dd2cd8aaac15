package openclaw

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"

	"vigie/ops"
)

// A settingArgs is one agent's model in OpenClaw's own settings.
type settingArgs struct {
	Agent    string `json:"agent"`
	Model    string `json:"model,omitempty"`
	Raw      string `json:"raw,omitempty"`      // what stood there, as JSON; "": nothing
	Restarts bool   `json:"restarts,omitempty"` // the plan restarts OpenClaw afterwards
	Last     bool   `json:"last,omitempty"`     // it was put back by the undo of a later step, if that one was begun
}

var (
	setModel = ops.Declare(&set, "openclaw.set_model", func(a settingArgs) ops.Text {
		return ops.T("set the model of %s to %s in OpenClaw's settings, checked before and after", "régler le modèle de %s sur %s dans OpenClaw, vérifié avant et après", ops.Name(a.Agent), ops.Name(a.Model))
	}, func(ctx context.Context, s *System, a settingArgs) error { return s.setModel(ctx, a) })

	putBack = ops.Declare(&set, "openclaw.put_back_model", func(a settingArgs) ops.Text {
		if a.Last {
			return ops.T("make sure that the former model of %s is back", "s’assurer que l’ancien modèle de %s est revenu", ops.Name(a.Agent))
		}
		return ops.T("put the former model of %s back into OpenClaw's settings", "remettre l’ancien modèle de %s dans les réglages d’OpenClaw", ops.Name(a.Agent))
	}, func(ctx context.Context, s *System, a settingArgs) error { return s.putBackModel(ctx, a) })
)

// place is where an agent's model stands now: its number in a list may be another than when the plan was made.
func (s *System) place(ctx context.Context, id string) (setting, error) {
	at, err := s.settingOf(ctx, id)
	if err == nil && !at.known {
		err = ops.Fail(ops.Failed, ops.T("%s is no longer in OpenClaw's settings", "%s n’est plus dans les réglages d’OpenClaw", ops.Name(clip(id, 40))), nil)
	}
	return at, err
}

func (s *System) setModel(ctx context.Context, a settingArgs) error {
	if !word.MatchString(a.Agent) || !modelShape.MatchString(a.Model) {
		return ops.Fail(ops.Failed, ops.T("%s is no model", "%s n’est pas un modèle", ops.Name(clip(a.Model, 40))), nil)
	}
	at, err := s.place(ctx, a.Agent)
	if err != nil {
		return err
	}
	if !sameJSON(string(at.Raw), a.Raw) {
		return ops.Fail(ops.Failed, ops.T("the model of %s was changed meanwhile", "le modèle de %s a été changé entre-temps", ops.Name(a.Agent)), nil)
	}
	value, err := json.Marshal(a.Model)
	if err != nil {
		return err // unreachable: a string
	}
	got, err := s.write(ctx, at.Path+".primary", value)
	if err != nil {
		return err
	}
	if strings.Contains(got.out, "Restart the gateway") && !a.Restarts {
		return ops.Fail(ops.Failed, ops.T("OpenClaw wants a restart for it, which was not in the plan", "OpenClaw demande pour cela un redémarrage, qui n’était pas dans le plan"), nil)
	}
	ops.Progress(ctx, ops.T("«%s»", "« %s »", clip(got.out, 120)))
	return nil
}

func (s *System) putBackModel(ctx context.Context, a settingArgs) error {
	at, err := s.place(ctx, a.Agent)
	if err != nil {
		return err
	}
	if sameJSON(string(at.Raw), a.Raw) {
		ops.Progress(ctx, ops.T("it is as it was", "c’est comme avant"))
		return nil
	}
	var value json.RawMessage
	if a.Raw != "" {
		value = json.RawMessage(a.Raw)
	}
	_, err = s.write(ctx, at.Path, value)
	return err
}

// sameJSON compares two values, however they are laid out. "" is none.
func sameJSON(a, b string) bool {
	if a == "" || b == "" {
		return a == b
	}
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	return reflect.DeepEqual(x, y)
}
