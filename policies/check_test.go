package policies

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

func TestEveryMistakeInARuleIsReported(t *testing.T) {
	all := Words{"*"}
	for _, c := range []struct {
		rule Rule
		key  string
		says string // part of the English sentence
	}{
		{Rule{What: all, Demand: "allow"}, "name", "needs a name"},
		{Rule{Name: "default: mine", What: all, Demand: "allow"}, "name", "choose another name"},
		{Rule{Name: "Strangers", What: all, Demand: "allow"}, "name", "choose another name"},
		{Rule{Name: "x", Demand: "allow"}, "what", `what = "*"`},
		{Rule{Name: "x", What: Words{" "}, Demand: "allow"}, "what", `what = "*"`},
		{Rule{Name: "x", What: Words{"docker.restrt"}, Demand: "allow"}, "what", "known: docker.logs, docker.prune, docker.restart"},
		{Rule{Name: "x", What: Words{"podman.*"}, Demand: "allow"}, "what", "no op is called"},
		{Rule{Name: "x", What: Words{"/reboot"}, Demand: "allow"}, "what", `no op is called "/reboot"`},
		{Rule{Name: "x", What: Words{"restart"}, Demand: "allow"}, "what", `write "/restart"`},
		{Rule{Name: "x", Who: Words{"root"}, What: all, Demand: "allow"}, "who", "users: ann, bob, vic, zoe"},
		{Rule{Name: "x", Who: Words{"99"}, What: all, Demand: "allow"}, "who", "neither a role nor a listed user"},
		{Rule{Name: "x", Who: Words{"ann+"}, What: all, Demand: "allow"}, "who", "neither a role nor a listed user"},
		{Rule{Name: "x", Via: Words{"sms"}, What: all, Demand: "allow"}, "via", "telegram, console, llm"},
		{Rule{Name: "x", What: all, Target: Words{""}, Demand: "deny"}, "target", "empty word"},
		{Rule{Name: "x", What: all, Args: map[string]Words{"phase": {}}, Demand: "deny"}, "args.phase", "at least one value"},
		{Rule{Name: "x", What: all, Risk: Words{"scary"}, Demand: "deny"}, "risk", "is not a risk"},
		{Rule{Name: "x", What: Words{"docker.logs"}, Risk: Words{"disruptive+"}, Demand: "deny"}, "risk", "never decides"},
		{Rule{Name: "x", What: Words{"docker.prune"}, Risk: Words{"reversible"}, Demand: "deny"}, "risk", "never decides"},
		{Rule{Name: "x", What: all, Risk: Words{"reads"}, Demand: "confirm"}, "risk", "nothing to confirm"},
		{Rule{Name: "x", What: Words{"docker.logs"}, Demand: "approve 1 admin"}, "what", "docker.logs only looks"},
		{Rule{Name: "x", What: all, Days: Words{"lundi"}, Demand: "deny"}, "days", "not a day"},
		{Rule{Name: "x", What: all, Days: Words{"mon-"}, Demand: "deny"}, "days", "not a day"},
		{Rule{Name: "x", What: all, Hours: Words{"9-18"}, Demand: "deny"}, "hours", "not a part of the day"},
		{Rule{Name: "x", What: all, Hours: Words{"09:00"}, Demand: "deny"}, "hours", "not a part of the day"},
		{Rule{Name: "x", What: all, Hours: Words{"25:00-26:00"}, Demand: "deny"}, "hours", "not a part of the day"},
		{Rule{Name: "x", What: all, Hours: Words{"09:60-10:00"}, Demand: "deny"}, "hours", "not a part of the day"},
		{Rule{Name: "x", What: all, Hours: Words{"09:00-09:00"}, Demand: "deny"}, "hours", "not a part of the day"},
		{Rule{Name: "x", What: all, Hours: Words{"+9:00-10:00"}, Demand: "deny"}, "hours", "not a part of the day"},
		{Rule{Name: "x", What: all}, "verdict", "has no verdict"},
		{Rule{Name: "x", What: all, Demand: "maybe"}, "verdict", "does not exist"},
		{Rule{Name: "x", What: all, Demand: "confirm twice"}, "verdict", "nothing follows"},
		{Rule{Name: "x", What: all, Demand: "approve"}, "verdict", "how many others"},
		{Rule{Name: "x", What: all, Demand: "approve 2"}, "verdict", "how many others"},
		{Rule{Name: "x", What: all, Demand: "approve admin"}, "verdict", "how many others"},
		{Rule{Name: "x", What: all, Demand: "approve 0 admin"}, "verdict", "how many others"},
		{Rule{Name: "x", What: all, Demand: "approve 1 boss"}, "verdict", "how many others"},
		{Rule{Name: "x", What: all, Demand: "approve 3 admin"}, "verdict", "only 2 are listed"},
		{Rule{Name: "x", What: all, Demand: "allow", Code: true}, "code", "asks for nothing"},
	} {
		p, problems := New(Rules{c.rule}, known)
		if len(problems) != 1 {
			t.Errorf("%+v: %d problems, want 1: %v", c.rule, len(problems), problems)
			continue
		}
		got := problems[0]
		if got.Key != c.key || !strings.Contains(got.Say.En, c.says) || got.Say.Fr == "" || got.Say.Fr == got.Say.En {
			t.Errorf("%+v\n got %s: %s / %s\nwant %s: …%s…", c.rule, got.Key, got.Say.En, got.Say.Fr, c.key, c.says)
		}
		if v := p.Decide(ops.Request{Who: ann, Op: specs[0]}); v.Demand != ops.Deny {
			t.Errorf("%+v: a policy with a problem decides %s", c.rule, v.Demand)
		}
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	_, problems := New(Rules{
		{Name: "one", Who: Words{"root"}, Demand: "maybe"},
		{Name: "fine", What: Words{"/logs"}, Demand: "allow"},
		{Name: "Fine", What: Words{"/start"}, Hours: Words{"x"}, Days: Words{"y"}, Demand: "deny"},
	}, known)
	var got []string
	for _, p := range problems {
		got = append(got, string(rune('0'+p.Rule))+p.Key)
	}
	if s := strings.Join(got, " "); s != "0who 0what 0verdict 2days 2hours 2name" {
		t.Errorf("got %s", s)
	}
}

func TestShadowedRules(t *testing.T) {
	with := func(change func(*Rule)) Rule {
		r := Rule{What: Words{"*"}, Demand: "deny"}
		change(&r)
		return r
	}
	everything := with(func(*Rule) {})
	for name, c := range map[string]struct {
		first, second Rule
		want          bool
	}{
		"everything":         {everything, with(func(r *Rule) { r.What = Words{"/logs"} }), true},
		"other way round":    {with(func(r *Rule) { r.What = Words{"/logs"} }), everything, false},
		"the same":           {everything, everything, true},
		"op by its command":  {with(func(r *Rule) { r.What = Words{"/restart"} }), with(func(r *Rule) { r.What = Words{"docker.restart"} }), true},
		"roles":              {with(func(r *Rule) { r.Who = Words{"operator+"} }), with(func(r *Rule) { r.Who = Words{"admin"} }), true},
		"more roles":         {with(func(r *Rule) { r.Who = Words{"operator"} }), with(func(r *Rule) { r.Who = Words{"operator+"} }), false},
		"all roles":          {with(func(r *Rule) { r.Who = Words{"viewer+"} }), everything, true},
		"a person of a role": {with(func(r *Rule) { r.Who = Words{"operator"} }), with(func(r *Rule) { r.Who = Words{"bob"} }), true},
		"another person":     {with(func(r *Rule) { r.Who = Words{"ann"} }), with(func(r *Rule) { r.Who = Words{"bob"} }), false},
		"via":                {with(func(r *Rule) { r.Via = Words{"llm"} }), everything, false},
		"risk":               {with(func(r *Rule) { r.Risk = Words{"reads", "reversible+"} }), everything, true},
		"less risk":          {with(func(r *Rule) { r.Risk = Words{"disruptive"} }), with(func(r *Rule) { r.Risk = Words{"disruptive+"} }), false},
		"risk of the op":     {with(func(r *Rule) { r.Risk = Words{"reads"} }), with(func(r *Rule) { r.What = Words{"/logs"} }), true},
		"target":             {with(func(r *Rule) { r.Target = Words{"plane-*"} }), with(func(r *Rule) { r.Target = Words{"plane-api", "plane-w*"} }), true},
		"any target":         {with(func(r *Rule) { r.Target = Words{"plane-*"} }), everything, false},
		"args":               {with(func(r *Rule) { r.Args = map[string]Words{"phase": {"infra"}} }), everything, false},
		"hours":              {with(func(r *Rule) { r.Hours = Words{"22:00-06:00"} }), with(func(r *Rule) { r.Hours = Words{"23:00-24:00"} }), true},
		"other hours":        {with(func(r *Rule) { r.Hours = Words{"22:00-06:00"} }), with(func(r *Rule) { r.Hours = Words{"21:00-23:00"} }), false},
		"every day":          {with(func(r *Rule) { r.Days = Words{"sat-fri"} }), everything, true},
		"confirm, not reads": {with(func(r *Rule) { r.Demand = "confirm" }), everything, false},
	} {
		c.first.Name, c.second.Name = "first", "second"
		_, problems := New(Rules{c.first, c.second}, known)
		if got := len(problems) > 0; got != c.want {
			t.Errorf("%s: shadowed %t, want %t: %v", name, got, c.want, problems)
		}
		for _, p := range problems {
			if p.Rule != 1 || !strings.Contains(p.Say.En, `"second" never decides: "first" stands before it`) {
				t.Errorf("%s: %+v", name, p)
			}
		}
	}
}

// Shadowing is never claimed wrongly: what a shadowed rule matches, the one before it matches.
func TestShadowingIsSound(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) (w Words) {
		for _, f := range from {
			if rnd.IntN(len(from)+1) == 0 {
				w = append(w, f)
			}
		}
		return w
	}
	random := func() Rule {
		r := Rule{Name: "r", Who: pick("viewer", "operator+", "admin", "bob", "1"), Via: pick("llm", "console", "telegram"),
			What:   append(pick("docker.*", "docker.re*", "/restart", "/re*", "*.logs", "*"), pick("*")...),
			Target: pick("n8n", "n*", "?8n"), Risk: pick("reads", "reversible+", "destructive", "disruptive"),
			Days: pick("mon-wed", "wed"), Hours: pick("11:00-13:00", "12:30-11:30"), Demand: "deny"}
		if rnd.IntN(3) == 0 {
			r.Args = map[string]Words{"service": {"n*"}}
		}
		if len(r.What) == 0 {
			r.What = Words{"*"}
		}
		return r
	}
	var asks []ops.Request
	for _, who := range append(crew, model(bob), model(vic), ops.Caller{ID: 8, Role: ops.Viewer, Via: "console"}) {
		for _, op := range specs {
			for _, target := range []string{"", "n8n", "redis"} {
				for _, hour := range []int{11, 12, 13} {
					asks = append(asks, ops.Request{Who: who, Op: op, Risk: op.Risk, Target: target, Args: ops.Args{"service": target},
						Time: time.Date(2026, 3, 4+rnd.IntN(3), hour, 0, 0, 0, time.UTC)})
				}
			}
		}
	}
	claimed, matched := 0, 0
	for range 5_000 {
		a, _ := compile(0, random(), known)
		b, _ := compile(1, random(), known)
		for _, k := range []Known{known, {People: crew}} {
			if !a.shadows(b, k) {
				continue
			}
			claimed++
			for _, q := range asks {
				if b.matches(q) && b.concerns(q) {
					matched++
					if !a.matches(q) || !a.concerns(q) {
						t.Fatalf("%+v\nis said to shadow\n%+v\nwhich alone matches\n%+v", a, b, q)
					}
				}
			}
		}
	}
	if claimed < 100 || matched < 100 {
		t.Errorf("only %d pairs were shadowed, with %d asks: the test shows nothing", claimed, matched)
	}
}
