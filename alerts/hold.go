package alerts

import (
	"slices"
	"time"

	"vigie/ops"
)

// Why something is held.
const (
	byMute   = "mute"
	byWindow = "maintenance"
	byPlan   = "plan"
)

const (
	settle       = 30 * time.Second // how long after a plan that ended well its effects are still its own
	rememberRuns = 30 * time.Minute // how long a plan may have been «what changed before»
)

// A Hold is what keeps an incident from being told.
type Hold struct {
	Why   string    `json:"why"`
	Name  string    `json:"name,omitempty"` // who muted, which window, what the plan does
	Until time.Time `json:"until,omitzero"` // zero: until the plan is over
}

// A Mute keeps some subjects from being told for a time: muted by a person, or for maintenance.
type Mute struct {
	kept
	Subject string    `json:"subject"`        // a glob
	Kind    string    `json:"kind,omitempty"` // "": all
	Until   time.Time `json:"until"`
	By      string    `json:"by"`
	Upkeep  bool      `json:"upkeep,omitempty"` // maintenance
	Ended   bool      `json:"ended,omitempty"`
}

func (m *Mute) key() string { return m.Subject + " " + m.Kind }

// holds reports whether a mute is about an incident: of one kind only, if all that is wrong is of that kind.
func (m *Mute) holds(i *Incident) bool {
	if !ops.Glob(m.Subject, i.Subject) {
		return false
	}
	return m.Kind == "" || !slices.ContainsFunc(i.troubles(), func(t *Seen) bool { return t.Kind != m.Kind })
}

// hold says what keeps an incident from being told now, and when to look again.
func (b *book) hold(i *Incident, now time.Time) (h *Hold, until time.Time) {
	for _, m := range b.mutes {
		if m.holds(i) && (h == nil || m.Until.After(h.Until)) {
			h = &Hold{Why: byMute, Name: m.By, Until: m.Until}
			if m.Upkeep {
				h.Why = byWindow
			}
		}
	}
	for _, w := range b.windows {
		if now.Before(w.until) && ops.GlobAny(w.Subject, i.Subject) && (h == nil || w.until.After(h.Until)) {
			h = &Hold{Why: byWindow, Name: w.Name, Until: w.until}
		}
	}
	if h != nil {
		return h, h.Until
	}
	// What was told already stays told: the plan is the answer to it.
	if r := b.planAt(i, now); r != nil && len(i.Told) == 0 && i.Worst == "" {
		return &Hold{Why: byPlan, Name: r.ID}, b.settles(r)
	}
	return nil, time.Time{}
}

// settles is when the effects of a plan are no longer its own; zero while it runs.
func (b *book) settles(r *ops.Run) time.Time {
	if !r.Over() {
		return time.Time{}
	}
	return r.Ended.Add(settle)
}

// planAt is our own plan that works on the subject of an incident, or on what it needs; or that did a moment ago, and went well.
func (b *book) planAt(i *Incident, now time.Time) *ops.Run {
	for _, r := range b.runs {
		if b.touches(r, i) {
			return &r
		}
	}
	for k := len(b.done) - 1; k >= 0; k-- {
		r := b.done[k]
		if r.State == ops.Succeeded && now.Before(r.Ended.Add(settle)) && b.touches(r, i) {
			return &r
		}
	}
	return nil
}

// touches reports whether a plan works on the subject of an incident or on what it needs.
func (b *book) touches(r ops.Run, i *Incident) bool {
	return b.worksOn(r, i.Subject, i.locks()) || slices.ContainsFunc(i.needs(), func(need string) bool { return b.worksOn(r, need, nil) })
}

func (b *book) worksOn(r ops.Run, subject string, locks []string) bool {
	if subject == "container:"+r.Plan.Target {
		return true
	}
	if b.e.o.Locks != nil {
		locks = append(slices.Clone(locks), b.e.o.Locks(subject)...)
	}
	return slices.ContainsFunc(r.Plan.Locks, func(l string) bool { return slices.Contains(locks, l) || l == subject })
}

// ran takes in how one of our own plans stands.
func (b *book) ran(r ops.Run) {
	if !r.Over() {
		b.runs[r.ID] = r
		return
	}
	_, known := b.runs[r.ID]
	delete(b.runs, r.ID)
	if r.Began.IsZero() || !known && slices.ContainsFunc(b.done, func(o ops.Run) bool { return o.ID == r.ID }) {
		return // it did nothing, or it is told again
	}
	b.done = append(b.done, r)
	for _, i := range b.incidents {
		if i.fired() && b.worksOn(r, i.Subject, i.locks()) {
			i.note(Note{At: r.Ended, Text: didText(r), Run: r.ID, Did: r.State == ops.Succeeded})
			b.changed(i)
		}
	}
	b.mended(r)
}

// didText says who did what: «ann: n8n restarted».
func didText(r ops.Run) ops.Text {
	who := r.Who.Name
	if r.State == ops.Succeeded {
		return ops.T("%s: %s", "%s : %s", who, r.Plan.Done)
	}
	return ops.T("%s: %s did not work", "%s : %s n’a pas marché", who, r.Plan.Headline())
}

// cause is the subject at the root of what an incident needs and that is in trouble, "" if all of that is well.
func (b *book) cause(i *Incident) string {
	seen := map[string]bool{i.Subject: true}
	at := i
	root := ""
	for at != nil {
		var next *Incident
		for _, n := range at.needs() {
			if c := b.incidents[n]; c != nil && c.live() && c.severity().AtLeast(ops.Warning) && !seen[n] {
				seen[n], next, root = true, c, n
				break
			}
		}
		at = next
	}
	return root
}

// explainOthers takes what fires, has not been told, and needs i, under it.
func (b *book) explainOthers(i *Incident, now time.Time) {
	for _, o := range b.incidents {
		if o != i && o.State == Firing && o.Cause == "" && len(o.Told) == 0 && now.Sub(o.Fired) < explained {
			if b.cause(o) == i.Subject {
				o.Cause, o.Owed = i.Subject, nil
				b.changed(o)
			}
		}
	}
}

// behind are the incidents that i explains, in the order of their names.
func (b *book) behind(i *Incident) (list []*Incident) {
	for _, o := range b.incidents {
		if o.Cause == i.Subject && o.fired() {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b *Incident) int { return compare(a.Subject, b.Subject) })
	return list
}

// before is what our own plans did to it, or to what it needs, shortly before it began.
func (b *book) before(i *Incident) (list []ops.Run) {
	for _, r := range b.done {
		if r.Began.Before(i.Began) && i.Began.Sub(r.Ended) < rememberRuns && b.touches(r, i) {
			list = append(list, r)
		}
	}
	return list
}
