package backup

import (
	"context"
	"errors"
	"io/fs"
	"sync"
	"time"

	"vigie/ops"
)

// What is complete and the same in so many looks, so far apart, has arrived: what is still being written changes its time.
const (
	glances = 10 * time.Second
	quiet   = 3
)

// hands are the plans that wait for a person, by the folder that they wait for.
type hands struct {
	mu    sync.Mutex // guards waits
	waits map[string]wait
}

// A wait is one plan that waits.
type wait struct {
	args arrivedArgs
	done chan struct{} // has room for one
}

func (h *hands) enter(a arrivedArgs) (<-chan struct{}, func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waits == nil {
		h.waits = map[string]wait{}
	}
	w := wait{a, make(chan struct{}, 1)}
	h.waits[a.Target] = w
	return w.done, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.waits[a.Target].done == w.done {
			delete(h.waits, a.Target)
		}
	}
}

// waiting is what is waited for now.
func (h *hands) waiting() (list []wait) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range h.waits {
		list = append(list, w)
	}
	return list
}

type handArgs struct {
	arrivedArgs
	How ops.Text `json:"how,omitzero"`
}

// It is a check: it only looks, so it can be stopped, and looked at again after a crash.
var handover = ops.Declare(&set, "backup.hand-over", func(a handArgs) ops.Text {
	return ops.Join(" ", ops.T("a person restores %s into %s", "une personne restaure %s dans %s", listed(a.Expect, 6), ops.Name(a.Target)), a.How,
		ops.T("(never to where they came from), then types /done", "(jamais à leur place d’origine), puis tape /done"))
}, func(ctx context.Context, s *System, a handArgs) error { return s.await(ctx, a) })

// await waits until all that is expected has arrived, and tells what is to be done.
func (s *System) await(ctx context.Context, a handArgs) error {
	done, leave := s.hands.enter(a.arrivedArgs)
	defer leave()
	last, same, there := "", 0, 0
	said, sure := false, false // somebody said done; and just now
	for ctx.Err() == nil {
		found, err := s.arrived(ctx, a.Target)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return err
		}
		missing := lacking(a.Expect, found)
		there = len(a.Expect) - len(missing)
		is := state(a.Expect, found)
		if same++; is != last {
			last, same = is, 0
		}
		if len(missing) == 0 && (sure || same >= quiet) {
			ops.Progress(ctx, ops.T("%d of %d arrived", "%d sur %d arrivés", there, there))
			return nil
		}
		ops.Progress(ctx, a.asks(there, missing, said))
		sure = false
		timer := time.NewTimer(glances)
		select {
		case <-ctx.Done():
		case <-done:
			said, sure = true, true
		case <-timer.C:
		}
		timer.Stop()
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ops.Fail(ops.Unknown, ops.T("%d of %d are in %s, and I stopped waiting. Nothing was changed: go on from this step when the rest is there.", "%d sur %d sont dans %s, et j’ai cessé d’attendre. Rien n’a été modifié : reprends à cette étape quand le reste y sera.",
			there, len(a.Expect), ops.Name(a.Target)), ctx.Err())
	}
	return ctx.Err()
}

// asks says exactly what is to be done now.
func (a handArgs) asks(there int, missing []string, said bool) ops.Text {
	count := ops.T("%d of %d there", "%d sur %d arrivés", there, len(a.Expect))
	switch {
	case len(missing) == 0:
		return ops.Join(" · ", count, ops.T("making sure that nothing is still being written; /done says that it is not", "je m’assure que plus rien ne s’écrit ; /done le dit"))
	case said:
		return ops.Join(" · ", count, ops.T("you said done, but not there: %s. Restore it into %s, then /done again", "tu as dit que c’était fait, mais il manque %s. Restaure-le dans %s, puis de nouveau /done", listed(missing, 6), ops.Name(a.Target)))
	}
	return ops.Join(" · ", count, ops.Join(" ", ops.T("now restore %s into %s", "restaure maintenant %s dans %s", listed(missing, 6), ops.Name(a.Target)), a.How, ops.T("then type /done", "puis tape /done")))
}

func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }

type doneParams struct{}

var _ = ops.Look(&set, ops.Spec{
	Name: handedOver, Command: "done", Theme: themeBackup, Acts: true, Examples: []string{""},
	Doc:     ops.T("Say that what a restore waits for is in its folder.", "Dire que ce qu’une restauration attend est dans son dossier."),
	Phrases: []ops.Text{ops.T("the files are there", "les fichiers sont là"), ops.T("I restored it in Zerobyte", "j’ai restauré dans Zerobyte")},
}, func(ctx context.Context, s *System, _ doneParams) (ops.Answer, error) {
	if !ops.Who(ctx).Role.AtLeast(ops.Operator) {
		return ops.Answer{}, &ops.Error{Kind: ops.Denied, Param: string(ops.Operator), Say: ops.T("Saying that a hand-over is done is for operators.", "Dire qu’une remise est faite est réservé aux opérateurs.")}
	}
	list := s.hands.waiting()
	if len(list) == 0 {
		return ops.Answer{}, ops.Fail(ops.Invalid, ops.T("Nothing waits for you. After I was stopped, go on with the operation first.", "Rien ne t’attend. Si j’ai été arrêté, reprends d’abord l’opération."), nil)
	}
	var a ops.Answer
	for _, w := range list {
		found, err := s.arrived(ctx, w.args.Target)
		if err != nil {
			return ops.Answer{}, err
		}
		select {
		case w.done <- struct{}{}:
		default: // said already
		}
		if missing := lacking(w.args.Expect, found); len(missing) > 0 {
			a.Line(ops.T("🟠 %d of %d are there; not %s. Restore it into %s, then /done again.", "🟠 %d sur %d sont là ; pas %s. Restaure-le dans %s, puis de nouveau /done.",
				len(w.args.Expect)-len(missing), len(w.args.Expect), listed(missing, 6), ops.Name(w.args.Target)))
			continue
		}
		a.Line(ops.T("🟢 all %d are there; I go on", "🟢 les %d sont là ; je continue", len(w.args.Expect)))
	}
	return a, nil
})
