package zerobyte

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
	"vigie/ops/zerobyte/zerobytetest"
)

// A restore goes into a new folder under the scratch root in every version, and is proved. The server blames whatever could
// touch live files; newWorld looks at that.
func TestRestore(t *testing.T) {
	each(t, func(t *testing.T, v zerobytetest.Version) {
		w := newWorld(t, v)
		r := w.Do("zerobyte.restore", "snapshot", "1a038ec0")
		if r.State != ops.Succeeded || !strings.Contains(opstest.How(r), "done | 3 files") || !strings.HasSuffix(opstest.How(r), "| seen there") {
			t.Error(opstest.How(r))
		}
		at := r.Plan.Facts[2].Value
		if !strings.HasPrefix(at, "/srv/restore/vigie-1a038ec0-") {
			t.Error(at)
		}
		again := w.Do("zerobyte.restore", "snapshot", "1a038ec0")
		if other := again.Plan.Facts[2].Value; again.State != ops.Succeeded || other != at+"-2" {
			t.Errorf("%s, into %s", opstest.How(again), other)
		}
		for path, says := range map[string]string{"/n8n-20261126_025501.dump": "1 file", "/sub": "1 file", "/sub/../sub/note.txt": "1 file", "/": "3 files"} {
			if r := w.Do("zerobyte.restore", "snapshot", "1a038ec0", "path", path); r.State == ops.Succeeded && !strings.Contains(opstest.How(r), says) || r.State != ops.Succeeded {
				t.Errorf("%s: %s", path, opstest.How(r))
			}
		}
		if r := w.Do("zerobyte.restore", "snapshot", "Seed"); r.State != ops.Succeeded || !strings.Contains(r.Plan.Title.En, "vpai-shared") {
			t.Errorf("by the job's name: %s", opstest.How(r))
		}
	})
}

// What cannot be restored, or not safely, is refused while planning.
func TestRestoreRefusals(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, zerobytetest.V41)
		for _, c := range [][3]string{{"ffff", "", "no snapshot"}, {"1a0", "", "no snapshot"}, {"1a038ec", "", "several snapshots"}, {"1a038ec0", "sub", "begins with /"}, {"1a038ec0", "/nothing", "has no"}} {
			if _, _, err := w.Ask("zerobyte.restore", "snapshot", c[0], "path", c[1]); err == nil || !strings.Contains(err.Error(), c[2]) {
				t.Errorf("%v: %v", c, err)
			}
		}
		w.server.Change(func(st *zerobytetest.State) { st.Volume("vpai-configs").Path = "/srv" })
		if _, _, err := w.Ask("zerobyte.restore", "snapshot", "1a038ec0"); ops.KindOf(err) != ops.Invalid || !strings.Contains(err.Error(), "volume vpai-configs") {
			t.Errorf("a scratch root inside of a volume: %v", err)
		}
		w.server.Change(func(st *zerobytetest.State) { st.Volume("vpai-configs").Path = "/srv/restore/x" })
		if _, _, err := w.Ask("zerobyte.restore", "snapshot", "1a038ec0"); ops.KindOf(err) != ops.Invalid {
			t.Errorf("a volume inside of the scratch root: %v", err)
		}
		w.o.Scratch = ""
		if _, _, err := w.Ask("zerobyte.restore", "snapshot", "1a038ec0"); ops.KindOf(err) != ops.Invalid {
			t.Errorf("without a scratch root: %v", err)
		}
		for _, target := range []string{"", "/", "/srv/restore", "/srv/restore/vigie-a/../../..", "/etc/vigie-a", "/srv/restore/mine"} { // of a plan that somebody tampered with
			if err := w.restore(t.Context(), restoreArgs{Snapshot: "1a038ec0", RepoAt: "repoaaaa", Target: target}); ops.KindOf(err) != ops.Failed {
				t.Errorf("%q: %v", target, err)
			}
		}
		w.o.Scratch = "/srv/restore"
		for _, target := range []string{"", "/", "/srv/restore", "/srv/restore/vigie-a/../../..", "/etc/vigie-a", "/srv/restore/mine"} {
			if err := w.restore(t.Context(), restoreArgs{Snapshot: "1a038ec0", RepoAt: "repoaaaa", Target: target}); ops.KindOf(err) != ops.Failed {
				t.Errorf("%q: %v", target, err)
			}
		}
	})
}

// However it fails, it is said; and nothing was touched that was there.
func TestRestoreFails(t *testing.T) {
	each(t, func(t *testing.T, v zerobytetest.Version) {
		w := newWorld(t, v)
		w.server.Change(func(st *zerobytetest.State) { st.Restore = "no space left on device" })
		r := w.Do("zerobyte.restore", "snapshot", "1a038ec0")
		if want := map[bool]ops.RunState{true: ops.Uncertain, false: ops.Broke}[v < 41]; r.State != want || v >= 41 && !strings.Contains(opstest.How(r), "no space left on device") {
			t.Error(opstest.How(r)) // an early one answers 500, as a proxy might that gave up
		}
		w.server.Change(func(st *zerobytetest.State) { st.Restore, st.RestoreTakes = "", 2*time.Hour })
		if v < 41 {
			if r := w.Do("zerobyte.restore", "snapshot", "1a038ec0"); r.State != ops.Uncertain {
				t.Errorf("longer than anybody waits: %s", opstest.How(r))
			}
		}
	})
}

// An order cannot say what must never be asked for.
func TestOrder(t *testing.T) {
	raw, err := json.Marshal(order{})
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	if _, there := fields["targetPath"]; !there || strings.Contains(string(raw), "delete") {
		t.Errorf("%s", raw)
	}
}

// The newest snapshot of each job is what can be named.
func TestNames(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, zerobytetest.V42)
		snapshots, err := w.Gate.Choices(t.Context(), "zerobyte_snapshot")
		if err != nil || len(snapshots) != 7 || !slices.ContainsFunc(snapshots, func(c ops.Choice) bool { return c.Value == "1a038ec0" && c.Also[0] == "DB Full" }) {
			t.Errorf("%+v %v", snapshots, err)
		}
		jobs, err := w.Gate.Choices(t.Context(), "zerobyte_job")
		if err != nil || len(jobs) != 7 || jobs[0].Value != "DB Full" || jobs[0].Hint.En != "4 h 59 ago" {
			t.Errorf("%+v %v", jobs[0], err)
		}
	})
}
