package commands

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/llm"
	"vigie/ops"
)

func asError(err error, e **ops.Error) bool { return errors.As(err, e) }

var sixDigits = regexp.MustCompile(`\b(\d{3}) ?(\d{3})\b`)

// typed takes words that answer a question: the target's name or a one-time code for a plan that waits, or the
// value that a form asked for. It reports whether they were that.
func (d *Desk) typed(ctx context.Context, s Said, text string) bool {
	if strings.HasPrefix(text, "/") {
		d.forget(s)
		return false
	}
	if d.confirmed(ctx, s, text) {
		return true
	}
	d.mu.Lock()
	f, ok := d.forms[d.chatter(s)]
	d.mu.Unlock()
	if !ok || time.Now().After(f.until) || f.ask.Op == "" {
		return false
	}
	d.forget(s)
	if first, _, _ := strings.Cut(text, " "); d.isCommand(first) {
		return false // somebody changed their mind
	}
	value := text
	if d.awaited(f).Names != "" {
		value = bare(text)
	}
	if len(strings.Fields(value)) > 2 && (d.takesOneWord(f) || d.understand(ctx, s, text).Kind != llm.Outside) {
		return false // a sentence, and no value
	}
	if !d.mayBe(ctx, f, value) && slices.Contains([]llm.Kind{llm.Asks, llm.Unsure}, d.understand(ctx, s, text).Kind) {
		return false // «whats broken» is no service, and means something
	}
	args := ops.Args{}
	for k, v := range f.ask.Args {
		args[k] = v
	}
	args[f.param] = value
	d.ask(ctx, s, ops.Ask{Op: f.ask.Op, Args: args}, false)
	return true
}

// takesOneWord reports whether the value that a form waits for is a name, a code or the like, and no sentence.
func (d *Desk) takesOneWord(f form) bool {
	p := d.awaited(f)
	return p.Name != "" && !p.Rest
}

func (d *Desk) awaited(f form) ops.Param {
	op, _ := d.Gate.Op(f.ask.Op)
	if at := slices.IndexFunc(op.Params, func(p ops.Param) bool { return p.Name == f.param }); at >= 0 {
		return op.Params[at]
	}
	return ops.Param{}
}

// mayBe reports whether a word may be the value that a form waits for: nothing else is known, or something is called so, or nearly.
func (d *Desk) mayBe(ctx context.Context, f form, value string) bool {
	p := d.awaited(f)
	if p.Names == "" {
		return true
	}
	choices, err := d.Gate.Choices(ctx, p.Names)
	if err != nil {
		return true // who asks then says why
	}
	_, _, err = match(p, value, choices)
	return ops.KindOf(err) != ops.NotFound
}

// courtesies may stand before or behind the name that somebody answers with: «n8n please», «the first».
var courtesies = []string{"please", "pls", "plz", "thanks", "thx", "the", "stp", "svp", "merci", "le", "la", "les"}

// bare is an answer without courtesies, or as it is if it has nothing else.
func bare(text string) string {
	words := slices.DeleteFunc(strings.Fields(text), func(w string) bool { return slices.Contains(courtesies, strings.ToLower(w)) })
	if len(words) == 0 {
		return text
	}
	return strings.Join(words, " ")
}

func (d *Desk) isCommand(word string) bool {
	_, ok := d.Gate.Op(strings.ToLower(word))
	return ok
}

func (d *Desk) forget(s Said) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.forms, d.chatter(s))
}

// confirmed takes a typed target name, a one-time code, or both, for the newest plan that waits for them from
// this person in this chat. The plan is found in the store, so this works after a restart too.
func (d *Desk) confirmed(ctx context.Context, s Said, text string) bool {
	waiting, err := d.Gate.Runs(ctx, ops.Waiting)
	if err != nil {
		d.broken(err)
		return false
	}
	here := d.screen(s.Place).Chat(s.Place)
	code := strings.Join(nonEmpty(sixDigits.FindStringSubmatch(text)), "")
	name := strings.TrimSpace(sixDigits.ReplaceAllString(text, ""))
	near := ""
	for i := len(waiting) - 1; i >= 0; i-- {
		r := waiting[i]
		mine := r.Who.ID == s.Who.ID && r.Verdict.Demand != ops.Others || r.Who.ID != s.Who.ID && r.Verdict.Demand == ops.Others && r.Verdict.Code
		if !mine || d.screen(r.Place).Chat(r.Place) != here {
			continue
		}
		named := r.Verdict.Demand == ops.Typed && strings.EqualFold(name, r.Plan.Target)
		coded := r.Verdict.Code && code != ""
		if !named && !coded {
			if r.Verdict.Demand == ops.Typed && near == "" && len(name) > 2 && mistakes(plain(name), plain(r.Plan.Target)) <= 2 {
				near = r.Plan.Target
			}
			continue
		}
		if coded {
			if err := d.screen(s.Place).Delete(ctx, s.Message); err != nil {
				d.broken(err) // a used code is worth nothing, but it should not stay in the chat
			}
		}
		d.decideTyped(ctx, s, r, name, code)
		return true
	}
	if near != "" { // what cannot be put back takes the exact name
		d.say(ctx, s, ops.T("🔒 Not quite: type %s exactly to go ahead. Nothing was done.", "🔒 Pas tout à fait : tape exactement %s pour continuer. Rien n’a été fait.", ops.Name(near)))
		return true
	}
	return false
}

func nonEmpty(groups []string) []string {
	if len(groups) < 2 {
		return nil
	}
	return groups[1:]
}

// decideTyped joins a name and a code that may come in two messages.
func (d *Desk) decideTyped(ctx context.Context, s Said, r ops.Run, name, code string) {
	d.mu.Lock()
	f := d.forms[d.chatter(s)]
	if f.ask.Op == "" && f.typed["run"] == r.ID && name == "" {
		name = f.typed["name"]
	}
	d.mu.Unlock()
	_, err := d.Gate.Decide(ctx, s.Who, r.ID, ops.Decision{Yes: true, Typed: name, Code: code})
	if err == nil {
		d.forget(s)
		return
	}
	d.await(s, form{typed: map[string]string{"run": r.ID, "name": name}})
	d.problem(ctx, s, ops.Ask{}, err)
}
