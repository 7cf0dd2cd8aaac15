package docker

import (
	"strings"
	"time"

	"vigie/ops"
)

const (
	remade    = 30 * time.Minute // a trouble so soon after its container was made points at what it was made from
	stirredAt = 5 * time.Minute  // likewise after something that it needs was started anew
)

// changed says what changed shortly before at.
func (s scene) changed(at time.Time) ops.Text {
	k := s.k
	d := at.Sub(k.Created)
	if k.Created.IsZero() || d > remade || d < -time.Minute {
		return ops.Text{}
	}
	before := ops.Span(max(d, 0).Truncate(time.Second))
	p, now := k.prev, k.was()
	switch {
	case p == nil:
		return ops.T("its container was made %s before", "son conteneur avait été créé %s avant", before)
	case p.Ref != "" && now.Ref != "" && p.Ref != now.Ref:
		from, to := versions(p.Ref, now.Ref)
		return ops.T("right after its image changed (%s → %s), %s before", "juste après un changement d’image (%s → %s), %s avant", from, to, before)
	case p.Image != "" && now.Image != "" && p.Image != now.Image:
		return ops.T("right after its image changed (%s → %s), %s before", "juste après un changement d’image (%s → %s), %s avant", p.Image, now.Image, before)
	case p.Config != "" && now.Config != "" && p.Config != now.Config:
		return ops.T("right after its settings changed, %s before", "juste après un changement de réglages, %s avant", before)
	}
	return ops.T("right after it was made anew, %s before", "juste après avoir été recréé, %s avant", before)
}

// versions are two image references as people tell them apart: by their tags, if that is all that differs.
func versions(from, to string) (ops.Name, ops.Name) {
	at, bt := strings.LastIndexByte(from, ':'), strings.LastIndexByte(to, ':')
	if at > 0 && bt > 0 && from[:at] == to[:bt] && !strings.Contains(from[at:]+to[bt:], "/") {
		return ops.Name(clip(from[at+1:], 60)), ops.Name(clip(to[bt+1:], 60))
	}
	return ops.Name(clip(from, 60)), ops.Name(clip(to, 60))
}

// stirredNeed names something that it needs and that was started anew shortly before at.
func (s scene) stirredNeed(at time.Time) ops.Text {
	for _, n := range s.v.needs(s.row) {
		if n.box == nil || n.once() {
			continue
		}
		if k := s.l.boxes[n.box.ID]; k != nil && !k.started.IsZero() && at.Sub(k.started) < stirredAt && k.started.Before(at) && s.k.started.Before(k.started) {
			return ops.T("%s, which it needs, was started anew %s before", "%s, dont il a besoin, avait été relancé %s avant",
				ops.Name(n.name), ops.Span(at.Sub(k.started).Truncate(time.Second)))
		}
	}
	return ops.Text{}
}
