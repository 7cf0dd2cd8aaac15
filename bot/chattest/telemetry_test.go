package chattest_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
	"vigie/ops/grafana"
	"vigie/ops/grafana/grafanatest"
	"vigie/ops/loki"
	"vigie/ops/loki/lokitest"
	"vigie/ops/scores"
	"vigie/ops/scores/scorestest"
	"vigie/ops/victoria"
	"vigie/ops/victoria/victoriatest"
)

// A telemetry is what figures and logs a transcript's stack has, if its world has lines «loki: …», «grafana: …», «metric: …» or
// «scores: …».
type telemetry struct {
	logs    *lokitest.Server
	panels  *grafanatest.Server
	figures *victoriatest.Server
	scored  *scorestest.Server
}

// telemetries are its systems, as lines name them.
var telemetries = []string{"loki", "grafana", "metric", "scores"}

// do changes one of them. Blanks are _.
//
//	loki: log CONTAINER AGO TEXT [TIMES EVERY]   lines, the last so long ago
//	loki: is down|busy|starting|blank|fine
//	grafana: source UID NAME [WRONG]             wrong: what it says, or dumb
//	grafana: rule UID NAME SEVERITY STATE AGO [SUMMARY]
//	grafana: is down|failing|fine · grafana: desync
//	metric: NAME LABEL=VALUE,… FROM TO           as it went in the last hour, a sample a minute
//	scores: MODEL SCORE CALLS GOOD LIKES DISLIKES USD MS AGO
//	scores: is down|locked|gone|secret|fine
func (x *telemetry) do(system, line string) error {
	words := strings.Fields(line)
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, "_", " ")
	}
	words = append(words, "", "", "", "", "", "", "", "", "")
	how := map[bool]string{true: "", false: words[1]}[words[1] == "fine"]
	switch system {
	case "loki":
		return x.log(words, how)
	case "grafana":
		return x.panel(words, how)
	case "metric":
		return x.metric(strings.Fields(line))
	}
	if x.scored == nil {
		x.scored = &scorestest.Server{}
	}
	if words[0] == "is" {
		x.scored.Break(how)
		return nil
	}
	r := scorestest.Row{Model: words[0]}
	var ago string
	if _, err := fmt.Sscan(strings.Join(words[1:], " "), &r.Score, &r.Calls, &r.Good, &r.Likes, &r.Dislikes, &r.Cost, &r.Latency, &ago); err != nil {
		return err
	}
	d, err := time.ParseDuration(ago)
	r.Updated = time.Now().Add(-d)
	x.scored.Put(r)
	return err
}

func (x *telemetry) log(words []string, how string) error {
	if x.logs == nil {
		x.logs = &lokitest.Server{}
	}
	if words[0] == "is" {
		x.logs.Break(how)
		return nil
	}
	ago, err := time.ParseDuration(words[2])
	if words[0] != "log" || err != nil {
		return fmt.Errorf("loki has no %q: %v", words[0], err)
	}
	times, every := 1, time.Duration(0)
	if words[4] != "" {
		if times, err = strconv.Atoi(words[4]); err == nil {
			every, err = time.ParseDuration(words[5])
		}
	}
	container := strings.ReplaceAll(words[1], " ", "_")
	for i := range times {
		x.logs.Push(map[string]string{"container": container, "job": "docker", "project": "javisi"}, time.Now().Add(-ago-time.Duration(i)*every), strings.ReplaceAll(words[3], "#", strconv.Itoa(times-i)))
	}
	return err
}

func (x *telemetry) panel(words []string, how string) error {
	if x.panels == nil {
		x.panels = grafanatest.New()
	}
	switch words[0] {
	case "source":
		x.panels.Put(grafanatest.Source{UID: words[1], Name: words[2], Type: "any", Says: words[3]})
	case "rule":
		ago, err := time.ParseDuration(words[5])
		r := grafanatest.Rule{UID: words[1], Name: words[2], Severity: words[3], State: words[4], Since: ago, Summary: words[6], Source: "VictoriaMetrics"}
		if r.State == "error" {
			r.Error, r.Summary = r.Summary, ""
		}
		x.panels.Rule(r)
		return err
	case "is":
		x.panels.Break(how)
	case "desync":
		x.panels.Desync()
	default:
		return fmt.Errorf("grafana has no %q", words[0])
	}
	return nil
}

func (x *telemetry) metric(words []string) error {
	if x.figures == nil {
		x.figures = &victoriatest.Server{}
	}
	labels := map[string]string{}
	for pair := range strings.SplitSeq(words[1], ",") {
		name, value, _ := strings.Cut(pair, "=")
		labels[name] = value
	}
	from, err := strconv.ParseFloat(words[2], 64)
	if err != nil {
		return err
	}
	to, err := strconv.ParseFloat(words[3], 64)
	for i := range 60 {
		x.figures.Put(words[0], labels, time.Now().Add(-time.Duration(59-i)*time.Minute), from+(to-from)*float64(i)/59)
	}
	return err
}

// systems are what asks them. Where there is a Grafana, Loki is asked through it, as in the real stack.
func (x *telemetry) systems() (bound []ops.Bound, watchers []ops.Watcher, err error) {
	if x.panels != nil {
		s, err := grafana.New(grafana.Options{URL: "http://grafana:3000", User: "admin", Password: word("password-of-the-tests"), Rules: true, Client: x.panels.Client()})
		if err != nil {
			return nil, nil, err
		}
		bound, watchers = append(bound, grafana.Bind(s)), append(watchers, s.Watcher())
	}
	if x.logs != nil {
		o := loki.Options{URL: "http://loki:3100", Prefix: "javisi_", Client: x.logs.Client()}
		if x.panels != nil {
			x.panels.Behind = map[string]http.RoundTripper{"Loki": x.logs}
			o.URL, o.Proxied, o.Client = "http://grafana:3000/api/datasources/proxy/uid/Loki", true, x.panels.Client()
			o.User, o.Password = "admin", word("password-of-the-tests")
		}
		s, err := loki.New(o)
		if err != nil {
			return nil, nil, err
		}
		bound = append(bound, loki.Bind(s))
	}
	if x.figures != nil {
		s, err := victoria.New(victoria.Options{URL: "http://victoriametrics:8428", Client: x.figures.Client()})
		if err != nil {
			return nil, nil, err
		}
		bound = append(bound, victoria.Bind(s))
	}
	if x.scored != nil {
		s, err := scores.New(scores.Options{DSN: "postgres://reader@postgresql/n8n", Dial: x.scored.Dial, Look: x.scored.Look})
		if err != nil {
			return nil, nil, err
		}
		bound = append(bound, scores.Bind(s))
	}
	return bound, watchers, nil
}
