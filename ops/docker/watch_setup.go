package docker

import (
	"time"

	"vigie/ops"
)

// setup is what is wrong with how the row is set up. It does no harm today.
func (s scene) setup() (list []ops.Trouble) {
	if s.is == off {
		return nil
	}
	name := ops.Name(s.name)
	add := func(kind string, severity ops.Severity, title ops.Text, lines ...ops.Text) {
		list = append(list, ops.Trouble{Subject: aboutSetup + s.name, Kind: kind, Severity: severity, At: s.firstTold(kind), Title: title, Lines: lines,
			Locks: []string{"container:" + s.container()}, Wait: waits[kind], Offers: s.offers(kind)})
	}
	if ref := s.l.imageInDoubt(s.row); ref != "" && s.l.noImage[ref] {
		add("image", ops.Warning, ops.T("the image of %s is not on this machine any more", "l’image de %s n’est plus sur cette machine", name),
			ops.T("%s: the next time it is made, it must be fetched or built first", "%s : pour le recréer, il faudra d’abord la télécharger ou la construire", ops.Name(clip(ref, 120))))
	}
	if s.k == nil {
		return list
	}
	if at := s.envWrittenAt(); !s.once() && s.running() && !s.k.Created.IsZero() && at.After(s.k.Created.Add(time.Second)) { // the list gives whole seconds
		add("stale-env", ops.Notice, ops.T("%s runs with an old env file", "%s tourne avec un ancien fichier env", name),
			ops.T("the file was written after its container was made: only a recreate applies it, a restart does not",
				"le fichier a été modifié après la création du conteneur : il faut le recréer, un redémarrage ne suffit pas"))
	}
	if s.k.weak && !s.once() {
		add("weak-check", ops.Notice, ops.T("the health check of %s cannot fail", "le test de santé de %s ne peut pas échouer", name),
			ops.T("%s says yes as long as the container runs: healthy proves nothing", "%s dit oui tant que le conteneur tourne : « en bonne santé » ne prouve rien", ops.Name(clip(testLine(s.k.detail.HealthTest), 80))))
	}
	return list
}

// envWrittenAt is when the newest of the row's env files was written, as of the last sweep.
func (s scene) envWrittenAt() (at time.Time) {
	files := s.k.detail.EnvFiles
	if s.want != nil {
		files = s.want.EnvFiles
	}
	for _, f := range files {
		if w := s.l.written[f]; w.After(at) {
			at = w
		}
	}
	return at
}

// memory is that it lacked memory. It may have lived on: the kernel takes the process that wants most, which need not be the first.
func (s scene) memory() ops.Trouble {
	k := s.k
	last := k.ooms[len(k.ooms)-1]
	name, limit := ops.Name(s.name), k.detail.Memory
	if limit == 0 && s.want != nil {
		limit = s.want.Memory
	}
	title := ops.T("%s out of memory", "%s à court de mémoire", name)
	if n := len(k.ooms); n > 1 {
		title = ops.T("%s out of memory %s in %s", "%s à court de mémoire %s en %s", name, times(n), wide(k.ooms))
	}
	if limit > 0 {
		title = ops.T("%s · limit %s", "%s · limite %s", title, ops.Size(limit))
	}
	t := ops.Trouble{Subject: aboutContainer + s.name, Kind: "oom", Severity: ops.Warning, At: k.ooms[0], Title: title, Fades: hunger,
		Locks: []string{"container:" + s.container()}, Offers: s.offers("oom")}
	switch d := k.ended.Sub(last); {
	case !k.ended.IsZero() && d > -time.Second && d < 5*time.Second:
		t.Lines = append(t.Lines, ops.T("its main process was killed, and the container with it", "son processus principal a été tué, et le conteneur avec lui"))
	case k.found.alive:
		t.Lines = append(t.Lines, ops.T("a process inside was killed; the container lives on", "un processus interne a été tué ; le conteneur continue"))
	}
	if k.found.alive {
		t.Lines = append(t.Lines, ops.T("after that: %s", "ensuite : %s", memoryText(k.found.usage.Memory, limit)))
	}
	if limit == 0 {
		t.Lines = append(t.Lines, ops.T("it has no limit: the machine itself ran out of memory", "il n’a pas de limite : c’est la machine qui a manqué de mémoire"))
	}
	if c := s.changed(last); !c.IsZero() {
		t.Lines = append(t.Lines, c)
	}
	return t
}
