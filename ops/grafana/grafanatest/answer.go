package grafanatest

import (
	"io"
	"net/http"
	"strings"
	"time"
)

type object = map[string]any

func (s *Server) list(w http.ResponseWriter) {
	if s.Viewer {
		say(w, 403, object{"accessErrorId": "ACE0000000001", "title": "Access denied",
			"message": "You'll need additional permissions to perform this action. Permissions needed: datasources:read"})
		return
	}
	all := []object{}
	for i, d := range s.sources {
		all = append(all, object{"id": i + 1, "uid": d.UID, "orgId": 1, "name": d.Name, "type": d.Type, "typeName": d.Type, "typeLogoUrl": "public/img/icn-datasource.svg",
			"access": "proxy", "url": "http://" + strings.ToLower(d.UID), "user": "", "database": "", "basicAuth": false, "isDefault": i == 0, "jsonData": object{}, "readOnly": true})
	}
	say(w, 200, all)
}

func (s *Server) find(uid string) *Source {
	for _, d := range s.sources {
		if d.UID == uid {
			return d
		}
	}
	return nil
}

// health is what a datasource's plugin says: 400 where it is not well.
func (s *Server) health(w http.ResponseWriter, uid string) {
	switch d := s.find(uid); {
	case d == nil:
		say(w, 404, object{"message": "Data source not found", "messageId": "", "statusCode": 404, "traceID": ""})
	case d.Says == "dumb":
		say(w, 404, object{"message": "Not found", "messageId": "plugin.notImplemented", "statusCode": 404, "traceID": ""})
	case d.Says != "":
		say(w, 400, object{"status": "ERROR", "message": d.Says, "details": object{}})
	default:
		say(w, 200, object{"status": "OK", "message": "Data source is working"})
	}
}

// proxy passes a request on to what a datasource's address leads to. A refusal of that becomes 400, so that it is not taken for
// Grafana's own.
func (s *Server) proxy(w http.ResponseWriter, r *http.Request, at string) {
	uid, path, _ := strings.Cut(at, "/")
	behind := s.Behind[uid]
	if s.find(uid) == nil {
		say(w, 404, object{"message": "Data source not found", "messageId": "", "statusCode": 404, "traceID": ""})
		return
	}
	if behind == nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	on := r.Clone(r.Context())
	on.RequestURI, on.URL.Scheme, on.URL.Host, on.URL.Path, on.URL.RawPath = "", "http", strings.ToLower(uid), "/"+path, ""
	on.Header.Del("Authorization")
	on.Header.Del("Cookie")
	got, err := behind.RoundTrip(on)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer got.Body.Close()
	if got.StatusCode == http.StatusUnauthorized {
		http.Error(w, "Authentication to data source failed", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", got.Header.Get("Content-Type"))
	w.WriteHeader(got.StatusCode)
	_, _ = io.Copy(w, got.Body) // to a recorder, or to who has gone
}

// evaluated are the rules as Grafana's own evaluation stands.
func (s *Server) evaluated(w http.ResponseWriter) {
	rules := []object{}
	totals := map[string]int{}
	for _, r := range s.rules {
		rules = append(rules, r.evaluated())
		totals[r.state()]++
	}
	groups := []object{}
	if len(rules) > 0 {
		groups = append(groups, object{"name": "Infrastructure", "file": "VPAI", "folderUid": "vpai", "rules": rules, "totals": totals, "interval": 60,
			"lastEvaluation": time.Now().Add(-10 * time.Second).UTC(), "evaluationTime": 0.01})
	}
	say(w, 200, object{"status": "success", "data": object{"groups": groups, "totals": totals}})
}

// state is a rule's: what has no data, or fails, is inactive, unless its author makes that an alert.
func (r *Rule) state() string {
	switch r.State {
	case "firing", "pending":
		return r.State
	case "nodata-alerting":
		return "firing"
	}
	return "inactive"
}

// instance is the state of a rule's one instance, and the rule's health.
func (r *Rule) instance() (state, health string) {
	switch r.State {
	case "firing":
		return "Alerting", "ok"
	case "pending":
		return "Pending", "ok"
	case "nodata":
		return "NoData", "nodata"
	case "nodata-alerting":
		return "Alerting (NoData)", "nodata"
	case "nodata-ok":
		return "Normal (NoData)", "nodata"
	case "error":
		return "Error", "error"
	}
	return "Normal", "ok"
}

func (r *Rule) evaluated() object {
	state, health := r.instance()
	labels, notes := object{}, object{}
	if r.Severity != "" {
		labels["severity"] = r.Severity
	}
	if r.Summary != "" {
		notes["summary"] = r.Summary
	}
	one := object{"uid": r.UID, "name": r.Name, "folderUid": "vpai", "state": r.state(), "query": "node_load5", "queriedDatasourceUIDs": []string{r.Source}, "duration": 300, "keepFiringFor": 0,
		"annotations": notes, "labels": labels, "health": health, "type": "alerting", "lastEvaluation": time.Now().Add(-10 * time.Second).UTC(), "evaluationTime": 0.004, "isPaused": r.Paused}
	if r.Error != "" {
		one["lastError"] = r.Error
	}
	if !r.Paused {
		with := object{"alertname": r.Name, "grafana_folder": "VPAI", "instance": "sese-ai"}
		for k, v := range labels {
			with[k] = v
		}
		one["alerts"] = []object{{"labels": with, "annotations": notes, "state": state, "activeAt": time.Now().Add(-r.Since).UTC(), "value": "9.1e+01"}}
		one["totals"] = object{strings.ToLower(strings.Fields(state)[0]): 1}
	}
	return one
}

// alerts are what its own Alertmanager has.
func (s *Server) alerts(w http.ResponseWriter) {
	all := []object{}
	for _, r := range s.rules {
		if r.state() != "firing" || r.Paused {
			continue
		}
		status := object{"state": "active", "silencedBy": []string{}, "inhibitedBy": []string{}, "mutedBy": []string{}}
		if r.Silenced {
			status["state"], status["silencedBy"] = "suppressed", []string{"5b7f0e7e-0000-4000-8000-000000000001"}
		}
		all = append(all, object{"labels": object{"alertname": r.Name, "__alert_rule_uid__": r.UID, "grafana_folder": "VPAI"}, "annotations": object{}, "status": status,
			"startsAt": time.Now().Add(-r.Since).UTC(), "endsAt": time.Now().Add(4 * time.Minute).UTC(), "updatedAt": time.Now().UTC(), "fingerprint": "0123456789abcdef",
			"receivers": []object{{"name": "telegram-monitoring"}}, "generatorURL": "http://localhost:3000/alerting/grafana/" + r.UID + "/view"})
	}
	say(w, 200, all)
}
