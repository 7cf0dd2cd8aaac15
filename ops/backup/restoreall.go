package backup

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"vigie/ops"
)

type restoreAllParams struct {
	From string `doc:"offsite (a person brings it), or one backup of mine" fr:"offsite (une personne l’apporte), ou une sauvegarde à moi" names:"backup-point" default:"offsite"`
}

const (
	restoreAll = "backup.restore-all"
	handedOver = "backup.done"
	offsite    = "offsite"
)

// undoFor is how long what was there before is kept.
const undoFor = 24 * time.Hour

var _ = ops.Add(&set, ops.Spec{
	Name: restoreAll, Command: "restore_all", Theme: themeBackup, Risk: ops.Destructive, Examples: []string{"offsite"},
	Doc: ops.T("Restore the whole stack: what comes from off-site, phase after phase, every database, and the smoke test.",
		"Restaurer toute la pile : ce qui vient du hors site, phase après phase, chaque base, puis le test de fumée."),
	Phrases: []ops.Text{
		ops.T("restore everything", "restaure tout"), ops.T("the server is lost, bring it all back", "le serveur est perdu, remonte tout"),
		ops.T("restore the whole stack", "restaure toute la pile"),
	},
}, func(ctx context.Context, s *System, p restoreAllParams) (ops.Plan, error) {
	r := s.o.Restore
	b := building{plan: ops.Plan{
		Title: ops.T("Restore all of %s", "Restaurer tout %s", ops.Name(s.o.Stack)), Target: s.o.Stack, UndoFor: undoFor,
		Locks: []string{"backup:restore", "backup:files"}, Done: ops.T("%s restored", "%s restauré", ops.Name(s.o.Stack)),
	}}
	var paths func(artefact string) string
	var err error
	if p.From == offsite {
		paths, err = s.planOffsite(ctx, &b)
	} else {
		paths, err = s.planFolder(ctx, p.From, &b)
	}
	if err == nil {
		err = s.planData(ctx, &b, paths)
	}
	if err != nil {
		return ops.Plan{}, err
	}
	if s.o.Smoke.Script != nil {
		b.plan.Steps = append(b.plan.Steps, smoke.Do(smokeArgs{Known: s.o.Smoke.Known, Stays: true}))
		b.plan.Costs = append(b.plan.Costs, s.smokeCosts())
	} else {
		b.plan.Costs = append(b.plan.Costs, ops.T("🟠 no smoke test is configured: that all works is yours to see", "🟠 aucun test de fumée n’est configuré : à toi de voir si tout marche"))
	}
	if p.From == offsite {
		b.plan.Steps = append(b.plan.Steps, unpin.Do(pinArgs{Target: r.Target, Names: b.expect}))
	}
	return b.plan, nil
})

// planOffsite begins with what a person does: a hand-over, unless all of it is there; a look at what arrived; and a link for each
// that was chosen.
func (s *System) planOffsite(ctx context.Context, b *building) (func(string) string, error) {
	r := s.o.Restore
	if r.Target == "" {
		return nil, ops.Fail(ops.Invalid, ops.T("The configuration does not say which folder the off-site copy is restored into.", "La configuration ne dit pas dans quel dossier restaurer la copie hors site."), nil)
	}
	if b.expect = s.expected(ctx); len(b.expect) == 0 {
		return nil, ops.Fail(ops.Invalid, ops.T("I do not know what must come back: name it in the configuration, such as postgres:n8n, redis.", "Je ne sais pas ce qui doit revenir : nomme-le dans la configuration, par exemple postgres:n8n, redis."), nil)
	}
	found, err := s.arrived(ctx, r.Target)
	if err != nil {
		return nil, err
	}
	free, err := room(r.Target)
	if err != nil {
		return nil, err
	}
	a := arrivedArgs{r.Target, b.expect}
	there := len(b.expect) - len(lacking(b.expect, found))
	b.plan.Facts = append(b.plan.Facts, ops.Fact{Name: "arrived", Value: state(b.expect, found), Label: ops.T("what is in %s", "ce qui est dans %s", ops.Name(r.Target))})
	if there < len(b.expect) {
		b.plan.Steps = append(b.plan.Steps, handover.Verify(handArgs{a, r.How}))
	}
	b.plan.Steps = append(b.plan.Steps, arrivedStep.Verify(a), pinStep.Do(pinArgs{r.Target, b.expect, s.attempt(ctx)}))
	b.plan.Costs = append(b.plan.Costs, ops.T("in %s now: %d of %d, and %s free for the rest", "dans %s maintenant : %d sur %d, et %s libres pour le reste", ops.Name(r.Target), there, len(b.expect), ops.Size(free)))
	if oldest := oldestOf(b.expect, found); there == len(b.expect) {
		b.plan.Costs = append(b.plan.Costs, ops.T("what was written after these copies is lost; the oldest is from %s ago", "ce qui a été écrit après ces copies est perdu ; la plus ancienne date d’il y a %s", coarse(now().Sub(oldest))))
	}
	return func(artefact string) string { return pin(r.Target, artefact) }, nil
}

func oldestOf(expect []string, found map[string]clone) (at time.Time) {
	for _, name := range expect {
		if c := found[name]; c.path != "" && (at.IsZero() || c.at.Before(at)) {
			at = c.at
		}
	}
	return at
}

// expected is what must come back: as configured, or what was live when it could last be asked.
func (s *System) expected(ctx context.Context) []string {
	if len(s.o.Restore.Expect) > 0 {
		return slices.Clone(s.o.Restore.Expect)
	}
	s.note(ctx, func(*known) {}) // takes up what is kept, if nobody has yet
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.known.Live)
}

// attempt is a word for the restore that is being planned: the same until one has begun, so that planning twice gives the same.
func (s *System) attempt(ctx context.Context) (word string) {
	s.note(ctx, func(k *known) {
		if k.Attempt == "" {
			k.Attempt = rand.Text()[:10]
		}
		word = k.Attempt
	})
	return word
}

// attempted is called by the first step that a restore takes: whatever it leaves is told by its word, which no other gets.
func (s *System) attempted(ctx context.Context, word string) {
	s.note(ctx, func(k *known) {
		if k.Attempt == word {
			k.Attempt = ""
		}
	})
}
