package commands

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vigie/llm"
	"vigie/ops"
)

// A Model reads words that are not plain, and evidence. What it may do is in its types: of a person's fresh words it makes asks, of
// what others wrote it makes words.
type Model interface {
	Understand(ctx context.Context, q llm.Question) (llm.Heard, error)
	Explain(ctx context.Context, k llm.Case, said func(string)) (llm.Explained, error)
}

// viaModel is the Via of what a person asked and a model read. Policies make a plan wait for a yes where it does not already.
const viaModel = "llm"

// modelLimit is how long a person waits for what a model makes of their words, its substitutes included.
const modelLimit = 45 * time.Second

// lookers are the ops that look and do nothing besides: what a model reads from a person's words is then simply shown, and while it
// explains, it may use them. An op that is not here is put before the person first.
var lookers = []string{
	"docker.status", "docker.ps", "docker.unhealthy", "docker.inspect", "docker.diagnose", "docker.logs", "docker.stats", "host.show", "alerts.list", "checks.list",
	"fresh.list", "bots.list", "litellm.costs", "litellm.budget", "litellm.parasites", "postgres.dumps", "redis.show", "restic.snapshots", "zerobyte.show", "backup.list", "loki.query", "grafana.show",
	"vigie.history", "vigie.pending", "vigie.help", "vigie.whoami",
}

// consult lets the model read words that the reader was not sure of, and does as if they had been plain. guesses are the reader's:
// they become buttons where the model is of no help. It reports whether it answered: not without a model, and not in a group, where
// people talk to each other.
func (d *Desk) consult(ctx context.Context, s Said, guesses []ops.Ask) bool {
	if d.Model == nil || !s.Private || s.Edited || s.Forwarded || s.Tap != "" || s.Text == "" {
		return false
	}
	d.screen(s.Place).Typing(s.Place)
	ctx, cancel := context.WithTimeout(ctx, modelLimit)
	defer cancel()
	heard, err := d.Model.Understand(ctx, llm.Question{Words: llm.FreshWords(s.Text), Tools: d.toolbox(ctx, s.Who, nil), Lang: s.Who.Lang})
	d.cost(ctx, s.Who, heard.Cost)
	if err != nil {
		d.broken(err)
		a := ops.Say(ops.T("⚪ I did not understand that, and %s.", "⚪ Je n’ai pas compris, et %s.", llm.SayOf(err)))
		d.guess(ctx, s, a, guesses)
		return true
	}
	if len(heard.Asks()) == 0 {
		a := ops.Say(ops.T("⚪ No command in that. A model says:", "⚪ Pas de commande là-dedans. Un modèle dit :"))
		a.Code(heard.Says, false)
		d.guess(ctx, s, a, guesses)
		return true
	}
	d.heardAsks(ctx, s, heard.Asks())
	return true
}

// heardAsks puts what a model read to the Gate, as the person's own ask. What is neither a look nor a plan that will be shown first is
// offered as a button: the tap is the person's.
func (d *Desk) heardAsks(ctx context.Context, s Said, asks []ops.Ask) {
	s.Who.Via, s.Who.OnBehalfOf = viaModel, s.Who.ID
	key := s.Key
	for i, ask := range asks {
		op, known := d.Gate.Op(ask.Op)
		switch {
		case known && (op.Risk > ops.Reads || slices.Contains(lookers, op.Name)):
			if i > 0 && key != "" {
				s.Key = fmt.Sprintf("%s+%d", key, i) // each is an ask of its own; see ops.Once
			}
			d.ask(ctx, s, ask, true)
		case known:
			d.guess(ctx, s, ops.Say(ops.T("Do you want this?", "Tu veux ça ?")), []ops.Ask{ask})
		}
	}
}

// asksOf are the asks of the buttons for what may have been meant.
func (d *Desk) asksOf(s Said, list []llm.Understood) (asks []ops.Ask) {
	for _, b := range d.buttons(s, list) {
		asks = append(asks, *b.Ask)
	}
	return asks
}

// guess shows an answer with guesses as buttons, or with where most people begin.
func (d *Desk) guess(ctx context.Context, s Said, a ops.Answer, guesses []ops.Ask) {
	row := d.starters()
	if len(guesses) > 0 {
		row = nil
		for _, g := range guesses[:min(len(guesses), 3)] {
			row = append(row, ops.Button{Label: ops.Raw(shorten(d.command(g), 40)), Ask: &g})
		}
	}
	a.Row(row...)
	d.show(ctx, s, a)
}

// ownNames are the sorts of names that the stack's own files and configuration give. Others are written by whoever makes a dump, a
// workflow or a pairing request, or come from another server: a model that may propose a change does not read them. It takes those
// from the person's words, and they are checked as typed ones are.
var ownNames = []string{"service", "phase", "host", "check", "unit", "restic", "remotion_composition", "command"}

// toolbox are the ops that a person may use (only those in list, if there is one), with the names of ours that exist now.
func (d *Desk) toolbox(ctx context.Context, who ops.Caller, list []string) llm.Toolbox {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	var tools []ops.Op
	names := map[string][]string{}
	for _, op := range d.Gate.Ops() {
		if op.Secret || !d.may(who, op) || list != nil && !slices.Contains(list, op.Name) {
			continue
		}
		tools = append(tools, op)
		for _, p := range op.Params {
			if _, asked := names[p.Names]; asked || !slices.Contains(ownNames, p.Names) {
				continue
			}
			choices, err := d.Gate.Choices(ctx, p.Names)
			names[p.Names] = nil // what cannot be listed now is an open set
			for _, c := range choices {
				if err == nil {
					names[p.Names] = append(names[p.Names], c.Value)
				}
			}
		}
	}
	return llm.NewToolbox(tools, names)
}

// cost journals what an answer came to.
func (d *Desk) cost(ctx context.Context, who ops.Caller, c llm.Cost) {
	if c.Model == "" {
		return
	}
	note := c.String()
	if d.Gate.Redact != nil {
		note = d.Gate.Redact(note)
	}
	e := ops.Entry{Time: time.Now().UTC().Truncate(time.Millisecond), Who: who.ID, Name: who.Name, Via: who.Via, What: ops.Note, Note: note}
	if _, err := d.Store.Append(context.WithoutCancel(ctx), e); err != nil { // paid, whoever has lost patience
		d.broken(fmt.Errorf("writing what a model cost to the journal: %w", err))
	}
}
