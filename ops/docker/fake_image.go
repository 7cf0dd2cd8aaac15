package docker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/distribution/reference"

	"vigie/ops"
)

const fakeImageSize = 100e6

// haveImage makes b's image exist, as it must have when its container was made, and ties the container to it.
func (f *Fake) haveImage(b *box) {
	i := f.imageOf(b.image)
	if i == nil {
		i = f.addImage(b.image, fakeID("image "+b.image), fakeImageSize)
	}
	if b.exists && (b.Image != b.image || b.ImageID == "") {
		b.Image, b.ImageID = b.image, i.ID
	}
}

func (f *Fake) addImage(ref, hash string, size int64) *fakeImage {
	i := &fakeImage{Image: Image{ID: "sha256:" + hash, Created: time.Now().Add(-30 * 24 * time.Hour), Size: size}}
	if ref != "" {
		i.Tags = []string{ref}
		i.Digests = []string{repository(ref) + "@sha256:" + fakeID("digest "+hash)}
	}
	f.images = append(f.images, i)
	return i
}

func repository(ref string) string {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return plainName(ref)
	}
	return reference.FamiliarName(named)
}

// imageOf finds an image as the engine does: by id, reference or digest.
func (f *Fake) imageOf(ref string) *fakeImage {
	for _, i := range f.images {
		if i.ID == ref || len(Unneeded([]Image{i.Image}, []string{ref})) == 0 {
			return i
		}
	}
	return nil
}

// declareImage reads «image REF size=900M» and «image ID dangling».
func (f *Fake) declareImage(ref string, words []string) error {
	size, tag := int64(fakeImageSize), ref
	for _, w := range words {
		var err error
		switch {
		case w == "dangling":
			tag = ""
		case len(w) > 5 && w[:5] == "size=":
			size, err = parseSize(w[5:])
		default:
			err = fmt.Errorf("I do not know the word %q of an image", w)
		}
		if err != nil {
			return err
		}
	}
	if tag != "" && f.imageOf(tag) != nil { // an image of the world's containers is told its size
		f.imageOf(tag).Size = size
		return nil
	}
	f.addImage(tag, fakeID("image "+ref), size)
	return nil
}

// Image implements [Host].
func (f *Fake) Image(ctx context.Context, ref string) (Image, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter(ctx, call{doing: doImage, needs: "IMAGES=1"}, "image"); err != nil {
		return Image{}, err
	}
	if i := f.imageOf(ref); i != nil {
		return i.copy(), nil
	}
	return Image{}, noImage(ref)
}

func (i *fakeImage) copy() Image {
	c := i.Image
	c.Tags, c.Digests = slices.Clone(i.Tags), slices.Clone(i.Digests)
	return c
}

func noImage(ref string) error {
	return ops.Fail(ops.NotFound, ops.T("There is no %s %s.", "Il n’y a pas %s %s.", imageNoun, ops.Name(ref)), nil)
}

// offered is what the registry has under ref: what it was told to have, else what is here.
func (f *Fake) offered(ref string, c call) (*release, error) {
	r, told := f.registry[ref]
	i := f.imageOf(ref)
	if !told && i != nil && len(i.Digests) > 0 {
		_, digest, _ := strings.Cut(i.Digests[0], "@")
		return &release{id: i.ID, digest: digest, exits: -1}, nil
	}
	if r == nil {
		return nil, registryError(c, "manifest unknown", fmt.Errorf("%s: manifest for %s not found: manifest unknown", c.doing, ref))
	}
	return r, nil
}

// Pullable implements [Host].
func (f *Fake) Pullable(ctx context.Context, ref string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := call{doing: doPullable, needs: "DISTRIBUTION=1", object: ref}
	if err := f.enter(ctx, c, "pullable"); err != nil {
		return "", err
	}
	r, err := f.offered(ref, c)
	if err != nil {
		return "", err
	}
	return r.digest, nil
}

// Pull implements [Host].
func (f *Fake) Pull(ctx context.Context, ref string, progress func(done, total int64)) (string, error) {
	c := call{doing: doPull, needs: "POST=1 IMAGES=1", object: ref, changes: true}
	f.mu.Lock()
	err := f.enter(ctx, c, "pull")
	var r *release
	if err == nil {
		f.calls = append(f.calls, "pull "+ref)
		r, err = f.offered(ref, c)
	}
	f.mu.Unlock()
	if err != nil {
		return "", err
	}
	lost, err := f.befall(ctx, c, "pull")
	if err != nil {
		return "", err
	}
	for part := range int64(3) {
		if !pause(ctx, fakePull/3) {
			return "", (&Engine{}).explain(c, &wire{sent: true}, ctx.Err())
		}
		if progress != nil {
			progress((part+1)*fakeImageSize/3, fakeImageSize)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.imageOf(r.id)
	if i == nil {
		i = f.addImage("", r.id[len("sha256:"):], fakeImageSize)
		i.Digests = []string{repository(ref) + "@" + r.digest}
		i.Created = time.Now()
	}
	f.name(i, ref)
	return i.ID, lost
}

// name moves ref to i; the image that had it may be left with no name.
func (f *Fake) name(i *fakeImage, ref string) {
	for _, other := range f.images {
		other.Tags = slices.DeleteFunc(other.Tags, func(t string) bool { return t == ref })
	}
	i.Tags = append(i.Tags, ref)
}

// Tag implements [Host].
func (f *Fake) Tag(ctx context.Context, id, ref string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter(ctx, call{doing: doTag, needs: "POST=1 IMAGES=1"}, "tag"); err != nil {
		return err
	}
	f.calls = append(f.calls, "tag "+imageName(Image{ID: id})+" "+ref)
	i := f.imageOf(id)
	if i == nil {
		return noImage(id)
	}
	f.name(i, ref)
	return nil
}

// Discard implements [Host]. The fake's Compose leaves nothing half made.
func (f *Fake) Discard(ctx context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter(ctx, call{doing: doDiscard, needs: "POST=1 CONTAINERS=1"}, "discard"); err != nil {
		return err
	}
	b := f.find(id)
	if b == nil {
		return noContainer(id)
	}
	if b.now().State != "created" {
		return ops.Fail(ops.Denied, ops.T("%s was started once; I do not remove it.", "%s a déjà démarré ; je ne le retire pas.", ops.Name(b.Name)), nil)
	}
	f.calls = append(f.calls, "discard "+b.Name)
	f.announce(false)
	b.exists = false
	f.announce(true)
	return nil
}

// Disk implements [Host].
func (f *Fake) Disk(ctx context.Context) (Disk, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter(ctx, call{doing: doDisk, needs: "SYSTEM=1"}, "disk"); err != nil {
		return nil, err
	}
	all, loose := f.share(AllImages), f.share(Images)
	return Disk{AllImages: all, Images: loose, BuildCache: {Count: min(1, int(f.cache)), Size: f.cache, Reclaimable: f.cache},
		Containers: {Count: len(f.boxes)}, Volumes: {}}, nil
}

func (f *Fake) share(part Part) (s Share) {
	for _, i := range f.images {
		s.Count, s.Size = s.Count+1, s.Size+i.Size
		used := slices.ContainsFunc(f.boxes, func(b *box) bool { return b.exists && b.ImageID == i.ID })
		if used || part == Images && len(i.Tags) > 0 {
			continue
		}
		s.Left, s.Items, s.Reclaimable = append(s.Left, i.copy()), append(s.Items, imageName(i.Image)), s.Reclaimable+i.Size
	}
	return s
}

// Prune implements [Host].
func (f *Fake) Prune(ctx context.Context, part Part, keep []string) (freed int64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.enter(ctx, call{doing: doRemove, needs: "POST=1 IMAGES=1"}, "prune"); err != nil {
		return 0, err
	}
	f.calls = append(f.calls, "prune "+string(part))
	switch part {
	case BuildCache:
		freed, f.cache = f.cache, 0
		return freed, nil
	case Images, AllImages:
		for _, gone := range Unneeded(f.share(part).Left, keep) {
			freed += gone.Size
			f.images = slices.DeleteFunc(f.images, func(i *fakeImage) bool { return i.ID == gone.ID })
		}
		return freed, nil
	}
	return 0, neverPruned(part)
}
