package commands

import (
	"context"
	"slices"
	"time"

	"vigie/llm"
	"vigie/ops"
)

const (
	namesKept   = 20 * time.Second // names that are older are asked for again
	namesWait   = 1500 * time.Millisecond
	namesLimit  = 10 * time.Second
	mostChoices = 2000 // of one sort; more are no names that a person would type
)

// known is what plain words are read with: the reader, and the names that existed a moment ago.
type known struct {
	reader *llm.Reader
	names  *llm.Names
	sorts  map[string][]ops.Choice
	asked  time.Time
}

// knows gives the reader and the names that exist now. A system that is slow to name its things holds nobody up: what it
// named before stands until it answers, and its answer is there for the next sentence.
func (d *Desk) knows(ctx context.Context) (*llm.Reader, *llm.Names) {
	d.mu.Lock()
	if d.known.reader == nil {
		d.known.reader, d.known.sorts = llm.NewReader(d.Gate.Ops()), map[string][]ops.Choice{}
	}
	reader, names, old := d.known.reader, d.known.names, time.Since(d.known.asked) > namesKept
	if old {
		d.known.asked = time.Now()
	}
	d.mu.Unlock()
	if names != nil && !old {
		return reader, names
	}
	d.learn(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.known.names = llm.NewNames(d.known.sorts)
	return reader, d.known.names
}

// learn asks every system for its names, and waits a moment for them.
func (d *Desk) learn(ctx context.Context) {
	var sorts []string
	for _, op := range d.Gate.Ops() {
		for _, p := range op.Params {
			if p.Names != "" && !slices.Contains(sorts, p.Names) {
				sorts = append(sorts, p.Names)
			}
		}
	}
	heard := make(chan struct{}, len(sorts))
	for _, sort := range sorts {
		d.work.Go(func() { // waited for in Close
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), namesLimit)
			defer cancel()
			list, err := d.Gate.Choices(ctx, sort)
			list = slices.DeleteFunc(list, func(c ops.Choice) bool { return isRunID(c.Value) })
			if err == nil && len(list) <= mostChoices {
				d.mu.Lock()
				sorts := map[string][]ops.Choice{sort: list}
				for k, v := range d.known.sorts { // a new map: the old one may be being read
					if k != sort {
						sorts[k] = v
					}
				}
				d.known.sorts = sorts
				d.mu.Unlock()
			}
			heard <- struct{}{}
		})
	}
	wait := time.NewTimer(namesWait)
	defer wait.Stop()
	for range sorts {
		select {
		case <-heard:
		case <-wait.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

const (
	talkKept = 10 * time.Minute // what was spoken of is forgotten then
	talks    = 500
)

// A talk is what was spoken of last, by one person in one chat.
type talk struct {
	last    ops.Ask
	choices []ops.Ask // what was offered as buttons
	other   []ops.Ask // … and was not chosen
	until   time.Time
}

func (d *Desk) talkOf(s Said) llm.Talk {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.talks[d.chatter(s)]
	if !ok || time.Now().After(t.until) {
		return llm.Talk{}
	}
	return llm.Talk{Last: t.last, Else: t.other}
}

// spoke notes what is spoken of now; choices are what was offered instead of doing something.
func (d *Desk) spoke(s Said, ask ops.Ask, choices []ops.Ask) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.talks == nil || len(d.talks) > talks {
		d.talks = map[chatter]talk{}
	}
	who := d.chatter(s)
	t := talk{last: ask, choices: choices, until: time.Now().Add(talkKept)}
	if before := d.talks[who]; choices == nil && len(before.choices) == 2 {
		for i, c := range before.choices {
			if sameAsk(c, ask) {
				t.other = []ops.Ask{before.choices[1-i]}
			}
		}
	}
	d.talks[who] = t
}

// hush forgets what was spoken of.
func (d *Desk) hush(s Said) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.talks, d.chatter(s))
}

func sameAsk(a, b ops.Ask) bool {
	return a.Op == b.Op && sameArgs(a.Args, b.Args) && sameArgs(b.Args, a.Args)
}

func sameArgs(a, b ops.Args) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}
