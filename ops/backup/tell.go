package backup

import (
	"maps"
	"slices"

	"vigie/ops"
)

// Subjects begin with these.
const (
	subject      = "backup:"
	watchSubject = "watch:backup"
)

// troubles makes one trouble of each thing that is wrong.
func (s *System) troubles(found []finding) (list []ops.Trouble) {
	for _, f := range found {
		for _, w := range f.wrongs {
			t := ops.Trouble{Subject: subject + f.name, Kind: w.kind, Severity: w.grave, At: w.at, Title: w.title, Wait: w.wait, Locks: []string{"backup:files"},
				Offers: []ops.Button{ops.AskFor(ops.T("Show %s", "Voir %s", f.name), "backup.list", "what", f.name)}}
			for _, l := range w.lines {
				if !l.IsZero() {
					t.Lines = append(t.Lines, l)
				}
			}
			switch {
			case w.kind == rehearsal:
				t.Offers = append(t.Offers, ops.AskFor(ops.T("Rehearse it again", "Réessayer"), "backup.rehearse", "what", f.name))
			case f.everSaved && s.savesOwn():
				t.Offers = append(t.Offers, ops.AskFor(ops.T("Back up %s", "Sauvegarder %s", f.name), "backup.now", "what", f.name))
			case s.o.Script != nil:
				t.Offers = append(t.Offers, ops.AskFor(ops.T("Run the backup script", "Lancer le script de sauvegarde"), "backup.now", "what", byScript))
			}
			list = append(list, t)
		}
	}
	return list
}

// blindTroubles are what cannot be looked at, or kept.
func (s *System) blindTroubles(v view) (list []ops.Trouble) {
	for _, kind := range slices.Sorted(maps.Keys(v.blind)) {
		list = append(list, ops.Trouble{Subject: watchSubject, Kind: "blind:" + kind, Severity: ops.Warning, Wait: every + every/2, Title: blindness(kind, v.blind[kind])})
	}
	if v.lost != nil {
		list = append(list, ops.Trouble{Subject: watchSubject, Kind: "disk", Severity: ops.Warning, Quote: clipped(v.lost.Error(), 300),
			Title: ops.T("the folders of the backups cannot be looked at", "impossible de regarder les dossiers des sauvegardes")})
	}
	if m := s.missed(v); m != nil {
		list = append(list, s.missedTrouble(m))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tired != nil {
		list = append(list, ops.Trouble{Subject: watchSubject, Kind: "kept", Severity: ops.Warning, Wait: every / 2, Quote: clipped(s.tired.Error(), 300),
			Title: ops.T("what I know of backups cannot be kept", "ce que je sais des sauvegardes ne peut pas être gardé"),
			Lines: []ops.Text{ops.T("it holds until I restart; then everything is read and rehearsed anew", "cela tient jusqu’à mon redémarrage ; ensuite tout est relu et réessayé")}})
	}
	return list
}

// A teller remembers what it told, so that the end of a trouble has words of its own.
type teller struct{ told map[string]ops.Trouble }

// sightings are that list is all there is on artefacts, and blind all there is on the watching itself.
func (t *teller) sightings(list, blind []ops.Trouble, found []finding) []ops.Sighting {
	all := map[string]ops.Trouble{}
	for _, x := range append(slices.Clone(list), blind...) {
		all[x.Subject+" "+x.Kind] = x
	}
	for _, key := range slices.Sorted(maps.Keys(t.told)) {
		x := t.told[key]
		if _, still := all[key]; still || x.Subject == watchSubject {
			continue
		}
		list = append(list, ops.Trouble{Subject: x.Subject, Kind: x.Kind, Over: true, Severity: x.Severity, Title: over(x, found)})
	}
	t.told = all
	return []ops.Sighting{{Troubles: list, Whole: subject}, {Troubles: blind, Whole: watchSubject}}
}

// over says how it is now with what a trouble was about.
func over(x ops.Trouble, found []finding) ops.Text {
	name := x.Subject[len(subject):]
	at := slices.IndexFunc(found, func(f finding) bool { return f.name == name })
	switch {
	case at < 0:
		return ops.T("%s no longer needs a backup", "%s n’a plus besoin de sauvegarde", ops.Name(name))
	case x.Kind == rehearsal && found[at].m.Proved.good():
		p := found[at].m.Proved
		return ops.T("%s is proved restorable: %s", "%s est prouvé restaurable : %s", ops.Name(name), ops.Join(" · ", ops.T("%s", "%s", ops.Span(p.Took.Truncate(1e8))), p.Says))
	case found[at].there:
		c := found[at].newest
		return ops.T("%s has a good backup: %s", "%s a une bonne sauvegarde : %s", ops.Name(name), ops.Size(c.size))
	}
	return ops.T("%s: that is over", "%s : c’est fini", ops.Name(name))
}
