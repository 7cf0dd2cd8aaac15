package zerobyte

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// Watcher tells what is wrong with Zerobyte's jobs and volumes. Blanks in names are dashes:
//
//	job:NAME        failed     the last run failed
//	                warning    the last run's snapshot lacks something
//	                late       it did not begin when it should have, or has not ended when the next was due
//	                disabled   it should run, and is disabled
//	volume:NAME     unmounted  backups of it fail
//	watch:zerobyte  blind      Zerobyte cannot be asked, and why
func (s *System) Watcher() ops.Watcher { return &watcher{System: s, since: map[string]time.Time{}} }

type watcher struct {
	*System
	since map[string]time.Time // since when something is so of which Zerobyte does not tell it, by subject
}

const (
	jobPrefix    = "job:"
	volumePrefix = "volume:"
	watchSubject = "watch:zerobyte"
)

func (w *watcher) Name() string { return "zerobyte" }

func (w *watcher) Watch(ctx context.Context, _ json.RawMessage, tell func(ops.Sighting)) {
	ops.Every(ctx, w.o.Every, func() { w.lookOnce(ctx, tell) })
}

// lookOnce asks twice, and tells everything that is wrong now.
func (w *watcher) lookOnce(ctx context.Context, tell func(ops.Sighting)) {
	jobs, err := w.jobs(ctx)
	var volumes []volume
	if err == nil {
		volumes, err = w.volumes(ctx)
	}
	now := time.Now()
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		tell(ops.Sighting{Whole: watchSubject, Troubles: []ops.Trouble{{Subject: watchSubject, Kind: "blind", Severity: ops.Warning, At: w.first(watchSubject, now), Wait: w.o.Every + time.Minute,
			Title: ops.T("backup jobs are not watched: Zerobyte cannot be asked", "tâches de sauvegarde non surveillées : Zerobyte ne peut être interrogé"),
			Lines: []ops.Text{ops.SayOf(err)}, Offers: showOffer()}}})
		return // what was told before stands until we can see again
	}
	var ofJobs, ofVolumes []ops.Trouble
	for _, j := range jobs {
		if t, wrong := w.judge(j, now); wrong {
			ofJobs = append(ofJobs, t)
		}
	}
	for _, v := range (look{volumes: volumes}).unmounted() {
		ofVolumes = append(ofVolumes, w.unmountedTrouble(v, jobs, now))
	}
	maps.DeleteFunc(w.since, func(subject string, _ time.Time) bool {
		return !slices.ContainsFunc(slices.Concat(ofJobs, ofVolumes), func(t ops.Trouble) bool { return t.Subject == subject })
	})
	tell(ops.Sighting{Whole: watchSubject})
	tell(ops.Sighting{Whole: jobPrefix, Troubles: ofJobs})
	tell(ops.Sighting{Whole: volumePrefix, Troubles: ofVolumes})
}

// first is since when subject is in trouble, as far as we saw.
func (w *watcher) first(subject string, now time.Time) time.Time {
	if w.since[subject].IsZero() {
		w.since[subject] = now
	}
	return w.since[subject]
}

// wanted reports whether the job should run: the table says so, or there is none.
func (s *System) wanted(j job) bool {
	return len(s.o.Desired.Jobs) == 0 || slices.ContainsFunc(s.o.Desired.Jobs, func(d DesiredJob) bool { return strings.EqualFold(d.Name, j.Name) })
}

func (w *watcher) judge(j job, now time.Time) (ops.Trouble, bool) {
	st, name := j.state(now), ops.Name(j.Name)
	t := ops.Trouble{Subject: Subject(j.Name), Kind: st.kind, Severity: ops.Warning, At: j.LastAt.time(), Locks: []string{Subject(j.Name)},
		Needs: []string{volumePrefix + dashed(j.Volume.Name)}, Quote: w.said(j), Offers: append([]ops.Button{runButton(j)}, showOffer()...)}
	where := ops.T("of %s to %s", "de %s vers %s", ops.Name(j.Volume.Name), ops.Name(j.Repository.Name))
	t.Lines = []ops.Text{where}
	switch st.kind {
	case "failed":
		t.Title = ops.T("backup %s failed", "sauvegarde %s : échec", name)
	case "warning":
		t.Title = ops.T("backup %s is partial", "sauvegarde %s partielle", name)
		t.Lines = append(t.Lines, ops.T("a snapshot was made, and files are missing in it", "un cliché a été fait, et il y manque des fichiers"))
	case "late":
		t.At, t.Quote = j.NextAt.time(), ""
		t.Title = ops.T("backup %s is late", "sauvegarde %s en retard", name)
		if j.Status == "in_progress" {
			t.Lines = append(t.Lines, ops.T("the one before it is still running", "la précédente tourne encore"))
		}
	case "disabled":
		t.Quote, t.Offers = "", showOffer()
		t.Title = ops.T("backup %s is disabled", "sauvegarde %s désactivée", name)
		if !w.wanted(j) {
			return t, false
		}
		t.At = w.first(t.Subject, now)
	default:
		return t, false
	}
	return t, true
}

func (w *watcher) unmountedTrouble(v volume, jobs []job, now time.Time) ops.Trouble {
	t := ops.Trouble{Subject: volumePrefix + dashed(v.Name), Kind: "unmounted", Severity: ops.Warning, At: w.first(volumePrefix+dashed(v.Name), now), Wait: w.o.Every + time.Minute, // Zerobyte mounts it again by itself
		Title: ops.T("volume %s is not mounted: its backups fail", "volume %s non monté : ses sauvegardes échouent", ops.Name(v.Name)),
		Quote: clip(ops.Clean(w.hide(v.Error)), 600), Offers: showOffer()}
	for _, j := range jobs {
		if j.Volume.ID == v.ID && j.Enabled {
			t.Lines = append(t.Lines, ops.T("%s needs it", "%s en a besoin", ops.Name(j.Name)))
		}
	}
	return t
}

func showOffer() []ops.Button {
	return []ops.Button{ops.AskFor(ops.T("Backup jobs", "Tâches de sauvegarde"), "zerobyte.show")}
}
