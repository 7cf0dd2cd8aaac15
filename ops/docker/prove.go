package docker

import (
	"context"
	"slices"
	"sync"
	"time"

	"vigie/ops"
)

const (
	pace        = time.Second     // between two looks while waiting
	stableFor   = 5 * time.Second // how long a container without a health check must run to count as up
	tooManyEnds = 3               // restarts by the engine while we watch: it will not come up
	lostLooks   = 5               // looks in a row without an answer of the engine before nobody knows
)

// A member is one service with its container, as steps name it.
type member struct {
	Service   string `json:"service"`
	Container string `json:"container"`
	Once      bool   `json:"once,omitempty"`  // it is up when it has ended with exit 0
	Blind     bool   `json:"blind,omitempty"` // nothing checks its health, or nothing that could fail
	Was       string `json:"was,omitempty"`   // when it was started before; it must have been started since
}

// names are what people call the members.
func names(members []member) []string {
	list := make([]string, len(members))
	for i, m := range members {
		list[i] = m.Service
	}
	return list
}

// A vigil watches one member come up.
type vigil struct {
	member
	run      Detail        // when it was first seen in its present run
	from     time.Time     // when that was
	restarts int           // by the engine, when we began
	limit    time.Duration // how long it may take
	seen     ops.Text      // what the last look saw
	up       bool
	lost     int // looks in a row without an answer
	err      error
}

// prove waits until every member is up: running and healthy where a health check means something, else running
// without a restart for a while, or ended with exit 0 if it runs once. It tells what it sees, and at last what
// proves it.
func (s *Stack) prove(ctx context.Context, members []member) error {
	begun := time.Now()
	watch := make([]*vigil, len(members))
	for i, m := range members {
		watch[i] = &vigil{member: m, restarts: -1, limit: s.wait()}
	}
	for {
		s.lookAt(ctx, watch)
		if err := ctx.Err(); err != nil {
			return err
		}
		waited := time.Since(begun)
		if waiting, err := verdict(watch, waited); err != nil || !waiting {
			if err == nil {
				ops.Progress(ctx, proof(watch, waited))
			}
			return err
		}
		ops.Progress(ctx, progress(watch, waited))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pace):
		}
	}
}

// lookAt looks once at every member that is not up yet.
func (s *Stack) lookAt(ctx context.Context, watch []*vigil) {
	var group sync.WaitGroup
	slots := make(chan struct{}, 8)
	for _, v := range watch {
		if v.up || v.err != nil {
			continue
		}
		slots <- struct{}{}
		group.Go(func() { // waited for below
			defer func() { <-slots }()
			d, err := s.Host.Inspect(ctx, v.Container)
			v.look(d, err)
		})
	}
	group.Wait()
}

// look takes in what one look saw.
func (v *vigil) look(d Detail, err error) {
	switch kind := ops.KindOf(err); {
	case kind == ops.NotFound:
		v.err = ops.Fail(ops.Failed, ops.T("%s has no container any more", "%s n’a plus de conteneur", ops.Name(v.Service)), err)
		return
	case err != nil:
		if v.lost++; v.lost >= lostLooks || kind == ops.Denied {
			v.err = err
		}
		v.seen = ops.T("no answer from the engine", "pas de réponse du moteur")
		return
	}
	v.lost = 0
	if v.restarts < 0 {
		v.restarts = d.Restarts
	}
	v.limit = max(v.limit, d.HealthStart+3*d.HealthEvery)
	if v.Was != "" && d.Started.UTC().Format(time.RFC3339Nano) == v.Was {
		v.seen = ops.T("the same as before the restart", "le même qu’avant le redémarrage")
		return
	}
	if !d.Started.Equal(v.run.Started) || v.from.IsZero() {
		v.from = time.Now()
	}
	v.run = d
	v.judge(d)
}

func (v *vigil) judge(d Detail) {
	fail := func(t ops.Text) { v.err = ops.Fail(ops.Failed, t, nil) }
	name, steady := ops.Name(v.Service), time.Since(v.from)
	switch {
	case d.State == "exited" && v.Once && d.ExitCode == 0:
		v.seen, v.up = ops.T("ended with exit 0", "terminé avec le code 0"), true
	case d.State == "exited" || d.State == "dead":
		fail(ops.T("%s does not stay up: %s%s", "%s ne reste pas en marche : %s%s", name, exitMeaning(d.ExitCode, d.OOM), because(d.Error)))
	case d.Restarts-v.restarts >= tooManyEnds:
		fail(ops.T("%s ends again and again: %s", "%s s’arrête encore et encore : %s",
			name, ops.Count{N: d.Restarts - v.restarts, EnOne: "restart", EnMany: "restarts", FrOne: "redémarrage", FrMany: "redémarrages"}))
	case d.State == "restarting":
		v.seen = ops.T("ended with exit %d, starting again", "arrêté avec le code %d, redémarre", d.ExitCode)
	case d.State != "running":
		v.seen = ops.T("%s", "%s", stateWord(d.State))
	case v.Once:
		v.seen = ops.T("running", "en marche")
	case probing(d.HealthTest) && d.Health == "healthy":
		v.seen, v.up = ops.T("healthy", "en bonne santé"), true
	case probing(d.HealthTest) && d.Health == "unhealthy":
		v.seen = ops.T("unhealthy", "en mauvaise santé")
	case probing(d.HealthTest):
		v.seen = ops.T("running, health not known yet", "en marche, santé pas encore connue")
	default:
		v.seen, v.up = ops.T("running", "en marche"), steady >= stableFor
	}
}

// verdict says whether anything is still waited for, or what has failed for good.
func verdict(watch []*vigil, waited time.Duration) (waiting bool, _ error) {
	var late []ops.Text
	for _, v := range watch {
		switch {
		case v.err != nil:
			return false, v.err
		case v.up:
		case waited >= v.limit:
			late = append(late, v.tooLate(waited))
		default:
			waiting = true
		}
	}
	if len(late) > 0 && !waiting {
		return false, ops.Fail(ops.Failed, ops.Join("; ", late[:min(len(late), 3)]...), nil)
	}
	return waiting, nil
}

// tooLate says how a member stands that did not come up in time.
func (v *vigil) tooLate(waited time.Duration) ops.Text {
	out := ""
	if v.run.Health == "unhealthy" || v.run.Health == "starting" {
		out = v.run.sickness()
	}
	return ops.T("%s: still %s after %s%s", "%s : toujours %s au bout de %s%s", ops.Name(v.Service), v.seen, inSeconds(waited), because(out))
}

// because quotes foreign words as a reason, if there are any.
func because(words string) ops.Text {
	if words = clip(words, 160); words == "" {
		return ops.Text{}
	}
	return ops.T(" · %s", " · %s", quote(words))
}

func progress(watch []*vigil, waited time.Duration) ops.Text {
	span := inSeconds(waited)
	if len(watch) == 1 {
		return ops.T("%s, %s", "%s, %s", watch[0].seen, span)
	}
	var still []string
	for _, v := range watch {
		if !v.up {
			still = append(still, v.Service)
		}
	}
	return ops.T("%d of %d up, %s · waiting for %s", "%d sur %d en marche, %s · attend %s", len(watch)-len(still), len(watch), span, list(3, still...))
}

// proof says what shows that all are up.
func proof(watch []*vigil, waited time.Duration) ops.Text {
	span := inSeconds(waited)
	if len(watch) > 1 {
		checked := len(slices.DeleteFunc(slices.Clone(watch), func(v *vigil) bool { return !probing(v.run.HealthTest) }))
		return ops.T("%d of %d up after %s, %d of them by a health check", "%d sur %d en marche après %s, dont %d par un test de santé",
			len(watch), len(watch), span, checked)
	}
	v := watch[0]
	switch {
	case v.Once:
		return ops.T("ended with exit 0 after %s", "terminé avec le code 0 après %s", span)
	case probing(v.run.HealthTest):
		return ops.T("healthy after %s", "en bonne santé après %s", span)
	case blind(v.run.HealthTest):
		return ops.T("running for %s without a restart; its health check proves nothing", "en marche depuis %s sans redémarrage ; son test de santé ne prouve rien", ops.Span(stableFor))
	}
	return ops.T("running for %s without a restart; it has no health check", "en marche depuis %s sans redémarrage ; il n’a pas de test de santé", ops.Span(stableFor))
}

var stateWords = map[string]ops.Text{
	"created": ops.T("made, not started yet", "créé, pas encore démarré"), "paused": ops.T("paused", "en pause"),
	"removing": ops.T("being removed", "en cours de retrait"), "exited": ops.T("stopped", "arrêté"), "dead": ops.T("dead", "mort"),
	"running": ops.T("running", "en marche"), "restarting": ops.T("restarting", "redémarre"),
}

func stateWord(state string) ops.Text {
	if t, ok := stateWords[state]; ok {
		return t
	}
	return ops.Raw(ops.Clean(state))
}

// inSeconds is d in whole seconds, at least one: the pace at which we look.
func inSeconds(d time.Duration) ops.Span { return ops.Span(max(d, pace).Truncate(time.Second)) }
