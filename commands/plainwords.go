package commands

import (
	"context"
	"strings"
	"time"

	"vigie/llm"
	"vigie/ops"
)

// exact reads words without a slash that are a command all the same: its word first, and everything after it a value that
// exists. Whatever is less than that is read as a sentence.
func (d *Desk) exact(ctx context.Context, text string) (ops.Ask, bool) {
	words := strings.Fields(text)
	if len(words) == 0 || strings.ContainsAny(text, "?\n") {
		return ops.Ask{}, false
	}
	first := strings.ToLower(words[0])
	op, ok := d.Gate.Op(first)
	if !ok || op.Command != first {
		if op, ok = d.Gate.Op(aliases[plain(first)]); !ok {
			return ops.Ask{}, false
		}
	}
	op, rest := d.joined(op, words[1:])
	ask, err := fillWords(op, rest)
	if err != nil {
		return ops.Ask{}, false
	}
	for _, p := range op.Params {
		value := ask.Args[p.Name]
		switch {
		case value == "":
		case p.Names != "":
			choices, err := d.Gate.Choices(ctx, p.Names)
			if err != nil {
				return ops.Ask{}, false
			}
			if _, mended, err := match(p, value, choices); mended || ops.KindOf(err) == ops.NotFound {
				return ops.Ask{}, false
			}
		case p.Type == "text" && len(p.Choices) == 0: // anything would do: «logs n8n and restart it»
			return ops.Ask{}, false
		}
	}
	return ask, true
}

// sentence reads plain words, and does what they ask for, one after the other.
func (d *Desk) sentence(ctx context.Context, s Said, text string) {
	if why, no := forbiddenIn(text); no {
		d.problem(ctx, s, ops.Ask{}, ops.Fail(ops.Denied, ops.T("Never: %s.", "Jamais : %s.", why), nil))
		return
	}
	if ask, ok := d.exact(ctx, text); ok {
		d.ask(ctx, s, ask, false)
		return
	}
	r := d.understand(ctx, s, text)
	switch r.Kind {
	case llm.Asks:
		key := s.Key
		for i, u := range r.Asks {
			if i > 0 && key != "" { // each is an ask of its own; see ops.Once
				s.Key = key + "+" + string(rune('0'+i))
			}
			d.carry(ctx, s, u)
		}
	case llm.Unsure:
		if !d.consult(ctx, s, d.asksOf(s, r.Maybe)) {
			d.unsure(ctx, s, r.Maybe)
		}
	case llm.Declined: // no model is asked: it might find a request where there is none
		if s.Private {
			a := ops.Say(ops.T("⚪ Nothing is changed: I did not take that for something you want done.", "⚪ Rien n’est modifié : je n’ai pas pris ça pour une demande."))
			a.Row(d.buttons(s, r.Maybe)...)
			d.show(ctx, s, a)
		}
	default:
		if r.Names { // «and its logs?» would else be answered for what was spoken of before
			d.hush(s)
		}
		d.outside(ctx, s, text)
	}
}

func forbiddenIn(text string) (ops.Text, bool) {
	for _, w := range strings.Fields(text) {
		if why, no := ops.Forbidden(w); no {
			return why, true
		}
	}
	return ops.Text{}, false
}

func (d *Desk) understand(ctx context.Context, s Said, text string) llm.Reading {
	reader, names := d.knows(ctx)
	now := time.Now().UTC()
	if d.Zone != nil {
		now = now.In(d.Zone)
	}
	return reader.Read(text, names, now, d.talkOf(s))
}

// carry asks for what was understood. What changes something and was partly guessed is only asked for if it is shown
// before it is made; else it is a button.
func (d *Desk) carry(ctx context.Context, s Said, u llm.Understood) {
	op, _ := d.Gate.Op(u.Op)
	if u.Guessed && (op.Risk > ops.Reads || op.Acts) {
		ask, _, err := d.complete(ctx, s, u.Ask)
		if err == nil {
			v, err := d.Gate.Foresee(ctx, s.Who, ask)
			if err == nil && v.Demand == ops.Allow {
				d.unsure(ctx, s, []llm.Understood{{Ask: ask}})
				return
			}
		}
	}
	d.ask(ctx, s, u.Ask, true)
}

// unsure offers what may have been meant, as far as this person may have it.
func (d *Desk) unsure(ctx context.Context, s Said, list []llm.Understood) {
	row := d.buttons(s, list)
	if len(row) == 0 {
		d.outside(ctx, s, "")
		return
	}
	var choices []ops.Ask
	for _, b := range row {
		choices = append(choices, *b.Ask)
	}
	d.spoke(s, choices[0], choices)
	a := ops.Say(ops.T("I am not sure that I understood. Is it this?", "Je ne suis pas sûr d’avoir compris. C’est ça ?"))
	if len(row) > 1 {
		a = ops.Say(ops.T("I am not sure which you mean:", "Je ne sais pas bien ce que tu veux :"))
	}
	a.Row(row...)
	d.show(ctx, s, a)
}

func (d *Desk) buttons(s Said, list []llm.Understood) (row []ops.Button) {
	for _, u := range list {
		op, ok := d.Gate.Op(u.Op)
		if !ok || d.Gate.Judge(s.Who, op.Spec).Demand == ops.Deny || op.Acts && !s.Who.Role.AtLeast(ops.Operator) && !strings.HasPrefix(op.Name, "vigie.") {
			continue
		}
		ask := ops.Ask{Op: u.Op, Args: u.Args}
		row = append(row, ops.Button{Label: ops.Raw(d.command(ask)), Ask: &ask})
	}
	return row
}

// outside answers what is not about anything that can be done here. People in a group talk to each other: they get silence.
func (d *Desk) outside(ctx context.Context, s Said, text string) {
	if !s.Private {
		return
	}
	if ask, _, err := d.read(ctx, s, text); err == nil { // a mistyped command; what changes something is not guessed from it
		if op, _ := d.Gate.Op(ask.Op); op.Risk == ops.Reads && !op.Acts {
			d.ask(ctx, s, ask, true)
			return
		}
	}
	if text != "" && d.consult(ctx, s, nil) {
		return
	}
	d.say(ctx, s, ops.T("⚪ I do not understand that as something I can do. People often begin here; /help has it all.",
		"⚪ Je ne vois là rien que je sache faire. On commence souvent par là ; /help dit tout."), d.starters()...)
}
