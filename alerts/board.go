package alerts

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"vigie/ops"
)

// boardPace is how long a board rests between two edits: it leaves the chat's share to what is urgent.
const boardPace = 5 * time.Second

// A Board is one pinned message of a chat that shows the present state. It is edited only when it reads differently.
type Board struct {
	kept
	Chat  ops.Place `json:"chat"`
	Place ops.Place `json:"place,omitempty"` // the message
	Lang  ops.Lang  `json:"lang"`
	Shown string    `json:"shown,omitempty"` // what it reads, as a sum
	Gone  bool      `json:"gone,omitempty"`
}

func (o *Board) doc(*book) (kind, id, state string) {
	if o.Gone {
		return "board", string(o.Chat), "gone"
	}
	return "board", string(o.Chat), "pinned"
}
func (o *Board) body() (json.RawMessage, error) { return json.Marshal(o) }

func (b *book) readBoards(ctx context.Context) error {
	return each(ctx, b, "board", func(o *Board, version int64) {
		o.version = version
		b.boards[o.Chat] = o
	})
}

// keepBoards keeps the boards up to date until ctx ends.
func (e *Engine) keepBoards(ctx context.Context) {
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.board:
		}
		select { // what changes in quick succession is shown once
		case <-ctx.Done():
			return
		case <-rest.C:
		}
		var todo []errandOfBoard
		if e.with(ctx, false, func(b *book) { todo = b.boardErrands(time.Now()) }) != nil {
			return
		}
		for _, t := range todo {
			e.showBoard(ctx, t)
		}
		rest.Reset(boardPace)
	}
}

// An errandOfBoard is a board that reads differently from what is shown.
type errandOfBoard struct {
	board  *Board
	at     ops.Place
	lang   ops.Lang
	answer ops.Answer
	sum    string
}

func (b *book) boardErrands(now time.Time) (list []errandOfBoard) {
	for _, o := range b.boards {
		if o.Gone || b.e.o.Screen == nil {
			continue
		}
		a := b.sayBoard(now)
		text, err := json.Marshal(a.Blocks)
		if err != nil {
			continue // unreachable: plain data
		}
		sum := fmt.Sprintf("%x", sha256.Sum256(text))
		if sum == o.Shown {
			continue
		}
		a.Line(ops.T("since %s", "depuis %s", b.clock(now, now)))
		at := o.Place
		if at == "" {
			at = o.Chat
		}
		list = append(list, errandOfBoard{o, at, o.Lang, a, sum})
	}
	return list
}

func (e *Engine) showBoard(ctx context.Context, t errandOfBoard) {
	trying, cancel := context.WithTimeout(ctx, showFor)
	defer cancel()
	place, err := e.o.Screen.Show(trying, t.at, t.lang, t.answer)
	if err == nil && place != t.at {
		err = e.o.Screen.Pin(trying, place)
		if err != nil { // it is there, only not pinned: a group may not let us
			e.broken(fmt.Errorf("pinning the board: %w", err))
			err = nil
		}
	}
	if err != nil {
		if ctx.Err() == nil {
			e.broken(fmt.Errorf("showing the board: %w", err))
		}
		return
	}
	_ = e.with(ctx, false, func(b *book) { // fails only at the end
		t.board.Place, t.board.Shown = place, t.sum
		moved := b.saver.moved
		b.saver.touch(t.board)
		b.saver.moved = moved
	})
}

// sayBoard is the present state: no figure in it changes by itself.
func (b *book) sayBoard(now time.Time) ops.Answer {
	needs, held, notices := b.present()
	stack := ops.Raw(ops.Name(b.e.o.Stack).String())
	first := ops.T("🟢 all is well · %s", "🟢 tout va bien · %s", stack)
	if len(needs) > 0 {
		first = ops.T("%s %s · %s", "%s %s · %s", needs[0].severity().Mark(),
			ops.Count{N: len(needs), EnOne: "needs you", EnMany: "need you", FrOne: "à voir", FrMany: "à voir"}, stack)
	}
	a := ops.Say(first)
	for n, i := range needs {
		line := ops.T("%s %s · since %s", "%s %s · depuis %s", i.severity().Mark(), i.lead().Title, b.clock(i.Began, now))
		if i.Ack != nil {
			line = ops.T("%s · %s is on it", "%s · %s s’en occupe", line, i.Ack.Name)
		}
		if list := b.behind(i); len(list) > 0 {
			line = ops.T("%s · with it %s", "%s · avec lui %s", line, names(list))
		}
		a.Blocks = append(a.Blocks, ops.Block{Line: line, Fold: n >= openLines})
	}
	for _, i := range held {
		a.Line(ops.T("⚪ %s · %s", "⚪ %s · %s", i.lead().Title, b.holdText(i.Hold, now)))
	}
	for _, t := range b.silences(now) {
		a.Line(t)
	}
	if notices > 0 {
		a.Line(ops.T("⚪ %d to know: %s", "⚪ %d à savoir : %s", notices, ops.Name("/alerts")))
	}
	return *a.Row(ops.AskFor(ops.Raw("/status"), "docker.status"), ops.AskFor(ops.Raw("/alerts"), "alerts.list"))
}

// present are the incidents that need somebody, those that are held, and how many are only to be known.
func (b *book) present() (needs, held []*Incident, notices int) {
	for _, i := range b.incidents {
		switch {
		case i.State != Firing || i.Cause != "":
		case i.Hold != nil:
			held = append(held, i)
		case i.severity() == ops.Notice:
			notices++
		default:
			needs = append(needs, i)
		}
	}
	sortByGravity(needs)
	sortByGravity(held)
	return needs, held, notices
}
