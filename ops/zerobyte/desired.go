package zerobyte

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"vigie/ops"
)

// A Desired is what Zerobyte should have: the tables of a runbook. What is empty is not asked for.
type Desired struct {
	Repositories []DesiredRepository
	Volumes      []DesiredVolume
	Jobs         []DesiredJob
}

// A DesiredRepository is a repository that should be there.
type DesiredRepository struct{ Name, Type string } // Type: s3, rest, rclone, local, …; "" is any

// A DesiredVolume is a volume that should be there, and mounted.
type DesiredVolume struct{ Name, Path string } // Path on the machine that is backed up; "" is any

// A DesiredJob is a job that should be there, and enabled.
type DesiredJob struct {
	Name, Volume, Repository string
	Cron                     string // five fields, in Zerobyte's time zone
	Keep                     Retention
}

// A Retention is how many snapshots a job keeps: the newest, and those of so many hours, days, weeks, months and years.
type Retention struct {
	Last    int    `json:"keepLast,omitempty"`
	Hourly  int    `json:"keepHourly,omitempty"`
	Daily   int    `json:"keepDaily,omitempty"`
	Weekly  int    `json:"keepWeekly,omitempty"`
	Monthly int    `json:"keepMonthly,omitempty"`
	Yearly  int    `json:"keepYearly,omitempty"`
	Within  string `json:"keepWithinDuration,omitempty"` // as restic takes it: "14d"
}

// String is the retention as runbooks write it: «7d / 4w / 6m / 2y».
func (r Retention) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		unit string
	}{{r.Last, " last"}, {r.Hourly, "h"}, {r.Daily, "d"}, {r.Weekly, "w"}, {r.Monthly, "m"}, {r.Yearly, "y"}} {
		if p.n > 0 {
			parts = append(parts, strconv.Itoa(p.n)+p.unit)
		}
	}
	if r.Within != "" {
		parts = append(parts, "within "+r.Within)
	}
	if len(parts) == 0 {
		return "–"
	}
	return strings.Join(parts, " / ")
}

// problems names what is wrong with the tables themselves.
func (d Desired) problems() (list []error) {
	volumes, repos, jobs := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, v := range d.Volumes {
		if v.Name == "" || volumes[v.Name] || v.Path != "" && !path.IsAbs(v.Path) {
			list = append(list, fmt.Errorf("zerobyte: volume %q: it has a name of its own, and an absolute path", v.Name))
		}
		volumes[v.Name] = true
	}
	for _, r := range d.Repositories {
		if r.Name == "" || repos[r.Name] {
			list = append(list, fmt.Errorf("zerobyte: repository %q: it has a name of its own", r.Name))
		}
		repos[r.Name] = true
	}
	for _, j := range d.Jobs {
		switch {
		case j.Name == "" || jobs[strings.ToLower(j.Name)]:
			list = append(list, fmt.Errorf("zerobyte: job %q: it has a name of its own", j.Name))
		case j.Cron != "" && cron(j.Cron) == "":
			list = append(list, fmt.Errorf("zerobyte: job %q: cron has five fields", j.Name))
		case j.Volume != "" && len(volumes) > 0 && !volumes[j.Volume]:
			list = append(list, fmt.Errorf("zerobyte: job %q: there is no volume %q in the table", j.Name, j.Volume))
		case j.Repository != "" && len(repos) > 0 && !repos[j.Repository]:
			list = append(list, fmt.Errorf("zerobyte: job %q: there is no repository %q in the table", j.Name, j.Repository))
		}
		jobs[strings.ToLower(j.Name)] = true
	}
	if err := errors.Join(list...); err == nil {
		return nil
	}
	return list
}

// days and months are the names that cron expressions may have for numbers.
var days = strings.NewReplacer("SUN", "0", "MON", "1", "TUE", "2", "WED", "3", "THU", "4", "FRI", "5", "SAT", "6", "7", "0")

var months = strings.NewReplacer("JAN", "1", "FEB", "2", "MAR", "3", "APR", "4", "MAY", "5", "JUN", "6", "JUL", "7", "AUG", "8", "SEP", "9", "OCT", "10", "NOV", "11", "DEC", "12")

// cron is an expression in one notation of the many that mean the same, or "" if it is none: names are numbers, Sunday is 0,
// leading zeros and a field for seconds that is 0 are gone.
func cron(expression string) string {
	switch strings.ToLower(strings.TrimSpace(expression)) {
	case "@daily", "@midnight":
		expression = "0 0 * * *"
	case "@hourly":
		expression = "0 * * * *"
	case "@weekly":
		expression = "0 0 * * 0"
	case "@monthly":
		expression = "0 0 1 * *"
	}
	fields := strings.Fields(strings.ToUpper(expression))
	if len(fields) == 6 && strings.Trim(fields[0], "0") == "" {
		fields = fields[1:]
	}
	if len(fields) != 5 {
		return ""
	}
	for i, f := range fields {
		parts := strings.Split(f, ",")
		for k, p := range parts {
			if n, err := strconv.Atoi(p); err == nil {
				parts[k] = strconv.Itoa(n)
			}
		}
		fields[i] = strings.Join(parts, ",")
	}
	fields[3], fields[4] = months.Replace(fields[3]), days.Replace(fields[4])
	if fields[4] == "?" {
		fields[4] = "*"
	}
	return strings.Join(fields, " ")
}

// Runbook is the tables of the stack's runbook, §4: what is to be made in Zerobyte by hand.
func Runbook() Desired {
	const main, shared = "vpai-backups", "vpai-shared"
	gfs := Retention{Daily: 7, Weekly: 4, Monthly: 6, Yearly: 2}
	return Desired{
		Repositories: []DesiredRepository{{main, "s3"}, {shared, ""}},
		Volumes: []DesiredVolume{{"vpai-postgres", "/opt/javisi/backups/pg_dump"}, {"vpai-redis", "/opt/javisi/data/redis"}, {"vpai-qdrant", "/opt/javisi/backups/qdrant"},
			{"vpai-n8n", "/opt/javisi/backups/n8n"}, {"vpai-configs", "/opt/javisi/configs"}, {"vpai-grafana", "/opt/javisi/backups/grafana"}},
		Jobs: []DesiredJob{
			{"DB Full", "vpai-postgres", main, "0 3 * * *", gfs},
			{"Redis", "vpai-redis", main, "5 3 * * *", Retention{Daily: 7, Weekly: 4}},
			{"Qdrant", "vpai-qdrant", main, "10 3 * * *", Retention{Daily: 7, Weekly: 4, Monthly: 6}},
			{"n8n", "vpai-n8n", main, "15 3 * * *", gfs},
			{"Configs", "vpai-configs", main, "20 3 * * *", Retention{Daily: 7, Weekly: 4}},
			{"Grafana", "vpai-grafana", main, "0 3 * * 0", Retention{Weekly: 4, Monthly: 6}},
			{"Seed", "vpai-postgres", shared, "30 3 * * *", Retention{Last: 1}},
		},
	}
}

// A Difference is one thing that is not as it should be.
type Difference struct {
	Subject  string // "job:DB-Full", "volume:vpai-qdrant", "repository:vpai-backups"
	Kind     string // missing, cron, retention, disabled, volume, repository, unmounted, path, type, broken, names-only, extra
	Severity ops.Severity
	Says     ops.Text // one line
}
