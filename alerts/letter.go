package alerts

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

const (
	gather   = 3 * time.Second  // how long after a new message the next one waits for company
	lately   = time.Minute      // messages of the same storm are begun within
	joinable = time.Minute      // how long a storm’s message takes more of it: later a new one is due, which is heard
	storm    = 5                // unless the options say otherwise
	ahead    = 15 * time.Second // suspects that come due within belong to the same storm: its message is begun with the first
)

// A Letter is one message for one reader: of one incident, or of many at once. It is edited as they evolve.
type Letter struct {
	kept
	ID      string    `json:"id"`
	To      string    `json:"to"`
	Place   ops.Place `json:"place,omitempty"`  // the message; "" until there is one
	Members []string  `json:"members"`          // ids of incidents
	Shown   string    `json:"shown,omitempty"`  // the version that the reader's transport accepted
	Began   time.Time `json:"began"`            // when it was first wanted
	Anew    bool      `json:"anew,omitempty"`   // the next version is a new message, with sound if it is grave
	Passed  []Passed  `json:"passed,omitempty"` // messages that it took the place of, to be made pointers
	Digest  bool      `json:"digest,omitempty"` // of many at once
	Missed  bool      `json:"missed,omitempty"` // all of it came and went before its reader could be told
	Closed  bool      `json:"closed,omitempty"`

	failing time.Time // since when it cannot be brought
	into    *Letter   // the one that took its place while it was on its way
}

// A Passed is a message whose place another took, and what it was about.
type Passed struct {
	At   ops.Place `json:"at"`
	What ops.Text  `json:"what"`
}

// A flow is what is known of the stream of messages to one reader.
type flow struct {
	last    time.Time // when the last new message was begun
	waiting time.Time // since when somebody waits for company
	until   time.Time // not before then: it failed
	tries   int
	refused time.Time // since when the transport refuses for good
}

// members are the incidents of a letter that are (still) told by it.
func (b *book) members(l *Letter) (list []*Incident) {
	for _, id := range l.Members {
		if i := b.find(id); i != nil {
			list = append(list, i)
		}
	}
	return list
}

// version names what a letter would show now.
func (b *book) version(l *Letter) string {
	var v strings.Builder
	for _, i := range b.members(l) {
		fmt.Fprintf(&v, "%s.%d ", i.ID, i.Rev)
	}
	return v.String()
}

// letterOf is the open letter that tells a reader of an incident.
func (b *book) letterOf(key string, i *Incident) *Letter {
	for _, l := range b.letters[key] {
		if !l.Closed && slices.Contains(l.Members, i.ID) {
			return l
		}
	}
	return nil
}

// renew makes every reader's next message about an incident a new one.
func (b *book) renew(i *Incident) {
	for key := range b.letters {
		if l := b.letterOf(key, i); l != nil && l.Place != "" {
			l.Anew = true
			b.saver.touch(l)
		}
	}
	i.Rev++
}

// owed are the incidents that a reader has to be told of and that no letter tells, oldest first.
func (b *book) owed(key string, now time.Time) (list []*Incident) {
	for _, i := range b.incidents {
		list = append(list, i)
	}
	list = slices.DeleteFunc(append(list, b.past...), func(i *Incident) bool {
		return !slices.Contains(i.Owed, key) || i.State == Over && now.Before(i.Later) || i.State != Over && (i.Hold != nil || i.Cause != "") || b.letterOf(key, i) != nil
	})
	slices.SortFunc(list, func(a, b *Incident) int {
		if c := a.Fired.Compare(b.Fired); c != 0 {
			return c
		}
		return compare(a.Subject, b.Subject)
	})
	return list
}

// write makes letters of what a reader is owed, if it is time. later is when to look again.
func (b *book) write(r Recipient, now time.Time) (later time.Time) {
	f := b.flow[r.Key]
	list := b.owed(r.Key, now)
	if until, quiet := r.Quiet.at(now.In(b.e.o.zone())); quiet {
		if list = slices.DeleteFunc(list, func(i *Incident) bool { return i.State == Over || i.severity() != ops.Critical }); len(list) == 0 {
			return until
		}
	}
	if len(list) == 0 {
		f.waiting = time.Time{}
		return time.Time{}
	}
	if open := b.openDigest(r.Key, now); open != nil { // more of the same storm
		b.join(open, list)
		return time.Time{}
	}
	if f.waiting.IsZero() {
		f.waiting = now
	}
	if ready := f.last.Add(gather); now.Before(ready) && now.Sub(f.waiting) < gather {
		return ready
	}
	most := b.e.o.Storm
	if most == 0 {
		most = storm
	}
	singles := b.lately(r.Key, now)
	f.waiting, f.last = time.Time{}, now
	over := !slices.ContainsFunc(list, func(i *Incident) bool { return i.State != Over })
	if len(list)+len(singles)+b.coming(now.Add(ahead)) >= most || over { // what came and went unseen is told in one message, whatever it is
		l := b.begin(r.Key, now, list...)
		l.Digest, l.Missed = true, over
		if !over {
			b.absorb(l, singles)
		}
		return time.Time{}
	}
	for _, i := range list {
		b.begin(r.Key, now, i)
	}
	return time.Time{}
}

// coming counts the suspects that will have lasted long enough by then.
func (b *book) coming(then time.Time) (n int) {
	for _, i := range b.incidents {
		if i.State == Suspect && len(i.Open) > 0 && !i.ripe(b.e.o.Delay).After(then) {
			n++
		}
	}
	return n
}

func (b *book) begin(key string, now time.Time, list ...*Incident) *Letter {
	l := &Letter{ID: newID(), To: key, Began: now}
	b.letters[key] = append(b.letters[key], l)
	b.join(l, list)
	return l
}

func (b *book) join(l *Letter, list []*Incident) {
	for _, i := range list {
		l.Members = append(l.Members, i.ID)
	}
	b.saver.touch(l)
}

// openDigest is a storm's message that is young enough to take more.
func (b *book) openDigest(key string, now time.Time) *Letter {
	for _, l := range b.letters[key] {
		if !l.Closed && l.Digest && now.Sub(l.Began) < joinable && slices.ContainsFunc(b.members(l), (*Incident).live) {
			return l
		}
	}
	return nil
}

// lately are the letters of single incidents that were begun a moment ago and still burn: the first drops of a storm.
func (b *book) lately(key string, now time.Time) (list []*Letter) {
	for _, l := range b.letters[key] {
		if !l.Closed && !l.Digest && now.Sub(l.Began) < lately && slices.ContainsFunc(b.members(l), (*Incident).live) {
			list = append(list, l)
		}
	}
	return list
}

// absorb lets one letter tell what others told.
func (b *book) absorb(l *Letter, others []*Letter) {
	for _, o := range others {
		if o.Place != "" {
			l.Passed = append(l.Passed, Passed{o.Place, b.shortly(o)})
		}
		l.Members = append(slices.Clone(o.Members), l.Members...)
		l.Passed = append(l.Passed, o.Passed...)
		o.Closed, o.Passed, o.into = true, nil, l
		b.saver.touch(o)
	}
	b.saver.touch(l)
}
