package backup

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"vigie/ops"
)

type nowParams struct {
	What string `doc:"script (the stack's own), own (everything, by me), or one item; both if left out" fr:"script (celui de la pile), own (tout, par moi), ou un élément ; les deux si rien n’est dit" names:"backup-what" optional:"true"`
}

const (
	byScript = "script"
	byOwn    = "own"
)

var _ = ops.Add(&set, ops.Spec{
	Name: "backup.now", Command: "backup_now", Theme: themeBackup, Risk: ops.Reversible, Examples: []string{""},
	Doc: ops.T("Back up now, read it back, and say what is missing.", "Sauvegarder maintenant, relire, et dire ce qui manque."),
	Phrases: []ops.Text{
		ops.T("back up now", "sauvegarde maintenant"), ops.T("make a backup", "fais une sauvegarde"), ops.T("dump the databases", "dumpe les bases"),
		ops.T("run the backups", "lance les sauvegardes"), ops.T("back everything up", "sauvegarde tout"),
		ops.T("make a backup of everything now", "fais une sauvegarde de tout maintenant"),
	},
}, func(ctx context.Context, s *System, p nowParams) (ops.Plan, error) {
	plan := ops.Plan{Target: s.o.Stack, Locks: []string{"backup:files"}, Done: ops.T("backed up", "sauvegardé")}
	v := s.see(ctx)
	if err := ctx.Err(); err != nil {
		return ops.Plan{}, err
	}
	own, script := s.savesOwn() && p.What != byScript, s.o.Script != nil && (p.What == "" || p.What == byScript)
	switch {
	case !own && !script && p.What == byScript:
		return ops.Plan{}, noScript(ops.T("backup script", "script de sauvegarde"))
	case !own && !script:
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("I do not make backups here: name a folder for them in the configuration.", "Je ne fais pas de sauvegardes ici : nomme un dossier pour elles dans la configuration."), nil)
	}
	if script {
		s.planScript(v, &plan)
	}
	if own {
		if err := s.planOwn(v, p.What, &plan); err != nil {
			return ops.Plan{}, err
		}
	}
	what := artefacts(len(v.saveable()))
	if !own {
		what = artefacts(len(v.wanted))
	}
	switch {
	case p.What == byScript:
		plan.Title = ops.T("Run the stack's backup script now", "Lancer maintenant le script de sauvegarde de la pile")
	case p.What == "" || p.What == byOwn:
		plan.Title = ops.T("Back up %s now", "Sauvegarder %s maintenant", what)
	default:
		plan.Title = ops.T("Back up %s now", "Sauvegarder %s maintenant", ops.Name(p.What))
	}
	return plan, nil
})

var _ = ops.Names(&set, "backup-what", func(ctx context.Context, s *System) (list []ops.Choice, _ error) {
	if s.o.Script != nil {
		list = append(list, ops.Choice{Value: byScript, Hint: ops.T("the stack's own script", "le script de la pile")})
	}
	if s.savesOwn() {
		v := s.see(ctx)
		list = append(list, ops.Choice{Value: byOwn, Hint: ops.T("everything, by me", "tout, par moi")})
		list = append(list, v.choices(v.saveable())...)
	}
	return list, nil
})

func (s *System) savesOwn() bool { return s.o.Root != "" && len(s.o.Sources) > 0 }

// saveable is what a source saves, in name order.
func (v view) saveable() (names []string) {
	for name, src := range v.sources {
		if src.Save != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// planOwn plans a backup of ours of everything, or of one artefact.
func (s *System) planOwn(v view, what string, plan *ops.Plan) error {
	names := v.saveable()
	if what != "" && what != byOwn {
		if !slices.Contains(names, what) {
			return &ops.Error{Kind: ops.NotFound, Param: "what", Choices: v.choices(names), Say: ops.T("There is no %s to save.", "Il n’y a pas de %s à sauvegarder.", ops.Name(what))}
		}
		names = []string{what}
	}
	for _, err := range v.blind {
		if len(names) == 0 {
			return err
		}
	}
	if len(names) == 0 {
		return ops.Fail(ops.Invalid, ops.T("There is nothing to save.", "Il n’y a rien à sauvegarder."), nil)
	}
	newest, need := "", int64(0)
	for _, f := range v.folders {
		if f.finished {
			newest = f.stamp
			break
		}
	}
	for _, name := range names {
		if c, ok := v.newest(name); ok {
			need += c.size
		}
	}
	need += need / 5
	free, err := room(s.o.Root)
	if err != nil {
		return err
	}
	if need > free {
		return tooFull(s.o.Root, need, free)
	}
	token := fmt.Sprintf("%x", sha256.Sum256([]byte(s.o.Root+"\n"+newest+"\n"+strings.Join(names, "\n"))))[:16]
	plan.Steps = append(plan.Steps, takeStep.Do(takeArgs{Root: s.o.Root, Token: token, Names: names, Need: need}), takenStep.Verify(takenArgs{token, names}))
	plan.Facts = append(plan.Facts, ops.Fact{Name: "newest", Value: newest, Label: ops.T("the newest backup", "la dernière sauvegarde")},
		ops.Fact{Name: "names", Value: join(names), Label: ops.T("what there is to save", "ce qu’il y a à sauvegarder")})
	room := ops.T("about %s of %s free in %s", "environ %s sur %s libres dans %s", ops.Size(need), ops.Size(free), ops.Name(s.o.Root))
	if need == 0 { // there was none before to go by
		room = ops.T("%s free in %s; how much it takes, this one will show", "%s libres dans %s ; celle-ci dira combien il en faut", ops.Size(free), ops.Name(s.o.Root))
	}
	plan.Costs = append(plan.Costs, room)
	for kind, err := range v.blind {
		plan.Costs = append(plan.Costs, ops.T("🟠 %s", "🟠 %s", blindness(kind, err)))
	}
	return nil
}

func tooFull(root string, need, free int64) error {
	return ops.Fail(ops.Failed, ops.T("%s has %s free, and a backup takes about %s: free some room first, /backup_prune may.",
		"%s a %s libres, et une sauvegarde prend environ %s : libère d’abord de la place, /backup_prune peut le faire.", ops.Name(root), ops.Size(free), ops.Size(need)), nil)
}

func join(names []string) string { return strings.Join(names, " ") }
