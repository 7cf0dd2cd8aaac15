package zerobyte

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
	"vigie/ops/zerobyte/zerobytetest"
)

func bubble(t *testing.T, do func(t *testing.T)) { synctest.Test(t, do) }

// However a run ends, in every version, it is judged by what is in the repository and in the schedule, not by the first yes.
func TestRun(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(*zerobytetest.Job)
		ends   ops.RunState
		says   string
		only   []zerobytetest.Version
	}{
		{"well", func(j *zerobytetest.Job) {}, ops.Succeeded, " old, 412 MB", nil},
		{"long", func(j *zerobytetest.Job) { j.Takes = 50 * time.Minute }, ops.Succeeded, " old, 412 MB", nil},
		{"at once", func(j *zerobytetest.Job) { j.Takes = time.Second }, ops.Succeeded, " old, 412 MB", nil},
		{"partial", func(j *zerobytetest.Job) { j.Ends = "warning: a file vanished" }, ops.Succeeded, "412 MB; it lacks something: «a file vanished»", nil},
		{"failed", func(j *zerobytetest.Job) { j.Ends = "error: repository is locked" }, ops.Broke, "why: DB Full failed: «repository is locked»", nil},
		{"no snapshot", func(j *zerobytetest.Job) { j.Bytes = -1 }, ops.Broke, "there is no new snapshot of DB Full in vpai-backups", nil},
		{"skipped", func(j *zerobytetest.Job) { j.Ends = "never" }, ops.Broke, "said yes and did not begin DB Full in 2 min", []zerobytetest.Version{zerobytetest.V26, zerobytetest.V41}},
	} {
		t.Run(c.what, func(t *testing.T) {
			each(t, func(t *testing.T, v zerobytetest.Version) {
				w := newWorld(t, v)
				w.job("DB Full", c.change)
				r := w.Do("zerobyte.run", "job", "db full")
				if r.State != c.ends || !strings.Contains(opstest.How(r), c.says) {
					t.Errorf("%s", opstest.How(r))
				}
				if asked := w.server.Asked(); len(asked) > 300 {
					t.Errorf("%d requests", len(asked))
				}
			}, c.only...)
		})
	}
}

// While it runs, it says how far it is, where the version tells.
func TestRunProgress(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, zerobytetest.V42)
		r := w.Do("zerobyte.run", "job", "n8n")
		all := strings.Join(w.said, "; ")
		if r.State != ops.Succeeded || !strings.Contains(all, "12 %, 125 kB of 1 MB; 25 %, 250 kB of 1 MB") || !strings.Contains(all, "Zerobyte calls it a success") {
			t.Errorf("%s: %s", opstest.How(r), all)
		}
	})
}

// A job that runs is not started a second time: not when asked, not when somebody else was faster, not after a crash.
func TestRunOnce(t *testing.T) {
	each(t, func(t *testing.T, v zerobytetest.Version) {
		w := newWorld(t, v)
		_, plan, err := w.Ask("zerobyte.run", "job", "DB Full")
		if err != nil {
			t.Fatal(err)
		}
		count := func() (n int) {
			w.server.Change(func(st *zerobytetest.State) {
				for _, s := range st.Snapshots {
					if s.Tags[0] == "job00001" {
						n++
					}
				}
			})
			return n
		}
		begun := time.Now()
		args := plan.Plan.Steps[0].Args
		run := func() error {
			var a runArgs
			if err := decode(reply{body: args}, &a); err != nil {
				t.Fatal(err)
			}
			return w.run(t.Context(), a)
		}
		crashed := make(chan error, 1)
		go func() { crashed <- run() }() // the run that is not heard of any more; waited for below
		time.Sleep(12 * time.Second)
		if _, _, err := w.Ask("zerobyte.run", "job", "DB Full"); ops.KindOf(err) != ops.Invalid || !strings.Contains(err.Error(), "running already") {
			t.Errorf("asked again: %v", err)
		}
		if err := run(); err != nil { // gone on with
			t.Error(err)
		}
		if err := <-crashed; err != nil {
			t.Error(err)
		}
		if n, took := count(), time.Since(begun); n != 2 || took > 2*time.Minute {
			t.Errorf("%d snapshots after %v", n, took)
		}
		if seen := w.Gate.Glance(t.Context(), *plan, time.Minute); seen[0].State != ops.StepEnded {
			t.Errorf("the proof says %+v", seen[0])
		}
	})
}

// A run that ended between the plan and the yes stops it: what was approved rests on the one before.
func TestRunDrift(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, zerobytetest.V41)
		_, r, err := w.Ask("zerobyte.run", "job", "Redis")
		if err != nil {
			t.Fatal(err)
		}
		w.job("Redis", func(j *zerobytetest.Job) { j.Last = time.Now() })
		if r := w.Yes(r.ID); r.State != ops.Outdated || !strings.Contains(r.Why.En, "its last run") {
			t.Error(opstest.How(r))
		}
	})
}

// When Zerobyte is gone for a while the run goes on; when it stays away nobody knows, and it is not started again.
func TestRunAway(t *testing.T) {
	each(t, func(t *testing.T, v zerobytetest.Version) {
		w := newWorld(t, v)
		down := func(so bool) { w.server.Change(func(st *zerobytetest.State) { st.Down = so }) }
		go func() { // the bubble waits for it
			time.Sleep(7 * time.Second)
			down(true)
			time.Sleep(20 * time.Second)
			down(false)
		}()
		if r := w.Do("zerobyte.run", "job", "DB Full"); r.State != ops.Succeeded {
			t.Error(opstest.How(r))
		}
		go func() { // the bubble waits for it
			time.Sleep(7 * time.Second)
			down(true)
		}()
		if r := w.Do("zerobyte.run", "job", "DB Full"); r.State != ops.Uncertain || !strings.Contains(opstest.How(r), "DB Full was begun, and Zerobyte has not answered since") {
			t.Error(opstest.How(r))
		}
		down(false)
		time.Sleep(time.Hour)
	})
}

// Too many requests of others do not make it lose sight.
func TestRunLimited(t *testing.T) {
	each(t, func(t *testing.T, v zerobytetest.Version) {
		w := newWorld(t, v)
		w.server.Limit = 12
		w.job("DB Full", func(j *zerobytetest.Job) { j.Takes = 7 * time.Minute })
		if r := w.Do("zerobyte.run", "job", "DB Full"); r.State != ops.Succeeded {
			t.Error(opstest.How(r))
		}
	})
}

// A request that breaks after it was sent leaves it unknown whether it took.
func TestRunBroken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, zerobytetest.V41)
		_, r, err := w.Ask("zerobyte.run", "job", "DB Full")
		if err != nil {
			t.Fatal(err)
		}
		w.client.Transport = breaking{w.client.Transport}
		if r := w.Yes(r.ID); r.State != ops.Uncertain || !strings.Contains(opstest.How(r), "may or may not have begun") {
			t.Error(opstest.How(r))
		}
		time.Sleep(5 * time.Minute) // and it did
		if seen := w.Gate.Glance(t.Context(), *r, time.Minute); seen[0].State != ops.StepEnded {
			t.Errorf("the proof says %+v", seen[0])
		}
	})
}

// An unmounted volume, and a job that is not there.
func TestRunRefusals(t *testing.T) {
	each(t, func(t *testing.T, v zerobytetest.Version) {
		w := newWorld(t, v)
		_, _, err := w.Ask("zerobyte.run", "job", "nope")
		if ops.KindOf(err) != ops.NotFound || len(err.(*ops.Error).Choices) != 7 {
			t.Error(err)
		}
		w.server.Change(func(st *zerobytetest.State) { st.Volume("vpai-redis").Status = "error" })
		if r := w.Do("zerobyte.run", "job", "Redis"); r.State != ops.Broke || !strings.Contains(opstest.How(r), "Volume is not mounted") || !strings.Contains(r.Plan.Costs[1].En, "is not mounted now") {
			t.Error(opstest.How(r))
		}
	})
}
