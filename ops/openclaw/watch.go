package openclaw

import (
	"context"
	"encoding/json"
	"time"

	"vigie/ops"
)

// health is what the running gateway says of itself.
type health struct {
	OK     bool `json:"ok"`
	Agents []struct {
		ID string `json:"agentId"`
	} `json:"agents"`
}

// Watcher tells who waits to be let in, and that OpenClaw's gateway does not answer:
//
//	pairing:CHANNEL/ID  waiting    somebody wrote to OpenClaw and waits; it is over when they no longer do
//	openclaw:gateway    down       its program says that the gateway does not answer
//	watch:openclaw      blind      its program cannot be asked, and why
func (s *System) Watcher() ops.Watcher { return &watcher{System: s, told: map[string]ops.Text{}} }

type watcher struct {
	*System
	down, blind time.Time           // since when; zero: it is not
	told        map[string]ops.Text // who waits, as told last, by subject
}

const (
	pairingPrefix  = "pairing:"
	gatewaySubject = "openclaw:gateway"
	watchSubject   = "watch:openclaw"
)

func (w *watcher) Name() string { return "openclaw" }

func (w *watcher) Watch(ctx context.Context, _ json.RawMessage, tell func(ops.Sighting)) {
	ops.Every(ctx, w.o.Every, func() { w.lookOnce(ctx, tell) })
}

func (w *watcher) lookOnce(ctx context.Context, tell func(ops.Sighting)) {
	list, err := w.pending(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil { // that container's own trouble is told by who watches containers
		w.blind = since(w.blind)
		tell(ops.Sighting{Whole: watchSubject, Troubles: []ops.Trouble{{Subject: watchSubject, Kind: "blind", Severity: ops.Warning, At: w.blind, Wait: w.o.Every + time.Minute,
			Title: ops.T("OpenClaw cannot be asked: nobody sees who waits", "OpenClaw ne peut être interrogé : personne ne voit qui attend"), Lines: []ops.Text{ops.SayOf(err)},
			Needs: []string{"container:" + w.o.Service}, Offers: []ops.Button{ops.AskFor(ops.T("Logs", "Journaux"), "docker.logs", "service", w.o.Service)}}}})
		return
	}
	w.blind = time.Time{}
	tell(ops.Sighting{Whole: watchSubject})
	var waiting, gone []ops.Trouble
	now := map[string]ops.Text{}
	for _, r := range list {
		now[r.subject()] = ops.T("%s no longer waits to talk to OpenClaw", "%s n’attend plus de parler à OpenClaw", ops.Name(r.who()))
		waiting = append(waiting, ops.Trouble{Subject: r.subject(), Kind: "waiting", Severity: ops.Notice, At: r.Created, Locks: []string{r.subject()},
			Title:  ops.T("%s waits to talk to OpenClaw", "%s attend de parler à OpenClaw", ops.Name(r.who())),
			Lines:  []ops.Text{ops.T("%s %s, code %s, good for an hour", "%s %s, code %s, valable une heure", r.channel, ops.Name(clip(r.ID, 40)), ops.Name(r.Code))},
			Offers: []ops.Button{ops.AskFor(ops.T("Let %s in…", "Laisser entrer %s…", clip(r.who(), 20)), "openclaw.pair", "code", r.Code)}})
	}
	for subject, over := range w.told {
		if now[subject].IsZero() {
			gone = append(gone, ops.Trouble{Subject: subject, Kind: "waiting", Over: true, Severity: ops.Notice, Title: over})
		}
	}
	w.told = now
	tell(ops.Sighting{Troubles: gone})
	tell(ops.Sighting{Whole: pairingPrefix, Troubles: waiting})
	w.gateway(ctx, tell)
}

func (w *watcher) gateway(ctx context.Context, tell func(ops.Sighting)) {
	var h health
	err := w.ask(ctx, &h, "health")
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		w.down = time.Time{}
		tell(ops.Sighting{Whole: gatewaySubject})
		return
	}
	if ops.KindOf(err) != ops.Unavailable { // its program may not ask the gateway, which says nothing of the gateway
		return
	}
	w.down = since(w.down)
	tell(ops.Sighting{Whole: gatewaySubject, Troubles: []ops.Trouble{{Subject: gatewaySubject, Kind: "down", Severity: ops.Critical, At: w.down, Wait: 2 * time.Minute, // it takes half a minute to start
		Title: ops.T("OpenClaw's gateway does not answer", "la passerelle d’OpenClaw ne répond pas"), Lines: []ops.Text{ops.SayOf(err)}, Needs: []string{"container:" + w.o.Service},
		Offers: []ops.Button{ops.AskFor(ops.T("Restart %s…", "Redémarrer %s…", w.o.Service), "docker.restart", "service", w.o.Service), ops.AskFor(ops.T("Logs", "Journaux"), "docker.logs", "service", w.o.Service)}}}})
}

// since is when something began that is so now.
func since(before time.Time) time.Time {
	if before.IsZero() {
		return time.Now()
	}
	return before
}
