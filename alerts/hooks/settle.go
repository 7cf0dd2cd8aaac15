package hooks

import (
	"cmp"
	"regexp"
	"slices"
	"time"

	"vigie/ops"
)

// An event is a trouble as its sender told it, before it is known what becomes of it here.
type event struct {
	ops.Trouble
	facts map[string]string // what rules look at: the alert's labels, or the sender's own fields
	names []string          // what may be the name of a service of ours
	usual ops.Severity      // where neither the message nor the source's configuration says one; "" is a warning
}

// A Rule says what to make of the messages that it matches.
type Rule struct {
	// When gives what must hold, all of it: the name of a label or field, and how it reads, as [ops.Glob] does. Alertmanager and
	// Grafana: labels. Uptime Kuma: monitor, type, host, and its tags. Diun: image, status, provider. LiteLLM: type, event,
	// provider, model, class, who. GitHub: event, repository, workflow. json: subject, kind. None matches everything.
	When map[string]string
	// Subject and Severity replace what the message says; empty leaves it. A literal: nothing is put in.
	Subject  string
	Severity ops.Severity
}

var sortAndName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,29}:\S(?:.{0,150}\S)?$`)

func (r Rule) matches(facts map[string]string) bool {
	for name, pattern := range r.When {
		if !ops.Glob(pattern, facts[name]) {
			return false
		}
	}
	return true
}

// mostTroubles is how many one request may tell: far more than anybody reads, and quickly told.
const mostTroubles = 1000

// settle makes troubles of events: rules, services of ours, and what holds for every trouble from outside.
func (h *Hooks) settle(s *source, events []event, now time.Time) []ops.Trouble {
	if more := len(events) - mostTroubles; more > 0 {
		events = events[:mostTroubles]
		events[0].Lines = append([]ops.Text{ops.T("%d more came in the same message and are left out", "%d autres sont arrivées dans le même message et sont laissées de côté", more)}, events[0].Lines...)
	}
	var all []ops.Trouble
	for _, e := range events {
		h.join(s, &e)
		all = append(all, e.bounded(now))
	}
	return all
}

// join gives e the subject that it belongs to here, if that is another than its sender's. Several things that others say are
// wrong with one subject of ours keep their lives apart, and apart from what we say ourselves: the kind tells where each is from.
func (h *Hooks) join(s *source, e *event) {
	subject := ""
	for _, name := range e.names {
		if service, ok := h.service(name); ok {
			subject = "container:" + service
			e.Locks = []string{subject}
			if own := "container:" + name; own != subject {
				e.Locks = append(e.Locks, own)
			}
			if e.Over {
				break
			}
			e.Offers = append(e.Offers, ops.AskFor(ops.T("Inspect", "Inspecter"), "docker.inspect", "service", service),
				ops.AskFor(ops.T("Logs", "Journaux"), "docker.logs", "service", service))
			break
		}
	}
	if i := slices.IndexFunc(s.Rules, func(r Rule) bool { return r.matches(e.facts) }); i >= 0 {
		if r := s.Rules[i]; r.Subject != "" {
			subject = r.Subject
		}
		if r := s.Rules[i]; r.Severity != "" {
			e.Severity = r.Severity
		}
	}
	if subject != "" && subject != e.Subject {
		e.Subject, e.Kind = subject, e.Kind+":"+digest(e.Subject)
	}
	e.Severity = cmp.Or(e.Severity, s.Severity, e.usual, ops.Warning)
}

// bounded is the trouble with everything cut to size, whatever its sender wrote.
func (e event) bounded(now time.Time) ops.Trouble {
	t := e.Trouble
	t.Title, t.Quote = cutText(t.Title, mostTitle), cut(t.Quote, mostQuote)
	if t.At.After(now) { // the sender's clock is ahead of ours
		t.At = now
	}
	var lines []ops.Text
	for _, l := range t.Lines {
		if !l.IsZero() && len(lines) < mostLines {
			lines = append(lines, cutText(l, mostLine))
		}
	}
	t.Lines = lines
	return t
}
