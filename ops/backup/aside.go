package backup

import (
	"context"
	"maps"
	"slices"
	"time"

	"vigie/ops"
)

// aside is what else is to know beside the artefacts: what could not be asked, what is unfinished, and what is off-site.
func (s *System) aside(ctx context.Context, v view) (list []ops.Text) {
	for _, kind := range slices.Sorted(maps.Keys(v.blind)) {
		list = append(list, ops.T("🟠 %s", "🟠 %s", blindness(kind, v.blind[kind])))
	}
	for _, f := range v.folders {
		switch {
		case f.finished && !f.wrong.IsZero():
			list = append(list, ops.T("🔴 backup %s is damaged: %s", "🔴 la sauvegarde %s est abîmée : %s", ops.Name(f.stamp), f.wrong))
		case !f.finished:
			list = append(list, ops.T("🟠 backup %s is unfinished, %s: nothing in it counts", "🟠 la sauvegarde %s n’est pas finie, %s : rien n’y compte", ops.Name(f.stamp), f.reach()))
		}
	}
	if n := len(v.folders); n > 0 && v.folders[0].finished && len(v.folders[0].Missing) > 0 {
		f := v.folders[0]
		list = append(list, ops.T("🟠 the newest backup of mine is partial: %s", "🟠 ma dernière sauvegarde est partielle : %s", f.missing(2)))
	}
	return append(list, s.offsite(ctx, v.at)...)
}

// reach is how far an unfinished backup came.
func (f folder) reach() ops.Text {
	if !f.wrong.IsZero() {
		return f.wrong
	}
	return ops.T("%s of it saved", "%s sauvegardés", ops.Size(f.size()))
}

// missing says what is not in a partial backup, and why.
func (f folder) missing(most int) ops.Text {
	var whys []ops.Text
	for _, m := range f.Missing[:min(most, len(f.Missing))] {
		whys = append(whys, ops.T("%s (%s)", "%s (%s)", ops.Name(m.Artefact), m.Why))
	}
	if more := len(f.Missing) - most; more > 0 {
		whys = append(whys, ops.T("and %d more", "et %d de plus", more))
	}
	return ops.Join(", ", whys...)
}

func blindness(kind string, err error) ops.Text {
	if kind == liveness {
		return ops.T("what is live cannot be asked, so what nobody backs up cannot be seen: %s", "impossible de demander ce qui est vivant, donc de voir ce que personne ne sauvegarde : %s", short(ops.SayOf(err)))
	}
	return ops.T("%s cannot be asked what there is to save: %s", "impossible de demander à %s ce qu’il y a à sauvegarder : %s", ops.Name(kind), short(ops.SayOf(err)))
}

// offsiteLimit is how long all off-site places together may take to answer a person.
const offsiteLimit = 10 * time.Second

// offsite is one line for each place away from here.
func (s *System) offsite(ctx context.Context, at time.Time) (list []ops.Text) {
	ctx, cancel := context.WithTimeout(ctx, offsiteLimit)
	defer cancel()
	for _, o := range s.o.Offsite {
		c, err := o.Look(ctx)
		switch {
		case err != nil:
			list = append(list, ops.T("🟠 off-site %s cannot be asked: %s", "🟠 hors site, impossible d’interroger %s : %s", ops.Name(o.Name), short(ops.SayOf(err))))
		case c.At.IsZero():
			list = append(list, ops.T("🟠 off-site %s holds nothing yet", "🟠 hors site, %s ne contient encore rien", ops.Name(o.Name)))
		case !c.Bad.IsZero():
			list = append(list, ops.T("🟠 off-site %s, %s ago: %s", "🟠 hors site %s, il y a %s : %s", ops.Name(o.Name), coarse(at.Sub(c.At)), short(c.Bad)))
		case at.Sub(c.At) > s.o.Newer:
			list = append(list, ops.T("🟠 off-site %s is %s old", "🟠 hors site, %s date de %s", ops.Name(o.Name), coarse(at.Sub(c.At))))
		default:
			list = append(list, ops.Join(" · ", ops.T("🟢 off-site %s, %s ago", "🟢 hors site %s, il y a %s", ops.Name(o.Name), coarse(at.Sub(c.At))), short(c.Says)))
		}
	}
	return list
}
