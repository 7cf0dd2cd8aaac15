package docker

import (
	"cmp"
	"encoding/json"
	"time"
)

// A was is how a container was when it was last seen: enough to tell what became of it unseen.
type was struct {
	ID       string    `json:"id"` // the first 12 letters; likewise below
	As       string    `json:"as"` // what its row is called
	Image    string    `json:"image,omitempty"`
	Ref      string    `json:"ref,omitempty"`
	Config   string    `json:"config,omitempty"`
	State    string    `json:"state"`
	Exit     int       `json:"exit,omitempty"`
	Health   string    `json:"health,omitempty"`
	Started  time.Time `json:"started,omitzero"`
	Restarts int       `json:"restarts,omitempty"`
	Asked    time.Time `json:"asked,omitzero"`   // when somebody asked it to end
	Unseen   bool      `json:"unseen,omitempty"` // it ended while nobody could see
	Gone     time.Time `json:"gone,omitzero"`    // when it was gone

	sick time.Time
}

// called is what its row is called, as far as is known without a view.
func (k *memo) called() string { return cmp.Or(k.row, k.Service, k.Name) }

func (k *memo) was() was {
	return was{ID: short(k.ID), As: k.called(), Image: short(k.ImageID), Ref: k.ref, Config: short(k.detail.ConfigHash), State: k.State,
		Exit: max(k.ExitCode, 0), Health: k.Health, Started: k.started, Restarts: k.restarts + k.uncounted, Asked: k.asked, Unseen: k.unseen, sick: k.sick}
}

// snapshot is how all containers are now, by name.
func (l *lookout) snapshot() map[string]was {
	if !l.looked {
		return l.before // nothing newer is known
	}
	all := make(map[string]was, len(l.boxes))
	for _, k := range l.boxes {
		all[k.Name] = k.was()
	}
	return all
}

// A markDoc is where the watch stands, as it is kept.
type markDoc struct {
	Seen   time.Time      `json:"seen"`            // when all was last seen, by the bot's clock
	Newest time.Time      `json:"newest,omitzero"` // the newest event, by the engine's clock
	Gone   bool           `json:"gone,omitempty"`  // the engine did not answer since
	Dark   [2]time.Time   `json:"dark,omitzero"`   // see [lookout]
	Boxes  map[string]was `json:"boxes,omitempty"` // by container name
	Past   map[string]was `json:"past,omitempty"`  // likewise: what is gone, and nothing has taken its place
}

// mark is where the watch stands: while it is blind, where it stood when it last saw.
func (l *lookout) mark(now time.Time) json.RawMessage {
	doc := markDoc{Seen: now, Newest: l.newest, Dark: l.dark, Past: l.past}
	if l.lost.IsZero() {
		doc.Boxes = l.snapshot()
	} else {
		doc.Seen, doc.Boxes, doc.Gone = l.lost, l.before, l.gone
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil // unreachable: strings, numbers and times of this century
	}
	return raw
}

// recall takes up where the last watch stood. A mark that does not read is none: then what was missed is not known.
func (l *lookout) recall(raw json.RawMessage) {
	var doc markDoc
	if json.Unmarshal(raw, &doc) != nil || doc.Seen.IsZero() {
		return
	}
	l.newest, l.before, l.lost, l.away, l.gone = doc.Newest, doc.Boxes, doc.Seen, true, doc.Gone
	l.dark = doc.Dark
	if l.newest.IsZero() {
		l.newest = doc.Seen
	}
	for name, w := range doc.Past {
		l.past[name] = w
	}
}
