package ops

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// What an Entry tells. The journal is append-only and hash-chained: an edit, a removal or a change of order shows.
const (
	Asked       = "asked"       // a change was asked for, and shown as a plan
	Read        = "read"        // something was looked at
	Refused     = "denied"      // the policy or a never-rule said no
	Approved    = "approved"    // one approval of exactly this plan
	Declined    = "refused"     // a person said no
	Lapsed      = "expired"     // nobody answered in time, which means no
	HasDrifted  = "drifted"     // the world changed before it ran, so it did not run
	Began       = "began"       // the run has its locks and starts
	StepBegan   = "step"        // written before the step is run: not written, not run
	StepEnded   = "ok"          // the step's outcome
	StepFailed  = "failed"      // the step's outcome: it did not work
	StepUnknown = "unknown"     // the step's outcome: nobody knows
	UndoBegan   = "undo"        // written before a step is undone
	UndoEnded   = "undone"      // put back
	UndoFailed  = "undo-failed" // not put back
	Stopped     = "stopped"     // a person stopped the run at a step boundary
	Interrupted = "interrupted" // the bot ended in the middle; what is left is offered
	RunDone     = "done"
	RunFailed   = "run-failed"
	Stranger    = "stranger" // somebody unknown wrote
	Note        = "note"     // the bot's own life: started, stopped
)

// An Entry is one line of the journal. Seq, Prev and Sum are given by the store.
type Entry struct {
	Seq  int64
	Time time.Time // UTC, to the millisecond
	Who  int64     // numeric id; 0 is the bot itself
	Name string
	Via  string
	What string
	Op   string
	Run  string // ticket and run share their id
	Plan string // the plan's hash
	Note string // redacted
	Prev string // Sum of the entry before
	Sum  string // SHA-256 over all of the above
}

// A Doc is a ticket, a run or a setting as it is stored.
type Doc struct {
	Kind    string // "ticket", "run", "setting"
	ID      string
	State   string
	Version int64 // 0 when it is new; the store counts up
	Updated time.Time
	Body    json.RawMessage // kept byte for byte
}

// ErrConflict says that a document is not (or no longer) at the version that the writer read.
var ErrConflict = errors.New("changed by somebody else")

// ErrNoDoc says that there is no such document.
var ErrNoDoc = errors.New("no such document")

// A Store keeps the journal and the documents. Everything in one call is written in one transaction,
// and is durable when the call returns.
type Store interface {
	// Append writes entries at the end of the journal, in order, and returns them as written.
	Append(ctx context.Context, entries ...Entry) ([]Entry, error)
	// Save writes doc if its stored version is still doc.Version (0: if there is none), and the entries
	// with it; otherwise it writes nothing and returns [ErrConflict]. This is the one linearizable
	// transition that approvals and runs rest on. It returns the new version.
	Save(ctx context.Context, doc Doc, entries ...Entry) (int64, error)
	// Load returns one document, or [ErrNoDoc].
	Load(ctx context.Context, kind, id string) (Doc, error)
	// List returns the documents of a kind in one of the states (all if none), oldest first.
	List(ctx context.Context, kind string, states ...string) ([]Doc, error)
	// Entries returns the journal's newest entries that match, newest first.
	Entries(ctx context.Context, q Query) ([]Entry, error)
	// Head is the newest entry; the zero Entry if there is none.
	Head(ctx context.Context) (Entry, error)
}

// A Query selects journal entries; zero fields select all.
type Query struct {
	Run   string
	Op    string
	Who   int64
	What  []string
	Since time.Time
	Limit int // 0 means 100
}

// A Runner drives runs durably: for each started run it calls advance again and again until it answers
// that there is no more, also for runs that were under way when the process died. It never decides
// anything: advance does.
type Runner interface {
	// Launch hands over advance and takes up what was left from before. It is called once, after the Gate
	// has looked at what was left.
	Launch(ctx context.Context, advance Advance) error
	// Start starts run id, with the frozen plan as its durable input. Starting the same id again does
	// nothing: a run is started once.
	Start(ctx context.Context, id string, plan json.RawMessage) error
	// Close waits until no advance is running, for at most as long as ctx lasts.
	Close(ctx context.Context) error
}

// Advance carries a run on by one step. n counts up from 0. Only an approved and journaled run moves.
type Advance func(ctx context.Context, id string, n int) (more bool, err error)
