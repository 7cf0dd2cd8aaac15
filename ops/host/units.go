package host

import (
	"context"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// unit tells of one unit. What could not be read leaves it as it was.
func (o *opinion) unit(u Unit) {
	t := ops.Trouble{Subject: "unit:" + o.m.Name + ":" + u.Name, Kind: "down", Wait: 30 * time.Second,
		Locks: []string{unitLock(o.m.Name, u.Name)}, Offers: []ops.Button{restartUnit(o.m.Name, u.Name), o.more()}}
	if u.Err != nil || u.State != "active" && !u.troubled() { // being started or stopped
		if was, ok := o.was[key(t)]; ok {
			o.is[key(t)] = was
		}
		return
	}
	severity := ops.Severity("")
	if u.troubled() {
		severity = ops.Critical
		t.Title = ops.T("%s: %s is not running (%s)", "%s : %s ne tourne pas (%s)", o.name(), ops.Name(u.Name), u.State)
		if u.State == "failed" {
			t.Title = ops.T("%s: %s failed (%s)", "%s : %s a échoué (%s)", o.name(), ops.Name(u.Name), u.Result)
		}
		t.Lines = []ops.Text{ops.T("%s there shows why", "là-bas, %s montre pourquoi", ops.Name("journalctl -e -u "+u.Name))}
	}
	o.tell(t, severity, ops.T("%s: %s runs", "%s : %s tourne", o.name(), ops.Name(u.Name)))
}

func unitLock(host, unit string) string { return "unit:" + host + ":" + unit }

func restartUnit(host, unit string) ops.Button {
	return ops.AskFor(ops.T("Restart %s…", "Redémarrer %s…", unit), "host.unit-restart", "unit", host+"/"+unit)
}

var _ = ops.Names(&set, "unit", func(_ context.Context, s *System) (list []ops.Choice, _ error) {
	for _, m := range s.hosts {
		for _, unit := range m.Units {
			list = append(list, ops.Choice{Value: m.Name + "/" + unit, Also: []string{unit, strings.TrimSuffix(unit, ".service")}})
		}
	}
	return list, nil
})

// findUnit resolves HOST/UNIT, which must be on the configuration's list.
func (s *System) findUnit(word string) (*machine, string, error) {
	name, unit, _ := strings.Cut(word, "/")
	m, err := s.find(name)
	if err != nil {
		return nil, "", err
	}
	if !slices.Contains(m.Units, unit) {
		return nil, "", &ops.Error{Kind: ops.NotFound, Param: "unit", Say: ops.T("%s is not among the units that I may touch on %s ([hosts.%[2]s] units).",
			"%s n’est pas parmi les unités que je peux toucher sur %s ([hosts.%[2]s] units).", ops.Name(clip(unit, 60)), m.Name)}
	}
	return m, unit, nil
}

type unitParams struct {
	Unit string `doc:"which unit, as host/unit" fr:"quelle unité, sous la forme machine/unité" names:"unit"`
}

type unitArgs struct {
	Host       string `json:"host"`
	Unit       string `json:"unit"`
	Invocation string `json:"invocation"` // the start that is to be replaced
}

var (
	unitRestart = ops.Declare(&set, "host.unit-restart", func(a unitArgs) ops.Text {
		return ops.T("restart %s on %s", "redémarrer %s sur %s", ops.Name(a.Unit), ops.Name(a.Host))
	}, func(ctx context.Context, s *System, a unitArgs) error {
		m, unit, err := s.findUnit(a.Host + "/" + a.Unit) // the list may have changed since the plan was made
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, unitLimit)
		defer cancel()
		return m.Over.RestartUnit(ctx, unit)
	}, ops.Stops(func(a unitArgs) []string { return []string{unitLock(a.Host, a.Unit)} }))

	unitRuns = ops.Declare(&set, "host.unit-runs", func(a unitArgs) ops.Text {
		return ops.T("%s runs, started anew, and stays up", "%s tourne, relancée, et tient", ops.Name(a.Unit))
	}, func(ctx context.Context, s *System, a unitArgs) error { return s.proveUnit(ctx, a) })
)

const (
	unitLimit = 2 * time.Minute // systemd itself gives a unit 90 s to stop or to start
	unitStays = 3 * time.Second // what fails at once fails within
	unitPause = 500 * time.Millisecond
)

// proveUnit waits until the unit is up, by a start that is not the one before, and stays so for a while.
func (s *System) proveUnit(ctx context.Context, a unitArgs) error {
	m, unit, err := s.findUnit(a.Host + "/" + a.Unit)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, unitLimit)
	defer cancel()
	var up time.Time
	var by string
	for {
		u := m.readUnit(ctx, unit)
		switch {
		case ops.KindOf(u.Err) == ops.Denied:
			return u.Err
		case u.Err == nil && u.State == "failed":
			return ops.Fail(ops.Failed, ops.T("%s failed (%s). See %s on %s.", "%s a échoué (%s). Regarde %s sur %s.", ops.Name(unit), u.Result, ops.Name("journalctl -e -u "+unit), ops.Name(m.Name)), nil)
		case u.Err == nil && u.State == "active" && u.Invocation != a.Invocation && u.Invocation != "":
			if up.IsZero() || by != u.Invocation {
				up, by = time.Now(), u.Invocation
			}
			if time.Since(up) >= unitStays {
				ops.Progress(ctx, ops.T("%s/%s", "%s/%s", u.State, u.Sub))
				return nil
			}
		default:
			up = time.Time{}
		}
		select {
		case <-ctx.Done():
			if u.Err != nil {
				return u.Err
			}
			return ops.Fail(ops.Failed, ops.T("%s is still %s, not started anew", "%s est toujours %s, pas relancée", ops.Name(unit), u.State+"/"+u.Sub), ctx.Err())
		case <-time.After(unitPause):
		}
	}
}

var _ = ops.Add(&set, ops.Spec{
	Name: "host.unit-restart", Command: "unit_restart", Theme: ops.T("Repair a service", "Réparer un service"), Risk: ops.Disruptive,
	Doc: ops.T("Restart a systemd unit of a machine, and prove that it stays up.", "Redémarrer une unité systemd d’une machine, et prouver qu’elle tient."),
	Phrases: []ops.Text{
		ops.T("restart the unit caddy-workstation on the pi", "redémarre l’unité caddy-workstation du pi"), ops.T("restart a systemd service", "redémarre un service systemd"),
	},
}, func(ctx context.Context, s *System, p unitParams) (ops.Plan, error) {
	m, unit, err := s.findUnit(p.Unit)
	if err != nil {
		return ops.Plan{}, err
	}
	u := m.readUnit(ctx, unit)
	if u.Err != nil {
		return ops.Plan{}, u.Err
	}
	args := unitArgs{m.Name, unit, u.Invocation}
	return ops.Plan{
		Title:  ops.T("Restart %s on %s, now %s", "Redémarrer %s sur %s, maintenant %s", ops.Name(unit), ops.Name(m.Name), u.State+"/"+u.Sub),
		Target: unit, Locks: []string{unitLock(m.Name, unit)},
		Facts: []ops.Fact{{Name: "state", Value: u.State, Label: ops.T("state", "état")}, {Name: "invocation", Value: u.Invocation, Label: ops.T("its start", "son démarrage")}},
		Steps: []ops.Step{unitRestart.Do(args), unitRuns.Verify(args)},
		Done:  ops.T("%s on %s restarted", "%s sur %s redémarrée", ops.Name(unit), ops.Name(m.Name)),
	}, nil
})
