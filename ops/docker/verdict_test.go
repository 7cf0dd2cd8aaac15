package docker

import (
	"strings"
	"testing"

	"vigie/ops"
)

func inquire(t *testing.T, world, name string) inquiry {
	t.Helper()
	fake, err := NewFake(world)
	if err != nil {
		t.Fatal(err)
	}
	q, err := (&Stack{Host: fake, Compose: fake.Compose(), Project: "javisi"}).lookAround(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// Its own incident is no trouble beside it; that of what it needs is.
func TestItsOwnIncidentIsNoneBesideIt(t *testing.T) {
	q := inquire(t, "postgresql running healthy up=9d\nn8n running unhealthy up=3m needs=postgresql health=\"x\"", "n8n")
	q.elsewhere = []ops.Looked{{Ask: ops.Ask{Op: "alerts.list"}, Answer: ops.Say(ops.T("🔴 2 in trouble", "🔴 2 en difficulté"), ops.T("🔴 n8n unhealthy", "🔴 n8n en mauvaise santé"))}}
	if found := bySurroundings(q); len(found) > 0 {
		t.Errorf("beside it is %s", found[0].means.En)
	}
	q.elsewhere[0].Answer.Line(ops.T("🔴 postgresql is down", "🔴 postgresql est arrêté"))
	if found := bySurroundings(q); len(found) != 1 || !strings.Contains(found[0].means.In(ops.English), "postgresql is down") {
		t.Errorf("beside it is %+v", found)
	}
}

// What the health check and the log both say is the cause, and not that it answers with errors.
func TestALockedDatabaseIsTheCause(t *testing.T) {
	q := inquire(t, `grafana running unhealthy up=3m health="503 Service Unavailable from /api/health: database is locked" log="level=error path=/api/health status=503"`, "grafana")
	if found := q.findings(); len(found) == 0 || found[0].rule != "database locked" {
		t.Errorf("found %+v", found)
	}
}

// A crash loop says the same at each start; it is quoted once.
func TestTheSameComplaintIsQuotedOnce(t *testing.T) {
	e := evidence{lines: []Line{{Text: "2026-11-26T13:24:06+00:00 nocodb: FATAL config error: a"}, {Text: "2026-11-26T13:24:33+00:00 nocodb: FATAL config error: a"}, {Text: "13:24:34 FATAL error: b"}}}
	if got := e.lastErrors(); got != "2026-11-26T13:24:33+00:00 nocodb: FATAL config error: a\n13:24:34 FATAL error: b" {
		t.Errorf("quoted is\n%s", got)
	}
}
