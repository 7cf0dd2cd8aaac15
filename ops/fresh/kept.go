package fresh

import (
	"context"
	"encoding/json"
	"fmt"

	"vigie/ops"
)

// What is kept, by the beginning of its id.
const (
	fileKept  = "file/"
	beatKept  = "beat/"
	aliveKept = "alive"
)

// load reads what was kept under id into out, and leaves out as it is if nothing was.
func (s *System) load(ctx context.Context, id string, out any) error {
	if s.o.Kept == nil {
		return nil
	}
	body, err := s.o.Kept.Load(ctx, id)
	if err == nil && len(body) > 0 {
		err = json.Unmarshal(body, out)
	}
	return s.tires(ctx, "reading", id, err)
}

// keep writes state under id, as it is when its turn has come.
func (s *System) keep(ctx context.Context, id string, state func() any) error {
	if s.o.Kept == nil {
		return nil
	}
	s.saving.Lock()
	defer s.saving.Unlock()
	body, err := json.Marshal(state())
	if err == nil {
		err = s.o.Kept.Save(ctx, id, body)
	}
	return s.tires(ctx, "keeping", id, err)
}

// tires remembers the last failure of Kept, until something works again.
func (s *System) tires(ctx context.Context, doing, id string, err error) error {
	if err != nil {
		err = fmt.Errorf("%s %s: %w", doing, id, err)
	}
	if ctx.Err() == nil {
		s.mu.Lock()
		s.tired = err
		s.mu.Unlock()
	}
	return err
}

// recallFiles takes up what is kept of the files. What cannot be read is learnt again.
func (s *System) recallFiles(ctx context.Context) {
	for _, t := range s.targets {
		var m memory
		if err := s.load(ctx, fileKept+t.id, &m); err != nil {
			continue // watchBeats tells of it
		}
		s.mu.Lock()
		*s.known[t.id] = m
		s.mu.Unlock()
	}
}

func (s *System) keepFile(ctx context.Context, id string) {
	_ = s.keep(ctx, fileKept+id, func() any { // if it fails, watchBeats tells of it, and it is learnt again
		s.mu.Lock()
		defer s.mu.Unlock()
		return *s.known[id]
	})
}

// weary is that what must outlive a restart cannot be kept.
func (s *System) weary() []ops.Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tired == nil {
		return nil
	}
	return []ops.Trouble{{
		Subject: watchSubject, Kind: "kept", Severity: ops.Warning, Wait: keptWait, Quote: clipped(s.tired.Error(), 300),
		Title: ops.T("what I know of backups and heartbeats cannot be kept", "ce que je sais des sauvegardes et des battements ne peut pas être gardé"),
		Lines: []ops.Text{ops.T("it holds until I restart; then every heartbeat counts as new", "cela tient jusqu’à mon redémarrage ; ensuite chaque battement compte comme nouveau")},
	}}
}
