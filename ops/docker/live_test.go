package docker_test

import (
	"slices"
	"strings"
	"testing"

	"vigie/ops"
)

// TestLive operates a real stack the way people do.
func TestLive(t *testing.T) {
	t.Parallel() // they wait for health most of the time
	w := newTown(t)
	first := w.push("one")
	w.forget()

	// Up: the image that only the registry has is pulled before anything starts.
	r := w.do("up phase=all", ops.Succeeded)
	if r.Steps[0].Step.Kind != "docker.pull" || !strings.HasPrefix(note(r), "3 of 3 up") || w.inspect("web").ImageID != first {
		t.Errorf("%s: %s", r.Steps[0].Step.Text.En, note(r))
	}
	w.shows("status", "🟢 4 of 4 fine", "`loop` off on purpose")

	// A restart that cannot work fails with what the health check says; one that can is proved.
	w.Exec(t, w.Project+"_web", "touch", "/sick")
	w.shows("status", "🔴 1 of 4 needs you", "`web` unhealthy")
	if r = w.do("restart service=web", ops.Broke); !strings.Contains(r.Why.En, "still unhealthy") {
		t.Error(r.Why.En)
	}
	w.Exec(t, w.Project+"_web", "rm", "/sick")
	w.shows("status", "🟢 4 of 4 fine")
	if r = w.do("restart service=web", ops.Succeeded); !strings.HasPrefix(note(r), "healthy after") {
		t.Error(note(r))
	}
	if r = w.do("restart service=weak", ops.Succeeded); !strings.Contains(note(r), "proves nothing") {
		t.Error(note(r))
	}
	w.shows("inspect service=weak", "cannot fail")
	w.shows("inspect service=web", "env: COLOUR", "memory")

	// A changed env file: a restart does not apply it and says so; a recreate does.
	w.Write(t, "web.env", "COLOUR="+secret+"\nSHADE=dark\n")
	_, plan, err := w.desk.Ask("restart service=web")
	if err != nil || len(plan.Plan.Costs) == 0 || !strings.Contains(plan.Plan.Costs[0].En, "/recreate web") {
		t.Errorf("%v, %v", plan, err)
	}
	w.do("restart service=web", ops.Succeeded)
	if slices.Contains(w.inspect("web").Env, "SHADE") {
		t.Error("a restart applied the env file")
	}
	w.do("recreate service=web", ops.Succeeded)
	if !slices.Contains(w.inspect("web").Env, "SHADE") {
		t.Error("a recreate did not apply the env file")
	}

	// Stop, and undo it.
	r = w.do("stop service=web", ops.Succeeded)
	w.shows("status", "🟠 `web` stopped")
	w.do("vigie.undo run="+r.ID, ops.Succeeded)
	w.shows("status", "🟢 4 of 4 fine")

	// What is on demand can be started, and a crash loop is seen for what it is.
	if r = w.do("start service=loop", ops.Broke); len(r.Undone) == 0 || r.Undone[0].State != ops.StepEnded {
		t.Errorf("%v %s", r.Undone, r.Why.En)
	}
}

// TestLivePhases takes one file's services down while the other's stay.
func TestLivePhases(t *testing.T) {
	t.Parallel() // they wait for health most of the time
	w := newTown(t)
	w.push("one")
	w.do("up phase=all", ops.Succeeded)
	db := w.inspect("db")
	r := w.do("down phase=apps", ops.Succeeded)
	if now := w.inspect("db"); now.ID != db.ID || !now.Started.Equal(db.Started) {
		t.Error("taking apps down touched db")
	}
	w.shows("status", "🔴 3 of 4 need you", "`web` missing")
	w.do("vigie.undo run="+r.ID, ops.Succeeded)
	w.shows("status", "🟢 4 of 4 fine")
	r = w.do("down phase=all", ops.Succeeded)
	if kind := r.Steps[0].Step.Text.En; !strings.Contains(kind, "apps") {
		t.Errorf("first: %s", kind)
	}
	w.do("vigie.undo run="+r.ID, ops.Succeeded)
	w.shows("status", "🟢 4 of 4 fine")
	if again := w.inspect("db"); again.ID == db.ID {
		t.Error("down left the container of db")
	}
	// An image that is nowhere: nothing is begun.
	w.do("down phase=apps", ops.Succeeded)
	w.forget()
	if _, _, err := w.desk.Ask("up phase=apps"); err != nil {
		t.Errorf("the registry has it: %v", err)
	}
	w.Write(t, "docker-compose.yml", strings.NewReplacer("IMAGE", w.Image, "PROJECT", w.Project, "REF", w.ref+"-gone").Replace(townApps))
	_, _, err := w.desk.Ask("up phase=apps")
	if ops.KindOf(err) != ops.Unavailable || !strings.Contains(ops.SayOf(err).En, "-gone") {
		t.Errorf("%v", err)
	}
	if _, err := w.engine.Inspect(t.Context(), w.Project+"_weak"); ops.KindOf(err) != ops.NotFound {
		t.Errorf("something was started: %v", err)
	}
}

// TestLiveUpdate takes a service to the registry's newest image, and back.
func TestLiveUpdate(t *testing.T) {
	t.Parallel() // they wait for health most of the time
	w := newTown(t)
	one := w.push("one")
	w.do("up phase=all", ops.Succeeded)
	if _, _, err := w.desk.Ask("update service=web"); ops.KindOf(err) != ops.Invalid || !strings.Contains(ops.SayOf(err).En, "newest") {
		t.Fatalf("%v", err)
	}
	two := w.push("two")
	if err := w.engine.Tag(t.Context(), one, w.ref); err != nil { // as if it had been pushed elsewhere
		t.Fatal(err)
	}
	r := w.do("update service=web", ops.Succeeded)
	if d := w.inspect("web"); d.ImageID != two || d.Health != "healthy" {
		t.Errorf("updated to %s, %s", d.ImageID, d.Health)
	}
	w.do("vigie.undo run="+r.ID, ops.Succeeded)
	if d := w.inspect("web"); d.ImageID != one {
		t.Errorf("undone to %s, want %s", d.ImageID, one)
	}
	// Pulled by somebody else meanwhile: the update only makes it anew, and can still go back.
	if err := w.engine.Tag(t.Context(), two, w.ref); err != nil {
		t.Fatal(err)
	}
	r = w.do("update service=web", ops.Succeeded)
	if r.Steps[0].Step.Kind != "docker.keep" || w.inspect("web").ImageID != two {
		t.Errorf("%s", r.Steps[0].Step.Kind)
	}
	// One that does not become healthy goes back by itself.
	bad := w.push("bad")
	if err := w.engine.Tag(t.Context(), two, w.ref); err != nil {
		t.Fatal(err)
	}
	r = w.do("update service=web", ops.Broke)
	if d := w.inspect("web"); d.ImageID != two || d.Health != "healthy" || !strings.Contains(r.Why.En, "the version is bad") {
		t.Errorf("%s (bad is %s), %s: %s", d.ImageID, bad, d.Health, r.Why.En)
	}
	for _, u := range r.Undone {
		if u.State != ops.StepEnded {
			t.Errorf("not put back: %s · %s", u.Step.Text.En, u.Note.En)
		}
	}
	if i, err := w.engine.Image(t.Context(), w.ref); err != nil || i.ID != two {
		t.Errorf("its name stands for %s, %v", i.ID, err)
	}
	w.pullAndBack(two)
	// What is kept for going back is safe from a prune; on this engine a prune is only planned.
	_, plan, err := w.desk.Ask("prune what=unused")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range plan.Plan.Steps {
		if strings.Contains(string(s.Args), one) || strings.Contains(string(s.Args), two) {
			t.Errorf("a prune would take what an undo needs: %s", s.Args)
		}
	}
}

// pullAndBack pulls what the registry has newer than web's image, which touches nothing that runs, and undoes it.
func (w *town) pullAndBack(image string) {
	t := w.t
	started := w.inspect("web").Started
	r := w.do("pull service=web", ops.Succeeded)
	if d := w.inspect("web"); !d.Started.Equal(started) || d.ImageID != image {
		t.Error("a pull touched the container")
	}
	w.do("vigie.undo run="+r.ID, ops.Succeeded)
	if i, err := w.engine.Image(t.Context(), w.ref); err != nil || i.ID != image {
		t.Errorf("its name stands for %s, %v", i.ID, err)
	}
}
