package redis

import (
	"context"
	"slices"
	"time"

	"vigie/ops"
)

// A job is one restore, as its steps know it.
type job struct {
	Service string `json:"service"`
	Dump    string `json:"dump"` // path on this machine
	SHA256  string `json:"sha256"`
	Size    int64  `json:"size"`
	Dir     string `json:"dir"`  // of the data, in the container
	File    string `json:"file"` // the dump file in it
	Piece   piece  `json:"piece"`
	AOF     string `json:"aof,omitempty"`  // how the names of the append-only files begin, where there are some
	Down    bool   `json:"down,omitempty"` // it did not answer
}

// safety is the name that today's dump file is kept under.
func (j job) safety() string { return j.File + ourMark + j.Piece.Tag + ".safety" }

// plan puts the steps together. What stops and starts services is not ours, and says itself how it is undone.
func (s *System) plan(ctx context.Context, d dump, info Info, v survey) (ops.Plan, error) {
	j := job{Service: s.o.Service, Dump: d.path, SHA256: info.SHA256, Size: info.Size, Dir: v.dir, File: v.file, Down: v.down,
		Piece: piece{Name: v.file, Tag: tag(info, v), None: v.down && !v.dump.there()}}
	if v.aof {
		j.AOF, j.Piece.Name, j.Piece.None = v.aofName, v.manifestName(), false
	}
	itself, err := s.o.Apps.Pausing(ctx, []string{s.o.Service})
	if err != nil {
		return ops.Plan{}, err
	}
	var users Pause
	if len(s.o.Users) > 0 {
		if users, err = s.o.Apps.Pausing(ctx, s.o.Users); err != nil {
			return ops.Plan{}, err
		}
	}
	if len(itself.Start) == 0 { // it does not run, so it would stay stopped, and nothing could be proved
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("%s is stopped. /start %s first: it may fail to start, but then I know that it was to run.",
			"%s est arrêté. /start %s d’abord : il peut échouer à démarrer, mais je saurai alors qu’il devait tourner.", s.name(), s.o.Service), nil)
	}
	plan := ops.Plan{
		Title:  ops.T("Restore %s from %s (%s ago, %s, reads back whole)", "Restaurer %s depuis %s (il y a %s, %s, se relit en entier)", s.name(), ops.Name(d.name), ops.Since(written(d, info)), ops.Size(d.size)),
		Target: s.o.Service, Locks: []string{"redis:" + s.o.Service}, Facts: facts(d, info, v), Costs: s.costs(d, info, v),
		Done: ops.T("%s restored from %s", "%s restauré depuis %s", s.name(), ops.Name(d.name)), UndoFor: keptFor,
		Steps: restoring(j, itself, users),
	}
	for _, l := range slices.Concat(itself.Locks, users.Locks) {
		if !slices.Contains(plan.Locks, l) {
			plan.Locks = append(plan.Locks, l)
		}
	}
	for _, f := range slices.Concat(itself.Facts, users.Facts) {
		if !slices.ContainsFunc(plan.Facts, func(o ops.Fact) bool { return o.Name == f.Name }) {
			plan.Facts = append(plan.Facts, f)
		}
	}
	return plan, nil
}

// restoring are the steps, in order. What can fail comes before anything is stopped. Undone in reverse: what ran again is
// stopped, the files are put back, Redis is started, seen to answer, and then what uses it.
func restoring(j job, itself, users Pause) (steps []ops.Step) {
	steps = append(steps, trial.Verify(j))
	if !j.Down {
		steps = append(steps, safety.Do(j))
	}
	steps = append(steps, ready.Do(j).Undoing(clearing.Do(j)))
	steps = append(steps, users.Stop...)
	if !j.Down {
		undo := []ops.Step{answers.Verify(j)}
		if j.AOF != "" {
			undo = append(undo, flush.Do(j)) // so that the dump file is of the data of before as well
		}
		steps = append(steps, flush.Do(j).Undoing(undo...))
	}
	steps = append(steps, itself.Stop...)
	steps = append(steps, swap.Do(j).Undoing(back.Do(j)))
	steps = append(steps, itself.Start...)
	steps = append(steps, loaded.Verify(j))
	steps = append(steps, users.Start...)
	return append(steps, settle.Do(j))
}

// written is when the data of the dump was what is in it.
func written(d dump, info Info) time.Time {
	if !info.Made.IsZero() && info.Made.Before(d.at()) { // a copy is no younger than what it is a copy of
		return info.Made
	}
	return d.at()
}

// facts are what the decision rests on. How many keys there are now is none of them: that is never the same for long.
func facts(d dump, info Info, v survey) []ops.Fact {
	life, aof := v.run, "no"
	if v.down {
		life = "does not answer"
	}
	if v.aof {
		aof = "yes"
	}
	return []ops.Fact{
		{Name: "dump", Value: d.path, Label: ops.T("the dump", "la sauvegarde")},
		{Name: "dump sha256", Value: info.SHA256, Label: ops.T("what is in the dump", "le contenu de la sauvegarde")},
		{Name: "dump written", Value: d.at().UTC().Format("2006-01-02 15:04:05.000000000"), Label: ops.T("when the dump was written", "la date de la sauvegarde")},
		{Name: "container", Value: v.id, Label: ops.T("container", "conteneur")},
		{Name: "life", Value: life, Label: ops.T("this life of the server", "cette vie du serveur")},
		{Name: "version", Value: v.version, Label: ops.T("version", "version")},
		{Name: "appendonly", Value: aof, Label: ops.T("append-only file", "fichier AOF")},
		{Name: "files", Value: v.dir + " " + v.file + " " + v.manifestName(), Label: ops.T("where its data is", "l’emplacement de ses données")},
	}
}

// costs say what is lost, for how long it is away, and what stays.
func (s *System) costs(d dump, info Info, v survey) (list []ops.Text) {
	age := ops.Since(written(d, info))
	switch {
	case v.down:
		list = append(list, ops.T("🟠 %s does not answer: its files are kept as they are, and cannot be saved anew first.", "🟠 %s ne répond pas : ses fichiers sont gardés tels quels, sans nouvel enregistrement avant.", s.name()))
	case info.Keys < 0:
		list = append(list, ops.T("You lose what was written since, %s ago. It holds %s now.", "Tu perds ce qui a été écrit depuis, il y a %s. Il contient %s en ce moment.", age, keyCount(v.total())))
	default:
		list = append(list, ops.T("%s now, %d in the dump. You lose what was written since, %s ago.", "%s en ce moment, %d dans la sauvegarde. Tu perds ce qui a été écrit depuis, il y a %s.", keyCount(v.total()), info.Keys-info.Expired, age))
	}
	if n := len(s.o.Users); n > 0 {
		list = append(list, ops.T("%s and %s are away meanwhile, some seconds.", "%s et %s sont absents pendant ce temps, quelques secondes.", s.name(),
			ops.Count{N: n, EnOne: "service that uses it", EnMany: "services that use it", FrOne: "service qui s’en sert", FrMany: "services qui s’en servent"}))
	} else {
		list = append(list, ops.T("%s is away meanwhile, some seconds. I was not told what uses it.", "%s est absent pendant ce temps, quelques secondes. On ne m’a pas dit ce qui s’en sert.", s.name()))
	}
	if v.aof {
		list = append(list, ops.T("Its append-only file is on: the dump becomes the base of a new one.", "Son fichier AOF est actif : la sauvegarde devient la base d’un nouveau."))
	}
	if v.limit > 0 && info.Memory > v.limit {
		list = append(list, ops.T("🟠 The dump took %s of memory when it was written, and the limit here is %s: some of it may not stay.", "🟠 Cette sauvegarde occupait %s de mémoire, et la limite ici est de %s : tout ne restera peut-être pas.", ops.Size(info.Memory), ops.Size(v.limit)))
	}
	if v.replicas > 0 {
		list = append(list, ops.T("Its replicas copy everything anew.", "Ses réplicas recopient tout."))
	}
	room := ops.T("%s of disk", "%s de disque", ops.Size(s.need(info, v)))
	if v.free >= 0 {
		room = ops.T("%s of %s free", "%s sur %s libres", ops.Size(s.need(info, v)), ops.Size(v.free))
	}
	return append(list, ops.T("Today’s data stays beside it: Undo takes seconds, for 24 h. It takes %s.", "Les données actuelles restent à côté : Annuler prend quelques secondes, pendant 24 h. Il faut %s.", room))
}
