package docker

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/build"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"

	"vigie/ops"
)

// diskLimit is long: the engine walks every volume.
const diskLimit = 3 * time.Minute

// Disk implements [Host].
func (e *Engine) Disk(ctx context.Context) (Disk, error) {
	u, err := e.usage(ctx)
	if err != nil {
		return nil, err
	}
	d := Disk{Images: {}, AllImages: {}, Containers: {}, Volumes: {}, BuildCache: {}}
	for part := range d {
		s := Share{}
		switch part {
		case Images, AllImages:
			s = imageShare(u, part)
		case Containers:
			for _, c := range u.Containers {
				s.add(c.SizeRw, c.State != "running" && c.State != "paused" && c.State != "restarting")
			}
		case Volumes:
			for _, v := range u.Volumes {
				if v.UsageData != nil {
					s.add(max(v.UsageData.Size, 0), v.UsageData.RefCount == 0)
				} else {
					s.Count++
				}
			}
		case BuildCache:
			for _, b := range u.BuildCache {
				if !b.Shared {
					s.add(b.Size, !b.InUse)
				}
			}
		}
		d[part] = s
	}
	return d, nil
}

func (s *Share) add(size int64, unused bool) {
	s.Count, s.Size = s.Count+1, s.Size+size
	if unused {
		s.Reclaimable += size
	}
}

func imageShare(u types.DiskUsage, part Part) Share {
	s := Share{Count: len(u.Images), Size: u.LayersSize}
	used := map[string]bool{}
	for _, c := range u.Containers {
		used[c.ImageID] = true
	}
	for _, i := range u.Images {
		if i == nil || used[i.ID] || i.Containers > 0 || part == Images && len(realTags(i.RepoTags)) > 0 {
			continue
		}
		left := Image{ID: i.ID, Tags: realTags(i.RepoTags), Digests: i.RepoDigests, Created: time.Unix(i.Created, 0), Size: i.Size - max(i.SharedSize, 0)}
		s.Left = append(s.Left, left)
	}
	slices.SortFunc(s.Left, func(a, b Image) int { return cmp.Compare(b.Size, a.Size) })
	for _, i := range s.Left {
		s.Items = append(s.Items, imageName(i))
		s.Reclaimable += i.Size
	}
	return s
}

// realTags leaves out what engines say instead of none.
func realTags(tags []string) []string {
	return slices.DeleteFunc(slices.Clone(tags), func(t string) bool { return t == "<none>:<none>" })
}

func imageName(i Image) string {
	if len(i.Tags) > 0 {
		return i.Tags[0]
	}
	id := strings.TrimPrefix(i.ID, "sha256:")
	return id[:min(12, len(id))]
}

func (e *Engine) usage(ctx context.Context) (types.DiskUsage, error) {
	c := call{doing: doDisk, needs: "SYSTEM=1", limit: diskLimit}
	return ask(ctx, e, c, func(ctx context.Context, api *client.Client) (types.DiskUsage, error) {
		return api.DiskUsage(ctx, types.DiskUsageOptions{})
	})
}

// Unneeded leaves out of images those that keep names: by reference, digest or id.
func Unneeded(images []Image, keep []string) []Image {
	needed := map[string]bool{}
	for _, k := range keep {
		needed[k] = true
		if named, err := reference.ParseNormalizedNamed(k); err == nil {
			needed[reference.TagNameOnly(named).String()] = true
		}
	}
	names := func(ref string) bool {
		if needed[ref] {
			return true
		}
		named, err := reference.ParseNormalizedNamed(ref)
		return err == nil && needed[named.String()]
	}
	return slices.DeleteFunc(slices.Clone(images), func(i Image) bool {
		return needed[i.ID] || slices.ContainsFunc(i.Tags, names) || slices.ContainsFunc(i.Digests, names)
	})
}

// Prune implements [Host]. Images go one by one and never by force, so that one that came into use meanwhile stays.
// It never touches containers and volumes.
func (e *Engine) Prune(ctx context.Context, part Part, keep []string) (int64, error) {
	switch part {
	case Images, AllImages:
		return e.pruneImages(ctx, part, keep)
	case BuildCache:
		c := call{doing: doCache, needs: "POST=1 BUILD=1", changes: true}
		return ask(ctx, e, c, func(ctx context.Context, api *client.Client) (int64, error) {
			r, err := api.BuildCachePrune(ctx, build.CachePruneOptions{})
			if err != nil {
				return 0, err
			}
			return int64(r.SpaceReclaimed), nil
		})
	}
	return 0, neverPruned(part)
}

// neverPruned refuses a part that is only shown.
func neverPruned(part Part) error {
	return ops.Fail(ops.Invalid, ops.T("I never prune %s: they may hold the only copy of something.",
		"Je ne purge jamais %s : c’est peut-être la seule copie de quelque chose.", ops.Name(string(part))), nil)
}

func (e *Engine) pruneImages(ctx context.Context, part Part, keep []string) (int64, error) {
	before, err := e.usage(ctx)
	if err != nil {
		return 0, err
	}
	removed := 0
	for _, i := range Unneeded(imageShare(before, part).Left, keep) {
		refs := []string{i.ID}
		if len(i.Tags) > 1 {
			refs = i.Tags // an id with several names goes by force only
		}
		for _, ref := range refs {
			gone, err := e.removeImage(ctx, ref)
			if err != nil {
				return 0, err
			}
			if gone {
				removed++
			}
		}
	}
	if removed == 0 {
		return 0, nil
	}
	after, err := e.usage(ctx)
	if err != nil {
		return 0, err
	}
	return max(0, before.LayersSize-after.LayersSize), nil
}

// removeImage reports false for an image that is in use by now, or gone already.
func (e *Engine) removeImage(ctx context.Context, ref string) (bool, error) {
	c := call{doing: doRemove, needs: "POST=1 IMAGES=1", what: imageNoun, object: ref, changes: true}
	_, err := ask(ctx, e, c, func(ctx context.Context, api *client.Client) (bool, error) {
		_, err := api.ImageRemove(ctx, ref, image.RemoveOptions{PruneChildren: true})
		return true, err
	})
	if ops.KindOf(err) == ops.NotFound || errdefs.IsConflict(err) {
		return false, nil
	}
	return err == nil, err
}
