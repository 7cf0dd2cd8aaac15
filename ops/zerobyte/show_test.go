package zerobyte

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
	"vigie/ops/zerobyte/zerobytetest"
)

// The first line is the answer; what needs somebody comes first, with the button that mends it.
func TestShow(t *testing.T) {
	each(t, func(t *testing.T, v zerobytetest.Version) {
		w := newWorld(t, v)
		a, _, err := w.Ask("zerobyte.show")
		if err != nil {
			t.Fatal(err)
		}
		if lines := strings.Split(opstest.Words(a), "\n"); len(lines) != 9 || lines[0] != "🟢 7 jobs fine · next: DB Full in 19 h" || lines[2] != "🟢 DB Full 4 h 59 ago · vpai-postgres → vpai-backups · next in 19 h" {
			t.Errorf("%s", opstest.Words(a))
		}
		if asked := w.server.Asked(); len(slices.DeleteFunc(asked, func(r string) bool { return strings.Contains(r, "sign-in") })) != 3 {
			t.Errorf("%q", asked)
		}
		w.job("Redis", func(j *zerobytetest.Job) { j.Status, j.Error = "error", "unable to open \x1b[31mrepository" })
		w.job("n8n", func(j *zerobytetest.Job) { j.Status = "warning" })
		w.job("Configs", func(j *zerobytetest.Job) { j.Enabled = false })
		w.job("Seed", func(j *zerobytetest.Job) { j.Next = time.Now().Add(-2 * time.Hour) })
		w.job("Grafana", func(j *zerobytetest.Job) { j.Status, j.Last = "", time.Time{} })
		w.server.Change(func(st *zerobytetest.State) {
			st.Volume("vpai-qdrant").Status = "unmounted"
			st.Repositories[1].Status, st.Repositories[1].Error = "error", "pack is damaged"
		})
		a, _, err = w.Ask("zerobyte.show")
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"🔴 3 of 7 jobs · Redis failed 4 h 54 ago\n🔴 Redis failed", "\n🔴 Seed due 2 h ago and not begun", "\n🟠 n8n 4 h 44 ago, with warnings", "\n⚪ Configs disabled", "\n⚪ Grafana never run yet",
			"\n🔴 volume vpai-qdrant is not mounted", "\n🔴 repository vpai-shared is broken: «pack is damaged»", "\n> unable to open repository\n", "[Run Redis…] [Run Seed…] [Run n8n…] [↻]"} {
			if !strings.Contains(opstest.Words(a), want) {
				t.Errorf("lacks %q:\n%s", want, opstest.Words(a))
			}
		}
		w.server.Change(func(st *zerobytetest.State) { st.Jobs = nil })
		if a, _, err = w.Ask("zerobyte.show"); err != nil || !strings.HasPrefix(opstest.Words(a), "🟠 Zerobyte has no backup job") {
			t.Errorf("%v %s", err, opstest.Words(a))
		}
	})
}

// The runbook's tables against what is set up.
func TestCheck(t *testing.T) {
	each(t, func(t *testing.T, v zerobytetest.Version) {
		w := newWorld(t, v)
		if list, err := w.Check(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("as it should be: %+v %v", list, err)
		}
		w.server.Change(func(st *zerobytetest.State) {
			st.Job("DB Full").Cron = "0 4 * * *"
			st.Job("Redis").Keep = map[string]any{"keepDaily": 3, "keepWeekly": 4}
			st.Job("n8n").Enabled = false
			st.Job("Configs").Volume = "vpai-redis"
			st.Job("Grafana").Repository = "vpai-shared"
			st.Job("Seed").Name = "Seeds"
			st.Job("Qdrant").Keep = nil
			st.Volume("vpai-qdrant").Files = map[string]int64{"latest-snapshot-20261126_025501.txt": 44, "latest-snapshot-20261125_025501.txt": 44}
			st.Volume("vpai-n8n").Status, st.Volume("vpai-n8n").Error = "error", "not found"
			st.Volume("vpai-grafana").Path = "/opt/javisi/grafana"
			st.Repositories[0].Type = "local"
		})
		list, err := w.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range list {
			got = append(got, fmt.Sprintf("%s %s %s: %s", d.Severity, d.Subject, d.Kind, ops.Unmark(d.Says.En)))
			if d.Says.Fr == "" {
				t.Errorf("no French: %+v", d)
			}
		}
		want := []string{
			"warning job:Configs volume: job Configs backs up vpai-redis, not vpai-configs",
			"warning job:Grafana repository: job Grafana writes to vpai-shared, not to vpai-backups",
			"warning job:Redis retention: job Redis keeps 3d / 4w, not 7d / 4w",
			"warning job:Seed missing: job Seed is missing: vpai-postgres is not backed up",
			"warning job:n8n disabled: job n8n is disabled",
			"warning repository:vpai-backups type: repository vpai-backups is of type local, not s3",
			"warning volume:vpai-grafana path: volume vpai-grafana is /opt/javisi/grafana, not /opt/javisi/backups/grafana",
			"warning volume:vpai-n8n unmounted: volume vpai-n8n is not mounted: its backups fail",
			"warning volume:vpai-qdrant names-only: volume vpai-qdrant holds only the names of Qdrant's snapshots, and none of their data: nothing of Qdrant can be restored from it",
			"notice job:DB-Full cron: job DB Full runs at 0 4 * * *, not at 0 3 * * *",
			"notice job:Qdrant retention: job Qdrant keeps –, not 7d / 4w / 6m",
			"notice job:Seeds extra: job Seeds is in no table",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		w.server.Change(func(st *zerobytetest.State) { st.Jobs, st.Volumes, st.Repositories = nil, nil, nil })
		if list, err := w.Check(t.Context()); err != nil || len(list) != 7+6+2 {
			t.Errorf("nothing is set up: %d %v", len(list), err)
		}
	})
}

// Cron expressions that mean the same are the same.
func TestCron(t *testing.T) {
	for _, same := range [][]string{{"0 3 * * 0", "0 3 * * SUN", "00 03 * * sun", "0  3 * * 7", "0 0 3 * * 0"}, {"0 0 * * *", "@daily", "@midnight", "0 0 0 * * ?"}, {"5 3 1,15 jan mon-fri", "5 3 01,15 1 1-5"}} {
		for _, e := range same {
			if cron(e) != cron(same[0]) || cron(e) == "" {
				t.Errorf("%q is %q, %q is %q", e, cron(e), same[0], cron(same[0]))
			}
		}
	}
	for _, no := range []string{"", "daily", "* * * *", "5 0 3 * * 0", "@reboot"} {
		if cron(no) != "" {
			t.Errorf("%q is %q", no, cron(no))
		}
	}
	if cron("0 3 * * 1") == cron("0 3 * * 0") || cron("0 3 * * *") == cron("0 4 * * *") {
		t.Error("what differs is the same")
	}
}

// The watcher tells what is so, all at once after each look, and asks little.
func TestWatch(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, zerobytetest.V41)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		told, news := map[string][]ops.Trouble{}, make(chan ops.Sighting, 64)
		ended := make(chan struct{})
		go func() { // waited for below
			defer close(ended)
			w.Watcher().Watch(ctx, nil, func(s ops.Sighting) { news <- s })
		}()
		says := func() string {
			time.Sleep(5*time.Minute + time.Second)
			for len(news) > 0 {
				s := <-news
				told[s.Whole] = s.Troubles
			}
			var list []string
			for _, whole := range []string{"job:", "volume:", "watch:zerobyte"} {
				for _, tr := range told[whole] {
					if tr.Title.Fr == "" || tr.At.IsZero() || tr.Over || !strings.HasPrefix(tr.Subject, whole) {
						t.Errorf("%+v", tr)
					}
					list = append(list, tr.Subject+" "+tr.Kind)
				}
			}
			return strings.Join(list, ", ")
		}
		if got := says(); got != "" {
			t.Errorf("all fine: %s", got)
		}
		w.server.Asked()
		w.job("DB Full", func(j *zerobytetest.Job) { j.Status, j.Error = "error", "boom" })
		w.job("Redis", func(j *zerobytetest.Job) { j.Status = "warning" })
		w.job("n8n", func(j *zerobytetest.Job) { j.Next = time.Now().Add(-9 * time.Minute) })
		w.job("Configs", func(j *zerobytetest.Job) { j.Enabled = false })
		w.job("Grafana", func(j *zerobytetest.Job) { j.Status, j.Next = "in_progress", time.Now().Add(-time.Hour) })
		w.job("Seed", func(j *zerobytetest.Job) { j.Name, j.Enabled = "Old", false }) // in no table: off on purpose
		w.server.Change(func(st *zerobytetest.State) { st.Volume("vpai-redis").Status = "unmounted" })
		want := "job:DB-Full failed, job:Redis warning, job:Configs disabled, job:Grafana late, volume:vpai-redis unmounted"
		if got := says(); got != want {
			t.Errorf("%s", got)
		}
		if asked := w.server.Asked(); len(asked) != 2 {
			t.Errorf("%q", asked)
		}
		since := told["volume:"][0].At
		if got := says(); got != strings.Replace(want, "job:Configs", "job:n8n late, job:Configs", 1) {
			t.Errorf("%s", got)
		}
		if first := told["job:"][0]; first.Quote != "boom" || first.Needs[0] != "volume:vpai-postgres" || first.Offers[0].Ask.Args["job"] != "DB Full" {
			t.Errorf("%+v", first)
		}
		if !told["volume:"][0].At.Equal(since) {
			t.Errorf("since %v, then since %v", since, told["volume:"][0].At)
		}
		w.server.Change(func(st *zerobytetest.State) { st.Down = true })
		if got := says(); !strings.HasSuffix(got, "watch:zerobyte blind") || !strings.HasPrefix(got, "job:DB-Full failed") {
			t.Errorf("blind: %s", got)
		}
		w.server.Change(func(st *zerobytetest.State) { st.Down = false })
		if got := says(); strings.Contains(got, "blind") {
			t.Errorf("seeing again: %s", got)
		}
		cancel()
		<-ended
	})
}

// Every op's words are there in both languages.
func TestBound(t *testing.T) {
	b := Bind(&System{})
	if len(b.Ops) != 3 {
		t.Errorf("%d ops", len(b.Ops))
	}
	for _, op := range b.Ops {
		if op.Doc.En == "" || op.Doc.Fr == "" || len(op.Phrases) == 0 || len(op.Examples) == 0 {
			t.Errorf("%s lacks words", op.Name)
		}
	}
}
