package alerts

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"time"

	"vigie/ops"
)

// A State says how far an incident is.
type State string

const (
	Suspect State = "suspect" // something is wrong, not for long enough yet
	Firing  State = "firing"
	Calming State = "calming" // nothing is wrong any more, not for long enough yet
	Over    State = "over"
)

const (
	again      = 15 * time.Minute // a subject that is in trouble again so soon after goes on with the same incident
	flapWindow = 15 * time.Minute
	flapRises  = 3                // from so many rises in flapWindow it flaps
	flapCalm   = 10 * time.Minute // how long one that flaps must be calm
	mostNotes  = 5
)

// A Seen is a trouble of an incident, with what is known of its telling.
type Seen struct {
	ops.Trouble
	By    string    `json:"by"`    // the watcher that told it
	First time.Time `json:"first"` // since when it is so, as far as is known
	Last  time.Time `json:"last"`  // when it was told last
	Times int       `json:"times"`
}

// An Ack is one person's «I'm on it».
type Ack struct {
	ID   int64     `json:"id"`
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// A Note is what was done about an incident.
type Note struct {
	At   time.Time `json:"at"`
	Text ops.Text  `json:"text"`
	Run  string    `json:"run,omitempty"` // the run that it tells of
	Did  bool      `json:"did,omitempty"` // it changed something, and worked
}

// An Incident is what is wrong with one subject, from the first trouble to the recovery. There is one at a time for each.
type Incident struct {
	ID       string           `json:"id"`
	Subject  string           `json:"subject"`
	State    State            `json:"state"`
	Open     map[string]*Seen `json:"open,omitempty"` // by kind
	Last     *Seen            `json:"last,omitempty"` // the newest one that is over
	Began    time.Time        `json:"began"`          // since when something is wrong
	Fired    time.Time        `json:"fired,omitzero"` // when it first was to be told
	Calm     time.Time        `json:"calm,omitzero"`  // while calming: when it counts as over
	Ended    time.Time        `json:"ended,omitzero"`
	Later    time.Time        `json:"later,omitzero"` // it came and went while it was held: not to be told before
	Rises    []time.Time      `json:"rises,omitempty"`
	Flapping bool             `json:"flapping,omitempty"`
	Worst    ops.Severity     `json:"worst,omitempty"` // the gravest that was told
	Ack      *Ack             `json:"ack,omitempty"`
	Cause    string           `json:"cause,omitempty"` // the subject whose trouble explains this one
	Freed    time.Time        `json:"freed,omitzero"`  // since when the cause is over
	Hold     *Hold            `json:"hold,omitempty"`  // why it is not told now
	Owed     []string         `json:"owed,omitempty"`  // recipients who are still to be told
	Told     []string         `json:"told,omitempty"`  // recipients who were
	Notes    []Note           `json:"notes,omitempty"`
	Pressed  time.Time        `json:"pressed,omitzero"` // when it was told again, because nobody acknowledged it
	Raised   bool             `json:"raised,omitempty"` // it was escalated
	Second   time.Time        `json:"second,omitzero"`  // when it went out by the second way
	Rev      int              `json:"rev"`              // counts what changes the words of it

	version int64
	late    bool // it changed while one of our own plans was at it
}

// severity is that of the gravest trouble that is open; of one that is over, what it was.
func (i *Incident) severity() (s ops.Severity) {
	for _, t := range i.Open {
		if !s.AtLeast(t.Severity) {
			s = t.Severity
		}
	}
	if s == "" && i.Last != nil {
		return cmp.Or(i.Worst, i.Last.Severity)
	}
	return cmp.Or(s, ops.Notice)
}

// troubles are the open ones: the gravest first, and of those the one that was heard of last.
func (i *Incident) troubles() []*Seen {
	return slices.SortedFunc(maps.Values(i.Open), func(a, b *Seen) int {
		switch {
		case a.Severity != b.Severity && a.Severity.AtLeast(b.Severity):
			return -1
		case a.Severity != b.Severity:
			return 1
		case !a.First.Equal(b.First):
			return b.First.Compare(a.First)
		}
		return cmp.Compare(a.Kind, b.Kind)
	})
}

// lead is the trouble that the first line is about.
func (i *Incident) lead() *Seen {
	if list := i.troubles(); len(list) > 0 {
		return list[0]
	}
	return cmp.Or(i.Last, &Seen{})
}

// needs are the subjects that this one cannot do without, as its troubles say.
func (i *Incident) needs() (list []string) {
	for _, t := range append(i.troubles(), cmp.Or(i.Last, &Seen{})) {
		for _, n := range t.Needs {
			if n != i.Subject && !slices.Contains(list, n) {
				list = append(list, n)
			}
		}
	}
	return list
}

func (i *Incident) locks() (list []string) {
	for _, t := range append(i.troubles(), cmp.Or(i.Last, &Seen{})) {
		list = append(list, t.Locks...)
	}
	return list
}

// live reports whether something is wrong with it now.
func (i *Incident) live() bool { return i.State != Over && len(i.Open) > 0 }

// fired reports whether it is one that people are told of, now or when it is no longer held.
func (i *Incident) fired() bool { return i.State == Firing || i.State == Calming }

// see takes in one trouble. It reports whether anything changed that is worth saying.
func (i *Incident) see(by string, t ops.Trouble, now time.Time) bool {
	if t.At.IsZero() || t.At.After(now) {
		t.At = now
	}
	if t.Over {
		return i.end(t)
	}
	old := i.Open[t.Kind]
	s := &Seen{Trouble: t, By: by, First: t.At, Last: now, Times: 1}
	if old != nil {
		s.First, s.Times = old.First, old.Times+1
	}
	if i.Open == nil {
		i.Open = map[string]*Seen{}
	}
	i.Open[t.Kind] = s
	switch i.State {
	case Calming:
		i.State, i.Calm = Firing, time.Time{}
		i.rise(now)
	case Over:
		i.State, i.Began, i.Ended, i.Ack, i.Raised, i.Notes = Suspect, t.At, time.Time{}, nil, false, nil
	}
	if len(i.Open) == 1 && old == nil && i.State == Suspect || t.At.Before(i.Began) {
		i.Began = t.At
	}
	return old == nil || !sameWords(old.Trouble, t)
}

// end takes in that a trouble is over.
func (i *Incident) end(t ops.Trouble) bool {
	s := i.Open[t.Kind]
	if s == nil {
		return false
	}
	delete(i.Open, t.Kind)
	last := *s
	last.At, last.Over = t.At, !t.Title.IsZero() // with a title of its own, which says how it is now
	if !t.Title.IsZero() {
		last.Title = t.Title
	}
	last.Lines = t.Lines
	i.Last = &last
	if len(i.Open) > 0 {
		return true
	}
	switch i.State {
	case Suspect:
		i.State, i.Ended = Over, t.At // a blip: nobody needs to know
	case Firing:
		i.State, i.Calm = Calming, t.At.Add(max(s.Calm, t.Calm))
		if i.Flapping {
			i.Calm = t.At.Add(max(flapCalm, s.Calm))
		}
		return i.Flapping || len(i.Told) == 0 // else nobody needs to hear that it is nearly over: soon it is, or it is not
	}
	return true
}

// rise notes that it fires (again), and whether that makes it one that flaps.
func (i *Incident) rise(now time.Time) {
	i.Rises = slices.DeleteFunc(append(i.Rises, now), func(t time.Time) bool { return now.Sub(t) > flapWindow })
	i.Flapping = len(i.Rises) >= flapRises
}

// ripe is when it has lasted long enough.
func (i *Incident) ripe(delay map[string]time.Duration) (at time.Time) {
	for _, s := range i.Open {
		wait, set := delay[s.Kind]
		if !set {
			wait = s.Wait
		}
		if due := s.First.Add(wait); at.IsZero() || due.Before(at) {
			at = due
		}
	}
	return at
}

// fade ends what is over by itself, and gives when the next one will be.
func (i *Incident) fade(now time.Time) (next time.Time, changed bool) {
	for _, s := range i.troubles() {
		if s.Fades <= 0 {
			continue
		}
		at := s.Last.Add(s.Fades)
		if now.Before(at) {
			next = sooner(next, at)
			continue
		}
		changed = i.end(ops.Trouble{Kind: s.Kind, At: at, Title: s.Title}) || changed
		i.Last.Over = false // nobody said that it is well: only that nothing more was heard
	}
	return next, changed
}

// note adds what was done about it; of one run only the newest note stays.
func (i *Incident) note(n Note) {
	i.Notes = slices.DeleteFunc(i.Notes, func(o Note) bool { return n.Run != "" && o.Run == n.Run })
	i.Notes = append(i.Notes, n)
	i.Notes = i.Notes[max(0, len(i.Notes)-mostNotes):]
	i.Rev++
}

// sameWords reports whether both read the same.
func sameWords(a, b ops.Trouble) bool {
	return a.Severity == b.Severity && a.Title == b.Title && a.Quote == b.Quote && slices.Equal(a.Lines, b.Lines) && reflect.DeepEqual(a.Offers, b.Offers)
}

// sooner is the earlier of two times, of which the zero one is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
