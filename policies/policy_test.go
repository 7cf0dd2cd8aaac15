package policies

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

var (
	ann   = ops.Caller{ID: 1, Name: "ann", Role: ops.Admin, Via: "telegram"}
	bob   = ops.Caller{ID: 2, Name: "bob", Role: ops.Operator, Via: "telegram"}
	vic   = ops.Caller{ID: 3, Name: "vic", Role: ops.Viewer, Via: "telegram"}
	zoe   = ops.Caller{ID: 4, Name: "zoe", Role: ops.Admin, Via: "telegram"}
	eve   = ops.Caller{ID: 666, Name: "ann", Via: "telegram"} // calls herself ann
	crew  = []ops.Caller{ann, bob, vic, zoe}
	known = Known{People: crew, Ops: specs}

	specs = []ops.Spec{
		{Name: "docker.logs", Command: "logs", Risk: ops.Reads},
		{Name: "docker.prune", Command: "prune", Risk: ops.Destructive},
		{Name: "docker.restart", Command: "restart", Risk: ops.Disruptive},
		{Name: "docker.start", Command: "start", Risk: ops.Reversible},
		{Name: "postgres.restore", Command: "restore", Risk: ops.Destructive},
	}
)

// model is who asks when a model does, for somebody.
func model(who ops.Caller) ops.Caller {
	who.Via, who.OnBehalfOf = "llm", who.ID
	return who
}

// A page judges asks by one policy at one time.
type page struct {
	t      *testing.T
	policy *Policy
	now    time.Time
}

func newPage(t *testing.T, rules ...Rule) *page {
	t.Helper()
	p, problems := New(rules, known)
	for _, pr := range problems {
		t.Errorf("rule %d: %s: %s", pr.Rule, pr.Key, pr.Say.En)
	}
	return &page{t, p, time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)} // a Wednesday
}

// judge reads "restart n8n" or "restore n8n dump=last".
func (p *page) judge(who ops.Caller, words string) ops.Verdict {
	p.t.Helper()
	fields := strings.Fields(words)
	q := ops.Request{Who: who, Args: ops.Args{}, Time: p.now}
	for _, s := range specs {
		if s.Command == fields[0] {
			q.Op, q.Risk = s, s.Risk
		}
	}
	if q.Op.Name == "" {
		p.t.Fatalf("the test speaks of %q, which is no op", fields[0])
	}
	for _, f := range fields[1:] {
		name, value, ok := strings.Cut(f, "=")
		if !ok {
			name, value, q.Target = "service", f, f
		}
		q.Args[name] = value
	}
	return p.policy.Decide(q)
}

func (p *page) expect(who ops.Caller, words, want string) {
	p.t.Helper()
	v := p.judge(who, words)
	got := string(v.Demand)
	if v.Demand == ops.Others {
		got += fmt.Sprintf(" %d %s", v.N, v.Role)
	}
	if v.Code {
		got += " code"
	}
	if got != want {
		p.t.Errorf("%s (%s, via %s): %s\n got %s (rule %s)\nwant %s", who.Name, who.Role, who.Via, words, got, v.Rule, want)
	}
	if v.Rule == "" {
		p.t.Errorf("%s: %s: no rule is named", who.Name, words)
	}
	if v.Demand == ops.Deny && (v.Why.En == "" || v.Why.Fr == "") {
		p.t.Errorf("%s: %s: denied without a reason in both languages: %+v", who.Name, words, v.Why)
	}
}

func (p *page) allow(who ops.Caller, words string)   { p.t.Helper(); p.expect(who, words, "allow") }
func (p *page) confirm(who ops.Caller, words string) { p.t.Helper(); p.expect(who, words, "confirm") }
func (p *page) typed(who ops.Caller, words string)   { p.t.Helper(); p.expect(who, words, "type") }
func (p *page) deny(who ops.Caller, words string)    { p.t.Helper(); p.expect(who, words, "deny") }

func TestWithNoPolicyAtAll(t *testing.T) {
	p := newPage(t)

	p.allow(vic, "logs n8n")
	p.allow(bob, "logs n8n")
	p.allow(ann, "logs n8n")

	p.deny(vic, "start n8n")
	p.deny(vic, "restart n8n")
	p.confirm(bob, "start n8n")
	p.confirm(bob, "restart n8n")
	p.confirm(ann, "restart n8n")

	p.deny(vic, "restore n8n")
	p.deny(bob, "restore n8n")
	p.typed(ann, "restore n8n")

	p.deny(eve, "logs n8n") // not listed: her name is not a key
	p.deny(eve, "restart n8n")

	p.allow(model(vic), "logs n8n")
	p.confirm(model(bob), "restart n8n")
	p.deny(model(vic), "restart n8n")
}

func TestPolicyOfASmallTeam(t *testing.T) {
	p := newPage(t,
		Rule{Name: "the database is not touched by day", What: Words{"*"}, Target: Words{"postgresql"}, Risk: Words{"disruptive+"},
			Days: Words{"mon-fri"}, Hours: Words{"09:00-18:00"}, Demand: "deny", Why: "people work on it", WhyFr: "on travaille dessus"},
		Rule{Name: "restores need a second admin", What: Words{"/restore"}, Demand: "approve 1 admin", Code: true},
		Rule{Name: "vic looks after plane", Who: Words{"vic"}, What: Words{"/restart"}, Target: Words{"plane-*"}, Demand: "confirm"},
		Rule{Name: "models keep their hands off", Via: Words{"llm"}, What: Words{"docker.*"}, Risk: Words{"destructive"}, Demand: "deny"},
		Rule{Name: "ann is trusted", Who: Words{"1"}, What: Words{"docker.*"}, Risk: Words{"reversible", "disruptive"}, Demand: "allow"},
		Rule{Name: "no searching", Who: Words{"operator"}, What: Words{"/logs"}, Args: map[string]Words{"find": {"*"}}, Demand: "deny"},
		Rule{Name: "no old logs", Who: Words{"operator"}, What: Words{"/logs"}, Args: map[string]Words{"since": {"*d"}}, Demand: "deny"},
	)

	p.deny(ann, "restart postgresql")
	p.deny(bob, "restart postgresql")
	p.allow(bob, "logs postgresql")
	p.allow(ann, "restart n8n")
	p.confirm(bob, "restart n8n")
	p.confirm(zoe, "restart n8n")

	p.expect(ann, "restore n8n", "approve 1 admin code")
	p.expect(vic, "restore n8n", "approve 1 admin code") // the owner's policy says so

	p.confirm(vic, "restart plane-api")
	p.confirm(vic, "restart PLANE-api")
	p.deny(vic, "restart n8n")
	p.deny(vic, "start plane-api")

	p.deny(model(ann), "prune javisi")
	p.typed(ann, "prune javisi")
	p.confirm(model(ann), "restart n8n") // allowed to her; a model's ask still takes her tap
	p.confirm(model(vic), "restart plane-api")

	p.deny(bob, "logs n8n since=3d")
	p.deny(bob, "logs n8n find=x")
	p.allow(bob, "logs n8n since=3h")
	p.allow(bob, "logs n8n")
	p.allow(ann, "logs n8n since=3d")

	p.deny(eve, "restart plane-api")

	nameless := ops.Caller{Role: ops.Viewer, Via: "llm", OnBehalfOf: vic.ID}
	p.confirm(nameless, "restart plane-api") // what holds for vic holds for a model that asks for vic
	p.deny(ops.Caller{Role: ops.Viewer, Via: "llm"}, "restart plane-api")

	p.now = p.now.Add(8 * time.Hour) // in the evening
	p.allow(ann, "restart postgresql")
	p.confirm(bob, "restart postgresql")
}

// Whatever the rules say, strangers may nothing, and a model changes nothing without a tap.
func TestWhatNoRuleCanGive(t *testing.T) {
	everything, problems := New(Rules{{Name: "open bar", What: Words{"*"}, Demand: "allow"}}, known)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	p := &page{t, everything, time.Now()}
	odd := ops.Caller{ID: 9, Name: "odd", Role: "root", Via: "telegram"}
	for _, s := range specs {
		p.allow(vic, s.Command+" n8n")
		p.deny(eve, s.Command+" n8n")
		p.deny(odd, s.Command+" n8n")
		p.deny(model(eve), s.Command+" n8n")
		if s.Risk == ops.Reads {
			p.allow(model(vic), s.Command+" n8n")
		} else {
			p.confirm(model(vic), s.Command+" n8n")
			p.confirm(model(ann), s.Command+" n8n")
		}
	}
}

// A plan that turns out worse than its op is judged at what it is.
func TestPlanWorseThanItsOp(t *testing.T) {
	p := newPage(t)
	q := ops.Request{Who: bob, Op: specs[2], Risk: ops.Destructive, Target: "n8n", Time: p.now}
	if v := p.policy.Decide(q); v.Demand != ops.Deny || v.Role != ops.Admin {
		t.Errorf("got %+v", v)
	}
	q.Risk = ops.Reads // nor does a careless caller make it look harmless
	if v := p.policy.Decide(q); v.Demand != ops.Confirm {
		t.Errorf("got %+v", v)
	}
}

func TestDenialSaysWhoCould(t *testing.T) {
	p := newPage(t, Rule{Name: "logs are for admins", Who: Words{"viewer", "operator"}, What: Words{"/logs"}, Demand: "deny"},
		Rule{Name: "frozen", What: Words{"docker.prune"}, Demand: "deny", Why: "disk is fine"},
		Rule{Name: "not even admins", Who: Words{"admin"}, What: Words{"/restore"}, Target: Words{"redis"}, Demand: "deny"})
	for _, c := range []struct {
		who    ops.Caller
		words  string
		role   ops.Role
		en, fr string
	}{
		{vic, "restart n8n", ops.Operator, "/restart is for operators; you are a viewer.", "/restart est réservé aux opérateurs ; tu es lecteur."},
		{bob, "restore n8n", ops.Admin, "/restore is for admins; you are an operator.", "/restore est réservé aux admins ; tu es opérateur."},
		{bob, "logs n8n", ops.Admin, "/logs is refused by the rule logs are for admins.", "/logs est refusé par la règle logs are for admins."},
		{bob, "restore redis", ops.Nobody, "Nobody may use /restore.", "Personne ne peut utiliser /restore."},
		{ann, "prune all", ops.Nobody, "disk is fine", "disk is fine"},
	} {
		v := p.judge(c.who, c.words)
		if v.Role != c.role || ops.Unmark(v.Why.En) != c.en || ops.Unmark(v.Why.Fr) != c.fr {
			t.Errorf("%s: %s\n got %s: %s / %s\nwant %s: %s / %s", c.who.Name, c.words, v.Role, ops.Unmark(v.Why.En), ops.Unmark(v.Why.Fr), c.role, c.en, c.fr)
		}
	}
}

// The whole authorisation matrix with no policy: role × risk × via.
func TestMatrix(t *testing.T) {
	const want = `
             telegram  console   llm
- reads          deny     deny     deny
- reversible     deny     deny     deny
- disruptive     deny     deny     deny
- destructive    deny     deny     deny
viewer reads     allow    allow    allow
viewer reversible deny    deny     deny
viewer disruptive deny    deny     deny
viewer destructive deny   deny     deny
operator reads   allow    allow    allow
operator reversible confirm confirm confirm
operator disruptive confirm confirm confirm
operator destructive deny deny     deny
admin reads      allow    allow    allow
admin reversible confirm  confirm  confirm
admin disruptive confirm  confirm  confirm
admin destructive type    type     type
`
	lines := strings.Split(strings.TrimSpace(want), "\n")
	via := strings.Fields(lines[0])
	if len(via) != len(vias) || len(lines) != 1+4*4 {
		t.Fatal("the matrix is not whole")
	}
	for _, line := range lines[1:] {
		f := strings.Fields(line)
		risk, err := ops.ParseRisk(f[1])
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range via {
			who := ops.Caller{ID: 7, Role: ops.Role(strings.TrimPrefix(f[0], "-")), Via: v}
			var none Policy
			got := none.Decide(ops.Request{Who: who, Op: ops.Spec{Name: "x.y", Command: "y", Risk: risk}, Risk: risk})
			if string(got.Demand) != f[2+i] {
				t.Errorf("%s via %s: got %s, want %s", line, v, got.Demand, f[2+i])
			}
		}
	}
}

// A policy that cannot be read must not fall back to something more generous than was meant.
func TestUnreadablePolicyDenies(t *testing.T) {
	broken, problems := New(Rules{{Name: "x", What: Words{"*"}, Demand: "dney"}}, known)
	if len(problems) != 1 {
		t.Fatal(problems)
	}
	p := &page{t, broken, time.Now()}
	p.deny(ann, "logs n8n")
	p.deny(vic, "restart n8n")
}

func TestDefaultsHaveNoProblems(t *testing.T) {
	for i, r := range Defaults {
		if _, problems := compile(i, r, Known{}); len(problems) > 0 {
			t.Errorf("%s: %v", r.Name, problems)
		}
	}
	if len(defaults) != 3 {
		t.Errorf("there are %d defaults", len(defaults))
	}
}
