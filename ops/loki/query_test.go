package loki

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/grafana/grafanatest"
)

func TestLines(t *testing.T) {
	w := newWorld(t, nil)
	w.log("javisi_n8n", 50*time.Minute, "ready")
	w.log("javisi_n8n", 3*time.Minute, "ERROR connect ECONNREFUSED\x1b[0m postgresql:5432")
	w.log("javisi_grafana", 10*time.Minute, "logger=context error=\"db locked\"")
	w.log("javisi_n8n", 25*time.Hour, "panic: long ago")

	w.holds("n8n", "🟢 n8n: 2 lines in 1 h · newest 3 min ago", `asked: {container="javisi_n8n"}`, "  ready\n  ERROR connect ECONNREFUSED postgresql:5432", "[Errors only: n8n error]", "[24 h: n8n]", "[Chart: sum by (container)")
	w.holds("n8n error", "🟠 n8n: 1 error line in 1 h", `|~ "(?i)error|panic|fatal"`, "ECONNREFUSED")
	w.holds("n8n error 2d", "🟠 n8n: 2 error lines in 2 d", "  panic: long ago\n  ERROR")
	w.holds("n8n econnrefused", "🟢 n8n: 1 line with «econnrefused» in 1 h")
	w.holds("all error", "🟠 2 error lines in 1 h", "grafana: logger=context", "n8n: ERROR")
	w.holds("grafana errors 5m", "not-found: grafana logged nothing in 5 min; what did: n8n.")
	w.holds(`n8n "connect econnrefused"`, "🟢 n8n: 1 line with «connect econnrefused» in 1 h")
	w.holds("n8n mysql", "⚪ n8n: no line with «mysql» in 1 h")
	w.holds("grafana panic error", "⚪ grafana: no line with «panic error»")
	w.holds("grafna", "🟢 grafana: 1 line") // one mistake is mended, and what was asked is shown
	w.holds("mysql", "not-found: mysql logged nothing in 1 h; what did: grafana, n8n.")
	w.holds(`{job="docker"} |= "db locked"`, "🟢 1 line in 1 h", "db locked")
	if got, _ := w.say("grafana fatal"); !strings.HasPrefix(got, "⚪") {
		t.Errorf("what is not there is %s", got)
	}
	if got, _ := w.say("n8n ready 20m"); !strings.HasPrefix(got, "⚪ n8n: no line with «ready» in 20 min") {
		t.Errorf("what was longer ago is %s", got)
	}
}

// What a service is called decides nothing: two that fit are asked about.
func TestWhichOne(t *testing.T) {
	w := newWorld(t, nil)
	w.log("javisi_plane_api", time.Minute, "x")
	w.log("javisi_plane_web", time.Minute, "x")
	_, err := w.ask("plane error 2h 50")
	var e *ops.Error
	if !errors.As(err, &e) || len(e.Choices) != 2 || e.Choices[0].Value != "javisi_plane_api error since=2h0m0s limit=50" || e.Choices[0].Label.En != "plane_api" || e.Param != "query" {
		t.Errorf("%+v", err)
	}
}

func TestLeftOut(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 120 {
		w.log("javisi_n8n", time.Duration(i)*20*time.Second, fmt.Sprintf("line %d", i))
	}
	got, file := w.say("n8n")
	for _, want := range []string{"🟢 n8n: 40 lines in 1 h · newest ", "the newest 40 of 120: older ones are left out", "line 39\n", "  line 0\n", "[200 lines: n8n]"} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not say %q:\n%s", want, got)
		}
	}
	if file != nil {
		t.Error("what fits a message is a file")
	}
	got, file = w.say("n8n", "limit", "100")
	if !strings.Contains(got, "the newest 100 of 120") || strings.Contains(got, "line 15\n") || file == nil || strings.Count(string(file.Data), "\n") != 100 ||
		!strings.Contains(string(file.Data), "Z line 99\n") || !strings.HasSuffix(string(file.Data), "Z line 0\n") {
		t.Errorf("a hundred lines: %v\n%s", file, got)
	}
	got, _ = w.say("n8n", "limit", "200")
	if strings.Contains(got, "left out") || !strings.HasPrefix(got, "🟢 n8n: 120 lines") {
		t.Errorf("all of them: %s", got)
	}
}

func TestFigures(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 60 {
		w.log("javisi_n8n", time.Duration(i)*time.Minute, "error")
		if i < 10 {
			w.log("javisi_grafana", 30*time.Minute+time.Duration(i)*time.Second, "error")
		}
	}
	got, file := w.say(`sum by (container) (count_over_time({job="docker"} |= "error"[5m]))`)
	for _, want := range []string{"🟢 2 series in 1 h, the highest up to 10", "| n8n | 5 | ", "| grafana | 10 | 10–10"} {
		if !strings.Contains(got, want) {
			t.Errorf("it does not say %q:\n%s", want, got)
		}
	}
	isPicture(t, file)
	got, file = w.say(`sum(rate({container="javisi_n8n"}[1m]))`)
	if !strings.HasPrefix(got, "🟢 0.0167 now · from 0.0167 to 0.0") {
		t.Errorf("one series: %s", got)
	}
	isPicture(t, file)
	w.holds(`sum(count_over_time({container="javisi_grafana"}[1m]))`, "⚪ nothing now; last ", "up to 10 in 1 h")
}

func TestNothing(t *testing.T) {
	w := newWorld(t, nil)
	w.holds("n8n", "not-found: nothing at all was logged to Loki in 1 h: is what sends it (Alloy, Promtail) up?")
	w.holds(`{container="x"}`, "not-found: nothing at all was logged to Loki in 24 h")
	w.server.Push(map[string]string{"container_name": "javisi_n8n", "job": "docker"}, time.Now().Add(-time.Minute), "x")
	w.holds("n8n", "not-found: nothing in Loki has the label container; there are: container_name, job, service_name. Write label")
	w.log("javisi_n8n", time.Minute, "x")
	w.log("javisi_litellm", 3*time.Hour, "x")
	w.holds(`{contaner="javisi_n8n"}`, "there is no label contaner; there are: container, container_name, job")
	w.holds(`{container="javisi_n8"}`, "no container is javisi_n8 in 24 h; there are: javisi_n8n, javisi_litellm")
	w.holds(`{container=~"lite.*"}`, "no container is lite.* in 24 h")
	w.holds(`{container="javisi_litellm"}`, "its labels exist", "[24 h: {container=")
	w.holds(`{container="javisi_n8n"} |= "y"`, "either no line passes the filter")
}

func TestRefusals(t *testing.T) {
	w := newWorld(t, nil)
	w.log("javisi_n8n", time.Minute, "x")
	w.holds(`{container="javisi_n8n"} |= error`, "invalid: Loki cannot read that at character 29, where it says error: «syntax error: unexpected IDENTIFIER, expecting STRING or ip»")
	w.holds(`{container="javisi_n8n"`, "invalid: Loki cannot read that at character 24, after its end: «syntax error: unexpected $end")
	w.holds(`{container=~".*"}`, "invalid: Loki cannot answer that: «parse error : queries require at least one")
	w.holds(`{container="javisi_n8n"} 40d`, "invalid: that is too far back for one look: Loki's limit is 30d1h")
	w.holds("n8n limit=6000", "invalid: 6000 lines are too many to read: 5000 at most")
	w.server.MostEntries = 20
	w.holds("n8n", "invalid: Loki gives at most 20 lines at once: ask with limit=20")
	w.server.MostEntries = 0
	w.log("javisi_grafana", time.Minute, "x")
	w.server.MostSeries = 1
	w.holds(`count_over_time({job="docker"}[1m])`, "invalid: that is more than 1 series: topk(5, …), or sum by (container) (…), asks for fewer")
	for how, want := range map[string]string{
		"busy": "unavailable: Loki has more to do than it can (429)", "slow": "unavailable: Loki gave up before it had looked at everything",
		"unringed": "unavailable: Loki is not ready yet, ask again in a minute: «Ingester not ready: waiting for 15s after being ready»",
		"blank":    "unavailable: Loki is not ready yet, ask again in a minute",
		"down":     "unavailable: Loki broke off at loki:3100",
	} {
		w.server.Break(how)
		w.holds("n8n", want)
	}
}

// While Loki starts, it takes questions and answers none.
func TestStarting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.server.Break("starting")
		w.holds("n8n", "unavailable: Loki is not ready yet, ask again in a minute: «Ingester not ready")
	})
}

func TestLettingIn(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Tenant, o.User, o.Password = "javisi", "vigie", secret("loki-password-1") })
	w.log("javisi_n8n", time.Minute, "x")
	w.server.Tenant, w.server.User, w.server.Password = "javisi", "vigie", "loki-password-1"
	w.holds("n8n", "🟢 n8n: 1 line")
	w.server.Tenant = "other" // a tenant that has nothing, as Loki answers for every name
	w.holds("n8n", "nothing at all was logged")
	w.server.Password = "changed"
	w.holds("n8n", "unavailable: Loki, or what stands before it, lets nobody in with that (401)")

	bearer := newWorld(t, func(o *Options) { o.Password = secret("loki-token-1") })
	bearer.server.Password = "loki-token-1"
	bearer.log("javisi_n8n", time.Minute, "x")
	bearer.holds("n8n", "🟢 n8n: 1 line")
	bearer.server.Tenant = "javisi"
	bearer.holds("n8n", `unavailable: Loki has several tenants and was not told which: write tenant = "…" under [loki]`)
}

// Where no port of Loki's can be reached, Grafana's proxy is the way. Who refuses is told apart.
func TestThroughGrafana(t *testing.T) {
	g := grafanatest.New()
	g.Put(grafanatest.Source{UID: "Loki", Name: "Loki", Type: "loki"})
	through := func(uid, user, word string) *world {
		w := newWorld(t, func(o *Options) {
			o.URL, o.Proxied, o.User, o.Password, o.Client = "http://grafana:3000/api/datasources/proxy/uid/"+uid, true, user, secret(word), g.Client()
		})
		g.Behind = map[string]http.RoundTripper{"Loki": w.server}
		w.log("javisi_n8n", time.Minute, "x")
		return w
	}
	w := through("Loki", g.User, g.Password)
	w.holds("n8n", "🟢 n8n: 1 line")
	w.holds(`{container="javisi_n8n"} |= x`, "invalid: Loki cannot read that at character 29")
	w.server.Break("down")
	w.holds("n8n", "unavailable: Grafana answers, but Loki behind it does not (502): is Loki up?")
	w.server.Break("unringed")
	w.holds("n8n", "unavailable: Loki is not ready yet")
	w.server.Break("")
	w.server.Password = "of Loki's own"
	w.holds("n8n", "unavailable: Loki does not take the password that Grafana has for it")

	through("Loki", "", g.Token).holds("n8n", "🟢 n8n: 1 line")
	through("Lokki", "", g.Token).holds("n8n", "unavailable: Grafana has no such datasource: «Data source not found»")
	through("Loki", "", "glsa_wrong").holds("n8n", "unavailable: Grafana, through which Loki is asked, lets nobody in with what I have. /grafana says what to do")
	g.Break("down")
	through("Loki", "", g.Token).holds("n8n", "unavailable: Grafana, through which Loki is asked, broke off at grafana:3000")
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{{URL: "loki:3100"}, {URL: "http://ann:word-1@loki:3100"}, {URL: "http://loki?x=1"}, {URL: "http://loki", Label: "a b"}, {URL: "http://loki", User: "ann"}, {URL: "http://loki", Tenant: "a\r\nb"}} {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), "word-1") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	s, err := New(Options{URL: "http://loki:3100", Password: secret("loki-password-1")})
	if err != nil || strings.Contains(fmt.Sprintf("%v %+v %#v", s, s, s), "loki-password-1") {
		t.Errorf("%v %+v", err, s)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"status":"success","data":{"resultType":"streams","result":[{"stream":{"container":"javisi_n8n"},"values":[["1700000000000000000","x",{}]]}]}}`))
	f.Add([]byte(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1.5,"2"],[2,"NaN"]]}]}}`))
	f.Add([]byte(`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1700000000,"3"]}]}}`))
	f.Add([]byte(`{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}`))
	s, err := New(Options{URL: "http://loki:3100", Prefix: "javisi_"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := parse(body)
		if err != nil {
			return
		}
		now := time.Unix(1_700_000_000, 0)
		l := look{asked: asked{LogQL: "{}", Since: time.Hour, Limit: 40}, window: window{now.Add(-time.Hour), now}, Query: "rate({}[1m])", data: got}
		switch {
		case len(got.Series) > 0:
			if _, err := s.figures(t.Context(), l); err != nil {
				t.Error(err)
			}
		case len(got.Lines) > 0:
			s.lines(l)
		}
	})
}
