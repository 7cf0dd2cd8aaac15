package alerts

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A Repair is something that Vigie may do by itself about some services, so often and no oftener. There is none unless the
// configuration writes one.
type Repair struct {
	Service []string // globs
	Kind    []string // globs; none: all
	Op      string   // "docker.restart"
	Command string   // "/restart": how it is called in words
	Param   string   // the parameter of Op that takes the service
	AtMost  int
	Within  time.Duration
}

// trying is the run of a note until it is known which one it is.
const trying = "trying"

// repairs are what was tried on one subject.
type repairs struct {
	kept
	Subject string      `json:"subject"`
	Tries   []time.Time `json:"tries,omitempty"`
	Locked  bool        `json:"locked,omitempty"` // it did not help: a person must look
	Run     string      `json:"run,omitempty"`    // under way

	asking bool // the run is being asked for
}

func (r *repairs) doc(*book) (kind, id, state string) { return "repairs", r.Subject, "" }
func (r *repairs) body() (json.RawMessage, error)     { return json.Marshal(r) }

func (b *book) readRepairs(ctx context.Context) error {
	return each(ctx, b, "repairs", func(r *repairs, version int64) {
		r.version, r.Run = version, "" // what was under way was interrupted; the Gate tells of it
		b.repairs[r.Subject] = r
	})
}

func (r Repair) matches(i *Incident) bool {
	name, isContainer := strings.CutPrefix(i.Subject, "container:")
	if !isContainer || !ops.GlobAny(r.Service, name) || len(r.Service) == 0 {
		return false
	}
	lead := i.lead()
	return lead.Fades == 0 && ops.GlobAny(r.Kind, lead.Kind)
}

// mend tries what the configuration allows: not while a person is on it, not again before the last try had time to show, and
// not at all once it did not help.
func (b *book) mend(i *Incident, now time.Time) {
	at := slices.IndexFunc(b.e.o.Repairs, func(r Repair) bool { return r.matches(i) })
	if at < 0 || b.e.o.Mend == nil || i.Ack != nil || i.State != Firing {
		return
	}
	rule, r := b.e.o.Repairs[at], b.repairs[i.Subject]
	if r == nil {
		r = &repairs{Subject: i.Subject}
		b.repairs[i.Subject] = r
	}
	if n := len(r.Tries); r.Locked && n > 0 && now.Sub(r.Tries[n-1]) > rule.Within && i.Fired.After(r.Tries[n-1]) {
		r.Locked = false // it was well for long: this is another matter
	}
	if r.Locked || r.asking || r.Run != "" || b.planAt(i, now) != nil {
		return
	}
	r.Tries = slices.DeleteFunc(r.Tries, func(t time.Time) bool { return now.Sub(t) > rule.Within })
	if len(r.Tries) >= rule.AtMost {
		r.Locked = true
		i.note(Note{At: now, Text: ops.T("🔒 I tried %d× within %s and it did not hold: I leave it to you", "🔒 j’ai essayé %d× en %s et ça n’a pas tenu : à toi de voir",
			len(r.Tries), ops.Span(rule.Within))})
		b.renew(i)
		b.changed(i)
		b.saver.touch(r)
		return
	}
	r.Tries, r.asking = append(r.Tries, now), true
	b.saver.touch(r)
	i.note(Note{At: now, Run: trying, Text: ops.T("⏳ I try by myself: %s (%d of %d within %s)", "⏳ j’essaie de moi-même : %s (%d sur %d en %s)",
		ops.Name(cmp.Or(rule.Command, rule.Op)), len(r.Tries), rule.AtMost, ops.Span(rule.Within))})
	b.changed(i)
	b.askRepair(i.Subject, rule)
}

// askRepair asks for the op, away from the book.
func (b *book) askRepair(subject string, rule Repair) {
	var reader Recipient
	if i := b.incidents[subject]; i != nil {
		for _, key := range b.readers(i) {
			if r, ok := b.e.o.recipient(key); ok && reader.Key == "" {
				reader = r
			}
		}
	}
	e := b.e
	b.jobs = append(b.jobs, func(ctx context.Context) {
		lang := ops.English
		if reader.Lang != nil {
			lang = reader.Lang(ctx)
		}
		run, err := e.o.Mend(ctx, ops.Ask{Op: rule.Op, Args: ops.Args{rule.Param: short(subject)}}, reader.Place, lang)
		e.post(ctx, ask{do: func(b *book) { b.asked(subject, run, err) }})
	})
}

// asked takes in what became of asking.
func (b *book) asked(subject, run string, err error) {
	r := b.repairs[subject]
	r.asking, r.Run = false, run
	b.saver.touch(r)
	if err == nil {
		if i := b.incidents[subject]; i != nil {
			for n := range i.Notes {
				if i.Notes[n].Run == trying {
					i.Notes[n].Run = run // how it ends takes this note's place
				}
			}
			b.saver.touch(i)
		}
		if slices.ContainsFunc(b.done, func(o ops.Run) bool { return o.ID == run }) {
			r.Run = "" // it was quicker than we
		}
		return
	}
	r.Run, r.Locked = "", true
	if i := b.incidents[subject]; i != nil && i.fired() {
		i.note(Note{At: time.Now(), Run: trying, Text: ops.T("🔒 I may not, or could not: %s", "🔒 je n’ai pas pu, ou pas le droit : %s", ops.SayOf(err))})
		b.changed(i)
	}
}

// mended takes in that one of our own plans is over.
func (b *book) mended(run ops.Run) {
	for _, r := range b.repairs {
		if r.Run == run.ID {
			r.Run = ""
			b.saver.touch(r)
		}
	}
}
