package postgres

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

var update = flag.Bool("update", false, "rewrite the answers in testdata/ops")

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
	*opstest.World
	fake *Fake
	apps *services
}

func newDesk(t *testing.T, world string, lang ops.Lang) *desk {
	t.Helper()
	fake, err := NewFake(world)
	if err != nil {
		t.Fatal(err)
	}
	apps := &services{stopped: map[string]bool{}}
	s := fake.System(Options{Name: "javisi_postgresql", Apps: apps, Databases: map[string]Known{"n8n": {Apps: []string{"n8n"}}}})
	d := &desk{World: opstest.Open(t, Bind(s), appSet.Bind(apps)), fake: fake, apps: apps}
	d.Who.Lang = lang
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

// TestOps plays the scripts of testdata/ops in both languages. A script's lines:
//
//	dumps database=n8n       asks, and prints the answer or the plan
//	do restore database=n8n  says yes as well, and prints how it went
//	ask … / yes              asks, and says yes some lines later
//	! next load fails        changes the world; «! app is sick» that of the apps
//	wait 26h                 lets time pass
func TestOps(t *testing.T) { opstest.Scripts(t, *update, play) }

// pressed is what a button asks for.
func pressed(a ops.Ask) string { return a.Op + " " + a.Args["dump"] }

func play(t *testing.T, world, script string, lang ops.Lang) string {
	time.Sleep(time.Until(time.Date(2026, 1, 14, 9, 0, 0, 0, time.UTC))) // a bubble begins in the year 2000
	d := newDesk(t, world, lang)
	b := &opstest.Printer{Lang: lang, Button: pressed}
	last := ""
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		verb, rest, _ := strings.Cut(line, " ")
		if line == "" {
			continue
		}
		fmt.Fprintf(b, "> %s\n", line)
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
			d.run(b, last)
		default:
			if verb != "do" && verb != "ask" {
				rest = line
			}
			a, r, err := d.Gate.Ask(t.Context(), d.Who, d.words(rest, last), "here")
			if r != nil {
				last = r.ID
			}
			if verb == "do" && err == nil {
				d.run(b, last)
			} else {
				b.Asked(a, r, err)
			}
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func (d *desk) run(b *opstest.Printer, id string) {
	calls := len(d.fake.Calls())
	r, err := d.TryYes(id)
	b.Run(r, err)
	for _, c := range d.fake.Calls()[calls:] {
		fmt.Fprintf(b, "postgresql: %s\n", c)
	}
	if len(d.apps.stopped) > 0 {
		fmt.Fprintf(b, "still stopped: %v\n", d.apps.stopped)
	}
}
