package docker

import (
	"context"
	"regexp"
	"slices"

	"vigie/ops"
)

// Compose makes a container anew in five calls: create one under a name of its own, «<12 hex>_<name>», then stop, remove,
// rename, start. Ended in between, it leaves that one behind, and the next time takes it for a second one of the service:
// it cannot give it the name, or it keeps it and removes the one that runs.

var ownNameOf = regexp.MustCompile(`^[0-9a-f]{12}_(.+)$`)

// halfMade reports whether c was made to take another one's place, was never started, and the other is still there.
// Once the other is gone it is all that the service has: then Compose goes on with it, and it must stay.
func halfMade(c Container, all []Container) bool {
	m := ownNameOf.FindStringSubmatch(c.Name)
	if m == nil || c.State != "created" || c.Replaces == "" {
		return false
	}
	return slices.ContainsFunc(all, func(o Container) bool {
		return o.ID != c.ID && o.Name == m[1] && o.Project == c.Project && o.Service == c.Service
	})
}

// tidy removes what an interrupted Compose left half made of these services, before it is asked for the same again. The
// volumes stay: they are those of the container that runs.
func (s *Stack) tidy(ctx context.Context, members []member) error {
	all, err := s.Host.List(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		ours := c.Project == s.Project && slices.ContainsFunc(members, func(m member) bool { return m.Service == c.Service })
		if !ours || !halfMade(c, all) {
			continue
		}
		ops.Progress(ctx, ops.T("removing %s, left half made", "je retire %s, resté à moitié fait", ops.Name(c.Name)))
		if err := s.Host.Discard(ctx, c.ID); err != nil && ops.KindOf(err) != ops.NotFound {
			return err
		}
	}
	return nil
}
