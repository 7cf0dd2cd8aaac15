package docker

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"vigie/ops"
)

type pruneParams struct {
	What string `doc:"unused: also named images that no container uses" fr:"unused : aussi les images nommées qu’aucun conteneur n’utilise" choices:"unused" optional:"true"`
}

var _ = ops.Add(&set, ops.Spec{
	Name: "docker.prune", Command: "prune", Theme: themeStack, Risk: ops.Destructive, Examples: []string{"", "unused"},
	Doc: ops.T("Free disk: unnamed images and the build cache. Never volumes, containers, or images of the compose files.",
		"Libérer du disque : images sans nom et cache de construction. Jamais les volumes, les conteneurs, ni les images des fichiers compose."),
	Phrases: []ops.Text{
		ops.T("free disk space", "libère de la place"), ops.T("clean up docker", "nettoie docker"), ops.T("remove unused images", "supprime les images inutilisées"),
		ops.T("make room on the disk", "fais de la place sur le disque"), ops.T("clean up docker images", "fais le ménage dans les images docker"),
		ops.T("free some space", "libère de l’espace"),
	},
}, func(ctx context.Context, s *Stack, p pruneParams) (ops.Plan, error) {
	v, err := s.see(ctx)
	if err == nil {
		err = v.warn // a file that cannot be read may name images that must stay
	}
	if err != nil {
		return ops.Plan{}, err
	}
	disk, err := s.Host.Disk(ctx)
	if err != nil {
		return ops.Plan{}, err
	}
	w := s.waste(v, disk, p.What == "unused")
	if w.total() == 0 && len(w.loose)+len(w.named) == 0 {
		return ops.Plan{}, ops.Fail(ops.Invalid, ops.T("There is nothing to prune: no image and no build cache is left over.",
			"Il n’y a rien à nettoyer : ni image ni cache de construction en trop."), nil)
	}
	plan := ops.Plan{
		Title:  ops.T("Prune what Docker no longer needs, about %s", "Nettoyer ce qui ne sert plus à Docker, environ %s", ops.Size(w.total())),
		Target: cmp.Or(s.Project, "docker"), Locks: []string{"docker:images"}, Done: ops.T("pruned", "nettoyé"),
	}
	w.plan(&plan)
	here, err := s.here(ctx, w.needs)
	if err != nil {
		return ops.Plan{}, err
	}
	plan.Steps = append(plan.Steps, kept.Verify(keptArgs{here}))
	plan.Costs = append(plan.Costs, ops.T("Volumes (%s), containers and the images of the compose files stay. What goes cannot be brought back, only pulled or built again.",
		"Les volumes (%s), les conteneurs et les images des fichiers compose restent. Ce qui part ne revient pas : il faudrait le télécharger ou le reconstruire.", ops.Size(disk[Volumes].Size)))
	return plan, nil
})

// Waste is what a prune would remove.
type waste struct {
	needs        []string // references that stay, whatever uses them now
	loose, named []Image
	cache        Share
}

// waste sorts out what nothing needs: what the compose files name stays, and what going back to is still offered.
func (s *Stack) waste(v view, disk Disk, unused bool) waste {
	w := waste{cache: disk[BuildCache]}
	for _, r := range v.rows {
		ref := r.ref()
		if ref == "" && r.want != nil {
			ref = s.Project + "-" + r.want.Name
		}
		if ref != "" && !slices.Contains(w.needs, ref) {
			w.needs = append(w.needs, ref)
		}
	}
	w.loose = Unneeded(disk[Images].Left, w.needs)
	for _, i := range Unneeded(disk[AllImages].Left, w.needs) {
		if len(i.Tags) == 0 {
			continue // among the loose
		}
		if wanted, ours := wantedBack(i); !wanted && (unused || ours) {
			w.named = append(w.named, i)
		}
	}
	return w
}

// wantedBack reports whether an undo may still need i, and whether nothing but that ever named it.
func wantedBack(i Image) (wanted, ours bool) {
	ours = true
	for _, tag := range i.Tags {
		until, kept := keptUntil(tag)
		ours = ours && kept
		wanted = wanted || kept && time.Now().Before(until)
	}
	return wanted, ours
}

func (w waste) total() int64 { return sizeOf(w.loose) + sizeOf(w.named) + w.cache.Reclaimable }

func sizeOf(images []Image) (n int64) {
	for _, i := range images {
		n += i.Size
	}
	return n
}

// plan adds a step, a cost and a fact for each part that has something to go.
func (w waste) plan(p *ops.Plan) {
	for _, part := range []struct {
		part   Part
		images []Image
		say    func(n ops.Count, size ops.Size) ops.Text
	}{
		{Images, w.loose, func(n ops.Count, size ops.Size) ops.Text {
			return ops.T("%s without a name: %s", "%s sans nom : %s", n, size)
		}},
		{AllImages, w.named, func(n ops.Count, size ops.Size) ops.Text {
			return ops.T("%s that nothing uses: %s · %s", "%s que rien n’utilise : %s · %s", n, size, list(5, firstNames(w.named)...))
		}},
	} {
		if len(part.images) == 0 {
			continue
		}
		ids := make([]string, len(part.images))
		for i, img := range part.images {
			ids[i] = img.ID
		}
		slices.Sort(ids)
		p.Steps = append(p.Steps, prune.Do(pruneArgs{Part: part.part, Images: ids, Keep: w.needs}))
		p.Costs = append(p.Costs, part.say(imageCount(len(ids)), ops.Size(sizeOf(part.images))))
		shorts := make([]string, len(ids))
		for i, id := range ids {
			shorts[i] = short(id)
		}
		p.Facts = append(p.Facts, ops.Fact{Name: string(part.part), Value: strings.Join(shorts, " "), Label: ops.T("images that go", "images qui partent")})
	}
	p.Facts = append(p.Facts, ops.Fact{Name: "needed", Value: strconv.Itoa(len(w.needs)), Label: ops.T("images that stay", "images qui restent")})
	if w.cache.Reclaimable > 0 {
		p.Steps = append(p.Steps, prune.Do(pruneArgs{Part: BuildCache}))
		p.Costs = append(p.Costs, ops.T("build cache: %s; the next builds take longer", "cache de construction : %s ; les prochaines constructions seront plus longues", ops.Size(w.cache.Reclaimable)))
	}
}

func firstNames(images []Image) (names []string) {
	for _, i := range images {
		names = append(names, imageName(i))
	}
	return names
}

func imageCount(n int) ops.Count {
	return ops.Count{N: n, EnOne: "image", EnMany: "images", FrOne: "image", FrMany: "images"}
}

// here leaves out of refs what is not on this machine now.
func (s *Stack) here(ctx context.Context, refs []string) (here []string, _ error) {
	for _, ref := range refs {
		switch _, err := s.Host.Image(ctx, ref); {
		case err == nil:
			here = append(here, ref)
		case ops.KindOf(err) != ops.NotFound:
			return nil, err
		}
	}
	return here, nil
}

type pruneArgs struct {
	Part   Part     `json:"part"`
	Images []string `json:"images,omitempty"` // ids; no others go, whatever is unneeded by then
	Keep   []string `json:"keep,omitempty"`   // references that stay, even if one of Images bears them by then
}

var prune = ops.Declare(&set, "docker.prune", func(p pruneArgs) ops.Text {
	switch p.Part {
	case BuildCache:
		return ops.T("empty the build cache", "vider le cache de construction")
	case Images:
		return ops.T("remove %s without a name", "supprimer %s sans nom", imageCount(len(p.Images)))
	}
	return ops.T("remove %s that nothing uses", "supprimer %s que rien n’utilise", imageCount(len(p.Images)))
}, func(ctx context.Context, s *Stack, p pruneArgs) error {
	keep := p.Keep
	if p.Part != BuildCache {
		disk, err := s.Host.Disk(ctx)
		if err != nil {
			return err
		}
		for _, i := range disk[p.Part].Left {
			if wanted, _ := wantedBack(i); wanted || !slices.Contains(p.Images, i.ID) {
				keep = append(keep, i.ID)
			}
		}
	}
	freed, err := s.Host.Prune(ctx, p.Part, keep)
	if err == nil {
		ops.Progress(ctx, ops.T("%s freed", "%s libérés", ops.Size(freed)))
	}
	return err
})
