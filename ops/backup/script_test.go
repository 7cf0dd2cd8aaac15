package backup

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

// scripted is a system whose stack has the script of testdata, with the given faults, and left files two days ago.
func scripted(t *testing.T, env ...string) (*System, string) {
	t.Helper()
	dir := t.TempDir()
	o := Options{Stack: "javisi", Kept: &opstest.Shelf{}, Script: command{[]string{must(filepath.Abs("testdata/pre-backup.sh"))}, append(env, "BACKUP_DIR="+dir)}}
	o.Files = []Files{
		{"postgres:{name}", dir + "/pg_dump/{name}-*.dump"}, {"redis", dir + "/redis/dump-*.rdb"},
		{"n8n", dir + "/n8n/workflows-*.json"}, {"grafana", dir + "/grafana/dashboards-*"},
	}
	o.Live = func(context.Context) ([]string, error) {
		return []string{"postgres:n8n", "postgres:litellm", "postgres:plane_production", "redis", "n8n", "grafana"}, nil
	}
	stamp := time.Now().Add(-48 * time.Hour).Format("20060102_150405")
	for _, db := range []string{"n8n", "litellm", "plane_production"} {
		put(t, dir+"/pg_dump/"+db+"-"+stamp+".dump", "PGDMP dump of "+db+", long enough to be one", 48*time.Hour)
	}
	put(t, dir+"/redis/dump-"+stamp+".rdb", "REDIS0011 a snapshot of it", 48*time.Hour)
	put(t, dir+"/n8n/workflows-"+stamp+".json", `[{"id":"1"}]`, 48*time.Hour)
	put(t, dir+"/grafana/dashboards-"+stamp+"/a.json", `{}`, 48*time.Hour)
	past := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(dir+"/grafana/dashboards-"+stamp, past, past); err != nil {
		t.Fatal(err)
	}
	return newSystem(t, o), dir
}

// The real script's grammar and each of its known faults, run for real: its files decide, and what is known is said.
func TestScript(t *testing.T) {
	for _, c := range []struct {
		name string
		env  []string
		want []string
	}{
		{"as it should be", []string{"BUGS=fixed"}, []string{"done: 6 of 6 new and whole"}},
		{"the UID bug", nil, []string{"failed: partial: 5 of 6 are new and whole; not grafana (", "call the variable DASH_UID"}},
		{"Grafana's password", []string{"BUGS=grafana-password"}, []string{"failed: partial: 5 of 6", "not grafana (no new file)", "out of step"}},
		{"no password for pg_dump", []string{"BUGS=fixed no-password"}, []string{"failed: partial: 3 of 6", "postgres:litellm (", "it is empty", "PGPASSWORD"}},
		{"Redis' dump cannot be read", []string{"BUGS=fixed redis-copy"}, []string{"failed: partial: 3 of 6", "redis (no new file)", "may not read or write"}},
		{"Qdrant's glued addresses", []string{"BUGS=fixed qdrant-address"}, []string{"failed: partial: 4 of 6", "n8n (no new file)", "glues all of Qdrant's addresses"}},
		{"a database is absent", []string{"BUGS=fixed absent:litellm"}, []string{"failed: partial: 5 of 6", "postgres:litellm (no new file)"}},
		{"n8n exports nothing", []string{"BUGS=fixed n8n-empty"}, []string{"failed: partial: 5 of 6", "n8n (no new file)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, _ := scripted(t, c.env...)
			d := openDesk(t, s)
			has(t, says(d.do("backup.now")), c.want...)
		})
	}
}

// What the script itself says that it passes over, what it complains of, and its known faults, are shown by /backups check.
func TestScriptCheck(t *testing.T) {
	s, dir := scripted(t, "BUGS=brick", "DRIFT=prisme postiz")
	log := filepath.Join(dir, "pre-backup.log")
	s.o.ScriptLog = log
	d := openDesk(t, s)
	has(t, strings.Join(d.look(ops.English, "backup.list", "what", "check"), "\n"), "the script's log "+log+" is not there")
	put(t, log, "[Fri Aug 14 02:55:01 CEST 2026] Starting pre-backup...\n[Fri Aug 14 02:55:03 CEST 2026] Exporting Grafana dashboards...\n", 0)
	d.do("backup.now")
	got := strings.Join(d.look(ops.English, "backup.list", "what", "check"), "\n")
	has(t, got, "backup script: it broke off after «Exporting Grafana dashboards...»", "call that variable DASH_UID", "it loops over a variable called UID",
		"the script says that it does not dump prisme", "the script says that it does not dump postiz", "the script complained: «brick trek: archive data échouée»")
	has(t, strings.Join(d.look(ops.French, "backup.list", "what", "check"), "\n"), "script de sauvegarde : il s’est interrompu après « Exporting Grafana dashboards... »")
}

// A script that cannot be run, and one whose end nobody knows.
func TestScriptRunsBadly(t *testing.T) {
	s, _ := scripted(t)
	s.o.Script = command{[]string{"/nowhere/pre-backup.sh"}, nil}
	has(t, says(openDesk(t, s).do("backup.now")), "failed: the backup script could not be run")
	s, _ = scripted(t)
	s.o.Script = lost{}
	has(t, says(openDesk(t, s).do("backup.now")), "unknown: the line broke")
}

// lost is a script on a machine that is lost in the middle.
type lost struct{}

func (lost) Run(context.Context, func(string)) (int, error) {
	return 0, ops.Fail(ops.Unknown, ops.T("the line broke", "la ligne a coupé"), nil)
}

func TestParseLog(t *testing.T) {
	r := ParseLog(`[old] Starting pre-backup...
[Thu Aug 13 02:55:02 CEST 2026] WARNING: of yesterday
[Thu Aug 13 02:56:00 CEST 2026] Pre-backup completed successfully
[Fri Aug 14 02:55:01 CEST 2026] Starting pre-backup...
[Fri Aug 14 02:55:02 CEST 2026] WARNING: bases PostgreSQL vivantes NON sauvegardees : prisme, postiz; --drop
docker: noise
[Fri Aug 14 02:55:03 CEST 2026] ERREUR: brick trek
[Fri Aug 14 02:55:04 CEST 2026] Exporting Grafana dashboards...
/opt/javisi/scripts/pre-backup.sh: line 180: UID: readonly variable
`)
	want(t, strings.Join(r.Uncovered, " "), "prisme postiz")
	want(t, strings.Join(r.Errors, " "), "brick trek")
	if r.Done || !r.Began || len(r.Warnings) != 1 || r.Last != "Exporting Grafana dashboards..." || len(r.Bugs) != 1 || r.Bugs[0].Name != "grafana-uid" {
		t.Errorf("%+v", r)
	}
	for last, bug := range map[string]string{"Exporting Grafana dashboards...": "grafana-end", "Triggering Redis BGSAVE...": "redis-copy", "Creating Qdrant snapshot...": "qdrant-end"} {
		if r := ParseLog("[x 2026] Starting pre-backup...\n[x 2026] " + last + "\n"); len(r.Bugs) != 1 || r.Bugs[0].Name != bug {
			t.Errorf("ending at %q it shows %+v", last, r.Bugs)
		}
	}
	for _, line := range []string{"192.168.1.100", "version 1.2.3.4.5", "10.0.0.1:6333 and 10.0.0.2"} {
		if r := ParseLog(line); len(r.Bugs) > 0 {
			t.Errorf("%q shows %+v", line, r.Bugs)
		}
	}
	if r := ParseLog(""); r.says().En != "it said nothing" {
		t.Errorf("%v", r.says())
	}
}

func FuzzParseLog(f *testing.F) {
	f.Add("[Fri Aug 14] Starting pre-backup...\n[Fri] WARNING: bases PostgreSQL vivantes NON sauvegardees : a b\nUID: readonly variable")
	f.Add("[\x1b[31m] ERREUR: \x02\x03\n")
	f.Add(strings.Repeat("[aaaaaaa] WARNING: x\n", 100))
	f.Fuzz(func(t *testing.T, log string) {
		r := ParseLog(log)
		if len(r.Warnings) > mostLines || len(r.Errors) > mostLines || len(r.Uncovered) > 200 || len([]rune(r.Last)) > 160 {
			t.Errorf("%+v", r)
		}
		for _, s := range append(append([]string{r.Last}, r.Warnings...), r.Errors...) {
			if s != ops.Clean(s) || strings.ContainsAny(s, "\n\x02\x03") {
				t.Errorf("%q is not clean", s)
			}
		}
		for _, name := range r.Uncovered {
			if !database.MatchString(name) {
				t.Errorf("%q is no name", name)
			}
		}
	})
}
