package hooks

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"vigie/ops"
)

// litellm is what LiteLLM's alerting sends: on budgets a record with an event, on everything else (through its Slack notation or
// a relay) an alert type and a text.
type litellm struct {
	Type    string `json:"alert_type"`
	Message string `json:"event_message"`
	Text    string `json:"text"` // Slack's notation
	Model   string `json:"model"`

	Event     string   `json:"event"`       // "budget_crossed", "threshold_crossed", …
	Group     string   `json:"event_group"` // "key", "internal_user", "team", "proxy", …
	Spend     float64  `json:"spend"`
	Max       *float64 `json:"max_budget"`
	Soft      *float64 `json:"soft_budget"`
	Alias     string   `json:"key_alias"` // the key itself, in "token", is not looked at
	User      string   `json:"user_id"`
	Team      string   `json:"team_alias"`
	TeamID    string   `json:"team_id"`
	Projected *float64 `json:"projected_spend"`
	On        string   `json:"projected_exceeded_date"`
}

const (
	fadesCalls  = 30 * time.Minute // failed calls come in storms: half an hour without is over
	fadesBudget = 25 * time.Hour   // LiteLLM repeats what it says of a budget once in 24 h at most (budget_alert_ttl)
	fadesReport = time.Hour
)

func (s *source) readLiteLLM(r request) ([]event, error) {
	var m litellm
	if err := r.decode(&m); err != nil {
		return nil, err
	}
	if m.Event != "" {
		return m.budget(r), nil
	}
	m.Message = first(m.Message, m.Text)
	if m.Type == "" && m.Message == "" {
		return nil, errors.New(`neither "event" nor "alert_type" with "event_message" is there`)
	}
	if routine(m.Type) {
		return []event{m.report(r)}, nil
	}
	return []event{s.failed(m, r)}, nil
}

// budget is an event on a budget: the same subject and kind from the first threshold to the end of it.
func (m litellm) budget(r request) []event {
	group := first(m.Group, "proxy")
	who := first(m.Alias, m.Team, m.User, m.TeamID)
	e := event{facts: map[string]string{"event": m.Event, "who": who}}
	e.Subject, e.Kind, e.Fades = "litellm:"+r.source+":"+key(group)+":"+key(first(who, "all")), "budget", fadesBudget
	shown := ops.T("LiteLLM as a whole", "LiteLLM dans son ensemble")
	if who != "" {
		shown = ops.Raw(ops.Name(oneLine(who, 40)).String())
	}
	limit := ops.Raw(fmt.Sprintf("%.2f $", m.Spend))
	if most := cmp.Or(m.Max, m.Soft); most != nil && *most > 0 {
		limit = ops.T("%.2f of %.2f $", "%.2f sur %.2f $", m.Spend, *most)
	}
	switch m.Event {
	case "budget_crossed":
		e.usual = ops.Critical
		e.Title = ops.T("%s is over its budget: %s", "%s dépasse son budget : %s", shown, limit)
	case "threshold_crossed":
		e.Title = ops.T("%s nears its budget: %s", "%s approche de son budget : %s", shown, limit)
	case "soft_budget_crossed":
		e.Title = ops.T("%s is over its soft budget: %s", "%s dépasse son budget indicatif : %s", shown, limit)
	case "projected_limit_exceeded":
		e.Title = ops.T("%s will go over its budget: %s", "%s va dépasser son budget : %s", shown, limit)
		if on := day(m.On); on != "" {
			e.Lines = append(e.Lines, ops.T("at this rate on %s", "à ce rythme, le %s", on))
		}
		if m.Projected != nil {
			e.Lines = append(e.Lines, ops.T("%.2f $ by the end of the period", "%.2f $ d’ici la fin de la période", *m.Projected))
		}
	default: // "spend_tracked" comes with each call
		return nil
	}
	line, quoted := long(m.Message)
	e.Lines, e.Quote = append(e.Lines, line), quoted
	return []event{e}
}

// day reads LiteLLM's date, which is American or ISO; what is neither stays as it is.
func day(s string) string {
	for _, layout := range []string{"01/02/2006", time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return oneLine(s, 30)
}

// routine reports whether an alert type tells what was done or counted, and not what went wrong.
func routine(alertType string) bool {
	switch alertType {
	case "daily_reports", "spend_reports", "fallback_reports", "new_model_added", "model_deprecation_warnings":
		return true
	}
	return strings.HasSuffix(alertType, "_created") || strings.HasSuffix(alertType, "_updated") || strings.HasSuffix(alertType, "_deleted")
}

func (m litellm) report(r request) event {
	e := event{facts: map[string]string{"type": m.Type, "model": m.Model}}
	e.Subject, e.Kind, e.Severity, e.Fades = "litellm:"+r.source+":reports", key(m.Type), ops.Notice, fadesReport
	head, _, _ := strings.Cut(strings.TrimSpace(m.Message), "\n")
	e.Title = ops.T("LiteLLM reports: %s", "LiteLLM signale : %s", first(oneLine(head, mostKey), key(m.Type)))
	e.Quote = quote(m.Message)
	return e
}
