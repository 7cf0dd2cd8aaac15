package grafana

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/grafana/grafanatest"
)

func TestShow(t *testing.T) {
	w := newWorld(t, nil)
	w.holds("🟢 Grafana 12.4.3 is well: 2 alert rules, none fires\n", "🟢 answering: Loki, PostgreSQL-n8n, VictoriaMetrics\n")

	w.server.Put(grafanatest.Source{UID: "PostgreSQL-n8n", Name: "PostgreSQL-n8n", Says: "pq: password authentication failed for user \"n8n\""}, grafanatest.Source{UID: "x", Name: "Old", Says: "dumb"})
	w.holds("🔴 1 datasource does not answer · Grafana 12.4.3\n", "🔴 PostgreSQL-n8n does not answer Grafana: «pq: password authentication failed", "🟢 answering: Loki, VictoriaMetrics", "⚪ without a health check: Old (uid x)")

	w.server.Rule(grafanatest.Rule{UID: "cpu-high", Name: "CPU high", Severity: "warning", State: "firing", Since: 12 * time.Minute, Summary: "CPU at 91 %"},
		grafanatest.Rule{UID: "disk-high", Name: "Disk high", Severity: "critical", State: "firing", Since: 3 * time.Minute},
		grafanatest.Rule{UID: "a", Name: "A", State: "error", Error: "failed to build query 'A': data source not found"},
		grafanatest.Rule{UID: "b", Name: "B", State: "nodata", Since: time.Hour}, grafanatest.Rule{UID: "c", Name: "C", State: "nodata-ok"},
		grafanatest.Rule{UID: "d", Name: "D", State: "pending", Since: time.Minute}, grafanatest.Rule{UID: "e", Name: "E", State: "firing", Silenced: true, Since: time.Minute},
		grafanatest.Rule{UID: "f", Name: "F", State: "firing", Paused: true}, grafanatest.Rule{UID: "g", Name: "G", State: "nodata-alerting", Since: time.Minute})
	got := w.say()
	at := 0
	for _, want := range []string{"🔴 3 alert rules fire, 1 datasource does not answer · Grafana 12.4.3", "🔴 Disk high fires for 3 min · instance sese-ai", "🟠 CPU high fires for 12 min · CPU at 91 %", "🟠 G fires for 1 min · for lack of data",
		"🟠 A cannot judge, its query fails: «failed to build query 'A': data source not found»", "🟠 B has no data to judge for 1 h", "🟠 D is about to fire for 1 min", "⚪ E fires for 1 min, and is silenced in Grafana", "🔴 PostgreSQL-n8n", "🟢 1 rule at rest · ⚪ 1 paused"} {
		next := strings.Index(got[at:], want)
		if next < 0 {
			t.Fatalf("it does not say %q, or not in that order:\n%s", want, got)
		}
		at += next
	}
}

func TestShowWhatIsNotWell(t *testing.T) {
	w := newWorld(t, nil)
	w.server.Break("failing")
	w.holds("🔴 Grafana 12.4.3 is up, but its own database fails")
	w.server.Break("starting")
	w.holds("unavailable: Grafana is starting, or what stands before it does not reach it (503)")
	w.server.Break("down")
	w.holds("unavailable: Grafana does not answer at grafana:3000: is it up?")
	w.server.Break("")
	w.server.Viewer = true
	w.holds("⚪ Grafana 12.4.3 is up; not all of it can be seen", "🟢 2 rules at rest", "⚪ datasources not seen: Grafana forbids it to this account: «You'll need additional permissions")
	v := newWorld(t, func(o *Options) { o.Datasources = []string{"Loki"} })
	v.server.Viewer = true
	v.holds("🟢 Grafana 12.4.3 is well", "🟢 answering: Loki\n")
	none := newWorld(t, func(o *Options) { o.Datasources = []string{"Lokki"} })
	none.holds("🔴 Lokki does not answer Grafana: «Data source not found»")
}

// A password that is refused is refused once a look, and people are not shut out by the watcher.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		if now, over := w.look(); len(now)+len(over) > 0 {
			t.Fatalf("%v %v", now, over)
		}
		w.server.Desync()
		before := w.server.Asked()
		w.holds("🔴 Grafana 12.4.3 is up: it does not take the password of admin\n", "grafana cli admin reset-admin-password NEW", "after five wrong passwords")
		if n := w.server.Asked() - before; n != 1 {
			t.Errorf("the password was sent %d times", n)
		}
		before = w.server.Asked()
		for range 10 { // twenty minutes
			now, _ := w.look()
			if trouble, told := now["grafana:login refused"]; told && ops.Unmark(trouble.Title.En) != "Grafana does not take the password of admin" {
				t.Errorf("%+v", trouble)
			}
			time.Sleep(2 * time.Minute)
		}
		if n := w.server.Asked() - before; n < 2 || n > 4 {
			t.Errorf("in twenty minutes, the password was sent %d times", n)
		}
		token := newWorld(t, func(o *Options) { o.User, o.Password = "", secret("glsa_wrong") })
		token.holds("🔴 Grafana 12.4.3 is up: it does not take the token", "make a new one under Administration")
	})
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		tell := func(want ...string) map[string]ops.Trouble {
			t.Helper()
			now, over := w.look()
			got := slices.Concat(slices.Sorted(maps.Keys(now)), over)
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("it tells\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			time.Sleep(2 * time.Minute)
			return now
		}
		tell()
		w.server.Put(grafanatest.Source{UID: "Loki", Name: "Loki", Says: "Unable to connect with Loki"})
		now := tell("datasource:Loki unhealthy")
		if d := now["datasource:Loki unhealthy"]; d.Wait < 3*time.Minute || ops.Unmark(d.Lines[0].En) != "«Unable to connect with Loki»" || !slices.Equal(d.Needs, []string{"container:grafana"}) {
			t.Errorf("%+v", d)
		}
		w.server.Rule(grafanatest.Rule{UID: "disk-high", Name: "Disk high", Severity: "critical", State: "firing", Since: 3 * time.Minute, Source: "VictoriaMetrics", Summary: "/ at 91 %"},
			grafanatest.Rule{UID: "b", Name: "B", State: "nodata", Since: time.Minute, Source: "Loki"})
		now = tell("datasource:Loki unhealthy", "rule:b no-data", "rule:disk-high firing")
		if d := now["rule:disk-high firing"]; d.Severity != ops.Critical || d.Wait != 0 || d.Lines[0].En != "/ at 91 %" || time.Since(d.At) < 3*time.Minute {
			t.Errorf("%+v", d)
		}
		if b := now["rule:b no-data"]; !slices.Contains(b.Needs, "datasource:Loki") || b.Wait == 0 {
			t.Errorf("%+v", b)
		}
		w.server.Break("down")
		tell("watch:grafana blind") // and nothing is over that cannot be seen
		w.server.Break("")
		w.server.Put(grafanatest.Source{UID: "Loki", Name: "Loki"})
		w.server.Rule(grafanatest.Rule{UID: "b", Name: "B", State: "error", Error: "x", Source: "Loki"})
		w.server.Rule(grafanatest.Rule{UID: "disk-high", Name: "Disk high", State: "inactive"})
		_, over := w.look()
		slices.Sort(over)
		if got := strings.Join(over, "; "); got != "datasource:Loki unhealthy: Grafana's datasource Loki answers again; rule:b no-data: Grafana: B can judge again; rule:disk-high firing: Grafana: Disk high no longer fires" {
			t.Errorf("over: %s", got)
		}
		w.server.Rule(grafanatest.Rule{UID: "disk-high", Name: "Disk high", State: "firing", Silenced: true})
		tell("rule:b failing")
		w.server.Break("failing")
		tell("grafana:database failing", "rule:b failing")
	})
	quiet := newWorld(t, func(o *Options) { o.Rules = false })
	quiet.server.Rule(grafanatest.Rule{UID: "disk-high", Name: "Disk high", State: "firing"})
	if now, _ := quiet.look(); len(now) > 0 {
		t.Errorf("what Grafana tells by itself is told twice: %v", now)
	}
}

// A datasource that never answers is not well, and does not hold up the others.
func TestHanging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.server.Put(grafanatest.Source{UID: "PostgreSQL-n8n", Name: "PostgreSQL-n8n", Says: "hangs"})
		began := time.Now()
		w.holds("🔴 PostgreSQL-n8n does not answer Grafana: «no answer in 15s»", "🟢 answering: Loki, VictoriaMetrics")
		if d := time.Since(began); d != sourceTime {
			t.Errorf("it took %s", d)
		}
	})
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{{URL: "grafana:3000", Password: secret("word-1")}, {URL: "http://admin:word-1@grafana", Password: secret("x")}, {URL: "http://grafana"}, {URL: "http://grafana", Password: secret("word-1\n")}, {URL: "http://grafana", Password: secret("word-1"), Every: time.Second}} {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), "word-1") {
			t.Errorf("%+v: %v", o.URL, err)
		}
	}
	s, err := New(Options{URL: "http://grafana:3000", Password: secret("word-1-of-grafana")})
	if err != nil || strings.Contains(fmt.Sprintf("%v %+v %#v", s, s, s), "word-1-of-grafana") {
		t.Errorf("%v %+v", err, s)
	}
}

// Whatever a rule says of itself, it stands somewhere and can be shown.
func FuzzRule(f *testing.F) {
	f.Add([]byte(`{"uid":"x","name":"X","state":"firing","health":"nodata","type":"alerting","isPaused":false,"alerts":[{"state":"Alerting (NoData)","activeAt":"2026-01-01T00:00:00Z","labels":{"a":"b"},"annotations":{"summary":"{{ $x }}"}}]}`))
	f.Add([]byte(`{"uid":"","name":"\u001b[31m","state":"pending","health":"error","lastError":"x\ny","labels":{"severity":"page"}}`))
	s, err := New(Options{URL: "http://grafana:3000", Password: secret("word-1-of-grafana")})
	if err != nil {
		f.Fatal(err)
	}
	w := s.Watcher().(*watcher)
	f.Fuzz(func(t *testing.T, body []byte) {
		var r rule
		if json.Unmarshal(body, &r) != nil {
			return
		}
		r.UID = clip(r.UID, 40)
		p := picture{health: health{Database: "ok"}, rules: []rule{r}}
		for _, block := range s.answer(p).Blocks {
			if strings.ContainsAny(block.Line.En, "\n\x1b") {
				t.Errorf("%q", block.Line.En)
			}
		}
		if f, bad := w.ruled(r); bad && (f.Kind == "" || f.Title.IsZero() || f.end.IsZero()) {
			t.Errorf("%+v", f)
		}
	})
}
