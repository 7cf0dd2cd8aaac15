package fresh

import (
	"context"
	"errors"
	"time"

	"vigie/ops"
)

// each is how often files are looked at. A look costs a listing of each folder and a stat of each match.
const each = time.Minute

// watchFiles tells of all files after each look. What is inside a file is read beside that, one file at a time.
func (s *System) watchFiles(ctx context.Context, tell func(ops.Sighting)) {
	s.recallFiles(ctx)
	told := teller{prefix: fileSubject}
	ticks := time.NewTicker(each)
	defer ticks.Stop()
	var busy <-chan readout
	for {
		found := s.look(ctx, s.targets)
		if ctx.Err() == nil {
			list := s.note(ctx, found)
			tell(told.sighting(troubles(list), mended(list)))
			if next, ok := s.unread(list); ok && busy == nil {
				done := make(chan readout, 1)
				go func() { done <- s.open(ctx, next) }() // waited for below: busy
				busy = done
			}
		}
		select {
		case <-ctx.Done():
			if busy != nil {
				select { // it stops at its next read; only a dead mount holds it longer
				case <-busy:
				case <-time.After(time.Second):
				}
			}
			return
		case r := <-busy:
			busy = nil
			s.learnt(ctx, r)
		case <-ticks.C:
		}
	}
}

// note judges what was found, and remembers what later looks need.
func (s *System) note(ctx context.Context, found map[string]sight) (list []finding) {
	at := now()
	var changed []string
	s.mu.Lock()
	for _, t := range s.targets {
		seen, m := found[t.id], s.known[t.id]
		learnt := t.rule.Band > 0 && m.learn(seen.matches, t.rule.AtLeast, at)
		if len(seen.matches) > 0 && seen.mount != m.Mount {
			m.Mount, learnt = seen.mount, true
		}
		f := judge(t, seen, *m, at)
		m.hold(f.wrongs, at)
		for i, w := range f.wrongs {
			if w.at.IsZero() {
				f.wrongs[i].at = m.since[w.kind]
			}
		}
		if list = append(list, f); learnt {
			changed = append(changed, t.id)
		}
	}
	s.mu.Unlock()
	for _, id := range changed {
		s.keepFile(ctx, id)
	}
	return list
}

// hold remembers what is wrong, and since when.
func (m *memory) hold(wrongs []wrong, at time.Time) {
	since := map[string]time.Time{}
	m.held = nil
	for _, w := range wrongs {
		since[w.kind] = at
		if before, ok := m.since[w.kind]; ok {
			since[w.kind] = before
		}
		if w.kind != unreadable && w.kind != missing {
			m.held = append(m.held, w)
		}
	}
	m.since = since
}

// unread is a file whose content is asked for and has not been read as it is now.
func (s *System) unread(list []finding) (finding, bool) {
	at := now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range list {
		if f.rule.Format == "" && f.rule.Inside == "" || len(f.matches) == 0 || f.growing {
			continue
		}
		if m := s.known[f.id]; f.matches[0].size > 0 && !m.Read.of(f.matches[0], f.rule) && at.After(m.rest) {
			return f, true
		}
	}
	return finding{}, false
}

// A readout is what came of reading one file.
type readout struct {
	target
	reading
	took time.Duration
	err  error
}

func (s *System) open(ctx context.Context, f finding) readout {
	m, began := f.matches[0], time.Now()
	why, err := s.read(ctx, m, f.rule)
	if after, failed := s.on(f.rule).Stat(m.path); err == nil && (failed != nil || after.Size() != m.size || !after.ModTime().Equal(m.at)) {
		err = errChanged
	}
	return readout{f.target, reading{m.path, m.size, m.at, f.rule.Format, f.rule.Inside, why}, time.Since(began), err}
}

var errChanged = errors.New("the file changed while it was read")

func (s *System) learnt(ctx context.Context, r readout) {
	s.mu.Lock()
	m := s.known[r.id]
	m.rest = now().Add(max(resting(r.took), each/2))
	m.refused = nil
	if r.err == nil {
		m.Read = r.reading
	} else if !errors.Is(r.err, errChanged) && ctx.Err() == nil {
		m.refused = r.err
	}
	s.mu.Unlock()
	if r.err == nil {
		s.keepFile(ctx, r.id)
	}
}
