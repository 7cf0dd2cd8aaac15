// Package console is the transport to a terminal: the same bot, for whoever sits at the machine.
//
// Answers are printed plainly, their buttons with numbers; a number taps its button. A message that changes
// is not printed again: only what is new of it is, and the clock in its first line runs in place.
package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"vigie/bot"
	"vigie/commands"
	"vigie/ops"
)

// Name is what every place of this transport begins with.
const Name = "con"

// numbers is how many buttons can be tapped at one time. Older ones make room: a number never means one
// button now and another one a moment later.
const numbers = 99

// A Desk holds the conversation.
type Desk interface {
	Handle(context.Context, commands.Said) commands.Toast
}

// Options are what a Console needs.
type Options struct {
	In     io.Reader
	Out    io.Writer
	Lang   ops.Lang
	Caller ops.Caller // who sits there
	Redact func(string) string
	// Interrupts are Ctrl-C: the first stops a live answer, or what is being asked; with nothing to stop it
	// leaves. nil: whoever cancels the context decides.
	Interrupts <-chan os.Signal
	// Dir is where files that come with answers are kept; "" is the system's place for such.
	Dir string
	// Terminal says that Out can rewrite a line; found out if Out is a file.
	Terminal bool
}

// A Console is one conversation in a terminal, and the way back to it.
type Console struct {
	o   Options
	dir string

	mu       sync.Mutex // guards what follows, and Out
	messages map[int]*message
	nextID   int
	buttons  map[int]tappable // by number
	nextNo   int
	running  int // columns of the line that is being rewritten; 0: none
	writeErr error
}

type tappable struct {
	message int
	button  ops.Button
}

var _ commands.Screen = (*Console)(nil)

// New makes a console.
func New(o Options) *Console {
	if f, ok := o.Out.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			o.Terminal = true
		}
	}
	o.Caller.Via, o.Caller.Lang = "console", o.Lang
	return &Console{o: o, messages: map[int]*message{}, nextID: 1, buttons: map[int]tappable{}, nextNo: 1}
}

// Run reads lines and has them answered, one after the other, until they end or ctx does. A goroutine that
// waits for a line outlives it, until In gives one or ends: a terminal cannot be told to stop reading.
func (c *Console) Run(ctx context.Context, desk Desk) error {
	lines, failed := c.read(ctx)
	c.hint(ops.T("Type /status, or say what you want. A number taps its button; Ctrl-C stops what runs, then leaves.",
		"Tape /status, ou dis ce que tu veux. Un numéro touche son bouton ; Ctrl-C arrête ce qui tourne, puis quitte."))
	for {
		c.prompt()
		select {
		case <-ctx.Done():
			return nil
		case <-c.o.Interrupts:
			if !c.stopLive(ctx, desk) {
				return nil
			}
		case line, ok := <-lines:
			if !ok {
				return errors.Join(<-failed, c.failed())
			}
			if line == "exit" || line == "quit" {
				return c.failed()
			}
			c.handle(ctx, desk, c.said(line))
		}
		if err := c.failed(); err != nil { // nobody can see anything any more
			return err
		}
	}
}

// failed says why nothing can be written any more.
func (c *Console) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writeErr
}

// read gives the lines of In; failed has one value once lines is closed.
func (c *Console) read(ctx context.Context) (lines chan string, failed chan error) {
	lines, failed = make(chan string), make(chan error, 1)
	go func() { // ends with In or ctx; see Run
		scanner := bufio.NewScanner(c.o.In)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			line := strings.TrimSpace(ops.Clean(scanner.Text()))
			if line == "" {
				continue
			}
			select {
			case lines <- line:
			case <-ctx.Done():
				return
			}
		}
		if err := scanner.Err(); err != nil {
			err = fmt.Errorf("reading what is typed: %w", err)
			failed <- err
		} else {
			failed <- nil
		}
		close(lines)
	}()
	return lines, failed
}

// said is a line as words, or as a tap if it is the number of a button.
func (c *Console) said(line string) commands.Said {
	s := commands.Said{Who: c.o.Caller, Place: place(0), Private: true, Text: line, Sent: time.Now()}
	no, err := strconv.Atoi(line)
	if err != nil {
		return s
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.buttons[no]; ok {
		return c.tap(t)
	}
	return s
}

func (c *Console) tap(t tappable) commands.Said {
	data, _ := commands.EncodeTap(t.button) // here it may be as long as it is
	return commands.Said{Who: c.o.Caller, Place: place(0), Message: place(t.message), Private: true, Tap: data, Sent: time.Now()}
}

// handle has s answered, or given up by Ctrl-C.
func (c *Console) handle(ctx context.Context, desk Desk, s commands.Said) {
	asking, giveUp := context.WithCancel(ctx)
	defer giveUp()
	answered := make(chan commands.Toast, 1)
	go func() { answered <- desk.Handle(asking, s) }() // received from below
	for {
		select {
		case t := <-answered:
			c.hint(t.Text)
			return
		case <-c.o.Interrupts:
			giveUp()
		}
	}
}

// stopLive taps the Stop button of the newest live answer.
func (c *Console) stopLive(ctx context.Context, desk Desk) bool {
	c.mu.Lock()
	var newest tappable
	for _, t := range c.buttons {
		if strings.HasPrefix(t.button.Data, commands.LiveTap) && t.message > newest.message {
			newest = t
		}
	}
	c.mu.Unlock()
	if newest.message == 0 {
		return false
	}
	c.handle(ctx, desk, c.tap(newest))
	return true
}

// hint prints a line aside.
func (c *Console) hint(t ops.Text) {
	if text := bot.Short(t, c.o.Lang, c.o.Redact, 500); text != "" {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.print("(" + text + ")\n")
	}
}

func (c *Console) prompt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.o.Terminal {
		c.print("> ")
	}
}

func place(message int) ops.Place { return ops.Place(fmt.Sprintf("%s:%d", Name, message)) }
