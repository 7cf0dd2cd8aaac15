package postgres

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"

	"vigie/data"
	"vigie/data/runs"
	"vigie/ops"
)

var update = flag.Bool("update", false, "rewrite the answers in testdata/ops")

// confirm is a policy that lets everybody look and asks for a yes before anything else.
type confirm struct{}

func (confirm) Decide(r ops.Request) ops.Verdict {
	if r.Risk == ops.Reads {
		return ops.Verdict{Demand: ops.Allow}
	}
	return ops.Verdict{Demand: ops.Confirm}
}

// services are apps that can be stopped and started, and that may not come back.
type services struct {
	stopped map[string]bool
	sick    bool
}

var (
	appSet   ops.Set[*services]
	appStop  = ops.Declare(&appSet, "app.stop", appText("stop %s", "arrêter %s"), func(_ context.Context, s *services, name string) error { s.stopped[name] = true; return nil })
	appStart = ops.Declare(&appSet, "app.start", appText("start %s", "démarrer %s"), func(_ context.Context, s *services, name string) error { delete(s.stopped, name); return nil })
	appWell  = ops.Declare(&appSet, "app.healthy", appText("%s is healthy", "%s est en bonne santé"), func(ctx context.Context, s *services, name string) error {
		time.Sleep(3 * time.Second)
		if s.sick {
			s.sick = false
			return ops.Fail(ops.Failed, ops.T("%s: still unhealthy", "%s : toujours en mauvaise santé", ops.Name(name)), nil)
		}
		ops.Progress(ctx, ops.T("healthy after 3 s", "en bonne santé après 3 s"))
		return nil
	})
)

func appText(en, fr string) func(string) ops.Text {
	return func(name string) ops.Text { return ops.T(en, fr, ops.Name(name)) }
}

func (s *services) Pausing(_ context.Context, names []string) (p Pause, err error) {
	for _, n := range names {
		p.Stop = append(p.Stop, appStop.Do(n).Undoing(appStart.Do(n)))
		p.Start = append(p.Start, appStart.Do(n).Undoing(appStop.Do(n)), appWell.Verify(n))
		p.Facts = append(p.Facts, ops.Fact{Name: "container javisi_" + n, Value: "up", Label: ops.Raw(n)})
		p.Locks = append(p.Locks, "container:javisi_"+n)
	}
	return p, nil
}

// A desk is a gate on a fake, for one person.
type desk struct {
	t     *testing.T
	fake  *Fake
	apps  *services
	gate  *ops.Gate
	who   ops.Caller
	ended chan ops.Run
}

func newDesk(t *testing.T, world string, lang ops.Lang) *desk {
	t.Helper()
	fake, err := NewFake(world)
	if err != nil {
		t.Fatal(err)
	}
	store, err := data.Open(t.Context(), data.Options{Path: filepath.Join(t.TempDir(), "vigie.db")})
	if err != nil {
		t.Fatal(err)
	}
	apps := &services{stopped: map[string]bool{}}
	s := fake.System(Options{Name: "javisi_postgresql", Apps: apps, Databases: map[string]Known{"n8n": {Apps: []string{"n8n"}}}})
	d := &desk{t: t, fake: fake, apps: apps, who: ops.Caller{ID: 1, Name: "ann", Role: ops.Admin, Lang: lang}, ended: make(chan ops.Run, 16)}
	d.gate = &ops.Gate{Policy: confirm{}, Store: store, Runner: runs.NewDirect(nil), TTL: time.Hour,
		Broken: func(err error) { t.Errorf("the gate broke: %v", err) },
		Watch: func(r ops.Run) {
			if r.Over() {
				d.ended <- r
			}
		}}
	if err := d.gate.Open(Bind(s), appSet.Bind(apps)); err != nil {
		t.Fatal(err)
	}
	if err := d.gate.Runner.Launch(t.Context(), d.gate.Advance); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.gate.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// words makes an ask of «restore database=n8n»; «undo» is of the last run.
func (d *desk) words(line, last string) ops.Ask {
	name, rest, _ := strings.Cut(line, " ")
	ask := ops.Ask{Op: "postgres." + name, Args: ops.Args{}}
	if name == "undo" {
		ask = ops.Ask{Op: "vigie.undo", Args: ops.Args{"run": last}}
	}
	for _, pair := range strings.Fields(rest) {
		k, v, _ := strings.Cut(pair, "=")
		ask.Args[k] = v
	}
	return ask
}

func (d *desk) yes(id string) (ops.Run, error) {
	if _, err := d.gate.Decide(d.t.Context(), d.who, id, ops.Decision{Yes: true}); err != nil {
		return ops.Run{}, err
	}
	for r := range d.ended {
		if r.ID == id {
			return r, nil
		}
	}
	panic("unreachable")
}

// TestOps plays the scripts of testdata/ops in both languages. A script's lines:
//
//	dumps database=n8n       asks, and prints the answer or the plan
//	do restore database=n8n  says yes as well, and prints how it went
//	ask … / yes              asks, and says yes some lines later
//	! next load fails        changes the world; «! app is sick» that of the apps
//	wait 26h                 lets time pass
func TestOps(t *testing.T) {
	files, err := filepath.Glob("testdata/ops/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in testdata/ops: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			world, script := section(ar, "world"), section(ar, "script")
			for _, lang := range []ops.Lang{ops.English, ops.French} {
				var got string
				synctest.Test(t, func(t *testing.T) { got = play(t, world, script, lang) })
				check(t, ar, string(lang), got)
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func section(ar *txtar.Archive, name string) string {
	for _, f := range ar.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func check(t *testing.T, ar *txtar.Archive, name, got string) {
	t.Helper()
	if *update {
		i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == name })
		if i < 0 {
			ar.Files = append(ar.Files, txtar.File{Name: name})
			i = len(ar.Files) - 1
		}
		ar.Files[i].Data = []byte(got)
		return
	}
	gots, wants := strings.Split(got, "\n"), strings.Split(section(ar, name), "\n")
	for i := range max(len(gots), len(wants)) {
		g, w := "(the end)", "(the end)"
		if i < len(gots) {
			g = gots[i]
		}
		if i < len(wants) {
			w = wants[i]
		}
		if g != w {
			t.Errorf("%s, line %d:\n got %s\nwant %s\n(-update rewrites it)", name, i+1, g, w)
			return
		}
	}
}

func play(t *testing.T, world, script string, lang ops.Lang) string {
	time.Sleep(time.Until(time.Date(2026, 1, 14, 9, 0, 0, 0, time.UTC))) // a bubble begins in the year 2000
	d := newDesk(t, world, lang)
	var b strings.Builder
	last := ""
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		verb, rest, _ := strings.Cut(line, " ")
		if line == "" {
			continue
		}
		fmt.Fprintf(&b, "> %s\n", line)
		switch verb {
		case "!":
			if d.apps.sick = rest == "app is sick"; d.apps.sick {
				break
			}
			if err := d.fake.Do(rest); err != nil {
				t.Fatal(err)
			}
		case "wait":
			span, err := time.ParseDuration(rest)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(span)
		case "yes":
			d.run(&b, lang, last)
		default:
			if verb != "do" && verb != "ask" {
				rest = line
			}
			a, r, err := d.gate.Ask(t.Context(), d.who, d.words(rest, last), "here")
			if r != nil {
				last = r.ID
			}
			if verb == "do" && err == nil {
				d.run(&b, lang, last)
			} else {
				printAsked(&b, lang, a, r, err)
			}
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func (d *desk) run(b *strings.Builder, lang ops.Lang, id string) {
	calls := len(d.fake.Calls())
	r, err := d.yes(id)
	printRun(b, lang, r, err)
	for _, c := range d.fake.Calls()[calls:] {
		fmt.Fprintf(b, "postgresql: %s\n", c)
	}
	if len(d.apps.stopped) > 0 {
		fmt.Fprintf(b, "still stopped: %v\n", d.apps.stopped)
	}
}
