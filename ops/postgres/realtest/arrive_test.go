package realtest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/postgres"
)

// An arriving op is what a restore of everything is for one database: its steps, planned by somebody who sees neither server nor dump.
type arriving struct {
	at func() (database, path, attempt string)
}

var arrivals ops.Set[arriving]

type arriveParams struct{}

var _ = ops.Add(&arrivals, ops.Spec{Name: "test.arrive", Command: "arrive", Risk: ops.Destructive, Doc: ops.T("a", "b"), Theme: ops.T("a", "b")},
	func(_ context.Context, a arriving, _ arriveParams) (ops.Plan, error) {
		database, path, attempt := a.at()
		steps, locks := postgres.New(postgres.Options{}).Arriving(database, path, attempt)
		return ops.Plan{Title: ops.T("arrive", "arrive"), Target: database, Steps: steps, Locks: locks, UndoFor: 1 << 40}, nil
	})

// What a backup of everything holds of a database comes back into a server that was not there when that was planned, and can be put back.
func TestArriving(t *testing.T) {
	w := newWorld(t, shared(t))
	today := w.contents(t, w.db)
	pinned := filepath.Join(t.TempDir(), "postgres."+w.db) // as a person's copy is called: it has no ending
	attempt := "one"
	d := newDesk(t, postgres.Bind(w.system), arrivals.Bind(arriving{func() (string, string, string) { return w.db, pinned, attempt }}))
	if r := d.Yes(d.plan("test.arrive").ID); r.State != ops.Broke {
		t.Errorf("there is no dump: %s", told(r))
	}
	w.whole(t, today)
	body, err := os.ReadFile(w.first(t).Path)
	if err != nil {
		t.Fatal(err)
	}
	for name, half := range map[string][]byte{"cut": body[:len(body)*2/3], "other": []byte("PGDMP is not all"), "none": nil} {
		if err := os.WriteFile(pinned, half, 0o600); err != nil {
			t.Fatal(err)
		}
		if r := d.Yes(d.plan("test.arrive").ID); r.State != ops.Broke {
			t.Errorf("%s: %s", name, told(r))
		}
		w.whole(t, today)
	}
	if err := os.WriteFile(pinned, body, 0o600); err != nil {
		t.Fatal(err)
	}
	cut := w.hold(t)
	r := d.must("test.arrive")
	t.Log(told(r))
	if said := cut(); !strings.Contains(said, "terminating connection") {
		t.Errorf("the open transaction ended with %q", said)
	}
	w.whole(t, w.old)
	d.must("vigie.undo run=" + r.ID)
	w.whole(t, today)

	attempt = "two"
	second := d.must("test.arrive")
	w.whole(t, w.old)
	if r := d.Yes(d.plan("test.arrive").ID); r.State != ops.Broke || !strings.Contains(told(r), "already") {
		t.Errorf("the same attempt once more: %s", told(r))
	}
	w.whole(t, w.old)
	attempt = "three"
	third := d.must("test.arrive")
	d.must("vigie.undo run=" + third.ID)
	w.whole(t, w.old)
	d.must("vigie.undo run=" + second.ID)
	w.whole(t, today)
}

// Into a server that has no such database it comes as well.
func TestArrivingAnew(t *testing.T) {
	w := newWorld(t, shared(t))
	file := w.first(t)
	w.sql(t, "postgres", `DROP DATABASE "`+w.db+`"`)
	o := w.options()
	k := o.Databases[w.db]
	k.Owner = w.db + "_app"
	o.Databases[w.db] = k
	w.system = postgres.New(o)
	attempt := "one"
	d := newDesk(t, postgres.Bind(w.system), arrivals.Bind(arriving{func() (string, string, string) { return w.db, file.Path, attempt }}))
	for _, attempt = range []string{"one", "two"} {
		r := d.must("test.arrive")
		if got := w.contents(t, w.db); got != w.old {
			t.Errorf("restored: %s", differ(w.old, got))
		}
		d.must("vigie.undo run=" + r.ID)
		for _, name := range w.databases(t) {
			if !strings.Contains(name, "_undone_") {
				t.Errorf("there is %s", name)
			}
		}
	}
}
