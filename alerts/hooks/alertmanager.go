package hooks

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// alerts is what Alertmanager posts (version 4 of its webhook), and Grafana with fields of its own (version 1).
type alerts struct {
	Version   string  `json:"version"`
	Alerts    []alert `json:"alerts"`
	Truncated int     `json:"truncatedAlerts"`
}

// An alert of a group has a status of its own: a group that fires can hold alerts that no longer do.
type alert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"` // those of a resolve replace those of before
	StartsAt    string            `json:"startsAt"`
	EndsAt      string            `json:"endsAt"` // "0001-01-01T00:00:00Z" while it fires
	Fingerprint string            `json:"fingerprint"`
	Values      map[string]any    `json:"values"` // Grafana: by query, null where there are no data
	Dashboard   string            `json:"dashboardURL"`
	Panel       string            `json:"panelURL"`
}

func readAlerts(r request) ([]event, error) {
	var m alerts
	if err := r.decode(&m); err != nil {
		return nil, err
	}
	switch {
	case m.Version != "4" && m.Version != "1":
		return nil, fmt.Errorf(`"version" is %q: Alertmanager sends "4", Grafana "1"`, oneLine(m.Version, 20))
	case m.Alerts == nil:
		return nil, errors.New(`"alerts" is missing`)
	}
	var all []event
	telling := -1 // the first that fires: what is said of the whole message stands with it
	for i, a := range m.Alerts {
		all = append(all, a.event(r))
		if telling < 0 && a.Status != "resolved" {
			telling = i
		}
	}
	if n := m.Truncated; n > 0 && len(all) > 0 {
		more := ops.T("%s cut off by the sender", "%s par l’expéditeur",
			ops.Count{N: n, EnOne: "more was", EnMany: "more were", FrOne: "autre a été coupée", FrMany: "autres ont été coupées"})
		at := &all[max(telling, 0)]
		at.Lines = append([]ops.Text{more}, at.Lines...)
	}
	return all, nil
}

// known are the labels whose value says best what an alert is about, and which of them may be a service of ours.
var (
	containers = []string{"container_name", "container", "name", "service"}
	known      = slices.Concat(containers, []string{"pod", "instance", "job", "host", "device"})
)

func (a alert) event(r request) event {
	labels := a.Labels
	e := event{facts: labels}
	for _, l := range containers {
		e.names = append(e.names, labels[l])
	}
	rule := first(oneLine(labels["alertname"], mostKey), "alert")
	e.Subject, e.Kind = "alert:"+r.source+":"+a.id(), rule
	e.Severity = severityOf(labels["severity"])
	e.Title = a.title(rule)
	e.At = moment(a.StartsAt)
	if a.Status == "resolved" {
		e.Over, e.At = true, moment(a.EndsAt)
		e.Title = ops.T("%s no longer fires", "%s ne se déclenche plus", a.what(rule))
	}
	if rule == "TestAlert" && labels["instance"] == "Grafana" { // its «Test» button: nothing resolves it
		e.Severity, e.Fades = ops.Notice, fadesTest
	}
	e.Lines, e.Quote = a.lines()
	return e
}

// fadesTest is how long somebody's test is shown.
const fadesTest = 10 * time.Minute

// id is the same for every message on one alert.
func (a alert) id() string {
	if id := strings.TrimSpace(a.Fingerprint); id != "" {
		return key(id)
	}
	var all strings.Builder
	for _, l := range slices.Sorted(maps.Keys(a.Labels)) {
		fmt.Fprintf(&all, "%q=%q,", l, a.Labels[l])
	}
	return fingerprint(all.String())
}
