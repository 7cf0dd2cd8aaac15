package fresh

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"vigie/ops"
)

// A row is one line of the answer.
type row struct {
	id   string
	mark string
	says ops.Text
	more []ops.Text // shown if it was asked for alone
}

func order(mark string) int {
	return slices.Index([]string{ops.Broken, ops.AtRisk, ops.Off, ops.Working, ops.Fine}, mark)
}

func (r row) needs() bool { return r.mark == ops.Broken || r.mark == ops.AtRisk }

// rows looks at what goes by name, or at everything.
func (s *System) rows(ctx context.Context, name string) (rows []row, err error) {
	var targets []target
	for _, t := range s.targets {
		if name == "" || name == t.id || name == t.rule.Name {
			targets = append(targets, t)
		}
	}
	found := s.look(ctx, targets)
	if err := ctx.Err(); err != nil {
		return nil, ops.Fail(ops.Unavailable, ops.T("looking at the files took too long", "regarder les fichiers a pris trop de temps"), err)
	}
	at := now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range targets {
		m := *s.known[t.id]
		if t.rule.Band > 0 {
			m.learn(found[t.id].matches, t.rule.AtLeast, at) // on a copy: only the watcher remembers
		}
		rows = append(rows, judge(t, found[t.id], m, at).row(m))
	}
	for i := range s.o.Beats {
		if b := &s.o.Beats[i]; name == "" || name == b.Name {
			rows = append(rows, s.beat(b.Name).row(b, at))
		}
	}
	if s.o.Pulse.URL != nil && name == "" {
		rows = append(rows, s.pulsed.row())
	}
	return rows, nil
}

func (f finding) row(m memory) row {
	r := row{id: f.id, mark: ops.Fine}
	if len(f.matches) > 0 {
		newest := f.matches[0]
		r.says = ops.T("%s %s, %s ago", "%s %s, il y a %s", ops.Name(f.id), ops.Size(newest.size), coarse(max(0, now().Sub(newest.at))))
		r.more = append(r.more, ops.Raw(fmt.Sprint(ops.Name(newest.path))))
		if n := len(f.matches); n > 1 {
			r.more = append(r.more, ops.T("%d files match, the oldest %s old", "%d fichiers correspondent, le plus ancien date de %s", n, coarse(now().Sub(f.matches[n-1].at))))
		}
		switch {
		case f.growing:
			r.mark, r.says = ops.Working, ops.T("%s · being written", "%s · en cours d’écriture", r.says)
		case f.whole:
			r.more = append(r.more, ops.T("read to its end: whole", "lu jusqu’au bout : entier"))
		case (f.rule.Format != "" || f.rule.Inside != "") && !m.Read.of(newest, f.rule):
			r.says = ops.T("%s · not read yet", "%s · pas encore lu", r.says)
		}
	}
	if len(f.wrongs) > 0 {
		r.mark = f.rule.Severity.Mark()
		var says []ops.Text
		var more []ops.Text
		for _, w := range f.wrongs {
			says, more = append(says, w.title), append(more, w.lines...)
		}
		r.says, r.more = ops.Join(" · ", says...), append(more, r.more...)
	}
	if r.mark == ops.Off { // a notice is not off on purpose
		r.mark = ops.AtRisk
	}
	return r
}

func (h *heard) row(b *Beat, at time.Time) row {
	r := row{id: b.Name, mark: ops.Fine}
	switch {
	case h.Runs == 0 && !h.known:
		r.mark, r.says = ops.Off, ops.T("%s: what I knew of it is not read yet", "%s : ce que j’en savais n’est pas encore lu", ops.Name(b.Name))
		return r
	case h.Last.IsZero():
		r.mark, r.says = ops.Off, ops.T("%s: no heartbeat yet, expected within %s", "%s : pas encore de battement, attendu d’ici %s", ops.Name(b.Name), ops.Span(max(0, h.due(b).Sub(at)).Truncate(1e9)))
	default:
		r.says = ops.T("%s beat %s ago", "%s a battu il y a %s", ops.Name(b.Name), coarse(at.Sub(h.Last)))
	}
	r.more = append(r.more, ops.T("expected every %s, with %s of grace · %d so far", "intervalle attendu : %s, tolérance %s · %d jusqu’ici", ops.Span(b.Every), ops.Span(b.Grace), h.Runs))
	if h.Msg != "" {
		r.more = append(r.more, ops.T("it said: %s", "il a dit : %s", clipped(h.Msg, 200)))
	}
	var says []ops.Text
	for _, t := range h.troubles(b, at) {
		if r.mark != ops.Broken {
			r.mark = cmp.Or(map[ops.Severity]string{ops.Critical: ops.Broken}[t.Severity], ops.AtRisk)
		}
		says, r.more = append(says, t.Title), append(r.more, t.Lines...)
	}
	if len(says) > 0 {
		r.says = ops.Join(" · ", says...)
	}
	return r
}

func (p *pulsed) row() row {
	switch {
	case p.kind != "":
		return row{mark: ops.AtRisk, says: p.troubles()[0].Title}
	case p.last.IsZero():
		return row{mark: ops.Off, says: ops.T("my own heartbeat has not been sent yet", "mon propre battement n’est pas encore parti")}
	}
	return row{mark: ops.Fine, says: ops.T("my own heartbeat arrived %s ago", "mon propre battement est arrivé il y a %s", coarse(now().Sub(p.last)))}
}
