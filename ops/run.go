package ops

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// A RunState says how far a run is. A run begins as a plan that waits for its approval.
type RunState string

const (
	Waiting   RunState = "waiting"     // for its approval
	Cancelled RunState = "declined"    // somebody said no
	TimedOut  RunState = "expired"     // nobody said anything, which means no
	Outdated  RunState = "drifted"     // the world changed before it ran: nothing was done
	Queued    RunState = "queued"      // approved; behind others on the same target
	Running   RunState = "running"     // its steps are being run
	Undoing   RunState = "undoing"     // a step failed; what was done is being put back
	Succeeded RunState = "done"        // and proved
	Broke     RunState = "failed"      // a step failed; see Steps for what was put back
	Uncertain RunState = "unknown"     // a step was sent and nobody knows whether it took
	Halted    RunState = "stopped"     // a person stopped it at a step boundary
	Left      RunState = "interrupted" // the bot ended in the middle
	PutBack   RunState = "undone"      // a later run undid it
	Continued RunState = "continued"   // a later run went on from where it stood, or proved it
)

// A Run is one plan on its way: asked, judged, approved, run, proved, perhaps undone. It is stored at
// every change, together with the journal entry that tells of it, in one transaction.
type Run struct {
	ID        string     `json:"id"` // 128 random bits in hex; also names the approval
	Ask       Ask        `json:"ask"`
	Plan      Plan       `json:"plan"`
	Hash      string     `json:"hash"` // what was shown and approved
	Who       Caller     `json:"who"`
	Verdict   Verdict    `json:"verdict"`
	Approvals []Approval `json:"approvals,omitempty"`
	State     RunState   `json:"state"`
	Place     Place      `json:"place,omitempty"` // the message that tells of it
	Created   time.Time  `json:"created"`
	Expires   time.Time  `json:"expires"`
	Began     time.Time  `json:"began,omitzero"`
	Ended     time.Time  `json:"ended,omitzero"`
	At        int        `json:"at"` // index of the step under way, or to run next
	Steps     []StepRun  `json:"steps,omitempty"`
	Undone    []StepRun  `json:"undone,omitempty"`  // what was put back, in the order it was
	Why       Text       `json:"why,omitzero"`      // of a failure, a drift, a refusal
	Of        string     `json:"of,omitempty"`      // the run that this one undoes, continues or verifies
	By        string     `json:"by,omitempty"`      // the run that undid or continued this one
	Halting   bool       `json:"halting,omitempty"` // a person stopped it, and what it began is put back for that reason
	Told      bool       `json:"told,omitempty"`    // a person was told how it ended, or that the bot ended in the middle of it

	Glimpse *File `json:"-"` // the newest picture of what the step under way makes; nil if there is none

	Again  bool  `json:"-"` // it was asked for before, by the same words
	Behind []Run `json:"-"` // who is before it in the queue, while it is queued

	version int64
}

// An Approval is one person's yes.
type Approval struct {
	ID   int64     `json:"id"`
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// A StepRun is how one step went.
type StepRun struct {
	Step  Step      `json:"step"`
	State string    `json:"state"` // "", StepBegan, StepEnded, StepFailed, StepUnknown
	Began time.Time `json:"began,omitzero"`
	Ended time.Time `json:"ended,omitzero"`
	Note  Text      `json:"note,omitzero"` // the last progress it told, or why it failed
}

// Over reports whether nothing more will happen to the run by itself.
func (r Run) Over() bool {
	switch r.State {
	case Waiting, Queued, Running, Undoing:
		return false
	}
	return true
}

// Undoable reports whether there is something that can still be put back at time now.
func (r Run) Undoable(now time.Time) bool {
	switch r.State {
	case Succeeded:
		return r.Plan.UndoFor > 0 && now.Before(r.Ended.Add(r.Plan.UndoFor)) && len(r.undoSteps()) > 0
	case Uncertain, Halted, Left:
		return len(r.undoSteps()) > 0 && !r.Halting
	}
	return false
}

// undoSteps are the steps that put back what was done so far, in reverse order. A step that failed or whose
// outcome is unknown may have been half done, so its undo belongs to them.
func (r Run) undoSteps() (list []Step) {
	for i := len(r.Steps) - 1; i >= 0; i-- {
		if s := r.Steps[i]; s.State != "" {
			list = append(list, s.Step.Undo...)
		}
	}
	return list
}

func (g *Gate) load(ctx context.Context, id string) (*Run, error) {
	doc, err := g.Store.Load(ctx, "run", id)
	if err != nil {
		return nil, err
	}
	return decodeRun(doc)
}

func decodeRun(doc Doc) (*Run, error) {
	r := new(Run)
	if err := json.Unmarshal(doc.Body, r); err != nil {
		return nil, fmt.Errorf("reading stored run %s: %w", doc.ID, err)
	}
	r.version = doc.Version
	return r, nil
}

// save stores r with entries that tell of the change. [ErrConflict] means that somebody else was first.
func (g *Gate) save(ctx context.Context, r *Run, entries ...Entry) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err // unreachable: a Run is plain data
	}
	v, err := g.Store.Save(ctx, Doc{Kind: "run", ID: r.ID, State: r.stored(), Version: r.version, Updated: now(), Body: body}, entries...)
	if err != nil {
		return err
	}
	r.version = v
	return nil
}

// untold is the stored state of every run that is over and nobody was told of: few, so they are found at once.
const untold = "untold"

func (r *Run) stored() string {
	if r.Over() && !r.Told {
		return untold
	}
	return string(r.State)
}

// now is the time to the millisecond, as the journal keeps it.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// entry tells of r in the journal.
func (g *Gate) entry(r *Run, who Caller, what string, note string) Entry {
	return Entry{Time: now(), Who: who.ID, Name: who.Name, Via: who.Via, What: what,
		Op: r.Ask.Op, Run: r.ID, Plan: r.Hash, Note: g.redact(Unmark(note))}
}
