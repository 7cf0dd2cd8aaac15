package runs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"vigie/data/datatest"
	"vigie/data/runs"
)

const (
	killedSteps = 30 // in each run
	killedRuns  = 4
)

// runsChild launches, starts its runs (again) and says which step begins and which has ended. The run
// "stuck" stands still in step 2.
func runsChild() {
	s := datatest.ChildStore()
	d, err := runs.NewDBOS(context.Background(), s, runs.Options{})
	if err != nil {
		panic(err)
	}
	var out sync.Mutex // guards stdout
	say := func(word, id string, n int) {
		out.Lock()
		defer out.Unlock()
		fmt.Println(word, id, n)
	}
	err = d.Launch(context.Background(), func(_ context.Context, id string, n int) (bool, error) {
		say("began", id, n)
		if id == "stuck" && n == 2 {
			select {}
		}
		<-time.After(time.Duration(rand.IntN(2_000)) * time.Microsecond)
		say("ended", id, n)
		return n+1 < killedSteps, nil
	})
	if err != nil {
		panic(err)
	}
	for _, id := range os.Args[1:] {
		if err := d.Start(context.Background(), id, json.RawMessage(`{}`)); err != nil {
			panic(err)
		}
	}
	select {}
}

// A progress knows how far each run is, from what children say.
type progress struct {
	began map[string]int // the last step that began
	fresh map[string]bool
}

// take checks one line: after a kill a run goes on at the step that was under way, or at the next one if
// its end had been recorded; otherwise strictly one after the other.
func (p *progress) take(t *testing.T, line string) {
	t.Helper()
	var word, id string
	var n int
	if _, err := fmt.Sscanf(line, "%s %s %d", &word, &id, &n); err != nil {
		t.Fatalf("the child says %q", line)
	}
	if word != "began" {
		return
	}
	last, seen := p.began[id]
	if !seen {
		last = -1
	}
	if n != last+1 && !(n == last && p.fresh[id]) {
		t.Errorf("%s: step %d began after step %d", id, n, last)
	}
	p.began[id], p.fresh[id] = n, false
}

func (p *progress) killed() {
	for id := range p.began {
		p.fresh[id] = true
	}
}

func TestKilledInAStep(t *testing.T) {
	datatest.Each(t, func(t *testing.T, place datatest.Place) {
		o := place(t)
		say := func(c *datatest.Child) string {
			select {
			case line := <-c.Lines:
				return line
			case <-time.After(soon):
				t.Fatal("the child says nothing")
			}
			return ""
		}
		child := datatest.StartChild(t, "runs", o, "stuck")
		for say(child) != "began stuck 2" {
		}
		child.Kill()
		for range 2 { // each time anew
			child = datatest.StartChild(t, "runs", o)
			if line := say(child); line != "began stuck 2" {
				t.Errorf("it goes on with: %s", line)
			}
			child.Kill()
		}
	})
}

func TestKilledAnywhere(t *testing.T) {
	datatest.Each(t, func(t *testing.T, place datatest.Place) {
		o := place(t)
		p := progress{map[string]int{}, map[string]bool{}}
		finished := func() (n int) {
			for _, last := range p.began {
				if last == killedSteps-1 {
					n++
				}
			}
			return n
		}
		kills, ids := 0, []string{}
		for ; kills < 20; kills++ {
			for range killedRuns {
				if len(ids) < 10*killedRuns {
					ids = append(ids, fmt.Sprint("r", len(ids)))
				}
			}
			child := datatest.StartChild(t, "runs", o, ids...)
			for range 1 + rand.IntN(100) {
				select {
				case line := <-child.Lines:
					p.take(t, line)
				case <-time.After(soon):
					t.Fatal("the child says nothing")
				}
			}
			<-time.After(time.Duration(rand.IntN(3_000)) * time.Microsecond)
			for _, line := range child.Kill() {
				p.take(t, line)
			}
			p.killed()
		}
		child := datatest.StartChild(t, "runs", o, ids...)
		for deadline := time.After(soon); finished() < len(ids); {
			select {
			case line := <-child.Lines:
				p.take(t, line)
			case <-deadline:
				t.Fatalf("%d of %d runs finished: %v", finished(), len(ids), p.began)
			}
		}
		for _, line := range child.Kill() {
			p.take(t, line)
		}
		t.Logf("%d kills, %d runs of %d steps", kills, len(ids), killedSteps)
	})
}
