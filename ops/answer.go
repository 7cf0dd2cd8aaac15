package ops

import (
	"context"
	"time"
)

// A Mark is the state that opens a line; each has one fixed meaning.
const (
	Broken   = "🔴" // broken, needs you
	AtRisk   = "🟠" // degraded or at risk
	Fine     = "🟢"
	Off      = "⚪" // off on purpose, or unknown
	Working  = "⏳"
	Undone   = "↩️"
	Guarded  = "🔒" // needs approval
	StepDone = "✓"
	StepNow  = "…"
)

// An Answer is what a person is shown, as blocks that each transport renders in its own notation.
// Its first line is the answer: it must be enough in a lock-screen preview.
type Answer struct {
	Blocks  []Block
	Buttons [][]Button // rows
	// Live, if set, keeps the answer up to date: it calls show with each newer version until ctx ends.
	// The transport edits the one message and offers a Stop button.
	Live func(ctx context.Context, show func(Answer)) error
	Loud bool // somebody must look: sound
	// Brief says that the first line is all there is to say, and that the message it was asked from shows the rest: as the
	// answer to a tap it is shown over the chat, and is no message.
	Brief bool
	// Gone, if set, is when the message is taken away again, by itself; a button takes it away at once. It is for what a [Private] is
	// shown in, and is always a message of its own.
	Gone time.Duration
}

// A Block is one piece of an answer. Exactly one of Line, Code, Table, File, Private is set.
type Block struct {
	Line  Text       `json:"line,omitzero"`
	Code  string     `json:"code,omitempty"` // quoted as it is: logs, health output. Cleaned and redacted at the edge
	Table [][]string `json:"table,omitempty"`
	File  *File      `json:"file,omitempty"`
	Fold  bool       `json:"fold,omitempty"` // behind an expandable quote
	// Private is shown as it is, unredacted, by what shows it to the one person it is for; it is nowhere else.
	Private Private `json:"-"`
}

// A File is sent as a document, or as a picture when its Type says image/….
type File struct {
	Name string
	Type string // MIME
	Data []byte
}

// A Button does something when tapped: it asks for an op, decides on a ticket, or steers a run.
type Button struct {
	Label Text
	Ask   *Ask   // asks this
	Data  string // or carries this to the conversation: "t:<ticket>:yes", "r:<run>:stop", …
	Bad   bool   // what it does is dangerous: shown last but one, in red where the transport can
}

// An Ask is words understood: one op with its arguments as typed, nothing more.
type Ask struct {
	Op   string `json:"op"`
	Args Args   `json:"args,omitempty"`
}

// Args are an op's arguments as words, by parameter name.
type Args map[string]string

// Line adds a line of speech.
func (a *Answer) Line(t Text) *Answer {
	a.Blocks = append(a.Blocks, Block{Line: t})
	return a
}

// Code adds quoted text; folded, it hides behind a tap.
func (a *Answer) Code(s string, fold bool) *Answer {
	if s != "" {
		a.Blocks = append(a.Blocks, Block{Code: s, Fold: fold})
	}
	return a
}

// Row adds a row of buttons; an empty one is left out.
func (a *Answer) Row(b ...Button) *Answer {
	if len(b) > 0 {
		a.Buttons = append(a.Buttons, b)
	}
	return a
}

// Say is an answer of lines only.
func Say(lines ...Text) Answer {
	var a Answer
	for _, l := range lines {
		a.Line(l)
	}
	return a
}

// AskFor is a button that asks op with the given name-value pairs.
func AskFor(label Text, op string, pairs ...string) Button {
	args := Args{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i]] = pairs[i+1]
	}
	return Button{Label: label, Ask: &Ask{op, args}}
}

// Since is the time passed since t, as a Span; zero for the zero time.
func Since(t time.Time) Span {
	if t.IsZero() {
		return 0
	}
	return Span(time.Since(t))
}
