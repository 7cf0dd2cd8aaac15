package n8n

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"vigie/ops"
)

// Watcher tells what fails in n8n and nobody is told of:
//
//	workflow:ID    failing       executions failed, and no error workflow is set that would say so; one trouble a workflow
//	webhook:PATH   unregistered  an active workflow's webhook answers 404, though n8n's health is green
//	n8n:ready      not-ready     its database is away or not migrated
//	watch:n8n      blind         its API cannot be asked, and why
func (s *System) Watcher() ops.Watcher {
	return &watcher{System: s, since: map[string]time.Time{}, over: map[string]ops.Trouble{}}
}

type watcher struct {
	*System
	since map[string]time.Time   // since when something is so, by subject
	over  map[string]ops.Trouble // how what was told last would be over, by subject
}

const (
	workflowPrefix = "workflow:"
	webhookPrefix  = "webhook:"
	readySubject   = "n8n:ready"
	watchSubject   = "watch:n8n"

	// failingFor is how long a failure counts: a workflow that has not failed for so long is no longer failing.
	failingFor = time.Hour
)

func (w *watcher) Name() string { return "n8n" }

func (w *watcher) Watch(ctx context.Context, _ json.RawMessage, tell func(ops.Sighting)) {
	ops.Every(ctx, w.o.Every, func() { w.lookOnce(ctx, tell) })
}

func (w *watcher) lookOnce(ctx context.Context, tell func(ops.Sighting)) {
	pic, err := w.picture(ctx, time.Now().Add(-failingFor))
	if ctx.Err() != nil {
		return
	}
	notReady := ops.Trouble{Subject: readySubject, Kind: "not-ready", Severity: ops.Critical, Wait: 2 * time.Minute,
		Title: ops.T("n8n is not ready, however green its health is", "n8n n’est pas prêt, même si sa santé est verte"), Lines: []ops.Text{ops.T("its database is away or not migrated: webhooks are swallowed", "sa base est absente ou pas migrée : les webhooks sont avalés")}, Offers: offer()}
	blind := ops.Trouble{Subject: watchSubject, Kind: "blind", Severity: ops.Warning, Wait: w.o.Every + time.Minute,
		Title: ops.T("n8n's workflows are not watched: it cannot be asked", "workflows de n8n non surveillés : il ne peut être interrogé"), Offers: offer()}
	if err != nil {
		blind.Lines = []ops.Text{ops.SayOf(err)}
	}
	w.state(tell, blind, err != nil)
	if pic.asked {
		w.state(tell, notReady, !pic.ready)
	}
	if err != nil {
		return // what was told before stands until we can see again
	}
	var failing, deaf []ops.Trouble
	for _, f := range pic.failing {
		if !f.Handled {
			failing = append(failing, f.trouble())
		}
	}
	for _, d := range pic.deaf {
		t := ops.Trouble{Subject: webhookPrefix + clip(d.Path, 60), Kind: "unregistered", Severity: ops.Critical, Wait: w.o.Every + time.Minute, // a start registers them one after the other
			Title: ops.T("webhook %s answers 404, though n8n's health is green", "le webhook %s répond 404, alors que la santé de n8n est verte", ops.Name(clip(d.Path, 60))), Locks: []string{Subject(d.ID)},
			Lines: []ops.Text{ops.T("%s is active and does not hear: what is sent there is lost; a restart of n8n registers it again", "%s est actif et n’entend pas : ce qui y est envoyé se perd ; un redémarrage de n8n le réenregistre", ops.Name(d.title()))}, Offers: offer()}
		t.At = w.first(t.Subject)
		deaf = append(deaf, t)
	}
	for subject := range w.since {
		if subject != readySubject && subject != watchSubject && !told(deaf, subject) {
			delete(w.since, subject)
		}
	}
	tell(ops.Sighting{Troubles: w.ended(pic, failing, deaf)})
	tell(ops.Sighting{Whole: workflowPrefix, Troubles: failing})
	tell(ops.Sighting{Whole: webhookPrefix, Troubles: deaf})
}

// ended are what was told before and is over, and how it is now.
func (w *watcher) ended(pic picture, failing, deaf []ops.Trouble) (list []ops.Trouble) {
	for subject, t := range w.over {
		if !told(failing, subject) && !told(deaf, subject) {
			list = append(list, t)
		}
	}
	w.over = map[string]ops.Trouble{}
	for _, f := range pic.failing {
		if t := f.trouble(); told(failing, t.Subject) {
			w.over[t.Subject] = ops.Trouble{Subject: t.Subject, Kind: t.Kind, Over: true, Severity: ops.Notice,
				Title: ops.T("workflow %s no longer fails", "le workflow %s n’échoue plus", ops.Name(f.title()))}
		}
	}
	for _, t := range deaf {
		w.over[t.Subject] = ops.Trouble{Subject: t.Subject, Kind: t.Kind, Over: true, Severity: ops.Notice,
			Title: ops.T("webhook %s is heard", "le webhook %s est entendu", ops.Name(strings.TrimPrefix(t.Subject, webhookPrefix)))}
	}
	return list
}

// state tells of one trouble whether it is there.
func (w *watcher) state(tell func(ops.Sighting), t ops.Trouble, there bool) {
	if !there {
		delete(w.since, t.Subject)
		tell(ops.Sighting{Whole: t.Subject})
		return
	}
	t.At = w.first(t.Subject)
	tell(ops.Sighting{Whole: t.Subject, Troubles: []ops.Trouble{t}})
}

// first is since when subject is in trouble, as far as we saw.
func (w *watcher) first(subject string) time.Time {
	if w.since[subject].IsZero() {
		w.since[subject] = time.Now()
	}
	return w.since[subject]
}

func told(list []ops.Trouble, subject string) bool {
	for _, t := range list {
		if t.Subject == subject {
			return true
		}
	}
	return false
}

func (f failing) trouble() ops.Trouble {
	t := ops.Trouble{Subject: Subject(f.ID), Kind: "failing", Severity: ops.Warning, At: f.First, Locks: []string{Subject(f.ID)},
		Title:  ops.T("workflow %s failed %d× in an hour", "workflow %s : %d échecs en une heure", ops.Name(f.title()), f.Count),
		Offers: append([]ops.Button{retryButton(f)}, offer()...)}
	if f.Why.Message != "" {
		t.Lines = append(t.Lines, ops.T("in %s: «%s»", "dans %s : « %s »", ops.Name(f.Why.Node), f.Why.Message))
	}
	t.Lines = append(t.Lines, ops.T("newest is execution %s; no error workflow is set, so n8n tells nobody", "la dernière est l’exécution %s ; aucun workflow d’erreur, donc n8n ne prévient personne", ops.Name(f.Newest.ID)))
	return t
}

func offer() []ops.Button { return []ops.Button{ops.AskFor(ops.Raw("n8n"), "n8n.show")} }
