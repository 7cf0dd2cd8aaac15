package policies

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

func TestExplain(t *testing.T) {
	p := newPage(t,
		Rule{Name: "vic looks after plane", Who: Words{"vic"}, What: Words{"/restart", "/start"}, Target: Words{"plane-*"}, Demand: "confirm"},
		Rule{Name: "hands off infra", What: Words{"/restart"}, Args: map[string]Words{"phase": {"infra", "all"}}, Demand: "deny"},
		Rule{Name: "restores", What: Words{"/restore"}, Demand: "approve 2 admin", Code: true},
		Rule{Name: "at night", What: Words{"/prune"}, Hours: Words{"22:00-06:00"}, Demand: "deny"},
	)
	for _, c := range []struct {
		who  ops.Caller
		want string
	}{
		{vic, `
allow   logs (default: everybody looks)
confirm restart start [plane-*] (vic looks after plane)
approve restore (restores)
deny    prune (default: denied)
deny    restart [phase = infra, all] (hands off infra)
deny    restart start (default: denied)`},
		{ann, `
allow   logs (default: everybody looks)
confirm restart start (default: operators confirm)
type    prune (default: admins type)
approve restore (restores)
deny    restart [phase = infra, all] (hands off infra)`},
		{eve, `
deny    logs prune restart start restore (strangers)`},
	} {
		var b strings.Builder
		for _, l := range p.policy.Explain(c.who, specs, p.now) {
			only := ""
			if !l.Only.IsZero() {
				only = " [" + ops.Unmark(l.Only.En) + "]"
			}
			fmt.Fprintf(&b, "\n%-7s %s%s (%s)", l.Verdict.Demand, strings.Join(l.Commands, " "), only, l.Verdict.Rule)
			if l.Verdict.Demand == ops.Deny && l.Verdict.Why.IsZero() {
				t.Errorf("%s: denied without a reason", l.Commands)
			}
		}
		if b.String() != c.want {
			t.Errorf("%s:\n got%s\nwant%s", c.who.Name, b.String(), c.want)
		}
	}
	night := p.now.Add(11 * time.Hour)
	for _, l := range p.policy.Explain(ann, specs[1:2], night) {
		if l.Verdict.Rule != "at night" {
			t.Errorf("at night, prune is decided by %s", l.Verdict.Rule)
		}
	}
}

// What Explain says without conditions is what Decide says.
func TestExplainAgreesWithDecide(t *testing.T) {
	p := newPage(t, Rule{Name: "a", Who: Words{"operator"}, What: Words{"docker.*"}, Risk: Words{"disruptive+"}, Demand: "type"})
	for _, who := range append(crew, model(ann), eve) {
		seen := 0
		for _, l := range p.policy.Explain(who, specs, p.now) {
			for _, cmd := range l.Commands {
				seen++
				if v := p.judge(who, cmd); v != l.Verdict && l.Verdict.Demand != ops.Deny || v.Demand != l.Verdict.Demand {
					t.Errorf("%s: %s: Explain says %+v, Decide %+v", who.Name, cmd, l.Verdict, v)
				}
			}
		}
		if seen != len(specs) {
			t.Errorf("%s: %d ops explained of %d", who.Name, seen, len(specs))
		}
	}
}
