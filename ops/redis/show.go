package redis

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

type showParams struct{}

var _ = ops.Look(&set, ops.Spec{
	Name: "redis.show", Command: "redis", Theme: theme, Examples: []string{""},
	Doc: ops.T("What Redis holds, and whether it is safe on the disk.", "Ce que contient Redis, et si c’est à l’abri sur le disque."),
	Phrases: []ops.Text{
		ops.T("how is redis", "comment va redis"), ops.T("how many keys are in redis", "combien de clés dans redis"), ops.T("is redis saved", "redis est-il enregistré"),
		ops.T("keys in redis", "clés de redis"),
	},
}, func(ctx context.Context, s *System, _ showParams) (ops.Answer, error) {
	v, err := s.survey(ctx)
	if err != nil && v.version == "" {
		return ops.Answer{}, err
	}
	var a ops.Answer
	if v.down {
		a.Line(ops.T("%s %s does not answer", "%s %s ne répond pas", ops.Broken, s.name()))
	} else {
		a.Line(s.headline(v))
		s.describe(&a, v)
	}
	s.onDisk(ctx, &a, v, err)
	s.kept(ctx, &a, v)
	row := []ops.Button{}
	all := s.dumps()
	if len(all) > 0 {
		a.Line(ops.T("newest dump: %s, %s, %s ago", "dernière sauvegarde : %s, %s, il y a %s", ops.Name(all[0].name), ops.Size(all[0].size), ops.Since(all[0].at())))
		row = append(row, ops.AskFor(ops.T("Restore…", "Restaurer…"), "redis.restore", "dump", all[0].name))
	} else if len(s.o.Dumps) > 0 {
		a.Line(ops.T("%s no dump of it where I look for them", "%s aucune sauvegarde là où je les cherche", ops.AtRisk))
	}
	a.Row(append(row, ops.AskFor(ops.Raw("↻"), "redis.show"))...)
	return a, nil
})

// stale is how old the last save may be while something waits to be saved.
const stale = 24 * time.Hour

// headline is the state and the figures that matter.
func (s *System) headline(v survey) ops.Text {
	what := ops.T("%s, %s", "%s, %s", keyCount(v.total()), ops.Size(v.memory))
	switch {
	case v.loading:
		return ops.T("%s %s loads its data", "%s %s charge ses données", ops.Working, s.name())
	case !v.saveOK:
		return ops.T("%s %s cannot save: its last save failed · %s", "%s %s n’arrive pas à enregistrer : le dernier enregistrement a échoué · %s", ops.Broken, s.name(), what)
	case v.aof && !v.aofOK:
		return ops.T("%s %s cannot write its append-only file · %s", "%s %s n’arrive pas à écrire son fichier AOF · %s", ops.Broken, s.name(), what)
	case !v.aof && v.schedule == "":
		return ops.T("%s %s keeps nothing: it never saves by itself · %s", "%s %s ne garde rien : il n’enregistre jamais de lui-même · %s", ops.AtRisk, s.name(), what)
	case !v.aof && v.changes > 0 && time.Since(v.saved) > stale:
		return ops.T("%s %s saved last %s ago, with changes since · %s", "%s %s a enregistré il y a %s, avec des changements depuis · %s", ops.AtRisk, s.name(), ops.Since(v.saved), what)
	}
	return ops.T("%s %s holds %s · saved %s ago", "%s %s contient %s · enregistré il y a %s", ops.Fine, s.name(), what, ops.Since(v.saved))
}

func (s *System) describe(a *ops.Answer, v survey) {
	role := ops.T("master", "maître")
	if v.role == "slave" {
		role = ops.T("replica", "réplica")
	}
	a.Line(ops.T("Redis %s, %s, up %s · %s", "Redis %s, %s, en marche depuis %s · %s", ops.Name(v.version), role, ops.Since(v.started),
		ops.Count{N: int(max(v.clients-1, 0)), EnOne: "client", EnMany: "clients", FrOne: "client", FrMany: "clients"}))
	if v.limit > 0 {
		a.Line(ops.T("memory %s of %s (%d %%)", "mémoire %s sur %s (%d %%)", ops.Size(v.memory), ops.Size(v.limit), v.memory*100/v.limit))
	}
	if len(v.keys) > 1 || v.keys[0] != v.total() {
		var list []string
		for _, db := range slices.Sorted(maps.Keys(v.keys)) {
			list = append(list, fmt.Sprintf("db%d %d", db, v.keys[db]))
		}
		a.Line(ops.T("keys: %s", "clés : %s", strings.Join(list[:min(len(list), 8)], ", ")))
	}
	switch {
	case v.aof:
		a.Line(ops.T("append-only file on, %d changes since the last dump file", "fichier AOF actif, %d changements depuis le dernier fichier de sauvegarde", max(v.changes, 0)))
	case v.schedule != "":
		a.Line(ops.T("append-only file off, saves by itself (%s), %d changes since", "fichier AOF inactif, enregistre de lui-même (%s), %d changements depuis", ops.Name(v.schedule), max(v.changes, 0)))
	}
}

// onDisk tells of the files, or why they cannot be seen.
func (s *System) onDisk(ctx context.Context, a *ops.Answer, v survey, err error) {
	switch {
	case err != nil:
		a.Line(ops.T("its files: %s", "ses fichiers : %s", ops.SayOf(err)))
		return
	case v.dump.there():
		a.Line(ops.T("%s %s, %s ago", "%s %s, il y a %s", ops.Name(v.file), ops.Size(v.dump.Size), ops.Since(v.dump.Modified)))
	default:
		a.Line(ops.T("no %s on the disk yet", "pas encore de %s sur le disque", ops.Name(v.file)))
	}
	if v.aof {
		st := s.store(v.dir)
		defer st.close()
		if n, err := sizeOf(ctx, st, path.Dir(v.manifestName())); err == nil {
			a.Line(ops.T("%s %s", "%s %s", ops.Name(path.Dir(v.manifestName())), ops.Size(n)))
		}
	}
}
