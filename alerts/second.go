package alerts

import (
	"context"
	"strings"
	"time"

	"vigie/ops"
)

const (
	secondAfter = 2 * time.Minute // unless the options say otherwise
	secondTries = 5
)

// second sends by the second way what the first one has not taken for too long: once for an incident.
func (b *book) second(l *Letter, now time.Time) {
	if b.e.o.Fallback == nil || l.Place != "" && !l.Anew || now.Sub(l.failing) < orElse(b.e.o.FallbackAfter, secondAfter) {
		return
	}
	var lines, ids []string
	for _, i := range b.members(l) {
		if i.live() && i.Second.IsZero() && i.severity().AtLeast(ops.Warning) {
			lines = append(lines, b.plainly(i, now))
			i.Second = now
			ids = append(ids, i.ID)
			b.changed(i)
		}
	}
	if len(lines) == 0 {
		return
	}
	e, text := b.e, strings.Join(lines, "\n\n")
	b.jobs = append(b.jobs, func(ctx context.Context) {
		if err := e.sendSecond(ctx, text); err != nil {
			e.broken(err)
			e.post(ctx, ask{do: func(b *book) { b.notSecond(ids) }})
		}
	})
}

func (e *Engine) sendSecond(ctx context.Context, text string) (err error) {
	for n := range secondTries {
		if err = e.o.Fallback.Send(ctx, text); err == nil || ctx.Err() != nil {
			return err
		}
		timer := time.NewTimer(time.Second << (2 * n))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
	return err
}

// notSecond takes back what the second way did not take: it is tried again with the next failure of the first.
func (b *book) notSecond(ids []string) {
	for _, id := range ids {
		if i := b.find(id); i != nil {
			i.Second = time.Time{}
			b.changed(i)
		}
	}
}

// plainly is an incident as plain text, in English: the second way knows no person.
func (b *book) plainly(i *Incident, now time.Time) string {
	a := b.one(i, now)
	var lines []string
	for _, block := range a.Blocks {
		if s := block.Line.En + block.Code; s != "" {
			lines = append(lines, ops.Unmark(s))
		}
	}
	return strings.Join(lines, "\n")
}

// reach tells the others that somebody cannot be reached, or can again. A chat that refuses is no passing trouble.
func (b *book) reach(r Recipient, err error, now time.Time) {
	t := ops.Trouble{Subject: "chat:" + r.Key, Kind: "refused", Severity: ops.Warning, At: now, Over: err == nil,
		Title: ops.T("%s cannot be told: the chat refuses my messages", "impossible de prévenir %s : la discussion refuse mes messages", ops.Name(r.Key)),
		Lines: []ops.Text{ops.T("they must open a chat with me and press Start, or the group must let me write", "il faut ouvrir une discussion avec moi et toucher Démarrer, ou que le groupe me laisse écrire")}}
	if err == nil {
		t.Title, t.Lines = ops.T("%s can be told again", "%s peut de nouveau être prévenu", ops.Name(r.Key)), nil
	}
	b.trouble("vigie", t, now)
}
