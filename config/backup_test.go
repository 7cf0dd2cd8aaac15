package config

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

func TestWholeBackups(t *testing.T) {
	c := loadWhole(t)
	dir := filepath.Dir(c.file)
	n8n, nas, disk := c.Postgres.Databases["n8n"], c.Restic.Repositories[0], c.Restic.Repositories[1]
	for _, v := range []struct {
		what      string
		got, want any
	}{
		{"service, user", c.Postgres.Service + " " + c.Postgres.User, "pg postgres"},
		{"password", c.Postgres.Password.Reveal(), "pg-password-1"},
		{"dumps", fmt.Sprint(c.Postgres.Dumps), fmt.Sprintf("[container:/backups/*.dump %s/backups/*.dump]", dir)},
		{"dump_dir, which is found out", c.Postgres.DumpDir, ""},
		{"apps", fmt.Sprint(n8n.Apps), "[n8n n8n-worker]"},
		{"probe", n8n.Probe, "select count(*) from workflow_entity;"},
		{"app's password", n8n.AppPassword.Reveal(), "n8n-password-1"},
		{"redis", c.Redis.Service + " " + c.Redis.Password.Reveal(), "redis redis-password-1"},
		{"dumps", c.Redis.Dumps[0], filepath.Join(dir, "backups/*.rdb")},
		{"data_dir", c.Redis.DataDir, filepath.Join(dir, "stack")},
		{"qdrant", c.Qdrant.URL + " " + c.Qdrant.Key.Reveal(), "http://qdrant:6333 qdrant-key-1"},
		{"names", c.Qdrant.Names[0], filepath.Join(dir, "backups/latest-snapshot-*.txt")},
		{"dir", c.Backup.Dir, filepath.Join(dir, "backups")},
		{"newer, band", fmt.Sprint(time.Duration(c.Backup.Newer), c.Backup.Band), "26h0m0s 50"},
		{"keep: what it leaves out has its default, and nothing is nothing", c.Backup.Keep, Keep{14, 4, 6, 0}},
		{"rehearsals, by the stack's clock", c.Backup.Rehearsals.Next(time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)).Format(time.RFC3339), "2026-03-09T05:00:00+01:00"},
		{"proofs last from one week to the next, and a day", time.Duration(c.Backup.ProvedWithin), 8 * 24 * time.Hour},
		{"heartbeat", c.Backup.HeartbeatURL.Reveal(), "https://kuma.example.org/api/push/bK7Wd2xP4m"},
		{"script", fmt.Sprint(c.Backup.Script), fmt.Sprintf("[%s/stack/backup.sh --all]", dir)},
		{"one word is looked for where programs are", c.Backup.Smoke[0], "sudo"},
		{"files", c.Backup.Files[0], BackupFiles{"postgres:{name}", filepath.Join(dir, "backups/{name}-*.dump")}},
		{"n8n, grafana", c.Backup.N8N.Service + " " + c.Backup.Grafana.URL + " " + c.Backup.Grafana.Password.Reveal(), "n8n http://grafana:3000 grafana-password-1"},
		{"target", c.Backup.Restore.Target, filepath.Join(dir, "back")},
		{"how", c.Backup.Restore.How, Why{"in the safe", "in the safe"}},
		{"phases", fmt.Sprint(c.Backup.Restore.Phases) + c.Backup.Restore.Data, "[infra core]infra"},
		{"restic", fmt.Sprint(c.Restic.Program, time.Duration(c.Restic.Every)), "restic30m0s"},
		{"restore_root", c.Restic.RestoreRoot, filepath.Join(dir, "stack")},
		{"url", nas.URL.Reveal(), "rest:https://ann:nas%2Dword-1@nas.lan/vigie"},
		{"url", disk.URL.Reveal(), filepath.Join(dir, "disk")},
		{"password", disk.Password.Reveal(), "nas-password-1"},
		{"env", fmt.Sprint(len(nas.Env), nas.Env["AWS_ACCESS_KEY_ID"].Reveal(), nas.Env["AWS_S3_PATH_STYLE"].Reveal()), "5nas-id-1true"},
		{"newer", fmt.Sprint(time.Duration(nas.Newer), time.Duration(disk.Newer)), "26h0m0s 0s"},
		{"zerobyte", c.Zerobyte.URL + " " + c.Zerobyte.Password.Reveal(), "https://zerobyte.example.org zerobyte-password-1"},
		{"restore_root", c.Zerobyte.RestoreRoot, "/restore"},
		{"job", c.Zerobyte.Jobs[0], ZerobyteJob{Name: "DB Full", Volume: "vpai-postgres", Cron: "30 3 * * 7", Keep: JobKeep{Last: 3, Days: 7, Within: "14d"}}},
		{"volume, repository", fmt.Sprint(c.Zerobyte.Volumes, c.Zerobyte.Repositories), "[{vpai-postgres /opt/javisi/backups/pg_dump}] [{vpai-backups s3}]"},
		{"every", time.Duration(c.Zerobyte.Every), 5 * time.Minute},
		{"given", c.Backup.Given(), true},
	} {
		if v.got != v.want {
			t.Errorf("%s: got %v, want %v", v.what, v.got, v.want)
		}
	}
}

// Without their tables, none of them is there, whatever the environment holds.
func TestNoBackups(t *testing.T) {
	c, err := load(t, minimal, env(EnvPostgres, "pg-password-1", EnvBackup, "https://kuma.example.org/x"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Postgres.Service+c.Redis.Service+c.Qdrant.URL+c.Restic.Program+c.Zerobyte.URL != "" || c.Backup.Given() || !c.Backup.HeartbeatURL.IsZero() || len(c.Warnings) != 0 {
		t.Errorf("got %+v", c)
	}
}

// Every secret of backups can come out of the environment instead.
func TestEnvironmentOfBackups(t *testing.T) {
	src := minimal + `
[postgres]
dump_dir = "pg"
[postgres.databases.plane_production]
[redis]
dumps = ["redis/*.rdb"]
[qdrant]
url = "http://127.0.0.1:6333"
[backup]
dir = "vigie"
[backup.grafana]
url = "http://127.0.0.1:3000"
[[restic.repositories]]
name = "vpai-backups"
[zerobyte]
url = "http://[fd7a:115c:a1e0::5]:4096"
user = "vigie"
`
	c, err := load(t, src, env(EnvPostgres, "pg-password-1", "VIGIE_POSTGRES_PLANE_PRODUCTION_PASSWORD", "plane-password-1", EnvRedis, "redis-password-1", EnvQdrant, "qdrant-key-1",
		EnvBackup, "https://kuma.example.org/api/push/bK7Wd2xP4m", "VIGIE_RESTIC_VPAI_BACKUPS_PASSWORD", "vpai-password-1",
		"VIGIE_RESTIC_VPAI_BACKUPS_REPOSITORY", "s3:https://s3.example.org/vpai", EnvZerobyteUser, "zerobyte-password-1", EnvGrafana, "grafana-token-1"), "pg/", "")
	if err != nil {
		t.Fatal(err)
	}
	repo := c.Restic.Repositories[0]
	for _, s := range []Secret{c.Postgres.Password, c.Postgres.Databases["plane_production"].AppPassword, c.Redis.Password, c.Qdrant.Key, c.Backup.HeartbeatURL, c.Backup.Grafana.Password, repo.URL, repo.Password, c.Zerobyte.Password} {
		if s.IsZero() {
			t.Errorf("one is missing: %+v", c)
		}
	}
	if len(c.Warnings) != 0 || c.Postgres.Dumps[0] != c.Postgres.DumpDir+"/*.dump" {
		t.Errorf("got %v; %v", c.Warnings, c.Postgres)
	}
	c, err = load(t, minimal+"[zerobyte]\nurl = \"http://localhost:4096\"\n", env(EnvZerobyte, "zb_key-1"))
	if err != nil || c.Zerobyte.Key.Reveal() != "zb_key-1" {
		t.Errorf("got %v", err)
	}
}

func TestLongestGap(t *testing.T) {
	const day = 24 * time.Hour
	for s, want := range map[string]time.Duration{
		"0 5 * * *": 25 * time.Hour, "0 5 * * mon": 7*day + time.Hour, "0 5 * * mon-fri": 3*day + time.Hour, "0 5 1 * *": 31*day + time.Hour, "0 */6 * * *": 7 * time.Hour,
		"0 5 1-31 1,2 *": 307 * day, "0 5 29 2 *": 1461 * day, "* * 1 * *": 30*day + time.Minute, "30 2 * * *": 47 * time.Hour,
	} {
		schedule, ok := readCron(s, zone(t, "Europe/Paris"))
		if got := longestGap(schedule, zone(t, "Europe/Paris")); !ok || got != want {
			t.Errorf("%s: %v, want %v", s, got, want)
		}
	}
}

func TestURLPasswords(t *testing.T) {
	for address, want := range map[string]string{
		"rest:https://ann:word@nas.lan/x": "[word]", "rest:https://ann:w%2Fo@nas.lan/": "[w/o w%2Fo]", "rest:https://ann:a@b:c@nas.lan": "[a@b:c]", "sftp://ann:word@nas.lan//x": "[word]",
		"rest:https://ann@nas.lan/": "[]", "/backups/a:b@c/restic": "[]", "s3:https://host/a:b@c": "[]", "rest:https://ann:@nas.lan/": "[]", "sftp:ann@nas.lan:/x": "[]", "rest:https://ann:50%@nas.lan/": "[50%]",
	} {
		if got := fmt.Sprint(urlPasswords(address)); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestAsks(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT 1": true, "select count(*)\nfrom x;": true, "WITH a AS (SELECT 1) TABLE a": true, "VALUES (1)": true, "TABLE x": true,
		"": false, "selectx": false, "DELETE FROM x": false, "SELECT 1; SELECT 2": false, ";": false, "SELECT 1 \\! rm": false, "\\! rm": false, "SELECT 1;;": false,
	} {
		if got := asks(sql); got != want {
			t.Errorf("%q: %t", sql, got)
		}
	}
}
