package docker

import (
	"time"

	"vigie/ops"
)

// A scene is one row with what is known of its container.
type scene struct {
	row
	l   *lookout
	v   *view
	k   *memo // nil where there is no container
	now time.Time
}

func (l *lookout) scenes(v view, now time.Time) []scene {
	list := make([]scene, len(v.rows))
	for i, r := range v.rows {
		list[i] = scene{row: r, l: l, v: &v, now: now}
		if r.box != nil {
			list[i].k = l.boxes[r.box.ID]
		}
	}
	return list
}

// judge gives all that is wrong now, and the scenes that it judged by. The caller holds mu.
func (l *lookout) judge(now time.Time) (list []ops.Trouble, scenes []scene) {
	scenes = l.scenes(l.view(), now)
	for _, s := range scenes {
		if s.k != nil && s.k.unsure {
			list = append(list, l.stands(s.name)...)
			continue
		}
		if kind := s.kind(); kind != "" {
			list = append(list, s.trouble(kind))
		}
		if s.hungry() {
			list = append(list, s.memory())
		}
		list = append(list, s.setup()...)
	}
	return append(list, l.ownTroubles()...), scenes
}

// stands are the troubles of a row as they were told.
func (l *lookout) stands(name string) (list []ops.Trouble) {
	for key, t := range l.told {
		if key.subject == aboutContainer+name || key.subject == aboutSetup+name {
			list = append(list, t)
		}
	}
	return list
}

// trouble is what is wrong with the state of the row's container.
func (s scene) trouble(kind string) ops.Trouble {
	t := ops.Trouble{Subject: aboutContainer + s.name, Kind: kind, Severity: s.grave(kind), At: s.since(kind), Locks: []string{"container:" + s.container()},
		Wait: waits[kind], Calm: calms[kind], Offers: s.offers(kind)}
	if t.At.IsZero() {
		t.At = s.firstTold(kind)
	}
	t.Title = s.title(kind)
	t.Lines = s.lines(kind, t.At)
	if s.k != nil && s.k.found.kind == kind {
		t.Quote = s.k.found.quote
	}
	if kind != "paused" && kind != "stopped" { // those are somebody's doing
		for _, n := range s.v.needs(s.row) {
			t.Needs = append(t.Needs, aboutContainer+n.name)
		}
		if s.want == nil && s.k != nil {
			for _, n := range s.k.detail.DependsOn {
				t.Needs = append(t.Needs, aboutContainer+n)
			}
		}
	}
	return t
}

// firstTold is when it was first said to be so: now, if it was not.
func (s scene) firstTold(kind string) time.Time {
	for _, about := range []string{aboutContainer, aboutSetup} {
		if t, ok := s.l.told[what{about + s.name, kind}]; ok {
			return t.At
		}
	}
	return s.now
}
