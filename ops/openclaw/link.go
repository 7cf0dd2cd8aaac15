package openclaw

import (
	"context"
	"time"

	"vigie/ops"
)

// linkLife is how long the bootstrap link stays in the chat: long enough to open it on the same phone.
const linkLife = 2 * time.Minute

type linkParams struct{}

// linkOp is left out where no link is configured.
const linkOp = "openclaw.link"

var _ = ops.Look(&set, ops.Spec{
	Name: linkOp, Command: "openclaw_link", Theme: theme, Secret: true, Examples: []string{""},
	Doc: ops.T("The link that lets a new browser steer OpenClaw, for admins in their own chat; it is deleted after 2 min.", "Le lien qui laisse un nouveau navigateur piloter OpenClaw, pour les admins en privé ; il est effacé après 2 min."),
	Phrases: []ops.Text{
		ops.T("give me the bootstrap link of openclaw", "donne-moi le lien d’amorçage d’openclaw"), ops.T("openclaw bootstrap link", "lien d’amorçage openclaw"),
	},
}, func(_ context.Context, s *System, _ linkParams) (ops.Answer, error) {
	var a ops.Answer
	a.Line(ops.T("%s Whoever has this link steers OpenClaw, and runs what they like there", "%s Qui a ce lien pilote OpenClaw, et y lance ce qu’il veut", ops.AtRisk))
	a.Blocks = append(a.Blocks, ops.Block{Private: ops.Conceal(s.o.Link.Reveal())})
	a.Line(ops.T("Open it in your own browser; it then asks to be let in: /devices. Forward it to nobody. It is gone from here in %s.",
		"Ouvre-le dans ton propre navigateur, qui demandera ensuite à entrer : /devices. Ne le transfère à personne. Il disparaît d’ici dans %s.", ops.Span(linkLife)))
	a.Gone = linkLife
	a.Row(ops.AskFor(ops.T("Devices", "Appareils"), "openclaw.devices"))
	return a, nil
})
