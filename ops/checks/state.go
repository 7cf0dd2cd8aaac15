package checks

import (
	"strings"
	"time"

	"vigie/ops"
)

// A state is what the watcher makes of a check's results: one streak for each kind of trouble, and what was told of it.
type state struct {
	streaks map[string]*streak // "down", "dns", "slow"
	told    map[string]ops.Trouble
}

// A streak counts results in a row. One failure is weather; so many are a trouble, and so many successes its end.
type streak struct {
	fails, passes int
	since         time.Time // the first failure of the row, or of the trouble
	stands        bool
}

func (s *streak) add(bad bool, r Result, c *check) {
	if !bad {
		s.fails, s.passes = 0, s.passes+1
		s.stands = s.stands && s.passes < c.Passes
		return
	}
	if s.fails++; s.fails == 1 && !s.stands {
		s.since = r.At
	}
	s.passes = 0
	s.stands = s.stands || s.fails >= c.Fails
}

// wavers reports whether the next result may decide something.
func (s *streak) wavers() bool { return s.fails > 0 && !s.stands || s.passes > 0 && s.stands }

func (c *check) streak(kind string) *streak {
	if c.state.streaks == nil {
		c.state.streaks = map[string]*streak{}
	}
	if c.state.streaks[kind] == nil {
		c.state.streaks[kind] = &streak{}
	}
	return c.state.streaks[kind]
}

// judge takes a result into account, and returns the troubles that it changes.
func (c *check) judge(r Result) (news []ops.Trouble) {
	c.streak("down").add(r.Fault == "down", r, c)
	if r.Fault != "down" { // else nobody knows
		if c.DNS != "" {
			c.streak("dns").add(r.Fault == "dns", r, c)
		}
		if c.MaxTime > 0 {
			c.streak("slow").add(r.Times.Total > c.MaxTime, r, c)
		}
	}
	for _, kind := range []string{"down", "dns", "slow"} {
		s, ok := c.state.streaks[kind]
		if !ok {
			continue
		}
		switch t := c.trouble(kind, r); {
		case s.wavers() && !s.stands:
		case !s.stands:
			news = append(news, c.over(kind, r))
		case r.Fault == kind, kind == "slow" && r.Fault != "down" && r.Times.Total > c.MaxTime:
			t.At = s.since
			news = append(news, t)
		}
	}
	return c.fresh(append(news, c.certificate(r)...))
}

// certificate is the trouble of a certificate that ends soon, or has ended. Nothing is said where none was seen.
func (c *check) certificate(r Result) []ops.Trouble {
	if r.Cert == nil || c.unwatched() && r.Fault != "tls" {
		return nil
	}
	severity := r.Cert.ends(r.At, c.Days)
	if severity == "" {
		return []ops.Trouble{c.over("tls", r)}
	}
	t := c.trouble("tls", r)
	t.Severity, t.At = severity, r.At
	if old, ok := c.state.told["tls"]; ok && !old.Over {
		t.At = old.At
	}
	return []ops.Trouble{t}
}

// unwatched reports whether nobody wants to know when its certificate ends: one that anything will do for need not be good.
func (c *check) unwatched() bool { return c.NoCert || c.Insecure && c.Days == nil }

// trouble says what is wrong.
func (c *check) trouble(kind string, r Result) ops.Trouble {
	name := ops.Name(c.Name)
	t := ops.Trouble{Subject: c.subject(), Kind: kind, Severity: c.Severity, Needs: append(append([]string(nil), c.Needs...), blindSubject), Offers: c.offers(),
		Title: ops.T("%s: %s", "%s : %s", name, r.Say), Lines: []ops.Text{ops.Raw(c.probe.target())}}
	switch kind {
	case "tls":
		t.Needs = nil
		t.Title = ops.T("%s: %s", "%s : %s", name, r.Cert.says(r.At))
		t.Lines = append(t.Lines, r.Cert.whose(), ops.T("what should renew it has not: its log says why", "ce qui devait le renouveler ne l’a pas fait : son journal dit pourquoi"))
	case "slow":
		t.Severity = ops.Warning
		t.Title = ops.T("%s takes longer than %s", "%s met plus de %s", name, ops.Span(c.MaxTime))
		t.Lines = append(t.Lines, c.slowest(r))
	case "down":
		t.Quote = r.Quote
	}
	if r.Final != "" {
		t.Lines = append(t.Lines, ops.T("it redirects to %s", "il redirige vers %s", ops.Name(r.Final)))
	}
	return t
}

// slowest says where the time goes.
func (c *check) slowest(r Result) ops.Text {
	t := r.Times
	return ops.T("%s: name %s, connection %s, TLS %s, first byte after %s", "%s : nom %s, connexion %s, TLS %s, premier octet après %s",
		ops.Span(t.Total), ops.Span(t.Lookup), ops.Span(t.Connect), ops.Span(t.TLS), ops.Span(t.First))
}

// over is the end of a trouble.
func (c *check) over(kind string, r Result) ops.Trouble {
	t := ops.Trouble{Subject: c.subject(), Kind: kind, Severity: c.Severity, Over: true, At: r.At, Title: ops.T("%s answers: %s", "%s répond : %s", ops.Name(c.Name), r.Say)}
	switch kind {
	case "tls":
		t.Title = ops.T("%s: %s", "%s : %s", ops.Name(c.Name), r.Cert.says(r.At))
	case "slow":
		t.Title = ops.T("%s takes %s", "%s met %s", ops.Name(c.Name), ops.Span(r.Times.Total))
	}
	return t
}

// fresh sorts out what was not told so before, and remembers it as told.
func (c *check) fresh(list []ops.Trouble) (news []ops.Trouble) {
	if c.state.told == nil {
		c.state.told = map[string]ops.Trouble{}
	}
	for _, t := range list {
		old, ok := c.state.told[t.Kind]
		if ok && old.Over == t.Over && (t.Over || old.Severity == t.Severity && old.Title == t.Title) {
			continue
		}
		c.state.told[t.Kind] = t
		news = append(news, t)
	}
	return news
}

func (c *check) subject() string { return "check:" + c.Name }

// wavers reports whether the next result may decide something: it is asked for sooner.
func (c *check) wavers() bool {
	for _, s := range c.state.streaks {
		if s.wavers() {
			return true
		}
	}
	return false
}

// settled reports whether enough was seen to say how the check stands.
func (c *check) settled() bool {
	_, ok := c.state.told["down"]
	return ok
}

// offers lead to the check, and to the containers that it needs.
func (c *check) offers() []ops.Button {
	list := []ops.Button{ops.AskFor(ops.Raw(c.Name+" ▸"), "checks.list", "check", c.Name)}
	for _, need := range c.Needs {
		if name, ok := strings.CutPrefix(need, "container:"); ok && len(list) < 4 {
			list = append(list, ops.AskFor(ops.Raw(name+" ▸"), "docker.inspect", "service", name))
		}
	}
	return list
}
