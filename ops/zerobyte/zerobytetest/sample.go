package zerobytetest

import (
	"fmt"
	"time"
)

// sample is the stack's runbook, §4, set up as it says, with one night behind it.
func sample(now time.Time) State {
	st := State{Files: map[string]int64{"/n8n-20261126_025501.dump": 412_000_000, "/litellm-20261126_025502.dump": 96_000_000, "/sub/note.txt": 12}, RestoreTakes: 20 * time.Second,
		Repositories: []*Repository{{"0198-aaaa", "repoaaaa", "vpai-backups", "s3", "healthy", ""}, {"0198-bbbb", "repobbbb", "vpai-shared", "rclone", "healthy", ""}}}
	for i, v := range [][2]string{{"vpai-postgres", "/opt/javisi/backups/pg_dump/"}, {"vpai-redis", "/opt/javisi/data/redis"}, {"vpai-qdrant", "/opt/javisi/backups/qdrant"},
		{"vpai-n8n", "/opt/javisi/backups/n8n"}, {"vpai-configs", "/opt/javisi/configs"}, {"vpai-grafana", "/opt/javisi/backups/grafana"}} {
		st.Volumes = append(st.Volumes, &Volume{ID: i + 1, ShortID: fmt.Sprintf("vol%05d", i+1), Name: v[0], Type: "directory", Path: v[1], Status: "mounted", Files: map[string]int64{"a.dump": 50_000}})
	}
	gfs := map[string]any{"keepDaily": 7, "keepWeekly": 4, "keepMonthly": 6, "keepYearly": 2}
	short := map[string]any{"keepDaily": 7, "keepWeekly": 4}
	for i, j := range []Job{
		{Name: "DB Full", Volume: "vpai-postgres", Repository: "vpai-backups", Cron: "0 3 * * *", Keep: gfs, Bytes: 412_000_000},
		{Name: "Redis", Volume: "vpai-redis", Repository: "vpai-backups", Cron: "5 3 * * *", Keep: short, Bytes: 9_000_000},
		{Name: "Qdrant", Volume: "vpai-qdrant", Repository: "vpai-backups", Cron: "10 3 * * *", Keep: map[string]any{"keepDaily": 7, "keepWeekly": 4, "keepMonthly": 6}, Bytes: 60},
		{Name: "n8n", Volume: "vpai-n8n", Repository: "vpai-backups", Cron: "15 3 * * *", Keep: gfs, Bytes: 1_500_000},
		{Name: "Configs", Volume: "vpai-configs", Repository: "vpai-backups", Cron: "20 3 * * *", Keep: short, Bytes: 700_000},
		{Name: "Grafana", Volume: "vpai-grafana", Repository: "vpai-backups", Cron: "0 3 * * SUN", Keep: map[string]any{"keepWeekly": 4, "keepMonthly": 6}, Bytes: 300_000},
		{Name: "Seed", Volume: "vpai-postgres", Repository: "vpai-shared", Cron: "30 3 * * *", Keep: map[string]any{"keepLast": 1}, Bytes: 412_000_000},
	} {
		at := now.Add(-5*time.Hour + time.Duration(i)*5*time.Minute)
		j.ID, j.ShortID, j.Enabled, j.Status, j.Last, j.Next, j.Takes, j.Ends = i+1, fmt.Sprintf("job%05d", i+1), true, "success", at.Add(time.Minute), at.Add(24*time.Hour), 40*time.Second, "success"
		st.Jobs = append(st.Jobs, &j)
		st.Snapshots = append(st.Snapshots, &Snapshot{ID: fmt.Sprintf("%08x", 0x1a038ec0+i), Repository: j.Repository, At: at, Bytes: j.Bytes, Tags: []string{j.ShortID}})
	}
	return st
}
