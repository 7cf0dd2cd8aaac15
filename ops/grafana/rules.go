package grafana

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A rule is an alert rule, as Grafana last evaluated it.
type rule struct {
	UID       string            `json:"uid"`
	Name      string            `json:"name"`
	State     string            `json:"state"`  // "firing", "pending", "recovering", "inactive"
	Health    string            `json:"health"` // "ok", "nodata", "error"
	Error     string            `json:"lastError"`
	Type      string            `json:"type"` // "alerting" or "recording"
	Paused    bool              `json:"isPaused"`
	Labels    map[string]string `json:"labels"`
	Notes     map[string]string `json:"annotations"`
	Sources   []string          `json:"queriedDatasourceUIDs"` // left out by versions before 12
	Instances []instance        `json:"alerts"`

	Folder string `json:"-"`
	Hushed bool   `json:"-"` // somebody silenced all that it fires
}

// An instance is one set of labels that a rule judges.
type instance struct {
	State  string            `json:"state"` // "Alerting", "Alerting (NoData)", "Normal (Error)", "NoData", "Error", "Pending", …
	Labels map[string]string `json:"labels"`
	Notes  map[string]string `json:"annotations"`
	Since  time.Time         `json:"activeAt"`
	Value  string            `json:"value"`
}

// A stand is how a rule stands, the gravest first.
type stand int

const (
	fires   stand = iota
	fails         // its query fails: nobody would know
	lacks         // its query gives nothing to judge
	pends         // it will fire if it stays so
	hushed        // it fires, and somebody silenced it in Grafana
	rests         //
	stopped       // paused by somebody
)

func (r rule) stand() stand {
	switch {
	case r.Paused:
		return stopped
	case r.State == "firing" && r.Hushed:
		return hushed
	case r.State == "firing":
		return fires
	case r.Health == "error":
		return fails
	case r.Health == "nodata" && r.is("NoData"):
		return lacks
	case r.State == "pending":
		return pends
	}
	return rests
}

// is reports whether an instance is in a state, and not in one that the rule's author wants it to count as: «Normal (NoData)» is
// of a rule that is told to take no data for well.
func (r rule) is(state string) bool {
	return len(r.Instances) == 0 || slices.ContainsFunc(r.Instances, func(i instance) bool { return i.State == state })
}

// firing are the instances that fire, the oldest first.
func (r rule) firing() (list []instance) {
	for _, i := range r.Instances {
		if i.State == "Alerting" || strings.HasPrefix(i.State, "Alerting (") {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b instance) int { return a.Since.Compare(b.Since) })
	return list
}

// since is since when it is as it is; the zero time if that is not known.
func (r rule) since() time.Time {
	list := r.Instances
	if r.stand() == fires || r.stand() == hushed {
		list = r.firing()
	}
	var first time.Time
	for _, i := range list {
		if !i.Since.IsZero() && (first.IsZero() || i.Since.Before(first)) {
			first = i.Since
		}
	}
	return first
}

// forWantOf is why a rule fires that has nothing to judge: its author made lack of data, or a failing query, an alert. It is empty if
// anything fires for what was measured.
func (r rule) forWantOf() (reason string) {
	for _, i := range r.firing() {
		why, ok := strings.CutPrefix(i.State, "Alerting (")
		if !ok {
			return ""
		}
		reason = strings.TrimSuffix(why, ")")
	}
	return reason
}

func (r rule) title() string { return clip(cmp.Or(r.Name, r.UID), 60) }

// severity is what the rule's author says; a warning where they say nothing.
func (r rule) severity() ops.Severity {
	switch strings.ToLower(strings.TrimSpace(r.Labels["severity"])) {
	case "critical", "crit", "page", "error", "fatal", "emergency", "high":
		return ops.Critical
	case "info", "information", "notice", "none", "low":
		return ops.Notice
	}
	return ops.Warning
}

// rules are all alert rules, the gravest first. Those that record are none.
func (s *System) rules(ctx context.Context) (list []rule, err error) {
	var said struct {
		Status string `json:"status"`
		Error  string `json:"error"`
		Data   struct {
			Groups []struct {
				Folder string `json:"file"` // what Prometheus calls it
				Rules  []rule `json:"rules"`
			} `json:"groups"`
		} `json:"data"`
	}
	if err := s.get(ctx, "/api/prometheus/grafana/api/v1/rules", &said); err != nil {
		return nil, err
	}
	if said.Status != "success" {
		return nil, ops.Fail(ops.Unavailable, ops.T("Grafana cannot tell of its alert rules: «%s»", "Grafana ne peut rien dire de ses règles d’alerte : « %s »", s.clip(said.Error, 160)), nil)
	}
	for _, g := range said.Data.Groups {
		for _, r := range g.Rules {
			if r.Type != "recording" {
				r.Folder = g.Folder
				list = append(list, r)
			}
		}
	}
	if slices.ContainsFunc(list, func(r rule) bool { return r.State == "firing" }) {
		if err := s.hush(ctx, list); errors.Is(err, errRefused) || ctx.Err() != nil {
			return nil, err
		} // whoever may not see silences sees what fires all the same
	}
	slices.SortStableFunc(list, func(a, b rule) int {
		return cmp.Or(cmp.Compare(a.stand(), b.stand()), severer(a, b), a.since().Compare(b.since()))
	})
	return list, nil
}

func severer(a, b rule) int {
	switch x, y := a.severity(), b.severity(); {
	case x == y:
		return 0
	case x.AtLeast(y):
		return -1
	}
	return 1
}

// hush marks the rules all of whose alerts somebody silenced.
func (s *System) hush(ctx context.Context, list []rule) error {
	var alerts []struct {
		Labels map[string]string `json:"labels"`
		Status struct {
			State    string   `json:"state"` // "active", "suppressed", "unprocessed"
			Silences []string `json:"silencedBy"`
		} `json:"status"`
	}
	if err := s.get(ctx, "/api/alertmanager/grafana/api/v2/alerts", &alerts); err != nil {
		return err
	}
	silent, loud := map[string]bool{}, map[string]bool{}
	for _, a := range alerts {
		uid := a.Labels["__alert_rule_uid__"]
		silent[uid] = silent[uid] || a.Status.State == "suppressed" && len(a.Status.Silences) > 0
		loud[uid] = loud[uid] || a.Status.State != "suppressed"
	}
	for i := range list {
		list[i].Hushed = silent[list[i].UID] && !loud[list[i].UID]
	}
	return nil
}
