package backup

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"vigie/ops"
)

// stateKept is the id of all that is kept: under 1 kB an artefact.
const stateKept = "state"

// known is what outlives a restart. All of it can be learnt again, but for when it was learnt.
type known struct {
	Live      []string          `json:"live,omitempty"` // what there was when it could last be asked
	Artefacts map[string]memory `json:"artefacts,omitempty"`
	Round     time.Time         `json:"round,omitzero"` // when everything was last rehearsed
	Night     time.Time         `json:"night,omitzero"` // when everything was last to be saved
	Missed    *Missed           `json:"missed,omitempty"`
	Script    *Ran              `json:"script,omitempty"`
	Smoke     *Tested           `json:"smoke,omitempty"`
	Attempt   string            `json:"attempt,omitempty"` // names the restore of everything that is planned next
}

// A memory is what is known of one artefact.
type memory struct {
	First  time.Time `json:"first,omitzero"`  // when it was first wanted
	Read   look      `json:"read,omitzero"`   // the newest copy that was read to its end
	Tried  look      `json:"tried,omitzero"`  // the last rehearsal, whatever came of it
	Proved look      `json:"proved,omitzero"` // the last rehearsal that proved something
}

// A look is what came of reading or rehearsing one copy.
type look struct {
	Key    string        `json:"key,omitempty"` // of the copy, see clone
	Path   string        `json:"path,omitempty"`
	At     time.Time     `json:"at,omitzero"` // when it ended
	Took   time.Duration `json:"took,omitempty"`
	Says   ops.Text      `json:"says,omitzero"`
	Why    ops.Text      `json:"why,omitzero"`     // why it is not good; empty if it is
	Unsure bool          `json:"unsure,omitempty"` // Why says nothing of the copy: something else was in the way
}

func (l look) good() bool { return l.Key != "" && l.Why.IsZero() }

// condemns reports whether the file at path was found to be no good.
func (l look) condemns(path string) bool { return l.Path == path && !l.Why.IsZero() && !l.Unsure }

// recall takes up what is kept, the first time that it can be read. What is not kept is learnt again. Called with saving held.
func (s *System) recall(ctx context.Context) {
	if s.loaded || s.o.Kept == nil {
		return
	}
	var k known
	body, err := s.o.Kept.Load(ctx, stateKept)
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, &k)
	}
	if s.tires(ctx, "reading", err); err != nil {
		return
	}
	s.loaded = true
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.Artefacts == nil {
		k.Artefacts = map[string]memory{}
	}
	maps.Copy(k.Artefacts, s.known.Artefacts) // what was learnt meanwhile is newer
	k.Script, k.Smoke = cmp.Or(s.known.Script, k.Script), cmp.Or(s.known.Smoke, k.Smoke)
	k.Attempt = cmp.Or(s.known.Attempt, k.Attempt)
	s.known = k
}

// note changes what is known, and keeps it if that made a difference. What was kept is never overwritten unread.
func (s *System) note(ctx context.Context, change func(*known)) {
	s.saving.Lock()
	defer s.saving.Unlock()
	s.recall(ctx)
	s.mu.Lock()
	old, _ := json.Marshal(s.known) // plain data
	change(&s.known)
	body, err := json.Marshal(s.known)
	s.mu.Unlock()
	if !s.loaded || err == nil && string(old) == string(body) {
		return
	}
	if err == nil {
		err = s.o.Kept.Save(context.WithoutCancel(ctx), stateKept, body)
	}
	s.tires(ctx, "keeping", err)
}

// remember changes what is known of one artefact.
func (s *System) remember(ctx context.Context, artefact string, change func(*memory)) {
	s.note(ctx, func(k *known) {
		m := k.Artefacts[artefact]
		change(&m)
		k.Artefacts[artefact] = m
	})
}

// memories is a copy of what is known of each artefact.
func (s *System) memories() map[string]memory {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.known.Artefacts)
}

// tires remembers the last failure of Kept, until something works again.
func (s *System) tires(ctx context.Context, doing string, err error) {
	if err != nil {
		err = fmt.Errorf("%s what is known of backups: %w", doing, err)
	}
	if ctx.Err() == nil {
		s.mu.Lock()
		s.tired = err
		s.mu.Unlock()
	}
}

// settle remembers what a look at everything tells: what is live, and since when each artefact is wanted. What is neither
// wanted nor on the disk any more is forgotten.
func (s *System) settle(ctx context.Context, v view) {
	s.note(ctx, func(k *known) {
		if len(v.blind) == 0 {
			k.Live = slices.Clone(v.wanted)
		}
		for _, name := range v.wanted {
			if m := k.Artefacts[name]; m.First.IsZero() {
				m.First = v.at.UTC()
				k.Artefacts[name] = m
			}
		}
		maps.DeleteFunc(k.Artefacts, func(name string, _ memory) bool {
			return v.lost == nil && len(v.blind) == 0 && len(v.copies[name]) == 0 && !slices.Contains(v.wanted, name)
		})
	})
}
