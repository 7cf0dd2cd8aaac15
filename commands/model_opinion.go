package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vigie/llm"
	"vigie/ops"
)

const (
	opinionLimit = 90 * time.Second
	opinionPace  = time.Second // between two versions of a message: the screen merges what comes faster than its transport takes
)

// secondOpinion lets the model read what a diagnosis rests on, and writes its words under the answer as they come. The answer itself
// stays as the rules made it, and so do its buttons: whatever the model says after reading what others wrote, it offers nothing.
func (d *Desk) secondOpinion(ctx context.Context, s Said, message ops.Place, ask ops.Ask, a ops.Answer) {
	if d.Model == nil || ask.Op != "docker.diagnose" || nothingWrong(a) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), opinionLimit)
	d.work.Add(1)
	go func() { // waited for in Close, ended by it or by opinionLimit
		defer d.work.Done()
		defer cancel()
		d.work.Go(func() { // ends with ctx, which ends with this opinion
			select {
			case <-d.ending():
				cancel()
			case <-ctx.Done():
			}
		})
		d.opine(ctx, s, message, ask, a)
	}()
}

// nothingWrong reports whether the rules found nothing that needs anybody: then there is nothing to pay an opinion for.
func nothingWrong(a ops.Answer) bool {
	if len(a.Blocks) == 0 {
		return true
	}
	first := a.Blocks[0].Line.En
	return strings.HasPrefix(first, ops.Fine) || strings.HasPrefix(first, ops.Off)
}

func (d *Desk) opine(ctx context.Context, s Said, message ops.Place, ask ops.Ask, a ops.Answer) {
	screen := d.screen(message)
	under := func(line ops.Text, words string) ops.Answer {
		b := a
		b.Blocks = append(append([]ops.Block(nil), a.Blocks...), ops.Block{Line: line})
		b.Code(words, false)
		return b
	}
	reading := ops.T("⏳ a model reads that too", "⏳ un modèle le lit aussi")
	screen.Update(message, s.Who.Lang, under(reading, ""))
	var shown time.Time
	got, err := d.Model.Explain(ctx, d.caseOf(ctx, s.Who, ask, a), func(words string) {
		if time.Since(shown) >= opinionPace {
			shown = time.Now()
			screen.Update(message, s.Who.Lang, under(reading, ops.Clean(words)))
		}
	})
	d.cost(ctx, s.Who, got.Cost)
	end := under(ops.T("A model, on the same evidence:", "Un modèle, sur les mêmes éléments :"), got.Says)
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			d.broken(fmt.Errorf("a second opinion on %s: %w", d.command(ask), err))
		}
		end = under(ops.T("⚪ no second opinion: %s", "⚪ pas de second avis : %s", llm.SayOf(err)), "")
	}
	screen.Update(message, s.Who.Lang, end)
}

// caseOf brings together what the model is given: the rules' answer, the log, and what surrounds the service.
func (d *Desk) caseOf(ctx context.Context, who ops.Caller, ask ops.Ask, a ops.Answer) llm.Case {
	service := ask.Args["service"]
	who.Via, who.OnBehalfOf = viaModel, who.ID
	k := llm.Case{Subject: service, Lang: who.Lang, Verdict: ops.Looked{Answer: a}.Words(6 << 10), Tools: d.toolbox(ctx, who, lookers),
		Look: func(ctx context.Context, ask ops.Ask) (llm.Evidence, error) { return d.evidence(ctx, who, ask) }}
	for _, look := range []ops.Ask{{Op: "docker.inspect", Args: ops.Args{"service": service}}, {Op: "docker.logs", Args: ops.Args{"service": service, "lines": "60"}}} {
		if e, err := d.evidence(ctx, who, look); err == nil {
			k.Evidence = append(k.Evidence, e)
		}
	}
	for _, l := range d.lookAround(ctx, who, []string{service}) {
		if l.Err == nil {
			k.Evidence = append(k.Evidence, llm.Evidence{Source: d.command(l.Ask), Text: l.Words(4 << 10)})
		}
	}
	return k
}

// lookLimit is how long one look of a model may take.
const lookLimit = 15 * time.Second

// evidence looks for a model: only with what only looks.
func (d *Desk) evidence(ctx context.Context, who ops.Caller, ask ops.Ask) (llm.Evidence, error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	op, ok := d.Gate.Op(ask.Op)
	if !ok || op.Risk > ops.Reads {
		return llm.Evidence{}, ops.Fail(ops.Denied, ops.T("a model may only look", "un modèle ne peut que regarder"), nil)
	}
	ask, _, err := d.complete(ctx, Said{Who: who}, ask)
	if err != nil {
		return llm.Evidence{}, err
	}
	delete(ask.Args, "show") // a log that is followed never ends
	a, _, err := d.Gate.Ask(ctx, who, ask, "")
	if err != nil {
		return llm.Evidence{}, err
	}
	return llm.Evidence{Source: d.command(ask), Text: ops.Looked{Answer: *a}.Words(6 << 10)}, nil
}
