package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// A Source is one artefact: something that is saved as one file, read back, and rehearsed.
type Source struct {
	// Name is what kind it is, and which: "postgres:n8n", "redis", "qdrant:docs", "n8n", "grafana".
	Name string
	// Save writes one new file into dir, which is empty and its own, and returns its path. progress tells how far it is.
	Save func(ctx context.Context, dir string, progress func(ops.Text)) (File, error)
	// Verify reads the whole file, and fails unless it is whole. An error of kind [ops.Unavailable] says nothing of the file.
	Verify func(ctx context.Context, path string) (Proof, error)
	// Rehearse restores the file into something that it makes and throws away again, also when it fails, and checks what
	// came out of it. nil if there is no way to. An error of kind [ops.Unavailable] or [ops.Unknown] says nothing of the file.
	Rehearse func(ctx context.Context, path string) (Rehearsal, error)
}

// A File is what was saved.
type File struct {
	Path     string            // a regular file, directly in the folder that was given
	Versions map[string]string // of what made it: "postgres": "18.4", "pg_dump": "18.4"
}

// A Proof is what was seen of a file that is whole: «61 tables, format 1.16».
type Proof struct{ Says ops.Text }

// A Rehearsal is what was seen of a file that was restored: «61 tables, 11 402 rows in execution_entity».
type Rehearsal struct{ Says ops.Text }

// A Supplier lists sources of one kind as they are now: databases come and go.
type Supplier struct {
	Name string // "postgres": what stands before the colon of its artefacts
	List func(ctx context.Context) ([]Source, error)
}

// A Script is a program of the stack, perhaps on another machine. Run runs it once, without arguments, and gives each line of
// both its outputs to each, in order, one at a time. An error says that it could not be run, or that nobody knows how it
// ended; otherwise exit is its exit code.
type Script interface {
	Run(ctx context.Context, each func(line string)) (exit int, err error)
}

// Phases bring the stack up. Up plans what starts a phase ("infra") and checks that it is healthy.
type Phases interface {
	Up(ctx context.Context, phase string) (Rise, error)
}

// A Rise is how one phase comes up. It has no step where all of it runs already.
type Rise struct {
	Steps []ops.Step
	Facts []ops.Fact
	Locks []string
	Runs  []string // its services that run now
}

// A Restorer plans how one artefact is restored from path, each step with what undoes it. At planning time there may be
// nothing at path yet, and what it restores into may not run yet: the steps must check both before they change anything. path
// has no ending where a person brought the file: what it holds is told by its bytes. attempt is a word that no restore had that
// changed anything: it tells what this one leaves from what others did. No step, and no error, says that there is nothing to do
// by machine.
type Restorer interface {
	Steps(ctx context.Context, artefact, path, attempt string) (steps []ops.Step, facts []ops.Fact, locks []string, err error)
}

// Kept is where the little that must outlive a restart is kept. Load returns nil and no error for what was never saved.
type Kept interface {
	Load(ctx context.Context, id string) (json.RawMessage, error)
	Save(ctx context.Context, id string, body json.RawMessage) error
}

// An Offsite is a place away from here where backups go: a restic repository, a Zerobyte server.
type Offsite struct {
	Name string
	Look func(ctx context.Context) (Copies, error)
}

// Copies are what is kept away from here.
type Copies struct {
	At   time.Time // of the newest
	Says ops.Text  // what else is to know: «42 snapshots, 12.4 GB»; may be empty
	Bad  ops.Text  // what is wrong there, empty if nothing is: «the last run was partial»
}

// A Desired is a table of what should be configured somewhere, that can be compared with what is.
type Desired struct {
	Name  string // "zerobyte"
	Check func(ctx context.Context) ([]Difference, error)
}

// A Difference is one thing that is missing or different.
type Difference struct {
	What string   // "volume vpai-qdrant"
	Says ops.Text // «is not there», «runs at 03:00, not at 04:00»
}

// Files are what the stack's own script leaves of one artefact, or of one kind of them.
type Files struct {
	// Artefact is what they are copies of: "redis", or "postgres:{name}" with {name} from the file's name.
	Artefact string
	// Pattern is an absolute path. In its last element, * stands for any characters, and {name} for the artefact's own name,
	// which ends at the last time stamp: "/opt/javisi/backups/pg_dump/{name}-*.dump". What matches may be a folder: then it is
	// judged by the files in it.
	Pattern string
}

const nameHole = "{name}"

func (f Files) check() error {
	base := filepath.Base(f.Pattern)
	switch {
	case f.Artefact == "" || !filepath.IsAbs(f.Pattern):
		return errors.New("an artefact and an absolute pattern are needed")
	case strings.ContainsAny(filepath.Dir(f.Pattern), "*{}"):
		return fmt.Errorf("only the last part of %s may hold * or {name}", f.Pattern)
	case !strings.Contains(base, "*"):
		return fmt.Errorf("%s holds no *: it can be one file only", f.Pattern)
	case strings.Contains(f.Artefact, nameHole) != strings.Contains(base, nameHole):
		return errors.New("{name} stands in both or in neither")
	}
	return nil
}

// Smoke is the stack's own smoke test.
type Smoke struct {
	Script Script
	// Known are tests that are known to fail, by name: «OpenClaw container». * and ? stand for characters, as in [ops.Glob].
	Known []string
	// Costs says what running it costs; if it is empty, that it may ask models for answers that are billed.
	Costs ops.Text
}

// Restore is how all of it comes back.
type Restore struct {
	// Target is the folder where a person puts what comes from off-site. Never where the stack lives.
	Target string
	// How says where a person finds the off-site copy: «in Zerobyte, repository vpai-backups». It may be empty.
	How ops.Text
	// Expect are the artefacts that must come back, in the order in which they are restored. If it is empty, it is what was
	// known to be live last, which nobody knows on a new machine.
	Expect []string
	// Phases are brought up in this order; data is restored once Data, one of them, runs, and before the next. "" restores
	// it before any.
	Phases []string
	Data   string
	Bring  Phases
	Into   Restorer
}

func (r Restore) check() error {
	switch {
	case r.Into == nil && r.Target == "" && len(r.Phases) == 0:
		return nil // not offered
	case r.Into == nil || r.Bring == nil && len(r.Phases) > 0:
		return errors.New("nobody is given who restores, or who brings phases up")
	case r.Target != "" && (!filepath.IsAbs(r.Target) || filepath.Clean(r.Target) == "/"):
		return fmt.Errorf("%q is not an absolute path below /", r.Target)
	case r.Data != "" && !slices.Contains(r.Phases, r.Data):
		return fmt.Errorf("%q is none of the phases", r.Data)
	}
	return nil
}
