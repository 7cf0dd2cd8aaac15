package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"vigie/ops"
)

const (
	alivePace = 30 * time.Second // how often it is written down that the bot lives
	away      = 2 * time.Minute  // from how long on having been away is worth a line; a restart is not
)

// open reads what the last process kept.
func (e *Engine) open(ctx context.Context) (*book, error) {
	now := time.Now()
	b := &book{
		e: e, incidents: map[string]*Incident{}, letters: map[string][]*Letter{}, flow: map[string]*flow{}, mutes: map[string]*Mute{},
		boards: map[ops.Place]*Board{}, runs: map[string]ops.Run{}, repairs: map[string]*repairs{}, marks: map[string]*mark{}, started: now,
		saver: saver{results: make(chan saved, 1)},
	}
	for _, r := range e.o.People {
		b.flow[r.Key] = &flow{}
	}
	for _, w := range e.o.Windows {
		b.windows = append(b.windows, newWindow(w, now))
	}
	for _, read := range []func(context.Context) error{b.readIncidents, b.readLetters, b.readMutes, b.readMarks, b.readRuns, b.readBoards, b.readRepairs} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	b.agree()
	return b, b.readAlive(ctx, now)
}

// agree makes what incidents say of who was told fit the letters that are there: one may have been written down without the
// other.
func (b *book) agree() {
	for _, i := range slices.Concat(slices.Collect(maps.Values(b.incidents)), b.past) {
		i.Owed = slices.DeleteFunc(i.Owed, func(key string) bool { return b.flow[key] == nil }) // not listed any more
		if i.State == Over {
			continue
		}
		told := i.Told
		i.Told = nil
		for _, key := range told {
			if l := b.letterOf(key, i); l != nil {
				i.Told = append(i.Told, key)
			} else if !slices.Contains(i.Owed, key) && i.Cause == "" {
				i.Owed = append(i.Owed, key)
			}
		}
	}
}

// each calls take for every document of a kind.
func each[T any](ctx context.Context, b *book, kind string, take func(t *T, version int64), states ...string) error {
	docs, err := b.e.o.Store.List(ctx, kind, states...)
	if err != nil {
		return err
	}
	for _, d := range docs {
		t := new(T)
		if err := json.Unmarshal(d.Body, t); err != nil {
			return fmt.Errorf("reading %s %s: %w", kind, d.ID, err)
		}
		take(t, d.Version)
	}
	return nil
}

func (b *book) readIncidents(ctx context.Context) error {
	return each(ctx, b, "incident", func(i *Incident, version int64) {
		i.version = version
		if i.State == Over && len(i.Owed) == 0 && time.Since(i.Ended) > 24*time.Hour {
			return
		}
		old := b.incidents[i.Subject]
		switch {
		case old == nil:
			b.incidents[i.Subject] = i
		case i.Fired.After(old.Fired):
			b.incidents[i.Subject] = i
			b.past = append(b.past, old)
		default:
			b.past = append(b.past, i)
		}
	})
}

// recheck is how young a message is that is edited once more at the start.
const recheck = 6 * time.Hour

func (b *book) readLetters(ctx context.Context) error {
	return each(ctx, b, "letter", func(l *Letter, version int64) {
		l.version = version
		if time.Since(l.Began) < recheck {
			l.Shown = "" // it may have been edited just before the end, and that not written down: it is written anew once
		}
		if _, there := b.flow[l.To]; there { // else somebody who is not listed any more
			b.letters[l.To] = append(b.letters[l.To], l)
		}
	}, "open")
}

func (b *book) readMutes(ctx context.Context) error {
	return each(ctx, b, "mute", func(m *Mute, version int64) {
		m.version = version
		b.mutes[m.key()] = m
	}, "on")
}

func (b *book) readMarks(ctx context.Context) error {
	for _, w := range b.e.o.Watchers {
		doc, err := b.e.o.Store.Load(ctx, "setting", "watch/"+w.Name())
		if err != nil && !errors.Is(err, ops.ErrNoDoc) {
			return err
		}
		b.marks[w.Name()] = &mark{kept{doc.Version}, doc.Body}
	}
	return nil
}

// readRuns reads what our own plans did lately.
func (b *book) readRuns(ctx context.Context) error {
	err := each(ctx, b, "run", func(r *ops.Run, _ int64) {
		if r.Over() && !r.Began.IsZero() && time.Since(r.Ended) < rememberRuns {
			b.done = append(b.done, *r)
		}
	})
	slices.SortFunc(b.done, func(x, y ops.Run) int { return x.Ended.Compare(y.Ended) })
	return err
}

// alive is when the bot last was known to live.
type alive struct {
	kept
	At time.Time `json:"at"`
}

func (a *alive) doc(*book) (kind, id, state string) { return "setting", "alerts/alive", "" }
func (a *alive) body() (json.RawMessage, error)     { return json.Marshal(a) }

// readAlive tells of having been away. What happened meanwhile the watchers tell, from their marks on.
func (b *book) readAlive(ctx context.Context, now time.Time) error {
	b.alive = &alive{}
	doc, err := b.e.o.Store.Load(ctx, "setting", "alerts/alive")
	if errors.Is(err, ops.ErrNoDoc) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(doc.Body, b.alive); err != nil {
		return fmt.Errorf("reading when I last lived: %w", err)
	}
	b.alive.version = doc.Version
	if gone := now.Sub(b.alive.At); gone > away {
		b.trouble("vigie", ops.Trouble{Subject: "watch:vigie", Kind: "away", Severity: ops.Notice, At: now, Fades: again,
			Title: ops.T("I was away for %s", "j’ai été absent %s", ops.Span(gone.Round(time.Second))),
			Lines: []ops.Text{ops.T("what I find changed since then is told next", "ce que je trouve changé depuis est dit ensuite")}}, now)
	}
	return nil
}

// breathe writes down that the bot lives, and gives when to do so again.
func (b *book) breathe(now time.Time) time.Time {
	if now.Sub(b.alive.At) >= alivePace {
		b.alive.At = now
		moved := b.saver.moved
		b.saver.touch(b.alive)
		b.saver.moved = moved // nobody has to be told
	}
	return b.alive.At.Add(alivePace)
}
