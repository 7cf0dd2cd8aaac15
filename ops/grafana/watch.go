package grafana

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// Watcher tells what goes wrong with Grafana and nobody is told of:
//
//	datasource:UID   unhealthy        Grafana does not get an answer from it: what looks at it is blind
//	rule:UID         firing           an alert rule fires, if [Options.Rules] says that Grafana tells nobody
//	rule:UID         no-data, failing it cannot judge
//	grafana:login    refused          it does not take the password or token
//	grafana:database failing          its own database
//	watch:grafana    blind            it cannot be asked, and why
func (s *System) Watcher() ops.Watcher {
	return &watcher{System: s, since: map[string]time.Time{}, over: map[string]ops.Trouble{}}
}

type watcher struct {
	*System
	since map[string]time.Time   // since when something is so, by subject
	over  map[string]ops.Trouble // how what was told last would be over, by subject and kind
	quiet time.Time              // until when no password is sent
}

const (
	sourcePrefix    = "datasource:"
	rulePrefix      = "rule:"
	loginSubject    = "grafana:login"
	databaseSubject = "grafana:database"
	watchSubject    = "watch:grafana"

	// refusedPause is how long no password is sent after one was refused. Grafana shuts an account out after five wrong ones
	// within five minutes.
	refusedPause = 6 * time.Minute
)

func (w *watcher) Name() string { return "grafana" }

func (w *watcher) Watch(ctx context.Context, _ json.RawMessage, tell func(ops.Sighting)) {
	ops.Every(ctx, w.o.Every, func() { w.lookOnce(ctx, tell) })
}

func (w *watcher) lookOnce(ctx context.Context, tell func(ops.Sighting)) {
	h, err := w.health(ctx)
	if ctx.Err() != nil {
		return
	}
	blind := ops.Trouble{Subject: watchSubject, Kind: "blind", Severity: ops.Warning, Wait: w.o.Every + time.Minute, Needs: w.needs(),
		Title: ops.T("Grafana cannot be asked", "Grafana ne peut être interrogé"), Offers: offer()}
	if err != nil {
		blind.Lines = []ops.Text{ops.SayOf(err)}
	}
	w.state(tell, blind, err != nil)
	if err != nil {
		return // what was told before stands until we can see again
	}
	w.state(tell, ops.Trouble{Subject: databaseSubject, Kind: "failing", Severity: ops.Critical, Wait: w.o.Every + time.Minute, Needs: w.needs(),
		Title: ops.T("Grafana's own database fails", "la propre base de Grafana échoue"), Offers: offer()}, !h.well())
	if time.Now().Before(w.quiet) {
		return
	}
	p, err := w.inside(ctx, picture{health: h})
	if err != nil {
		return // the bot ends
	}
	refused := ops.Trouble{Subject: loginSubject, Kind: "refused", Severity: ops.Warning, Lines: w.remedy(), Offers: offer()}
	if p.refused != nil {
		w.quiet, refused.Title = time.Now().Add(refusedPause), ops.SayOf(p.refused)
	}
	w.state(tell, refused, p.refused != nil)
	if p.refused == nil {
		w.inspect(tell, p)
	}
}

// A finding is a trouble, and how it is called once it is over.
type finding struct {
	ops.Trouble
	end ops.Text
}

// inspect tells of datasources and rules. What could not be seen stands as it was told before.
func (w *watcher) inspect(tell func(ops.Sighting), p picture) {
	var sources, rules []finding
	for _, d := range p.sources {
		if d.State == unhealthy {
			sources = append(sources, w.sick(d))
		}
	}
	for _, r := range p.rules {
		if f, bad := w.ruled(r); bad && w.o.Rules {
			rules = append(rules, f)
		}
	}
	if p.unlisted == nil {
		w.whole(tell, sourcePrefix, sources)
	}
	if p.unruled == nil {
		w.whole(tell, rulePrefix, rules)
	}
}

// whole tells all that there is on subjects that begin with prefix, and of what was told before how it ended.
func (w *watcher) whole(tell func(ops.Sighting), prefix string, list []finding) {
	var over, now []ops.Trouble
	there, kinds := map[string]bool{}, map[string]bool{}
	for _, f := range list {
		now = append(now, f.Trouble)
		there[f.Subject], kinds[f.Subject+" "+f.Kind] = true, true
	}
	for _, key := range slices.Sorted(maps.Keys(w.over)) {
		if t := w.over[key]; strings.HasPrefix(t.Subject, prefix) && !kinds[key] {
			over = append(over, t)
			delete(w.over, key)
			if !there[t.Subject] {
				delete(w.since, t.Subject)
			}
		}
	}
	for _, f := range list {
		w.over[f.Subject+" "+f.Kind] = ops.Trouble{Subject: f.Subject, Kind: f.Kind, Over: true, Severity: ops.Notice, Title: f.end}
	}
	tell(ops.Sighting{Troubles: over})
	tell(ops.Sighting{Whole: prefix, Troubles: now})
}

func (w *watcher) sick(d source) finding {
	name := ops.Name(d.title())
	t := ops.Trouble{Subject: sourcePrefix + d.UID, Kind: "unhealthy", Severity: ops.Warning, Wait: w.o.Every + time.Minute, Needs: w.needs(),
		Title: ops.T("Grafana's datasource %s does not answer", "la source de données %s de Grafana ne répond pas", name), Offers: offer()}
	t.At = w.first(t.Subject)
	if d.Why != "" {
		t.Lines = append(t.Lines, quoted(d.Why))
	}
	t.Lines = append(t.Lines, ops.T("dashboards and alert rules that look there see nothing", "les tableaux de bord et règles d’alerte qui y regardent ne voient rien"))
	return finding{t, ops.T("Grafana's datasource %s answers again", "la source de données %s de Grafana répond de nouveau", name)}
}

// ruled is the trouble that a rule is, if it is one.
func (w *watcher) ruled(r rule) (finding, bool) {
	name := ops.Name(r.title())
	f := finding{ops.Trouble{Subject: rulePrefix + r.UID, Severity: ops.Warning, At: r.since(), Needs: w.needs(), Offers: offer()},
		ops.T("Grafana: %s can judge again", "Grafana : %s juge de nouveau", name)}
	for _, uid := range r.Sources {
		f.Needs = append(f.Needs, sourcePrefix+uid)
	}
	switch r.stand() {
	case fires:
		f.Kind, f.Severity = "firing", r.severity()
		f.Title, f.end = ops.T("Grafana: %s fires", "Grafana : %s est déclenchée", name), ops.T("Grafana: %s no longer fires", "Grafana : %s ne se déclenche plus", name)
		f.Lines = append(f.Lines, r.why())
		if n := len(r.firing()); n > 1 {
			f.Lines = append(f.Lines, ops.T("%d instances of it", "%d instances", n))
		}
	case fails:
		f.Kind, f.Wait = "failing", patience
		f.Title = ops.T("Grafana: %s cannot judge, its query fails", "Grafana : %s ne peut juger, sa requête échoue", name)
		f.Lines = append(f.Lines, quoted(w.clip(r.Error, 160)))
	case lacks:
		f.Kind, f.Wait = "no-data", patience
		f.Title = ops.T("Grafana: %s has no data to judge", "Grafana : %s n’a pas de données pour juger", name)
	default:
		return f, false
	}
	if f.At.IsZero() {
		f.At = w.first(f.Subject)
	}
	return f, true
}

// patience is how long a rule may be unable to judge before anybody is told: a datasource's restart is over by then.
const patience = 5 * time.Minute

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

// needs is what Grafana cannot do without: its container, whose trouble explains what is told here.
func (w *watcher) needs() []string { return []string{"container:" + w.o.Service} }

func offer() []ops.Button { return []ops.Button{ops.AskFor(ops.Raw("Grafana"), "grafana.show")} }
