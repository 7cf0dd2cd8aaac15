package studio

import (
	"context"
	"encoding/json"
	"time"

	"vigie/ops"
)

// Watcher tells what breaks in the studio. What is off is off: it is no trouble.
//
//	studio:SERVICE  unhealthy, loop, oom, died   as it is now
//	studio:SERVICE  restarted                    it ended by itself and the engine started it again; fades
//	watch:studio    blind                        its containers cannot be seen, and why
func (s *System) Watcher() ops.Watcher {
	return &watcher{System: s, seen: map[string]Service{}, told: map[string]ops.Trouble{}}
}

type watcher struct {
	*System
	blind time.Time              // since when; zero: it is not
	seen  map[string]Service     // each service as it was at the last look
	told  map[string]ops.Trouble // what stands now, by service
}

const (
	subjectPrefix = "studio:"
	watchSubject  = "watch:studio"

	// watchEvery is how often the containers are looked at: over ssh that takes Compose a second or two over there.
	watchEvery = 2 * time.Minute
	// restartedFor is how long a restart by the engine is told of.
	restartedFor = time.Hour
)

func (w *watcher) Name() string { return "studio" }

func (w *watcher) Watch(ctx context.Context, _ json.RawMessage, tell func(ops.Sighting)) {
	ops.Every(ctx, watchEvery, func() { w.lookOnce(ctx, tell) })
}

func (w *watcher) lookOnce(ctx context.Context, tell func(ops.Sighting)) {
	within, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	list, err := w.o.Containers.Look(within, false)
	if ctx.Err() != nil {
		return
	}
	if err != nil { // what was told before stands until we can see again
		if w.blind.IsZero() {
			w.blind = time.Now()
		}
		tell(ops.Sighting{Whole: watchSubject, Troubles: []ops.Trouble{{Subject: watchSubject, Kind: "blind", Severity: ops.Warning, At: w.blind, Wait: 2 * watchEvery,
			Title: ops.T("I cannot see the studio's containers", "je ne vois pas les conteneurs du studio"), Lines: []ops.Text{ops.SayOf(err)}, Needs: w.needs(), Offers: []ops.Button{look()}}}})
		return
	}
	w.blind = time.Time{}
	tell(ops.Sighting{Whole: watchSubject})
	var now, gone []ops.Trouble
	before, boot, closed := w.seen, w.boot(within, list), switchedOff(list)
	w.seen = map[string]Service{}
	for _, o := range list {
		w.seen[o.Name] = o
		was, stood := w.told[o.Name]
		t, wrong := w.trouble(o, boot)
		says := o.judge(boot).says
		if wrong && o.State == "exited" && o.Finished.Before(closed) { // what had ended before somebody switched all off is off, too
			wrong, says = false, ops.T("is off like the rest", "est éteint comme le reste")
		}
		switch is := o.judge(boot).is; {
		case wrong:
			now = append(now, t)
		case stood && is == waking: // whether it is over is not known yet
			now = append(now, was)
		case stood:
			gone = append(gone, ops.Trouble{Subject: was.Subject, Kind: was.Kind, Severity: was.Severity, Over: true, Title: title(o, says)})
		}
		if t, did := w.again(before[o.Name], o); did && !wrong {
			now = append(now, t)
		}
	}
	w.told = map[string]ops.Trouble{}
	for _, t := range now {
		if t.Fades == 0 {
			w.told[t.Subject[len(subjectPrefix):]] = t
		}
	}
	tell(ops.Sighting{Troubles: gone})
	tell(ops.Sighting{Whole: subjectPrefix, Troubles: now})
}

// switchedOff is when the studio was switched off: nothing runs, and this is when the last that was stopped in order ended. Zero: it
// is on, or nothing was stopped so.
func switchedOff(list []Service) (at time.Time) {
	for _, o := range list {
		if o.running() {
			return time.Time{}
		}
		if o.State == "exited" && o.judge(time.Time{}).is == off && o.Finished.After(at) {
			at = o.Finished
		}
	}
	return at
}

// boot is when the machine started, asked for only if the end of a service may have to do with it.
func (w *watcher) boot(ctx context.Context, list []Service) time.Time {
	for _, o := range list {
		if o.State == "exited" && o.Exit == endedWithMachine {
			if r, err := w.o.Machine.Read(ctx); err == nil {
				return r.booted()
			}
		}
	}
	return time.Time{}
}

// trouble is what is wrong with a service, if anything is.
func (w *watcher) trouble(o Service, boot time.Time) (ops.Trouble, bool) {
	j := o.judge(boot)
	if j.is != broken || o.Orphan {
		return ops.Trouble{}, false
	}
	t := w.about(o, title(o, j.says))
	switch {
	case o.State == "running" && o.Health == "unhealthy":
		t.Kind, t.Wait = "unhealthy", time.Minute
		t.Title = title(o, ops.T("unhealthy", "en mauvaise santé"))
		t.Quote = o.Streak
	case o.State == "running", o.State == "restarting":
		t.Kind, t.Title = "loop", title(o, ops.T("ends again and again", "s’arrête encore et encore"))
		t.Lines = append(t.Lines, ops.T("started again by the engine %d times", "relancé %d fois par le moteur", o.Restarts))
	case o.OOM:
		t.Kind, t.At = "oom", o.Finished
		t.Title = title(o, ops.T("killed, out of memory", "tué, mémoire insuffisante"))
		if o.Limit > 0 {
			t.Lines = append(t.Lines, ops.T("limit %s", "limite %s", ops.Size(o.Limit)))
		}
	default:
		t.Kind, t.At = "died", o.Finished
		t.Title = title(o, ops.T("ended by itself, exit %d", "s’est arrêté tout seul, code %d", o.Exit))
	}
	if was, stood := w.told[o.Name]; stood && was.Kind == t.Kind && t.At.IsZero() {
		t.At = was.At
	}
	if t.At.IsZero() {
		t.At = time.Now()
	}
	return t, true
}

// again tells that the engine started a service again since the last look: it runs, and whatever it was doing is lost.
func (w *watcher) again(before, o Service) (ops.Trouble, bool) {
	if before.ID != o.ID || o.ID == "" || o.Orphan || o.Restarts <= before.Restarts {
		return ops.Trouble{}, false
	}
	t := w.about(o, title(o, ops.T("ended by itself and was started again", "s’est arrêté tout seul et a été relancé")))
	t.Kind, t.At, t.Fades = "restarted", o.Started, restartedFor
	t.Lines = append(t.Lines, ops.T("what it was making is lost", "ce qu’il faisait est perdu"))
	return t, true
}

func (w *watcher) about(o Service, says ops.Text) ops.Trouble {
	mend := ops.AskFor(ops.T("Restart %s…", "Redémarrer %s…", o.Name), "studio.restart", "service", o.Name)
	if !o.running() {
		mend = ops.AskFor(ops.T("Start %s…", "Allumer %s…", o.Name), "studio.up", "service", o.Name)
	}
	return ops.Trouble{Subject: subjectPrefix + o.Name, Severity: ops.Warning, Title: says, Needs: w.needs(), Locks: []string{w.lock()}, Offers: []ops.Button{mend, look()}}
}

func (w *watcher) needs() []string { return []string{"watch:host:" + w.o.Host} }

func title(o Service, says ops.Text) ops.Text {
	return ops.T("studio: %s %s", "studio : %s %s", ops.Name(o.Name), says)
}

func look() ops.Button { return ops.AskFor(ops.T("Studio", "Studio"), "studio.show") }
