package docker

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// changes compares what is so with what was told, and takes it as told. news are first what is new or different, then what
// is over; now is all that is so, in these scenes.
func (l *lookout) changes(at time.Time) (news, now []ops.Trouble, scenes []scene) {
	now, scenes = l.judge(at)
	there := map[what]bool{}
	for i, t := range now {
		key := what{t.Subject, t.Kind}
		there[key] = true
		old, known := l.told[key]
		if known && t.At.Sub(old.At).Abs() < 5*time.Second { // the event's time and the engine's own differ a little
			t.At = old.At
			now[i].At = old.At
		}
		if !known || !same(old, t) {
			news = append(news, t)
		}
		l.told[key] = t
	}
	var over []ops.Trouble
	for key, old := range l.told {
		if there[key] {
			continue
		}
		delete(l.told, key)
		if old.Fades == 0 {
			over = append(over, l.overs(old, sceneOf(scenes, key.subject), at))
		}
	}
	slices.SortFunc(over, func(a, b ops.Trouble) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Kind, b.Kind))
	})
	return append(news, over...), now, scenes
}

// sceneOf is the one that a subject is about; the zero scene if there is none.
func sceneOf(scenes []scene, subject string) scene {
	_, name, _ := strings.Cut(subject, ":")
	if i := slices.IndexFunc(scenes, func(s scene) bool { return s.name == name }); i >= 0 && subject != aboutWatch {
		return scenes[i]
	}
	return scene{}
}

// same reports whether a and b tell the same.
func same(a, b ops.Trouble) bool {
	return a.At.Equal(b.At) && a.Severity == b.Severity && a.Title == b.Title && a.Quote == b.Quote && slices.Equal(a.Lines, b.Lines) &&
		slices.Equal(a.Needs, b.Needs) && slices.Equal(a.Locks, b.Locks) &&
		slices.EqualFunc(a.Offers, b.Offers, func(x, y ops.Button) bool { return x.Label == y.Label && x.Ask.Op == y.Ask.Op })
}
