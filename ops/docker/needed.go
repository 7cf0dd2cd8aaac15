package docker

import (
	"context"
	"errors"
	"slices"
	"time"

	"vigie/ops"
)

// A needed is an image that a service must have before it can be started.
type needed struct {
	row    row
	ref    string
	local  Image
	here   bool
	digest string // what the registry has, asked only where the image is not here
	err    error  // why it can be had neither way
}

// need finds out, without fetching anything, whether the image of each row is here or can be had.
func (s *Stack) need(ctx context.Context, rows []row) ([]needed, error) {
	var list []*needed
	for _, r := range rows {
		ref := r.ref()
		if ref == "" && r.want != nil {
			ref = s.Project + "-" + r.want.Name // what compose calls what it builds
		}
		if ref != "" && !slices.ContainsFunc(list, func(n *needed) bool { return n.ref == ref }) {
			list = append(list, &needed{row: r, ref: ref})
		}
	}
	each(ctx, time.Minute, 4, list, func(ctx context.Context, n *needed) { s.findImage(ctx, n) })
	found := make([]needed, len(list))
	for i, n := range list {
		found[i] = *n
	}
	return found, ctx.Err()
}

func (s *Stack) findImage(ctx context.Context, n *needed) {
	var err error
	if n.local, err = s.Host.Image(ctx, n.ref); err == nil {
		n.here = true
		return
	}
	if ops.KindOf(err) != ops.NotFound {
		n.err = err
		return
	}
	if w := n.row.want; w != nil && w.Build && w.Image == "" {
		n.err = ops.Fail(ops.NotFound, ops.T("it must be built first: docker compose build %s", "il faut d’abord la construire : docker compose build %s", w.Name), nil)
		return
	}
	n.digest, n.err = s.Host.Pullable(ctx, n.ref)
}

// ready turns what is needed into facts and the pulls that must come first, or says which images cannot be had.
func ready(list []needed) (facts []ops.Fact, pulls []ops.Step, _ error) {
	var missing []ops.Text
	var first error
	for _, n := range list {
		fact := ops.Fact{Name: "image " + n.ref, Value: short(n.local.ID), Label: ops.T("image %s", "image %s", ops.Name(n.ref))}
		switch {
		case n.err != nil:
			missing = append(missing, ops.T("%s (%s): %s", "%s (%s) : %s", ops.Name(n.row.name), ops.Name(n.ref), ops.SayOf(n.err)))
			first = errors.Join(first, n.err)
			continue
		case !n.here:
			fact.Value = "registry " + short(n.digest)
			pulls = append(pulls, pull.Do(pullArgs{Service: n.row.name, Ref: n.ref, Digest: n.digest}))
		}
		facts = append(facts, fact)
	}
	if len(missing) > 0 {
		return nil, nil, ops.Fail(ops.Unavailable, ops.Join("\n", append([]ops.Text{
			ops.T("Nothing was started: an image is neither here nor to be had.", "Rien n’a été démarré : une image n’est ni ici ni disponible."),
		}, missing[:min(len(missing), 5)]...)...), first)
	}
	return facts, pulls, nil
}

// compare asks, for each image of the rows, what is here and what the registry has, without fetching anything.
func (s *Stack) compare(ctx context.Context, rows []row) []needed {
	var list []*needed
	for _, r := range rows {
		if ref := r.ref(); ref != "" && !slices.ContainsFunc(list, func(n *needed) bool { return n.ref == ref }) {
			list = append(list, &needed{row: r, ref: ref})
		}
	}
	each(ctx, time.Minute, 4, list, func(ctx context.Context, n *needed) {
		var err error
		if n.local, err = s.Host.Image(ctx, n.ref); err == nil {
			n.here = true
		} else if ops.KindOf(err) != ops.NotFound {
			n.err = err
			return
		}
		n.digest, n.err = s.Host.Pullable(ctx, n.ref)
	})
	found := make([]needed, len(list))
	for i, n := range list {
		found[i] = *n
	}
	return found
}

// newest reports whether what is here is what the registry has.
func (n needed) newest() bool { return n.here && has(n.local, n.digest) }

func (n needed) facts() []ops.Fact {
	here := "none"
	if n.here {
		here = short(n.local.ID)
	}
	return []ops.Fact{
		{Name: "here " + n.ref, Value: here, Label: ops.T("image %s here", "image %s ici", ops.Name(n.ref))},
		{Name: "registry " + n.ref, Value: short(n.digest), Label: ops.T("image %s in the registry", "image %s dans le registre", ops.Name(n.ref))},
	}
}
