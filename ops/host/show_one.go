package host

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"vigie/ops"
)

// dockerPatience is how long an answer waits for what Docker keeps.
const dockerPatience = 5 * time.Second

// detail is all that is known of one machine.
func (s *System) detail(ctx context.Context, m *machine, walk bool) (ops.Answer, error) {
	found := s.sharesOf(ctx, m, walk)
	l := s.read(ctx, []*machine{m})[0]
	if l.err != nil {
		return ops.Answer{}, l.err
	}
	r := l.now
	a := ops.Say(l.headline())
	for _, t := range l.troubles()[min(1, len(l.troubles())):] {
		a.Line(ops.T("%s %s", "%s %s", t.Severity.Mark(), t.Title))
	}
	a.Blocks = append(a.Blocks, ops.Block{Table: table(r)})
	a.Line(ops.T("load %s on %s · %s", "charge %s sur %s · %s", loads(r), cores(r.Cores), up(r)))
	for _, d := range r.Disks {
		for _, line := range l.growth.says(d, r.At) {
			a.Line(ops.T("%s: %s", "%s : %s", ops.Name(d.Mount), line))
		}
		if d.Inodes > 0 && d.InodesUsed() >= m.limits.inodes.warn-hysteresis {
			a.Line(ops.T("%s: %d %% of its inodes used", "%s : %d %% de ses inodes utilisés", ops.Name(d.Mount), int(d.InodesUsed())))
		}
	}
	for _, u := range r.Units {
		a.Line(u.line())
	}
	found.tell(&a, walk)
	var row []ops.Button
	if m.Docker != nil {
		row = append(row, freeSpace(), ops.AskFor(ops.T("Who uses it", "Qui l’utilise"), "docker.stats"))
	}
	if _, ok := m.source.(Measurer); ok && !walk {
		row = append(row, ops.AskFor(ops.T("Measure containerd", "Mesurer containerd"), "host.show", "host", m.Name, "measure", "containerd"))
	}
	return *a.Row(row...).Row(ops.AskFor(ops.Raw("↻"), "host.show", "host", m.Name)), nil
}

func (l look) headline() ops.Text {
	list := l.troubles()
	if len(list) == 0 {
		d, ok := l.now.fullest()
		if !ok {
			return ops.T("%s %s is fine", "%s %s va bien", ops.Fine, ops.Name(l.m.Name))
		}
		return ops.T("%s %s is fine · %s %d %% full, %s left", "%s %s va bien · %s plein à %d %%, reste %s", ops.Fine, ops.Name(l.m.Name), ops.Name(d.Mount), int(d.Used()), ops.Size(d.Avail))
	}
	return ops.T("%s %s", "%s %s", l.mark(), list[0].Title)
}

// table is a bar for each disk, the fullest first, then memory and swap. Units are the same in both languages.
func table(r Reading) [][]string {
	disks := slices.Clone(r.Disks)
	slices.SortStableFunc(disks, func(a, b Disk) int { return cmp.Compare(b.Used(), a.Used()) })
	var rows [][]string
	row := func(name string, used float64, left, whole int64) {
		rows = append(rows, []string{name, bar(used), fmt.Sprintf("%d %%", int(used)), ops.Size(left).In(ops.English), "/ " + ops.Size(whole).In(ops.English)})
	}
	for i, d := range disks {
		switch {
		case d.Stuck:
			rows = append(rows, []string{d.Mount, "?", "", "", ""})
		case i < shownDisks:
			row(d.Mount, d.Used(), d.Avail, d.Size)
		}
	}
	row("RAM", 100-r.LeftMemory(), r.Available, r.Memory)
	if r.Swap > 0 {
		row("swap", r.UsedSwap(), r.SwapFree, r.Swap)
	}
	return append([][]string{{"", "", "", "free", ""}}, rows...)
}

// shownDisks is how many disks one table holds.
const shownDisks = 8

// sharesOf is what Docker and containerd keep on m: as it was found out lately, or now.
func (s *System) sharesOf(ctx context.Context, m *machine, walk bool) *shares {
	s.mu.Lock()
	old := s.known[m.Name].shares
	s.mu.Unlock()
	if old != nil && !walk && time.Since(old.at) < 10*time.Minute {
		return old
	}
	limit := dockerPatience
	if walk {
		limit = walkLimit + time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	found := m.measure(ctx, walk)
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.known[m.Name]
	k.shares = found.after(k.shares)
	return k.shares
}

// tell adds what they keep to an answer about the whole machine.
func (s *shares) tell(a *ops.Answer, asked bool) {
	switch {
	case s.silent:
		a.Line(ops.T("what Docker keeps is not known: it was still counting", "ce que garde Docker n’est pas connu : il comptait encore"))
	case s.docker:
		a.Line(ops.T("Docker keeps %s in %s, %s of it unused", "Docker garde %s dans %s, dont %s inutilisés", ops.Size(s.total), ops.Name(s.root), ops.Size(s.unused)))
	}
	switch {
	case s.containerd:
		a.Line(s.containerdSays())
	case asked:
		a.Line(ops.T("%s cannot be read, or is not there", "%s est illisible, ou n’existe pas", ops.Name(containerdDir)))
	}
}
