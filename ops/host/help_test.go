package host

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/ops"
)

// ask asks an op as ann would, and returns what she reads.
func ask(t *testing.T, s *System, lang ops.Lang, op string, pairs ...string) (string, error) {
	t.Helper()
	g := &ops.Gate{Policy: everything{}}
	if err := g.Open(Bind(s)); err != nil {
		t.Fatal(err)
	}
	button := ops.AskFor(ops.Text{}, op, pairs...)
	_, a, err := g.Preview(t.Context(), ops.Caller{ID: 1, Name: "ann", Role: ops.Admin}, *button.Ask)
	if err != nil {
		return "", err
	}
	return printed(a, lang), nil
}

type everything struct{}

func (everything) Decide(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Allow} }

func printed(a *ops.Answer, lang ops.Lang) string {
	var b strings.Builder
	for _, block := range a.Blocks {
		b.WriteString(block.Line.In(lang))
		for i, row := range block.Table {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(strings.TrimRight(strings.Join(row, " "), " "))
		}
		b.WriteByte('\n')
	}
	for _, row := range a.Buttons {
		for _, button := range row {
			b.WriteString("[" + button.Label.In(lang) + "]")
		}
		b.WriteByte('\n')
	}
	return ops.Unmark(b.String())
}

// A script is a source that reads what the test says.
type script struct {
	mu   sync.Mutex // guards next and err: the test sets them while the watcher reads
	next Reading
	err  error
}

func (s *script) Read(context.Context) (Reading, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.next
	r.At, r.Disks = time.Now(), slices.Clone(r.Disks)
	return r, s.err
}

func (s *script) set(change func(*Reading)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = nil
	change(&s.next)
}

func (s *script) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// fine is a machine of 4 cores, 8 GB of memory, 4 GB of swap and a disk of 100 GB, with nothing wrong.
func fine() Reading {
	const GB = 1_000_000_000
	return Reading{At: time.Now(), Boot: "one", Uptime: 50 * time.Hour, Cores: 4, Load: [3]float64{0.5, 0.4, 0.3},
		Memory: 8 * GB, Available: 4 * GB, Swap: 4 * GB, SwapFree: 3 * GB,
		Disks: []Disk{{Mount: "/", Type: "ext4", Size: 100 * GB, Free: 45 * GB, Avail: 40 * GB, Inodes: 1000_000, InodesFree: 900_000}}}
}

// used makes the first disk so full, in percent.
func used(percent int64) func(*Reading) {
	return func(r *Reading) {
		d := &r.Disks[0]
		d.Avail = (100 - percent) * 1_000_000_000
		d.Free, d.Size = d.Avail, 100_000_000_000
	}
}

func system(t *testing.T, hosts ...Host) *System {
	t.Helper()
	s, err := New(Options{Hosts: hosts})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// open lists troubles that are so, as «critical disk:vps:/ full».
func open(list []ops.Trouble) string {
	var names []string
	for _, t := range list {
		if !t.Over {
			names = append(names, string(t.Severity)+" "+key(t))
		}
	}
	return strings.Join(names, ", ")
}
