package openclaw

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A device is a browser or a program that steers OpenClaw, or asks to.
type device struct {
	Request  string   `json:"requestId"` // of one that asks
	ID       string   `json:"deviceId"`  // 64 hex digits
	Name     string   `json:"displayName"`
	Platform string   `json:"platform"`
	Client   string   `json:"clientId"`
	Role     string   `json:"role"`
	Scopes   []string `json:"scopes"` // what it may do, or asks to
	IP       string   `json:"remoteIp"`
	Asked    int64    `json:"ts"`           // ms
	Approved int64    `json:"approvedAtMs"` // ms
}

type devices struct {
	Pending []device `json:"pending"`
	Paired  []device `json:"paired"`
}

var (
	requestShape = regexp.MustCompile(`^[0-9a-fA-F][0-9a-fA-F-]{7,63}$`)
	deviceShape  = regexp.MustCompile(`^[0-9a-f]{16,128}$`)
)

func (s *System) devices(ctx context.Context) (d devices, err error) {
	err = s.ask(ctx, &d, "devices", "list")
	return d, err
}

// says is what a device is, in one line: its own words.
func (d device) says() string {
	return clip(strings.Join(strings.Fields(cmp.Or(d.Name, d.Client)+" "+d.Platform+" "+d.IP), " "), 50)
}

// wants is what it may do, or asks to do.
func (d device) wants() string { return clip(cmp.Or(strings.Join(d.Scopes, ", "), d.Role, "—"), 80) }

type devicesParams struct{}

var _ = ops.Look(&set, ops.Spec{
	Name: "openclaw.devices", Command: "devices", Theme: theme, Examples: []string{""},
	Doc: ops.T("The browsers and programs that steer OpenClaw, and those that ask to.", "Les navigateurs et programmes qui pilotent OpenClaw, et ceux qui le demandent."),
	Phrases: []ops.Text{
		ops.T("which devices are paired with openclaw", "quels appareils sont appairés à openclaw"), ops.T("list openclaw's devices", "liste les appareils d’openclaw"),
	},
}, func(ctx context.Context, s *System, _ devicesParams) (ops.Answer, error) {
	d, err := s.devices(ctx)
	if err != nil {
		return ops.Answer{}, err
	}
	var a ops.Answer
	paired := ops.Count{N: len(d.Paired), EnOne: "device steers", EnMany: "devices steer", FrOne: "appareil pilote", FrMany: "appareils pilotent"}
	if len(d.Pending) > 0 {
		a.Line(ops.T("%s %d asking to steer OpenClaw · %s it", "%s %d en attente de piloter OpenClaw · %s déjà", ops.AtRisk, len(d.Pending), paired))
	} else {
		a.Line(ops.T("%s %s OpenClaw, none asks to", "%s %s OpenClaw, aucun en attente", ops.Fine, paired))
	}
	for _, p := range d.Pending[:min(len(d.Pending), 5)] {
		a.Line(ops.T("%s %s asks for %s · %s ago", "%s %s demande %s · il y a %s", ops.AtRisk, ops.Name(p.says()), p.wants(), ops.Since(time.UnixMilli(p.Asked))))
		a.Row(ops.AskFor(ops.T("Let %s…", "Laisser %s…", clip(p.says(), 24)), "openclaw.device_approve", "device", p.Request))
	}
	for i, p := range d.Paired {
		a.Blocks = append(a.Blocks, ops.Block{Line: ops.T("%s %s may %s · since %s · %s", "%s %s peut %s · depuis %s · %s", ops.Fine, ops.Name(p.says()), p.wants(), ops.Since(time.UnixMilli(p.Approved)), ops.Name(p.ID[:min(len(p.ID), 12)])), Fold: i >= 6})
	}
	return *a.Row(ops.AskFor(ops.Raw("↻"), "openclaw.devices")), nil
})

var (
	_ = ops.Names(&set, "openclaw_request", func(ctx context.Context, s *System) ([]ops.Choice, error) {
		d, err := s.devices(ctx)
		var list []ops.Choice
		for _, p := range d.Pending {
			list = append(list, ops.Choice{Value: p.Request, Label: ops.Raw(p.says()), Hint: ops.Raw(p.wants())})
		}
		return list, err
	})
	_ = ops.Names(&set, "openclaw_device", func(ctx context.Context, s *System) ([]ops.Choice, error) {
		d, err := s.devices(ctx)
		var list []ops.Choice
		for _, p := range d.Paired {
			list = append(list, ops.Choice{Value: p.ID, Label: ops.Raw(p.says() + " " + p.ID[:min(len(p.ID), 8)]), Hint: ops.Raw(p.wants())})
		}
		return list, err
	})
)

type deviceParams struct {
	Device string `doc:"which device that asks" fr:"quel appareil en attente" names:"openclaw_request"`
}

type removeParams struct {
	Device string `doc:"which device" fr:"quel appareil" names:"openclaw_device"`
}

// A deviceArgs is one device to let in or to shut out.
type deviceArgs struct {
	Request string `json:"request,omitempty"`
	ID      string `json:"id"`
	Says    string `json:"says"`
	Wants   string `json:"wants"`
}

var (
	letDevice = ops.Declare(&set, "openclaw.device_approve", func(a deviceArgs) ops.Text {
		return ops.T("let %s steer OpenClaw: %s", "laisser %s piloter OpenClaw : %s", ops.Name(a.Says), a.Wants)
	}, func(ctx context.Context, s *System, a deviceArgs) error {
		if !requestShape.MatchString(a.Request) {
			return ops.Fail(ops.Failed, ops.T("%s is no request of a device", "%s n’est pas une demande d’appareil", ops.Name(clip(a.Request, 40))), nil)
		}
		return s.change(ctx, "devices", "approve", a.Request)
	})
	deviceIn = ops.Declare(&set, "openclaw.device_in", func(a deviceArgs) ops.Text {
		return ops.T("%s is listed as paired", "%s figure parmi les appareils appairés", ops.Name(a.Says))
	}, func(ctx context.Context, s *System, a deviceArgs) error { return s.listed(ctx, a, true) })

	dropDevice = ops.Declare(&set, "openclaw.device_remove", func(a deviceArgs) ops.Text {
		return ops.T("shut %s out of OpenClaw", "exclure %s d’OpenClaw", ops.Name(a.Says))
	}, func(ctx context.Context, s *System, a deviceArgs) error {
		if !deviceShape.MatchString(a.ID) {
			return ops.Fail(ops.Failed, ops.T("%s is no device", "%s n’est pas un appareil", ops.Name(clip(a.ID, 40))), nil)
		}
		return s.change(ctx, "devices", "remove", a.ID)
	})
	deviceOut = ops.Declare(&set, "openclaw.device_out", func(a deviceArgs) ops.Text {
		return ops.T("%s is no longer listed", "%s ne figure plus dans la liste", ops.Name(a.Says))
	}, func(ctx context.Context, s *System, a deviceArgs) error { return s.listed(ctx, a, false) })
)

// change asks OpenClaw for something; whether it took is for a check to say.
func (s *System) change(ctx context.Context, args ...string) error {
	ops.Progress(ctx, ops.T("asked OpenClaw, which takes up to 20 s", "demandé à OpenClaw, qui met jusqu’à 20 s"))
	got, err := s.call(ctx, args...)
	if err != nil {
		return ops.Fail(ops.Unknown, ops.T("OpenClaw was asked and did not say whether it did it. /devices shows it.", "OpenClaw n’a pas dit s’il l’a fait. /devices le montre."), err)
	}
	if got.exit != 0 {
		return s.refusal(got)
	}
	ops.Progress(ctx, ops.T("done", "fait"))
	return nil
}

// listed looks whether a device is paired, with all that it asked for, and no longer asks; or whether it is not.
func (s *System) listed(ctx context.Context, a deviceArgs, wanted bool) error {
	d, err := s.devices(ctx)
	if err != nil {
		return err
	}
	in := slices.ContainsFunc(d.Paired, func(p device) bool { return p.ID == a.ID })
	if asks := slices.ContainsFunc(d.Pending, func(p device) bool { return a.Request != "" && p.Request == a.Request }); in != wanted || asks {
		return ops.Fail(ops.Failed, ops.T("OpenClaw's list says otherwise", "la liste d’OpenClaw dit le contraire"), nil)
	}
	ops.Progress(ctx, ops.T("seen in OpenClaw's list", "vu dans la liste d’OpenClaw"))
	return nil
}

var _ = ops.Add(&set, ops.Spec{
	Name: "openclaw.device_approve", Command: "device_approve", Theme: theme, Risk: ops.Disruptive, Examples: []string{"fd059083-5c88-412a-86d3-69f928524ce0"},
	Doc:     ops.T("Let a browser or a program steer OpenClaw.", "Laisser un navigateur ou un programme piloter OpenClaw."),
	Phrases: []ops.Text{ops.T("approve the openclaw device", "approuve l’appareil openclaw")},
}, func(ctx context.Context, s *System, p deviceParams) (ops.Plan, error) {
	d, err := s.devices(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	i := slices.IndexFunc(d.Pending, func(o device) bool { return o.Request == p.Device })
	if i < 0 {
		return ops.Plan{}, ops.Fail(ops.NotFound, ops.T("No device asks under %s any more: it was decided on, or it expired. /devices shows those that do.", "Plus aucun appareil n’attend sous %s : c’est décidé, ou expiré. /devices montre ceux qui attendent.", ops.Name(clip(p.Device, 40))), nil)
	}
	one := d.Pending[i]
	a := deviceArgs{one.Request, one.ID, one.says(), one.wants()}
	return ops.Plan{
		Title:  ops.T("Let %s steer OpenClaw, asked %s ago", "Laisser %s piloter OpenClaw, demandé il y a %s", ops.Name(a.Says), ops.Since(time.UnixMilli(one.Asked))),
		Target: a.ID[:min(len(a.ID), 12)], Locks: []string{"openclaw-devices"}, Facts: deviceFacts(a),
		Costs: []ops.Text{ops.T("It may then: %s. /device_remove shuts it out again.", "Il pourra : %s. /device_remove l’exclut de nouveau.", a.Wants)},
		Steps: []ops.Step{letDevice.Do(a), deviceIn.Verify(a)},
		Done:  ops.T("%s may steer OpenClaw", "%s peut piloter OpenClaw", ops.Name(a.Says)),
	}, nil
})

var _ = ops.Add(&set, ops.Spec{
	Name: "openclaw.device_remove", Command: "device_remove", Theme: theme, Risk: ops.Disruptive, Examples: []string{"c11c45ea601ac7d7949be6226d993f166bd075f9b15759321a532de56e4068a4"},
	Doc:     ops.T("Shut a browser or a program out of OpenClaw.", "Exclure un navigateur ou un programme d’OpenClaw."),
	Phrases: []ops.Text{ops.T("remove the openclaw device", "retire l’appareil openclaw")},
}, func(ctx context.Context, s *System, p removeParams) (ops.Plan, error) {
	d, err := s.devices(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	i := slices.IndexFunc(d.Paired, func(o device) bool { return o.ID == p.Device })
	if i < 0 {
		return ops.Plan{}, ops.Fail(ops.NotFound, ops.T("OpenClaw has no paired device %s. /devices shows them.", "OpenClaw n’a pas d’appareil appairé %s. /devices les montre.", ops.Name(clip(p.Device, 40))), nil)
	}
	one := d.Paired[i]
	a := deviceArgs{ID: one.ID, Says: one.says(), Wants: one.wants()}
	return ops.Plan{
		Title:  ops.T("Shut %s out of OpenClaw, paired for %s", "Exclure %s d’OpenClaw, appairé depuis %s", ops.Name(a.Says), ops.Since(time.UnixMilli(one.Approved))),
		Target: a.ID[:min(len(a.ID), 12)], Locks: []string{"openclaw-devices"}, Facts: deviceFacts(a),
		Costs: []ops.Text{ops.T("It is cut off at once, and must ask again to come back.", "Il est coupé aussitôt, et doit redemander pour revenir.")},
		Steps: []ops.Step{dropDevice.Do(a), deviceOut.Verify(a)},
		Done:  ops.T("%s shut out of OpenClaw", "%s exclu d’OpenClaw", ops.Name(a.Says)),
	}, nil
})

func deviceFacts(a deviceArgs) []ops.Fact {
	return []ops.Fact{
		{Name: "device", Value: a.ID, Label: ops.T("which device", "quel appareil")},
		{Name: "wants", Value: a.Wants, Label: ops.T("what it may do", "ce qu’il peut faire")},
	}
}
